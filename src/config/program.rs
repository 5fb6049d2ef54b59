//! The file of this program: its modification time tells builds of one version apart.
//!
//! Called by whoever says or compares which build runs: the server of itself, commands of themselves.

use std::path::Path;
use std::time::UNIX_EPOCH;

/// When the program at `executable` was built or installed, in nanoseconds since 1970; 0 where its file cannot be
/// read.
#[must_use]
pub fn built_at(executable: &Path) -> u64 {
    let modified = std::fs::metadata(executable).and_then(|metadata| metadata.modified()).ok();
    let since = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
