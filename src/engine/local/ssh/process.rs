//! Starting the programs of sessions, and how they end.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use russh::Sig;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use tokio::net::unix::pipe;

use super::terminal::{Bytes, Master, Terminal};
use crate::engine::environment::{Host, Variables};
use crate::supervisor::login::{Role, hang_up};

/// What a client asks a session to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// The shell of the user.
    Shell,
    /// A command, for that shell.
    Command(Vec<u8>),
    /// A server of files.
    Files,
}

/// What all sessions of a node have.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    /// This program, which starts the others.
    pub executable: PathBuf,
    /// Whose shell, and whose home.
    pub host: Host,
    /// Variables.
    pub environment: Variables,
    /// By which their processes are found again: the value of [`crate::supervisor::run_dir::RUN_MARKER`].
    pub marker: String,
}

/// Where the bytes of a session come from and go to.
pub(super) enum Streams {
    /// A terminal.
    Terminal(Master, Bytes),
    /// Input, output, errors.
    Pipes(pipe::Sender, pipe::Receiver, pipe::Receiver),
}

/// The first process of a session. It is not asked for its end, and so keeps its number, before [`Leader::ended`].
pub(super) struct Leader {
    child: Child,
    exit: pipe::Receiver,
    marker: String,
}

/// Starts the first process of a session. The calling thread has to stay for as long as it may run.
///
/// # Errors
/// When this machine has no room for another process.
pub(super) fn start(
    setting: &Setting,
    work: &Work,
    terminal: Option<Terminal>,
    more: &BTreeMap<String, String>,
) -> io::Result<(Leader, Streams)> {
    let home = Path::new(&setting.host.home);
    let mut command = Command::new(&setting.executable);
    command.args(words(work, &setting.host, terminal.is_some())).env_clear().envs(&setting.environment).envs(more);
    // A home that is not there is no reason to keep anybody out.
    command.current_dir(if home.is_dir() { home } else { Path::new("/") });
    let Some(terminal) = terminal else {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let streams = pipes(&mut child);
        return Ok((Leader::of(child, setting)?, streams?));
    };
    command.env("SSH_TTY", &terminal.path);
    let slave = || terminal.slave.try_clone().map(Stdio::from);
    let child = command.stdin(slave()?).stdout(slave()?).stderr(slave()?).spawn()?;
    // What the command holds of the terminal would keep it open.
    drop(command);
    let (master, bytes) = terminal.into_master()?;
    Ok((Leader::of(child, setting)?, Streams::Terminal(master, bytes)))
}

fn pipes(child: &mut Child) -> io::Result<Streams> {
    let missing = || io::Error::other("a pipe was not made");
    let (stdin, stdout) = (child.stdin.take().ok_or_else(missing)?, child.stdout.take().ok_or_else(missing)?);
    let stderr = child.stderr.take().ok_or_else(missing)?;
    Ok(Streams::Pipes(
        pipe::Sender::from_owned_fd(stdin.into())?,
        pipe::Receiver::from_owned_fd(stdout.into())?,
        pipe::Receiver::from_owned_fd(stderr.into())?,
    ))
}

/// What our own program is asked to become.
fn words(work: &Work, host: &Host, has_terminal: bool) -> Vec<OsString> {
    let server = rustix::process::getpid().as_raw_pid();
    let shell = Path::new(&host.shell);
    let short = shell.file_name().unwrap_or(OsStr::new("sh"));
    let program = |name: &OsStr, arguments: &[OsString]| {
        Role::Program { server, has_terminal, program: shell.as_os_str(), name, arguments }.words()
    };
    match work {
        Work::Files => Role::Sftp(server).words(),
        Work::Command(text) => program(short, &["-c".into(), OsString::from_vec(text.clone())]),
        Work::Shell => {
            let mut login = OsString::from("-");
            login.push(short);
            program(&login, &[])
        }
    }
}

impl Leader {
    fn of(child: Child, setting: &Setting) -> io::Result<Self> {
        let exit = pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?;
        // No pipe, but waited for like one.
        let exit = pipe::Receiver::from_owned_fd_unchecked(exit)?;
        Ok(Self { child, exit, marker: setting.marker.clone() })
    }

