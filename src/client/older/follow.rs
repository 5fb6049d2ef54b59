//! Following a file of a job whose server follows none: its list is read until the file is there, then the bytes that
//! are new are fetched every now and then.
//!
//! The state of the job is asked for before every piece: what is fetched after the job has ended is the last piece.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Pauses;
use super::download::{Found, Piece, Source};
use crate::api::error::{ErrorDetail, code};
use crate::api::id::ResourceId;
use crate::api::job::Job;
use crate::client::{Client, ClientError};

/// The longest pause between two questions; azure-cli-batchai 0.4.10 asked every second.
const LONGEST: Duration = Duration::from_secs(1);

/// Minutes for which an address is asked for.
const EXPIRY: u32 = 60;

/// After so long an address is asked for again, well before it expires.
const RENEW: Duration = Duration::from_secs(40 * 60);

/// A file that is being followed.
pub(in crate::client) struct Follow<'c> {
    client: &'c Client,
    job: ResourceId,
    directory: String,
    folder: String,
    name: String,
    offset: u64,
    source: Option<(Source, Instant)>,
    is_proven: bool,
    piece: Option<Piece>,
    is_last: bool,
    pauses: Pauses,
    is_followed: bool,
}

impl<'c> Follow<'c> {
    /// Begins at a byte; nothing is sent yet. The path is relative to the directory. One that is not followed ends
    /// with the last byte there is.
    pub(in crate::client) fn new(
        client: &'c Client,
        (job, directory, path): (ResourceId, String, &str),
        offset: u64,
        is_followed: bool,
    ) -> Self {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        Self {
            client,
            job,
            directory,
            folder: folder.to_owned(),
            name: name.to_owned(),
            offset,
            source: None,
            is_proven: false,
            piece: None,
            is_last: false,
            pauses: Pauses::up_to(LONGEST),
            is_followed,
        }
    }

    /// Waits until the file is there.
    pub(in crate::client) async fn open(&mut self) -> Result<(), ClientError> {
        let mut pauses = Pauses::up_to(LONGEST);
        while self.source.is_none() {
            let job: Job = self.client.get(&self.job).await?;
            self.look().await?;
            if self.source.is_some() {
                break;
            }
            if self.is_last_of(&job) {
                return Err(self.missing());
            }
            tokio::time::sleep(pauses.grow()).await;
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(), ClientError> {
        let files = self.client.list_files(&self.job, &self.directory, &self.folder, EXPIRY).await?;
        let link = files.into_iter().find(|file| file.name == self.name).and_then(|file| file.download_url);
        self.source = link.map(|link| self.client.source(&link)).transpose()?.map(|source| (source, Instant::now()));
        self.is_proven = false;
        Ok(())
    }

    /// The next bytes; `None` after the last byte of a job that has ended. May be asked again after an error.
    pub(in crate::client) async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            if let Some(mut piece) = self.piece.take() {
                if let Some(bytes) = piece.chunk().await? {
                    self.offset += bytes.len() as u64;
                    self.pauses = Pauses::up_to(LONGEST);
                    self.piece = Some(piece);
                    return Ok(Some(bytes));
                }
                if self.is_last {
                    return Ok(None);
                }
                tokio::time::sleep(self.pauses.grow()).await;
            }
            if self.fetch().await? {
                return Ok(None);
            }
        }
    }

    /// Asks for the bytes that are new. `true`: there will be no more.
    async fn fetch(&mut self) -> Result<bool, ClientError> {
        if self.source.as_ref().is_some_and(|(_, since)| since.elapsed() >= RENEW) {
            self.source = None;
        }
        self.open().await?;
        let Some((source, _)) = &self.source else { return Ok(false) };
        let job: Job = self.client.get(&self.job).await?;
        let is_ended = self.is_last_of(&job);
        match self.client.fetch(source, self.offset).await? {
            Found::Piece(piece) => {
                (self.piece, self.is_last, self.is_proven) = (Some(piece), is_ended, true);
            }
            Found::Nothing if is_ended => return Ok(true),
            Found::Nothing => {
                self.is_proven = true;
                tokio::time::sleep(self.pauses.grow()).await;
            }
            // One that has opened the file before may have expired; a new one that does not is no use.
            Found::Closed(_) if self.is_proven => self.source = None,
            Found::Closed(error) => return Err(error),
        }
        Ok(false)
    }

    /// Whether what is there now is all that is wanted.
    fn is_last_of(&self, job: &Job) -> bool {
        !self.is_followed || job.is_ended()
    }

    fn missing(&self) -> ClientError {
        let message = format!("The file {} is not there, and the job has ended", self.name);
        let code = code::OUTPUT_FILE_NOT_FOUND.into();
        ClientError::Refused { status: 404, error: ErrorDetail { code, message, ..ErrorDetail::default() } }
    }
}
