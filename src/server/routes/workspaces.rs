//! Workspaces.

use axum::extract::State;
use axum::http::StatusCode;

use super::{Answer, deleted, page};
use crate::api::page::Page;
use crate::api::workspace::{Workspace, WorkspaceCreate};
use crate::domain::name::{GroupKey, WorkspaceKey};
use crate::operations::{Context, workspaces};
use crate::server::authorise::Caller;
use crate::server::convert::workspace as convert;
use crate::server::extract::{Body, Key, Paging, Params, Subscription, Waiting, Wire};

/// PUT.
pub async fn create(
    State(context): State<Context>,
    Key(key): Key<WorkspaceKey>,
    Body(body): Body<WorkspaceCreate>,
) -> Answer<Wire<Workspace>> {
    let location = body.location.unwrap_or_else(|| convert::DEFAULT_LOCATION.into());
    let workspace = workspaces::create(&context, key, location, body.tags.unwrap_or_default()).await?;
    Ok(Wire(convert::workspace(&workspace)))
}

/// GET.
pub async fn get(State(context): State<Context>, Key(key): Key<WorkspaceKey>) -> Answer<Wire<Workspace>> {
    Ok(Wire(convert::workspace(&workspaces::get(&context.store, &key)?)))
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
    Params(waiting): Params<Waiting>,
) -> Answer<StatusCode> {
    let was_there = workspaces::delete(&context, key.clone()).await?;
    deleted(&context, &waiting, was_there, || workspaces::get(&context.store, &key)).await
}
