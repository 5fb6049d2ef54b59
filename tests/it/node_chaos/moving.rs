//! The data directory is somewhere else when the next server starts.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::parts::{self, ALL};
use super::{Stage, mounting};
use crate::support::azurite::has_rclone;
use crate::support::{process, wait_until};

/// Volumes of a node: a directory, and what a command mounts.
fn volumes(stage: &Stage) -> Value {
    let mut volumes = mounting::unmanaged(stage);
    volumes["azureFileShares"] = json!([{ "accountName": "acc", "azureFileUrl": "https://acc.file.core.windows.net/data", "relativeMountPath": "afs",
                 "credentials": { "accountKey": "a2V5" } }]);
    volumes
}

/// Moves it while no server runs; answers where it was.
#[track_caller]
fn move_home(stage: &mut Stage) -> PathBuf {
    let before = stage.sandbox.home().to_owned();
    let after = before.with_file_name("elsewhere");
    std::fs::rename(&before, &after).expect("a folder that can be moved");
    stage.sandbox.move_home(after);
    before
}

#[track_caller]
fn run(stage: &Stage, command: &str, prints: &str) {
    stage.sandbox.job_file(command);
    stage.sandbox.run("job run -c c -f job.json").succeeds().prints(prints);
}

#[test]
fn nodes_shares_and_output_are_where_the_data_directory_is() {
    if !has_rclone() {
        return;
    }
    for everybody_dies in [false, true] {
        let mut stage = Stage::new();
        stage.sandbox.gate("mounting").open();
        stage.cluster("c", 1, json!({ "nodeSetup": { "mountVolumes": volumes(&stage) } }));
        stage.settled("c", 1);
        stage.sandbox.job_file("echo kept > $AZ_BATCHAI_MOUNT_ROOT/afs/kept.txt; echo said");
        stage.sandbox.run("job create -c c -f job.json -n before").succeeds();
        stage.succeeds("before");
        if everybody_dies {
            parts::kill(&stage.sandbox, ALL);
        } else {
            stage.sandbox.run("server stop").succeeds();
        }
        let before = move_home(&mut stage);
        stage.sandbox.run("job file stream -j before -f stdout.txt").succeeds().prints("said\n");
        stage.until("mounting", "begun", 2);
        stage.settled("c", 1);
        run(&stage, "cat $AZ_BATCHAI_MOUNT_ROOT/vol/in.txt $AZ_BATCHAI_MOUNT_ROOT/afs/kept.txt", "data\nkept\n");
        wait_until("nobody serves what is gone", || process::marked(&before.to_string_lossy()).is_empty());
        stage.delete("c");
        stage.is_clean();
        assert!(!before.exists(), "nobody has made it again");
    }
}

#[test]
fn a_job_that_runs_while_the_data_directory_is_moved_ends_as_it_would_have() {
    if !has_rclone() {
        return;
    }
    let mut stage = Stage::new();
    stage.sandbox.gate("mounting").open();
    stage.cluster("c", 1, json!({}));
    let volumes = mounting::unmanaged(&stage);
    stage.submit("c", "j", json!({ "mountVolumes": volumes, "last": "echo said; exit 7" }));
    stage.until("j", "begun", 1);
    stage.sandbox.run("server stop").succeeds();
    let before = move_home(&mut stage);
    stage.release("j");
    stage.sandbox.run("job wait -n j").fails_with(7);
    stage.sandbox.run("job file stream -j j -f stdout.txt").succeeds().prints("said\n");
    assert_eq!(stage.count("j", "begun"), 1);
    assert!(!process::has_mounts_below(stage.sandbox.home()), "its volume went with it");
    wait_until("nobody serves what is gone", || process::marked(&before.to_string_lossy()).is_empty());
    stage.delete("c");
    stage.is_clean();
    assert!(!before.exists(), "nobody has made it again");
}
