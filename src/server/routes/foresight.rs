//! What is ours about jobs: what one would do, why one waits or failed, and one once more.

use axum::extract::State;
use serde::Deserialize;

use super::Answer;
use crate::api::explanation::JobExplanation;
use crate::api::job::{Job, JobCreate};
use crate::api::plan::{JobPlan, JobRerun};
use crate::api::successor::successors;
use crate::domain::name::JobKey;
use crate::operations::{Context, explanations, jobs, plans, reruns};
use crate::server::authorise::Caller;
use crate::server::convert::{self, Rules, foresight, job};
use crate::server::error::ApiError;
use crate::server::extract::{Body, Entity, Key, Params, Version, Wire};
use crate::server::links;

/// Query of a plan.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    would_make: Option<String>,
}

/// POST plan: checks as a PUT of the job would, and submits nothing.
pub async fn plan(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    Version(version): Version,
    caller: Caller,
    Params(missing): Params<Missing>,
    Body(body): Body<JobCreate>,
) -> Answer<Wire<JobPlan>> {
    let spec = job::spec(&body, &Rules { version, seal: &context.seal })?;
    caller.may_use(&context, &links::of_job(&spec))?;
    let made = foresight::would_make(&missing.would_make.unwrap_or_default());
    let made = made.map_err(|message| ApiError::invalid("wouldMake", message))?;
    Ok(Wire(foresight::plan(plans::plan(&context, key, spec, made)?)))
}

/// GET explanation.
pub async fn explain(State(context): State<Context>, Key(key): Key<JobKey>) -> Answer<Wire<JobExplanation>> {
    Ok(Wire(foresight::explanation(explanations::explain(&context, &key)?)))
}

/// POST rerun: the new job.
pub async fn rerun(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    Version(version): Version,
    caller: Caller,
    Body(body): Body<JobRerun>,
) -> Answer<Entity<Job>> {
    let name = body.name.map(|text| convert::name("job", &text)).transpose();
    let name = name.map_err(|message| ApiError::invalid("name", message))?;
    let spec = jobs::get(&context.store, &key)?.job.value.spec;
    caller.may_use(&context, &links::of_job(&spec))?;
    let candidates = successors(key.name.as_str());
    let view = reruns::rerun(&context, key, name, candidates).await?;
    Ok(Entity { body: job::job(&view, version), changed: view.job.value.created })
}
