//! Clusters.

use axum::extract::State;
use axum::response::Response;

use super::{Answer, deleted, page};
use crate::api::cluster::{Cluster, ClusterCreate, ClusterUpdate};
use crate::api::node::RemoteLoginInformation;
use crate::api::page::Page;
use crate::api::version::ApiVersion;
use crate::domain::allocation::AllocationState;
use crate::domain::name::{ClusterKey, WorkspaceKey};
use crate::operations::clusters::{ClusterView, Until};
use crate::operations::long::Target;
use crate::operations::{Context, clusters};
use crate::server::authorise::Caller;
use crate::server::convert::{Rules, cluster as convert, node};
use crate::server::extract::{Body, Entity, Key, LongRequest, Paging, Version, Waiting, Wire};
use crate::server::links;

/// PUT.
pub async fn create(
    State(context): State<Context>,
    Key(key): Key<ClusterKey>,
    Version(version): Version,
    caller: Caller,
    Body(body): Body<ClusterCreate>,
) -> Answer<Entity<Cluster>> {
    let spec = convert::spec(&body, &Rules { version, seal: &context.seal })?;
    caller.may_use(&context, &links::of_cluster(&spec))?;
    Ok(entity(&clusters::create(&context, key, spec).await?, version))
}

/// PATCH: only its scale can change.
pub async fn update(
    State(context): State<Context>,
    Key(key): Key<ClusterKey>,
    Version(version): Version,
    Body(body): Body<ClusterUpdate>,
) -> Answer<Entity<Cluster>> {
    let scale = convert::new_scale(&body)?;
    Ok(entity(&clusters::rescale(&context, key, scale).await?, version))
}

/// What of a cluster can be waited for by name.
const WORDS: [(&str, Until); 3] = [
    ("steady", Until::In(AllocationState::Steady)),
    ("resizing", Until::In(AllocationState::Resizing)),
    ("idle", Until::Idle),
];

/// GET; with `generation` or `waitFor`, and `waitSeconds`, as soon as the cluster is another than that or is so.
pub async fn get(
    State(context): State<Context>,
    Key(key): Key<ClusterKey>,
    Version(version): Version,
    waiting: Waiting,
) -> Answer<Entity<Cluster>> {
    let view = match waiting.until(Until::NewerThan, &WORDS)? {
        Some(until) => clusters::wait(&context, &key, until, waiting.patience()).await?,
        None => clusters::get(&context.store, &key)?,
    };
    Ok(entity(&view, version))
}

fn entity(view: &ClusterView, version: ApiVersion) -> Entity<Cluster> {
    Entity { body: convert::cluster(view, version), changed: view.cluster.value.changed() }
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

/// POST; a GET is the same, for clients that ask for further pages so.
pub async fn remote_login(
    State(context): State<Context>,
    Key(key): Key<ClusterKey>,
    Version(version): Version,
) -> Answer<Wire<Page<RemoteLoginInformation>>> {
    let nodes = clusters::get(&context.store, &key)?.nodes;
    Ok(Wire(node::remote_login(&nodes, &context.engine.logins(), version)))
}

/// DELETE.
pub async fn delete(
    State(context): State<Context>,
    Key(key): Key<ClusterKey>,
    request: LongRequest,
) -> Answer<Response> {
    let was_there = clusters::delete(&context, key.clone()).await?;
    deleted(&context, &request, was_there, Target::Cluster(key)).await
}
