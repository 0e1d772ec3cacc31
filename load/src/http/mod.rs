//! HTTP/1.1 at the least cost: what the generator takes from the machine, the server does not have.

mod connection;
mod reply;

pub use self::{
    connection::{Connection, Lost, connect_all},
    reply::Reply,
};
