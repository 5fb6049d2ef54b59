//! What lies in a share or container: one level or all of them, a part at a time.
//!
//! Directories come before what is in them, names in the order of their bytes. A part begins behind the path that the
//! one before ended with, so that what appears or goes meanwhile changes nothing about the rest.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{failed, find, is_nowhere, no_file, root};
use crate::domain::Timestamp;
use crate::domain::volume::{VolumeKey, stored_path};
use crate::engine::storage::is_incoming;
use crate::operations::{Context, OperationError};

/// A file or directory of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// From the root of the volume.
    pub path: String,
    /// `None` for a directory.
    pub file: Option<StoredFile>,
}

/// What there is to know of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredFile {
    /// In bytes.
    pub size: u64,
    /// Its last change.
    pub modified: Timestamp,
    /// Whether its owner may run it.
    pub is_executable: bool,
}

/// What is asked of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Which volume.
    pub volume: VolumeKey,
    /// A directory of it, or a file, which then is all there is; empty for the whole volume.
    pub path: String,
    /// Whether directories are gone into.
    pub is_recursive: bool,
    /// The path behind which the part begins; `None` for the first one.
    pub after: Option<String>,
    /// How many entries there are at most.
    pub limit: usize,
}

/// A part, and the path behind which the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPage {
    /// In order.
    pub entries: Vec<StoredEntry>,
    /// `None` on the last one.
    pub next: Option<String>,
}

/// A part of what lies in a volume. Links that lead out of it, or nowhere, are not shown, nor
/// are pipes and the like; links to directories are shown as what they lead to, and are not gone into.
///
/// # Errors
/// When the volume or the path is not there, the path leads out of it, or something cannot be read.
pub fn list(context: &Context, wish: &Wish) -> Result<StoredPage, OperationError> {
    let root = root(context, &wish.volume)?;
    let folder = find(&root, &wish.path)?.ok_or_else(|| no_file(&wish.volume, &wish.path))?;
    let path = stored_path(&wish.path).unwrap_or_default();
    let mut walk =
        Walk { root: &root, is_recursive: wish.is_recursive, limit: wish.limit.saturating_add(1), found: Vec::new() };
    if folder.is_dir() {
        let after = wish.after.as_deref().and_then(|after| below(after, &path));
        walk.directory(&folder, &path, &after.unwrap_or_default()).map_err(failed("read", &folder))?;
    } else if wish.after.is_none() {
        walk.found.extend(described(&root, &root.join(&path), &path));
    }
    let mut entries = walk.found;
    let more = entries.len() > wish.limit;
    entries.truncate(wish.limit);
    let next = entries.last().filter(|_| more).map(|last| last.path.clone());
    Ok(StoredPage { entries, next })
}

/// The parts of a path below a directory.
fn below<'p>(path: &'p str, directory: &str) -> Option<Vec<&'p str>> {
    let rest = if directory.is_empty() { path } else { path.strip_prefix(directory)?.strip_prefix('/')? };
    Some(rest.split('/').collect())
}

struct Walk<'w> {
    root: &'w Path,
    is_recursive: bool,
    limit: usize,
    found: Vec<StoredEntry>,
}

impl Walk<'_> {
    /// What is in `folder`, at `path`, behind the entry that `after` leads to.
    fn directory(&mut self, folder: &Path, path: &str, after: &[&str]) -> io::Result<()> {
        let (first, rest) = after.split_first().map_or(("", after), |(first, rest)| (*first, rest));
        for name in names(folder)? {
            if self.found.len() >= self.limit {
                return Ok(());
            }
            if name.as_str() < first {
                continue;
            }
            let is_known = name == first;
            let (full, path) = (folder.join(&name), joined(path, &name));
            let Some(entry) = described(self.root, &full, &path).filter(|_| !is_incoming(&path)) else { continue };
            let is_folder = entry.file.is_none() && !full.is_symlink();
            if !is_known {
                self.found.push(entry);
            }
            if self.is_recursive && is_folder {
                self.gone_into(&full, &path, if is_known { rest } else { &[] })?;
            }
        }
        Ok(())
    }

    /// A directory that went away meanwhile, or that its maker closed, has nothing in it.
    fn gone_into(&mut self, folder: &Path, path: &str, after: &[&str]) -> io::Result<()> {
        match self.directory(folder, path, after) {
            Err(error) if is_nowhere(&error) || error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            result => result,
        }
    }
}

/// In the order of their bytes. Names that are no text cannot be asked for, and are left out.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort_unstable();
    Ok(names)
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

/// `None` for what went away meanwhile, for links that lead out of the volume, and for pipes and the like.
fn described(root: &Path, full: &Path, path: &str) -> Option<StoredEntry> {
    let metadata = full.symlink_metadata().ok()?;
    let metadata = if metadata.is_symlink() {
        let real: PathBuf = full.canonicalize().ok().filter(|real| real.starts_with(root))?;
        real.metadata().ok()?
    } else {
        metadata
    };
    if !metadata.is_file() && !metadata.is_dir() {
        return None;
    }
    let file = StoredFile {
        size: metadata.len(),
        modified: metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or_default(),
        is_executable: metadata.permissions().mode() & 0o100 != 0,
    };
    Some(StoredEntry { path: path.to_owned(), file: (!metadata.is_dir()).then_some(file) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(root: &Path, after: &str, limit: usize) -> Vec<String> {
        let mut walk = Walk { root, is_recursive: true, limit, found: Vec::new() };
        let after = below(after, "").filter(|_| !after.is_empty()).unwrap_or_default();
        walk.directory(root, "", &after).expect("a folder");
        walk.found.into_iter().map(|entry| entry.path).collect()
    }

    #[test]
    fn parts_of_a_list_put_together_are_the_whole_list_however_small_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path");
        for file in ["a/b/1", "a/b/2", "a/c", "a-", "ab", "b/ü x", "b/-z", "z"] {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
            std::fs::write(path, file).expect("a file");
        }
        std::fs::create_dir(root.join("empty")).expect("a folder");
        let all = walked(&root, "", usize::MAX);
        let expected =
            ["a", "a/b", "a/b/1", "a/b/2", "a/c", "a-", "ab", "b", "b/-z", "b/ü x", "empty", "z"].map(String::from);
        assert_eq!(all, expected);
        for size in 1..=all.len() {
            let (mut found, mut after) = (Vec::new(), String::new());
            loop {
                let part = walked(&root, &after, size);
                let Some(last) = part.last() else { break };
                after.clone_from(last);
                found.extend(part);
            }
            assert_eq!(found, all, "parts of {size}");
        }
        // What went away meanwhile is no reason to begin anew.
        assert_eq!(walked(&root, "a/b/0-gone", 2), ["a/b/1", "a/b/2"]);
        assert_eq!(walked(&root, "c/gone", 9), ["empty", "z"]);
    }

    #[test]
    fn links_that_lead_out_or_in_circles_are_harmless() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path").join("root");
        std::fs::create_dir_all(root.join("d")).expect("folders");
        std::fs::write(root.join("d/f"), "x").expect("a file");
        for (target, name) in [("/etc/passwd", "out"), ("..", "up"), ("d", "near"), ("loop", "loop"), ("gone", "gone")]
        {
            std::os::unix::fs::symlink(target, root.join(name)).expect("a link");
        }
        std::os::unix::fs::symlink("..", root.join("d/again")).expect("a link");
        assert_eq!(walked(&root, "", 99), ["d", "d/again", "d/f", "near"]);
    }
}
