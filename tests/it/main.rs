//! One integration binary: the real program, driven as a user drives it.
//!
//! Every test has a home folder of its own and leaves no process behind.

mod architecture;
mod bad_input;
mod cluster;
mod code;
mod completions;
mod docs;
mod downloads;
mod engine_contract;
mod experiment;
mod file_server;
mod follow;
mod full_disk;
mod job_create;
mod job_files;
mod job_run;
mod listen;
mod login;
mod long_operations;
mod names;
mod node_set_up;
mod old_server;
mod old_versions;
mod openapi;
mod output;
mod protocol;
mod random_bodies;
mod random_requests;
mod resource_manager;
mod rest;
mod restart;
mod sdk;
mod secrets;
mod server;
mod setup_task;
mod signals;
mod storage_accounts;
mod supervisor;
mod support;
mod swagger;
mod terminate;
mod tokens;
mod usages;
mod volumes;
mod workspace;
