//! One thin handler per operation: decode, call, encode. No rule lives here, and no file is touched.

pub mod clusters;
pub mod downloads;
pub mod experiments;
pub mod file_servers;
pub mod files;
pub mod foresight;
pub mod groups;
pub mod jobs;
pub mod long_operations;
pub mod operations;
pub mod resource_manager;
pub mod server;
pub mod snapshots;
pub mod storage;
pub mod storage_accounts;
pub mod tokens;
pub mod usages;
pub mod vaults;
pub mod workspaces;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use super::extract::{LongRequest, Paging, Wire};
use crate::api::page::Page;
use crate::domain::long_operation::Work;
use crate::operations::long::{self, Target};
use crate::operations::{Context, Listed, wait_until};

/// What a handler answers.
type Answer<T> = Result<T, ApiError>;

/// A page of a list.
fn page<T, W>(paging: &Paging, listed: &Listed<T>, convert: impl Fn(&T) -> W) -> Wire<Page<W>> {
    let next_link = listed.next.map(|next| paging.link(next));
    Wire(Page { value: listed.items.iter().map(convert).collect(), next_link })
}

/// The answer to a DELETE: 204 for what was not there, 200 when it is gone, 202 when it is still going.
/// Asking again is harmless, and is how a client of ours waits longer.
async fn deleted(context: &Context, request: &LongRequest, was_there: bool, target: Target) -> Answer<Response> {
    if was_there {
        finished(context, request, Work::Deletion, target).await
    } else {
        Ok(StatusCode::NO_CONTENT.into_response())
    }
}

/// 200 when the work that was begun is over within the patience of the request, else 202.
async fn finished(context: &Context, request: &LongRequest, work: Work, target: Target) -> Answer<Response> {
    let is_over = || Ok(long::is_over(&context.store, work, &target)?.then_some(()));
    if wait_until(context, request.patience, is_over).await?.is_some() {
        return Ok(StatusCode::OK.into_response());
    }
    if request.version.is_ours() {
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    Ok(match long::begin(context, work, target, request.version.is_flat()).await? {
        Some(operation) => long_operations::accepted(&operation, &request.origin, request.version),
        None => StatusCode::OK.into_response(),
    })
}
