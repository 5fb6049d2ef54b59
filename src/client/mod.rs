//! The near end of the wire: one typed method per endpoint.
//!
//! Knows where the server is, how to find or start the local one ([`local`]), and whom to believe on the network
//! ([`remote`]). Never prints, reads no
//! configuration, and has no opinion on how a failure is shown.

pub mod error;
pub mod follow;
pub mod foresight;
pub mod local;
pub mod probe;
pub mod remote;
pub mod resources;
pub mod snapshot;
mod upload;

use std::cell::Cell;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;

pub use error::ClientError;

use crate::api::API_VERSION;
use crate::api::error::ErrorBody;
use crate::api::path;
use crate::api::server::{BUILD_HEADER, Build, ServerStatus};
use local::{LocalServer, Stay};
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
        let http = reqwest::Client::builder()
            .unix_socket(local.socket.as_path())
            .no_proxy()
            // Without this, the certificates of the system would be loaded.
            .tls_backend_preconfigured(remote::trusting(&[])?)
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| ClientError::transport("prepare a request to the server", &error))?;
        Ok(Self { http, local, remote: None, is_checked: Cell::new(false) })
    }

    /// A client of a server on the network, which is neither started nor replaced. Nothing is sent yet.
    ///
    /// # Errors
    /// When the connection cannot be prepared.
    pub fn of(remote: Remote, local: LocalServer) -> Result<Self, ClientError> {
        Ok(Self { http: remote.http()?, local, remote: Some(remote), is_checked: Cell::new(true) })
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

    /// Sends one request; an answer that is not a success is an error. A local server that does not answer
    /// is started, once; one that is older than this program is replaced.
    async fn send(&self, request: impl Fn(&reqwest::Client) -> RequestBuilder) -> Result<Response, ClientError> {
        self.send_if(IfDown::Start, request).await
    }

    async fn send_if(
        &self,
        if_down: IfDown,
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Response, ClientError> {
        let response = self.exchange(if_down, &request).await?;
        let is_replaced = if_down == IfDown::Start && self.replace_older(&response).await?;
        if is_replaced && !response.status().is_success() {
            return success(self.exchange(if_down, &request).await?).await;
        }
        success(response).await
    }

    /// One request, one answer. Tried again when the server is down, because a server that is about to leave
    /// may take a connection and drop it.
    async fn exchange(
        &self,
        if_down: IfDown,
        request: &impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Response, ClientError> {
        if let Some(remote) = &self.remote {
            return self.exchange_with(remote, request).await;
        }
        let mut starts = 0;
        loop {
            match request(&self.http).send().await {
                Ok(response) => return Ok(response),
                Err(error) if !is_down(&error) => return Err(ClientError::transport(SENDING, &error)),
                Err(_) if if_down == IfDown::Fail => return Err(ClientError::NotRunning),
                Err(error) if starts == MOST_STARTS => return Err(ClientError::transport(SENDING, &error)),
                Err(_) => {
                    starts += 1;
                    self.local.start().await?;
                }
            }
        }
    }

    async fn exchange_with(
        &self,
        remote: &Remote,
        request: &impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Response, ClientError> {
        let built = request(&self.http).build();
        let mut built = built.map_err(|error| ClientError::transport("prepare a request to the server", &error))?;
        remote.direct(&mut built);
        self.http.execute(built).await.map_err(|error| remote.failed(&error))
    }

    /// Replaces a local server that is older than this program. Looks only at the first answer.
    async fn replace_older(&self, response: &Response) -> Result<bool, ClientError> {
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
        Ok(true)
    }

    fn is_older(&self, response: &Response) -> bool {
        let build = response.headers().get(BUILD_HEADER);
        let theirs = build.and_then(|build| Build::parse(build.to_str().ok()?));
        theirs.is_some_and(|theirs| theirs < self.local.build)
    }
}

/// How often one request may find the server down before that is an error.
const MOST_STARTS: u32 = 3;

const SENDING: &str = "send a request to the server";

/// Nobody listens, or whoever listened went away before answering.
fn is_down(error: &reqwest::Error) -> bool {
    error.is_connect() || (error.is_request() && !error.is_timeout())
}

/// Any host will do on a Unix socket, and [`Remote::direct`] names the one on the network.
fn url(path: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("http://localhost{path}{separator}api-version={API_VERSION}")
}

/// The answer, or the error in it.
async fn success(response: Response) -> Result<Response, ClientError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.map_err(|error| ClientError::transport("read the server's answer", &error))?;
    match serde_json::from_str::<ErrorBody>(&text) {
        Ok(body) => Err(ClientError::Refused { status: status.as_u16(), error: body.error }),
        Err(_) => Err(ClientError::Nonsense { what: format!("status {status}, {}", excerpt(&text)) }),
    }
}

async fn json<T: DeserializeOwned>(response: Response) -> Result<T, ClientError> {
    let text = response.text().await.map_err(|error| ClientError::transport("read the server's answer", &error))?;
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
