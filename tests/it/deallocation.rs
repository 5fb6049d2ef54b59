//! What becomes of jobs whose nodes go: by resize, by preemption, with a supervisor that is killed.

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Rest, SUBSCRIPTION, Sandbox, process, wait_until};

/// A cluster of so many nodes of low priority.
fn low_priority(nodes: u32) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("cluster create c -t {nodes} --vm-priority lowpriority")).succeeds();
    sandbox.wait_for_nodes("c", "idleNodeCount", nodes);
    sandbox
}

/// Submits a job that says that it has begun, and goes on until the gate opens.
fn submit(sandbox: &Sandbox, name: &str) {
    let command = format!("echo begun >> {}; {}; echo done", sandbox.path(name).display(), sandbox.gate(name).wait());
    let spec = json!({ "cluster": "c", "customToolkitSettings": { "commandLine": command } });
    sandbox.spec(&format!("{name}.json"), &spec);
    sandbox.run(&format!("job create -f {name}.json -n {name}")).succeeds();
}

/// How often it has begun.
fn begun(sandbox: &Sandbox, name: &str) -> usize {
    std::fs::read_to_string(sandbox.path(name)).unwrap_or_default().lines().count()
}

#[test]
fn a_preempted_job_runs_again_on_another_node_and_whoever_follows_it_reads_on() {
    let sandbox = low_priority(1);
    let command =
        format!("echo begun $$; echo x >> {}; {}; echo done", sandbox.path("j").display(), sandbox.gate("j").wait());
    sandbox.job_file(&command);
    let following = sandbox.start("job run -f job.json -c c -n j");
    wait_until("it has begun", || begun(&sandbox, "j") == 1);
    let table = sandbox.run("cluster node preempt -c c -o table").succeeds().stdout;
    assert!(table.lines().nth(2).is_some_and(|row| row.starts_with("tvm-") && row.ends_with(" j")), "{table}");
    wait_until("it has begun anew", || begun(&sandbox, "j") == 2);
    let explained = sandbox.run("job explain j").succeeds();
    explained.prints_part("it was interrupted and queued again once, lastly because a node of low priority");
    sandbox.gate("j").open();
    let printed = following.ends().succeeds().stdout;
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}");
    assert!(lines[0].starts_with("begun ") && lines[1].starts_with("begun ") && lines[2] == "done", "{printed}");
    let job = sandbox.job("j");
    assert_eq!((&job["executionInfo"]["interruptions"], &job["executionState"]), (&json!(1), &json!("succeeded")));
    wait_until("there is one node", || sandbox.run("cluster show c").json()["nodeStateCounts"]["idleNodeCount"] == 1);
}

#[test]
fn what_cannot_be_taken_away_says_why() {
    let sandbox = low_priority(0);
    sandbox.run("cluster create d -t 1").succeeds();
    for (words, code, why) in [
        ("cluster node preempt -c c", 1, "The cluster c has no node that could be taken away"),
        ("cluster node preempt -c c -n x", 3, "The specified node x is not found"),
        ("cluster node preempt d", 1, "The nodes of the cluster d are dedicated, and only nodes of low priority"),
        ("cluster node preempt gone", 3, "The specified cluster gone is not found"),
        ("cluster node preempt", 2, "no cluster is named"),
    ] {
        sandbox.run(words).fails_with(code).says(why).prints("");
    }
    let path = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/default/providers/Microsoft.BatchAI/workspaces/default/clusters/c/preemptNode"
    );
    let rest = Rest::new(&sandbox, "2018-05-01");
    let missing = rest.send("POST", &path, &[], Some(b"{}")).is(404).json();
    assert_eq!(missing["error"]["code"], "InvalidResourceType", "only our api-version has it");
    let wrong = rest.speaking("2026-11-01").send("POST", &path, &[], Some(b"{\"node\": \"x\"}")).is(400);
    assert!(wrong.json().to_string().contains("node"), "the property that nobody knows");
}

