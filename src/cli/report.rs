//! The only code that writes standard error: failures, warnings, notes.
//!
//! Every command ends here when it fails. Standard output belongs to `output`. Nothing here decides anything;
//! it knows no client and no server.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write;

use anstyle::{AnsiColor, Style};

use super::exit_code::ExitCode;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Why a command could not do what it was asked, and what the user can do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed, on which thing; may have several lines.
    pub message: String,
    /// Why, from the nearest cause to the first one.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// How the program ends.
    pub code: ExitCode,
}

impl Failure {
    /// A failure of which nothing more is known.
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self { message: message.into(), causes: Vec::new(), hints: Vec::new(), code }
    }

    /// An error and the chain of its sources.
    pub fn from_error(code: ExitCode, error: &dyn Error) -> Self {
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        Self { causes: causes.map(ToString::to_string).collect(), ..Self::new(code, error.to_string()) }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// Standard error of one invocation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Report {
    /// Whether `--only-show-errors` was given: notes and warnings are then kept to ourselves.
    pub only_errors: bool,
    /// Whether `--verbose` or `--debug` was given: what is being done is told.
    pub is_verbose: bool,
    /// Whether `--debug` was given: requests and answers are shown.
    pub is_debug: bool,
}

impl Report {
    /// Says why the command failed.
    pub fn error(&self, failure: &Failure) {
        write(&render_failure(failure));
    }

    /// Says something the user did not ask for but should know.
    pub fn warn(&self, message: &str) {
        if !self.only_errors {
            write(&labelled(WARNING, "warning", message, ""));
        }
    }

    /// Says what to do about something that is no failure of the command.
    pub fn hint(&self, message: &str) {
        if !self.only_errors {
            write(&labelled(HINT, "hint", message, ""));
        }
    }

    /// Says what is being done, to a user who wants to know.
    pub fn info(&self, message: &str) {
        if self.is_verbose {
            write(&labelled(HINT, "info", message, ""));
        }
    }

    /// Shows what nobody but a user who searches for a defect wants to see.
    pub fn debug(&self, message: &str) {
        if self.is_debug {
            write(&labelled(HINT, "debug", message, ""));
        }
    }

    /// Says what is going on.
    pub fn note(&self, message: &str) {
        if !self.only_errors {
            write(&format!("{}\n", indented(message, "")));
        }
    }
}

/// Standard error itself, for what is neither a line nor a failure: a question, a progress bar. Colours given
/// to it appear only on a terminal, and not where `NO_COLOR` is set.
#[must_use]
pub fn stream() -> impl Write {
    anstream::stderr()
}

/// Writes bytes to standard error as they are: what a job wrote to its own. Says whether anybody reads.
pub fn raw(bytes: &[u8]) -> bool {
    let mut stream = std::io::stderr().lock();
    stream.write_all(bytes).and_then(|()| stream.flush()).is_ok()
}

fn write(text: &str) {
    let mut stream = anstream::stderr().lock();
    // Where standard error cannot be written there is nobody left to tell.
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

fn render_failure(failure: &Failure) -> String {
    let mut out = labelled(ERROR, "error", &failure.message, "");
    for cause in &failure.causes {
        let _ = writeln!(out, "  caused by: {}", indented(cause, "    "));
    }
    for hint in &failure.hints {
        out.push_str(&labelled(HINT, "hint", hint, "  "));
    }
    out
}

fn labelled(style: Style, word: &str, message: &str, indent: &str) -> String {
    let text = indented(message, &format!("{indent}  "));
    format!("{indent}{style}{word}:{style:#} {text}\n")
}

/// Keeps the line breaks of a message and moves every line but the first to the right. Messages may quote a
/// server or a file: other control characters are spelled out, so they cannot act on the terminal.
fn indented(message: &str, indent: &str) -> String {
    let mut out = String::with_capacity(message.len());
    for (at, line) in message.trim_end().lines().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if at > 0 && !line.is_empty() {
            out.push_str(indent);
        }
        for c in line.chars() {
            if c.is_control() && c != '\t' { out.extend(c.escape_default()) } else { out.push(c) }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(failure: &Failure) -> String {
        anstream::adapter::strip_str(&render_failure(failure)).to_string()
    }

    #[test]
    fn a_failure_tells_what_why_and_what_now() {
        let refused = std::io::Error::other("connection refused");
        let failure = Failure {
            causes: vec![refused.to_string()],
            ..Failure::new(ExitCode::Unreachable, "cannot reach the server at http://127.0.0.1:8650")
        }
        .hint("start it with `batchai server run`");
        insta::assert_snapshot!(plain(&failure), @r"
        error: cannot reach the server at http://127.0.0.1:8650
          caused by: connection refused
          hint: start it with `batchai server run`
        ");
    }

    #[test]
    fn line_breaks_are_kept_and_later_lines_are_indented() {
        let failure = Failure {
            causes: vec!["two\nlines".into()],
            ..Failure::new(ExitCode::Usage, "job.yaml is not a job\n\n3 | nodeCount: two\n")
        }
        .hint("one\ntwo");
        insta::assert_snapshot!(plain(&failure), @r"
        error: job.yaml is not a job

          3 | nodeCount: two
          caused by: two
            lines
          hint: one
            two
        ");
    }

    #[test]
    fn only_the_words_are_coloured_and_a_message_cannot_add_colours() {
        let failure = Failure::new(ExitCode::Refused, "no\u{1b}[31m\rway").hint("none");
        assert_eq!(
            render_failure(&failure),
            "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m no\\u{1b}[31m\\rway\n  \u{1b}[1m\u{1b}[36mhint:\u{1b}[0m none\n"
        );
    }

    #[test]
    fn the_sources_of_an_error_become_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot send {what}")]
        struct Outer {
            what: &'static str,
            source: std::io::Error,
        }
        let error = Outer { what: "the job", source: std::io::Error::other("broken pipe") };
        let failure = Failure::from_error(ExitCode::Unreachable, &error);
        assert_eq!((failure.message.as_str(), failure.causes), ("cannot send the job", vec!["broken pipe".into()]));
    }
}
