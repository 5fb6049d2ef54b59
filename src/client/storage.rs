//! File shares, blob containers and the files in them: what only servers of this program keep. Of any other server
//! every method here says so.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use reqwest::{Body, Method, RequestBuilder, StatusCode, header};
use tokio::sync::mpsc;

use super::answer::Answer;
use super::{Client, ClientError, json, plain, url};
use crate::api::page::Page;
use crate::api::path::encode;
use crate::api::storage::{StoredFile, Volume, VolumePlace, volumes};

/// Bytes per piece.
const PIECE: usize = 256 * 1024;

/// How often a request is sent again whose connection broke.
const PATIENCE: u32 = 5;

/// Before it is.
const PAUSE: Duration = Duration::from_millis(300);

/// Is told of bytes that were handed to the connection.
pub type Handed = Arc<dyn Fn(u64) + Send + Sync>;

/// What a file is to hold.
pub enum Content<'c> {
    /// So many bytes of a file of this machine.
    File(&'c Path, u64),
    /// All that comes, once.
    Stream(RefCell<Option<Box<dyn Read + Send>>>),
}

impl Client {
    /// File shares and containers; of one account, or of all.
    ///
    /// # Errors
    /// See [`ClientError`]; likewise for every method here.
    pub async fn list_volumes(&self, subscription: &str, account: Option<&str>) -> Result<Vec<Volume>, ClientError> {
        self.pages(volumes(subscription, account)).await
    }

    /// The same for somebody who cannot wait: a local server is not started for that.
    pub async fn glance_at_volumes(&self, subscription: &str) -> Result<Vec<Volume>, ClientError> {
        Ok(self.glance(&volumes(subscription, None)).await?.value)
    }

    /// Makes a share or container unless it is there, for `group` if nobody has used the account yet. Says whether it
    /// was made.
    pub async fn make_volume(&self, place: &VolumePlace, group: &str) -> Result<bool, ClientError> {
        let path = format!("{}?resourceGroup={}", place.path(), encode(group));
        Ok(self.stored(plain(Method::PUT, path)).await?.status() == StatusCode::CREATED)
    }

    /// A share or container.
    pub async fn get_volume(&self, place: &VolumePlace) -> Result<Volume, ClientError> {
        json(self.stored(plain(Method::GET, place.path())).await?).await
    }

    /// Deletes a share or container with all that is in it; says whether it was there.
    pub async fn delete_volume(&self, place: &VolumePlace) -> Result<bool, ClientError> {
        Ok(self.stored(plain(Method::DELETE, place.path())).await?.status() != StatusCode::NO_CONTENT)
    }

    /// What lies in a folder of a volume, or in all of it; a file lies in itself.
    pub async fn list_stored(
        &self,
        place: &VolumePlace,
        folder: &str,
        is_recursive: bool,
    ) -> Result<Vec<StoredFile>, ClientError> {
        self.pages(format!("{}?directory={}&recursive={is_recursive}", place.files(), encode(folder))).await
    }

    /// Deletes a file, or a folder with all that is in it; says whether it was there.
    pub async fn delete_stored(&self, place: &VolumePlace, path: &str) -> Result<bool, ClientError> {
        Ok(self.stored(plain(Method::DELETE, place.file(path))).await?.status() != StatusCode::NO_CONTENT)
    }

