//! Jobs.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};

use super::{Answer, deleted, page};
use crate::api::job::{Job, JobCreate};
use crate::api::page::Page;
use crate::domain::name::{ExperimentKey, JobKey};
use crate::operations::jobs::IfExists;
use crate::operations::{Context, jobs, wait_until};
use crate::server::authorise::Caller;
use crate::server::convert::{Rules, job as convert};
use crate::server::extract::{Body, Key, Paging, Params, Version, Waiting, Wire};
use crate::server::links;

/// PUT. With `If-None-Match: *` any job of that name is a conflict.
pub async fn create(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    Version(version): Version,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body<JobCreate>,
) -> Answer<Wire<Job>> {
    let spec = convert::spec(&body, &Rules { version, seal: &context.seal })?;
    caller.may_use(&context, &links::of_job(&spec))?;
    let only_new = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value == "*");
    let if_exists = if only_new { IfExists::Conflict } else { IfExists::Same };
    Ok(Wire(convert::job(&jobs::create(&context, key, spec, if_exists).await?, version)))
}

/// GET; with `generation` and `waitSeconds` as soon as the job is another than that.
pub async fn get(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    Version(version): Version,
    Params(waiting): Params<Waiting>,
) -> Answer<Wire<Job>> {
    let view = match waiting.generation {
        Some(generation) => jobs::wait(&context, &key, generation, waiting.patience()).await?,
        None => jobs::get(&context.store, &key)?,
    };
    Ok(Wire(convert::job(&view, version)))
}

/// GET of the list.
pub async fn list(
    State(context): State<Context>,
    Key(key): Key<ExperimentKey>,
    Version(version): Version,
    paging: Paging,
) -> Answer<Wire<Page<Job>>> {
    let listed = jobs::list(&context.store, &key, paging.window)?;
    Ok(page(&paging, &listed, |view| convert::job(view, version)))
}

/// POST: 200 when the job has ended, 202 when it is being stopped. Asking again is harmless.
pub async fn terminate(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    Params(waiting): Params<Waiting>,
) -> Answer<StatusCode> {
    if jobs::terminate(&context, key.clone()).await? {
        return Ok(StatusCode::OK);
    }
    let ended = wait_until(&context, waiting.patience(), || {
        Ok(jobs::get(&context.store, &key)?.job.value.execution().is_ended().then_some(()))
    });
    Ok(if ended.await?.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED })
}

/// DELETE.
pub async fn delete(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    Params(waiting): Params<Waiting>,
) -> Answer<StatusCode> {
    let was_there = jobs::delete(&context, key.clone()).await?;
    deleted(&context, &waiting, was_there, || jobs::get(&context.store, &key)).await
}
