//! Files on volumes that programs mount, read without any node: what there is, and what can go wrong.
//!
//! Engines read them; operations ask. Every call may take as long as the far end takes.

use std::io::Read;

use crate::domain::Timestamp;

/// A file or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FarEntry {
    /// Its base name.
    pub name: String,
    /// Size in bytes and last change; `None` for a folder.
    pub file: Option<(u64, Timestamp)>,
}

/// The bytes of a file, as they come.
pub type FarBytes = Box<dyn Read + Send>;

/// The path of a file, split into its folder and its name.
#[must_use]
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
