//! Files by the addresses that a list of them tells: storage, with a signature and no token.
//!
//! The api-version and the token of the server are for the server: neither is put on these requests.

use std::io::SeekFrom;

use bytes::Bytes;
use reqwest::{Method, Request, StatusCode, Url};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::client::answer::Answer;
use crate::client::remote::Remote;
use crate::client::{Client, ClientError, PREPARING, success};

/// Bytes that are read of a file at once.
const PIECE: usize = 256 * 1024;

/// Where a file is, and who fetches it.
#[derive(Debug, Clone)]
pub(super) struct Source {
    url: Url,
    http: reqwest::Client,
}

/// What was found from an offset on.
pub(super) enum Found {
    /// Bytes.
    Piece(Piece),
    /// Not yet anything.
    Nothing,
    /// The address opens nothing any more.
    Closed(ClientError),
}

/// Bytes that are on their way.
pub(super) enum Piece {
    /// So many of them are not wanted.
    Answer(Box<Answer>, u64),
    /// Of this machine's own disk.
    File(tokio::fs::File),
}

impl Client {
    /// Who fetches what is at this address. A file of this machine is read only where the server is of this machine.
    pub(super) fn source(&self, link: &str) -> Result<Source, ClientError> {
        let wrong = |why: &str| ClientError::Nonsense { what: format!("an address of a file: {why}") };
        let url = Url::parse(link).map_err(|error| wrong(&error.to_string()))?;
        let origin = url.origin().ascii_serialization();
        let is_here = url.scheme() == "file" && self.remote.is_none();
        if is_here || self.remote.as_ref().is_some_and(|remote| remote.origin() == origin) {
            return Ok(Source { url, http: self.http.clone() });
        }
        let elsewhere = Remote::new(&origin).map_err(|_| wrong("it must be https, or http on this machine"))?;
        Ok(Source { url, http: elsewhere.http()? })
    }

    /// The bytes of a file from `offset` on.
    pub(super) async fn fetch(&self, source: &Source, offset: u64) -> Result<Found, ClientError> {
        if source.url.scheme() == "file" {
            return read(&source.url, offset).await;
        }
        let mut request = Request::new(Method::GET, source.url.clone());
        let range = format!("bytes={offset}-");
        let range = range.parse().map_err(|error| ClientError::transport(PREPARING, &error))?;
        request.headers_mut().insert(reqwest::header::RANGE, range);
        let sent = self.execute(&source.http, request).await?;
        let answer = sent.map_err(|error| ClientError::transport("fetch a file of a job", &error))?;
        match answer.status() {
            StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::NO_CONTENT => Ok(Found::Nothing),
            StatusCode::PARTIAL_CONTENT if begins(&answer) == Some(offset) => {
                Ok(Found::Piece(Piece::Answer(Box::new(answer), 0)))
            }
            StatusCode::PARTIAL_CONTENT => {
                Err(ClientError::Nonsense { what: format!("other bytes than those from {offset} on") })
            }
            StatusCode::OK => Ok(Found::Piece(Piece::Answer(Box::new(answer), offset))),
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED => {
                success(answer).await.map(|_| Found::Nothing).or_else(|error| Ok(Found::Closed(error)))
            }
            _ => success(answer).await.map(|_| Found::Nothing),
        }
    }
}

impl Piece {
    /// The next bytes; `None` after the last.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        match self {
            Self::Answer(answer, unwanted) => loop {
                let Some(mut bytes) = answer.chunk().await? else { return Ok(None) };
                let skipped = usize::try_from(*unwanted).unwrap_or(usize::MAX).min(bytes.len());
                *unwanted -= skipped as u64;
                let wanted = bytes.split_off(skipped);
                if !wanted.is_empty() {
                    return Ok(Some(wanted));
                }
            },
            Self::File(file) => {
                let mut bytes = vec![0; PIECE];
                let read = file.read(&mut bytes).await;
                let count = read.map_err(|error| ClientError::transport("read a file of a job", &error))?;
                bytes.truncate(count);
                Ok((count > 0).then(|| bytes.into()))
            }
        }
    }
}

async fn read(url: &Url, offset: u64) -> Result<Found, ClientError> {
    let failed = |error: &std::io::Error| ClientError::transport("read a file of a job", error);
    let path = url.to_file_path().map_err(|()| ClientError::Nonsense { what: "an address of no file".into() })?;
    let mut file = tokio::fs::File::open(&path).await.map_err(|error| failed(&error))?;
    let length = file.metadata().await.map_err(|error| failed(&error))?.len();
    if length <= offset {
        return Ok(Found::Nothing);
    }
    file.seek(SeekFrom::Start(offset)).await.map_err(|error| failed(&error))?;
    Ok(Found::Piece(Piece::File(file)))
}

/// The first byte of a part, out of `Content-Range: bytes 5-9/10`.
fn begins(answer: &Answer) -> Option<u64> {
    first_of(answer.header("content-range")?)
}

fn first_of(range: &str) -> Option<u64> {
    range.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::first_of;

    #[test]
    fn the_first_byte_of_a_part_is_read_out_of_its_header() {
        assert_eq!(first_of("bytes 5-9/10"), Some(5));
        assert_eq!(first_of("bytes 0-0/*"), Some(0));
        assert_eq!(first_of("bytes */10"), None);
        assert_eq!(first_of("lines 1-2/3"), None);
    }
}
