//! Rules of the domain: names, specs and the four state machines.
//!
//! Pure: no clock, no files, no randomness, no environment; time is handed in. Everything above may use it.
//! It must not know the wire (`api`), how things are stored, or where they run.

pub mod allocation;
pub mod cluster;
pub mod file_server;
pub mod group;
pub mod job;
pub mod legacy;
pub mod login;
pub mod long_operation;
pub mod machine;
pub mod mount;
pub mod name;
pub mod node;
pub mod provisioning;
pub mod quota;
pub mod secret;
pub mod sentence;
pub mod signature;
pub mod snapshot;
pub mod storage_account;
pub mod token;
pub mod vault;
pub mod vm_size;
pub mod volume;
pub mod workspace;

/// A moment in UTC. This module never asks for the current one.
pub use jiff::Timestamp;

/// The answer of every state machine: what an event does to a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<S, R> {
    /// The new state.
    To(S),
    /// Already so; what makes a repeated event harmless.
    Unchanged,
    /// Not possible from here, and why.
    Refused(R),
}
