//! Files that were written to a volume and are still only in the cache of whoever served it. So far that is rclone's,
//! which keeps a small JSON file for each, with `Dirty` where it was not uploaded.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

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
pub fn files(cache: &Path) -> Vec<PathBuf> {
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

/// These files in a few words; `None` where there are none.
#[must_use]
pub fn shown(files: &[PathBuf]) -> Option<String> {
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
