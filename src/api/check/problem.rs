//! What can be wrong with a value, and the sentence that says it.

use std::fmt;

use serde_json::Value;

/// One step from a value to a value inside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// To the property of that name.
    Key(String),
    /// To the element at that index, from 0.
    Index(usize),
}

impl From<&str> for Segment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Segment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A path for people: `mountVolumes.azureFileShares[0]`; empty for the whole value.
#[must_use]
pub fn render_path(path: &[Segment]) -> String {
    let mut out = String::new();
    for segment in path {
        match segment {
            Segment::Key(key) if out.is_empty() => out.push_str(key),
            Segment::Key(key) => out.push_str(&format!(".{key}")),
            Segment::Index(index) => out.push_str(&format!("[{index}]")),
        }
    }
    out
}

/// Which half of a property a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The name in front of the colon.
    Key,
    /// What stands behind it.
    Value,
}

/// One problem. Displays as one line, lower case, without a full stop and without the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: the path to the property itself; for a missing one, to the object that lacks it.
    pub path: Vec<Segment>,
    /// Which half of the property at `path`.
    pub at: At,
    /// What.
    pub kind: ProblemKind,
}

impl Problem {
    /// The path as the `target` of an error of the API: `properties.secrets[0].name`. A missing property is named.
    #[must_use]
    pub fn target(&self) -> String {
        let mut path = self.path.clone();
        if let ProblemKind::Missing { key } = &self.kind {
            path.push(Segment::Key(key.clone()));
        }
        render_path(&path)
    }
}

/// What a user may have meant by an unknown property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// This property of the same object.
    Spelling(String),
    /// The same name, in one of these other objects; the empty path is the top level.
    Belongs(Vec<String>),
}

impl Suggestion {
    /// The property of the same object that is suggested, if it is one.
    #[must_use]
    pub fn spelling(&self) -> Option<&str> {
        match self {
            Self::Spelling(key) => Some(key),
            Self::Belongs(_) => None,
        }
    }
}

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The smallest number allowed.
    AtLeast(i128),
    /// The largest number allowed.
    AtMost(i128),
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// There is no such property.
    UnknownKey {
        /// What may have been meant.
        suggestion: Option<Suggestion>,
    },
    /// A required property is not there.
    Missing {
        /// Its name.
        key: String,
    },
    /// A value of another type is wanted.
    WrongType {
        /// What is wanted, such as `a whole number`.
        expected: String,
        /// What is there, such as `"two"` or `a list`.
        found: String,
    },
    /// A text outside a fixed set.
    NotOneOf {
        /// The set.
        allowed: Vec<String>,
        /// The text.
        found: String,
        /// The member that was probably meant.
        suggestion: Option<String>,
    },
    /// A number that is too small or too large.
    OutOfRange {
        /// The end of the range that was passed.
        bound: Bound,
        /// The number.
        found: String,
    },
    /// A text that is too short.
    TooShort {
        /// The fewest characters allowed.
        minimum: u64,
        /// How many there are.
        found: u64,
    },
    /// A text, or the name of a property, with a NUL character: no variable, command or path can hold one.
    Nul,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ProblemKind::UnknownKey { suggestion } => {
                let key = match self.path.last() {
                    Some(segment) => render_path(std::slice::from_ref(segment)),
                    None => String::new(),
                };
                write!(f, "unknown property `{key}`")?;
                suggestion.as_ref().map_or(Ok(()), |suggestion| write!(f, ": {suggestion}"))
            }
            ProblemKind::Missing { key } if self.path.is_empty() => write!(f, "missing property `{key}`"),
            ProblemKind::Missing { key } => write!(f, "missing property `{key}` of `{}`", render_path(&self.path)),
            ProblemKind::WrongType { expected, found } => write!(f, "expected {expected}, found {found}"),
            ProblemKind::NotOneOf { allowed, found, suggestion } => {
                write!(f, "expected {}, found {}", alternatives(allowed), quote(found))?;
                suggestion.as_ref().map_or(Ok(()), |meant| write!(f, ": did you mean `{meant}`?"))
            }
            ProblemKind::OutOfRange { bound: Bound::AtLeast(least), found } => {
                write!(f, "expected {least} or more, found {found}")
            }
            ProblemKind::OutOfRange { bound: Bound::AtMost(most), found } => {
                write!(f, "expected {most} or less, found {found}")
            }
            ProblemKind::TooShort { minimum: 1, .. } => write!(f, "expected some text, found an empty one"),
            ProblemKind::TooShort { minimum, found } => {
                write!(f, "expected {minimum} characters or more, found {found}")
            }
            ProblemKind::Nul => write!(f, "expected text without a NUL character"),
        }
    }
}

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spelling(key) => write!(f, "did you mean `{key}`?"),
            Self::Belongs(places) if places.iter().any(String::is_empty) => write!(f, "it belongs to the top level"),
            Self::Belongs(places) => write!(f, "it belongs to {}", alternatives(places)),
        }
    }
}

/// `a`, `b` or `c`.
fn alternatives(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// A value in a few words. Lists and objects are not shown: they may be long, and hold secrets.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quote(text),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// A text in quotation marks, on one line, at most 40 characters of it.
fn quote(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        return format!("{text:?}");
    }
    format!("{:?}", format!("{}…", text.chars().take(LONGEST).collect::<String>()))
}
