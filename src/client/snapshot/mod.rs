//! The user's code folder as a snapshot: one tar archive whose bytes depend on nothing but the folder's content.
//!
//! Commands call [`plan`] before a job is submitted, compare the digest with what the server has, and send the
//! archive when it is new there. Nothing is kept in memory but the list of entries. Must not know the server,
//! and never prints.
//!
//! # What is sent
//!
//! Everything below the folder, hidden files and empty directories included, except `.git` and what the
//! `.gitignore` and `.batchaiignore` files in it leave out (the latter win, so `!weights.bin` there sends a file
//! that git ignores). Where the folder lies inside a git repository, the ignore files of the folders above it
//! count too, as git has it: those `.gitignore` files that belong to the repository, and every
//! `.batchaiignore`. Outside a repository nothing above the folder counts. The user's global ignore file and
//! `.git/info/exclude` never count: what is sent follows from files that everyone who has the folder has too.
//!
//! # What is not kept
//!
//! Times, owners, and modes other than whether the owner may execute a file: the same content gives the same
//! digest on every machine.

mod archive;
mod error;
mod largest;
mod link;
mod walk;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use error::SnapshotError;

use archive::Digesting;

/// How many bytes of content a snapshot may have unless told otherwise: 512 MiB.
pub const DEFAULT_LIMIT: u64 = 512 << 20;

/// A folder as it was when [`plan`] looked at it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    root: PathBuf,
    entries: Vec<Entry>,
    digest: String,
    len: u64,
}

/// One entry of the archive; the path is relative to the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Directory,
    File { len: u64, executable: bool },
    Link { target: OsString },
}

/// Looks at a folder and reads all of it once. `limit_bytes` bounds the content of its files together.
///
/// # Errors
///
/// Where the folder is missing or no folder, anything in it cannot be read or sent, or it is too large.
pub fn plan(folder: &Path, limit_bytes: u64) -> Result<Snapshot, SnapshotError> {
    let root = walk::open(folder)?;
    let entries = walk::entries(folder, &root, limit_bytes)?;
    let mut digesting = Digesting::new(io::sink());
    archive::write(&root, &entries, &mut digesting)?;
    let (digest, len) = digesting.finish();
    Ok(Snapshot { root, entries, digest, len })
}

impl Snapshot {
    /// The identity of the snapshot: `sha256:` and the digest of the archive's bytes in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The length of the archive in bytes; never zero.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "the archive of an empty folder has bytes too")]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Reads the folder again and writes the archive, the same bytes as those of the digest. Blocks; writes
    /// pieces of up to 256 KiB.
    ///
    /// # Errors
    ///
    /// Where the folder has changed since [`plan`] (`out` has then had a part of an archive, or one of another
    /// digest), anything in it cannot be read, or `out` takes no more.
    pub fn write_to(&self, out: impl Write) -> Result<(), SnapshotError> {
        let mut digesting = Digesting::new(out);
        archive::write(&self.root, &self.entries, &mut digesting)?;
        digesting.flush().map_err(SnapshotError::Send)?;
        let (digest, _) = digesting.finish();
        if digest == self.digest { Ok(()) } else { Err(SnapshotError::FolderChanged { folder: self.root.clone() }) }
    }
}

#[cfg(test)]
mod tests;
