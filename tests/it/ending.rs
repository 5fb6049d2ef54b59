//! What a terminal sees of `delete` and `terminate`: what goes with it, what is waited for, and what Ctrl-C does.

use rustix::process::Signal;
use serde_json::json;

use crate::support::{OnTerminal, Sandbox, process, wait_until};

const CTRL_C: &str = "\x03";
const QUESTION: &str = "Are you sure you want to perform this operation? (y/n): ";

fn on_terminal(sandbox: &Sandbox, words: &str) -> OnTerminal {
    let mut command = sandbox.command(words.split(' '));
    OnTerminal::start(command.env("TERM", "xterm"))
}

/// A workspace `ws` with a cluster of one node, on which a job runs that does not stop before the gate is open, and
/// behind it one that waits.
fn with_stubborn_job() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    sandbox.run("experiment create -w ws -n exp").succeeds();
    sandbox.run("cluster create -w ws -n c --target 1").succeeds();
    let gate = sandbox.gate("go").wait();
    sandbox.job_file(&format!("trap \"{gate}; exit\" TERM; echo begun; while :; do sleep 0.02; done"));
    sandbox.run("job create -w ws -e exp -c c -n stubborn -f job.json").succeeds();
    sandbox.start("job file stream -w ws -e exp -j stubborn -f stdout.txt").prints("begun");
    sandbox.run("job create -w ws -e exp -c c -n behind -f job.json").succeeds();
    sandbox
}

#[test]
fn what_goes_with_a_workspace_is_said_before_the_question() {
    let sandbox = with_stubborn_job();
    let cases = [
        (
            "workspace delete -n ws",
            "With workspace ws goes: 1 cluster (1 node), 1 experiment, 2 jobs (1 queued, 1 running).",
        ),
        ("experiment delete -w ws -n exp", "With experiment exp goes: 2 jobs (1 queued, 1 running)."),
        ("cluster delete -w ws -n c", "With cluster c goes: 1 node, 2 jobs (1 queued, 1 running). Jobs that run on it"),
    ];
    for (words, told) in cases {
        let mut terminal = on_terminal(&sandbox, words);
        terminal.shows(QUESTION);
        let screen = terminal.screen();
        assert!(screen.contains(told) && screen.contains("Running now: stubborn."), "{screen}");
        terminal.types("n\n");
        assert_eq!(terminal.exit_code(), 1);
    }
    sandbox.run("workspace delete -n ws").fails_with(1).does_not_say("With workspace").says("Use --yes");
    assert_eq!(sandbox.run("job list -w ws -e exp").succeeds().json().as_array().map(Vec::len), Some(2));
}

#[test]
fn several_things_are_listed_by_kind_name_and_state() {
    let sandbox = with_stubborn_job();
    let words = "job delete -w ws -e exp stubborn behind gone";
    let mut terminal = on_terminal(&sandbox, words);
    terminal.shows(QUESTION);
    let screen = terminal.screen().replace('\r', "");
    let list =
        "This will delete 3 things:\n  job  stubborn  running\n  job  behind    queued\n  job  gone      not found\n";
    assert!(screen.starts_with(list), "{screen}");
    terminal.types("n\n");
    assert_eq!(terminal.exit_code(), 1);
    sandbox.run(words).fails_with(1).says("  job  behind\n").does_not_say("queued");
}

#[test]
fn nothing_more_than_the_deletion_is_asked_for_when_the_user_is_sure() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    sandbox.run("cluster create -w ws -n c --target 1").succeeds();
    let mut terminal = on_terminal(&sandbox, "workspace delete -n ws -y --verbose");
    assert_eq!(terminal.exit_code(), 0);
    let screen = terminal.screen();
    assert!(screen.contains("DELETE ") && !screen.contains("GET ") && !screen.contains("With workspace"), "{screen}");
}

#[test]
fn a_terminal_says_what_is_waited_for_and_ctrl_c_ends_only_the_wait() {
    let sandbox = with_stubborn_job();
    let mut stopping = on_terminal(&sandbox, "job terminate -w ws -e exp -n stubborn -y");
    stopping.shows("Stopping job stubborn: it is terminating");
    stopping.types(CTRL_C);
    assert_eq!(stopping.exit_code(), 130);
    stopping.shows("What has begun goes on at the server. To look: `batchai job show -w ws -e exp -n stubborn`");
    let mut deleting = on_terminal(&sandbox, "experiment delete -w ws -n exp -y");
    deleting.shows("Deleting experiment exp: ");
    deleting.shows("1 terminating");
    let mut emptying = on_terminal(&sandbox, "workspace delete -n ws -y");
    emptying.shows("Deleting workspace ws: 1 cluster");
    sandbox.gate("go").open();
    assert_eq!((deleting.exit_code(), emptying.exit_code()), (0, 0));
    sandbox.run("workspace show -n ws").fails_with(3);
}

#[test]
fn without_a_terminal_nothing_is_drawn_and_the_server_goes_on_alone() {
    let sandbox = with_stubborn_job();
    let deleting = sandbox.start("cluster delete -w ws -n c -y");
    let state = || sandbox.run("cluster show -w ws -n c").succeeds().json()["provisioningState"].clone();
    wait_until("the deletion has begun", || state() == json!("deleting"));
    deleting.signal(Signal::INT);
    let told =
        "Not waiting any more. What has begun goes on at the server. To look: `batchai cluster show -w ws -n c`\n";
    assert_eq!(deleting.ends().fails_with(130).prints("").stderr, told);
    sandbox.gate("go").open();
    wait_until("the cluster is gone", || sandbox.run("cluster show -w ws -n c").code == 3);
    assert_eq!(sandbox.job_processes().len(), 0);
    assert!(process::is_running(sandbox.server()));
}

#[test]
fn ctrl_c_ends_what_is_shown_of_a_job_with_its_line() {
    let sandbox = Sandbox::new();
    sandbox.job_file(&format!("printf half; {}", sandbox.gate("go").wait()));
    sandbox.run("job create -n a -f job.json").succeeds();
    let mut terminal = on_terminal(&sandbox, "job logs a -f");
    terminal.shows("half");
    terminal.types(CTRL_C);
    assert_eq!(terminal.exit_code(), 130);
    wait_until("the line has its end", || terminal.screen().ends_with("\r\n"));
    assert_eq!(sandbox.job("a")["executionState"], "running");
}
