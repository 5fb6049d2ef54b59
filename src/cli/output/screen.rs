//! What standard output is: a terminal of some size, or something that programs read. And the painter of what is
//! shown again and again ([`Painter`]).

use std::io::{self, IsTerminal};

use anstream::{AutoStream, ColorChoice};
use jiff::Timestamp;
#[cfg(unix)]
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{OutputError, moment, paint, raw};

/// What standard output can show. The default is what programs read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Screen {
    /// Characters in a line of the terminal; none where there is no end of a line.
    pub width: Option<usize>,
    /// Lines of the terminal.
    pub height: Option<usize>,
    /// The moment, where moments are told as how long ago.
    pub now: Option<Timestamp>,
    /// Whether there are colours.
    pub has_colours: bool,
}

impl Screen {
    /// Looks at standard output. `--color` and `NO_COLOR` have their say through anstream.
    #[must_use]
    pub fn of_stdout() -> Self {
        let stdout = io::stdout();
        let has_colours = AutoStream::choice(&stdout) != ColorChoice::Never;
        if !stdout.is_terminal() {
            return Self { has_colours, ..Self::default() };
        }
        let (width, height) = size(&stdout);
        Self { width, height, now: Some(Timestamp::now()), has_colours }
    }

    /// A state, in its colour where there are colours.
    #[must_use]
    pub fn state(&self, state: &str) -> String {
        let style = paint::of_state(state).filter(|_| self.has_colours);
        style.map_or_else(|| state.to_owned(), |style| paint::painted(style, state))
    }

    /// A moment: how long ago to a person, as it is to a program.
    #[must_use]
    pub fn moment(&self, wire: &str) -> String {
        self.now.and_then(|now| moment::relative(wire, now)).unwrap_or_else(|| wire.to_owned())
    }
}

/// Width and height of a terminal, as far as they are known.
#[cfg(unix)]
fn size(stdout: &io::Stdout) -> (Option<usize>, Option<usize>) {
    let size = rustix::termios::tcgetwinsize(stdout).ok();
    let known = |size: u16| Some(usize::from(size)).filter(|size| *size > 0);
    (size.and_then(|size| known(size.ws_col)), size.and_then(|size| known(size.ws_row)))
}

/// Nobody has been asked yet: there is no end of a line.
#[cfg(not(unix))]
fn size(_: &io::Stdout) -> (Option<usize>, Option<usize>) {
    (None, None)
}

/// Whether standard output is a terminal on which one can paint anew: one that says what it is, and is not dumb.
#[must_use]
pub fn can_repaint() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_some_and(|terminal| terminal != "dumb")
}

/// Whether somebody may still read standard output: a pipe without a reader says so before it is written to.
#[cfg(not(unix))]
#[must_use]
pub fn is_read() -> bool {
    true
}

/// Whether somebody may still read standard output: a pipe without a reader says so before it is written to.
#[cfg(unix)]
#[must_use]
pub fn is_read() -> bool {
    let stdout = io::stdout();
    let mut look = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut look, Some(&at_once)).is_err() || !look[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

/// The second screen, no cursor, and lines that end where the screen does, so that they can be counted.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l";
const LEAVE: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";
const HOME: &str = "\u{1b}[H";
const END_OF_LINE: &str = "\u{1b}[K";
const END_OF_SCREEN: &str = "\u{1b}[J";

/// Paints on the terminal's second screen, as pagers do, so that what was there before comes back.
#[derive(Debug)]
pub struct Painter {
    last: String,
}

impl Painter {
    /// Takes the second screen and hides the cursor.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn enter() -> Result<Self, OutputError> {
        raw(ENTER.as_bytes())?;
        Ok(Self { last: String::new() })
    }

    /// Shows a text and, below it, a line about it. Says whether anybody still looks.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn paint(&mut self, text: &str, below: &str) -> Result<bool, OutputError> {
        text.clone_into(&mut self.last);
        raw(frame(text, below, Screen::of_stdout().height).as_bytes())
    }

    /// Shows the same text with another line below it.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn say(&self, below: &str) -> Result<bool, OutputError> {
        raw(frame(&self.last, below, Screen::of_stdout().height).as_bytes())
    }

    /// Gives the screen and the cursor back, and leaves the last text there.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn finish(mut self) -> Result<(), OutputError> {
        let last = std::mem::take(&mut self.last);
        drop(self);
        if last.is_empty() { Ok(()) } else { raw(format!("{last}\n").as_bytes()).map(drop) }
    }
}

impl Drop for Painter {
    fn drop(&mut self) {
        // Nothing is left to be done about a terminal that is gone.
        let _ = raw(LEAVE.as_bytes());
    }
}

/// What makes a screen show this and nothing else. Lines that have no room are counted.
fn frame(text: &str, below: &str, height: Option<usize>) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let room = height.map_or(usize::MAX, |height| height.saturating_sub(2).max(1));
    let mut out = String::from(HOME);
    for line in lines.iter().take(room) {
        out.push_str(line);
        out.push_str(END_OF_LINE);
        out.push_str("\r\n");
    }
    out.push_str(END_OF_LINE);
    out.push_str("\r\n");
    let hidden = lines.len().saturating_sub(room);
    if hidden > 0 {
        out.push_str(&format!("… {hidden} more lines · "));
    }
    out.push_str(below);
    out.push_str(END_OF_SCREEN);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_moments_are_for_whoever_reads_them() {
        let (program, now) = (Screen::default(), "2026-11-21T12:00:00Z".parse().ok());
        let person = Screen { now, has_colours: true, ..program };
        let wire = "2026-11-21T11:57:00Z";
        assert_eq!((program.state("failed").as_str(), program.moment(wire).as_str()), ("failed", wire));
        assert_eq!(person.state("failed"), "\u{1b}[31mfailed\u{1b}[0m");
        assert_eq!((person.state("unknown").as_str(), person.moment(wire).as_str()), ("unknown", "3 minutes ago"));
    }

    #[test]
    fn a_frame_overwrites_what_was_there_and_stays_on_the_screen() {
        let shown = frame("a\nb\nc", "below", Some(4));
        assert_eq!(shown, "\u{1b}[Ha\u{1b}[K\r\nb\u{1b}[K\r\n\u{1b}[K\r\n… 1 more lines · below\u{1b}[J");
        assert!(frame("a\nb\nc", "", None).contains("c\u{1b}[K"));
        assert!(!frame("a\nb\nc", "", Some(5)).contains("more"));
    }
}
