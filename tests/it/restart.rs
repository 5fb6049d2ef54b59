//! Servers and supervisors that are killed in the middle of everything: jobs go on, and nothing is lost.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::{Sandbox, process, wait_until};

/// Shell text that prints numbered lines, and stops twice on the way until it is told to go on.
fn numbered_lines(sandbox: &Sandbox) -> String {
    let (one, two) = (sandbox.gate("go-1").wait(), sandbox.gate("go-2").wait());
    format!("seq 1 1000; {one}; seq 1001 2000; {two}; seq 2001 3000; exit 5")
}

fn lines(from: u32, to: u32) -> String {
    (from..=to).map(|number| format!("{number}\n")).collect()
}

/// Waits for the server that somebody who lost the last one has started.
#[track_caller]
fn wait_until_served_again(sandbox: &Sandbox) {
    wait_until("a server answers again", || sandbox.run("server status").code == 0);
}

#[test]
fn a_job_goes_on_without_a_server_and_the_next_one_adopts_it() {
    let sandbox = Sandbox::new();
    sandbox.job_file(&format!("echo $$ > {}; {}", sandbox.path("id").display(), numbered_lines(&sandbox)));
    sandbox.run("job create -f job.json -n a").succeeds();
    let job = sandbox.wait_for_id("id");
    let started = sandbox.job("a")["executionInfo"]["startTime"].clone();
    sandbox.kill_server();
    sandbox.gate("go-1").open();
    assert!(process::is_running(job) && sandbox.servers().is_empty());
    sandbox.wait_for_state("a", "running");
    assert_eq!(sandbox.job("a")["executionInfo"]["startTime"], started);
    sandbox.gate("go-2").open();
    sandbox.run("job wait -n a").fails_with(5);
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints(&lines(1, 3000));
    assert_eq!(sandbox.job("a")["executionInfo"]["exitCode"], 5);
    wait_until("nothing of the job is left", || sandbox.job_processes().is_empty());
}

#[test]
fn a_job_that_ends_without_a_server_is_known_to_the_next_one() {
    let sandbox = Sandbox::new();
    sandbox.job_file(&format!("{}; echo out; exit 9", sandbox.gate("go").wait()));
    sandbox.run("job create -f job.json -n a").succeeds();
    sandbox.wait_for_state("a", "running");
    sandbox.kill_server();
    sandbox.gate("go").open();
    wait_until("the job has ended", || sandbox.job_processes().is_empty());
    sandbox.run("job wait -n a").fails_with(9);
    sandbox.run("job file stream -j a -f stdout.txt").succeeds().prints("out\n");
    assert_eq!(sandbox.job("a")["executionState"], "failed");
}

#[test]
fn everyone_who_follows_a_job_goes_on_by_himself_when_the_server_is_killed() {
    let sandbox = Sandbox::new();
    sandbox.job_file(&numbered_lines(&sandbox));
    let running = sandbox.start("job run -f job.json -n a");
    running.prints("\n1000\n");
    let streaming = sandbox.start("job file stream -j a -f stdout.txt");
    let waiting = sandbox.start("job wait -n a");
    streaming.prints("\n1000\n");
    waiting.says("Job state: running");
    for (go, last) in [("go-1", "\n2000\n"), ("go-2", "\n3000\n")] {
        sandbox.kill_server();
        // Nobody but those who wait starts the next one.
        wait_until_served_again(&sandbox);
        sandbox.gate(go).open();
        running.prints(last);
        streaming.prints(last);
    }
    running.ends().fails_with(5).prints(&lines(1, 3000));
    streaming.ends().succeeds().prints(&lines(1, 3000));
    waiting.ends().fails_with(5).says("Job failed with exit code 5");
    assert_eq!(sandbox.servers().len(), 1);
}

