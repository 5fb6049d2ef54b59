//! Killed while a cluster is made smaller, in each of the three ways.

use serde_json::json;

use super::Stage;
use super::parts::{ALL, Part};

const CASES: [&[Part]; 5] =
    [&[Part::Server], &[Part::Supervisor], &[Part::Server, Part::Supervisor], &[Part::Job], ALL];

/// Two jobs on two nodes, of which the second goes: after these were killed in the middle of it, `check` is asked about
/// the names of the two.
fn each(option: &str, check: impl Fn(&Stage, &[Part], &str, &str)) {
    let stage = Stage::new();
    stage.cluster("c", 2, json!({}));
    for (number, parts) in CASES.into_iter().enumerate() {
        stage.settled("c", 2);
        let [stays, goes] = &["stays", "goes"].map(|name| format!("{name}-{number}"));
        for name in [stays, goes] {
            stage.submit("c", name, json!({}));
            stage.until(name, "begun", 1);
        }
        stage.sandbox.run(&format!("cluster resize c -t 1 --node-deallocation-option {option}")).succeeds();
        if option == "waitforjobcompletion" {
            stage.sandbox.wait_for_nodes("c", "leavingNodeCount", 1);
        } else {
            stage.until(goes, "asked", 1);
        }
        stage.kill(parts);
        check(&stage, parts, stays, goes);
        stage.sandbox.run("cluster resize c -t 2").succeeds();
    }
    stage.delete("c");
    stage.is_clean();
}

/// Whether jobs were lost to the killing, and so have to run again.
fn are_lost(parts: &[Part]) -> bool {
    parts.contains(&Part::Supervisor)
}

/// What becomes of the job whose node stays.
#[track_caller]
fn stays(stage: &Stage, parts: &[Part], name: &str) {
    if are_lost(parts) {
        stage.until(name, "begun", 2);
    }
    stage.release(name);
    let (state, errors) = stage.ended(name);
    if parts == [Part::Job] {
        assert!(state == "failed" && errors.contains("signal 9"), "{state}: {errors}");
    } else {
        assert_eq!(state, "succeeded", "{errors}");
    }
    assert_eq!(stage.count(name, "begun"), 1 + usize::from(are_lost(parts)));
}

#[test]
fn a_job_that_is_requeued_runs_again_whoever_is_killed_meanwhile() {
    each("requeue", |stage, parts, one, other| {
        stage.sandbox.gate(&format!("stop-{other}")).open();
        stage.settled_at("c", 1);
        stays(stage, parts, one);
        stage.until(other, "begun", 2);
        stage.release(other);
        stage.succeeds(other);
        assert_eq!(stage.sandbox.job(other)["executionInfo"]["interruptions"], 1, "{parts:?}");
    });
}

#[test]
fn a_job_that_is_terminated_stays_so_whoever_is_killed_meanwhile() {
    each("terminate", |stage, parts, one, other| {
        stage.sandbox.gate(&format!("stop-{other}")).open();
        let (state, errors) = stage.ended(other);
        assert!(state == "failed" && errors.contains("JobNodesRemoved"), "{parts:?}: {state}: {errors}");
        assert_eq!(stage.count(other, "begun"), 1);
        stage.settled_at("c", 1);
        stays(stage, parts, one);
    });
}

#[test]
fn a_job_that_is_waited_for_is_left_alone_whoever_is_killed_meanwhile() {
    each("waitforjobcompletion", |stage, parts, one, other| {
        stays(stage, parts, one);
        stays(stage, parts, other);
        assert_eq!(stage.count(other, "asked"), 0);
        stage.settled_at("c", 1);
    });
}
