//! A shell on a terminal, as people have it.

use std::process::Command;

use super::Login;
use crate::support::OnTerminal;

fn shell(login: &Login) -> Command {
    let mut command = login.ssh(&["-tt"]);
    command.env("TERM", "xterm-test");
    // A prompt that is ours, whoever runs the tests.
    login.sandbox.file("../.profile", "PS1='ready> '\n");
    command
}

#[test]
fn a_login_has_a_terminal_of_its_size_and_a_login_shell() {
    let Some(login) = Login::new(1) else { return };
    let mut terminal = OnTerminal::start_on(&shell(&login), 97);
    terminal.types("stty size; echo $TERM; tty | grep -c '^/dev/pts/'; test \"$(tty)\" = \"$SSH_TTY\" && echo same\r");
    terminal.shows("40 97");
    terminal.shows("xterm-test\r\n1\r\nsame");
    terminal.types("echo name=$0\r");
    terminal.shows("name=-");
    terminal.types("exit 7\r");
    assert_eq!(terminal.exit_code(), 7);
}

#[test]
fn ctrl_c_ends_the_command_and_not_the_shell() {
    let Some(login) = Login::new(1) else { return };
    let mut terminal = OnTerminal::start_on(&shell(&login), 80);
    terminal.types("echo be''gun; sleep 600\r");
    terminal.shows("begun");
    terminal.types("\u{3}");
    // What is typed before the shell asks again may be thrown away with the rest of the line.
    terminal.shows_times("ready> ", 2);
    terminal.types("echo code=$?\r");
    terminal.shows("code=130");
    terminal.types("exit\r");
    let (_, screen) = terminal.ends();
    assert!(!screen.contains("Connection"), "{screen}");
}

#[test]
fn a_terminal_that_changes_its_size_tells_the_program() {
    let Some(login) = Login::new(1) else { return };
    let mut terminal = OnTerminal::start_on(&shell(&login), 80);
    terminal.types("trap 'stty size' WINCH; echo be''gun\r");
    terminal.shows("begun");
    terminal.resize(123);
    terminal.types("\r");
    terminal.shows("40 123");
    terminal.types("exit 0\r");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn all_that_a_program_says_at_its_very_end_is_shown() {
    let Some(login) = Login::new(1) else { return };
    let mut command = shell(&login);
    command.arg("seq 1 5000");
    let (code, screen) = OnTerminal::start_on(&command, 80).ends();
    assert_eq!(code, 0);
    assert!(screen.contains("4999\r\n5000\r\n"), "{}", &screen[screen.len().saturating_sub(200)..]);
}
