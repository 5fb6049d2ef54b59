//! batchai: the map.

pub mod api;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod operations;
pub mod store;
pub mod supervisor;
