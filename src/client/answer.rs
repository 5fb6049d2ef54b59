//! What came back on a request: status and headers, and a body that is read later, or was read already because
//! somebody watches.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode, Url};

use super::ClientError;

/// An answer whose body may still be on its way.
#[derive(Debug)]
pub struct Answer {
    url: Url,
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Arriving(Response),
    Read(Option<Bytes>),
}

impl Answer {
    /// The answer of which status and headers have come.
    #[must_use]
    pub(super) fn of(response: Response) -> Self {
        let (url, status, headers) = (response.url().clone(), response.status(), response.headers().clone());
        Self { url, status, headers, body: Body::Arriving(response) }
    }

    /// Who answered, and what it was asked for.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// How it went.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What was said beside the body.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next bytes of the body; `None` after the last.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        match &mut self.body {
            Body::Arriving(response) => {
                response.chunk().await.map_err(|error| ClientError::transport("read the rest of a file", &error))
            }
            Body::Read(bytes) => Ok(bytes.take().filter(|bytes| !bytes.is_empty())),
        }
    }

    /// All of the body, as text.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn text(self) -> Result<String, ClientError> {
        let bytes = match self.body {
            Body::Arriving(response) => response.bytes().await.map_err(|error| unread(&error))?,
            Body::Read(bytes) => bytes.unwrap_or_default(),
        };
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads all of a JSON body and keeps it; of any other nothing is read, because it may never end.
    pub(super) async fn read_json(&mut self) -> Result<Option<Bytes>, ClientError> {
        let is_json = self.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        if !is_json {
            return Ok(None);
        }
        match std::mem::replace(&mut self.body, Body::Read(None)) {
            Body::Arriving(response) => {
                let bytes = response.bytes().await.map_err(|error| unread(&error))?;
                self.body = Body::Read(Some(bytes.clone()));
                Ok(Some(bytes))
            }
            Body::Read(bytes) => {
                self.body = Body::Read(bytes.clone());
                Ok(bytes)
            }
        }
    }
}

fn unread(error: &reqwest::Error) -> ClientError {
    ClientError::transport("read the server's answer", error)
}
