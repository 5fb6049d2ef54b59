//! `job wait` of several jobs, for other states than the end and with a time limit; `job create --wait | --stream`.

use serde_json::json;

use crate::support::{Sandbox, process, wait_until};

/// A job that ends with this code as soon as the file `go` is there.
fn job_until_told(sandbox: &Sandbox, name: &str, code: i32) {
    let go = sandbox.path("go");
    sandbox.job_file(&format!("until [ -e {} ]; do sleep 0.05; done; exit {code}", go.display()));
    sandbox.run(&format!("job create -f job.json -n {name}")).succeeds();
}

fn go(sandbox: &Sandbox) {
    sandbox.file("go", "");
}

#[test]
fn several_jobs_are_waited_for_and_the_first_that_failed_gives_the_exit_code() {
    let sandbox = Sandbox::new();
    go(&sandbox);
    job_until_told(&sandbox, "good", 0);
    job_until_told(&sandbox, "bad", 7);
    job_until_told(&sandbox, "worse", 9);
    let done = sandbox.run("job wait good bad worse").fails_with(7).prints("");
    for line in ["good: Job completed at 20", "bad: Job failed with exit code 7", "worse: Job failed with exit code 9"]
    {
        assert!(done.stderr.lines().any(|said| said.starts_with(line)), "{line}\n{}", done.stderr);
    }
    sandbox.run("job wait good -n good").succeeds().says("Job completed at 20");
    let id = sandbox.job("bad")["id"].as_str().expect("an id").to_owned();
    sandbox.run(&format!("job wait --ids {id}")).fails_with(7);
    sandbox.run("job wait good nowhere").fails_with(3).says("nowhere");
}

#[test]
fn a_time_limit_ends_the_wait_with_exit_code_5_and_not_the_job() {
    let sandbox = Sandbox::new();
    job_until_told(&sandbox, "slow", 0);
    let done = sandbox.run("job wait slow --timeout 0.2s").fails_with(5);
    assert!(done.stderr.contains("waited for ") && done.stderr.contains("job slow is "), "{}", done.stderr);
    go(&sandbox);
    sandbox.run("job wait slow --timeout 10m").succeeds();
    sandbox.run("job wait slow --timeout soon").fails_with(2).says("such as 90s, 10m");
}

#[test]
fn another_state_than_the_end_can_be_waited_for() {
    let sandbox = Sandbox::new();
    job_until_told(&sandbox, "train", 3);
    sandbox.run("job wait train --for running").succeeds();
    assert_eq!(sandbox.job("train")["executionState"], "running");
    go(&sandbox);
    sandbox.run("job wait train --for failed").succeeds();
    sandbox.run("job wait train --for running").succeeds();
    sandbox.run("job wait train --for succeeded").fails_with(1).says("will not be `succeeded` any more");
    sandbox.run("job wait train --for queued").fails_with(2).says("possible values");
}

#[test]
fn a_job_that_is_deleted_while_it_is_waited_for_is_an_error_that_names_it() {
    let sandbox = Sandbox::new();
    job_until_told(&sandbox, "gone", 0);
    sandbox.wait_for_state("gone", "running");
    let waiting = sandbox.spawn("job wait gone");
    sandbox.run("job delete gone -y").succeeds();
    let output = waiting.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // It may see the end of the job before it sees that the job is gone.
    assert!([Some(3), Some(255)].contains(&output.status.code()), "{said}");
}

#[test]
fn ctrl_c_leaves_the_job_and_says_so() {
    let sandbox = Sandbox::new();
    job_until_told(&sandbox, "train", 0);
    sandbox.wait_for_state("train", "running");
    let waiting = sandbox.spawn("job wait train");
    let id = i32::try_from(waiting.id()).expect("a process id");
    wait_until("it listens for signals", || process::catches(id, rustix::process::Signal::INT));
    process::signal(id, rustix::process::Signal::INT);
    let output = waiting.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    assert!(String::from_utf8_lossy(&output.stderr).contains("The job goes on."));
    assert_eq!(sandbox.job("train")["executionState"], "running");
    go(&sandbox);
    sandbox.run("job wait train").succeeds();
}

#[test]
fn create_can_stay_until_the_end() {
    let sandbox = Sandbox::new();
    sandbox.job_file("echo trained; echo warned >&2; exit 4");
    let done = sandbox.run("job create -f job.json -n waited --wait").fails_with(4).says("exit code 4");
    assert_eq!(done.json()["executionInfo"]["exitCode"], 4);
    let done = sandbox.run("job create -f job.json -n streamed --stream").fails_with(4).prints("trained\n");
    assert!(done.stderr.contains("warned\n"), "{}", done.stderr);
    sandbox.run("job create -f job.json --wait --stream").fails_with(2).says("cannot be used with");
    sandbox.spec("ok.json", &json!({ "customToolkitSettings": { "commandLine": "true" } }));
    let ok = sandbox.run("job create -f ok.json -n ok --wait").succeeds().json();
    assert_eq!(ok["executionState"], "succeeded");
}
