//! Where the text of a file comes from.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::{SpecError, Unreadable};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 4 << 20;

/// A job or cluster file: one to be read, or one that has been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The file at a path.
    Path(PathBuf),
    /// A text.
    Text {
        /// What reports call it.
        name: String,
        /// The folder that `code` is relative to.
        folder: PathBuf,
        /// The text itself.
        text: String,
    },
}

/// What a source holds.
pub(super) struct Loaded {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    pub(super) text: String,
}

impl Source {
    /// The source that a command line names: a path, or `-` for standard input, which is read at once.
    ///
    /// # Errors
    /// [`SpecError::Unreadable`] when standard input cannot be read, is too large or is not UTF-8.
    pub fn from_argument(argument: &str) -> Result<Self, SpecError> {
        if argument != "-" {
            return Ok(Self::Path(PathBuf::from(argument)));
        }
        let name = "standard input".to_owned();
        let text = read(&name, std::io::stdin().lock())?;
        Ok(Self::Text { name, folder: PathBuf::from("."), text })
    }

    /// An empty file, for commands that take everything from flags.
    #[must_use]
    pub fn nothing() -> Self {
        Self::Text { name: "the command line".to_owned(), folder: PathBuf::from("."), text: "{}".to_owned() }
    }

    pub(super) fn load(&self) -> Result<Loaded, SpecError> {
        match self {
            Self::Text { name, folder, text } => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
                Ok(Loaded { name: name.clone(), folder: folder.clone(), text })
            }
            Self::Path(path) => {
                let name = path.display().to_string();
                let file = std::fs::File::open(path).map_err(|error| unreadable(&name, Unreadable::of(&error)))?;
                let text = read(&name, file)?;
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                Ok(Loaded { name, folder: folder.to_owned(), text })
            }
        }
    }
}

fn read(name: &str, from: impl Read) -> Result<String, SpecError> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, Unreadable::of(&error)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(unreadable(name, Unreadable::TooLarge { mebibytes: LARGEST >> 20 }));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
        unreadable(name, Unreadable::NotUtf8 { line })
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn unreadable(name: &str, why: Unreadable) -> SpecError {
    SpecError::Unreadable { name: name.to_owned(), why }
}
