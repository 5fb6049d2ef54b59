//! Asking for a secret on a terminal, which does not show what is typed.

use std::io::{BufRead, Write};

use super::report;

/// Asks on standard error, and reads a line of standard input, which is a terminal. The end of the line is part of
/// the answer.
///
/// # Errors
/// When the terminal cannot be read.
pub fn ask(prompt: &str) -> std::io::Result<String> {
    let (input, mut line) = (std::io::stdin(), String::new());
    let mut stream = report::stream();
    write!(stream, "{prompt}{}: ", if cfg!(unix) { "" } else { " (what you type is shown)" })?;
    stream.flush()?;
    read_unseen(&input, &mut line)?;
    writeln!(stream)?;
    Ok(line)
}

/// Reads a line that the terminal does not show.
#[cfg(unix)]
fn read_unseen(input: &std::io::Stdin, line: &mut String) -> std::io::Result<()> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let before = tcgetattr(input)?;
    let mut silent = before.clone();
    silent.local_modes -= LocalModes::ECHO;
    tcsetattr(input, OptionalActions::Flush, &silent)?;
    let read = input.lock().read_line(line);
    tcsetattr(input, OptionalActions::Now, &before)?;
    read.map(drop)
}

/// The same where terminals are not known well enough to keep one silent: the prompt says so.
#[cfg(not(unix))]
fn read_unseen(input: &std::io::Stdin, line: &mut String) -> std::io::Result<()> {
    input.lock().read_line(line).map(drop)
}
