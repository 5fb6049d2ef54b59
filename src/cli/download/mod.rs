//! Fetching files of a job, or of a share or container: what is to be done about each ([`plan`], pure), and doing it ([`fetch`]).
//!
//! A file is written beside its place, under a name that tells its size and time, and renamed when it is whole: what
//! was broken off goes on where it ended, unless the file has changed. Called by `job file download` and `storage download`.

pub mod fetch;
pub mod plan;
pub mod source;

use jiff::Timestamp;
use serde::Serialize;

/// A file as it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its path in the directory of the job or in the volume, as the server takes it.
    pub path: String,
    /// Its path below the folder that is written to.
    pub below: String,
    /// Bytes.
    pub size: u64,
    /// When it was last written to.
    pub modified: Option<Timestamp>,
    /// Whether it can be run.
    pub is_executable: bool,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fetched {
    /// Its path in the directory of the job or in the volume.
    pub name: String,
    /// Where it is now.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// `downloaded`, `resumed`, or `unchanged`: it was there already.
    pub status: &'static str,
}
