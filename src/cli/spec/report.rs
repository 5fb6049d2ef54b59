//! All problems of a file as one text: position, sentence, the line itself, a caret below it.

use std::fmt;
use std::ops::Range;

/// The longest piece of a line that is shown, in characters.
const WIDEST: usize = 100;

/// A problem with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// One sentence.
    pub message: String,
    /// The piece of the line that matters, secrets blotted out.
    pub snippet: String,
    /// Which characters of `snippet` the problem is about.
    pub marked: Range<usize>,
}

/// The problems of one file in the order of their places. Displays as the text for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file, as the user named it.
    pub name: String,
    /// At least one.
    pub problems: Vec<FileProblem>,
}

impl Report {
    /// `found` are bytes of `text` with what is wrong there; the bytes in `secret` are never shown.
    pub(super) fn new(name: &str, text: &str, found: Vec<(Range<usize>, String)>, secret: &[Range<usize>]) -> Self {
        let mut found = found;
        found.sort_by_key(|(span, _)| span.start);
        found.dedup();
        let problems = found.into_iter().map(|(span, message)| locate(text, span, message, secret)).collect();
        Self { name: name.to_owned(), problems }
    }
}

/// The line that a byte stands on, from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

fn locate(text: &str, span: Range<usize>, message: String, secret: &[Range<usize>]) -> FileProblem {
    let start = text.floor_char_boundary(span.start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let line_end = line_start + line.len();
    let shown: Vec<char> = line
        .char_indices()
        .map(|(at, c)| match c {
            _ if secret.iter().any(|span| span.contains(&(line_start + at))) => '*',
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect();
    let before = text[line_start..start].chars().count();
    let end = text.floor_char_boundary(span.end.clamp(start, line_end.max(start)));
    let marked = text[start..end].trim_end().chars().count().max(1);
    let (snippet, from) = window(&shown, before);
    let left = before.min(shown.len()).saturating_sub(from.0) + from.1;
    let right = (left + marked).min(snippet.chars().count().max(left + 1));
    FileProblem { line: line_of(text, start), column: before + 1, message, snippet, marked: left..right }
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
        for FileProblem { line, column, message, snippet, marked } in &self.problems {
            writeln!(f, "{}:{line}:{column}: {message}", self.name)?;
            if !snippet.is_empty() {
                let number = line.to_string();
                writeln!(f, "  {number} | {snippet}")?;
                let (indent, carets) = (" ".repeat(marked.start), "^".repeat(marked.len()));
                writeln!(f, "  {:1$} | {indent}{carets}", "", number.len())?;
            }
        }
        match self.problems.len() {
            1 => write!(f, "1 problem in {}", self.name),
            count => write!(f, "{count} problems in {}", self.name),
        }
    }
}
