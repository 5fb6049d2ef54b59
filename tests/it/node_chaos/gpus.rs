//! Killed while a job with volumes and GPUs of its own mounts, and while it runs.

use serde_json::json;

use super::parts::{ALL, Part};
use super::{Stage, mounting};
use crate::support::azurite::has_rclone;

const CASES: [&[Part]; 5] = [&[Part::Server], &[Part::Supervisor], &[Part::Mounter], ALL, &[Part::Job]];

fn with_gpu() -> Stage {
    let stage = Stage::with(&json!({ "gpus": ["GPU-a"] }));
    stage.cluster("c", 1, json!({ "vmSize": "STANDARD_NC6" }));
    stage.settled("c", 1);
    stage
}

/// Everything is free again: another cluster gets the GPU, and a job of it sees it.
#[track_caller]
fn is_free(stage: &Stage) {
    stage.delete("c");
    stage.is_clean();
    stage.cluster("next", 1, json!({ "vmSize": "STANDARD_NC6" }));
    stage.settled("next", 1);
    stage.sandbox.job_file("echo $CUDA_VISIBLE_DEVICES");
    stage.sandbox.run("job run -c next -f job.json").succeeds().prints("GPU-a\n");
    stage.delete("next");
    stage.is_clean();
}

#[test]
fn a_job_with_volumes_and_gpus_ends_well_or_says_why_whoever_is_killed_while_it_mounts() {
    if !has_rclone() {
        return;
    }
    let stage = with_gpu();
    // Nothing of the job itself is there before its volumes are.
    for (number, parts) in CASES.into_iter().take(4).enumerate() {
        let name = &format!("j{number}");
        let _closed = std::fs::remove_file(stage.sandbox.path("gate-mounting"));
        let before = stage.count("mounting", "begun");
        let last = "cat $AZ_BATCHAI_JOB_MOUNT_ROOT/vol/in.txt";
        stage.submit("c", name, json!({ "mountVolumes": mounting::unmanaged(&stage), "last": last }));
        stage.until("mounting", "begun", before + 1);
        stage.kill(parts);
        stage.sandbox.gate("mounting").open();
        stage.release(name);
        let (state, errors) = stage.ended(name);
        let again = usize::from(parts.contains(&Part::Supervisor));
        if parts == [Part::Mounter] {
            assert!(state == "failed" && errors.contains("signal 9"), "{state}: {errors}");
        } else {
            assert_eq!((state.as_str(), stage.count(name, "begun")), ("succeeded", 1), "{parts:?}: {errors}");
        }
        assert_eq!(stage.count("mounting", "begun"), before + 1 + again, "{parts:?}");
        stage.settled("c", 1);
    }
    is_free(&stage);
}

#[test]
fn a_job_with_volumes_and_gpus_ends_well_or_says_why_whoever_is_killed_while_it_runs() {
    if !has_rclone() {
        return;
    }
    let stage = with_gpu();
    stage.sandbox.gate("mounting").open();
    for (number, parts) in CASES.into_iter().enumerate() {
        let name = &format!("j{number}");
        let last = "cat $AZ_BATCHAI_JOB_MOUNT_ROOT/vol/in.txt";
        stage.submit("c", name, json!({ "mountVolumes": mounting::unmanaged(&stage), "last": last }));
        stage.until(name, "begun", 1);
        stage.kill(parts);
        if parts.contains(&Part::Supervisor) {
            stage.until(name, "begun", 2);
        }
        stage.release(name);
        let (state, errors) = stage.ended(name);
        match parts {
            [Part::Job] => assert!(state == "failed" && errors.contains("signal 9"), "{state}: {errors}"),
            [Part::Mounter] => assert!(state == "failed", "{state}: {errors}"),
            _ => assert_eq!(state, "succeeded", "{parts:?}: {errors}"),
        }
        stage.settled("c", 1);
    }
    is_free(&stage);
}
