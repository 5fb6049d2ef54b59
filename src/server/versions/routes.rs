//! Handlers of flat clusters and jobs: find the resource in its workspace, translate, and let the handlers and
//! operations of 2018-05-01 do the rest.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::body::{self, Upgraded, up};
use super::names::{self, FlatId};
use super::request::{Flat, OldBody};
use super::{Kind, answer};
use crate::api::cluster::{ClusterCreate, ClusterUpdate};
use crate::api::job::JobCreate;
use crate::api::node::RemoteLoginInformation;
use crate::api::page::Page;
use crate::api::version::ApiVersion;
use crate::domain::legacy::{EXPERIMENT, Legacy};
use crate::domain::name::{ClusterKey, ExperimentKey, GroupKey, JobKey, Name, WorkspaceKey};
use crate::operations::clusters::ClusterView;
use crate::operations::jobs::JobView;
use crate::operations::{Context, clusters, jobs, migrated};
use crate::server::authorise::Caller;
use crate::server::convert::{self, FieldErrors, Rules};
use crate::server::error::ApiError;
use crate::server::extract::{Described, Entity, Key, LongRequest, Paging, Params, Version, Wire, checked};
use crate::server::links;
use crate::server::routes;
use crate::server::routes::files::Links;

/// What a handler answers.
type Answer<T> = Result<T, ApiError>;

/// PUT cluster.
pub async fn create_cluster(
    State(context): State<Context>,
    flat: Flat,
    caller: Caller,
    OldBody(body): OldBody,
) -> Answer<Entity<Value>> {
    let (body, legacy) = read::<ClusterCreate>(&context, &flat, Kind::Cluster, body)?;
    let spec = convert::cluster::spec(&body, &Rules { version: flat.version, seal: &context.seal })?;
    caller.may_use(&context, &links::of_cluster(&spec))?;
    let key = ClusterKey { workspace: workspace(flat.group, &legacy)?, name: flat.name };
    let view = migrated::create_cluster(&context, key, spec, legacy).await?;
    Ok(cluster_entity(&view, flat.version))
}

/// PUT job.
pub async fn create_job(
    State(context): State<Context>,
    flat: Flat,
    caller: Caller,
    OldBody(body): OldBody,
) -> Answer<Entity<Value>> {
    let (body, legacy) = read::<JobCreate>(&context, &flat, Kind::Job, body)?;
    let spec = convert::job::spec(&body, &Rules { version: flat.version, seal: &context.seal })?;
    caller.may_use(&context, &links::of_job(&spec))?;
    let name = convert::name("experiment", EXPERIMENT).map_err(|message| ApiError::invalid("path", message))?;
    let experiment = ExperimentKey { workspace: workspace(flat.group, &legacy)?, name };
    let view = migrated::create_job(&context, JobKey { experiment, name: flat.name }, spec, legacy).await?;
    Ok(job_entity(&view, flat.version))
}

/// PATCH cluster: its scale, its tags, or both.
pub async fn update_cluster(
    State(context): State<Context>,
    flat: Flat,
    OldBody(body): OldBody,
) -> Answer<Entity<Value>> {
    let key = find_cluster(&context, &flat)?.ok_or_else(|| missing(Kind::Cluster, &flat))?;
    let mut errors = FieldErrors::default();
    let tags = body::tags(body.get("tags").cloned(), &mut errors);
    if !errors.0.is_empty() {
        return Err(errors.into());
    }
    let scale = match body.pointer("/properties/scaleSettings") {
        Some(settings) if !settings.is_null() => {
            let body: ClusterUpdate = checked(body, flat.version)?;
            Some(convert::cluster::new_scale(&body, flat.version)?)
        }
        Some(_) | None => None,
    };
    let view = migrated::update_cluster(&context, key, scale, tags).await?;
    Ok(cluster_entity(&view, flat.version))
}

/// GET cluster.
pub async fn cluster(State(context): State<Context>, flat: Flat) -> Answer<Entity<Value>> {
    let key = find_cluster(&context, &flat)?.ok_or_else(|| missing(Kind::Cluster, &flat))?;
    Ok(cluster_entity(&clusters::get(&context.store, &key)?, flat.version))
}

/// GET job.
pub async fn job(State(context): State<Context>, flat: Flat) -> Answer<Entity<Value>> {
    let key = find_job(&context, &flat)?;
    Ok(job_entity(&jobs::get(&context.store, &key)?, flat.version))
}

