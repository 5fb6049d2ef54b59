//! All problems of a file as one text: position, sentence, the line itself, a caret below it.

use std::fmt;
use std::ops::Range;

use super::hidden;
use super::syntax::Fault;
use super::texts::{Origin, Texts};
use crate::api::check::{Segment, render_path};

/// The longest piece of a line that is shown, in characters.
const WIDEST: usize = 100;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file is used, but not as it was meant perhaps.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word for editors.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something about a place of a file. Displays as one line without the snippet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// How bad it is.
    pub severity: Severity,
    /// The file, as the user named it.
    pub file: String,
    /// The path that `--set` was given, where the place is in a value of the command line; `line`, `column` and
    /// `end_column` are then those of the setting.
    pub setting: Option<String>,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The first column behind it; one more than `column` where it goes on to the next line.
    pub end_column: usize,
    /// The place in the file's own words, such as `mountVolumes.fileServers[0]`; empty for the whole.
    pub path: String,
    /// One sentence.
    pub message: String,
    /// The piece of the line that matters, secrets blotted out; may be empty.
    pub snippet: String,
    /// Which characters of `snippet` the problem is about.
    pub marked: Range<usize>,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.setting.as_deref() {
            None => write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message),
            Some("") => write!(f, "--set: {}", self.message),
            // The value may be a secret.
            Some(path) => write!(f, "--set {path}=…: {}", self.message),
        }
    }
}

impl FileProblem {
    /// The line as it stands in the file, and a caret below what it is about; empty where nothing may be shown.
    #[must_use]
    pub fn excerpt(&self) -> String {
        if self.snippet.is_empty() {
            return String::new();
        }
        let number = self.setting.as_ref().map_or_else(|| self.line.to_string(), |_| String::new());
        let (indent, carets) = (" ".repeat(self.marked.start), "^".repeat(self.marked.len()));
        format!("  {number} | {}\n  {:2$} | {indent}{carets}\n", self.snippet, "", number.len())
    }
}

/// What is wrong with one file, in the order of the places. Displays as the text for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file, as the user named it.
    pub name: String,
    /// At least one.
    pub problems: Vec<FileProblem>,
    /// What else is to be said of the file.
    pub warnings: Vec<FileProblem>,
}

/// Something that was found, before its place is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) severity: Severity,
    /// Bytes of the texts.
    pub(super) span: Range<usize>,
    pub(super) path: String,
    pub(super) message: String,
}

impl Found {
    pub(super) fn new(severity: Severity, span: Range<usize>, path: &[Segment], message: impl Into<String>) -> Self {
        Self { severity, span, path: render_path(path), message: message.into() }
    }
}

impl Report {
    /// The bytes in `secret` are never shown.
    pub(super) fn new(texts: &Texts, mut found: Vec<Found>, secret: &[Range<usize>]) -> Self {
        found.sort_by_key(|found| found.span.start);
        found.dedup();
        let located = found.into_iter().map(|found| locate(texts, found, secret));
        let (problems, warnings) = located.partition(|found| found.severity == Severity::Error);
        Self { name: texts.name.clone(), problems, warnings }
    }

    /// A text that could not be read further than to a fault.
    pub(super) fn of_fault(texts: &Texts, fault: Fault, text: &str) -> Self {
        Self::new(texts, vec![Found::new(Severity::Error, fault.span, &[], fault.message)], &hidden::of_text(text))
    }
}

/// The line that a byte stands on, from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

fn locate(texts: &Texts, found: Found, secret: &[Range<usize>]) -> FileProblem {
    let Found { severity, span, path, message } = found;
    let part = texts.part(span.start);
    let text = part.text;
    let start = text.floor_char_boundary(span.start - part.start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = match part.origin {
        // The value has nothing to do with what is wrong with its path, and may be a secret.
        Origin::Setting(path) if start <= path.len() => path,
        _ => text[line_start..].lines().next().unwrap_or_default(),
    };
    let line_end = line_start + line.len();
    let shown: Vec<char> = line
        .char_indices()
        .map(|(at, c)| match c {
            _ if secret.iter().any(|span| span.contains(&(part.start + line_start + at))) => '*',
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect();
    let before = text[line_start..start].chars().count();
    let end = text.floor_char_boundary(span.end.saturating_sub(part.start).clamp(start, line_end.max(start)));
    let marked = text[start..end].trim_end().chars().count().max(1);
    let (snippet, from) = window(&shown, before);
    let left = before.min(shown.len()).saturating_sub(from.0) + from.1;
    let right = (left + marked).min(snippet.chars().count().max(left + 1));
    let setting = match part.origin {
        Origin::File => None,
        Origin::Setting(path) => Some(path.clone()),
    };
    let (line, column) = (line_of(text, start), before + 1);
    FileProblem {
        severity,
        file: texts.name.clone(),
        setting,
        line,
        column,
        end_column: column + marked,
        path,
        message,
        snippet,
        marked: left..right,
    }
}

/// The piece of a long line around a column, and where in the line and in the piece it begins.
fn window(line: &[char], column: usize) -> (String, (usize, usize)) {
    if line.len() <= WIDEST {
        return (line.iter().collect::<String>().trim_end().to_owned(), (0, 0));
    }
    let from = if column < WIDEST - 20 { 0 } else { column - 20 };
    let to = (from + WIDEST).min(line.len());
    let mut out = String::new();
    if from > 0 {
        out.push('…');
    }
    out.extend(&line[from..to]);
    if to < line.len() {
        out.push('…');
    }
    (out, (from, usize::from(from > 0)))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            write!(f, "{problem}\n{}", problem.excerpt())?;
        }
        match self.problems.len() {
            1 => write!(f, "1 problem in {}", self.name),
            count => write!(f, "{count} problems in {}", self.name),
        }
    }
}
