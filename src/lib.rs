//! batchai: the map.

pub mod api;
pub mod cli;
pub mod client;
pub mod domain;
pub mod engine;
pub mod store;
pub mod supervisor;
