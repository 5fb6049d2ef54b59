//! Runs that end by themselves: exit codes, output, environment.

use std::collections::BTreeMap;
use std::process::Command;

use batchai::supervisor::run_dir::{Cause, RUN_MARKER};

use super::sandbox::{Sandbox, SmallDisk, outcome, runs};

#[test]
fn the_exit_code_of_the_job_is_that_of_the_run() {
    for (command, code) in [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137), ("kill -TERM $$", 143)] {
        let exit = Sandbox::with_job(command).finish();
        assert_eq!(outcome(&exit), (Cause::Exited, Some(code)), "{command}");
    }
}

#[test]
fn a_job_that_removes_its_own_run_has_ended_as_it_did() {
    let sandbox = Sandbox::with_job("cd /; rm -rf \"$OLDPWD/..\"; exit 3");
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(3)));
}

#[test]
fn the_execution_log_tells_what_happened() {
    let mut sandbox = Sandbox::with_job("exit 3");
    sandbox.prepare_with("true");
    sandbox.finish();
    let log = sandbox.log().join("\n");
    let without_ids: String = log.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    let without_ids = without_ids.split('#').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("#");
    insta::assert_snapshot!(without_ids, @r"
    the preparation started as process #
    the preparation exited with code #
    job started as process #
    job exited with code
    ");
}

#[test]
fn output_is_complete_and_replaces_that_of_an_earlier_run() {
    let sandbox = Sandbox::with_job("seq 1 100000; echo problem >&2");
    std::fs::create_dir(sandbox.path("out")).expect("made");
    std::fs::write(sandbox.path("out/stderr-job.txt"), "an earlier and longer text\n").expect("written");
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(0)));
    let expected: String = (1..=100_000).map(|number| format!("{number}\n")).collect();
    assert!(sandbox.read("out/stdout-job.txt") == expected, "the numbers are not all there");
    assert_eq!(sandbox.read("out/stderr-job.txt"), "problem\n");
}

#[test]
fn the_environment_is_exactly_as_given() {
    let mut sandbox = Sandbox::with_job(r"tr '\0' '\n' < /proc/$$/environ; pwd");
    sandbox.launch.nodes[0].environment.insert("SHARED".into(), "of the node".into());
    sandbox.launch.nodes[0].environment.insert("OWN".into(), "of the node".into());
    sandbox.launch.processes[0].environment = BTreeMap::from([("OWN".into(), "of the process $HOME 'x'".into())]);
    sandbox.finish();
    let expected = format!(
        "{RUN_MARKER}={}\nOWN=of the process $HOME 'x'\nPATH=/usr/bin:/bin:/usr/sbin:/sbin\nSHARED=of the node\n{}\n",
        sandbox.launch.run,
        sandbox.path("work").display(),
    );
    assert_eq!(sandbox.read("out/stdout-job.txt"), expected);
}

#[test]
fn no_descriptor_and_no_ignored_or_blocked_signal_reaches_the_job() {
    let text = "ls /proc/$$/fd > fd; readlink /proc/$$/fd/0; exec grep -E 'SigIgn|SigBlk' /proc/self/status";
    let sandbox = Sandbox::with_job(text);
    let start = format!(
        "trap '' HUP QUIT USR1; exec '{}' __supervise '{}' 7</dev/null",
        env!("CARGO_BIN_EXE_batchai"),
        sandbox.dir().path().display()
    );
    sandbox.start_by(Command::new("/bin/sh").arg("-c").arg(start)).wait();
    sandbox.end();
    assert_eq!(sandbox.read("work/fd"), "0\n1\n2\n");
    let output = sandbox.read("out/stdout-job.txt");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "/dev/null");
    for line in &lines[1..] {
        let (name, mask) = line.split_once(":\t").expect("a name and a mask");
        let mask = u64::from_str_radix(mask, 16).expect("hexadecimal");
        // Signals from 32 on belong to threads libraries, and to whoever ignored them for all of us.
        assert_eq!(mask & 0x7fff_ffff, 0, "{name}");
    }
    assert_eq!(lines.len(), 3);
}

#[test]
fn the_first_process_that_fails_decides_and_the_others_are_stopped() {
    let mut sandbox = Sandbox::with_job("trap 'echo stopped; exit 0' TERM; echo up; while :; do sleep 0.05; done");
    let up = sandbox.path("out/stdout-job.txt");
    sandbox.add_process("rank1", &format!("until grep -q up {}; do sleep 0.02; done; exit 7", up.display()));
    let exit = sandbox.finish();
    assert_eq!(outcome(&exit), (Cause::Exited, Some(7)));
    assert_eq!(exit.message.as_deref(), Some("rank1 exited with code 7"));
    assert_eq!(sandbox.read("out/stdout-job.txt"), "up\nstopped\n");
}

#[test]
fn all_processes_have_to_end_before_a_run_succeeds() {
    let mut sandbox = Sandbox::with_job("exit 0");
    sandbox.add_node();
    sandbox.add_process("rank1", "sleep 0.2; echo late");
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(0)));
    assert_eq!(sandbox.read("out/stdout-rank1.txt"), "late\n");
}

#[test]
fn what_a_finished_job_left_behind_is_ended_also_when_it_holds_its_output_open() {
    let text = "sleep 1000 & echo $! > left; setsid sh -c 'trap \"\" TERM; (sleep 1000; :) & echo $! > ../deaf; wait' & \
        until [ -s ../deaf ]; do sleep 0.02; done; exit 5";
    let sandbox = Sandbox::with_job(text);
    let exit = sandbox.finish();
    assert_eq!(outcome(&exit), (Cause::Exited, Some(5)));
    for file in ["work/left", "deaf"] {
        assert!(!runs(sandbox.read(file).trim()), "{file}");
    }
    assert!(sandbox.log().contains(&"stopping what still runs: the job has ended".to_owned()));
}

#[test]
fn a_full_disk_does_not_keep_the_end_from_being_said() {
    let mut sandbox = Sandbox::with_job("head -c 1000000 /dev/zero > filler; echo more > kept || exit 6");
    let Some(_disk) = SmallDisk::over(sandbox.dir().path()) else { return };
    let code = sandbox.dir().code(0);
    sandbox.launch.directories.push(code.clone());
    sandbox.launch.nodes[0].working_directory = code.clone();
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(6)));
    assert!(code.exists(), "the reserve is enough");
}

#[test]
fn a_full_disk_without_a_reserve_takes_the_working_copy_for_saying_the_end() {
    let text = "rm ../../../exit.json.new; head -c 1000000 /dev/zero > filler; echo more > kept || exit 6";
    let mut sandbox = Sandbox::with_job(text);
    let Some(_disk) = SmallDisk::over(sandbox.dir().path()) else { return };
    let code = sandbox.dir().code(0);
    sandbox.launch.directories.push(code.clone());
    sandbox.launch.nodes[0].working_directory = code.clone();
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(6)));
    assert!(!code.exists(), "the working copy has made room");
    assert!(sandbox.read("supervisor.log").contains("No space left on device"));
}
