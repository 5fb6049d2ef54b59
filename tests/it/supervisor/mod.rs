//! The supervisor as engines use it: the real binary on a run directory.

mod ends;
mod mounts;
mod once;
mod remote;
mod sandbox;
mod secrets;
mod set_up;
mod stops;
