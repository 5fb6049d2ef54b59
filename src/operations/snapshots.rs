//! Code snapshots: what a user's folder contained when a job was submitted, by content.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::{Context, OperationError};
use crate::domain::snapshot::SnapshotId;
use crate::store::StoreError;

/// The largest archive that is taken, in bytes: 4 GiB. Clients have a lower limit of their own, about which
/// a user can do something.
pub const LIMIT: u64 = 4 << 30;

/// Whether the archive is there.
#[must_use]
pub fn exists(context: &Context, id: &SnapshotId) -> bool {
    context.engine.snapshot_archive(id).exists()
}

/// Keeps an archive. It appears under its name only when it is whole, on disk, and has the digest it is
/// named after.
///
/// # Errors
/// When the content is another, too large, breaks off, or cannot be written; nothing is left then.
pub async fn put<E: std::fmt::Display>(
    context: &Context,
    id: &SnapshotId,
    content: impl Stream<Item = Result<Bytes, E>>,
) -> Result<(), OperationError> {
    let archive = context.engine.snapshot_archive(id);
    let beside = archive.with_extension(format!("{}.new", (context.new_id)()));
    let result = match receive(&beside, id, content).await {
        Ok(()) => tokio::fs::rename(&beside, &archive).await.map_err(failed("keep", &archive)),
        Err(error) => Err(error),
    };
    if result.is_err() {
        let _ = tokio::fs::remove_file(&beside).await;
    }
    result
}

async fn receive<E: std::fmt::Display>(
    path: &Path,
    id: &SnapshotId,
    content: impl Stream<Item = Result<Bytes, E>>,
) -> Result<(), OperationError> {
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(failed("make", folder))?;
    }
    let mut file = tokio::fs::File::create(path).await.map_err(failed("make", path))?;
    let (mut hasher, mut length) = (Sha256::new(), 0_u64);
    let mut content = std::pin::pin!(content);
    while let Some(chunk) = content.next().await {
        let chunk = chunk.map_err(|error| OperationError::Upload(error.to_string()))?;
        length += chunk.len() as u64;
        if length > LIMIT {
            return Err(OperationError::SnapshotTooLarge { limit: LIMIT });
        }
        hasher.update(&chunk);
        file.write_all(&chunk).await.map_err(failed("write", path))?;
    }
    file.flush().await.map_err(failed("write", path))?;
    file.sync_all().await.map_err(failed("sync", path))?;
    let digest: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if digest != id.hex() {
        let found = format!("sha256:{digest}");
        return Err(OperationError::WrongDigest { expected: id.to_string(), found });
    }
    Ok(())
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> OperationError {
    let path: PathBuf = path.to_owned();
    move |source| OperationError::File { action, path, source }
}

/// How long an archive that no job uses is kept: its job may be about to be submitted.
const UNUSED: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes what a killed server or client left: uploads that broke off, and archives that no job came to
/// use. Called once, before the first request.
pub fn tidy(context: &Context) {
    let Ok(entries) = std::fs::read_dir(context.engine.snapshot_folder()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let is_old = modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > UNUSED));
        let is_unused = |hex| {
            let used: Result<bool, StoreError> = context.store.read(|reader| reader.is_snapshot_used(hex));
            used.is_ok_and(|used| !used)
        };
        let is_left = match name.strip_suffix(".tar") {
            Some(hex) => is_old && is_unused(hex),
            None => true,
        };
        if is_left && let Err(error) = std::fs::remove_file(entry.path()) {
            tracing::warn!("cannot remove {}, which nobody needs: {error}", entry.path().display());
        }
    }
}
