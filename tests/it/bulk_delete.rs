//! `job delete --all-failed | --older-than`.

use crate::support::{OnTerminal, Sandbox};

/// A good job, two bad ones, and one that runs until its gate opens.
fn with_jobs() -> Sandbox {
    let sandbox = Sandbox::new();
    let runs = sandbox.gate("go").wait();
    for (name, command) in [("good", "true"), ("bad-1", "exit 1"), ("bad-2", "exit 2"), ("runs", runs.as_str())] {
        sandbox.job_file(command);
        sandbox.run(&format!("job create -f job.json -n {name}")).succeeds();
    }
    sandbox.run("job wait good bad-1 bad-2").fails_with(1);
    sandbox.wait_for_state("runs", "running");
    sandbox
}

/// The names of the jobs there are.
fn names(sandbox: &Sandbox) -> Vec<String> {
    let listed = sandbox.run("job list").succeeds().json();
    let jobs = listed.as_array().expect("a list").iter();
    let mut names: Vec<String> = jobs.map(|job| job["name"].as_str().expect("a name").to_owned()).collect();
    names.sort();
    names
}

#[test]
fn failed_jobs_go_at_once_and_others_stay() {
    let sandbox = with_jobs();
    sandbox.run("job delete --all-failed").fails_with(1).says("bad-1  failed").says("Use --yes");
    assert_eq!(names(&sandbox), ["bad-1", "bad-2", "good", "runs"], "nothing goes unless the user is sure");
    sandbox.run("job delete --all-failed --older-than 1h -y").succeeds().says("nothing to delete");
    sandbox
        .run("job delete --all-failed -y")
        .succeeds()
        .says("Jobs of the experiment default to be deleted: 2\n  bad-1  failed     20")
        .does_not_say("good")
        .prints("");
    assert_eq!(names(&sandbox), ["good", "runs"]);
    sandbox.run("job delete --older-than 0 -y").succeeds().says("  good  succeeded  20");
    assert_eq!(names(&sandbox), ["runs"], "a job that has not ended is never chosen");
    sandbox.run("job delete --older-than 0 -y").succeeds().says("has no such jobs: nothing to delete");
}

#[test]
fn names_and_choices_exclude_each_other() {
    let sandbox = Sandbox::new();
    sandbox.run("job delete train --all-failed -y").fails_with(2).says("both by name and with");
    sandbox.run("job delete --older-than long -y").fails_with(2).says("1h30m");
    sandbox.run("job delete -y").fails_with(2).says("no job is named");
}

#[test]
fn a_terminal_shows_what_will_go_and_asks() {
    let sandbox = with_jobs();
    let mut terminal = OnTerminal::start(&sandbox.command(["job", "delete", "--all-failed"]));
    terminal.shows("Are you sure you want to perform this operation? (y/n): ");
    assert!(terminal.screen().contains("bad-2  failed"), "{}", terminal.screen());
    terminal.types("n\n");
    assert_eq!(terminal.exit_code(), 1);
    assert_eq!(names(&sandbox).len(), 4);
}
