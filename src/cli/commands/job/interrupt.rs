//! What Ctrl-C and SIGTERM mean for a job that is being followed by `job run`.
//!
//! On a terminal, Ctrl-C asks. Without one, a signal ends the job, so that a cancelled pipeline leaves
//! nothing running, unless the user asked for the opposite.

use std::io::{BufRead, IsTerminal, Write};

use crate::cli::report;

/// A signal to this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Leave, and leave the job alone.
    Detach,
    /// Stop the job, and stay until it has ended.
    EndJob,
    /// Ask the user.
    Ask,
}

/// What the user answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Leave the job alone.
    Detach,
    /// Stop it.
    EndJob,
    /// Go on following.
    Continue,
}

/// What to do about a signal. A second one while the job is being stopped means: leave.
#[must_use]
pub fn react(signal: Interruption, is_terminal: bool, detach_on_signal: bool, is_ending: bool) -> Reaction {
    match signal {
        _ if is_ending || detach_on_signal => Reaction::Detach,
        Interruption::Interrupt if is_terminal => Reaction::Ask,
        Interruption::Interrupt | Interruption::Terminate => Reaction::EndJob,
    }
}

/// Signals to this process from now on.
#[cfg(unix)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Begins to listen; from now on these signals do not end this process by themselves.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// The next one.
    pub async fn next(&mut self) -> Interruption {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Interruption::Interrupt,
            Some(()) = self.terminate.recv() => Interruption::Terminate,
            else => std::future::pending().await,
        }
    }
}

/// The same where there are no signals: Ctrl-C, and the request of the system to end.
#[cfg(windows)]
pub struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    terminate: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    /// Begins to listen; from now on they do not end this process by themselves.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> std::io::Result<Self> {
        use tokio::signal::windows::{ctrl_c, ctrl_shutdown};
        Ok(Self { interrupt: ctrl_c()?, terminate: ctrl_shutdown()? })
    }

    /// The next one.
    pub async fn next(&mut self) -> Interruption {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Interruption::Interrupt,
            Some(()) = self.terminate.recv() => Interruption::Terminate,
            else => std::future::pending().await,
        }
    }
}

/// Whether there is somebody to ask.
#[must_use]
pub fn is_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks until the answer is understood; a signal or the end of the input while asking means: leave.
pub async fn ask(signals: &mut Signals) -> Answer {
    let asked = tokio::task::spawn_blocking(|| question(&mut std::io::stdin().lock(), &mut report::stream()));
    tokio::select! {
        answer = asked => answer.unwrap_or(Answer::Detach),
        _ = signals.next() => Answer::Detach,
    }
}

fn question(input: &mut impl BufRead, prompt: &mut impl Write) -> Answer {
    loop {
        let text =
            "\nThe job is still running. [d]etach and leave it running, [t]erminate it, or [c]ontinue following? ";
        let _ = prompt.write_all(text.as_bytes()).and_then(|()| prompt.flush());
        let mut line = String::new();
        if !matches!(input.read_line(&mut line), Ok(read) if read > 0) {
            return Answer::Detach;
        }
        match line.trim().to_lowercase().as_str() {
            "d" | "detach" => return Answer::Detach,
            "t" | "terminate" => return Answer::EndJob,
            "c" | "continue" => return Answer::Continue,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_pipeline_leaves_nothing_running() {
        use Interruption::{Interrupt, Terminate};
        assert_eq!(react(Interrupt, false, false, false), Reaction::EndJob);
        assert_eq!(react(Terminate, false, false, false), Reaction::EndJob);
        assert_eq!(react(Terminate, true, false, false), Reaction::EndJob);
    }

    #[test]
    fn a_terminal_is_asked_and_a_second_signal_leaves() {
        use Interruption::{Interrupt, Terminate};
        assert_eq!(react(Interrupt, true, false, false), Reaction::Ask);
        assert_eq!(react(Interrupt, true, true, false), Reaction::Detach);
        assert_eq!(react(Terminate, false, true, false), Reaction::Detach);
        assert_eq!(react(Interrupt, true, false, true), Reaction::Detach);
    }

    #[test]
    fn the_question_is_repeated_until_it_is_answered() {
        let answer = |text: &str| question(&mut text.as_bytes(), &mut Vec::new());
        assert_eq!(answer("x\n\nT\n"), Answer::EndJob);
        assert_eq!(answer("c\n"), Answer::Continue);
        assert_eq!(answer(""), Answer::Detach);
    }
}