#[test]
fn each_way_to_make_a_cluster_smaller_does_to_its_jobs_what_it_says() {
    let sandbox = low_priority(3);
    for job in ["a", "b", "c"] {
        submit(&sandbox, job);
        sandbox.wait_for_state(job, "running");
    }
    let table =
        sandbox.run("cluster resize c -t 2 --node-deallocation-option waitforjobcompletion -o table").succeeds();
    assert_eq!(table.stdout.lines().count(), 3);
    sandbox.wait_for_nodes("c", "leavingNodeCount", 1);
    assert_eq!(sandbox.job("c")["executionState"], "running");
    sandbox.run("cluster resize c -t 3").succeeds();
    sandbox.wait_for_nodes("c", "runningNodeCount", 3);
    assert_eq!(begun(&sandbox, "c"), 1, "it was left alone");

    let shrunk = sandbox.run("cluster resize c -t 2 --node-deallocation-option requeue").succeeds().json();
    assert_eq!(shrunk["scaleSettings"]["manual"], json!({ "nodeDeallocationOption": "requeue", "targetNodeCount": 2 }));
    sandbox.wait_for_state("c", "queued");
    let reason = sandbox.job("c")["queueReason"].as_str().expect("a reason").to_owned();
    assert!(reason.contains("its cluster was made smaller"), "{reason}");

    sandbox.run("cluster resize c -t 1 --node-deallocation-option terminate").succeeds();
    sandbox.run("job wait b").fails_with(255);
    let error = sandbox.job("b")["executionInfo"]["errors"][0].clone();
    assert_eq!(error["code"], "JobNodesRemoved");
    assert_eq!(sandbox.job("b")["executionInfo"]["exitCode"], json!(null));
    sandbox.run("job explain b").succeeds().prints_part("submit it again; `--node-deallocation-option requeue`");

    ["a", "c"].iter().for_each(|job| sandbox.gate(job).open());
    sandbox.run("job wait a").succeeds();
    sandbox.run("job wait c").succeeds();
    assert_eq!(begun(&sandbox, "c"), 2);
    sandbox.run("cluster resize c -t 1 --node-deallocation-option keep").fails_with(2).says("waitforjobcompletion");
}

#[test]
fn an_interruption_goes_on_when_the_server_is_killed_in_the_middle_of_it() {
    let sandbox = low_priority(1);
    let (told, gate) = (sandbox.path("j"), sandbox.gate("j"));
    let command = format!("trap 'echo asked >> {0}' TERM; echo begun >> {0}; {1}", told.display(), gate.wait());
    sandbox.spec("j.json", &json!({ "cluster": "c", "customToolkitSettings": { "commandLine": command } }));
    sandbox.run("job create -f j.json -n j").succeeds();
    wait_until("it has begun", || begun(&sandbox, "j") == 1);
    sandbox.run("cluster resize c -t 0").succeeds();
    wait_until("it was asked to end", || begun(&sandbox, "j") == 2);
    sandbox.kill_server();
    sandbox.wait_for_state("j", "queued");
    wait_until("its node is gone", || sandbox.run("cluster show c").json()["currentNodeCount"] == 0);
    gate.open();
    sandbox.run("cluster resize c -t 1").succeeds();
    sandbox.run("job wait j").succeeds();
    assert_eq!(sandbox.job("j")["executionInfo"]["interruptions"], 1);
}

#[test]
fn a_job_whose_supervisor_is_killed_runs_again_as_often_as_it_asked_for() {
    let sandbox = low_priority(1);
    let command = format!("echo begun >> {}; {}", sandbox.path("j").display(), sandbox.gate("j").wait());
    let constraints = json!({ "maxRetryCount": 1 });
    sandbox.spec(
        "j.json",
        &json!({ "cluster": "c", "constraints": constraints, "customToolkitSettings": { "commandLine": command } }),
    );
    sandbox.run("job create -f j.json -n j").succeeds();
    for times in 1..=2 {
        wait_until("it has begun", || begun(&sandbox, "j") == times);
        let supervisors = process::supervisors(sandbox.home());
        assert_eq!(supervisors.len(), 1);
        process::signal(supervisors[0], Signal::KILL);
    }
    sandbox.run("job wait j").fails_with(255);
    let job = sandbox.job("j");
    assert_eq!((&job["executionInfo"]["retries"], &job["constraints"]["maxRetryCount"]), (&json!(1), &json!(1)));
    assert_eq!(job["executionInfo"]["errors"][0]["code"], "JobLost");
}
