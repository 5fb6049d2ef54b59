//! One integration binary: the real program, driven as a user drives it.
//!
//! Every test has a home folder of its own and leaves no process behind.

mod architecture;
mod bad_input;
mod cluster;
mod code;
mod completions;
mod docs;
mod engine_contract;
mod experiment;
mod follow;
mod full_disk;
mod job_create;
mod job_files;
mod job_run;
mod listen;
mod login;
mod names;
mod output;
mod rest;
mod restart;
mod server;
mod signals;
mod supervisor;
mod support;
mod terminate;
mod tokens;
mod volumes;
mod workspace;