    /// Sends a file; says whether it took the place of another. Sent again when the connection breaks, as long as its
    /// content can be read again.
    pub async fn put_stored(
        &self,
        place: &VolumePlace,
        path: &str,
        is_executable: bool,
        content: &Content<'_>,
        handed: &Handed,
    ) -> Result<bool, ClientError> {
        let url = url(&format!("{}?executable={is_executable}", place.file(path)));
        let mut broken = 0;
        loop {
            // A failure in the middle of the body reaches us as a broken connection; the reason is kept aside.
            let reasons = RefCell::new(Vec::new());
            let sent = self.stored(|http| {
                let (body, reason) = body(content, handed);
                reasons.borrow_mut().push(reason);
                let request = http.put(&url).body(body);
                match content {
                    Content::File(_, size) => request.header(header::CONTENT_LENGTH, *size),
                    Content::Stream(_) => request,
                }
            });
            let error = match sent.await {
                Ok(answer) => return Ok(answer.status() != StatusCode::CREATED),
                Err(error) => error,
            };
            if let Some(source) = reasons.into_inner().into_iter().find_map(|reason| reason.try_recv().ok()) {
                let path = match content {
                    Content::File(path, _) => (*path).to_owned(),
                    Content::Stream(_) => "standard input".into(),
                };
                return Err(ClientError::Unreadable { path, source });
            }
            broken += 1;
            if !error.is_lost_connection() || broken > PATIENCE || matches!(content, Content::Stream(_)) {
                return Err(error);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Begins to read a file from a byte on; nothing is sent yet.
    #[must_use]
    pub fn read_stored(&self, place: &VolumePlace, path: &str, offset: u64) -> StoredRead<'_> {
        StoredRead { client: self, path: place.file(path), offset, answer: None, broken: 0 }
    }

    async fn pages<T: serde::de::DeserializeOwned>(&self, path: String) -> Result<Vec<T>, ClientError> {
        let (mut found, mut next) = (Vec::new(), Some(url(&path)));
        while let Some(link) = next {
            let page: Page<T> = json(self.stored(|http| http.get(&link)).await?).await?;
            found.extend(page.value);
            next = page.next_link;
        }
        Ok(found)
    }

    /// A request that only servers of this program understand.
    async fn stored(&self, request: impl Fn(&reqwest::Client) -> RequestBuilder) -> Result<Answer, ClientError> {
        self.send_own(request).await?.ok_or_else(|| {
            self.lacks(
                "leaves the files of shares and containers to their storage account",
                "use the tools of that account, such as `az storage file upload-batch` and `az storage blob download-batch`",
            )
        })
    }
}

/// A file that is being read.
pub struct StoredRead<'c> {
    client: &'c Client,
    path: String,
    offset: u64,
    answer: Option<Answer>,
    broken: u32,
}

impl StoredRead<'_> {
    /// The next bytes; `None` after the last. A server that goes away is started again and asked for the rest.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            let next = match &mut self.answer {
                Some(answer) => answer.chunk().await,
                None => match self.ask().await {
                    Ok(true) => continue,
                    Ok(false) => return Ok(None),
                    Err(error) => Err(error),
                },
            };
            match next {
                Ok(bytes) => {
                    self.offset += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
                    self.broken = 0;
                    return Ok(bytes);
                }
                Err(error) if error.is_lost_connection() && self.broken < PATIENCE => {
                    (self.answer, self.broken) = (None, self.broken + 1);
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// `false` when there is nothing from there on.
    async fn ask(&mut self) -> Result<bool, ClientError> {
        let (url, range) = (url(&self.path), format!("bytes={}-", self.offset));
        let answer = self.client.stored(|http| http.get(&url).header(header::RANGE, &range)).await;
        match answer {
            Ok(answer) if answer.status() == StatusCode::PARTIAL_CONTENT => self.answer = Some(answer),
            Ok(_) => return Err(ClientError::Nonsense { what: format!("all of a file, not {range} of it") }),
            Err(ClientError::Refused { status: 416, .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}

/// The content as a body that is read while it is sent, and, should it break off, the reason.
fn body(content: &Content<'_>, handed: &Handed) -> (Body, std::sync::mpsc::Receiver<io::Error>) {
    let (tell, reason) = std::sync::mpsc::channel();
    let handed = Arc::clone(handed);
    let counted = move |piece: Result<Bytes, io::Error>| {
        match &piece {
            Ok(bytes) => handed(bytes.len() as u64),
            // Nobody may want to know any more.
            Err(error) => drop(tell.send(io::Error::new(error.kind(), error.to_string()))),
        }
        piece
    };
    let body = match content {
        Content::File(path, size) if *size <= PIECE as u64 => {
            let whole = File::open(path).and_then(|file| whole(file, *size));
            Body::wrap_stream(stream::iter([whole]).map(counted))
        }
        Content::File(path, size) => Body::wrap_stream(opened(path, *size).map(counted)),
        Content::Stream(from) => {
            let again = || Box::new(Failing) as Box<dyn Read + Send>;
            let from = from.borrow_mut().take().unwrap_or_else(again);
            Body::wrap_stream(pieces(from, None).map(counted))
        }
    };
    (body, reason)
}

/// What was read once cannot be read again.
struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the connection broke, and this can be read only once"))
    }
}

/// The first so many bytes.
fn whole(file: File, size: u64) -> io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(PIECE.min(usize::try_from(size).unwrap_or(PIECE)));
    file.take(size).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == size { Ok(bytes.into()) } else { Err(shorter()) }
}

fn shorter() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter while it was sent")
}

fn opened(path: &Path, size: u64) -> impl Stream<Item = io::Result<Bytes>> + use<> {
    match File::open(path) {
        Ok(file) => pieces(Box::new(file), Some(size)),
        Err(error) => pieces(Box::new(Broken(Some(error))), Some(size)),
    }
}

struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Read on another thread. `size`: exactly so many bytes, whatever else there is.
fn pieces(from: Box<dyn Read + Send>, size: Option<u64>) -> impl Stream<Item = io::Result<Bytes>> + use<> {
    let (pieces, mut received) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let mut from = from.take(size.unwrap_or(u64::MAX));
        let mut left = size;
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let read = (&mut from).take(PIECE as u64).read_to_end(&mut piece);
            left = left.map(|left| left - piece.len() as u64);
            let piece = match read {
                Ok(0) if left.is_some_and(|left| left > 0) => Some(Err(shorter())),
                Ok(0) => None,
                Ok(_) => Some(Ok(Bytes::from(piece))),
                Err(error) => Some(Err(error)),
            };
            let is_last = !matches!(piece, Some(Ok(_)));
            if pieces.blocking_send(piece).is_err() || is_last {
                return;
            }
        }
    });
    // An end that nobody has announced is none: what came so far would pass for the whole.
    stream::poll_fn(move |context| {
        received.poll_recv(context).map(|piece| piece.unwrap_or_else(|| Some(Err(io::Error::other("it broke off")))))
    })
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    async fn read(from: &'static [u8], size: Option<u64>) -> io::Result<usize> {
        pieces(Box::new(from), size).try_fold(0, async |all, piece| Ok(all + piece.len())).await
    }

    #[tokio::test]
    async fn exactly_what_was_announced_is_sent_or_nothing() {
        static LONG: [u8; PIECE + 5] = [1; PIECE + 5];
        assert_eq!(read(&LONG, None).await.expect("all"), PIECE + 5);
        assert_eq!(read(&LONG, Some(PIECE as u64 + 3)).await.expect("a part"), PIECE + 3);
        assert_eq!(read(&LONG, Some(0)).await.expect("nothing"), 0);
        let error = read(&LONG, Some(PIECE as u64 + 6)).await.expect_err("an error");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
