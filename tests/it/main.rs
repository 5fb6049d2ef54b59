//! One integration binary: the real program, driven as a user drives it.
//!
//! Every test has a home folder of its own and leaves no process behind.

mod architecture;
mod bad_input;
mod cluster;
mod code;
mod completions;
mod docs;
mod experiment;
mod job_create;
mod job_files;
mod job_run;
mod names;
mod output;
mod supervisor;
mod support;
mod volumes;
mod workspace;
