//! Following a file of a job: its bytes as they are written, with no gap and no repetition, also across a
//! restart of the server.

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::{Method, Response};

use super::{Client, ClientError, plain};
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
    address: String,
    offset: u64,
    response: Option<Response>,
    asked: Instant,
    broken: u32,
    is_followed: bool,
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
        let address = path::output_file(job, directory, file);
        Follow { client: self, address, offset, response: None, asked: Instant::now(), broken: 0, is_followed: true }
    }

    /// What is in a file now, from a byte on: ends with the last byte there is, whether the job goes on or not.
    #[must_use]
    pub fn read_from(&self, job: &ResourceId, directory: &str, file: &str, offset: u64) -> Follow<'_> {
        Follow { is_followed: false, ..self.follow_from(job, directory, file, offset) }
    }
}

impl Follow<'_> {
    /// How many bytes of the file have been read or passed over.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Waits until the file is there. A server that goes away is started again and asked again.
    ///
    /// # Errors
    /// See [`ClientError`]; `OutputFileNotFound` when the job ended without it.
    pub async fn open(&mut self) -> Result<(), ClientError> {
        while self.response.is_none() {
            let path = format!("{}?offset={}&follow={}", self.address, self.offset, self.is_followed);
            self.asked = Instant::now();
            match self.client.send(plain(Method::GET, path)).await {
                Ok(response) => self.response = Some(response),
                Err(error) => {
                    self.count_break(error)?;
                    self.client.pause().await;
                }
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
            let Some(response) = &mut self.response else { continue };
            match response.chunk().await {
                Ok(Some(bytes)) => {
                    self.offset += bytes.len() as u64;
                    self.broken = 0;
                    return Ok(Some(bytes));
                }
                Ok(None) => return Ok(None),
                Err(error) => {
                    self.response = None;
                    self.count_break(ClientError::transport("read the rest of a file", &error))?;
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
