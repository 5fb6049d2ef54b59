//! Killed while a set-up task runs.

use serde_json::{Value, json};

use super::Stage;
use super::parts::{ALL, Part};

/// A set-up task that tells that it runs, and whether another one still does.
fn task(stage: &Stage) -> Value {
    let path = |name: &str| stage.sandbox.path(name).display().to_string();
    let command = format!(
        "exec 9>>'{}'; flock -n 9 || echo set-up >> '{}'; echo begun >> '{}'; {}",
        path("lock-setup"),
        path("twice"),
        path("setup"),
        stage.sandbox.gate("setup").wait()
    );
    json!({ "nodeSetup": { "setupTask": { "commandLine": command, "stdOutErrPathPrefix": path("logs") } } })
}

/// Kills these while it runs; answers why the node is unusable, and how often the task began.
#[track_caller]
fn killed(parts: &[Part], ready: u32) -> (String, usize) {
    let stage = Stage::new();
    stage.cluster("c", 1, task(&stage));
    stage.until("setup", "begun", 1);
    stage.kill(parts);
    stage.sandbox.gate("setup").open();
    let errors = stage.settled("c", ready);
    let begun = stage.count("setup", "begun");
    stage.delete("c");
    stage.is_clean();
    (errors, begun)
}

#[test]
fn a_set_up_task_goes_on_without_its_server() {
    assert_eq!(killed(&[Part::Server], 1), ("null".into(), 1));
}

#[test]
fn a_set_up_task_begins_again_after_its_supervisor_was_killed_and_not_before_the_first_has_ended() {
    assert_eq!(killed(&[Part::SetUpSupervisor], 1), ("null".into(), 2));
    assert_eq!(killed(&[Part::Server, Part::SetUpSupervisor], 1), ("null".into(), 2));
    assert_eq!(killed(ALL, 1), ("null".into(), 2));
}

#[test]
fn a_set_up_task_that_is_killed_itself_makes_the_node_unusable_and_says_so() {
    for parts in [&[Part::SetUp][..], &[Part::Server, Part::SetUp]] {
        let (errors, begun) = killed(parts, 0);
        assert!(errors.contains("the set-up task failed with exit code 137"), "{errors}");
        assert_eq!(begun, 1);
    }
}
