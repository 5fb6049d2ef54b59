//! Ctrl-C and SIGTERM: what they do to the command, and what to the job.

use rustix::process::Signal;

use crate::support::{OnTerminal, Running, Sandbox, process, wait_until};

const CTRL_C: &str = "\x03";

/// Starts `job run` with these flags, of a job that runs for ever; answers it and the id of the job's process.
fn run_for_ever(sandbox: &Sandbox, flags: &str) -> (Running, i32) {
    sandbox.job_file(&for_ever(sandbox));
    let running = sandbox.start(&format!("job run -f job.json -n a {flags}"));
    running.prints("begun\n");
    (running, sandbox.wait_for_id("id"))
}

fn for_ever(sandbox: &Sandbox) -> String {
    format!("echo $$ > {}; echo begun; {}; echo end; exit 8", sandbox.path("id").display(), sandbox.gate("go").wait())
}

fn a_signal_ends_the_job(signal: Signal) {
    let sandbox = Sandbox::new();
    let (running, job) = run_for_ever(&sandbox, "");
    running.signal(signal);
    running.ends().fails_with(130).prints("begun\n").says("Job a was stopped.");
    assert!(!process::is_running(job));
    assert_eq!(sandbox.job_processes().len(), 0);
    assert_eq!(sandbox.job("a")["executionInfo"]["errors"][0]["code"], "JobTerminated");
}

#[test]
fn without_a_terminal_ctrl_c_ends_the_job() {
    a_signal_ends_the_job(Signal::INT);
}

#[test]
fn without_a_terminal_sigterm_ends_the_job() {
    a_signal_ends_the_job(Signal::TERM);
}

#[test]
fn a_signal_ends_also_a_job_that_is_still_queued() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n default").succeeds();
    sandbox.run("cluster create -n none --target 0").succeeds();
    sandbox.job_file("echo never");
    let running = sandbox.start("job run -f job.json -n a -c none");
    running.says("The job is queued: ");
    running.signal(Signal::INT);
    running.ends().fails_with(130).prints("");
    assert_eq!(sandbox.job("a")["executionState"], "failed");
}

#[test]
fn a_second_signal_leaves_a_job_that_takes_its_time_to_stop() {
    let sandbox = Sandbox::new();
    let clean = format!("{}; echo cleaned; exit", sandbox.gate("go").wait());
    sandbox.job_file(&format!("trap \"{clean}\" TERM; echo begun; while :; do sleep 0.02; done"));
    let running = sandbox.start("job run -f job.json -n a");
    running.prints("begun\n");
    running.signal(Signal::INT);
    running.says("Stopping the job ...");
    running.signal(Signal::INT);
    running.ends().fails_with(130).says("The job is still being stopped. To wait for it: `batchai job wait");
    sandbox.gate("go").open();
    sandbox.run("job wait -n a").fails_with(255);
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints("begun\ncleaned\n");
}

fn a_signal_detaches(signal: Signal) {
    let sandbox = Sandbox::new();
    let (running, job) = run_for_ever(&sandbox, "--detach-on-signal");
    running.signal(signal);
    let done = running.ends().fails_with(130).prints("begun\n").says("The job goes on.");
    assert!(process::is_running(job));
    reattach_as_told(&sandbox, &done.stderr);
}

/// Runs the two commands that a detached command has named, as they stand there.
fn reattach_as_told(sandbox: &Sandbox, told: &str) {
    let commands: Vec<&str> =
        told.split('`').filter_map(|part| part.strip_prefix("batchai ")).filter(|part| part.contains(" -w ")).collect();
    assert_eq!(commands.len(), 2, "{told}");
    assert_eq!(sandbox.job("a")["executionState"], "running");
    let [waiting, streaming] = [commands[0], commands[1]].map(|command| sandbox.start(command));
    streaming.prints("begun\n");
    sandbox.gate("go").open();
    waiting.ends().fails_with(8);
    streaming.ends().succeeds().prints("begun\nend\n");
}

#[test]
fn ctrl_c_detaches_if_that_was_asked_for() {
    a_signal_detaches(Signal::INT);
}

#[test]
fn sigterm_detaches_if_that_was_asked_for() {
    a_signal_detaches(Signal::TERM);
}

#[test]
fn a_pipeline_that_is_cancelled_while_it_submits_leaves_nothing_running() {
    let sandbox = Sandbox::new();
    sandbox.run("server start").succeeds();
    for number in 0..15 {
        let name = format!("job-{number}");
        sandbox.job_file("sleep 600");
        let running = sandbox.start(&format!("job run -f job.json -n {name}"));
        // Not to wait for something, but to hit another moment of the submission each time.
        std::thread::sleep(std::time::Duration::from_millis(number * 2));
        running.signal(Signal::INT);
        running.ends().fails_with(130);
        let shown = sandbox.run(&format!("job show -n {name}"));
        assert!(shown.code == 3 || shown.json()["executionState"] == "failed", "{}", shown.stdout);
        assert_eq!(sandbox.job_processes().len(), 0);
    }
}

