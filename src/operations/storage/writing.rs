//! Keeping files that are sent. A file is written where nobody sees it, reaches the disk, and is renamed to its place:
//! no half of it is ever there, and of two at once the one that is whole last stays.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::{failed, find, invalid, relative, root};
use crate::domain::volume::{VolumeKey, new_path};
use crate::engine::storage::VolumePlace;
use crate::operations::{Context, OperationError};

/// So much is written at once: an upload that waits for its client holds no thread, and little memory.
const AT_ONCE: usize = 1 << 20;

/// A file that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// The volume.
    pub volume: VolumeKey,
    /// From its root.
    pub path: String,
    /// Whether it can be run.
    pub is_executable: bool,
}

/// Keeps a file, in place of the one of that name; folders above it are made. Says whether one was there.
///
/// # Errors
/// When the volume is not there, the path leads out of it or is that of a folder, the content breaks off, or the disk
/// refuses: nothing is left of it then.
pub async fn put<E: std::fmt::Display>(
    context: &Context,
    new: NewFile,
    content: impl Stream<Item = Result<Bytes, E>>,
) -> Result<bool, OperationError> {
    let context = context.clone();
    let (arriving, file) = blocking(move || begin(&context, &new)).await?;
    take_in(arriving, file, content).await
}

async fn take_in<E: std::fmt::Display>(
    mut arriving: Arriving,
    mut file: File,
    content: impl Stream<Item = Result<Bytes, E>>,
) -> Result<bool, OperationError> {
    let mut content = std::pin::pin!(content);
    let mut waiting = Vec::new();
    // Without an end it is not whole, whatever else came: whoever sent it may have gone, and we with it.
    while let Some(piece) = content.next().await {
        waiting.extend_from_slice(&piece.map_err(|error| OperationError::Upload(error.to_string()))?);
        if waiting.len() >= AT_ONCE {
            let bytes = std::mem::take(&mut waiting);
            (arriving, file) = blocking(move || arriving.write(file, &bytes)).await?;
        }
    }
    blocking(move || {
        let (arriving, file) = arriving.write(file, &waiting)?;
        file.sync_all().map_err(failed("write", &arriving.beside))?;
        place(&arriving.root, &arriving.path, &arriving.beside)
    })
    .await
}

/// Disks take their time, and those of a network for ever when it is gone.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OperationError> + Send + 'static,
) -> Result<T, OperationError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(OperationError::Upload(error.to_string())))
}

/// A file that is on its way. Dropping it takes away what is not at its place.
struct Arriving {
    root: PathBuf,
    path: String,
    beside: PathBuf,
    /// The folder that it waits in, when that lies in the volume: jobs would see it, and it stays while others need it.
    inside: Option<PathBuf>,
}

impl Arriving {
    fn write(self, mut file: File, bytes: &[u8]) -> Result<(Self, File), OperationError> {
        file.write_all(bytes).map_err(failed("write", &self.beside))?;
        Ok((self, file))
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.beside);
        if let Some(inside) = &self.inside {
            sweep(inside);
            let _ = std::fs::remove_dir(inside);
        }
    }
}

fn begin(context: &Context, new: &NewFile) -> Result<(Arriving, File), OperationError> {
    let root = root(context, &new.volume)?;
    let path = new_path(&new.path).map_err(|why| invalid(&new.path, &why))?;
    relative(&path)?;
    ensure_free(&root, &path)?;
    let VolumePlace::Here { incoming, is_own, .. } = context.engine.volume_place(&new.volume) else {
        return Err(OperationError::NoVolume(new.volume.clone()));
    };
    if incoming.is_symlink() {
        return Err(invalid(
            &new.path,
            "cannot be kept: somebody made a link of where files wait that are on their way",
        ));
    }
    let beside = incoming.join((context.new_id)());
    let arriving = Arriving { root, path, beside, inside: (!is_own).then_some(incoming) };
    let file = create(&arriving.beside, if new.is_executable { 0o777 } else { 0o666 });
    let file = file.map_err(failed("write", &arriving.beside))?;
    Ok((arriving, file))
}

/// How often a folder is made that somebody else takes away because it is empty.
const TRIES: u32 = 100;

fn create(path: &Path, mode: u32) -> io::Result<File> {
    let mut tries = 0;
    loop {
        match OpenOptions::new().write(true).create_new(true).mode(mode).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < TRIES => {
                let folder = path.parent().unwrap_or(Path::new("/"));
                std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
                tries += 1;
            }
            opened => return opened,
        }
    }
}

/// What is so old in a volume was left by a server that was killed: no upload pauses for so long.
const LEFT: Duration = Duration::from_secs(24 * 60 * 60);

