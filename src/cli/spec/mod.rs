//! Job and cluster files: YAML or JSON in, a validated spec out, or every problem of the file in one report.
//!
//! A file has the ARM form, with everything in `properties` as `az batchai` wanted it, or the flat form, with the
//! same properties at the top level beside `name`, `cluster`, `workspace`, `experiment`, `resourceGroup` and
//! `code`. Called by `create` and `run` commands, which lay their flags over the result. Reads the one file and
//! looks whether `code` is a folder; sends nothing, prints nothing, knows no flag.

mod cluster;
mod document;
mod draft;
mod error;
mod form;
mod job;
mod printed;
mod report;
mod rules;
mod scalar;
mod source;
mod syntax;
#[cfg(test)]
mod tests;

pub use cluster::{ClusterFile, cluster_file};
pub use error::{SpecError, Unreadable};
pub use job::{JobFile, job_file};
pub use report::{FileProblem, Report};
pub use source::Source;
