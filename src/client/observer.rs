//! What a client tells of itself while it works, to whoever wants to show it. The client shows nothing.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode, Url};

use crate::api::version::ApiVersion;

/// Something that happened.
#[derive(Debug)]
pub enum Seen<'s> {
    /// A request and its answer. Nothing in it is redacted.
    Exchange(&'s Exchange),
    /// The local server was down, and was started.
    Started,
    /// The local server was older than this program, and was replaced.
    Replaced,
    /// The server does not know our api-version; from now on it is asked in this one.
    FellBack(ApiVersion),
}

/// A request and what became of it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Of the request.
    pub method: Method,
    /// Of the request.
    pub url: Url,
    /// Of the request.
    pub headers: HeaderMap,
    /// Of the request, unless it has none or is made while it is sent.
    pub body: Option<Bytes>,
    /// The answer, or why there is none.
    pub outcome: Result<Received, String>,
    /// From sending the request until the answer began.
    pub took: Duration,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Received {
    /// How it went.
    pub status: StatusCode,
    /// Of the answer.
    pub headers: HeaderMap,
    /// Of the answer, where it is JSON: other ones are not held back.
    pub body: Option<Bytes>,
}

/// Who is told.
#[derive(Default)]
pub(super) struct Observer(pub(super) Option<Tell>);

type Tell = Box<dyn Fn(&Seen<'_>)>;

impl Observer {
    /// Tells, if anybody listens.
    pub(super) fn tell(&self, seen: &Seen<'_>) {
        if let Some(tell) = &self.0 {
            tell(seen);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observer").field(&self.0.is_some()).finish()
    }
}
