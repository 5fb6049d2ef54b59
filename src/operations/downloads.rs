//! Downloading a file of a job or of a set-up task: its bytes as far as they were there when it was opened.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::Either;

use super::follow::{open, read_chunk};
use super::setup_files::{self, Root};
use super::{Context, OperationError, far_files, files};
use crate::domain::Timestamp;
use crate::domain::job::FarDirectory;

/// Whose a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A job's.
    Job,
    /// The set-up task's of a cluster.
    Cluster,
}

/// One file of one job or cluster, also after another one got the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedFile {
    /// Whose it is.
    pub owner: Owner,
    /// The number of the job or cluster.
    pub number: i64,
    /// The identity of the job or cluster.
    pub uuid: String,
    /// `stdouterr`, or the id of an output directory of the job.
    pub directory: String,
    /// Relative to it.
    pub path: String,
}

/// A file that is open.
#[derive(Clone)]
pub struct Download {
    content: Content,
    /// Bytes it has.
    pub length: u64,
    /// Its last change.
    pub modified: Timestamp,
}

/// Where its bytes are.
#[derive(Clone)]
enum Content {
    Near(Arc<File>),
    Far(Box<(Context, FarDirectory, String)>),
}

/// Opens a file; nothing is read. Links are followed now, and refused when they lead out of the directory.
///
/// # Errors
/// When its owner or the file is gone, or cannot be read.
pub async fn open_file(context: &Context, wish: &OwnedFile) -> Result<Download, OperationError> {
    let gone = || OperationError::NoFile {
        job: wish.uuid.clone(),
        directory: wish.directory.clone(),
        path: wish.path.clone(),
    };
    let place = match wish.owner {
        Owner::Job => {
            let job = context.store.read(|reader| reader.job_by_number(wish.number))?;
            let job = job.filter(|job| job.value.uuid == wish.uuid).ok_or_else(gone)?.value;
            match files::far(&job, &wish.directory) {
                Some(far) => Some(Root::Far(far.clone())),
                None => files::locate(&job, &wish.directory, &wish.path)?.map(Root::Near),
            }
        }
        Owner::Cluster => setup_files::locate(context, wish)?,
    };
    match place.ok_or_else(gone)? {
        Root::Near(path) => Download::of(open(path.clone())?.ok_or_else(gone)?, path),
        Root::Far(directory) => {
            let seen = far_files::look(context, &directory, &wish.path).await?;
            let (length, modified) = seen.ok_or_else(gone)?;
            let content = Content::Far(Box::new((context.clone(), directory, wish.path.clone())));
            Ok(Download { content, length, modified })
        }
    }
}

impl Download {
    /// Of a file that is open, and was found at `path`.
    pub(super) fn of(file: Arc<File>, path: PathBuf) -> Result<Self, OperationError> {
        let metadata = file.metadata().map_err(|source| OperationError::File { action: "read", path, source })?;
        let modified = metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or_default();
        Ok(Self { content: Content::Near(file), length: metadata.len(), modified })
    }

    /// These bytes, neither more when the file grows nor fewer: a file that shrinks is an error in the middle.
    pub fn bytes(self, range: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + use<> {
        match self.content {
            Content::Near(file) => Either::Left(Self::near(file, range)),
            Content::Far(far) => {
                let (context, directory, path) = *far;
                Either::Right(far_files::bytes(&context, &directory, &path, range))
            }
        }
    }

    fn near(file: Arc<File>, range: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + use<> {
        futures_util::stream::try_unfold((file, range), |(file, range)| async move {
            if range.is_empty() {
                return Ok(None);
            }
            let mut chunk = read_chunk(file.clone(), range.start).await?;
            if chunk.is_empty() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was sent"));
            }
            chunk.truncate(usize::try_from(range.end - range.start).unwrap_or(usize::MAX));
            let next = range.start + chunk.len() as u64;
            Ok(Some((chunk, (file, next..range.end))))
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    async fn sent(download: Download, range: Range<u64>) -> io::Result<Vec<u8>> {
        download.bytes(range).map_ok(|chunk| chunk.to_vec()).try_concat().await
    }

    #[tokio::test]
    async fn a_file_that_grows_or_shrinks_is_never_sent_longer_or_shorter_than_announced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let content: Vec<u8> = (0..600_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        std::fs::write(&path, &content).expect("a file");
        let file = Arc::new(File::open(&path).expect("the file"));
        let download = Download { content: Content::Near(file), length: 600_000, modified: Timestamp::UNIX_EPOCH };
        std::fs::write(&path, [content.as_slice(), b"more"].concat()).expect("a longer file");
        assert_eq!(sent(download.clone(), 0..600_000).await.expect("all"), content);
        assert_eq!(sent(download.clone(), 262_143..262_146).await.expect("a part"), content[262_143..262_146]);
        assert_eq!(sent(download.clone(), 0..0).await.expect("nothing"), [0_u8; 0]);
        std::fs::write(&path, "short").expect("a shorter file");
        let error = sent(download, 0..600_000).await.expect_err("an error");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
