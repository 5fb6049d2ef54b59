//! Files that were written to a volume and are still only in the cache of whoever served it. So far that is rclone's,
//! which keeps a small JSON file for each, with `Dirty` where it was not uploaded.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::run_dir::{Launch, LaunchMount, MountHow, MountProgram};

/// So many are named.
const MOST_NAMED: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    #[serde(default)]
    dirty: bool,
}

/// The files that a cache holds and the far end does not, by their paths, in order. What cannot be read counts as
/// nothing.
#[must_use]
fn files(cache: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(&cache.join("vfsMeta"), Path::new(""), &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, inside: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, inside) = (entry.path(), inside.join(entry.file_name()));
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&path, &inside, found),
            Ok(kind) if kind.is_file() && is_dirty(&path) => found.push(inside),
            Ok(_) | Err(_) => {}
        }
    }
}

fn is_dirty(path: &Path) -> bool {
    fs::read(path).is_ok_and(|text| serde_json::from_slice::<Meta>(&text).is_ok_and(|meta| meta.dirty))
}

/// Takes away what the program of a volume has kept for itself, when it has ended; where that is the only copy of a file,
/// it is moved away instead.
///
/// # Errors
/// A sentence that names files which were written to the volume and have not reached it, or says what stayed.
pub fn tidy(mount: &LaunchMount, run: &str) -> Result<(), String> {
    let MountHow::Program(MountProgram { cache: Some(cache), kept_in, .. }) = &mount.how else { return Ok(()) };
    if let Some(names) = shown(&files(cache)) {
        let path = mount.path.display();
        let kept = kept_in.as_ref().map_or_else(|| Ok(cache.clone()), |folder| keep(cache, &folder.join(run)));
        return Err(match kept {
            Ok(kept) => format!(
                "cannot store what was written to {path}: {names} did not get there, and stays below {}: copy it by \
                 hand, then remove that folder",
                kept.display()
            ),
            Err(error) => format!(
                "cannot store what was written to {path}: {names} did not get there, and cannot be moved from {}: {error}",
                cache.display()
            ),
        });
    }
    match fs::remove_dir_all(cache) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", cache.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The same for all volumes of a run whose supervisor could not do it; a sentence for each that had something to say.
#[must_use]
pub fn tidy_all(launch: &Launch) -> Vec<String> {
    let mounts = launch.nodes.iter().flat_map(|node| &node.mounts);
    mounts.filter_map(|mount| tidy(mount, &launch.run).err()).collect()
}

/// Moves a cache into a folder of its run, which nobody else reads; answers where it is.
fn keep(cache: &Path, folder: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let kept = folder.join(cache.file_name().unwrap_or_default());
    fs::rename(cache, &kept)?;
    Ok(kept)
}

/// These files in a few words; `None` where there are none.
#[must_use]
fn shown(files: &[PathBuf]) -> Option<String> {
    let names: Vec<String> = files.iter().take(MOST_NAMED).map(|path| path.display().to_string()).collect();
    match (files.len(), names.len()) {
        (0, _) => None,
        (all, named) if all > named => Some(format!("{} and {} more", names.join(", "), all - named)),
        _ => Some(names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_not_uploaded_is_named() {
        let cache = tempfile::tempdir().expect("a folder");
        let meta = cache.path().join("vfsMeta/remote/models");
        fs::create_dir_all(&meta).expect("a folder");
        fs::write(meta.join("a.bin"), r#"{"Size": 1, "Dirty": true}"#).expect("a file");
        fs::write(meta.join("b.bin"), r#"{"Size": 1, "Dirty": false}"#).expect("a file");
        fs::write(meta.join("torn"), "{").expect("a file");
        assert_eq!(files(cache.path()), [PathBuf::from("remote/models/a.bin")]);
        assert!(files(Path::new("/nowhere")).is_empty());
        let many: Vec<PathBuf> = (0..7).map(|number| format!("f{number}").into()).collect();
        assert_eq!(shown(&many).as_deref(), Some("f0, f1, f2, f3, f4 and 2 more"));
        assert_eq!((shown(&many[..1]).as_deref(), shown(&[])), (Some("f0"), None));
    }
}
