//! Experiments.

use axum::extract::State;
use axum::http::StatusCode;

use super::{Answer, deleted, page};
use crate::api::experiment::Experiment;
use crate::api::page::Page;
use crate::domain::name::{ExperimentKey, WorkspaceKey};
use crate::operations::{Context, experiments};
use crate::server::convert::workspace as convert;
use crate::server::extract::{Key, Paging, Params, Waiting, Wire};

/// PUT; without a body.
pub async fn create(State(context): State<Context>, Key(key): Key<ExperimentKey>) -> Answer<Wire<Experiment>> {
    Ok(Wire(convert::experiment(&experiments::create(&context, key).await?)))
}

/// GET.
pub async fn get(State(context): State<Context>, Key(key): Key<ExperimentKey>) -> Answer<Wire<Experiment>> {
    Ok(Wire(convert::experiment(&experiments::get(&context.store, &key)?)))
}

/// GET of the list.
pub async fn list(
    State(context): State<Context>,
    Key(key): Key<WorkspaceKey>,
    paging: Paging,
) -> Answer<Wire<Page<Experiment>>> {
    let listed = experiments::list(&context.store, &key, paging.window)?;
    Ok(page(&paging, &listed, |stored| convert::experiment(&stored.value)))
}

/// DELETE.
pub async fn delete(
    State(context): State<Context>,
    Key(key): Key<ExperimentKey>,
    Params(waiting): Params<Waiting>,
) -> Answer<StatusCode> {
    let was_there = experiments::delete(&context, key.clone()).await?;
    deleted(&context, &waiting, was_there, || experiments::get(&context.store, &key)).await
}
