//! Files as users write them, and what they read when they are wrong.

mod contents;
mod odd_input;
mod old;
mod reports;
mod settings;

use std::path::PathBuf;

use super::*;

fn named(name: &str, text: &str) -> Source {
    Source::Text { name: name.to_owned(), folder: PathBuf::from("."), text: text.to_owned() }
}

fn job(text: &str) -> Result<JobFile, SpecError> {
    job_file(&named("job.yaml", text))
}

fn report(text: &str) -> String {
    job(text).expect_err("the file is wrong").to_string()
}

/// The first line of a report without position: what the first problem is.
fn first(text: &str) -> String {
    report(text).lines().next().unwrap_or_default().to_owned()
}

fn cluster(text: &str) -> Result<ClusterFile, SpecError> {
    cluster_file(&named("cluster.yaml", text))
}

fn right_job(text: &str) -> JobFile {
    job(text).unwrap_or_else(|error| panic!("{error}"))
}

const CUSTOM: &str = "customToolkitSettings: {commandLine: 'true'}\n";
