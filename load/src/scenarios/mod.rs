//! What shoppers do, from an opening to a wish.

mod browse;
mod mixed;
mod opening;
mod orders;
mod progress;
mod steady;
mod wishes;

pub use self::{
    mixed::MixedArgs,
    opening::OpeningArgs,
    steady::{OneProductArgs, ProductsArgs, SoldOutArgs},
    wishes::WishesArgs,
};