#[test]
fn a_pipeline_that_is_cancelled_while_it_sends_code_leaves_nothing() {
    let sandbox = Sandbox::new();
    sandbox.run("server start").succeeds();
    std::fs::File::create(sandbox.path("data")).and_then(|file| file.set_len(16 << 20)).expect("a large file");
    sandbox.file("job.json", r#"{ "code": ".", "customToolkitSettings": { "commandLine": "sleep 600" } }"#);
    let running = sandbox.start("job run -f job.json -n a");
    let archives = || {
        let folder = std::fs::read_dir(sandbox.home().join("snapshots")).into_iter().flatten().flatten();
        folder.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    wait_until("the code is being sent", || !archives().is_empty());
    running.signal(Signal::INT);
    running.ends().fails_with(130);
    // On a quick machine all of it may have been sent.
    let shown = sandbox.run("job show -n a");
    assert!(shown.code == 3 || shown.json()["executionState"] == "failed", "{}", shown.stdout);
    let is_whole = |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension == "tar");
    wait_until("no half archive is left", || archives().iter().all(is_whole));
    assert_eq!(sandbox.job_processes().len(), 0);
}

#[test]
fn commands_that_only_look_never_touch_the_job() {
    for signal in [Signal::INT, Signal::TERM] {
        let sandbox = Sandbox::new();
        let (running, job) = run_for_ever(&sandbox, "");
        let waiting = sandbox.start("job wait -n a");
        let streaming = sandbox.start("job file stream -j a -f stdout.txt");
        waiting.says("Job state: running");
        streaming.prints("begun\n");
        waiting.signal(signal);
        streaming.signal(signal);
        let codes = [waiting.ends().code, streaming.ends().code];
        let expected = if signal == Signal::INT { 130 } else { 128 + Signal::TERM.as_raw() };
        assert_eq!(codes, [expected; 2]);
        assert!(process::is_running(job));
        sandbox.gate("go").open();
        running.ends().fails_with(8).prints("begun\nend\n");
    }
}

#[test]
fn ctrl_c_on_the_terminal_that_started_the_server_does_not_reach_it() {
    let sandbox = Sandbox::new();
    sandbox.job_file(&for_ever(&sandbox));
    let mut terminal = OnTerminal::start(&sandbox.command(["job", "run", "-f", "job.json", "-n", "a"]));
    terminal.shows("begun");
    let (server, job) = (sandbox.server(), sandbox.wait_for_id("id"));
    terminal.types(CTRL_C);
    terminal.shows("[d]etach and leave it running");
    // The terminal is closed with the question unanswered.
    drop(terminal);
    assert!(process::is_running(server) && process::is_running(job));
    assert_eq!(sandbox.server(), server);
    sandbox.gate("go").open();
    sandbox.run("job wait -n a").fails_with(8);
}

#[test]
fn ctrl_c_on_a_terminal_asks_and_detaches() {
    let sandbox = Sandbox::new();
    let mut terminal = run_on_terminal(&sandbox);
    terminal.types("d\n");
    assert_eq!(terminal.exit_code(), 130);
    terminal.shows("job logs -f -w default -e default -n a`");
    let told = terminal.screen().replace("\r\n", "\n");
    assert!(told.contains("The job goes on. To wait for it: "), "{told}");
    reattach_as_told(&sandbox, &told);
}

fn run_on_terminal(sandbox: &Sandbox) -> OnTerminal {
    sandbox.job_file(&for_ever(sandbox));
    let mut terminal = OnTerminal::start(&sandbox.command(["job", "run", "-f", "job.json", "-n", "a"]));
    terminal.shows("begun");
    terminal.types(CTRL_C);
    terminal.shows("[d]etach and leave it running, [t]erminate it, or [c]ontinue following?");
    terminal
}

#[test]
fn ctrl_c_on_a_terminal_asks_and_terminates() {
    let sandbox = Sandbox::new();
    let mut terminal = run_on_terminal(&sandbox);
    let job = sandbox.wait_for_id("id");
    terminal.types("what\n");
    terminal.shows_times("[c]ontinue following?", 2);
    assert!(process::is_running(job), "asking does nothing");
    terminal.types("t\n");
    assert_eq!(terminal.exit_code(), 130);
    assert!(!process::is_running(job));
    assert_eq!(sandbox.job_processes().len(), 0);
    terminal.shows("Job a was stopped.");
}

#[test]
fn ctrl_c_on_a_terminal_asks_and_goes_on_as_often_as_it_takes() {
    let sandbox = Sandbox::new();
    let is_open = sandbox.gate("go").is_open();
    sandbox.job_file(&format!("until {is_open}; do echo tick; sleep 0.02; done; exit 8"));
    let mut terminal = OnTerminal::start(&sandbox.command(["job", "run", "-f", "job.json", "-n", "a"]));
    terminal.shows("tick");
    for times in 1..=3 {
        terminal.types(CTRL_C);
        terminal.shows_times("[c]ontinue following?", times);
        // While the question is open nothing is shown that could tear it; after it everything.
        let seen = terminal.screen().matches("tick").count();
        terminal.types("c\n");
        terminal.shows_times("tick", seen + 2);
    }
    sandbox.gate("go").open();
    assert_eq!(terminal.exit_code(), 8);
}

#[test]
fn a_second_ctrl_c_at_the_question_leaves_the_job_alone() {
    let sandbox = Sandbox::new();
    let mut terminal = run_on_terminal(&sandbox);
    terminal.types(CTRL_C);
    assert_eq!(terminal.exit_code(), 130);
    terminal.shows("The job goes on.");
    sandbox.gate("go").open();
    sandbox.run("job wait -n a").fails_with(8);
}

#[test]
fn a_job_that_ends_while_the_question_is_open_is_not_lost() {
    let sandbox = Sandbox::new();
    let mut terminal = run_on_terminal(&sandbox);
    sandbox.gate("go").open();
    sandbox.wait_for_state("a", "failed");
    terminal.types("c\n");
    assert_eq!(terminal.exit_code(), 8);
    terminal.shows("end");
}
