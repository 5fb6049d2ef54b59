//! Commands over SSH: their streams, their environment, their ends.

use std::io::Write;
use std::process::{Output, Stdio};

use super::{Login, bytes};
use crate::support::{Done, wait_until};

/// Runs a command with `input` on its standard input.
fn fed(login: &Login, command: &str, input: Vec<u8>) -> Output {
    let mut ssh = login.ssh(&[]);
    let mut child =
        ssh.arg(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("ssh");
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("ssh");
    // A command that does not read to the end closes the pipe.
    let _ = writer.join().expect("the writer");
    output
}

#[test]
fn output_errors_and_exit_codes_arrive_as_they_are() {
    let Some(login) = Login::new(1) else { return };
    let done = login.runs("echo out; echo err >&2; exit 42").fails_with(42).prints("out\n");
    assert_eq!(done.stderr, "err\n");
    login.runs("true").succeeds().prints("");
    login.runs("exit 255").fails_with(255);
    login.runs("kill -9 $$").fails_with(255);
    login.runs("no-such-program-anywhere").fails_with(127).says("no-such-program-anywhere");
    login.runs("printf 'a\\0b\\377'").succeeds();
    login.runs("read line || echo end").succeeds().prints("end\n");
}

#[test]
fn sixty_four_megabytes_go_both_ways_unchanged() {
    let Some(login) = Login::new(1) else { return };
    let data = bytes(64 << 20);
    let output = fed(&login, "cat", data.clone());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout == data, "{} bytes came back of {}", output.stdout.len(), data.len());
}

#[test]
fn a_command_that_reads_nothing_does_not_fill_the_memory_and_still_ends() {
    let Some(login) = Login::new(1) else { return };
    let server = login.sandbox.server();
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{server}/status")).expect("its status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory").to_owned();
        line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok()).expect("kilobytes")
    };
    login.runs("true").succeeds();
    let before = resident();
    let output = fed(&login, "sleep 1; echo done", bytes(200 << 20));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "done\n");
    let after = resident();
    assert!(after < before + 64 * 1024, "{before} kB before, {after} kB after");
}

#[test]
fn a_command_sees_its_node_and_of_the_client_only_the_language() {
    let Some(login) = Login::new(1) else { return };
    let (address, port) = login.address();
    let options = ["-o", "SetEnv=LANG=de_DE.UTF-8 LC_TIME=C LD_PRELOAD=/x PATH=/nowhere BATCHAI_X=1"];
    let done = Done::of(&login.ssh(&options).arg("env; pwd").output().expect("ssh")).succeeds();
    let has = |line: &str| done.stdout.lines().any(|l| l == line);
    assert!(has("LANG=de_DE.UTF-8") && has("LC_TIME=C"), "{}", done.stdout);
    for name in ["LD_PRELOAD=", "BATCHAI_X=", "BATCHAI_HOME=", "PATH=/nowhere", "SSH_TTY="] {
        assert!(!done.stdout.contains(name), "{name} is in {}", done.stdout);
    }
    let home = login.sandbox.home().join("nodes/1/0/mounts");
    assert!(has(&format!("AZ_BATCHAI_MOUNT_ROOT={}", home.display())), "{}", done.stdout);
    let server_home = login.sandbox.home().parent().expect("a home folder").display().to_string();
    assert!(has(&format!("HOME={server_home}")) && has(&server_home), "{}", done.stdout);
    assert!(done.stdout.contains("SSH_CONNECTION=127.0.0.1 "), "{}", done.stdout);
    assert!(done.stdout.contains(&format!(" {address} {port}\n")), "{}", done.stdout);
}

#[test]
fn a_session_leads_its_own_processes() {
    let Some(login) = Login::new(1) else { return };
    login.runs("test $(ps -o sid= -p $$) = $$ && test $(ps -o pgid= -p $$) = $$; echo $?").succeeds().prints("0\n");
}

#[test]
fn twenty_sessions_at_once_all_get_what_is_theirs() {
    let Some(login) = Login::new(2) else { return };
    let all: Vec<_> = (0..20)
        .map(|number| {
            let mut ssh = login.ssh(&[]);
            ssh.arg(format!("seq 1 20000 | sed s/^/{number}-/; exit {number}")).stdout(Stdio::piped());
            ssh.spawn().expect("ssh")
        })
        .collect();
    for (number, child) in all.into_iter().enumerate() {
        let output = child.wait_with_output().expect("ssh");
        assert_eq!(output.status.code(), i32::try_from(number).ok());
        let expected: String = (1..=20000).map(|line| format!("{number}-{line}\n")).collect();
        assert!(output.stdout == expected.as_bytes(), "session {number}");
    }
}

#[test]
fn many_sessions_share_one_connection() {
    let Some(login) = Login::new(1) else { return };
    let socket = login.path("control");
    let control = format!("ControlPath={}", socket.display());
    let mut master = login.ssh(&["-o", "ControlMaster=yes", "-o", &control, "-N"]).spawn().expect("ssh");
    wait_until("the connection is there", || socket.exists());
    let shared = ["-o", "ControlMaster=no", "-o", &control];
    let slow = login.ssh(&shared).arg("sleep 0.5; echo slow").stdout(Stdio::piped()).spawn().expect("ssh");
    for number in 0..5 {
        let done = Done::of(&login.ssh(&shared).arg(format!("echo {number}")).output().expect("ssh"));
        done.succeeds().prints(&format!("{number}\n"));
    }
    assert_eq!(slow.wait_with_output().expect("ssh").stdout, b"slow\n");
    master.kill().expect("it waits");
    master.wait().expect("our child");
}

#[test]
fn nodes_have_sessions_of_their_own() {
    let Some(login) = Login::new(2) else { return };
    let nodes = login.nodes();
    assert_eq!(nodes[0]["hostKey"], nodes[1]["hostKey"], "one key for the data directory");
    for (index, node) in nodes.iter().enumerate() {
        let mut ssh = login.program("ssh");
        ssh.args(["-o", "BatchMode=yes", "-p", &super::port(node).to_string(), "-l", "me"]);
        ssh.arg(node["ipAddress"].as_str().expect("an address")).arg("echo $AZ_BATCHAI_MOUNT_ROOT");
        Done::of(&ssh.output().expect("ssh")).succeeds().prints_part(&format!("/nodes/1/{index}/mounts\n"));
    }
}