/// DELETE cluster.
pub async fn delete_cluster(State(context): State<Context>, flat: Flat, request: LongRequest) -> Answer<Response> {
    match find_cluster(&context, &flat)? {
        Some(key) => Ok(routes::clusters::delete(State(context), Key(key), request).await?),
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// DELETE job.
pub async fn delete_job(State(context): State<Context>, flat: Flat, request: LongRequest) -> Answer<Response> {
    match migrated::job(&context.store, &flat.group, &flat.name)? {
        Some(key) => Ok(routes::jobs::delete(State(context), Key(key), request).await?),
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// POST terminate.
pub async fn terminate(State(context): State<Context>, flat: Flat, request: LongRequest) -> Answer<Response> {
    let key = find_job(&context, &flat)?;
    routes::jobs::terminate(State(context), Key(key), request).await
}

/// POST listRemoteLoginInformation of a cluster.
pub async fn cluster_remote_login(
    State(context): State<Context>,
    flat: Flat,
    version: Version,
) -> Answer<Wire<Page<RemoteLoginInformation>>> {
    let key = find_cluster(&context, &flat)?.ok_or_else(|| missing(Kind::Cluster, &flat))?;
    routes::clusters::remote_login(State(context), Key(key), version).await
}

/// POST listRemoteLoginInformation of a job.
pub async fn job_remote_login(
    State(context): State<Context>,
    flat: Flat,
    version: Version,
) -> Answer<Wire<Page<RemoteLoginInformation>>> {
    let key = find_job(&context, &flat)?;
    routes::jobs::remote_login(State(context), Key(key), version).await
}

/// POST listOutputFiles.
pub async fn files(
    State(context): State<Context>,
    flat: Flat,
    Params(mut query): Params<routes::files::Directory>,
    links: Links,
    paging: Paging,
) -> Answer<Wire<Page<Value>>> {
    let key = find_job(&context, &flat)?;
    if flat.version == ApiVersion::Preview2017 {
        query.directory = None;
    }
    let Wire(page) = routes::files::list(State(context), Key(key), Params(query), links, paging).await?;
    let value = page.value.iter().filter_map(|file| answer::file(flat.version, json(file))).collect();
    Ok(Wire(Page { value, next_link: page.next_link }))
}

fn cluster_entity(view: &ClusterView, version: ApiVersion) -> Entity<Value> {
    Entity { body: cluster_answer(view, version), changed: view.cluster.value.changed() }
}

fn job_entity(view: &JobView, version: ApiVersion) -> Entity<Value> {
    Entity { body: job_answer(view, version), changed: view.job.value.created }
}

/// A cluster in old words.
pub(super) fn cluster_answer(view: &ClusterView, version: ApiVersion) -> Value {
    let new = json(&convert::cluster::cluster(view, version));
    answer::down(version, Kind::Cluster, new, view.cluster.value.legacy.as_ref())
}

/// A job in old words.
pub(super) fn job_answer(view: &JobView, version: ApiVersion) -> Value {
    let new = json(&convert::job::job(view, version));
    answer::down(version, Kind::Job, new, view.job.value.legacy.as_ref())
}

pub(super) fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("wire types are plain data, and their maps have text as keys")
}

pub(super) fn read<T: Described>(context: &Context, flat: &Flat, kind: Kind, body: Value) -> Answer<(T, Legacy)> {
    let workspace_of = |id: &FlatId| workspace_of(context, id);
    let Upgraded { body, legacy } = up(flat.version, kind, body, &workspace_of)?;
    Ok((checked(body, flat.version)?, legacy))
}

/// Where a thing that a body refers to is; `None` when nobody knows it, which the operation will say better.
fn workspace_of(context: &Context, id: &FlatId) -> Option<String> {
    let group = convert::group(&id.subscription, &id.group).ok()?;
    let name = Name::parse_dotted(&id.name).ok()?;
    let workspace = if id.is_cluster() {
        migrated::cluster(&context.store, &group, &name).ok()??.workspace
    } else if id.is_file_server() {
        migrated::file_server(&context.store, &group, &name).ok()??.workspace
    } else {
        return None;
    };
    Some(workspace.name.to_string())
}

pub(super) fn workspace(group: GroupKey, legacy: &Legacy) -> Answer<WorkspaceKey> {
    let name = convert::name("workspace", &names::workspace(&legacy.location));
    Ok(WorkspaceKey { group, name: name.map_err(|message| ApiError::invalid("location", message))? })
}

fn find_cluster(context: &Context, flat: &Flat) -> Answer<Option<ClusterKey>> {
    Ok(migrated::cluster(&context.store, &flat.group, &flat.name)?)
}

fn find_job(context: &Context, flat: &Flat) -> Answer<JobKey> {
    migrated::job(&context.store, &flat.group, &flat.name)?.ok_or_else(|| missing(Kind::Job, flat))
}

/// As Azure's front end answered for these versions (azure-cli recordings, 2018-03-01).
pub(super) fn missing(kind: Kind, flat: &Flat) -> ApiError {
    let message = format!(
        "The Resource 'Microsoft.BatchAI/{}/{}' under resource group '{}' was not found.",
        kind.collection(),
        flat.name,
        flat.group.group
    );
    ApiError::new(StatusCode::NOT_FOUND, "ResourceNotFound", message)
}
