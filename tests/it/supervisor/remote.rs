//! Commands that processes of a run start on its other nodes, by the agent.

use std::path::PathBuf;

use batchai::supervisor::identity;
use batchai::supervisor::run_dir::Cause;

use super::sandbox::{Sandbox, outcome, runs};

/// Two nodes that differ in their variables and directories; the job runs on the first.
fn two_nodes(command: &str) -> Sandbox {
    let mut sandbox = Sandbox::with_job(command);
    sandbox.add_node();
    for place in 0..2 {
        let directory = sandbox.path(&format!("work-{place}"));
        sandbox.launch.directories.push(directory.clone());
        let node = &mut sandbox.launch.nodes[place];
        node.working_directory = directory;
        node.environment.insert("PLACE".into(), place.to_string());
    }
    let agent = sandbox.dir().agent().display().to_string();
    sandbox.launch.nodes[0].environment.insert("AGENT".into(), agent);
    sandbox
}

/// Runs a job that has to exit with 0, and returns its output.
#[track_caller]
fn output(command: &str) -> String {
    let sandbox = two_nodes(command);
    let exit = sandbox.finish();
    let errors = sandbox.read("out/stderr-job.txt");
    assert_eq!(outcome(&exit), (Cause::Exited, Some(0)), "{:?}\n{errors}", exit.message);
    sandbox.read("out/stdout-job.txt")
}

#[test]
fn a_command_runs_where_it_is_meant_to_with_all_that_this_node_has() {
    let text = output(
        "$AGENT 127.99.0.2 'echo $PLACE-$AGENT- ${PWD##*/}'; $AGENT tvm-0 'echo $PLACE ${PWD##*/}'; echo $PLACE",
    );
    assert_eq!(text, "1-- work-1\n0 work-0\n0\n");
}

#[test]
fn output_and_code_come_back_as_from_ssh() {
    let text = output(
        "$AGENT 127.99.0.2 'echo out; echo err >&2; exit 7' 2> err; echo $?; cat err; \
         $AGENT 127.99.0.2 'kill -9 $$'; echo $?; \
         $AGENT 127.99.0.2 'seq 1 200000' | cksum; seq 1 200000 | cksum; \
         $AGENT 127.99.0.2 cat; echo $?",
    );
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..4], ["out", "7", "err", "137"]);
    assert_eq!(lines[4], lines[5], "all of a large output comes");
    assert_eq!(lines[6..], ["0"], "there is nothing to read");
}

#[test]
fn words_are_joined_as_ssh_joins_them_and_its_options_mean_nothing() {
    let text = output(
        "$AGENT -q -x -p 22 -o BatchMode=yes -l me -- 127.99.0.2 echo 'a  b' '\"c  d\"'; \
         $AGENT -x me@127.99.0.2 \"echo\" '\"$PLACE\"' ' orted -x'",
    );
    assert_eq!(text, "a b c  d\n1 orted -x\n");
}

#[test]
fn secrets_reach_the_commands() {
    let mut sandbox = two_nodes("$AGENT 127.99.0.2 'echo $TOKEN'");
    sandbox.launch.secrets = vec!["TOKEN".into()];
    sandbox.start_fed(br#"{"TOKEN":"hunter2"}"#).wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Exited, Some(0)));
    assert_eq!(sandbox.read("out/stdout-job.txt"), "hunter2\n");
}

#[test]
fn a_node_that_the_job_does_not_have_is_refused_with_those_that_it_has() {
    let text = output("$AGENT 10.0.0.9 true 2>&1; echo $?; $AGENT 127.99.0.2 2>&1 | cut -d: -f2; $AGENT; echo $?");
    let expected = "batchai: cannot start a command on 10.0.0.9: the job has no such node; its nodes are 127.99.0.1, \
                    127.99.0.2\n255\n usage\n255\n";
    assert_eq!(text, expected);
}

#[test]
fn what_cannot_be_started_is_said_to_the_caller_and_the_run_goes_on() {
    let text = output(
        "long() { head -c $1 /dev/zero | tr '\\0' x; }; $AGENT 127.99.0.2 $(long 130000) $(long 2000) 2>&1; echo $?; \
         rmdir ../work-1; $AGENT 127.99.0.2 true 2>&1; echo $?; $AGENT 127.99.0.1 echo on",
    );
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with("its command is longer than 128 KiB"), "{text}");
    assert!(lines[2].contains("cannot start remote command 1: its working directory"), "{text}");
    assert_eq!([lines[1], lines[3], lines[4]], ["255", "255", "on"], "{text}");
}

#[test]
fn forty_at_once_are_all_served() {
    let text = output(
        "for i in $(seq 40); do ($AGENT 127.99.0.$((i % 2 + 1)) \"echo $i; exit $i\"; echo \"code $?\") & done; wait",
    );
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    let mut expected: Vec<String> = (1..=40).flat_map(|i| [format!("{i}"), format!("code {i}")]).collect();
    expected.sort_unstable();
    assert_eq!(lines, expected);
}

