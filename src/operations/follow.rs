//! Following a file of a job: its bytes from an offset, as they are written, until the job has ended and the
//! last byte was sent.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::future::Either;

use super::watch::Watcher;
use super::{Context, OperationError, far_files, files, jobs};
use crate::domain::job::{FarDirectory, Job};
use crate::domain::name::JobKey;
use crate::store::StoreError;

/// Bytes per read: large enough for 1 GB/s, small enough for 200 followers.
const CHUNK: usize = 256 * 1024;

/// What to follow.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The job.
    pub job: JobKey,
    /// `stdouterr`, or the id of an output directory.
    pub directory: String,
    /// Relative to it.
    pub path: String,
    /// The first byte to send.
    pub offset: u64,
}

/// The bytes of a file that is there, up to its end of now.
///
/// # Errors
/// When the job or the file is not there or cannot be read.
pub async fn read(
    context: &Context,
    wish: &Wish,
) -> Result<impl Stream<Item = io::Result<Bytes>> + use<>, OperationError> {
    let job = context.store.read(|reader| jobs::find(reader, &wish.job))?.value;
    if let Some(directory) = files::far(&job, &wish.directory) {
        return Ok(Either::Right(far(context, directory, wish).await?));
    }
    let file = match files::locate(&job, &wish.directory, &wish.path)? {
        None => None,
        Some(path) => open(path)?,
    };
    let file = file.ok_or_else(|| no_file(wish))?;
    Ok(Either::Left(futures_util::stream::try_unfold(wish.offset, move |offset| {
        let file = file.clone();
        async move {
            let chunk = read_chunk(file, offset).await?;
            Ok((!chunk.is_empty()).then(|| {
                let next = offset + chunk.len() as u64;
                (chunk, next)
            }))
        }
    })))
}

/// A file on a volume that a program mounts, as it is now.
async fn far(
    context: &Context,
    directory: &FarDirectory,
    wish: &Wish,
) -> Result<impl Stream<Item = io::Result<Bytes>> + use<>, OperationError> {
    let seen = far_files::look(context, directory, &wish.path).await?;
    let (length, _) = seen.ok_or_else(|| no_file(wish))?;
    Ok(far_files::bytes(context, directory, &wish.path, wish.offset.min(length)..length))
}

/// The bytes of a file as they are written. Returns when the file is there; the stream ends after the last
/// byte of a job that has ended.
///
/// # Errors
/// When the job is not there, ends without having made the file, or the file cannot be read.
pub async fn follow(
    context: &Context,
    wish: &Wish,
) -> Result<impl Stream<Item = io::Result<Bytes>> + use<>, OperationError> {
    if let Some(directory) = ended_far(context, wish).await? {
        return Ok(Either::Right(far(context, &directory, wish).await?));
    }
    let follower = Follower::start(context.clone(), wish).await?;
    Ok(Either::Left(futures_util::stream::try_unfold(follower, |mut follower| async move {
        let chunk = follower.next().await?;
        Ok((!chunk.is_empty()).then_some((chunk, follower)))
    })))
}

/// Where the file is, when a program mounts its volume: such a file is whole only when the job has closed it, so that
/// the end of the job is waited for (azure-docs `batch-ai`: streaming works on file shares only). `None`: it is near.
async fn ended_far(context: &Context, wish: &Wish) -> Result<Option<FarDirectory>, OperationError> {
    let mut changes = context.store.changes();
    loop {
        changes.mark_unchanged();
        let job = context.store.read(|reader| jobs::find(reader, &wish.job))?.value;
        let is_ended = job.execution().is_ended();
        match files::far(&job, &wish.directory) {
            Some(directory) if is_ended => return Ok(Some(directory.clone())),
            None if is_ended || !job.directories.is_empty() => return Ok(None),
            // Not until it starts is it known where its files are.
            Some(_) | None => {
                let _ = changes.changed().await;
            }
        }
    }
}

struct Follower {
    context: Context,
    job: JobKey,
    file: Arc<File>,
    offset: u64,
    watcher: Watcher,
}

