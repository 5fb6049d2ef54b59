//! One integration binary: the real program, driven as a user drives it.
//!
//! Every test has a home folder of its own and leaves no process behind.

mod completions;
mod job_run;
mod supervisor;
mod support;
