//! What shoppers do, from an opening to a wish.

mod browse;
mod changes;
mod mixed;
mod opening;
mod orders;
mod progress;
mod searches;
mod steady;
mod wishes;

pub use self::{
    changes::ChangesArgs,
    mixed::MixedArgs,
    opening::OpeningArgs,
    searches::SearchesArgs,
    steady::{OneProductArgs, ProductsArgs, SoldOutArgs},
    wishes::WishesArgs,
};
