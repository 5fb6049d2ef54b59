//! The near end of the wire: one typed method per endpoint.
//!
//! Knows where the server is, how to find or start the local one ([`local`]), and whom to believe on the network
//! ([`remote`]). Asks in our api-version, and in 2018-05-01 from then on when the server does not know ours: then the
//! requests of ours that have no equal there go another way ([`older`]). Never prints, reads no
//! configuration, and has no opinion on how a failure is shown; [`observer`] tells whoever wants to show more.

mod address;
pub mod answer;
pub mod error;
pub mod follow;
pub mod foresight;
#[cfg_attr(not(target_os = "linux"), path = "no_local.rs")]
pub mod local;
mod machines;
pub mod observer;
pub mod older;
pub mod probe;
pub mod remote;
pub mod resources;
mod sending;
pub mod snapshot;
pub mod storage;
mod storage_accounts;
pub mod upload;

use std::cell::Cell;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

pub use error::ClientError;

use crate::api::error::{ErrorBody, code};
use crate::api::path;
use crate::api::server::{BUILD_HEADER, Build, ServerStatus};
use crate::api::version::ApiVersion;
use answer::Answer;
use local::{LocalServer, Stay};
use observer::{Observer, Seen};
use remote::Remote;

/// Seconds a request of ours asks the server to wait for a change before it is asked again.
const PATIENCE: u64 = 30;

/// Before a server on the network that does not answer is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// A connection to the local server, or to one on the network.
pub struct Client {
    http: reqwest::Client,
    local: LocalServer,
    remote: Option<Remote>,
    is_checked: Cell<bool>,
    speaks: Cell<ApiVersion>,
    is_own: Cell<bool>,
    observer: Observer,
}

/// What may be done about a server that does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfDown {
    /// It is started.
    Start,
    /// It is an error.
    Fail,
}

impl Client {
    /// A client of the local server. Nothing is sent yet.
    ///
    /// # Errors
    /// When the connection cannot be prepared.
    pub fn new(local: LocalServer) -> Result<Self, ClientError> {
        let builder = reqwest::Client::builder();
        #[cfg(target_os = "linux")]
        let builder = builder.unix_socket(local.socket.as_path());
        let http = builder
            .no_proxy()
            // Without this, the certificates of the system would be loaded.
            .tls_backend_preconfigured(remote::trusting(&[])?)
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| ClientError::transport("prepare a request to the server", &error))?;
        Ok(Self::with(http, local, None))
    }

    /// A client of a server on the network, which is neither started nor replaced. Nothing is sent yet.
    ///
    /// # Errors
    /// When the connection cannot be prepared.
    pub fn of(remote: Remote, local: LocalServer) -> Result<Self, ClientError> {
        Ok(Self::with(remote.http()?, local, Some(remote)))
    }

    fn with(http: reqwest::Client, local: LocalServer, remote: Option<Remote>) -> Self {
        let is_checked = Cell::new(remote.is_some());
        let (speaks, is_own) = (Cell::new(ApiVersion::Ours), Cell::new(false));
        Self { http, local, remote, is_checked, speaks, is_own, observer: Observer::default() }
    }

    /// From now on `tell` is told of every request and what else happens.
    pub fn observe(&mut self, tell: impl Fn(&Seen<'_>) + 'static) {
        self.observer = Observer(Some(Box::new(tell)));
    }

    /// Whether the server knows our api-version, as far as anybody has asked it yet.
    #[must_use]
    pub fn speaks_ours(&self) -> bool {
        self.speaks.get().is_ours()
    }

    /// The server as messages name it.
    #[must_use]
    pub fn server(&self) -> String {
        self.remote.as_ref().map_or_else(|| "the local server".into(), |at| format!("the server at {}", at.origin()))
    }

    /// The server on the network that this client speaks to, if it is one.
    #[must_use]
    pub fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref()
    }

    /// The local server this client speaks to.
    #[must_use]
    pub fn local(&self) -> &LocalServer {
        &self.local
    }

    /// To be called before asking again. A local server is started by the request itself; one on the network by
    /// somebody else, which takes a moment.
    pub async fn pause(&self) {
        if self.remote.is_some() {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Replaces a local server that is older than this program. Looks only at the first answer.
    async fn replace_older(&self, response: &Answer) -> Result<bool, ClientError> {
        if self.is_checked.replace(true) {
            return Ok(false);
        }
        if !self.is_older(response) {
            return Ok(false);
        }
        // Whoever misses the server from now on waits for its successor, and does not start another old one.
        let turn = self.local.turn().await?;
        let mut stay = Stay::WhileBusy;
        match self.exchange(IfDown::Fail, &plain(Method::GET, path::SERVER.into())).await {
            Ok(now) if self.is_older(&now) => {
                // A status that cannot be understood is one of long ago.
                let status: Option<ServerStatus> = json(now).await.ok();
                // Others use it over the network, and its successor would not know where to listen.
                if status.as_ref().is_some_and(|status| !status.addresses.is_empty()) {
                    return Ok(false);
                }
                let leaves = status.is_none_or(|status| status.leaves_when_idle);
                stay = if leaves { Stay::WhileBusy } else { Stay::Always };
                self.stop_server().await?;
            }
            // Somebody else was quicker.
            Ok(_) | Err(ClientError::NotRunning) => {}
            Err(error) => return Err(error),
        }
        self.local.start_in(turn, stay, &[]).await?;
        self.observer.tell(&Seen::Replaced);
        Ok(true)
    }

    fn is_older(&self, answer: &Answer) -> bool {
        let theirs = answer.header(BUILD_HEADER).and_then(Build::parse);
        theirs.is_some_and(|theirs| theirs < self.local.build)
    }
}

/// Any host will do on a Unix socket, and [`Remote::direct`] names the one on the network. The api-version is put on
/// the request when it is sent.
fn url(path: &str) -> String {
    format!("http://localhost{path}")
}

/// The answer, or the error in it.
async fn success(answer: Answer) -> Result<Answer, ClientError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let (url, is_ours) = (answer.url().clone(), answer.header(BUILD_HEADER).is_some());
    let text = answer.text().await?;
    let body = serde_json::from_str::<ErrorBody>(&text);
    let is_missing = matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
    // Of ours, only what is unknown as a whole is not there; a token, say, may be missing too.
    let is_there = is_ours && body.as_ref().is_ok_and(|body| body.error.code != code::NO_SUCH_PATH);
    if is_missing && url.path().starts_with(path::OWN) && !is_there {
        return Err(ClientError::Foreign { endpoint: url.origin().ascii_serialization() });
    }
    match body {
        Ok(body) => Err(ClientError::Refused { status: status.as_u16(), error: body.error }),
        Err(_) => Err(ClientError::Nonsense { what: format!("status {status}, {}", excerpt(&text)) }),
    }
}

async fn json<T: DeserializeOwned>(answer: Answer) -> Result<T, ClientError> {
    let text = answer.text().await?;
    serde_json::from_str(&text)
        .map_err(|error| ClientError::Nonsense { what: format!("{error} in {}", excerpt(&text)) })
}

fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Whether an answer says that the work is finished rather than begun.
fn is_finished(status: StatusCode) -> bool {
    status != StatusCode::ACCEPTED
}

/// A request without a body.
fn plain(method: Method, path: String) -> impl Fn(&reqwest::Client) -> RequestBuilder {
    move |http| http.request(method.clone(), url(&path))
}
