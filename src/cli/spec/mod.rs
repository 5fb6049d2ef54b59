//! Files of jobs, clusters and file servers: YAML or JSON in, a validated spec out, or every problem of the file in
//! one report.
//!
//! A file has the ARM form, with everything in `properties` as `az batchai` wanted it, or the flat form, with the
//! same properties at the top level beside `name`, `cluster`, `workspace`, `experiment`, `resourceGroup` and
//! `code`. Called by `create` and `run` commands, which lay their flags over the result, and by `validate` and
//! `schema`. Reads the one file and looks whether `code` is a folder; sends nothing, prints nothing, knows no flag.
//!
//! A file goes this way: a tree with positions (`document`); values of the command line put into it (`setting`);
//! old properties rewritten (`upgrade`); the storage account filled in (`placeholders`); the schema of the wire type
//! and the rules of the resource held against it (`draft`, `rules`); what is wrong with it, with its place (`report`).

mod cluster;
mod document;
mod draft;
mod error;
mod examine;
mod file_server;
mod form;
mod hidden;
mod job;
mod options;
mod placeholders;
mod printed;
mod report;
mod rules;
mod scalar;
mod schema;
mod setting;
mod source;
mod syntax;
#[cfg(test)]
mod tests;
mod texts;
mod tree;
mod upgrade;

pub use cluster::{ClusterFile, cluster_file, cluster_file_with};
pub use error::{SpecError, Unreadable};
pub use examine::{Examined, examine};
pub use file_server::{FileServerFile, file_server_file, file_server_file_with};
pub use form::Subject;
pub use job::{JobFile, job_file, job_file_with};
pub use options::{Options, StorageAccount};
pub use report::{FileProblem, Report, Severity};
pub use schema::schema;
pub use source::Source;
