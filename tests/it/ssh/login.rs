//! Who gets in.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{Login, PASSWORD};
use crate::support::Done;

/// Has OpenSSH ask a program of ours for the password.
fn with_password(command: &mut Command, login: &Login, password: &str) -> Done {
    let program = login.sandbox.file("ask", "#!/bin/sh\nprintf '%s\\n' \"$ANSWER\"\n");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    command.env("SSH_ASKPASS", program).env("SSH_ASKPASS_REQUIRE", "force").env("ANSWER", password);
    Done::of(&command.output().expect("ssh"))
}

fn asking(login: &Login, method: &str, user: &str) -> Command {
    let (address, port) = login.address();
    let mut command = login.program("ssh");
    command.args(["-o", &format!("PreferredAuthentications={method}"), "-o", "NumberOfPasswordPrompts=1"]);
    command.args(["-p", &port.to_string(), "-l", user, &address, "echo in"]);
    command
}

#[test]
fn the_right_key_opens_and_another_one_or_another_user_does_not() {
    let Some(login) = Login::new(1) else { return };
    login.runs("echo in").succeeds().prints("in\n");
    let (address, port) = login.address();
    let mut stranger = login.program("ssh");
    stranger.args(["-o", "BatchMode=yes", "-p", &port.to_string(), "-l", "you", &address, "echo in"]);
    Done::of(&stranger.output().expect("ssh")).fails_with(255).prints("").says("Permission denied (publickey)");
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-f", "other"];
    let made = Command::new("ssh-keygen").args(keygen).current_dir(login.sandbox.work()).output().expect("ssh-keygen");
    Done::of(&made).succeeds();
    std::fs::rename(login.path("other"), login.path("key")).expect("another key");
    std::fs::rename(login.path("other.pub"), login.path("key.pub")).expect("another key");
    login.runs("echo in").fails_with(255).prints("").says("Permission denied (publickey)");
}

#[test]
fn an_rsa_key_opens_and_its_sha_1_signatures_do_not() {
    let Some(login) = Login::without_cluster() else { return };
    let keygen = ["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", "rsa"];
    let made = Command::new("ssh-keygen").args(keygen).current_dir(login.sandbox.work()).output().expect("ssh-keygen");
    Done::of(&made).succeeds();
    std::fs::rename(login.path("rsa"), login.path("key")).expect("the key");
    std::fs::rename(login.path("rsa.pub"), login.path("key.pub")).expect("the key");
    login.make_cluster(1);
    login.runs("echo in").succeeds().prints("in\n");
    let old = ["-o", "PubkeyAcceptedAlgorithms=ssh-rsa"];
    Done::of(&login.ssh(&old).arg("echo in").output().expect("ssh")).fails_with(255).prints("");
}

#[test]
fn a_password_opens_both_ways_of_asking_and_a_wrong_one_neither() {
    let Some(login) = Login::with_password(1) else { return };
    for method in ["keyboard-interactive", "password"] {
        with_password(&mut asking(&login, method, "me"), &login, PASSWORD).succeeds().prints("in\n");
        with_password(&mut asking(&login, method, "me"), &login, "hunter2")
            .fails_with(255)
            .prints("")
            .says("Permission denied");
        with_password(&mut asking(&login, method, "you"), &login, PASSWORD).fails_with(255).prints("");
        with_password(&mut asking(&login, method, "me"), &login, "").fails_with(255).prints("");
    }
    // Neither the database nor the log has it in the clear.
    for entry in std::fs::read_dir(login.sandbox.home()).expect("the data directory").flatten() {
        let content = std::fs::read(entry.path()).unwrap_or_default();
        assert!(!content.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()), "{}", entry.path().display());
    }
    assert!(
        login.sandbox.run("cluster show -n c").succeeds().json()["userAccountSettings"]["adminUserPassword"].is_null()
    );
}

#[test]
fn a_password_opens_also_after_a_restart() {
    let Some(login) = Login::with_password(1) else { return };
    login.sandbox.kill_server();
    with_password(&mut asking(&login, "password", "me"), &login, PASSWORD).succeeds().prints("in\n");
}

#[test]
fn whoever_tries_too_often_is_sent_away() {
    let Some(login) = Login::with_password(1) else { return };
    let mut command = login.program("ssh");
    let (address, port) = login.address();
    let options = ["-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=50"];
    command.args(options).args(["-p", &port.to_string(), "-l", "me", &address, "echo in"]);
    let done = with_password(&mut command, &login, "wrong").fails_with(255).prints("");
    assert!(done.stderr.contains("Too many authentication") || done.stderr.contains("closed"), "{}", done.stderr);
}

#[test]
fn a_client_may_try_several_keys() {
    let Some(login) = Login::new(1) else { return };
    let names = ["one", "two", "three", "four"];
    for name in names {
        let keygen = ["-q", "-t", "ed25519", "-N", "", "-f", name];
        let made = Command::new("ssh-keygen").args(keygen).current_dir(login.sandbox.work()).output();
        Done::of(&made.expect("ssh-keygen")).succeeds();
    }
    std::fs::rename(login.path("key"), login.path("last")).expect("the key");
    std::fs::rename(login.path("key.pub"), login.path("last.pub")).expect("the key");
    std::fs::rename(login.path("one"), login.path("key")).expect("the key");
    let mut command = login.ssh(&["-i", "two", "-i", "three", "-i", "four", "-i", "last"]);
    Done::of(&command.arg("echo in").output().expect("ssh")).succeeds().prints("in\n");
}

#[test]
fn a_host_that_has_another_key_is_not_believed() {
    let Some(login) = Login::new(1) else { return };
    let mut command = login.ssh(&[]);
    let known = std::fs::read_to_string(login.path("known_hosts")).expect("known hosts");
    let host = known.split(' ').next().expect("a host");
    let other = std::fs::read_to_string(login.path("key.pub")).expect("a key");
    login.sandbox.file("known_hosts", &format!("{host} {other}"));
    Done::of(&command.arg("echo in").output().expect("ssh")).fails_with(255).prints("");
}

#[test]
fn without_an_account_nothing_listens() {
    let Some(login) = Login::without_cluster() else { return };
    login.sandbox.cluster("c", 1);
    let node = login.nodes().into_iter().next().expect("a node");
    assert_eq!((super::port(&node), &node["hostKey"]), (0, &serde_json::Value::Null));
    let table = login.sandbox.run("cluster node list c -o table").succeeds().stdout;
    assert!(!table.contains(" 0\n") && !table.contains(" 22\n"), "{table}");
    let address = node["ipAddress"].as_str().expect("an address");
    for port in [22, 2222] {
        let refused = std::net::TcpStream::connect((address, port)).expect_err("nobody listens");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    }
    assert!(!login.sandbox.home().join("ssh").exists(), "no key is made before it is needed");
}
