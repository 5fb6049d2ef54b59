//! Resource groups.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Answer, deleted, page};
use crate::api::page::Page;
use crate::api::resource_manager as wire;
use crate::operations::long::Target;
use crate::operations::{Context, groups};
use crate::server::authorise::Caller;
use crate::server::convert::group as convert;
use crate::server::extract::Wire;
use crate::server::unversioned::{Body, Group, LongRequest, Paging, Subscription};

/// PUT: 201 when it was made, 200 when it was there (Swagger `Microsoft.Resources` 2018-05-01).
pub async fn create(
    State(context): State<Context>,
    Group { key, name }: Group,
    Body(body): Body<wire::GroupCreate>,
) -> Answer<Response> {
    let (group, is_new) = groups::create(&context, convert::new_group(key, name, body)?).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Wire(convert::group(&group))).into_response())
}

/// PATCH: only its tags can change.
pub async fn update(
    State(context): State<Context>,
    Group { key, name: _ }: Group,
    Body(body): Body<wire::GroupUpdate>,
) -> Answer<Wire<wire::Group>> {
    Ok(Wire(convert::group(&groups::update(&context, key, body.tags).await?)))
}

/// GET.
pub async fn get(State(context): State<Context>, Group { key, name: _ }: Group) -> Answer<Wire<wire::Group>> {
    Ok(Wire(convert::group(&groups::get(&context.store, &key)?)))
}

/// HEAD: whether it is there.
pub async fn head(State(context): State<Context>, Group { key, name: _ }: Group) -> Answer<StatusCode> {
    groups::get(&context.store, &key)?;
    Ok(StatusCode::NO_CONTENT)
}

/// GET of the list; whoever is confined to a group sees this group.
pub async fn list(
    State(context): State<Context>,
    Subscription(subscription): Subscription,
    caller: Caller,
    Paging(paging): Paging,
) -> Answer<Wire<Page<wire::Group>>> {
    let listed = groups::list(&context.store, &subscription, caller.group.as_deref(), paging.window)?;
    Ok(page(&paging, &listed, |stored| convert::group(&stored.value)))
}

/// DELETE: with all workspaces in it.
pub async fn delete(
    State(context): State<Context>,
    Group { key, name: _ }: Group,
    LongRequest(request): LongRequest,
) -> Answer<Response> {
    groups::delete(&context, key.clone()).await?;
    deleted(&context, &request, true, Target::Group(key)).await
}
