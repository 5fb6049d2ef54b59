//! What is in a code folder, without reading any content.

use std::io;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::largest::largest;
use super::link::target_inside;
use super::{Entry, Kind, SnapshotError};

/// Our own ignore file; the form is that of `.gitignore`.
const IGNORE_FILE: &str = ".batchaiignore";

/// How many entries are looked at after the limit is reached, only to name the largest ones. Bounds the wait of
/// someone who gave their home directory.
const LOOK_ON: usize = 100_000;

/// The real path of the folder.
pub fn open(folder: &Path) -> Result<PathBuf, SnapshotError> {
    let root = folder.canonicalize().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => SnapshotError::Missing { folder: folder.to_owned() },
        io::ErrorKind::NotADirectory => SnapshotError::NotAFolder { folder: folder.to_owned() },
        _ => SnapshotError::Read { path: folder.to_owned(), source },
    })?;
    if root.is_dir() { Ok(root) } else { Err(SnapshotError::NotAFolder { folder: folder.to_owned() }) }
}

/// Every entry that is to be sent, directories before what is in them, names in the order of their bytes.
pub fn entries(folder: &Path, root: &Path, limit: u64) -> Result<Vec<Entry>, SnapshotError> {
    let (mut entries, mut total, mut looked_on) = (Vec::new(), 0_u64, 0);
    let repository = root.ancestors().find(|path| path.join(".git").exists());
    for found in walk(root, repository) {
        let found = match found {
            Ok(found) => found,
            // Only errors of rules above the folder have no depth, and the walk reads those rules also where they
            // do not count.
            Err(error) if error.depth().is_none() => match repository {
                Some(top) if concerns(&error, top) => return Err(bad_rule(folder, error)),
                Some(_) | None => continue,
            },
            Err(source) => return Err(SnapshotError::List { folder: folder.to_owned(), source }),
        };
        if let Some(source) = found.error() {
            return Err(bad_rule(folder, source.clone()));
        }
        if found.depth() == 0 {
            continue;
        }
        let entry = entry(root, &found)?;
        if let Kind::File { len, .. } = entry.kind {
            total = total.saturating_add(len);
        }
        entries.push(entry);
        looked_on += usize::from(total > limit);
        if looked_on > LOOK_ON {
            break;
        }
    }
    if total > limit {
        let largest = largest(&entries);
        return Err(SnapshotError::TooLarge { folder: folder.to_owned(), total, limit, largest });
    }
    Ok(entries)
}

fn bad_rule(folder: &Path, source: ignore::Error) -> SnapshotError {
    SnapshotError::IgnoreRule { folder: folder.to_owned(), source }
}

/// Whether an error is about an ignore file in or below the directory `top`.
fn concerns(error: &ignore::Error, top: &Path) -> bool {
    match error {
        ignore::Error::Partial(errors) => errors.iter().any(|error| concerns(error, top)),
        ignore::Error::WithPath { path, .. } => path.starts_with(top),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => concerns(err, top),
        _ => false,
    }
}

fn walk(root: &Path, repository: Option<&Path>) -> ignore::Walk {
    WalkBuilder::new(root)
        .standard_filters(false)
        .git_ignore(true)
        .add_custom_ignore_filename(IGNORE_FILE)
        // With this set, rules end at the border of a repository; without, they hold where there is none.
        .require_git(repository.is_some())
        .parents(repository.is_some_and(|repository| repository != root))
        .filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git")
        .sort_by_file_name(|a, b| a.as_encoded_bytes().cmp(b.as_encoded_bytes()))
        .build()
}

fn entry(root: &Path, found: &DirEntry) -> Result<Entry, SnapshotError> {
    let full = found.path();
    let unreadable = |source| SnapshotError::Read { path: full.to_owned(), source };
    let path = full.strip_prefix(root).expect("the walk stays below its root").to_owned();
    let metadata = full.symlink_metadata().map_err(unreadable)?;
    let kind = if metadata.is_dir() {
        Kind::Directory
    } else if metadata.is_file() {
        Kind::File { len: metadata.len(), executable: is_executable(&metadata) }
    } else if metadata.is_symlink() {
        let target = full.read_link().map_err(unreadable)?;
        match target_inside(root, &path, &target) {
            Some(target) => Kind::Link { target },
            None => return Err(SnapshotError::LinkOutside { path: full.to_owned(), target }),
        }
    } else {
        return Err(SnapshotError::Special { path: full.to_owned(), kind: special(metadata.file_type()) });
    };
    Ok(Entry { path, kind })
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn special(kind: std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_socket() {
        "socket"
    } else if kind.is_fifo() {
        "named pipe"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn special(_: std::fs::FileType) -> &'static str {
    "device"
}
