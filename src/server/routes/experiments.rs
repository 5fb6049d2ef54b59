//! Experiments.

use axum::extract::State;
use axum::response::Response;

use super::{Answer, deleted, page};
use crate::api::experiment::Experiment;
use crate::api::page::Page;
use crate::domain::name::{ExperimentKey, WorkspaceKey};
use crate::domain::workspace as domain;
use crate::operations::long::Target;
use crate::operations::{Context, experiments};
use crate::server::convert::workspace as convert;
use crate::server::extract::{Entity, Key, LongRequest, Paging, Wire};

/// PUT; without a body.
pub async fn create(State(context): State<Context>, Key(key): Key<ExperimentKey>) -> Answer<Entity<Experiment>> {
    Ok(entity(&experiments::create(&context, key).await?))
}

/// GET.
pub async fn get(State(context): State<Context>, Key(key): Key<ExperimentKey>) -> Answer<Entity<Experiment>> {
    Ok(entity(&experiments::get(&context.store, &key)?))
}

fn entity(experiment: &domain::Experiment) -> Entity<Experiment> {
    Entity { body: convert::experiment(experiment), changed: experiment.created }
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
    request: LongRequest,
) -> Answer<Response> {
    let was_there = experiments::delete(&context, key.clone()).await?;
    deleted(&context, &request, was_there, Target::Experiment(key)).await
}
