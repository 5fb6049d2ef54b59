//! Ending jobs on purpose: terminate and delete, of jobs in every state, with whatever they have started.

use std::fs;

use crate::support::{Sandbox, process, wait_until};

fn submit(sandbox: &Sandbox, name: &str, command: &str) {
    sandbox.job_file(command);
    sandbox.run(&format!("job create -f job.json -n {name}")).succeeds();
}

fn assert_terminated(sandbox: &Sandbox, name: &str) {
    let job = sandbox.job(name);
    assert_eq!(job["executionState"], "failed", "{job}");
    assert_eq!(job["executionInfo"]["errors"][0]["code"], "JobTerminated", "{job}");
    assert!(job["executionInfo"]["exitCode"].is_null(), "{job}");
    assert!(job["executionInfo"]["endTime"].is_string(), "{job}");
}

#[test]
fn a_running_job_is_terminated_with_everything_it_has_started() {
    let sandbox = Sandbox::new();
    let [session, daemon, id] = ["session", "daemon", "id"].map(|name| sandbox.path(name).display().to_string());
    // A child, a process in a session of its own, and one whose parents are gone.
    let family = format!(
        "sleep 600 & setsid sh -c 'echo $$ > {session}; exec sleep 600' & \
         (sh -c 'setsid sh -c \"echo \\$\\$ > {daemon}; exec sleep 600\" &' &) ; echo $$ > {id}; wait"
    );
    submit(&sandbox, "a", &family);
    let family = ["id", "session", "daemon"].map(|name| sandbox.wait_for_id(name));
    assert!(family.iter().all(|id| process::is_running(*id)));
    sandbox.run("job terminate -n a -y").succeeds().prints("");
    assert!(!family.iter().any(|id| process::is_running(*id)));
    assert_eq!(sandbox.job_processes().len(), 0);
    assert_terminated(&sandbox, "a");
    sandbox.run("job wait -n a").fails_with(255).says("has been terminated by the user");
}

#[test]
fn a_job_that_will_not_hear_of_it_is_terminated_all_the_same() {
    let sandbox = Sandbox::new();
    let [id, daemon] = ["id", "daemon"].map(|name| sandbox.path(name).display().to_string());
    let deaf = "while :; do sleep 0.1; done";
    let stubborn = format!(
        "trap '' TERM INT HUP; (setsid sh -c 'trap \"\" TERM; echo $$ > {daemon}; {deaf}' &) ; echo $$ > {id}; {deaf}"
    );
    submit(&sandbox, "a", &stubborn);
    let processes = [sandbox.wait_for_id("id"), sandbox.wait_for_id("daemon")];
    sandbox.run("job terminate -n a -y --no-wait").succeeds();
    sandbox.wait_for_state("a", "terminating");
    sandbox.run("job wait -n a").fails_with(255);
    assert!(!processes.iter().any(|id| process::is_running(*id)));
    assert_eq!(sandbox.job_processes().len(), 0);
    assert_terminated(&sandbox, "a");
}

#[test]
fn a_job_may_clean_up_when_it_is_terminated() {
    let sandbox = Sandbox::new();
    let clean = format!("trap 'echo cleaned; exit 0' TERM; echo begun; {}", sandbox.gate("never").wait());
    submit(&sandbox, "a", &clean);
    let streaming = sandbox.start("job file stream -j a -f stdout.txt");
    streaming.prints("begun\n");
    sandbox.run("job terminate -n a -y").succeeds();
    streaming.ends().succeeds().prints("begun\ncleaned\n");
    assert_terminated(&sandbox, "a");
}

#[test]
fn record_and_files_of_a_terminated_job_stay() {
    let sandbox = Sandbox::new();
    let text = r#"{ "outputDirectories": [{ "id": "MODEL" }], "customToolkitSettings": { "commandLine":
        "echo out; echo err >&2; echo weights > $AZ_BATCHAI_OUTPUT_MODEL/model; sleep 600" } }"#;
    sandbox.file("job.json", text);
    sandbox.run("job create -f job.json -n a").succeeds();
    let streaming = sandbox.start("job file stream -j a -f model -d MODEL");
    streaming.prints("weights\n");
    sandbox.run("job terminate -n a -y").succeeds();
    streaming.ends().succeeds().prints("weights\n");
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints("out\n");
    sandbox.run("job file stream -j a -f stderr.txt").succeeds().prints("err\n");
    sandbox.run("job file list -j a").succeeds().prints_part("\"execution.log\"");
    sandbox.run("job file list -j a -d MODEL").succeeds().prints_part("\"model\"");
    sandbox.run("job list").succeeds().prints_part("\"name\": \"a\"");
    sandbox.kill_server();
    assert_terminated(&sandbox, "a");
}

