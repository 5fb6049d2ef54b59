//! Sending files into a share or container: which ones ([`plan`]), and doing it ([`send`]).
//!
//! The server shows a file when it is whole, so that what was broken off is not there. Called by `storage upload`.

pub mod pattern;
pub mod plan;
pub mod send;

use std::path::PathBuf;

use serde::Serialize;

/// A file of this machine, and where it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Here.
    pub local: PathBuf,
    /// There, from the root of the volume.
    pub remote: String,
    /// Bytes.
    pub size: u64,
    /// Whether it can be run.
    pub is_executable: bool,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// Where it is now, from the root of the volume.
    pub name: String,
    /// Where it came from.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// `uploaded`, or `replaced`: another file was there; of a dry run, what would become of it.
    pub status: &'static str,
}
