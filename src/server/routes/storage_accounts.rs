//! Storage accounts.

use axum::extract::State;
use axum::http::StatusCode;

use super::{Answer, page};
use crate::api::page::Page;
use crate::api::storage_account as wire;
use crate::operations::{Context, groups, storage_accounts};
use crate::server::authorise::Caller;
use crate::server::convert::storage_account as convert;
use crate::server::extract::Wire;
use crate::server::unversioned::{Account, Body, Group, Paging, Subscription};

/// PUT: it is there at once.
pub async fn create(
    State(context): State<Context>,
    Account { group, name }: Account,
    Body(body): Body<wire::AccountCreate>,
) -> Answer<Wire<wire::Account>> {
    let new = convert::new_account(group, name, body)?;
    Ok(Wire(convert::account(&storage_accounts::create(&context, new).await?)))
}

/// GET.
pub async fn get(State(context): State<Context>, Account { group, name }: Account) -> Answer<Wire<wire::Account>> {
    Ok(Wire(convert::account(&storage_accounts::get(&context.store, &group, &name)?)))
}

/// POST `listKeys`.
pub async fn list_keys(State(context): State<Context>, Account { group, name }: Account) -> Answer<Wire<wire::Keys>> {
    Ok(Wire(convert::keys(storage_accounts::keys(&context, &group, &name)?)))
}

/// DELETE: 204 when it was not there.
pub async fn delete(State(context): State<Context>, Account { group, name }: Account) -> Answer<StatusCode> {
    let was_there = storage_accounts::delete(&context, group, name).await?;
    Ok(if was_there { StatusCode::OK } else { StatusCode::NO_CONTENT })
}

/// GET of the group's list.
pub async fn list(
    State(context): State<Context>,
    Group { key, name: _ }: Group,
    Paging(paging): Paging,
) -> Answer<Wire<Page<wire::Account>>> {
    groups::get(&context.store, &key)?;
    let listed = storage_accounts::list(&context.store, &key.subscription, Some(&key.group), paging.window)?;
    Ok(page(&paging, &listed, |stored| convert::account(&stored.value)))
}

/// GET of the subscription's list; whoever is confined to a group sees what is in this group.
pub async fn list_all(
    State(context): State<Context>,
    Subscription(subscription): Subscription,
    caller: Caller,
    Paging(paging): Paging,
) -> Answer<Wire<Page<wire::Account>>> {
    let listed = storage_accounts::list(&context.store, &subscription, caller.group.as_deref(), paging.window)?;
    Ok(page(&paging, &listed, |stored| convert::account(&stored.value)))
}

/// POST `checkNameAvailability`.
pub async fn check_name(
    State(context): State<Context>,
    _: Subscription,
    Body(body): Body<wire::NameToCheck>,
) -> Answer<Wire<wire::NameAvailability>> {
    let is_taken = storage_accounts::owner(&context.store, &body.name)?.is_some();
    Ok(Wire(convert::availability(&body.name, is_taken)))
}