/// A cluster of one node whose node is taken by the job `first`, and a job `second` that waits for it.
fn with_a_queued_job(sandbox: &Sandbox) {
    sandbox.run("workspace create -n default").succeeds();
    sandbox.run("cluster create -n one --target 1").succeeds();
    sandbox.file("job.json", r#"{ "cluster": "one", "customToolkitSettings": { "commandLine": "sleep 600" } }"#);
    sandbox.run("job create -f job.json -n first").succeeds();
    sandbox.wait_for_state("first", "running");
    let touch = format!("touch {}", sandbox.path("ran").display());
    let second = serde_json::json!({ "cluster": "one", "customToolkitSettings": { "commandLine": touch } });
    sandbox.file("job.json", &second.to_string());
    sandbox.run("job create -f job.json -n second").succeeds();
    assert_eq!(sandbox.job("second")["executionState"], "queued");
}

#[test]
fn a_queued_job_is_terminated_before_it_ever_runs() {
    let sandbox = Sandbox::new();
    with_a_queued_job(&sandbox);
    let waiting = sandbox.start("job wait -n second");
    waiting.says("Job state: queued");
    sandbox.run("job terminate -n second -y").succeeds();
    waiting.ends().fails_with(255);
    assert_eq!(sandbox.job("second")["executionState"], "failed");
    sandbox.run("job terminate -n first -y").succeeds();
    // The node is free now, and takes the next job; the terminated one has missed its turn.
    sandbox.job_file("echo third");
    sandbox.run("job run -f job.json -c one").succeeds().prints("third\n");
    assert!(!sandbox.path("ran").exists());
}

#[test]
fn a_file_of_a_job_that_was_terminated_in_the_queue_is_not_awaited() {
    let sandbox = Sandbox::new();
    with_a_queued_job(&sandbox);
    let streaming = sandbox.start("job file stream -j second -f stdout.txt");
    streaming.says("Waiting for the job to generate it.");
    sandbox.run("job terminate -n second -y").succeeds();
    streaming.ends().fails_with(3).says("not found for the completed job");
}

#[test]
fn terminating_a_job_that_has_ended_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.job_file("exit 3");
    sandbox.run("job run -f job.json -n a").fails_with(3);
    let before = sandbox.job("a");
    sandbox.run("job terminate -n a -y").succeeds();
    assert_eq!(sandbox.job("a"), before);
    sandbox.run("job wait -n a").fails_with(3);
}

#[test]
fn terminating_twice_is_harmless() {
    let sandbox = Sandbox::new();
    submit(&sandbox, "a", "sleep 600");
    sandbox.wait_for_state("a", "running");
    sandbox.run("job terminate -n a -y --no-wait").succeeds();
    sandbox.run("job terminate -n a -y").succeeds();
    sandbox.run("job terminate -n a -y").succeeds();
    assert_terminated(&sandbox, "a");
}

#[test]
fn a_job_that_has_only_just_been_submitted_is_terminated() {
    let sandbox = Sandbox::new();
    for number in 0..10 {
        // At any moment between its submission and its first process.
        let name = format!("job-{number}");
        submit(&sandbox, &name, "sleep 600");
        sandbox.run(&format!("job terminate -n {name} -y")).succeeds();
        assert_eq!(sandbox.job(&name)["executionState"], "failed");
        assert_eq!(sandbox.job_processes().len(), 0);
    }
}

#[test]
fn a_job_that_is_not_there_cannot_be_terminated() {
    let sandbox = Sandbox::new();
    submit(&sandbox, "a", "true");
    sandbox.run("job terminate -n other -y").fails_with(3).says("`batchai job list");
}

#[test]
fn nothing_is_terminated_or_deleted_without_a_yes() {
    let sandbox = Sandbox::new();
    submit(&sandbox, "a", "sleep 600");
    sandbox.wait_for_state("a", "running");
    for verb in ["terminate", "delete"] {
        sandbox.run(&format!("job {verb} -n a")).fails_with(1).says("Operation cancelled.").says("--yes");
    }
    assert_eq!(sandbox.job("a")["executionState"], "running");
}

