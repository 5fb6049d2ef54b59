//! File shares and blob containers by their names, and the names of what lies in them. Pure.
//!
//! `engine/storage` knows where they are, `operations/storage` what is done with them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::mount::{MountSource, relative_path};

/// The longest name of a share or container (Microsoft.Storage: 63 characters).
const LONGEST_NAME: usize = 63;

/// What kind of volume of a storage account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum VolumeKind {
    /// An Azure file share.
    Share,
    /// A blob container.
    Container,
}

impl VolumeKind {
    /// Both, in the order in which they are listed.
    pub const ALL: [Self; 2] = [Self::Share, Self::Container];

    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Share => "file share",
            Self::Container => "container",
        }
    }
}

impl fmt::Display for VolumeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One share or container. Azure takes both names in any letter case, so that here they are lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VolumeKey {
    /// The storage account.
    pub account: String,
    /// What it is.
    pub kind: VolumeKind,
    /// Its name in the account.
    pub name: String,
}

impl VolumeKey {
    /// The volume of these names in any letter case.
    #[must_use]
    pub fn new(account: &str, kind: VolumeKind, name: &str) -> Self {
        Self { account: account.to_lowercase(), kind, name: name.to_lowercase() }
    }

    /// What a mount shows, if it is a volume of an account.
    #[must_use]
    pub fn of(source: &MountSource) -> Option<Self> {
        match source {
            MountSource::FileShare { account, share, .. } => Some(Self::new(account, VolumeKind::Share, share)),
            MountSource::BlobContainer { account, container, .. } => {
                Some(Self::new(account, VolumeKind::Container, container))
            }
            MountSource::FileServer { .. } | MountSource::Unmanaged { .. } => None,
        }
    }

    /// The mount that shows it.
    #[must_use]
    pub fn source(&self) -> MountSource {
        let Self { account, kind, name } = self.clone();
        let mode = || String::from("0777");
        match kind {
            VolumeKind::Share => MountSource::FileShare {
                url: format!("https://{account}.file.core.windows.net/{name}"),
                account,
                share: name,
                file_mode: mode(),
                directory_mode: mode(),
            },
            VolumeKind::Container => MountSource::BlobContainer { account, container: name, options: None },
        }
    }
}

impl fmt::Display for VolumeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} of storage account {}", self.kind, self.name, self.account)
    }
}

/// Checks the name of an account, a share or a container: whatever the URL of a share can have as a part. Azure is
/// stricter, and what is mounted is not.
///
/// # Errors
/// The rest of a sentence that begins with the name.
pub fn check_name(name: &str) -> Result<(), String> {
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME {
        return Err(format!("has {length} characters, but must have 1 to {LONGEST_NAME}"));
    }
    if matches!(name, "." | "..") {
        return Err("is no name, but a way through folders".into());
    }
    match name.chars().find(|c| "/\\?#".contains(*c) || c.is_whitespace() || c.is_control()) {
        Some(wrong) => Err(format!("must not have {wrong:?} in it: use lower-case letters, digits and `-`")),
        None => Ok(()),
    }
}

/// The path of something in a volume: relative, without `.` and `..`, with single slashes; empty for all of it.
///
/// # Errors
/// The rest of a sentence that begins with the path.
pub fn stored_path(text: &str) -> Result<String, String> {
    if text.split('/').all(|part| part.is_empty() || part == ".") && !text.starts_with('/') {
        return Ok(String::new());
    }
    relative_path(text).ok_or_else(|| "must be a relative path that stays inside the volume".into())
}

/// The same for a file that is to be made: its names are such that people and programs can handle them.
///
/// # Errors
/// As [`stored_path`].
pub fn new_path(text: &str) -> Result<String, String> {
    let path = stored_path(text)?;
    if path.is_empty() || text.ends_with('/') {
        return Err("must be the path of a file".into());
    }
    match path.split('/').find(|part| part.chars().any(char::is_control) || part.len() > 255) {
        Some(part) if part.len() > 255 => Err(format!("has a part of {} bytes, at most 255 are allowed", part.len())),
        Some(_) => Err("must not have control characters in it".into()),
        None => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_the_same_in_any_letter_case_and_as_a_mount() {
        for kind in VolumeKind::ALL {
            let key = VolumeKey::new("Acc", kind, "Data");
            assert_eq!((key.account.as_str(), key.name.as_str()), ("acc", "data"));
            assert_eq!(VolumeKey::of(&key.source()), Some(key));
        }
        assert_eq!(VolumeKey::of(&MountSource::Unmanaged { command: "true".into() }), None);
    }

    #[test]
    fn a_name_is_one_part_of_a_path() {
        assert_eq!(check_name("batchai-share"), Ok(()));
        for wrong in ["", ".", "..", "a/b", "a b", "a\0", "a\n", "a?b", "a\\b", &"x".repeat(64)] {
            assert!(check_name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_path_stays_in_its_volume() {
        for all in ["", ".", "./", "./."] {
            assert_eq!(stored_path(all), Ok(String::new()), "{all:?}");
        }
        assert_eq!(stored_path("a//b/./ü c/"), Ok("a/b/ü c".into()));
        for wrong in ["/", "/etc", "..", "a/../b", "a\0b"] {
            assert!(stored_path(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_new_file_has_a_name_that_people_can_type() {
        assert_eq!(new_path("-a b/ü"), Ok("-a b/ü".into()));
        for wrong in ["", ".", "a/", "a\nb", "a/\u{1b}[2J", &"x".repeat(256)] {
            assert!(new_path(wrong).is_err(), "{wrong:?}");
        }
    }
}
