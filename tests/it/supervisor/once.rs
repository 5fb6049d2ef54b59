//! A run happens once, and what a lost supervisor leaves is ended.

use batchai::supervisor::run_dir::Cause;
use batchai::supervisor::{identity, orphans};

use super::sandbox::{Sandbox, outcome, runs, wait_until};

#[test]
fn two_supervisors_of_one_directory_run_the_job_once() {
    let sandbox = Sandbox::with_job("echo run >> count; until [ -e ../go ]; do sleep 0.02; done");
    let mut supervisors = [sandbox.start(), sandbox.start(), sandbox.start()];
    sandbox.wait_for("work/count");
    std::fs::write(sandbox.path("go"), "").expect("written");
    supervisors.iter_mut().for_each(super::sandbox::Supervisor::wait);
    assert_eq!(outcome(&sandbox.end()), (Cause::Exited, Some(0)));
    assert_eq!(sandbox.read("work/count"), "run\n");
}

#[test]
fn a_run_whose_supervisor_was_killed_is_not_begun_again() {
    let sandbox = Sandbox::with_job("echo run >> count; exec sleep 1000");
    let mut supervisor = sandbox.start();
    sandbox.wait_for("work/count");
    assert!(identity::is_alive(&sandbox.status()));
    supervisor.kill();
    let first = sandbox.status();
    assert!(!identity::is_alive(&first));
    sandbox.start().wait();
    assert_eq!(sandbox.status(), first);
    assert_eq!(sandbox.read("work/count"), "run\n");
    assert!(sandbox.dir().read_exit().expect("readable").is_none());
    assert_eq!(orphans::end_orphans(&sandbox.launch.run, Some(&first)).expect("ends"), 1);
}

#[test]
fn a_torn_status_means_that_the_run_has_begun() {
    let sandbox = Sandbox::with_job("echo run");
    std::fs::write(sandbox.path("status.json"), "").expect("written");
    sandbox.start().wait();
    assert!(sandbox.dir().read_exit().expect("readable").is_none());
    assert!(!sandbox.path("out").exists());
}

#[test]
fn orphans_are_ended_by_their_marker_alone() {
    let sandbox = Sandbox::with_job("setsid sleep 1000 & sh -c 'exec env -i sleep 1000' & echo up; wait");
    let mut supervisor = sandbox.start();
    sandbox.wait_for("out/stdout-job.txt");
    wait_until("all three run", || sandbox.marked().len() == 2);
    supervisor.kill();
    let ended = orphans::end_orphans(&sandbox.launch.run, None).expect("ends");
    assert_eq!(ended, 3, "the shell, its marked child, and the other one as its child");
    assert_eq!(sandbox.marked(), [] as [i32; 0]);
    assert_eq!(orphans::end_orphans(&sandbox.launch.run, Some(&sandbox.status())).expect("ends"), 0);
    assert!(sandbox.status().cgroup.is_none_or(|cgroup| !cgroup.exists()));
}

#[test]
fn orphans_without_marker_and_session_are_ended_by_their_cgroup() {
    let text = "(setsid env -i /bin/sh -c '(echo $$ > ../lost; exec sleep 1000) &' &); exec sleep 1000";
    let sandbox = Sandbox::with_job(text);
    let mut supervisor = sandbox.start();
    let leader = sandbox.wait_for("lost");
    let status = sandbox.status();
    let Some(cgroup) = status.cgroup.clone() else {
        // Nothing finds such a process where no cgroup may be made; its supervisor does.
        identity::ask_to_stop(&status).expect("it may be asked");
        return supervisor.wait();
    };
    let members = || std::fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
    wait_until("supervisor and both processes are inside", || members().lines().count() == 3);
    wait_until("the leader of the lost session is gone", || !runs(&leader));
    let inside: Vec<String> = members().lines().map(str::to_owned).collect();
    supervisor.kill();
    assert_eq!(orphans::end_orphans(&sandbox.launch.run, Some(&status)).expect("ends"), 2);
    assert!(inside.iter().all(|pid| !runs(pid)));
    assert!(!cgroup.exists());
}

#[test]
fn a_run_with_a_supervisor_has_no_orphans_to_end() {
    let sandbox = Sandbox::with_job("echo up; exec sleep 1000");
    let mut supervisor = sandbox.start();
    sandbox.wait_for("out/stdout-job.txt");
    let refused = orphans::end_orphans(&sandbox.launch.run, Some(&sandbox.status())).expect_err("it is alive");
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
    assert_eq!(sandbox.marked().len(), 1);
    identity::ask_to_stop(&sandbox.status()).expect("it may be asked");
    supervisor.wait();
    sandbox.end();
}
