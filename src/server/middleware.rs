//! What is true of every answer: it names the build and the request, and a panic is an answer too.

use std::panic::AssertUnwindSafe;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::future::FutureExt;

use super::error::ApiError;
use super::lifetime::Lifetime;
use crate::api::server::BUILD_HEADER;

/// What the middleware adds.
#[derive(Clone)]
pub(super) struct Around {
    /// Version and build, as text.
    pub(super) build: HeaderValue,
    /// Counts the request as work.
    pub(super) lifetime: Lifetime,
    /// A new request id.
    pub(super) new_id: fn() -> String,
}

/// Parameters of requests that wait for something to happen; their clients ask again.
const WAITING: [&str; 2] = ["waitSeconds=", "follow="];

/// Wraps every handler.
pub(super) async fn around(State(around): State<Around>, request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let is_waiting = WAITING.iter().any(|parameter| query.contains(parameter));
    let _busy = around.lifetime.busy(is_waiting);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let id = (around.new_id)();
    tracing::debug!(%id, %method, path, "request");
    // The store rolls back what a panicking closure did, so nothing half-done is seen afterwards.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answer.unwrap_or_else(|_| {
        tracing::error!(%id, %method, path, "the handler panicked");
        let message = format!("The server has a defect: request {id} could not be answered; its log says more");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message).into_response()
    });
    let headers = response.headers_mut();
    headers.insert(BUILD_HEADER, around.build.clone());
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert("x-ms-request-id", id);
    }
    response
}

/// The answer to a path or method that nobody serves.
pub(super) async fn no_such_path(method: Method, uri: Uri) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "InvalidResourceType",
        format!("There is no operation {method} {}", uri.path()),
    )
}
