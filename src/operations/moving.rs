//! A data directory that was moved while no server ran: the paths that jobs remember follow it.
//!
//! Called once, before anything else looks at jobs. Nodes see to their own (`engine/local/nodes.rs`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::store::{Store, StoreError, Window};

/// Jobs that are read at a time.
const PAGE: u32 = 500;

/// Makes sure that the output of jobs is looked for in the data directory `here`, an absolute path. `note` is the file in
/// it that says where it was when a server last ran there; it says so afterwards.
///
/// # Errors
/// When the file or the store cannot be read or written; the next call begins again.
pub fn follow(store: &Store, note: &Path, here: &Path) -> io::Result<()> {
    let before = match fs::read_to_string(note) {
        Ok(text) => Some(PathBuf::from(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if before.as_deref() == Some(here) {
        return Ok(());
    }
    if let Some(before) = before {
        tracing::info!(from = %before.display(), to = %here.display(), "the data directory was moved");
        move_jobs(store, before, here.to_owned()).map_err(io::Error::other)?;
    }
    let beside = note.with_extension("new");
    fs::write(&beside, here.as_os_str().as_encoded_bytes())?;
    fs::rename(beside, note)
}

fn move_jobs(store: &Store, before: PathBuf, here: PathBuf) -> Result<(), StoreError> {
    store.write_blocking(move |tx| {
        let mut after = 0;
        loop {
            let page = tx.all_jobs(Window { after, limit: PAGE })?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.number;
            for mut job in page {
                let mut is_moved = false;
                for directory in &mut job.value.directories {
                    if let Some(path) = moved(&directory.path, &before, &here) {
                        (directory.path, is_moved) = (path, true);
                    }
                }
                if is_moved {
                    tx.update_job(job.number, &job.value)?;
                }
            }
        }
    })
}

/// Where something is that was at `path`; `None` when it is there still. A path that was moved before is left alone.
fn moved(path: &str, before: &Path, here: &Path) -> Option<String> {
    let path = Path::new(path);
    if path.starts_with(here) && !before.starts_with(here) {
        return None;
    }
    let rest = path.strip_prefix(before).ok()?;
    Some(here.join(rest).to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lay_in_the_data_directory_is_found_where_that_is_now_and_nothing_else_moves() {
        let moved = |path, before: &str, here: &str| moved(path, Path::new(before), Path::new(here));
        assert_eq!(moved("/a/output/x", "/a", "/b").as_deref(), Some("/b/output/x"));
        assert_eq!(moved("/ab/output", "/a", "/b"), None);
        assert_eq!(moved("/mnt/output", "/a", "/b"), None);
        assert_eq!(moved("/a/output", "/a", "/a/b").as_deref(), Some("/a/b/output"));
        assert_eq!(moved("/a/b/output", "/a", "/a/b"), None, "a second time changes nothing");
        assert_eq!(moved("/a/b/output", "/a/b", "/a").as_deref(), Some("/a/output"));
    }
}
