//! batchai: the map.

pub mod api;
pub mod cli;
pub mod client;
pub mod config;
pub mod domain;
pub mod engine;
pub mod operations;
pub mod scheduler;
pub mod server;
pub mod store;
pub mod supervisor;
