//! `--watch`, with a terminal and without.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use rustix::process::Signal;

use crate::support::{Done, OnTerminal, Sandbox, process, wait_for};

const CTRL_C: &str = "\u{3}";

fn watched(sandbox: &Sandbox) -> OnTerminal {
    let mut command = sandbox.command(["workspace", "list", "-o", "table", "--watch", "1"]);
    OnTerminal::start(command.env("TERM", "xterm"))
}

#[test]
fn a_terminal_is_painted_anew_until_ctrl_c_and_given_back() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n first").succeeds();
    let mut terminal = watched(&sandbox);
    terminal.shows("first");
    terminal.shows("every 1 s, Ctrl-C ends");
    sandbox.run("workspace create -n second").succeeds();
    terminal.shows("second");
    terminal.types(CTRL_C);
    assert_eq!(terminal.exit_code(), 0);
    let screen = terminal.screen();
    let (_, after) = screen.rsplit_once("\u{1b}[?25h\u{1b}[?1049l").expect("the terminal is given back");
    assert!(after.contains("second") && !after.contains("Ctrl-C ends"), "the last list stays: {after:?}");
}

#[test]
fn a_watched_server_may_go_and_come_back() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n first").succeeds();
    let mut terminal = watched(&sandbox);
    terminal.shows("first");
    sandbox.run("server stop").succeeds();
    terminal.shows("the server is not running; looking again");
    assert_eq!(sandbox.serving(), None, "watching starts no server");
    sandbox.run("workspace create -n second").succeeds();
    terminal.shows("second");
    terminal.types(CTRL_C);
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn without_a_terminal_only_changes_are_printed() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n first").succeeds();
    let mut command = sandbox.command("workspace list --query [].name -o yaml --watch 1".split(' '));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut next = || {
        let mut line = String::new();
        lines.read_line(&mut line).expect("a line");
        line
    };
    assert_eq!(next(), "- first\n");
    sandbox.run("workspace create -n second").succeeds();
    let (between, names) = (next(), [next(), next()]);
    assert_eq!(between, "---\n", "nothing is said twice");
    assert_eq!(names, ["- first\n", "- second\n"]);
    process::signal(i32::try_from(child.id()).expect("a process id"), Signal::TERM);
    let mut rest = String::new();
    lines.read_to_string(&mut rest).expect("the end");
    assert_eq!(rest, "");
    Done::of(&child.wait_with_output().expect("the program")).succeeds();
}

#[test]
fn a_terminal_that_cannot_be_painted_gets_documents() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n first").succeeds();
    let mut command = sandbox.command(["workspace", "list", "-o", "table", "--watch", "1"]);
    let mut terminal = OnTerminal::start(command.env("TERM", "dumb"));
    terminal.shows("first");
    terminal.types(CTRL_C);
    assert_eq!(terminal.exit_code(), 0);
    assert!(!terminal.screen().contains('\u{1b}'), "{:?}", terminal.screen());
}

#[test]
fn a_list_that_nobody_reads_any_more_is_not_watched() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n first").succeeds();
    let mut command = sandbox.command(["workspace", "list", "--watch", "1"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    lines.read_line(&mut String::new()).expect("a line");
    drop(lines);
    wait_for("it ends by itself", || child.try_wait().expect("a child"));
    let done = Done::of(&child.wait_with_output().expect("the program"));
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
}

#[test]
fn a_first_look_that_fails_ends_it_and_an_interval_has_bounds() {
    let sandbox = Sandbox::new();
    sandbox.run("job list -w nope -e nope --watch 1").fails_with(3);
    sandbox.run("job list --watch 0").fails_with(2).says("invalid value '0' for '--watch");
    sandbox.run("job list --watch often").fails_with(2);
}
