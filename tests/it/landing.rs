//! `batchai` alone, and `doctor`: the first things that a new user types.

use crate::support::{Network, Sandbox};

#[test]
fn alone_it_tells_how_to_start_and_starts_nothing() {
    let sandbox = Sandbox::new();
    let said = sandbox.run("").succeeds();
    assert!(said.stdout.contains("No job is running or waiting on this machine."), "{}", said.stdout);
    assert!(said.stdout.contains("batchai job run -f job.yaml"), "{}", said.stdout);
    assert_eq!(said.stderr, "");
    assert!(sandbox.servers().is_empty());
    assert_eq!(sandbox.run("-o json").succeeds().json(), serde_json::json!([]));
}

#[test]
fn alone_it_shows_what_runs_and_what_waits_and_why() {
    let sandbox = Sandbox::new();
    sandbox.cluster("one", 1);
    sandbox.job_file("touch started; sleep 1000");
    sandbox.run("job create -f job.json -n first -c one").succeeds();
    sandbox.wait_for_state("first", "running");
    sandbox.run("job create -f job.json -n second -c one").succeeds();
    let said = sandbox.run("").succeeds().stdout;
    let line =
        |name: &str| said.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("first").contains("running for ") && line("first").ends_with("workspace default, experiment default"));
    assert!(line("second").contains("queued for "), "{said}");
    assert!(said.contains(" -w default -e default -n first"), "{said}");
    let listed = sandbox.run("-o json").succeeds().json();
    let names: Vec<_> = listed.as_array().expect("a list").iter().map(|job| job["name"].clone()).collect();
    assert_eq!(names, ["first", "second"]);
    sandbox.run("job terminate -n first -y").succeeds();
}

#[test]
fn a_token_of_one_group_sees_the_active_jobs_of_that_group() {
    let sandbox = Sandbox::new();
    let network = Network::start(&sandbox, "");
    sandbox.job_file("sleep 1000");
    for group in ["one", "two"] {
        sandbox.run(&format!("job create -f job.json -n of-{group} -g {group}")).succeeds();
    }
    let seen = |flags: &str| {
        let token = network.token(&format!("t{}", flags.len()), flags);
        let path = "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.BatchAI/activeJobs\
                    ?api-version=2026-11-01";
        let answer = network.send(Some(&token), "GET", path, "").json();
        let jobs = answer["value"].as_array().expect("a list").clone();
        jobs.iter().map(|job| job["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(seen("--role reader --resource-group two"), ["of-two"]);
    assert_eq!(seen("--role reader").len(), 2);
}

#[test]
fn doctor_says_what_each_finding_means_for_jobs() {
    let sandbox = Sandbox::new();
    let found = sandbox.run("doctor -o json").succeeds().json();
    for finding in found.as_array().expect("a list") {
        assert!(["ok", "limited"].contains(&finding["level"].as_str().expect("a level")), "{finding}");
        assert!(!finding["meaning"].as_str().expect("a meaning").is_empty(), "{finding}");
    }
    let text = sandbox.run("doctor").succeeds().stdout;
    assert!(text.contains("data directory") && text.contains(&sandbox.home().display().to_string()), "{text}");
    assert!(sandbox.servers().is_empty() && !sandbox.home().exists(), "it changes nothing");
}

#[test]
fn doctor_fails_where_no_job_can_run() {
    let mut sandbox = Sandbox::new();
    let file = sandbox.file("file", "in the way");
    sandbox.move_home(file.join("home"));
    let done = sandbox.run("doctor").fails_with(1);
    assert!(done.stdout.contains("broken   data directory"), "{}", done.stdout);
}
