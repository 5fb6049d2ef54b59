//! Workspaces.

use axum::extract::State;
use axum::response::Response;

use super::{Answer, deleted, page};
use crate::api::page::Page;
use crate::api::workspace::{Workspace, WorkspaceCreate, WorkspaceUpdate};
use crate::domain::name::{GroupKey, WorkspaceKey};
use crate::domain::workspace as domain;
use crate::operations::long::Target;
use crate::operations::{Context, workspaces};
use crate::server::authorise::Caller;
use crate::server::convert::workspace as convert;
use crate::server::extract::{Body, Entity, Key, LongRequest, Nested, Paging, Subscription, Version, Wire};

/// PUT.
pub async fn create(
    State(context): State<Context>,
    Key(key): Key<WorkspaceKey>,
    Version(version): Version,
    Body(body): Body<WorkspaceCreate>,
) -> Answer<Entity<Workspace>> {
    let (location, tags) = convert::spec(body, version)?;
    let workspace = workspaces::create(&context, key, location, tags).await?;
    Ok(entity(&workspace))
}

/// PATCH: only its tags can change.
pub async fn update(
    State(context): State<Context>,
    Key(key): Key<WorkspaceKey>,
    Body(body): Body<WorkspaceUpdate>,
) -> Answer<Entity<Workspace>> {
    Ok(entity(&workspaces::update(&context, key, convert::new_tags(body)?).await?))
}

/// GET.
pub async fn get(State(context): State<Context>, Key(key): Key<WorkspaceKey>) -> Answer<Entity<Workspace>> {
    Ok(entity(&workspaces::get(&context.store, &key)?))
}

fn entity(workspace: &domain::Workspace) -> Entity<Workspace> {
    Entity { body: convert::workspace(workspace), changed: workspace.changed() }
}

/// GET of the group's list.
pub async fn list(
    State(context): State<Context>,
    Key(key): Key<GroupKey>,
    paging: Paging,
) -> Answer<Wire<Page<Workspace>>> {
    let listed = workspaces::list(&context.store, &key.subscription, Some(&key.group), paging.window)?;
    Ok(page(&paging, &listed, |stored| convert::workspace(&stored.value)))
}

/// GET of the subscription's list; whoever is confined to a group sees this group.
pub async fn list_all(
    State(context): State<Context>,
    _: Nested,
    Subscription(subscription): Subscription,
    caller: Caller,
    paging: Paging,
) -> Answer<Wire<Page<Workspace>>> {
    let listed = workspaces::list(&context.store, &subscription, caller.group.as_deref(), paging.window)?;
    Ok(page(&paging, &listed, |stored| convert::workspace(&stored.value)))
}

/// DELETE.
pub async fn delete(
    State(context): State<Context>,
    Key(key): Key<WorkspaceKey>,
    request: LongRequest,
) -> Answer<Response> {
    let was_there = workspaces::delete(&context, key.clone()).await?;
    deleted(&context, &request, was_there, Target::Workspace(key)).await
}
