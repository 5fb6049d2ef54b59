//! Microsoft's SDKs for Python drive a real server through the life of every resource: `tests/python`.

use crate::support::python::Sdk;
use crate::support::{Done, Sandbox, relay};

/// Runs a chapter of the life cycle that azure-mgmt-batchai 2.0.0 tells.
#[track_caller]
fn chapter_2018_05_01(name: &str) {
    let Some(sdk) = Sdk::of("2.0.0") else { return };
    let sandbox = Sandbox::new();
    let mut script = sdk.script("lifecycle_2018_05_01.py", &relay(&sandbox), "none");
    Done::of(&script.arg(name).output().expect("python")).succeeds();
}

#[test]
fn an_auto_scale_cluster_follows_its_queue() {
    chapter_2018_05_01("auto_scale");
}

#[test]
fn jobs_fail_with_their_code_and_reason() {
    chapter_2018_05_01("failing_jobs");
}

#[test]
fn volumes_of_a_job_are_mounted_for_it_alone() {
    chapter_2018_05_01("job_mounts");
}

#[test]
fn lists_come_in_pages() {
    chapter_2018_05_01("paging");
}

#[test]
fn lists_of_files_come_in_pages() {
    chapter_2018_05_01("file_paging");
}

#[test]
fn pytorch_runs_on_two_nodes() {
    chapter_2018_05_01("pytorch");
}
