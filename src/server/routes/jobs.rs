//! Jobs.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Answer, deleted, finished, page};
use crate::api::job::{Job, JobCreate};
use crate::api::node::RemoteLoginInformation;
use crate::api::page::Page;
use crate::api::version::ApiVersion;
use crate::domain::long_operation::Work;
use crate::domain::name::{ExperimentKey, JobKey};
use crate::operations::jobs::{IfExists, JobView, State as JobState, Until};
use crate::operations::long::Target;
use crate::operations::{Context, jobs};
use crate::server::authorise::Caller;
use crate::server::convert::{Rules, job as convert, node};
use crate::server::extract::{Body, Entity, Key, LongRequest, Nested, Paging, Subscription, Version, Waiting, Wire};
use crate::server::links;

/// PUT. With `If-None-Match: *` any job of that name is a conflict.
pub async fn create(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    Version(version): Version,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body<JobCreate>,
) -> Answer<Entity<Job>> {
    let spec = convert::spec(&body, &Rules { version, seal: &context.seal })?;
    caller.may_use(&context, &links::of_job(&spec))?;
    let only_new = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value == "*");
    let if_exists = if only_new { IfExists::Conflict } else { IfExists::Same };
    Ok(entity(&jobs::create(&context, key, spec, if_exists).await?, version))
}

/// What of a job can be waited for by name.
const WORDS: [(&str, Until); 6] = [
    ("queued", Until::In(JobState::Queued)),
    ("running", Until::In(JobState::Running)),
    ("terminating", Until::In(JobState::Terminating)),
    ("succeeded", Until::In(JobState::Succeeded)),
    ("failed", Until::In(JobState::Failed)),
    ("ended", Until::Ended),
];

/// GET; with `generation` or `waitFor`, and `waitSeconds`, as soon as the job is another than that or is in that state.
pub async fn get(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    Version(version): Version,
    waiting: Waiting,
) -> Answer<Entity<Job>> {
    let view = match waiting.until(Until::NewerThan, &WORDS)? {
        Some(until) => jobs::wait(&context, &key, until, waiting.patience()).await?,
        None => jobs::get(&context.store, &key)?,
    };
    Ok(entity(&view, version))
}

fn entity(view: &JobView, version: ApiVersion) -> Entity<Job> {
    Entity { body: convert::job(view, version), changed: view.job.value.created }
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

/// GET: jobs that have not ended, of all groups that the caller may see.
pub async fn active(
    State(context): State<Context>,
    Version(version): Version,
    _: Nested,
    Subscription(subscription): Subscription,
    caller: Caller,
) -> Answer<Wire<Page<Job>>> {
    let views = jobs::active(&context.store, &subscription, caller.group.as_deref())?;
    let value = views.iter().map(|view| convert::job(view, version)).collect();
    Ok(Wire(Page { value, next_link: None }))
}

/// POST: 200 when the job has ended, 202 when it is being stopped. Asking again is harmless.
pub async fn terminate(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    request: LongRequest,
) -> Answer<Response> {
    if jobs::terminate(&context, key.clone()).await? {
        return Ok(StatusCode::OK.into_response());
    }
    finished(&context, &request, Work::Termination, Target::Job(key)).await
}

/// POST; a GET is the same, for clients that ask for further pages so.
pub async fn remote_login(
    State(context): State<Context>,
    Key(key): Key<JobKey>,
    Version(version): Version,
) -> Answer<Wire<Page<RemoteLoginInformation>>> {
    Ok(Wire(node::remote_login(&jobs::nodes(&context.store, &key)?, &context.engine.logins(), version)))
}

/// DELETE.
pub async fn delete(State(context): State<Context>, Key(key): Key<JobKey>, request: LongRequest) -> Answer<Response> {
    let was_there = jobs::delete(&context, key.clone()).await?;
    deleted(&context, &request, was_there, Target::Job(key)).await
}
