//! `node exec` against nodes that are really there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::{Login, PASSWORD, bytes};
use crate::support::{Done, Gate, Network, OnTerminal, Sandbox, wait_for};

/// The program, with an `ssh` that does not know the developer's settings.
fn program(sandbox: &Sandbox, words: &[&str]) -> Command {
    let real = std::env::split_paths(&std::env::var_os("PATH").expect("a PATH"))
        .map(|folder| folder.join("ssh"))
        .find(|path| path.exists())
        .expect("ssh, of the Debian package openssh-client");
    let shim = sandbox.file("bin/ssh", &format!("#!/bin/sh\nexec {} -F /dev/null \"$@\"\n", real.display()));
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    let mut command = sandbox.command(words);
    let path = format!("{}:{}", shim.parent().expect("a folder").display(), std::env::var("PATH").expect("a PATH"));
    command.env("PATH", path);
    command
}

#[track_caller]
fn exec(login: &Login, words: &[&str]) -> Done {
    let words = [&["cluster", "node", "exec", "c", "-k", "key"], words].concat();
    Done::of(&program(&login.sandbox, &words).output().expect("the program"))
}

#[test]
fn a_generated_key_opens_the_nodes_without_further_words() {
    let Some(login) = Login::without_cluster() else { return };
    login.sandbox.run("cluster create -n c -t 1 --generate-ssh-keys").succeeds();
    login.sandbox.wait_for_nodes("c", "idleNodeCount", 1);
    let words = ["cluster", "node", "exec", "c", "--exec", "echo 'it'\"s\" $((6*7)); exit 9"];
    let done = Done::of(&program(&login.sandbox, &words).output().expect("the program"));
    done.fails_with(9).prints("its 42\n");
}

#[test]
fn commands_run_on_the_node_that_is_named_with_clean_streams() {
    let Some(login) = Login::new(2) else { return };
    exec(&login, &["--exec", "echo out; echo err >&2"]).succeeds().prints("out\n").says("err\n");
    let second = login.nodes()[1]["nodeId"].as_str().expect("an id").to_owned();
    exec(&login, &["-n", &second, "--exec", "echo $AZ_BATCHAI_MOUNT_ROOT"]).succeeds().prints_part("/1/1/mounts\n");
    exec(&login, &["--exec", "kill -9 $$"]).fails_with(255);
    exec(&login, &[]).fails_with(2).says("there is nothing to do on the node");
    exec(&login, &["-L", "0.0.0.0:1:h:2"]).fails_with(2).says("other machines could use the port");
    let data = bytes(3 << 20);
    let words = ["cluster", "node", "exec", "c", "-k", "key", "--exec", "cat"];
    let mut command = program(&login.sandbox, &words);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program");
    let (mut stdin, sent) = (child.stdin.take().expect("a pipe"), data.clone());
    let writer = std::thread::spawn(move || stdin.write_all(&sent));
    let output = child.wait_with_output().expect("the program");
    writer.join().expect("the writer").expect("it is read");
    assert!(output.status.success() && output.stdout == data);
    assert!(!login.path(".ssh").exists() && !login.sandbox.home().join("known_hosts").exists());
}

#[test]
fn the_nodes_of_a_job_are_logged_in_to() {
    let Some(login) = Login::new(1) else { return };
    let gate = Gate::new(&login.sandbox, "end");
    login.sandbox.job_file(&gate.wait());
    login.sandbox.run("job create -c c -n j -f job.json").succeeds();
    login.sandbox.wait_for_state("j", "running");
    let words = ["job", "node", "exec", "j", "-k", "key", "--exec", "echo in"];
    Done::of(&program(&login.sandbox, &words).output().expect("the program")).succeeds().prints("in\n");
    gate.open();
    login.sandbox.run("job wait -n j").succeeds();
}

#[test]
fn on_a_terminal_it_logs_in_and_programs_have_a_terminal() {
    let Some(login) = Login::new(1) else { return };
    login.sandbox.file("../.profile", "PS1='ready> '\n");
    let mut terminal =
        OnTerminal::start_on(&program(&login.sandbox, &["cluster", "node", "exec", "c", "-k", "key"]), 88);
    terminal.types("stty size; exit 4\r");
    terminal.shows("40 88");
    assert_eq!(terminal.exit_code(), 4);
    let words = ["cluster", "node", "exec", "c", "-k", "key", "--exec", "tty; exit 6"];
    let (code, screen) = OnTerminal::start_on(&program(&login.sandbox, &words), 88).ends();
    assert_eq!(code, 6);
    assert!(screen.contains("/dev/pts/"), "{screen}");
}

#[test]
fn a_password_is_handed_over_and_a_wrong_one_said() {
    let Some(login) = Login::with_password(1) else { return };
    let run = |password: &str| {
        let words = ["cluster", "node", "exec", "c", "-p", password, "--exec", "echo in"];
        Done::of(&program(&login.sandbox, &words).output().expect("the program"))
    };
    run(PASSWORD).succeeds().prints("in\n");
    run("wrong").fails_with(255).says("Connection to remote host failed").says("Permission denied").prints("");
}

#[test]
fn a_port_is_forwarded_until_interrupted_or_as_long_as_the_command_runs() {
    let Some(login) = Login::new(1) else { return };
    let (address, _) = login.address();
    let listener = std::net::TcpListener::bind((address.as_str(), 0)).expect("a port");
    let far = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || listener.incoming().flatten().for_each(|mut stream| drop(stream.write_all(b"hello"))));
    let near = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let forward = format!("{near}:localhost:{far}");
    let said = || {
        let mut text = String::new();
        let mut stream = wait_for("the port is there", || TcpStream::connect(("127.0.0.1", near)).ok());
        stream.read_to_string(&mut text).map(|_| text)
    };
    let words = ["cluster", "node", "exec", "c", "-k", "key", "-L", &forward];
    let running = crate::support::Running::start(program(&login.sandbox, &words));
    assert_eq!(said().expect("an answer"), "hello");
    running.signal(Signal::TERM);
    running.ends();
    let mut command = program(&login.sandbox, &[&words[..], &["--exec", "read line; exit 3"]].concat());
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the program");
    assert_eq!(said().expect("an answer"), "hello");
    child.stdin.take().expect("a pipe").write_all(b"\n").expect("it is read");
    assert_eq!(child.wait().expect("our child").code(), Some(3));
}

#[test]
fn a_server_that_does_not_listen_for_others_says_where_its_nodes_are() {
    let Some(login) = Login::new(1) else { return };
    login.sandbox.run("cluster delete -n c -y").succeeds();
    login.sandbox.run("server stop").succeeds();
    let server = Network::start(&login.sandbox, "");
    login.make_cluster(1);
    // The same machine by an address of its own: commands work there.
    let user = Sandbox::new();
    std::fs::copy(login.path("key"), user.path("key")).expect("the key");
    let token = server.token("me", "--role owner");
    let mut command = program(&user, &["cluster", "node", "exec", "c", "-k", "key", "--exec", "echo in"]);
    command.env("BATCHAI_ENDPOINT", &server.url).env("BATCHAI_TOKEN", token);
    Done::of(&command.output().expect("the program")).succeeds().prints("in\n");
}
