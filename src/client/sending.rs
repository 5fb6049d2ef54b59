//! One request and its answer: in the version that the server knows, to the server that is meant, which is started or
//! asked in another version where that helps.

use std::time::Instant;

use bytes::Bytes;
use reqwest::{Request, RequestBuilder};

use super::answer::Answer;
use super::observer::{Exchange, Received, Seen};
use super::{Client, ClientError, IfDown, address, remote, success};
use crate::api::server::BUILD_HEADER;
use crate::api::version::ApiVersion;

/// How often one request may find the server down before that is an error.
const MOST_STARTS: u32 = 3;

const SENDING: &str = "send a request to the server";

pub(super) const PREPARING: &str = "prepare a request to the server";

impl Client {
    /// Sends one request; an answer that is not a success is an error. A local server that does not answer
    /// is started, once; one that is older than this program is replaced. One that does not know our api-version is
    /// asked again in 2018-05-01.
    pub(super) async fn send(
        &self,
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Answer, ClientError> {
        self.send_if(IfDown::Start, request).await
    }

    pub(super) async fn send_if(
        &self,
        if_down: IfDown,
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Answer, ClientError> {
        let asked_in = self.speaks.get();
        match self.send_once(if_down, &request).await {
            Err(error) if self.falls_back(&error, asked_in) => self.send_once(if_down, &request).await,
            result => result,
        }
    }

    /// The same for a request that means nothing in the api-versions of the service: `None` when the server speaks
    /// only these.
    pub(super) async fn send_ours(
        &self,
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Option<Answer>, ClientError> {
        if !self.speaks_ours() {
            return Ok(None);
        }
        let asked_in = self.speaks.get();
        match self.send_once(IfDown::Start, &request).await {
            Err(error) if self.falls_back(&error, asked_in) => Ok(None),
            result => result.map(Some),
        }
    }

    /// The same for a path that the service does not have: `None` also when somebody else's server, which takes any
    /// api-version, knows no such path.
    pub(super) async fn send_own(
        &self,
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Option<Answer>, ClientError> {
        match self.send_ours(request).await {
            Err(ClientError::Refused { status: 404 | 405, .. } | ClientError::Nonsense { .. })
                if !self.is_own.get() =>
            {
                self.fall_back();
                Ok(None)
            }
            result => result,
        }
    }

    /// Whether the server has just said that it does not know our api-version; it is asked in another from then on.
    /// Of several requests at once, each that was sent in ours is told so.
    fn falls_back(&self, error: &ClientError, asked_in: ApiVersion) -> bool {
        let falls_back = asked_in.is_ours() && error.is_unknown_version();
        if falls_back && self.speaks_ours() {
            self.fall_back();
        }
        falls_back
    }

    /// From now on the server is asked in the version of the service.
    pub(super) fn fall_back(&self) {
        self.speaks.set(ApiVersion::V2018May);
        self.observer.tell(&Seen::FellBack(ApiVersion::V2018May));
    }

    async fn send_once(
        &self,
        if_down: IfDown,
        request: &impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Answer, ClientError> {
        let answer = self.exchange(if_down, request).await?;
        if answer.header(BUILD_HEADER).is_some() {
            self.is_own.set(true);
        }
        let is_replaced = if_down == IfDown::Start && self.replace_older(&answer).await?;
        if is_replaced && !answer.status().is_success() {
            return success(self.exchange(if_down, request).await?).await;
        }
        success(answer).await
    }

    /// One request, one answer. Tried again when the server is down, because a server that is about to leave
    /// may take a connection and drop it.
    pub(super) async fn exchange(
        &self,
        if_down: IfDown,
        request: &impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Answer, ClientError> {
        if let Some(remote) = &self.remote {
            let mut built = self.build(request)?;
            remote.direct(&mut built);
            return self.execute(&self.http, built).await?.map_err(|error| remote.failed(&error));
        }
        if cfg!(not(target_os = "linux")) {
            return Err(ClientError::NoServerHere);
        }
        let mut starts = 0;
        loop {
            match self.execute(&self.http, self.build(request)?).await? {
                Ok(answer) => return Ok(answer),
                Err(error) if !is_down(&error) => return Err(ClientError::transport(SENDING, &error)),
                Err(_) if if_down == IfDown::Fail => return Err(ClientError::NotRunning),
                Err(error) if starts == MOST_STARTS => return Err(ClientError::transport(SENDING, &error)),
                Err(_) => {
                    starts += 1;
                    self.local.start().await?;
                    self.observer.tell(&Seen::Started);
                }
            }
        }
    }

    /// The request as it is sent: in the version that the server knows.
    fn build(&self, request: &impl Fn(&reqwest::Client) -> RequestBuilder) -> Result<Request, ClientError> {
        let built = request(&self.http).build();
        let mut built = built.map_err(|error| ClientError::transport(PREPARING, &error))?;
        address::set_version(built.url_mut(), self.speaks.get());
        Ok(built)
    }

    /// Sends what was built, and tells of it. The inner error is for the caller, who knows what it means.
    pub(super) async fn execute(
        &self,
        http: &reqwest::Client,
        request: Request,
    ) -> Result<Result<Answer, reqwest::Error>, ClientError> {
        if self.observer.0.is_none() {
            return Ok(http.execute(request).await.map(Answer::of));
        }
        let (method, url, headers) = (request.method().clone(), request.url().clone(), request.headers().clone());
        let body = request.body().and_then(|body| body.as_bytes()).map(Bytes::copy_from_slice);
        // A file may be JSON too, and larger than anybody wants to keep.
        let is_file = headers.contains_key(reqwest::header::RANGE);
        let began = Instant::now();
        let mut result = http.execute(request).await.map(Answer::of);
        let took = began.elapsed();
        let outcome = match &mut result {
            Ok(answer) => {
                let body = if is_file { None } else { answer.read_json().await? };
                Ok(Received { status: answer.status(), headers: answer.headers().clone(), body })
            }
            Err(error) => Err(remote::innermost(error)),
        };
        self.observer.tell(&Seen::Exchange(&Exchange { method, url, headers, body, outcome, took }));
        Ok(result)
    }
}

/// Nobody listens, or whoever listened went away before answering.
fn is_down(error: &reqwest::Error) -> bool {
    error.is_connect() || (error.is_request() && !error.is_timeout())
}
