//! What can stand at the cursor: a shell asks on every press of the Tab key, and gets one candidate per line.
//!
//! The scripts in `completions/` run
//!
//! ```text
//! batchai __complete bash BREAKS LINE         the line up to the cursor, as typed
//! batchai __complete SHELL INDEX WORD...      zsh, fish, powershell: words without quotes; WORD[INDEX] is at the cursor
//! ```
//!
//! and are told `CANDIDATE`, or `CANDIDATE<TAB>DESCRIPTION` for shells that show one, best first. The line
//! `<TAB>files` or `<TAB>directories` asks the shell to complete paths as it does for other programs. Whoever is
//! asked this way is silent when it does not know, ends with exit code 0, starts no server and leaves no file.
//!
//! [`mod@line`] understands what was typed, [`typed`] which arguments it gives, [`values`] what an argument may be,
//! [`live`] asks the server for names. None of it costs anything when a command is run.

pub mod candidate;
pub mod line;
pub mod live;
mod settings;
mod stored;
pub mod typed;
pub mod values;
pub mod vm_sizes;

use std::ffi::OsString;
use std::sync::Arc;

use clap::Command;
use clap_complete::engine::{CompletionCandidate, complete};

use self::candidate::Candidate;
use self::line::Line;
use self::typed::Typed;
use super::output;

/// The word by which a shell asks.
const WORD: &str = "__complete";

/// What a shell wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    shell: Shell,
    line: Line,
}

/// Who asks, as far as it matters for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shell {
    /// Takes candidates as they are to stand on the line; shows no descriptions.
    Bash,
    /// Quotes candidates itself; shows descriptions.
    Other,
}

/// The question of a shell, when the arguments of the process are one.
#[must_use]
pub fn question(arguments: &[OsString]) -> Option<Question> {
    let [_program, word, shell, rest @ ..] = arguments else { return None };
    if word != WORD {
        return None;
    }
    let words: Vec<String> = rest.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let (shell, line) = match (shell.to_str(), words.as_slice()) {
        (Some("bash"), [breaks, line]) => (Shell::Bash, Line::of_bash(line, breaks)),
        (Some("zsh" | "fish" | "powershell"), [index, words @ ..]) => {
            (Shell::Other, Line::of_words(words, index.parse().ok()?))
        }
        _ => return None,
    };
    Some(Question { shell, line })
}

/// Answers it.
pub fn answer(question: &Question) {
    let definition = super::definition();
    let text: String = candidates(&definition, &question.line)
        .iter()
        .filter_map(|candidate| match question.shell {
            Shell::Bash => candidate.for_bash(&question.line),
            Shell::Other => Some(candidate.described()),
        })
        .map(|line| line + "\n")
        .collect();
    // A shell that went away needs no answer.
    let _ = output::raw(text.as_bytes());
}

/// What can stand at the cursor, best first.
fn candidates(definition: &Command, line: &Line) -> Vec<Candidate> {
    let typed = Typed::read(definition, &line.before);
    let mut words: Vec<OsString> = typed.words.iter().map(OsString::from).collect();
    words.push(line.current.clone().into());
    let index = words.len() - 1;
    let typed = Arc::new(typed);
    let mut command = values::attached(definition.clone(), &typed);
    let found = complete(&mut command, words, index, None).unwrap_or_default();
    let is_new = |candidate: &CompletionCandidate| !typed.has(candidate);
    let found = found.into_iter().filter(|candidate| !candidate.is_hide_set() && is_new(candidate));
    let found: Vec<Candidate> = found.filter_map(|candidate| Candidate::of(&candidate)).collect();
    narrowed(found, &line.current)
}

/// Flags only where somebody began to type one, or where nothing else can stand.
fn narrowed(found: Vec<Candidate>, current: &str) -> Vec<Candidate> {
    let has_others = found.iter().any(|candidate| !candidate.is_flag());
    let is_long = |candidate: &Candidate| candidate.value.starts_with("--");
    let keep = |candidate: &Candidate| match current {
        "" => !candidate.is_flag() || (!has_others && is_long(candidate)),
        _ => true,
    };
    found.into_iter().filter(keep).collect()
}