#[test]
fn deleting_a_running_job_ends_it_first_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    submit(&sandbox, "a", &format!("echo $$ > {}; sleep 600", sandbox.path("id").display()));
    let id = sandbox.wait_for_id("id");
    let waiting = sandbox.start("job wait -n a");
    let streaming = sandbox.start("job file stream -j a -f stderr.txt");
    waiting.says("Job state: running");
    sandbox.run("job delete -n a -y").succeeds().prints("");
    assert!(!process::is_running(id));
    assert_eq!(sandbox.job_processes().len(), 0);
    sandbox.run("job show -n a").fails_with(3);
    sandbox.run("job list").succeeds().prints("[]\n");
    // Whoever saw the job end before it went may say that; nobody stays for ever.
    let code = waiting.ends().code;
    assert!([3, 255].contains(&code), "{code}");
    drop(streaming.ends());
    wait_until("no file of the job is left", || files_below(&sandbox, "runs") + files_below(&sandbox, "output") == 0);
    submit(&sandbox, "a", "echo again");
    sandbox.run("job wait -n a").succeeds();
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints("again\n");
}

fn files_below(sandbox: &Sandbox, folder: &str) -> usize {
    fs::read_dir(sandbox.home().join(folder)).map_or(0, Iterator::count)
}

#[test]
fn deleting_the_cluster_ends_its_jobs() {
    let sandbox = Sandbox::new();
    with_a_queued_job(&sandbox);
    let [first, second] = ["first", "second"].map(|name| sandbox.start(&format!("job wait -n {name}")));
    first.says("Job state: running");
    second.says("Job state: queued");
    sandbox.run("cluster delete -n one -y").succeeds();
    sandbox.run("cluster show -n one").fails_with(3);
    assert_eq!(sandbox.job_processes().len(), 0);
    assert!(!sandbox.path("ran").exists());
    for (waiting, name) in [(first, "first"), (second, "second")] {
        let code = waiting.ends().code;
        let shown = sandbox.run(&format!("job show -n {name}"));
        // Jobs of a cluster that is gone have failed, or are gone too; none is left waiting.
        match shown.code {
            0 => assert_eq!((shown.json()["executionState"].as_str(), code), (Some("failed"), 255)),
            missing => assert_eq!(missing, 3),
        }
    }
    assert_eq!(files_below(&sandbox, "nodes"), 0);
}

#[test]
fn deleting_the_workspace_ends_everything_in_it() {
    let sandbox = Sandbox::new();
    with_a_queued_job(&sandbox);
    sandbox.run("workspace delete -n default -y").succeeds();
    sandbox.run("workspace list").succeeds().prints("[]\n");
    assert_eq!(sandbox.job_processes().len(), 0);
    assert!(!sandbox.path("ran").exists());
    sandbox.run("job show -n first").fails_with(3);
    wait_until("nothing of it is left", || {
        ["runs", "output", "nodes"].iter().all(|folder| files_below(&sandbox, folder) == 0)
    });
    sandbox.job_file("echo anew");
    sandbox.run("job run -f job.json -n first").succeeds().prints("anew\n");
}

#[test]
fn deleting_the_experiment_ends_its_jobs() {
    let sandbox = Sandbox::new();
    submit(&sandbox, "a", "sleep 600");
    sandbox.wait_for_state("a", "running");
    sandbox.run("experiment delete -n default -y").succeeds();
    sandbox.run("job show -n a").fails_with(3);
    assert_eq!(sandbox.job_processes().len(), 0);
}

#[test]
fn the_wall_clock_limit_ends_everything_of_a_job() {
    let sandbox = Sandbox::new();
    let daemon = sandbox.path("daemon").display().to_string();
    let text = serde_json::json!({
        "constraints": { "maxWallClockTime": "PT1S" },
        "customToolkitSettings": {
            "commandLine": format!("(setsid sh -c 'echo $$ > {daemon}; exec sleep 600' &) ; sleep 600")
        }
    });
    sandbox.file("job.json", &text.to_string());
    sandbox.run("job run -f job.json -n a").fails_with(255).says("ran longer than its maxWallClockTime of 1 second");
    assert!(!process::is_running(sandbox.wait_for_id("daemon")));
    assert_eq!(sandbox.job_processes().len(), 0);
    let error = &sandbox.job("a")["executionInfo"]["errors"][0];
    assert_eq!(error["code"], "JobMaxWallClockTimeExceeded");
}
