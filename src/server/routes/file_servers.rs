//! File servers.

use axum::extract::State;
use axum::response::Response;

use super::{Answer, deleted, page};
use crate::api::file_server::{FileServer, FileServerCreate};
use crate::api::page::Page;
use crate::domain::file_server as domain;
use crate::domain::name::{FileServerKey, WorkspaceKey};
use crate::operations::long::Target;
use crate::operations::{Context, file_servers};
use crate::server::convert::{Rules, file_server as convert};
use crate::server::extract::{Body, Entity, Key, LongRequest, Paging, Version, Wire};

/// PUT.
pub async fn create(
    State(context): State<Context>,
    Key(key): Key<FileServerKey>,
    Version(version): Version,
    Body(body): Body<FileServerCreate>,
) -> Answer<Entity<FileServer>> {
    let spec = convert::spec(&body, &Rules { version, seal: &context.seal })?;
    Ok(entity(&file_servers::create(&context, key, spec).await?))
}

/// GET.
pub async fn get(State(context): State<Context>, Key(key): Key<FileServerKey>) -> Answer<Entity<FileServer>> {
    Ok(entity(&file_servers::get(&context.store, &key)?))
}

fn entity(value: &domain::FileServer) -> Entity<FileServer> {
    Entity { body: convert::file_server(value), changed: value.created }
}

/// GET of the list.
pub async fn list(
    State(context): State<Context>,
    Key(key): Key<WorkspaceKey>,
    paging: Paging,
) -> Answer<Wire<Page<FileServer>>> {
    let listed = file_servers::list(&context.store, &key, paging.window)?;
    Ok(page(&paging, &listed, |stored| convert::file_server(&stored.value)))
}

/// DELETE.
pub async fn delete(
    State(context): State<Context>,
    Key(key): Key<FileServerKey>,
    request: LongRequest,
) -> Answer<Response> {
    let was_there = file_servers::delete(&context, key.clone()).await?;
    deleted(&context, &request, was_there, Target::FileServer(key)).await
}