#[test]
fn a_stream_whose_server_is_killed_over_and_over_has_every_byte_once() {
    let sandbox = Sandbox::new();
    let text = "n=1000; until GO; do seq $n $((n + 999)); n=$((n + 1000)); sleep 0.01; done; echo $n > END";
    let (go, end) = (sandbox.gate("go"), sandbox.path("end"));
    sandbox.job_file(&text.replace("GO", &go.is_open()).replace("END", &end.display().to_string()));
    let running = sandbox.start("job run -f job.json -n a");
    let mut seen = 0;
    for _ in 0..8 {
        // Each time after a bit more of the output, so at another point of what the server does.
        wait_until("more is printed", || running.stdout().len() > seen);
        seen = running.stdout().len() + 3000;
        sandbox.kill_server();
        wait_until_served_again(&sandbox);
    }
    go.open();
    let done = running.ends().succeeds();
    let end: u32 = fs::read_to_string(end).expect("a number").trim().parse().expect("a number");
    done.prints(&lines(1000, end - 1));
}

#[test]
fn somebody_who_waits_for_a_file_goes_on_when_the_server_is_killed() {
    let sandbox = Sandbox::new();
    let late = "echo late > $AZ_BATCHAI_STDOUTERR_DIR/late.txt";
    sandbox.job_file(&format!("{}; {late}", sandbox.gate("go").wait()));
    sandbox.run("job create -f job.json -n a").succeeds();
    let streaming = sandbox.start("job file stream -j a -f late.txt");
    streaming.says("Waiting for the job to generate it.");
    for _ in 0..5 {
        sandbox.kill_server();
        wait_until_served_again(&sandbox);
    }
    sandbox.gate("go").open();
    streaming.ends().succeeds().prints("late\n");
}

#[test]
fn a_queued_job_still_runs_after_its_server_was_killed() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n default").succeeds();
    sandbox.run("cluster create -n one --target 1").succeeds();
    sandbox.job_file(&sandbox.gate("go").wait());
    sandbox.run("job create -f job.json -n first -c one").succeeds();
    sandbox.wait_for_state("first", "running");
    sandbox.job_file("echo second");
    sandbox.run("job create -f job.json -n second -c one").succeeds();
    assert_eq!(sandbox.job("second")["executionState"], "queued");
    sandbox.kill_server();
    assert_eq!(sandbox.job("second")["executionState"], "queued");
    sandbox.gate("go").open();
    sandbox.run("job wait -n second").succeeds();
    sandbox.run("job file stream -j second -f stdout.txt").succeeds().prints("second\n");
    assert_eq!(sandbox.job("first")["executionState"], "succeeded");
}

#[test]
fn a_termination_is_not_forgotten_when_the_server_is_killed() {
    let sandbox = Sandbox::new();
    sandbox.job_file("echo begun; sleep 600");
    sandbox.run("job create -f job.json -n a").succeeds();
    sandbox.wait_for_state("a", "running");
    sandbox.run("job terminate -n a -y --no-wait").succeeds();
    sandbox.kill_server();
    sandbox.run("job wait -n a").fails_with(255);
    assert!(sandbox.job_processes().is_empty());
}

/// A job whose processes are of all kinds: a child, one in a session of its own, and one whose parents are gone.
fn family(sandbox: &Sandbox) -> String {
    let [session, daemon] = ["session", "daemon"].map(|name| sandbox.path(name).display().to_string());
    format!(
        "setsid sh -c 'echo $$ > {session}; exec sleep 600' & \
         (sh -c 'setsid sh -c \"echo \\$\\$ > {daemon}; exec sleep 600\" &' &) ; \
         echo $$ > {id}; wait; sleep 600",
        id = sandbox.path("id").display()
    )
}

fn start_family(sandbox: &Sandbox) -> Vec<i32> {
    sandbox.job_file(&family(sandbox));
    sandbox.run("job create -f job.json -n a").succeeds();
    ["id", "session", "daemon"].map(|name| sandbox.wait_for_id(name)).to_vec()
}

