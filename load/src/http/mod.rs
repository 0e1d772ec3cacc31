//! HTTP/1.1 at the least cost: what the generator takes from the machine, the server does not have.

mod connection;
mod reply;
mod route;

pub use self::{
    connection::{Connection, Lost},
    reply::Reply,
    route::{Route, make_room},
};
