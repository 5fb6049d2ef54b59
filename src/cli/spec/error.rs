//! Why a file is no good.

use super::report::Report;

/// Why a file gave no job or cluster.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// There is no text to look at.
    #[error("cannot read {name}: {why}")]
    Unreadable {
        /// The file, as the user named it.
        name: String,
        /// Why, and what to do.
        why: Unreadable,
    },
    /// The text is neither YAML nor JSON from some place on.
    #[error("{0}")]
    Syntax(Report),
    /// The text is well-formed, but it does not describe what it should.
    #[error("{0}")]
    Problems(Report),
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Nothing has that name.
    #[error("there is no such file: give the path of a YAML or JSON file, or `-` for standard input")]
    Missing,
    /// It is a folder.
    #[error("it is a folder: give the path of a file in it")]
    Folder,
    /// More than anyone would write.
    #[error("it is larger than {mebibytes} MiB: is it the right file?")]
    TooLarge {
        /// The limit.
        mebibytes: u64,
    },
    /// Not text, or text in another encoding.
    #[error("line {line} is not UTF-8 text: save the file as UTF-8")]
    NotUtf8 {
        /// The first such line, from 1.
        line: usize,
    },
    /// What the operating system says.
    #[error("{0}")]
    Other(String),
}

impl Unreadable {
    pub(super) fn of(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing,
            std::io::ErrorKind::IsADirectory => Self::Folder,
            std::io::ErrorKind::PermissionDenied => Self::Other("you are not allowed to: check its permissions".into()),
            _ => Self::Other(error.to_string()),
        }
    }
}