fn kill_supervisor(sandbox: &Sandbox) {
    let supervisors = process::supervisors(sandbox.home());
    assert_eq!(supervisors.len(), 1);
    process::signal(supervisors[0], Signal::KILL);
}

fn assert_lost(sandbox: &Sandbox) {
    let job = sandbox.job("a");
    assert_eq!(job["executionState"], "failed");
    let error = &job["executionInfo"]["errors"][0];
    assert_eq!(error["code"], "JobLost");
    assert!(error["message"].as_str().expect("a message").contains("supervisor"), "{error}");
    assert!(job["executionInfo"]["exitCode"].is_null(), "{job}");
}

#[test]
fn a_killed_supervisor_takes_its_processes_along_and_the_job_says_so() {
    let sandbox = Sandbox::new();
    let family = start_family(&sandbox);
    let waiting = sandbox.start("job wait -n a");
    waiting.says("Job state: running");
    kill_supervisor(&sandbox);
    waiting.ends().fails_with(255).says("supervisor");
    assert!(!family.iter().any(|id| process::is_running(*id)), "the job ended before its processes");
    assert_lost(&sandbox);
    assert!(sandbox.job_processes().is_empty());
    // The node is free again.
    sandbox.job_file("echo next");
    sandbox.run("job run -f job.json").succeeds().prints("next\n");
}

#[test]
fn what_a_supervisor_left_that_died_without_a_server_is_ended_by_the_next_one() {
    let sandbox = Sandbox::new();
    let family = start_family(&sandbox);
    sandbox.kill_server();
    kill_supervisor(&sandbox);
    assert!(family.iter().all(|id| process::is_running(*id)));
    sandbox.run("job wait -n a").fails_with(255);
    assert!(!family.iter().any(|id| process::is_running(*id)));
    assert_lost(&sandbox);
    assert!(sandbox.job_processes().is_empty());
}

#[test]
fn thirty_jobs_run_exactly_once_each_however_often_the_server_is_killed() {
    let sandbox = Sandbox::new();
    let ran = sandbox.path("ran");
    sandbox.run("workspace create -n default").succeeds();
    sandbox.run("cluster create -n four --target 4").succeeds();
    let names: Vec<String> = (0..30).map(|number| format!("job-{number:02}")).collect();
    let mut kills = 0;
    for (number, name) in names.iter().enumerate() {
        sandbox.job_file(&format!("echo {name} >> {}; sleep 0.05; exit {number}", ran.display()));
        let mut command = sandbox.command(["job", "create", "-f", "job.json", "-c", "four", "-n", name]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        if number % 3 == 2 {
            // Not to wait for something, but to hit another moment of the submission and of its neighbours each time.
            std::thread::sleep(Duration::from_millis(u64::try_from(number * 7 % 31).expect("small")));
            kills += kill_if_there(&sandbox);
        }
        crate::support::Done::of(&child.wait_with_output().expect("the program")).succeeds();
    }
    let count = || fs::read_to_string(&ran).unwrap_or_default().lines().count();
    while count() < names.len() {
        let before = count();
        kills += kill_if_there(&sandbox);
        wait_until("another job has run", || {
            sandbox.run("job list").succeeds();
            count() > before
        });
    }
    for (number, name) in names.iter().enumerate() {
        let code = i32::try_from(number).expect("small");
        sandbox.run(&format!("job wait -n {name}")).fails_with(code);
    }
    let text = fs::read_to_string(&ran).expect("the names");
    let mut found: Vec<&str> = text.lines().collect();
    found.sort_unstable();
    assert_eq!(found, names);
    assert!(kills > 5, "the server was killed {kills} times");
    wait_until("nothing of the jobs is left", || sandbox.job_processes().is_empty());
}

/// How many were killed.
fn kill_if_there(sandbox: &Sandbox) -> usize {
    let server = sandbox.serving();
    server.into_iter().for_each(|id| process::signal(id, Signal::KILL));
    usize::from(server.is_some())
}
