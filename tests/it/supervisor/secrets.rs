//! Secrets come by the supervisor's standard input, go to the processes of the job, and nowhere else.

use std::fs;

use batchai::supervisor::run_dir::{Cause, MountHow};
use batchai::supervisor::secrets::Secrets;

use super::sandbox::{Sandbox, outcome, wait_until};
use crate::support::leaks::{holders, shows};

/// Unlike anything else on this machine.
fn secret() -> String {
    format!("$HOME-{}", uuid::Uuid::new_v4())
}

fn secrets(pairs: &[(&str, &str)]) -> Secrets {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn sent(secrets: &Secrets) -> Vec<u8> {
    let mut bytes = Vec::new();
    secrets.send(&mut bytes).expect("memory takes it");
    bytes
}

#[test]
fn preparation_and_processes_of_every_node_have_them_over_all_other_variables_and_unexpanded() {
    let value = secret();
    let text = "printf %s \"$TOKEN\" | wc -c; [ \"$TOKEN\" = \"$(cat ../expected)\" ] && echo same";
    let mut sandbox = Sandbox::with_job(text);
    sandbox.add_node();
    sandbox.add_process("second", text);
    sandbox.prepare_with(text);
    for node in &mut sandbox.launch.nodes {
        node.environment.insert("TOKEN".into(), "plain".into());
    }
    sandbox.launch.processes[0].environment.insert("TOKEN".into(), "plainer".into());
    sandbox.launch.secrets = vec!["TOKEN".into()];
    fs::write(sandbox.path("expected"), &value).expect("a file");
    sandbox.start_fed(&sent(&secrets(&[("TOKEN", &value)]))).wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Exited, Some(0)));
    let files = ["stdout-job.txt", "stdout-second.txt", "stdout-job_prep-0.txt", "stdout-job_prep-1.txt"];
    for file in files {
        assert_eq!(sandbox.read(&format!("out/{file}")), format!("{}\nsame\n", value.len()), "{file}");
    }
}

#[test]
fn no_file_of_the_run_and_no_argument_holds_them_while_it_runs_or_after() {
    let value = secret();
    let mut sandbox = Sandbox::with_job("echo up; until [ -e ../go ]; do sleep 0.02; done; exit 3");
    sandbox.prepare_with("true");
    sandbox.mount("volume", MountHow::Command("env; test -d".into()));
    sandbox.launch.secrets = vec!["TOKEN".into()];
    let mut supervisor = sandbox.start_fed(&sent(&secrets(&[("TOKEN", &value)])));
    sandbox.wait_for("out/stdout-job.txt");
    let job = sandbox.marked();
    assert!(job.iter().any(|pid| shows(*pid, "environ", &value)), "the job itself has it");
    for pid in job.iter().chain([&sandbox.status().pid]) {
        assert!(!shows(*pid, "cmdline", &value), "an argument of process {pid}");
    }
    assert!(!shows(sandbox.status().pid, "environ", &value), "the environment of the supervisor");
    assert_eq!(holders(&sandbox.path(""), &value), [] as [String; 0], "while it runs");
    fs::write(sandbox.path("go"), "").expect("a file");
    supervisor.wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Exited, Some(3)));
    assert_eq!(holders(&sandbox.path(""), &value), [] as [String; 0], "after its end");
    assert!(sandbox.read("launch.json").contains("TOKEN"), "the name is in the plan");
}

#[test]
fn a_run_whose_secrets_were_cut_off_has_not_begun_and_can_still_begin() {
    let mut sandbox = Sandbox::with_job("echo $TOKEN");
    sandbox.launch.secrets = vec!["TOKEN".into()];
    let whole = sent(&secrets(&[("TOKEN", "hunter2")]));
    for cut in [&whole[..0], &whole[..whole.len() - 1], b"{}"] {
        sandbox.start_fed(cut).fails();
        assert!(sandbox.dir().read_status().expect("readable").is_none());
        assert!(!sandbox.path("out").exists());
    }
    assert!(!sandbox.read("supervisor.log").contains("hunter"), "{}", sandbox.read("supervisor.log"));
    sandbox.start_fed(&whole).wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Exited, Some(0)));
    assert_eq!(sandbox.read("out/stdout-job.txt"), "hunter2\n");
}

#[test]
fn more_of_them_than_a_pipe_holds_arrive_whole() {
    let mut sandbox = Sandbox::with_job("printf %s \"$A$B\" | wc -c");
    let long = "x".repeat(100_000);
    sandbox.launch.secrets = vec!["A".into(), "B".into()];
    sandbox.start_fed(&sent(&secrets(&[("A", &long), ("B", &long)]))).wait();
    assert_eq!(sandbox.read("out/stdout-job.txt").trim(), "200000");
}

#[test]
fn a_supervisor_that_comes_late_waits_for_no_secrets() {
    let mut sandbox = Sandbox::with_job("until [ -e ../go ]; do sleep 0.02; done");
    sandbox.launch.secrets = vec!["TOKEN".into()];
    let mut first = sandbox.start_fed(&sent(&secrets(&[("TOKEN", "x")])));
    wait_until("the run has begun", || sandbox.dir().read_status().expect("readable").is_some());
    // Its standard input is at its end at once; it must leave well all the same.
    sandbox.start().wait();
    fs::write(sandbox.path("go"), "").expect("a file");
    first.wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Exited, Some(0)));
}
