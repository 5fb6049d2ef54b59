//! Texts that are neither YAML nor JSON: where they stop being so, in words for people who do not know YAML's.

use std::ops::Range;

use serde_yaml::granit_parser::{ErrorKind, ScanError, Span};

/// A mistake that ends the reading, and the bytes it is about.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

/// The bytes of a span in the text that was parsed.
pub(super) fn bytes(span: &Span, text: &str) -> Range<usize> {
    span.byte_range().filter(|range| range.end <= text.len()).unwrap_or(0..0)
}

/// What the parser complains about.
pub(super) fn fault(error: &ScanError, text: &str) -> Fault {
    let mark = error.marker();
    let by_characters = || text.char_indices().nth(mark.index()).map_or(text.len(), |(at, _)| at);
    let at = text.floor_char_boundary(mark.byte_offset().unwrap_or_else(by_characters));
    // The parser stops behind a wrong tab, not at it.
    let tab = is_about_tab(error) && text[..at].ends_with('\t');
    Fault::new(if tab { at - 1..at } else { at..at }, message(error))
}

fn is_about_tab(error: &ScanError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

fn message(error: &ScanError) -> String {
    match error.kind() {
        _ if is_about_tab(error) => "a tab cannot indent YAML: use spaces".to_owned(),
        ErrorKind::RecursionLimitExceeded => "lists and objects lie too deep in each other".to_owned(),
        ErrorKind::UnknownAnchor => "there is no anchor of this name above".to_owned(),
        ErrorKind::MappingValueNotAllowed => {
            "a `key: value` cannot begin here: check the indentation, and put text with a colon in quotes".to_owned()
        }
        ErrorKind::SimpleKeyExpected => "expected `key: value`: is a colon missing?".to_owned(),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
            "a quotation mark is missing above, or this line of a text in quotes is not indented".to_owned()
        }
        ErrorKind::UnclosedFlowCollection { open } => format!("this `{open}` is never closed"),
        ErrorKind::ExpectedFlowMappingSeparator => "expected `,` or `}` here".to_owned(),
        ErrorKind::ExpectedFlowSequenceSeparator => "expected `,` or `]` here".to_owned(),
        ErrorKind::InvalidColonPlacement => "a `:` cannot stand here: is a `]` or `}` missing above?".to_owned(),
        ErrorKind::UnexpectedCharacter { character } => {
            format!("text cannot begin with {character:?}: put it in quotes")
        }
        ErrorKind::InvalidIndentation => "this line is not indented as the lines around it".to_owned(),
        _ => format!("this is neither YAML nor JSON: {}", error.info().replace('\n', " ")),
    }
}
