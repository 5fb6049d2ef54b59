//! Handlers of flat file servers, as those of `routes`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::request::{Flat, OldBody};
use super::routes::{json, missing, read, workspace};
use super::{Kind, answer};
use crate::api::file_server::FileServerCreate;
use crate::api::version::ApiVersion;
use crate::domain::file_server::FileServer;
use crate::domain::name::FileServerKey;
use crate::operations::{Context, file_servers, migrated};
use crate::server::convert::{self, Rules};
use crate::server::error::ApiError;
use crate::server::extract::{Entity, Key, LongRequest};
use crate::server::routes;

/// PUT.
pub async fn create(
    State(context): State<Context>,
    flat: Flat,
    OldBody(body): OldBody,
) -> Result<Entity<Value>, ApiError> {
    let (body, legacy) = read::<FileServerCreate>(&context, &flat, Kind::FileServer, body)?;
    let spec = convert::file_server::spec(&body, &Rules { version: flat.version, seal: &context.seal })?;
    let key = FileServerKey { workspace: workspace(flat.group, &legacy)?, name: flat.name };
    let made = migrated::create_file_server(&context, key, spec, legacy).await?;
    Ok(entity(&made, flat.version))
}

/// GET.
pub async fn get(State(context): State<Context>, flat: Flat) -> Result<Entity<Value>, ApiError> {
    let key = migrated::file_server(&context.store, &flat.group, &flat.name)?;
    let key = key.ok_or_else(|| missing(Kind::FileServer, &flat))?;
    Ok(entity(&file_servers::get(&context.store, &key)?, flat.version))
}

/// DELETE.
pub async fn delete(State(context): State<Context>, flat: Flat, request: LongRequest) -> Result<Response, ApiError> {
    match migrated::file_server(&context.store, &flat.group, &flat.name)? {
        Some(key) => routes::file_servers::delete(State(context), Key(key), request).await,
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

fn entity(value: &FileServer, version: ApiVersion) -> Entity<Value> {
    Entity { body: answer(value, version), changed: value.created }
}

/// A file server in old words.
pub(super) fn answer(value: &FileServer, version: ApiVersion) -> Value {
    let new = json(&convert::file_server::file_server(value));
    answer::down(version, Kind::FileServer, new, value.legacy.as_ref())
}
