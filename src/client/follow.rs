//! Following a file of a job: its bytes as they are written, with no gap and no repetition, also across a
//! restart of the server.

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::Method;

use super::answer::Answer;
use super::{Client, ClientError, older, plain};
use crate::api::id::ResourceId;
use crate::api::path;

/// Connections that may break one after the other without a single byte in between.
const PATIENCE: u32 = 10;

/// A connection that held for so long does not count as one of them: following a quiet job for days meets many
/// servers.
const STEADY: Duration = Duration::from_secs(1);

/// A file that is being followed.
pub struct Follow<'c> {
    client: &'c Client,
    job: ResourceId,
    directory: String,
    file: String,
    offset: u64,
    way: Option<Way<'c>>,
    asked: Instant,
    broken: u32,
    is_followed: bool,
}

/// Where its bytes come from.
enum Way<'c> {
    /// One answer that lasts as long as the job.
    Answer(Box<Answer>),
    /// A server that follows no files.
    Older(Box<older::follow::Follow<'c>>),
}

impl Client {
    /// Begins to follow a file; nothing is sent yet.
    #[must_use]
    pub fn follow(&self, job: &ResourceId, directory: &str, file: &str) -> Follow<'_> {
        self.follow_from(job, directory, file, 0)
    }

    /// The same from a byte on.
    #[must_use]
    pub fn follow_from(&self, job: &ResourceId, directory: &str, file: &str, offset: u64) -> Follow<'_> {
        Follow {
            client: self,
            job: job.clone(),
            directory: directory.to_owned(),
            file: file.to_owned(),
            offset,
            way: None,
            asked: Instant::now(),
            broken: 0,
            is_followed: true,
        }
    }

    /// What is in a file now, from a byte on: ends with the last byte there is, whether the job goes on or not.
    #[must_use]
    pub fn read_from(&self, job: &ResourceId, directory: &str, file: &str, offset: u64) -> Follow<'_> {
        Follow { is_followed: false, ..self.follow_from(job, directory, file, offset) }
    }
}

impl<'c> Follow<'c> {
    /// Waits until the file is there. A server that goes away is started again and asked again.
    ///
    /// # Errors
    /// See [`ClientError`]; `OutputFileNotFound` when the job ended without it.
    pub async fn open(&mut self) -> Result<(), ClientError> {
        loop {
            let opened = match &mut self.way {
                Some(Way::Answer(_)) => return Ok(()),
                Some(Way::Older(older)) => older.open().await,
                None => self.ask().await,
            };
            match opened {
                Ok(()) if self.way.is_some() => return Ok(()),
                Ok(()) => {}
                Err(error) => {
                    self.count_break(error)?;
                    self.client.pause().await;
                }
            }
        }
    }

    async fn ask(&mut self) -> Result<(), ClientError> {
        let address = path::output_file(&self.job, &self.directory, &self.file);
        let path = format!("{address}?offset={}&follow={}", self.offset, self.is_followed);
        self.asked = Instant::now();
        match self.client.send_own(plain(Method::GET, path)).await? {
            Some(answer) => self.way = Some(Way::Answer(Box::new(answer))),
            None => {
                let place = (self.job.clone(), self.directory.clone(), self.file.as_str());
                let mut older = older::follow::Follow::new(self.client, place, self.offset, self.is_followed);
                let opened = older.open().await;
                self.way = Some(Way::Older(Box::new(older)));
                return opened;
            }
        }
        Ok(())
    }

    /// The next bytes; `None` after the last byte of a job that has ended. A server that goes away is started
    /// again and asked for the rest.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            self.open().await?;
            let next = match &mut self.way {
                Some(Way::Answer(answer)) => answer.chunk().await,
                Some(Way::Older(older)) => {
                    self.asked = Instant::now();
                    older.next().await
                }
                None => continue,
            };
            match next {
                Ok(Some(bytes)) => {
                    self.offset += bytes.len() as u64;
                    self.broken = 0;
                    return Ok(Some(bytes));
                }
                Ok(None) => return Ok(None),
                Err(error) => {
                    if matches!(self.way, Some(Way::Answer(_))) {
                        self.way = None;
                    }
                    self.count_break(error)?;
                }
            }
        }
    }

    fn count_break(&mut self, error: ClientError) -> Result<(), ClientError> {
        if self.asked.elapsed() >= STEADY {
            self.broken = 0;
        }
        self.broken += 1;
        if error.is_lost_connection() && self.broken < PATIENCE { Ok(()) } else { Err(error) }
    }
}
