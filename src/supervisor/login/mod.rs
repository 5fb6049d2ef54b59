//! The process of a login to a node: `batchai __session`, started by the SSH server of an engine, and not for people.
//!
//! It makes itself the leader of a session, takes the terminal where there is one, asks to be told when its server dies,
//! and becomes the shell ([`Role::Program`]) or serves files (`sftp`). One more of them, the [`guard`], outlives the
//! server by a moment and hangs up what is left. Knows nothing of SSH; [`hang_up()`] is for whoever started the sessions.

pub mod guard;
mod hang_up;
mod sftp;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{Pid, Signal, getppid, ioctl_tiocsctty, set_parent_process_death_signal, setsid};

pub use hang_up::hang_up;

/// The word that makes a process one of these.
pub const WORD: &str = "__session";

/// What a process that was started with [`WORD`] is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role<'w> {
    /// Hangs up the sessions of a server that has died: that of this data directory, for who looks at processes.
    Guard(&'w OsStr),
    /// Serves files over its standard input and output, for the server that is this process.
    Sftp(i32),
    /// Becomes a program.
    Program {
        /// The server that starts it.
        server: i32,
        /// Whether standard input is a terminal, which the session is to control.
        has_terminal: bool,
        /// Its path.
        program: &'w OsStr,
        /// What it is called: a login shell has a `-` before its name.
        name: &'w OsStr,
        /// Its arguments.
        arguments: &'w [OsString],
    },
}

impl<'w> Role<'w> {
    /// The role that these words, those after [`WORD`], ask for.
    #[must_use]
    pub fn parse(words: &'w [OsString]) -> Option<Self> {
        let server = |text: &OsStr| text.to_str().and_then(|text| text.parse().ok());
        match words {
            [role, data] if role == "guard" => Some(Self::Guard(data)),
            [role, pid] if role == "sftp" => Some(Self::Sftp(server(pid)?)),
            [role, pid, program, name, arguments @ ..] if role == "terminal" || role == "plain" => {
                let has_terminal = role == "terminal";
                Some(Self::Program { server: server(pid)?, has_terminal, program, name, arguments })
            }
            _ => None,
        }
    }

    /// The words again, [`WORD`] first.
    #[must_use]
    pub fn words(&self) -> Vec<OsString> {
        let mut words = vec![OsString::from(WORD)];
        match self {
            Self::Guard(data) => words.extend(["guard".into(), data.into()]),
            Self::Sftp(server) => words.extend(["sftp".into(), server.to_string().into()]),
            Self::Program { server, has_terminal, program, name, arguments } => {
                words.push(if *has_terminal { "terminal" } else { "plain" }.into());
                words.push(server.to_string().into());
                words.extend([program.into(), name.into()]);
                words.extend(arguments.iter().cloned());
            }
        }
        words
    }
}

/// Does what the role says; returns when that is over. As a program it never returns unless that cannot be started.
///
/// # Errors
/// What could not be done: the program is not there, or the terminal is no terminal.
pub fn run(role: &Role<'_>) -> io::Result<()> {
    match *role {
        Role::Guard(_) => {
            lead()?;
            guard::watch(io::stdin().lock())
        }
        Role::Sftp(server) => {
            lead()?;
            die_with(server)?;
            // Not `io::stdout`, which looks for ends of lines.
            let input = File::from(rustix::stdio::stdin().try_clone_to_owned()?);
            let output = File::from(rustix::stdio::stdout().try_clone_to_owned()?);
            sftp::serve(io::BufReader::with_capacity(1 << 16, input), output)
        }
        Role::Program { server, has_terminal, program, name, arguments } => {
            lead()?;
            if has_terminal {
                ioctl_tiocsctty(rustix::stdio::stdin())?;
            }
            die_with(server)?;
            take_defaults()?;
            Err(Command::new(program).arg0(name).args(arguments).exec())
        }
    }
}

/// Begins a session. Nothing that whoever started the server had open goes into it.
fn lead() -> io::Result<()> {
    close_fds::set_fds_cloexec(3, &[]);
    setsid()?;
    Ok(())
}

/// Has the kernel hang this process up when its server dies, also after it has become another program.
fn die_with(server: i32) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::HUP))?;
    if getppid().map(Pid::as_raw_pid) != Some(server) {
        return Err(io::Error::other("the server has ended"));
    }
    Ok(())
}

/// A server that was started by nohup ignores SIGHUP, and programs would inherit that; a signal that is caught has its
/// default again in the next program (execve(2)).
fn take_defaults() -> io::Result<()> {
    for signal in [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM] {
        signal_hook::flag::register(signal.as_raw(), Arc::new(AtomicBool::new(false)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_told_by_its_words() {
        let arguments = ["-c".into(), "echo 'a b'".into()];
        let program = |has_terminal| Role::Program {
            server: 7,
            has_terminal,
            program: OsStr::new("/bin/bash"),
            name: OsStr::new("-bash"),
            arguments: &arguments,
        };
        for role in [Role::Guard(OsStr::new("/data")), Role::Sftp(12), program(true), program(false)] {
            let words = role.words();
            assert_eq!(words[0], WORD);
            assert_eq!(Role::parse(&words[1..]), Some(role));
        }
    }

    #[test]
    fn other_words_are_none() {
        for words in [&[][..], &["x"], &["guard"], &["sftp"], &["sftp", "x"], &["plain", "1", "/bin/sh"]] {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(Role::parse(&words), None, "{words:?}");
        }
    }
}
