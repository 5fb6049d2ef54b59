//! One candidate, and how a shell is told of it.

use clap_complete::engine::CompletionCandidate;

use super::line::Line;

/// Instead of a value: the shell is to complete paths itself. No argument has a NUL, so it is no value either.
pub(super) const FILES: &str = "\0files";
/// The same for folders.
pub(super) const DIRECTORIES: &str = "\0directories";

/// Something that can stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The word, without quotes.
    pub value: String,
    /// What it is, in a few words; may be empty.
    pub about: String,
}

impl Candidate {
    /// Out of what clap found; `None` for what no shell can be told in a line, and for no text.
    pub(super) fn of(found: &CompletionCandidate) -> Option<Self> {
        let value = found.get_value().to_str()?.to_owned();
        let about = found.get_help().map(ToString::to_string).unwrap_or_default();
        let about = about.lines().next().unwrap_or_default().replace('\t', " ");
        let candidate = Self { value, about };
        let is_tellable = candidate.paths().is_some() || !candidate.value.chars().any(char::is_control);
        is_tellable.then_some(candidate)
    }

    /// Whether it is a flag rather than a value.
    pub(super) fn is_flag(&self) -> bool {
        self.value.starts_with('-')
    }

    /// `files` or `directories` when the shell is to complete paths.
    fn paths(&self) -> Option<&str> {
        Some(self.value.split_once('\0')?.1)
    }

    /// For shells that quote by themselves and show descriptions.
    pub(super) fn described(&self) -> String {
        match self.paths() {
            Some(paths) => format!("\t{paths}"),
            None if self.about.is_empty() => self.value.clone(),
            None => format!("{}\t{}", self.value, self.about),
        }
    }

    /// For bash: what it is to put in the place of the part of the word that it completes.
    pub(super) fn for_bash(&self, line: &Line) -> Option<String> {
        match self.paths() {
            Some(paths) => Some(format!("\t{paths}")),
            None => line.quoted(&self.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_line_is_no_candidate() {
        let of = |value: &str| Candidate::of(&CompletionCandidate::new(value)).map(|found| found.described());
        assert_eq!(of("train"), Some("train".into()));
        assert_eq!(of("a\nb"), None);
        assert_eq!(of("a\tb"), None);
        assert_eq!(of("\u{1b}[2J"), None);
        assert_eq!(of(FILES), Some("\tfiles".into()));
    }

    #[test]
    fn a_description_is_one_line() {
        let found = CompletionCandidate::new("train").help(Some("first\tline\nsecond".into()));
        assert_eq!(Candidate::of(&found).expect("one").described(), "train\tfirst line");
    }
}
