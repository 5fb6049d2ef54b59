//! `job explain`: why a job waits, what it does, why it failed.

use crate::support::{Sandbox, wait_until};

fn with_cluster(target: u32) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n default").succeeds();
    sandbox.run("experiment create -n default").succeeds();
    sandbox.run(&format!("cluster create -n c --target {target}")).succeeds();
    sandbox
}

fn job(sandbox: &Sandbox, name: &str, command: &str, more: &str) {
    sandbox.file(
        &format!("{name}.yaml"),
        &format!("cluster: c\n{more}customToolkitSettings: {{commandLine: '{command}'}}\n"),
    );
    sandbox.run(&format!("job create -f {name}.yaml -n {name}")).succeeds();
}

#[test]
fn a_job_that_waits_says_for_what_and_what_would_help() {
    let sandbox = with_cluster(1);
    job(&sandbox, "first", "echo begun; sleep 600", "");
    sandbox.wait_for_state("first", "running");
    job(&sandbox, "second", "echo", "");
    job(&sandbox, "third", "echo", "");
    job(&sandbox, "large", "echo", "nodeCount: 3\n");

    let second = sandbox.run("job explain second").succeeds();
    assert_eq!(second.stderr, "");
    let second = second.prints_part("it starts when enough of these end: `first`");
    second
        .prints_part("cluster resize -w default -n c --target 2")
        .prints_part("first (running, priority normal, 1 node)");
    sandbox.run("job explain third").succeeds().prints_part("1 job goes before it on cluster `c`: `second`");
    let large = sandbox.run("job explain large -o json").succeeds().json();
    assert_eq!((&large["queue"]["canStart"], &large["queue"]["needs"]), (&false.into(), &3.into()), "{large}");
    assert_eq!(
        (&large["queue"]["jobsAhead"], large["queue"]["beforeIt"].as_array().map(Vec::len)),
        (&0.into(), Some(0))
    );
    assert!(large["summary"].as_str().is_some_and(|text| text.contains("can never start")), "{large}");

    wait_until("output is seen", || !sandbox.run("job explain first").succeeds().stdout.contains("none so far"));
    let first = sandbox.run("job explain first").succeeds();
    first.prints_part("is running: it runs on 1 node").prints_part("time left     ").prints_part("tvm-");
    let table = sandbox.run("job explain first second -o table").succeeds().stdout;
    assert!(table.contains("Explanation") && table.contains("second"), "{table}");
    sandbox.run("job explain nothing").fails_with(3);
}

#[test]
fn a_job_that_failed_says_why_with_the_end_of_its_output() {
    let sandbox = with_cluster(1);
    let lines = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i >&2; done; echo out;";
    job(&sandbox, "plain", &format!("{lines} exit 3"), "");
    job(&sandbox, "killed", "kill -KILL $$", "");
    job(&sandbox, "silent", "echo only here; no-such-program 2>/dev/null", "");
    job(&sandbox, "late", "sleep 600", "constraints: {maxWallClockTime: PT1S}\n");
    job(&sandbox, "prepared", "echo", "jobPreparation: {commandLine: 'echo cannot prepare >&2; exit 2'}\n");
    for name in ["plain", "killed", "silent", "late", "prepared"] {
        sandbox.wait_for_state(name, "failed");
    }
    let told = |name: &str| sandbox.run(&format!("job explain {name}")).succeeds();
    let plain = told("plain").prints_part("has failed: it exited with code 3.");
    let plain = plain.prints_part("The end of stderr.txt:\n  line 3\n").prints_part("  line 12\n");
    plain.prints_part("batchai job rerun -n plain");
    told("killed").prints_part("137 (SIGKILL)").prints_part("memory");
    told("silent").prints_part("a command was not found").prints_part("The end of stdout.txt:\n  only here");
    told("late").prints_part("maxWallClockTime of 1 second").prints_part("give it more time");
    told("prepared")
        .prints_part("the preparation exited with code 2 on node")
        .prints_part("The end of stderr-job_prep.txt:\n  cannot prepare");

    job(&sandbox, "stopped", "sleep 600", "");
    sandbox.run("job terminate stopped -y").succeeds();
    told("stopped").prints_part("its user stopped it");
    job(&sandbox, "fine", "echo", "");
    sandbox.wait_for_state("fine", "succeeded");
    told("fine").prints_part("Job fine has succeeded.\n");
}
