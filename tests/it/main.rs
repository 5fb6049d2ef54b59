//! One integration binary: the real program, driven as a user drives it.
//!
//! Every test has a home folder of its own and leaves no process behind.

mod engine_contract;
mod follow;
mod full_disk;
mod job_run;
mod restart;
mod server;
mod signals;
mod support;
mod terminate;
