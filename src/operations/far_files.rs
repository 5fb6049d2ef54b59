//! Files of jobs that lie where no directory of this machine is: asked for through the engine, on threads that may block.
//!
//! Called by [`super::files`], [`super::downloads`] and [`super::follow`].

use std::io::{self, Read};
use std::ops::Range;

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::files::{FileEntry, leaves};
use super::{Context, OperationError};
use crate::domain::Timestamp;
use crate::domain::job::FarDirectory;
use crate::domain::mount::relative_path;
use crate::engine::EngineError;
use crate::engine::far::{self, FarBytes};

/// So many folders are listed at once.
static ROOM: Semaphore = Semaphore::const_new(8);

/// Bytes per read.
const CHUNK: usize = 256 * 1024;

/// The entries of one folder, by name.
pub(super) async fn list(
    context: &Context,
    directory: &FarDirectory,
    path: &str,
) -> Result<Vec<FileEntry>, OperationError> {
    let folder = match path {
        "" | "." | "./" | "/" => String::new(),
        path => relative_path(path).ok_or_else(|| leaves(path))?,
    };
    let (engine, directory) = (context.engine.clone(), directory.clone());
    // Each is a program of its own, and whoever may read can ask for any number.
    let _room = ROOM.acquire().await;
    let listed = blocking(move || engine.list_far(&directory, &folder)).await?;
    Ok(listed.into_iter().map(|entry| FileEntry { name: entry.name, path: None, file: entry.file }).collect())
}

/// Length and last change of a file; `None` when it is not there.
pub(super) async fn look(
    context: &Context,
    directory: &FarDirectory,
    path: &str,
) -> Result<Option<(u64, Timestamp)>, OperationError> {
    let path = relative_path(path).ok_or_else(|| leaves(path))?;
    let (folder, name) = far::split(&path);
    let entries = list(context, directory, folder).await?;
    Ok(entries.into_iter().find(|entry| entry.name == name).and_then(|entry| entry.file))
}

/// These bytes of a file that is there. One that has fewer by now is an error in the middle.
pub(super) fn bytes(
    context: &Context,
    directory: &FarDirectory,
    path: &str,
    range: Range<u64>,
) -> impl Stream<Item = io::Result<Bytes>> + use<> {
    let (engine, directory, path) = (context.engine.clone(), directory.clone(), path.to_owned());
    let state: (Option<FarBytes>, Range<u64>) = (None, range);
    futures_util::stream::try_unfold(state, move |(reader, range)| {
        let (engine, directory, path) = (engine.clone(), directory.clone(), path.clone());
        async move {
            if range.is_empty() {
                return Ok(None);
            }
            let read = spawn_blocking(move || {
                let mut reader = match reader {
                    Some(reader) => reader,
                    None => engine.read_far(&directory, &path, range.clone()).map_err(io::Error::other)?,
                };
                let chunk = next(&mut reader, &range)?;
                let rest = range.start + chunk.len() as u64..range.end;
                Ok::<_, io::Error>(Some((chunk, (Some(reader), rest))))
            });
            read.await.map_err(io::Error::other)?
        }
    })
}

fn next(reader: &mut FarBytes, range: &Range<u64>) -> io::Result<Bytes> {
    let left = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let mut buffer = vec![0; CHUNK.min(left)];
    let length = reader.read(&mut buffer)?;
    if length == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file could not be read to its end"));
    }
    buffer.truncate(length);
    Ok(buffer.into())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, OperationError> {
    match spawn_blocking(work).await {
        Ok(answer) => Ok(answer?),
        Err(error) => Err(EngineError::Failed { action: "read files".into(), source: io::Error::other(error) }.into()),
    }
}
