//! `job logs`: what all processes of a job wrote.

use std::io::{BufRead, BufReader, Read};

use crate::support::Sandbox;

#[test]
fn one_process_is_shown_byte_for_byte_on_its_own_streams() {
    let sandbox = Sandbox::new();
    sandbox.job_file("printf 'one\\ntwo\\nthree'; printf 'warned' >&2");
    sandbox.run("job run -f job.json -n train").succeeds();
    let logs = sandbox.run("job logs train").succeeds().prints("one\ntwo\nthree");
    assert_eq!(logs.stderr, "warned");
    sandbox.run("job logs -n train --tail 1").succeeds().prints("three");
    sandbox.run("job logs -j train --tail 2 -f").succeeds().prints("two\nthree");
    sandbox.run("job logs train --tail 0").succeeds().prints("");
    sandbox.run("job logs train --since 1h").succeeds().prints("one\ntwo\nthree");
    sandbox.run("job logs train --since 2999-01-01T00:00:00Z").succeeds().prints("");
    sandbox.run("job logs train --since yesterday").fails_with(2).says("such as 90s, 10m");
    sandbox.run("job logs").fails_with(2);
    sandbox.run("job logs nowhere").fails_with(3).says("batchai job list");
}

#[test]
fn a_long_file_is_read_from_its_end() {
    let sandbox = Sandbox::new();
    sandbox.job_file("seq 1 200000");
    sandbox.run("job run -f job.json -n long").succeeds();
    sandbox.run("job logs long --tail 3").succeeds().prints("199998\n199999\n200000\n");
    let many = sandbox.run("job logs long --tail 50000").succeeds().stdout;
    assert_eq!((many.lines().count(), many.lines().next()), (50_000, Some("150001")));
    assert_eq!(sandbox.run("job logs long --tail 999999").succeeds().stdout.lines().count(), 200_000);
}

#[test]
fn lines_of_several_files_begin_with_the_name_of_their_file() {
    let sandbox = Sandbox::new();
    sandbox.cluster("one", 1);
    sandbox.file(
        "prepared.yaml",
        "cluster: one\njobPreparation: {commandLine: echo prepared}\ncustomToolkitSettings: {commandLine: 'echo trained'}\n",
    );
    sandbox.run("job run -f prepared.yaml -n train").succeeds();
    let logs = sandbox.run("job logs train").succeeds();
    assert_eq!(
        logs.stdout.lines().filter(|line| line.starts_with("stdout.txt") && line.ends_with(" | trained")).count(),
        1
    );
    assert!(logs.stderr.lines().any(|line| line.ends_with(" | prepared")), "{}", logs.stderr);
    sandbox.run("job logs train --no-prefix").succeeds().prints("trained\n");
}

#[test]
fn what_is_written_later_is_shown_too_and_a_restart_of_the_server_is_not_noticed() {
    let sandbox = Sandbox::new();
    let go = sandbox.path("go");
    sandbox.job_file(&format!("seq 1 100; until [ -e {} ]; do sleep 0.05; done; echo last", go.display()));
    sandbox.run("job create -f job.json -n train").succeeds();
    sandbox.wait_for_state("train", "running");
    let mut logs = sandbox.spawn("job logs train -f --tail 2");
    let mut out = BufReader::new(logs.stdout.take().expect("its output"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    sandbox.kill_server();
    sandbox.file("go", "");
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("text");
    assert!(logs.wait().expect("it ends").success());
    assert!(rest.ends_with("100\nlast\n"), "{line}{rest}");
}

#[test]
fn a_reader_that_goes_ends_it_quietly_and_not_the_job() {
    let sandbox = Sandbox::new();
    sandbox.job_file("while sleep 0.02; do echo line; done");
    sandbox.run("job create -f job.json -n train").succeeds();
    sandbox.wait_for_state("train", "running");
    let mut logs = sandbox.spawn("job logs train -f");
    let mut out = BufReader::new(logs.stdout.take().expect("its output"));
    out.read_line(&mut String::new()).expect("a line");
    drop(out);
    let output = logs.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(sandbox.job("train")["executionState"], "running");
    sandbox.run("job terminate train -y").succeeds();
}

#[test]
fn a_job_that_has_not_started_says_why() {
    let sandbox = Sandbox::new();
    sandbox.run("cluster create -n none --target 0").succeeds();
    sandbox.job_file("true");
    sandbox.run("job create -f job.json -n train -c none").succeeds();
    sandbox.run("job logs train").succeeds().prints("").says("has not started, and has written nothing: ");
}
