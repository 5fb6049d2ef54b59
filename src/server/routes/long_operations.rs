//! Operations that go on after their request was answered: what the first answer says of them, and their polling.

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Answer;
use crate::api::long_operation::{LongOperation, LongOperationProperties};
use crate::api::path;
use crate::api::version::ApiVersion;
use crate::domain::long_operation::{self as domain, Progress, Subject, Work};
use crate::operations::{Context, long};
use crate::server::convert::time;
use crate::server::extract::{Origin, Subscription, Version, Wire};

/// Whole seconds, because that is all that Microsoft's clients understand; without it they wait for 30.
const RETRY_AFTER: (HeaderName, HeaderValue) = (header::RETRY_AFTER, HeaderValue::from_static("1"));

/// Path of an operation.
#[derive(Deserialize)]
pub struct OperationPath {
    id: String,
}

/// GET `operationresults`: how far it is. Always 200, as the service answered.
pub async fn status(
    State(context): State<Context>,
    Subscription(subscription): Subscription,
    Path(path): Path<OperationPath>,
    origin: Origin,
) -> Answer<Response> {
    let (operation, progress) = long::get(&context.store, &subscription, &path.id)?;
    let body = Wire(wire(&operation, progress, &origin));
    Ok(match progress {
        Progress::InProgress => ([RETRY_AFTER], body).into_response(),
        Progress::Succeeded { .. } => body.into_response(),
    })
}

/// GET `operationstatuses`: the result. 202 while it goes on, then what the request would have answered.
pub async fn result(
    State(context): State<Context>,
    Subscription(subscription): Subscription,
    Path(path): Path<OperationPath>,
    origin: Origin,
    Version(version): Version,
) -> Answer<Response> {
    let (operation, progress) = long::get(&context.store, &subscription, &path.id)?;
    Ok(match (progress, operation.work) {
        (Progress::InProgress, _) => accepted(&operation, &origin, version),
        // Batch AI said 204, Azure Resource Manager says 200.
        (Progress::Succeeded { .. }, Work::Deletion) if operation.subject == Subject::Group => {
            StatusCode::OK.into_response()
        }
        (Progress::Succeeded { .. }, Work::Deletion) => StatusCode::NO_CONTENT.into_response(),
        (Progress::Succeeded { .. }, Work::Termination) => StatusCode::OK.into_response(),
    })
}

/// 202 with the addresses to poll.
pub(super) fn accepted(operation: &domain::LongOperation, origin: &Origin, version: ApiVersion) -> Response {
    let mut response = (StatusCode::ACCEPTED, [RETRY_AFTER]).into_response();
    for (name, word) in
        [(HeaderName::from_static("azure-asyncoperation"), path::RESULTS), (header::LOCATION, path::STATUSES)]
    {
        let url = format!("{}?api-version={version}", url(operation, origin, word));
        if let Ok(url) = HeaderValue::try_from(url) {
            response.headers_mut().insert(name, url);
        }
    }
    response
}

fn url(operation: &domain::LongOperation, origin: &Origin, word: &str) -> String {
    origin.url(&path::long_operation(&operation.subscription, &operation.region, word, &operation.id))
}

fn wire(operation: &domain::LongOperation, progress: Progress, origin: &Origin) -> LongOperation {
    let (status, end) = match progress {
        Progress::InProgress => ("InProgress", None),
        Progress::Succeeded { at } => ("Succeeded", Some(at)),
    };
    LongOperation {
        id: url(operation, origin, path::RESULTS),
        name: operation.id.clone(),
        status: status.into(),
        start_time: time(operation.started),
        end_time: end.map(time),
        properties: end.map(|_| LongOperationProperties { resource_id: operation.resource.clone() }),
    }
}
