//! Killed while the volumes of a node are mounted.

use serde_json::{Value, json};

use super::Stage;
use super::parts::{self, ALL, Part};
use crate::support::azurite::has_rclone;
use crate::support::{Azurite, wait_until};

/// A command that takes its time, and then leaves an rclone behind that serves a folder with `in.txt` over FUSE.
pub fn command(stage: &Stage) -> String {
    let served = stage.sandbox.file("served/in.txt", "data\n");
    format!(
        "echo begun >> '{}'; {}; rclone mount --daemon --vfs-cache-mode writes '{}'",
        stage.sandbox.path("mounting").display(),
        stage.sandbox.gate("mounting").wait(),
        served.parent().expect("a folder").display()
    )
}

pub fn unmanaged(stage: &Stage) -> Value {
    json!({ "unmanagedFileSystems": [{ "mountCommand": command(stage), "relativeMountPath": "vol" }] })
}

/// Kills these while a command mounts; answers why the node is unusable, and how often the command began.
#[track_caller]
fn killed(parts: &[Part], ready: u32) -> (String, usize) {
    let stage = Stage::new();
    stage.cluster("c", 1, json!({ "nodeSetup": { "mountVolumes": unmanaged(&stage) } }));
    stage.until("mounting", "begun", 1);
    stage.kill(parts);
    stage.sandbox.gate("mounting").open();
    let errors = stage.settled("c", ready);
    let begun = stage.count("mounting", "begun");
    if ready == 1 {
        stage.sandbox.job_file("cat $AZ_BATCHAI_MOUNT_ROOT/vol/in.txt");
        stage.sandbox.run("job run -c c -f job.json").succeeds().prints("data\n");
    }
    stage.delete("c");
    stage.is_clean();
    (errors, begun)
}

#[test]
fn a_command_goes_on_mounting_without_its_server() {
    if !has_rclone() {
        return;
    }
    assert_eq!(killed(&[Part::Server], 1), ("null".into(), 1));
}

#[test]
fn volumes_whose_holder_is_killed_while_it_mounts_are_mounted_by_the_next_one() {
    if !has_rclone() {
        return;
    }
    assert_eq!(killed(&[Part::Holder], 1), ("null".into(), 2));
    assert_eq!(killed(&[Part::Server, Part::Holder], 1), ("null".into(), 2));
    assert_eq!(killed(ALL, 1), ("null".into(), 2));
}

#[test]
fn a_command_that_is_killed_makes_the_node_unusable_and_says_so() {
    if !has_rclone() {
        return;
    }
    for parts in [&[Part::Mounter][..], &[Part::Server, Part::Mounter]] {
        let (errors, begun) = killed(parts, 0);
        assert!(errors.contains("/mounts/vol: the mount command was ended by signal 9"), "{errors}");
        assert_eq!(begun, 1);
    }
}

#[test]
fn what_a_command_left_to_serve_its_volume_does_not_outlive_the_node_whoever_is_killed() {
    if !has_rclone() {
        return;
    }
    let stage = Stage::new();
    stage.sandbox.gate("mounting").open();
    stage.cluster("c", 1, json!({ "nodeSetup": { "mountVolumes": unmanaged(&stage) } }));
    stage.settled("c", 1);
    for (begun, parts) in (2..).zip([&[Part::Holder][..], &[Part::Server, Part::Holder]]) {
        stage.kill(parts);
        stage.until("mounting", "begun", begun);
        stage.settled("c", 1);
        stage.sandbox.job_file("cat $AZ_BATCHAI_MOUNT_ROOT/vol/in.txt");
        stage.sandbox.run("job run -c c -f job.json").succeeds().prints("data\n");
        assert_eq!(parts::of(&stage.sandbox, &[Part::Mounter]).len(), 1, "the last one has ended");
    }
    stage.delete("c");
    stage.is_clean();
}

#[test]
fn rclone_may_be_killed_while_it_begins_and_so_may_everybody_around_it() {
    let Some(azurite) = Azurite::start() else { return };
    azurite.container("models");
    azurite.write("models", "in.txt", "data\n");
    let stage = Stage::new();
    azurite.settle(&stage.sandbox, &[("models", true)]);
    let container = json!({ "accountName": "acc", "containerName": "models", "relativeMountPath": "vol" });
    let spec = json!({ "nodeSetup": { "mountVolumes": { "azureBlobFileSystems": [container] } } });
    for parts in [&[Part::Server][..], &[Part::Holder], &[Part::Mounter], ALL] {
        stage.cluster("c", 1, spec.clone());
        wait_until("rclone begins", || !parts::of(&stage.sandbox, &[Part::Mounter]).is_empty());
        stage.kill(parts);
        let state = |state: &str| stage.shown("c")["nodeStateCounts"][state] == 1;
        wait_until("the node is settled", || state("idleNodeCount") || state("unusableNodeCount"));
        if parts == [Part::Mounter] && state("unusableNodeCount") {
            let errors = stage.shown("c")["errors"].to_string();
            assert!(errors.contains("BFSMountError") && errors.contains("signal 9"), "{errors}");
        } else {
            stage.settled("c", 1);
            stage.sandbox.job_file("cat $AZ_BATCHAI_MOUNT_ROOT/vol/in.txt");
            stage.sandbox.run("job run -c c -f job.json").succeeds().prints("data\n");
        }
        stage.delete("c");
        stage.is_clean();
    }
}
