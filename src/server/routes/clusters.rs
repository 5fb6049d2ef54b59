//! Clusters.

use axum::extract::State;
use axum::http::StatusCode;

use super::{Answer, deleted, page};
use crate::api::cluster::{Cluster, ClusterCreate};
use crate::api::page::Page;
use crate::domain::name::{ClusterKey, WorkspaceKey};
use crate::operations::{Context, clusters};
use crate::server::authorise::Caller;
use crate::server::convert::{Rules, cluster as convert};
use crate::server::extract::{Body, Key, Paging, Params, Version, Waiting, Wire};
use crate::server::links;

/// PUT.
pub async fn create(
    State(context): State<Context>,
    Key(key): Key<ClusterKey>,
    Version(version): Version,
    caller: Caller,
    Body(body): Body<ClusterCreate>,
) -> Answer<Wire<Cluster>> {
    let spec = convert::spec(&body, &Rules { version, seal: &context.seal })?;
    caller.may_use(&context, &links::of_cluster(&spec))?;
    Ok(Wire(convert::cluster(&clusters::create(&context, key, spec).await?, version)))
}

/// GET.
pub async fn get(
    State(context): State<Context>,
    Key(key): Key<ClusterKey>,
    Version(version): Version,
) -> Answer<Wire<Cluster>> {
    Ok(Wire(convert::cluster(&clusters::get(&context.store, &key)?, version)))
}

/// GET of the list.
pub async fn list(
    State(context): State<Context>,
    Key(key): Key<WorkspaceKey>,
    Version(version): Version,
    paging: Paging,
) -> Answer<Wire<Page<Cluster>>> {
    let listed = clusters::list(&context.store, &key, paging.window)?;
    Ok(page(&paging, &listed, |view| convert::cluster(view, version)))
}

/// DELETE.
pub async fn delete(
    State(context): State<Context>,
    Key(key): Key<ClusterKey>,
    Params(waiting): Params<Waiting>,
) -> Answer<StatusCode> {
    let was_there = clusters::delete(&context, key.clone()).await?;
    deleted(&context, &waiting, was_there, || clusters::get(&context.store, &key)).await
}
