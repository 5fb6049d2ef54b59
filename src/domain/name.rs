//! Validated names and the keys made of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest name of a resource, in characters (Swagger 2018-05-01: `maxLength: 64`).
pub const MAX_NAME: usize = 64;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing there.
    #[error("a name must have at least 1 character")]
    Empty,
    /// More than [`MAX_NAME`] characters.
    #[error("a name has at most {MAX_NAME} characters, this one has {0}")]
    TooLong(usize),
    /// A character outside the allowed set.
    #[error("`{0}` is not allowed in a name: use letters, digits, `-` and `_`")]
    Character(char),
}

/// The name of a workspace, cluster, file server, experiment or job: `^[-\w_]{1,64}$`, ASCII.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name(String);

impl Name {
    /// Checks a text.
    ///
    /// # Errors
    /// Says which rule of [`NameError`] the text breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let length = text.chars().count();
        match text.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-' && *c != '_') {
            _ if length == 0 => Err(NameError::Empty),
            Some(wrong) => Err(NameError::Character(wrong)),
            None if length > MAX_NAME => Err(NameError::TooLong(length)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// Checks a name of the flat api-versions, which may have dots inside: `^[-\w\._]{1,64}$` (Swagger 2018-03-01),
    /// ASCII, and no dot at the beginning, because names become parts of paths.
    ///
    /// # Errors
    /// As [`Name::parse`].
    pub fn parse_dotted(text: &str) -> Result<Self, NameError> {
        if text.starts_with('.') {
            return Err(NameError::Character('.'));
        }
        match Self::parse(&text.replace('.', "_")) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(error),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A subscription and a resource group in it. Both exist from first use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupKey {
    /// The subscription id, lower case.
    pub subscription: String,
    /// The resource group, lower case.
    pub group: String,
}

impl GroupKey {
    /// Checks a subscription id and a group name: `^[-\w\._]+$`, at most 90 characters; lower-cases both.
    ///
    /// # Errors
    /// As [`Name::parse`], except that dots are allowed.
    pub fn parse(subscription: &str, group: &str) -> Result<Self, NameError> {
        Ok(Self { subscription: dotted(subscription)?, group: dotted(group)? })
    }
}

fn dotted(text: &str) -> Result<String, NameError> {
    let length = text.chars().count();
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && !"-_.".contains(*c)) {
        _ if length == 0 => Err(NameError::Empty),
        Some(wrong) => Err(NameError::Character(wrong)),
        None if text.starts_with('.') => Err(NameError::Character('.')),
        None if length > 90 => Err(NameError::TooLong(length)),
        None => Ok(text.to_lowercase()),
    }
}

/// Which workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkspaceKey {
    /// Its resource group.
    pub group: GroupKey,
    /// Its name.
    pub name: Name,
}

impl WorkspaceKey {
    /// Whether both name the same workspace: names are the same in any case.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.group == other.group && self.name.as_str().eq_ignore_ascii_case(other.name.as_str())
    }
}

/// Which experiment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExperimentKey {
    /// Its workspace.
    pub workspace: WorkspaceKey,
    /// Its name.
    pub name: Name,
}

/// Which cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClusterKey {
    /// Its workspace.
    pub workspace: WorkspaceKey,
    /// Its name.
    pub name: Name,
}

/// Which file server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileServerKey {
    /// Its workspace.
    pub workspace: WorkspaceKey,
    /// Its name.
    pub name: Name,
}

impl FileServerKey {
    /// Whether both name the same file server: names are the same in any case.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.workspace.is_same(&other.workspace) && self.name.as_str().eq_ignore_ascii_case(other.name.as_str())
    }
}

/// Which job.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobKey {
    /// Its experiment.
    pub experiment: ExperimentKey,
    /// Its name.
    pub name: Name,
}

/// One execution of a job. Made by us before anything starts; the name of its run directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub String);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_letters_digits_dash_and_underscore() {
        assert_eq!(Name::parse("Train-1_b").map(|n| n.to_string()), Ok("Train-1_b".into()));
        assert_eq!(Name::parse(""), Err(NameError::Empty));
        assert_eq!(Name::parse("a.b"), Err(NameError::Character('.')));
        assert_eq!(Name::parse("größe"), Err(NameError::Character('ö')));
        assert_eq!(Name::parse(&"x".repeat(65)), Err(NameError::TooLong(65)));
        assert!(Name::parse(&"x".repeat(64)).is_ok());
    }

    #[test]
    fn a_flat_name_may_have_dots_and_cannot_climb() {
        assert_eq!(Name::parse_dotted("a.b..c").map(|n| n.to_string()), Ok("a.b..c".into()));
        assert_eq!(Name::parse_dotted(".."), Err(NameError::Character('.')));
        assert_eq!(Name::parse_dotted("a/b"), Err(NameError::Character('/')));
        assert_eq!(Name::parse_dotted(""), Err(NameError::Empty));
    }

    #[test]
    fn a_group_is_lower_case_and_cannot_climb() {
        assert_eq!(GroupKey::parse("S", "My.Group").map(|k| k.group), Ok("my.group".into()));
        assert_eq!(GroupKey::parse("s", ".."), Err(NameError::Character('.')));
        assert_eq!(GroupKey::parse("s", "a/b"), Err(NameError::Character('/')));
    }
}
