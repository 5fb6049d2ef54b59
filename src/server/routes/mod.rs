//! One thin handler per operation: decode, call, encode. No rule lives here, and no file is touched.

pub mod clusters;
pub mod experiments;
pub mod files;
pub mod jobs;
pub mod server;
pub mod snapshots;
pub mod tokens;
pub mod workspaces;

use axum::http::StatusCode;

use super::error::ApiError;
use super::extract::{Paging, Waiting, Wire};
use crate::api::page::Page;
use crate::operations::{Context, Listed, OperationError, wait_until};

/// What a handler answers.
type Answer<T> = Result<T, ApiError>;

/// A page of a list.
fn page<T, W>(paging: &Paging, listed: &Listed<T>, convert: impl Fn(&T) -> W) -> Wire<Page<W>> {
    let next_link = listed.next.map(|next| paging.link(next));
    Wire(Page { value: listed.items.iter().map(convert).collect(), next_link })
}

/// The answer to a DELETE: 204 for what was not there, 200 when it is gone, 202 when it is still going.
/// Asking again is harmless, and is how a client waits longer.
async fn deleted<T>(
    context: &Context,
    waiting: &Waiting,
    was_there: bool,
    get: impl Fn() -> Result<T, OperationError>,
) -> Answer<StatusCode> {
    if !was_there {
        return Ok(StatusCode::NO_CONTENT);
    }
    let gone = wait_until(context, waiting.patience(), || match get() {
        Ok(_) => Ok(None),
        Err(OperationError::NotFound { .. }) => Ok(Some(())),
        Err(error) => Err(error),
    });
    Ok(if gone.await?.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED })
}
