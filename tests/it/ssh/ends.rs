//! What is left when clients, nodes or servers go: nothing, unless it was asked to stay.

use std::process::{Child, Stdio};

use rustix::process::Signal;

use super::{Login, wait_until_closed};
use crate::support::{process, wait_until};

/// A session whose command has a child of its own, and an open connection. Both write their ids.
struct Busy {
    client: Child,
    shell: i32,
    child: i32,
}

fn busy(login: &Login, options: &[&str]) -> Busy {
    let (shell, child) = (login.path("shell"), login.path("child"));
    let text = format!("echo $$ > {}; sh -c 'echo $$ > {}; sleep 600; true'; true", shell.display(), child.display());
    let mut ssh = login.ssh(options);
    let client = ssh.arg(text).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("ssh");
    Busy { client, shell: login.id_in("shell"), child: login.id_in("child") }
}

impl Busy {
    #[track_caller]
    fn is_over(&mut self, login: &Login) {
        wait_until("the processes of the session have ended", || {
            !process::is_running(self.shell) && !process::is_running(self.child)
        });
        wait_until("nothing else is left of it", || {
            login.processes().iter().all(|id| process::catches(*id, Signal::CHILD) || is_guard(*id))
        });
        let _ = self.client.kill();
        self.client.wait().expect("our child");
    }
}

fn is_guard(id: i32) -> bool {
    let words = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).contains("\0__session\0guard\0")
}

fn guards(login: &Login) -> Vec<i32> {
    login.processes().into_iter().filter(|id| is_guard(*id)).collect()
}

#[test]
fn a_client_that_is_gone_takes_its_session_with_it() {
    let Some(login) = Login::new(1) else { return };
    for options in [&[][..], &["-tt"]] {
        let mut busy = busy(&login, options);
        busy.client.kill().expect("it waits");
        busy.is_over(&login);
        for name in ["shell", "child"] {
            std::fs::remove_file(login.path(name)).expect("its file");
        }
    }
}

#[test]
fn a_node_that_goes_takes_all_of_its_sessions_with_it() {
    let Some(login) = Login::new(1) else { return };
    let address = login.address();
    let mut busy = busy(&login, &[]);
    // Whoever ignores SIGHUP, and has left the session besides.
    let stays =
        format!("setsid nohup sh -c 'echo $$ > {}; sleep 600' >/dev/null 2>&1 &", login.path("stays").display());
    login.runs(&stays).succeeds();
    let stays = login.id_in("stays");
    assert!(process::is_running(stays));
    login.sandbox.run("cluster resize -n c -t 0").succeeds();
    login.sandbox.wait_for_nodes("c", "idleNodeCount", 0);
    busy.is_over(&login);
    wait_until("what had left the session has ended", || !process::is_running(stays));
    wait_until_closed(&address);
    login.sandbox.run("cluster delete -n c -y").succeeds();
}

#[test]
fn what_ignores_the_hang_up_lives_on_until_its_node_goes_also_over_a_restart() {
    let Some(login) = Login::new(1) else { return };
    let text = format!("nohup sh -c 'echo $$ > {}; sleep 600' >/dev/null 2>&1 &", login.path("stays").display());
    login.runs(&text).succeeds();
    let stays = login.id_in("stays");
    login.sandbox.kill_server();
    login.runs("true").succeeds();
    assert!(process::is_running(stays));
    login.sandbox.run("cluster delete -n c -y").succeeds();
    wait_until("it has ended with its node", || !process::is_running(stays));
}

#[test]
fn a_server_that_is_killed_takes_all_sessions_with_it() {
    let Some(login) = Login::new(1) else { return };
    for options in [&[][..], &["-tt"]] {
        let mut busy = busy(&login, options);
        assert_eq!(guards(&login).len(), 1);
        login.sandbox.kill_server();
        busy.is_over(&login);
        wait_until("the guard has left", || guards(&login).is_empty());
        for name in ["shell", "child"] {
            std::fs::remove_file(login.path(name)).expect("its file");
        }
    }
}

#[test]
fn a_server_that_stops_takes_all_sessions_with_it() {
    let Some(login) = Login::new(1) else { return };
    let mut busy = busy(&login, &[]);
    login.sandbox.run("server stop").succeeds();
    busy.is_over(&login);
    wait_until("nothing is left", || login.sandbox.processes().is_empty());
}

#[test]
fn a_guard_that_somebody_ends_is_replaced() {
    let Some(login) = Login::new(1) else { return };
    let mut busy = busy(&login, &[]);
    let first = guards(&login);
    first.iter().for_each(|id| process::signal(*id, Signal::KILL));
    wait_until("it has ended", || first.iter().all(|id| !process::is_running(*id)));
    login.runs("true").succeeds();
    wait_until("there is another one", || guards(&login).len() == 1 && guards(&login) != first);
    login.sandbox.kill_server();
    busy.is_over(&login);
}

#[test]
fn whoever_says_nothing_is_not_waited_for() {
    use std::io::Read;
    let Some(login) = Login::new(1) else { return };
    let (address, port) = login.address();
    let mut silent = std::net::TcpStream::connect((address.as_str(), port)).expect("a connection");
    login.runs("echo in").succeeds().prints("in\n");
    let address = (address, port);
    login.sandbox.run("cluster delete -n c -y").succeeds();
    wait_until_closed(&address);
    // The greeting, and the end.
    silent.read_to_end(&mut Vec::new()).expect("it is closed");
}