#[test]
fn commands_that_fail_or_lose_their_caller_do_not_end_the_run() {
    let sandbox = two_nodes(
        "$AGENT 127.99.0.2 'exit 3'; \
         $AGENT 127.99.0.2 'echo $$ > ../pid; until [ -e ../go ]; do sleep 0.02; done; echo late; exit 4' & \
         until [ -s ../pid ]; do sleep 0.02; done; kill -9 $!; wait; touch ../go; \
         while [ -e /proc/$(cat ../pid) ]; do sleep 0.02; done; $AGENT 127.99.0.2 'echo served'",
    );
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(0)));
    let text = sandbox.read("out/stdout-job.txt");
    assert!(text.ends_with("served\n"), "{text}");
    let log = sandbox.read("out/execution-1.log");
    for line in ["remote command 1 exited with code 3", "remote command 3 exited with code 0"] {
        assert!(log.contains(line), "{log}");
    }
    assert!(!sandbox.read("out/execution-0.log").contains("remote command"), "each node tells of its own");
}

#[test]
fn a_caller_that_is_ended_leaves_nothing_and_takes_no_time() {
    let text = output(
        "$AGENT 127.99.0.2 'echo up; exec sleep 1000' > up & agent=$!; until [ -s up ]; do sleep 0.02; done; \
         kill $agent; wait $agent; echo $?; ls ../remote/calls",
    );
    assert_eq!(text, "143\nrequests\n");
}

#[test]
fn torn_requests_harm_nobody_else() {
    let text = output(
        "calls=../remote/calls; mkdir $calls/torn $calls/waits; mkfifo $calls/waits/host; \
         for name in stderr course; do mkfifo $calls/torn/$name; done; exec 8<>$calls/torn/stderr 9<>$calls/torn/course; \
         head -c 100000 /dev/zero > $calls/requests; \
         printf '\\n../../x\\ntorn\\nwaits\\nabsent\\n' > $calls/requests; \
         read -r answer <&9; read -r code <&9; read -r why <&8; echo \"$answer $code\"; echo \"$why\"; \
         $AGENT 127.99.0.2 'echo served'",
    );
    let expected = "started 255\nbatchai: cannot start a command on another node: its host cannot be read: No such \
                    file or directory (os error 2)\nserved\n";
    assert_eq!(text, expected);
}

#[test]
fn who_asks_where_nobody_listens_any_more_is_told_at_once() {
    let text = output("rm ../remote/calls/requests; $AGENT 127.99.0.2 true; echo $?; ls ../remote/calls");
    assert_eq!(text, "255\n");
}

#[test]
fn whoever_writes_without_end_keeps_the_run_from_nothing() {
    let sandbox = two_nodes(
        "echo up; yes ab > ../remote/calls/requests & $AGENT 127.99.0.2 'echo served'; \
         while :; do sleep 0.02; done",
    );
    let mut supervisor = sandbox.start();
    sandbox.wait_for("out/stdout-job.txt");
    identity::ask_to_stop(&sandbox.status()).expect("it may be asked");
    supervisor.wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Stopped, None));
}

#[test]
fn who_asks_when_the_run_is_ending_is_told_so() {
    let sandbox =
        two_nodes("trap '$AGENT 127.99.0.2 true; echo $?; exit 0' TERM; echo up; while :; do sleep 0.02; done");
    let mut supervisor = sandbox.start();
    sandbox.wait_for("out/stdout-job.txt");
    identity::ask_to_stop(&sandbox.status()).expect("it may be asked");
    supervisor.wait();
    assert_eq!(outcome(&sandbox.end()), (Cause::Stopped, None));
    assert_eq!(sandbox.read("out/stdout-job.txt"), "up\n255\n");
    let expected = "batchai: cannot start a command on 127.99.0.2: the job is ending\n";
    assert!(sandbox.read("out/stderr-job.txt").ends_with(expected));
}

#[test]
fn what_was_started_on_other_nodes_ends_with_the_run() {
    let sandbox =
        two_nodes("$AGENT 127.99.0.2 'echo $$ > ../pid; exec sleep 1000' & until [ -s ../pid ]; do sleep 0.02; done");
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(0)));
    assert!(!runs(sandbox.read("pid").trim()));
}

#[test]
fn the_preparation_reaches_other_nodes_too() {
    let mut sandbox = two_nodes("true");
    sandbox.prepare_with("[ $PLACE = 1 ] || $AGENT 127.99.0.2 'echo $PLACE'");
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(0)));
    assert_eq!(sandbox.read("out/stdout-job_prep-0.txt"), "1\n");
}

#[test]
fn nobody_else_may_write_where_commands_are_asked_for() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = two_nodes("true");
    sandbox.finish();
    let mode = |path: PathBuf| path.metadata().expect("there").permissions().mode() & 0o777;
    assert_eq!([sandbox.dir().agent(), sandbox.dir().past_calls()].map(mode), [0o700, 0o700]);
}

#[test]
fn a_run_without_addresses_has_no_agent() {
    let mut sandbox = Sandbox::with_job("true");
    sandbox.launch.nodes[0].address.clear();
    assert_eq!(outcome(&sandbox.finish()), (Cause::Exited, Some(0)));
    assert!(!sandbox.dir().remote().exists());
}