fn sweep(incoming: &Path) {
    for entry in std::fs::read_dir(incoming).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        if modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT)) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Renames what is whole to its place, which is looked for only now: folders come and go while files are sent.
fn place(root: &Path, path: &str, beside: &Path) -> Result<bool, OperationError> {
    ensure_free(root, path)?;
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = made(root, above)?;
    let target = folder.join(name);
    let was_there = target.symlink_metadata().is_ok();
    std::fs::rename(beside, &target).map_err(failed("write", &target))?;
    let synced = File::open(&folder).and_then(|folder| folder.sync_all());
    synced.map_err(failed("write", &target))?;
    Ok(was_there)
}

/// Refuses a path where a folder is, or that takes a file for one.
fn ensure_free(root: &Path, path: &str) -> Result<(), OperationError> {
    for (at, _) in path.match_indices('/') {
        match find(root, &path[..at])? {
            Some(real) if !real.is_dir() => {
                return Err(invalid(path, &format!("leads through `{}`, a file", &path[..at])));
            }
            Some(_) => {}
            None => return Ok(()),
        }
    }
    match root.join(path).symlink_metadata() {
        Ok(there) if there.is_dir() => Err(invalid(path, "is that of a folder")),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The real folder at `path`, made as far as it is not there. Links are followed as long as they stay inside.
fn made(root: &Path, path: &str) -> Result<PathBuf, OperationError> {
    let mut folder = root.to_owned();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let next = folder.join(part);
        match std::fs::create_dir(&next) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(failed("make", &next)(source)),
        }
        folder = next.canonicalize().map_err(failed("make", &next))?;
        if !folder.starts_with(root) {
            return Err(invalid(path, "leads out of the volume by a link"));
        }
    }
    Ok(folder)
}

/// Removes what a killed server left of files that were on their way. Called once, before the first request.
pub fn tidy(context: &Context) {
    let Ok(entries) = std::fs::read_dir(context.engine.incoming()) else { return };
    for entry in entries.flatten() {
        if let Err(error) = std::fs::remove_file(entry.path()) {
            tracing::warn!("cannot remove {}, which nobody needs: {error}", entry.path().display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_sends_nothing_more_holds_up_nobody_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path");
        let beside = root.join("beside");
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().expect("a runtime");
        runtime.block_on(async {
            let file = create(&beside, 0o600).expect("a file");
            let arriving = Arriving { root: root.clone(), path: "f".into(), beside: beside.clone(), inside: None };
            let begun = futures_util::stream::iter([Ok::<_, io::Error>(Bytes::from(vec![0; AT_ONCE]))]);
            let upload = tokio::spawn(take_in(arriving, file, begun.chain(futures_util::stream::pending())));
            while std::fs::metadata(&beside).expect("it waits").len() == 0 {
                tokio::task::yield_now().await;
            }
            assert_eq!(blocking(|| Ok(1)).await.expect("the only thread is free"), 1);
            upload.abort();
            assert!(upload.await.is_err_and(|error| error.is_cancelled()));
        });
        assert!(!beside.exists() && !root.join("f").exists());
    }

    #[test]
    fn a_file_takes_its_place_and_never_leaves_its_root() {
        let folder = tempfile::tempdir().expect("a folder");
        let base = folder.path().canonicalize().expect("a path");
        let (root, outside) = (base.join("root"), base.join("outside"));
        std::fs::create_dir_all(root.join("d")).expect("folders");
        std::fs::create_dir(&outside).expect("a folder");
        std::fs::write(outside.join("f"), "kept").expect("a file");
        for (target, name) in [(outside.as_path(), "out"), (Path::new("d"), "near")] {
            std::os::unix::fs::symlink(target, root.join(name)).expect("a link");
        }
        std::os::unix::fs::symlink(outside.join("f"), root.join("link")).expect("a link");
        let put = |path: &str| {
            let beside = base.join("beside");
            std::fs::write(&beside, "new").expect("a file");
            place(&root, path, &beside).map_err(|error| error.to_string())
        };
        assert_eq!(put("a/b/c"), Ok(false));
        assert_eq!(put("a/b/c"), Ok(true));
        assert_eq!(put("near/f"), Ok(false));
        assert!(root.join("d/f").is_file());
        // The link goes; what it led to stays.
        assert_eq!(put("link"), Ok(true));
        assert_eq!(std::fs::read_to_string(outside.join("f")).expect("a file"), "kept");
        for (path, why) in [("out/f", "leads out"), ("d", "is that of a folder"), ("a/b/c/d", "a file")] {
            let error = put(path).expect_err("refused");
            assert!(error.contains(why), "{path}: {error}");
        }
    }
}
