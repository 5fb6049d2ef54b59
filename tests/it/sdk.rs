//! Microsoft's SDKs for Python drive a real server through the life of every resource: `tests/python`.

use crate::support::python::Sdk;
use crate::support::{Done, Network, Sandbox};

/// The scripts, and the SDKs that tell them.
const MAY: [&str; 2] = ["lifecycle_2018_05_01.py", "2.0.0"];
const PREVIEW: [&str; 2] = ["lifecycle_2017_09_01_preview.py", "0.2.0"];

/// Runs a chapter of a script against a server of its own, over TCP with a token.
#[track_caller]
fn chapter([script, version]: [&str; 2], name: &str) {
    let Some(sdk) = Sdk::of(version) else { return };
    let sandbox = Sandbox::new();
    let mut script = sdk.script(script, &Network::start(&sandbox, ""));
    Done::of(&script.arg(name).output().expect("python")).succeeds();
}

#[test]
fn workspaces_live() {
    chapter(MAY, "workspaces");
}

#[test]
fn tags_of_a_workspace_are_replaced() {
    chapter(MAY, "workspace_tags");
}

#[test]
fn experiments_live() {
    chapter(MAY, "experiments");
}

#[test]
fn clusters_live() {
    chapter(MAY, "clusters");
}

#[test]
fn the_image_of_a_cluster_is_filled_in() {
    chapter(MAY, "cluster_image_is_filled_in");
}

#[test]
fn the_scale_of_a_cluster_changes() {
    chapter(MAY, "cluster_scale");
}

#[test]
fn an_auto_scale_cluster_follows_its_queue() {
    chapter(MAY, "auto_scale");
}

#[test]
fn nodes_tell_how_to_log_in() {
    chapter(MAY, "remote_login");
}

#[test]
fn file_servers_live() {
    chapter(MAY, "file_servers");
}

#[test]
fn jobs_live() {
    chapter(MAY, "jobs");
}

#[test]
fn files_of_a_job_are_listed_and_downloaded() {
    chapter(MAY, "job_files");
}

#[test]
fn jobs_fail_with_their_code_and_reason() {
    chapter(MAY, "failing_jobs");
}

#[test]
fn jobs_are_terminated_in_every_state() {
    chapter(MAY, "termination");
}

#[test]
fn volumes_of_a_job_are_mounted_for_it_alone() {
    chapter(MAY, "job_mounts");
}

#[test]
fn lists_come_in_pages() {
    chapter(MAY, "paging");
}

#[test]
fn lists_of_files_come_in_pages() {
    chapter(MAY, "file_paging");
}

#[test]
fn refusals_name_what_is_wrong() {
    chapter(MAY, "errors");
}

#[test]
fn secrets_are_usable_and_never_come_back() {
    chapter(MAY, "secrets");
}

#[test]
fn set_up_tasks_run_before_jobs() {
    chapter(MAY, "setup_tasks");
}

#[test]
fn usages_and_operations_are_listed() {
    chapter(MAY, "usages_and_operations");
}

#[test]
fn pytorch_runs_on_two_nodes() {
    chapter(MAY, "pytorch");
}

#[test]
fn a_full_workspace_is_deleted_with_everything_in_it() {
    chapter(MAY, "deletion_of_a_full_workspace");
}

#[test]
fn a_cluster_is_deleted_and_its_jobs_stay() {
    chapter(MAY, "deletion_of_a_cluster_keeps_its_jobs");
}

#[test]
fn clusters_of_the_preview_live() {
    chapter(PREVIEW, "clusters");
}

#[test]
fn nodes_of_the_preview_tell_how_to_log_in() {
    chapter(PREVIEW, "remote_login");
}

#[test]
fn file_servers_of_the_preview_live() {
    chapter(PREVIEW, "file_servers");
}

#[test]
fn jobs_of_the_preview_live_and_later_versions_see_them() {
    chapter(PREVIEW, "jobs");
}

#[test]
fn jobs_of_the_preview_fail_with_their_code() {
    chapter(PREVIEW, "failing_jobs");
}

#[test]
fn jobs_of_the_preview_are_terminated_in_every_state() {
    chapter(PREVIEW, "termination");
}

#[test]
fn lists_of_the_preview_are_filtered_and_come_in_pages() {
    chapter(PREVIEW, "lists");
}

#[test]
fn refusals_of_the_preview_name_what_is_wrong() {
    chapter(PREVIEW, "errors");
}

#[test]
fn operations_of_the_preview_are_listed() {
    chapter(PREVIEW, "operations");
}

#[test]
fn every_chapter_has_a_test() {
    let here = include_str!("sdk.rs");
    for (text, call) in [
        (include_str!("../python/lifecycle_2018_05_01.py"), "chapter(MAY, "),
        (include_str!("../python/lifecycle_2017_09_01_preview.py"), "chapter(PREVIEW, "),
    ] {
        let list = text.rsplit_once("service.run([").and_then(|(_, rest)| rest.split("])").next()).expect("a list");
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            assert!(here.contains(&format!("{call}\"{name}\")")), "nothing runs the chapter {name}");
        }
    }
}
