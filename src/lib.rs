//! batchai: the map.

pub mod api;
pub mod domain;
pub mod engine;
pub mod scheduler;
pub mod store;
pub mod supervisor;
