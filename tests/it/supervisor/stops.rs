//! Runs that are ended: by somebody, by the clock, by a preparation that fails.

use batchai::supervisor::identity;
use batchai::supervisor::run_dir::Cause;

use super::sandbox::{Sandbox, outcome, runs, wait_until};

/// A daemon as the books have it: its own session, no parent, nothing of its environment.
const DAEMON: &str = "printf 'trap \"\" TERM\\necho $$ > ../daemon\\nwhile :; do sleep 0.05; done\\n' > daemon.sh; \
    (setsid env -i /bin/sh -c '/bin/sh daemon.sh &' &)";

#[test]
fn a_preparation_that_fails_on_one_node_is_stopped_on_the_others() {
    let mut sandbox = Sandbox::with_job("echo never");
    sandbox.add_node();
    for (place, node) in sandbox.launch.nodes.iter_mut().enumerate() {
        node.environment.insert("PLACE".into(), place.to_string());
    }
    sandbox.prepare_with("if [ $PLACE = 1 ]; then echo bad >&2; exit 4; fi; exec sleep 1000");
    let exit = sandbox.finish();
    assert_eq!(outcome(&exit), (Cause::PreparationFailed, Some(4)));
    assert_eq!(exit.message.as_deref(), Some("the preparation exited with code 4 on node tvm-1"));
    assert_eq!(sandbox.read("out/stderr-job_prep-1.txt"), "bad\n");
    assert!(!sandbox.path("out/stdout-job.txt").exists());
}

#[test]
fn the_wall_clock_counts_from_the_beginning_and_ends_the_run() {
    let mut sandbox = Sandbox::with_job("exec sleep 1000");
    sandbox.launch.max_wall_clock_seconds = 1;
    sandbox.prepare_with("sleep 0.5");
    let exit = sandbox.finish();
    assert_eq!(outcome(&exit), (Cause::WallClock, None));
    assert!(sandbox.log().contains(&"stopping what still runs: the limit of 1 s is reached".to_owned()));
}

#[test]
fn a_limit_without_an_end_is_none() {
    let mut sandbox = Sandbox::with_job("exit 0");
    sandbox.launch.max_wall_clock_seconds = u64::MAX;
    sandbox.launch.grace_seconds = u64::MAX;
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(0)));
}

#[test]
fn asking_stops_the_job_politely() {
    let sandbox = Sandbox::with_job("trap 'echo saved; exit 0' TERM; echo up; while :; do sleep 0.05; done");
    let mut supervisor = sandbox.start();
    sandbox.wait_for("out/stdout-job.txt");
    assert!(identity::ask_to_stop(&sandbox.status()).expect("it may be asked"));
    supervisor.wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Stopped, None));
    assert_eq!(sandbox.read("out/stdout-job.txt"), "up\nsaved\n");
    assert!(!identity::ask_to_stop(&sandbox.status()).expect("it is gone"));
}

#[test]
fn asking_during_the_preparation_stops_it_and_the_job_never_starts() {
    let mut sandbox = Sandbox::with_job("echo never");
    sandbox.prepare_with("echo up; exec sleep 1000");
    let mut supervisor = sandbox.start();
    sandbox.wait_for("out/stdout-job_prep-0.txt");
    assert!(identity::ask_to_stop(&sandbox.status()).expect("it may be asked"));
    supervisor.wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Stopped, None));
    assert!(!sandbox.path("out/stdout-job.txt").exists());
}

#[test]
fn who_does_not_listen_is_killed_after_the_grace() {
    let mut sandbox = Sandbox::with_job("trap 'echo heard' TERM; echo up; while :; do sleep 0.05; done");
    sandbox.launch.grace_seconds = 1;
    let mut supervisor = sandbox.start();
    sandbox.wait_for("out/stdout-job.txt");
    identity::ask_to_stop(&sandbox.status()).expect("it may be asked");
    supervisor.wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Stopped, None));
    assert_eq!(sandbox.read("out/stdout-job.txt"), "up\nheard\n");
}

#[test]
fn a_daemon_does_not_outlive_the_run_it_was_started_in() {
    let mut sandbox = Sandbox::with_job(&format!("{DAEMON}; echo up; exec sleep 1000"));
    sandbox.launch.grace_seconds = 1;
    let mut supervisor = sandbox.start();
    let daemon = sandbox.wait_for("daemon");
    sandbox.wait_for("out/stdout-job.txt");
    assert!(runs(&daemon));
    identity::ask_to_stop(&sandbox.status()).expect("it may be asked");
    supervisor.wait();
    assert!(!runs(&daemon));
    assert_eq!(outcome(&sandbox.end()), (Cause::Stopped, None));
}

#[test]
fn a_stopped_process_is_ended_too() {
    let sandbox = Sandbox::with_job("echo $$; kill -STOP $$; exec sleep 1000");
    let mut supervisor = sandbox.start();
    let pid = sandbox.wait_for("out/stdout-job.txt");
    let state = || std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    wait_until("the job stops itself", || state().contains("T (stopped)"));
    identity::ask_to_stop(&sandbox.status()).expect("it may be asked");
    supervisor.wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Stopped, None));
}

#[test]
fn a_long_job_moves_into_its_cgroup_with_what_it_has_started_and_all_of_it_ends() {
    let sandbox = Sandbox::with_job("sleep 1000 & echo up; wait");
    let mut supervisor = sandbox.start();
    sandbox.wait_for("out/stdout-job.txt");
    let status = sandbox.status();
    // Where no cgroup may be made the other tests show that everything works without.
    if let Some(cgroup) = &status.cgroup {
        let members = || std::fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default().lines().count();
        wait_until("supervisor, shell and sleep are inside", || members() == 3);
    }
    identity::ask_to_stop(&status).expect("it may be asked");
    supervisor.wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Stopped, None));
}
