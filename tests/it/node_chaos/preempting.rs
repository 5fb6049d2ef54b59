//! Killed while a node is taken away.

use serde_json::json;

use super::Stage;
use super::parts::{ALL, Part};

#[test]
fn a_preempted_job_runs_again_and_once_at_a_time_whoever_is_killed_meanwhile() {
    let stage = Stage::new();
    stage.cluster("c", 1, json!({ "vmPriority": "lowpriority" }));
    stage.settled("c", 1);
    let cases = [&[Part::Server][..], &[Part::Supervisor], &[Part::Server, Part::Supervisor], &[Part::Job], ALL];
    for (number, parts) in cases.into_iter().enumerate() {
        let name = &format!("j{number}");
        stage.submit("c", name, json!({}));
        stage.until(name, "begun", 1);
        stage.sandbox.run("cluster node preempt -c c").succeeds();
        stage.until(name, "asked", 1);
        stage.kill(parts);
        stage.sandbox.gate(&format!("stop-{name}")).open();
        stage.until(name, "begun", 2);
        stage.sandbox.gate(name).open();
        stage.succeeds(name);
        let info = stage.sandbox.job(name)["executionInfo"].clone();
        let attempts = (info["interruptions"].as_u64(), info["retries"].as_u64());
        assert_eq!(attempts, (Some(1), None), "{parts:?}: it used up no retry: {info}");
        stage.settled("c", 1);
    }
    stage.delete("c");
    stage.is_clean();
}
