//! What is true of every request and answer: paths are spelt as the router spells them, answers have the headers of
//! the service and name the build, and a panic is an answer too.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{OriginalUri, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::future::FutureExt;
use hyper::body::{Frame, SizeHint};

use super::error::ApiError;
use super::headers::Asked;
use super::lifetime::{Busy, Lifetime};
use super::paths;
use super::peer::Peer;
use crate::api::error::code;
use crate::api::server::BUILD_HEADER;
use crate::domain::Timestamp;

/// What the middleware adds.
#[derive(Clone)]
pub(super) struct Around {
    /// Version and build, as text.
    pub(super) build: HeaderValue,
    /// Counts the request as work.
    pub(super) lifetime: Lifetime,
    /// A new request id.
    pub(super) new_id: fn() -> String,
    /// The current time.
    pub(super) clock: fn() -> Timestamp,
}

/// Parameters of requests that wait for something to happen; their clients ask again.
const WAITING: [&str; 2] = ["waitSeconds=", "follow="];

/// Wraps the router, which sees the request afterwards.
pub(super) async fn around(State(around): State<Around>, mut request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let is_waiting = WAITING.iter().any(|parameter| query.contains(parameter));
    let is_over_network = matches!(request.extensions().get(), Some(Peer::Tcp { .. }));
    let busy = around.lifetime.busy(is_waiting, is_over_network);
    if let Some(uri) = spelt(request.uri()) {
        *request.uri_mut() = uri;
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let id = (around.new_id)();
    tracing::debug!(%id, %method, path, "request");
    let asked = Asked::of(&method, request.headers());
    // The store rolls back what a panicking closure did, so nothing half-done is seen afterwards.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answer.unwrap_or_else(|_| {
        tracing::error!(%id, %method, path, "the handler panicked");
        let message = format!("The server has a defect: request {id} could not be answered; its log says more");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message).into_response()
    });
    let headers = response.headers_mut();
    headers.insert(BUILD_HEADER, around.build.clone());
    asked.answer(headers, &id, (around.clock)());
    response.map(|body| Body::new(Answering { body, _busy: busy }))
}

/// The body of an answer, which keeps its request counted until all of it is handed on.
struct Answering {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The address as the router spells it, where that is another.
fn spelt(uri: &Uri) -> Option<Uri> {
    let path = paths::canonical(uri.path())?;
    let path = uri.query().map_or(path.clone(), |query| format!("{path}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

/// The answer to a path that nobody serves.
pub(super) async fn no_such_path(method: Method, OriginalUri(uri): OriginalUri) -> ApiError {
    let message = format!("There is no operation {method} {}", uri.path());
    ApiError::new(StatusCode::NOT_FOUND, code::NO_SUCH_PATH, message)
}

/// The answer to a method that a path does not have; the router adds those that it has.
pub(super) async fn no_such_method(method: Method, OriginalUri(uri): OriginalUri) -> ApiError {
    let message = format!("There is no operation {method} at {}: the Allow header says which there are", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
}