impl Follower {
    /// Waits until the file is there.
    async fn start(context: Context, wish: &Wish) -> Result<Self, OperationError> {
        let mut changes = context.store.changes();
        loop {
            changes.mark_unchanged();
            // Read the job first: what it writes before it ends is there when it has ended.
            let job = context.store.read(|reader| jobs::find(reader, &wish.job))?.value;
            let path = files::locate(&job, &wish.directory, &wish.path)?;
            let watcher = path.as_ref().map(|path| context.watch.watch(path)).transpose();
            let watcher = watcher.map_err(|source| cannot_watch(&job, source))?;
            if let (Some(path), Some(watcher)) = (path, watcher) {
                // A link may have appeared at the path since it was located: look again now that it is watched.
                let located = files::locate(&job, &wish.directory, &wish.path)?.unwrap_or(path);
                if let Some(file) = open(located.clone())? {
                    let watcher = context.watch.watch(&located).map_err(|source| cannot_watch(&job, source))?;
                    let (job, offset) = (wish.job.clone(), wish.offset);
                    return Ok(Self { context, job, file, offset, watcher });
                }
                if job.execution().is_ended() {
                    return Err(no_file(wish));
                }
                wait(&mut changes, watcher).await;
            } else {
                if job.execution().is_ended() {
                    return Err(no_file(wish));
                }
                let _ = changes.changed().await;
            }
        }
    }

    /// The next bytes; none when the job has ended and everything was sent.
    async fn next(&mut self) -> io::Result<Bytes> {
        let mut changes = self.context.store.changes();
        loop {
            let chunk = read_chunk(self.file.clone(), self.offset).await?;
            if !chunk.is_empty() {
                self.offset += chunk.len() as u64;
                return Ok(chunk);
            }
            changes.mark_unchanged();
            // A job that has ended, or is gone, writes no more: what is there after this look is all.
            if self.is_over()? {
                let last = read_chunk(self.file.clone(), self.offset).await?;
                self.offset += last.len() as u64;
                return Ok(last);
            }
            tokio::select! {
                () = self.watcher.changed() => {}
                _ = changes.changed() => {}
            }
        }
    }

    fn is_over(&self) -> io::Result<bool> {
        let job =
            self.context.store.read(|reader| reader.job(&self.job)).map_err(|e: StoreError| io::Error::other(e))?;
        Ok(job.is_none_or(|job| job.value.execution().is_ended()))
    }
}

async fn wait(changes: &mut tokio::sync::watch::Receiver<u64>, mut watcher: Watcher) {
    tokio::select! {
        () = watcher.changed() => {}
        _ = changes.changed() => {}
    }
}

/// Opens a file; `None` when it is not there.
pub(super) fn open(path: PathBuf) -> Result<Option<Arc<File>>, OperationError> {
    // Without waiting: a pipe of the job with no writer would block for ever.
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    match File::options().read(true).custom_flags(nonblocking).open(&path) {
        Ok(file) if file.metadata().is_ok_and(|metadata| metadata.is_file()) => Ok(Some(Arc::new(file))),
        Ok(_) => Err(OperationError::Invalid {
            target: "path",
            message: "Only files can be read: this is a directory or a special file of the job".into(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(OperationError::File { action: "read", path, source }),
    }
}

/// At most [`CHUNK`] bytes at `offset`; none at the end.
pub(super) async fn read_chunk(file: Arc<File>, offset: u64) -> io::Result<Bytes> {
    let read = tokio::task::spawn_blocking(move || {
        let mut buffer = BytesMut::zeroed(CHUNK);
        let length = file.read_at(&mut buffer, offset)?;
        buffer.truncate(length);
        Ok(buffer.freeze())
    });
    read.await.map_err(io::Error::other)?
}

fn no_file(wish: &Wish) -> OperationError {
    OperationError::NoFile {
        job: wish.job.name.to_string(),
        directory: wish.directory.clone(),
        path: wish.path.clone(),
    }
}

fn cannot_watch(job: &Job, source: io::Error) -> OperationError {
    let path = job.directories.first().map(|directory| directory.path.clone()).unwrap_or_default();
    OperationError::File { action: "watch", path: path.into(), source }
}
