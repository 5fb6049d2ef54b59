//! Code snapshots.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::Answer;
use crate::domain::snapshot::SnapshotId;
use crate::operations::{Context, snapshots};
use crate::server::error::ApiError;
use crate::server::extract::Subscription;

/// Path of a snapshot.
#[derive(Deserialize)]
pub struct SnapshotPath {
    digest: String,
}

/// HEAD: whether it is there.
pub async fn head(
    State(context): State<Context>,
    _: Subscription,
    Path(path): Path<SnapshotPath>,
) -> Answer<StatusCode> {
    let is_there = snapshots::exists(&context, &id(&path)?);
    Ok(if is_there { StatusCode::OK } else { StatusCode::NOT_FOUND })
}

/// PUT: its archive.
pub async fn put(
    State(context): State<Context>,
    _: Subscription,
    Path(path): Path<SnapshotPath>,
    body: Body,
) -> Answer<StatusCode> {
    snapshots::put(&context, &id(&path)?, body.into_data_stream()).await?;
    Ok(StatusCode::OK)
}

fn id(path: &SnapshotPath) -> Result<SnapshotId, ApiError> {
    SnapshotId::parse(&path.digest).ok_or_else(|| {
        ApiError::invalid("digest", format!("`{}` must be `sha256:` and 64 hexadecimal digits", path.digest))
    })
}
