//! Clusters.

use axum::extract::{OriginalUri, State};
use axum::http::Method;
use axum::response::Response;

use super::{Answer, deleted, page};
use crate::api::cluster::{Cluster, ClusterCreate, ClusterUpdate};
use crate::api::node::{NodePreempt, PreemptedNode, RemoteLoginInformation};
use crate::api::page::Page;
use crate::api::version::ApiVersion;
use crate::domain::allocation::AllocationState;
use crate::domain::name::{ClusterKey, WorkspaceKey};
use crate::operations::clusters::{ClusterView, Until};
use crate::operations::long::Target;
use crate::operations::preemptions::Preempted;
use crate::operations::{Context, clusters, preemptions};
use crate::server::authorise::Caller;
use crate::server::convert::{Rules, cluster as convert, node};
use crate::server::extract::{Body, Entity, Key, LongRequest, Paging, Version, Waiting, Wire};
use crate::server::links;
use crate::server::middleware::no_such_path;

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
    Ok(entity(&context, &clusters::create(&context, key, spec).await?, version))
}

/// PATCH: only its scale can change.
pub async fn update(
    State(context): State<Context>,
    Key(key): Key<ClusterKey>,
    Version(version): Version,
    Body(body): Body<ClusterUpdate>,
) -> Answer<Entity<Cluster>> {
    let scale = convert::new_scale(&body, version)?;
    Ok(entity(&context, &clusters::rescale(&context, key, scale).await?, version))
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
    Ok(entity(&context, &view, version))
}

fn entity(context: &Context, view: &ClusterView, version: ApiVersion) -> Entity<Cluster> {
    Entity { body: body(context, view, version), changed: view.cluster.value.changed() }
}

/// A cluster as answered, with what only our version says of this machine.
fn body(context: &Context, view: &ClusterView, version: ApiVersion) -> Cluster {
    let mut body = convert::cluster(view, version);
    if version.is_ours() {
        let warnings = clusters::warnings(context, &view.cluster.value.spec);
        body.properties.warnings = (!warnings.is_empty()).then_some(warnings);
    }
    body
}

/// GET of the list.
pub async fn list(
    State(context): State<Context>,
    Key(key): Key<WorkspaceKey>,
    Version(version): Version,
    paging: Paging,
) -> Answer<Wire<Page<Cluster>>> {
    let listed = clusters::list(&context.store, &key, paging.window)?;
    Ok(page(&paging, &listed, |view| body(&context, view, version)))
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

/// POST: takes a node away. The service had no such request; it was Azure that took nodes.
pub async fn preempt(
    State(context): State<Context>,
    Key(key): Key<ClusterKey>,
    Version(version): Version,
    method: Method,
    uri: OriginalUri,
    Body(body): Body<NodePreempt>,
) -> Answer<Wire<PreemptedNode>> {
    if !version.is_ours() {
        return Err(no_such_path(method, uri).await);
    }
    let Preempted { node, jobs } = preemptions::preempt(&context, key, body.node_id).await?;
    Ok(Wire(PreemptedNode { node_id: node, jobs }))
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
