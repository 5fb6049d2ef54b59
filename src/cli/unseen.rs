//! Asking for a secret on a terminal, which does not show what is typed.

use std::io::{BufRead, Write};

use super::report;

/// Asks on standard error, and reads a line of standard input, which is a terminal. The end of the line is part of
/// the answer.
///
/// # Errors
/// When the terminal cannot be read.
pub fn ask(prompt: &str) -> std::io::Result<String> {
    let mut stream = report::stream();
    let line = unseen(|| {
        write!(stream, "{prompt}{}: ", if cfg!(unix) { "" } else { " (what you type is shown)" })?;
        stream.flush()?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        Ok(line)
    })?;
    writeln!(stream)?;
    Ok(line)
}

/// Does this while the terminal shows nothing that is typed; silent before anybody is asked to type.
#[cfg(unix)]
fn unseen<T>(work: impl FnOnce() -> std::io::Result<T>) -> std::io::Result<T> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let input = std::io::stdin();
    let before = tcgetattr(&input)?;
    let mut silent = before.clone();
    silent.local_modes -= LocalModes::ECHO;
    tcsetattr(&input, OptionalActions::Flush, &silent)?;
    let done = work();
    tcsetattr(&input, OptionalActions::Now, &before)?;
    done
}

/// The same where terminals are not known well enough to keep one silent: the prompt says so.
#[cfg(not(unix))]
fn unseen<T>(work: impl FnOnce() -> std::io::Result<T>) -> std::io::Result<T> {
    work()
}