    /// Its number, which is that of its session.
    pub(super) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for its end, and lets go of its number.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.exit.readable().await?;
        self.child.wait()
    }

    /// Tells it and its session that nobody is there any more.
    pub(super) fn hang_up(&self) {
        let pid = self.pid();
        // It may not have its session yet.
        let _ = kill_process(pid, Signal::HUP);
        if let Err(error) = hang_up(pid.as_raw_pid(), &self.marker) {
            tracing::warn!(%error, "cannot hang up a session of SSH");
        }
    }
}

/// The signal of a name of the protocol (RFC 4254, 6.10).
pub(super) fn signal_of(name: &Sig) -> Option<Signal> {
    Some(match name {
        Sig::ABRT => Signal::ABORT,
        Sig::ALRM => Signal::ALARM,
        Sig::FPE => Signal::FPE,
        Sig::HUP => Signal::HUP,
        Sig::ILL => Signal::ILL,
        Sig::INT => Signal::INT,
        Sig::KILL => Signal::KILL,
        Sig::PIPE => Signal::PIPE,
        Sig::QUIT => Signal::QUIT,
        Sig::SEGV => Signal::SEGV,
        Sig::TERM => Signal::TERM,
        Sig::USR1 => Signal::USR1,
        Sig::Custom(name) if name == "USR2" => Signal::USR2,
        Sig::Custom(_) => return None,
    })
}

/// How a client is told of an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// With a code.
    Code(u32),
    /// By a signal, by its name.
    Signal(&'static str, bool),
}

impl End {
    pub(super) fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(u32::try_from(code).unwrap_or(255)),
            (None, Some(number)) => Self::Signal(signal_name(number), status.core_dumped()),
            (None, None) => Self::Code(255),
        }
    }
}

fn signal_name(number: i32) -> &'static str {
    let is = |signal: Signal| signal.as_raw() == number;
    let known = [
        (Signal::ABORT, "ABRT"),
        (Signal::ALARM, "ALRM"),
        (Signal::FPE, "FPE"),
        (Signal::HUP, "HUP"),
        (Signal::ILL, "ILL"),
        (Signal::INT, "INT"),
        (Signal::KILL, "KILL"),
        (Signal::PIPE, "PIPE"),
        (Signal::QUIT, "QUIT"),
        (Signal::SEGV, "SEGV"),
        (Signal::TERM, "TERM"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
        (Signal::BUS, "BUS@linux"),
        (Signal::SYS, "SYS@linux"),
        (Signal::XCPU, "XCPU@linux"),
        (Signal::XFSZ, "XFSZ@linux"),
    ];
    known.into_iter().find(|(signal, _)| is(*signal)).map_or("OTHER@linux", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_as_it_was() {
        assert_eq!(End::of(ExitStatus::from_raw(7 << 8)), End::Code(7));
        assert_eq!(End::of(ExitStatus::from_raw(9)), End::Signal("KILL", false));
        assert_eq!(End::of(ExitStatus::from_raw(6 | 128)), End::Signal("ABRT", true));
        assert_eq!(End::of(ExitStatus::from_raw(64)), End::Signal("OTHER@linux", false));
    }

    #[test]
    fn a_login_shell_is_called_so_and_a_command_goes_to_the_shell_as_it_came() {
        let host = Host {
            search_path: String::new(),
            home: "/".into(),
            user: "me".into(),
            shell: "/bin/bash".into(),
            language: "C".into(),
            gpus: 0,
        };
        let words = |work, has_terminal| {
            let words = words(&work, &host, has_terminal);
            words.iter().skip(3).map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(words(Work::Shell, true), ["/bin/bash", "-bash"]);
        assert_eq!(words(Work::Command(b"a 'b' \xff".into()), false), ["/bin/bash", "bash", "-c", "a 'b' \u{fffd}"]);
        assert!(words(Work::Files, false).is_empty());
    }
}
