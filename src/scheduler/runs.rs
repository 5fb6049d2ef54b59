//! What became of runs: their ends are written down, those to be stopped are stopped, those that were
//! written down but never begun are launched. Called by `tick`.

use std::collections::HashSet;
use std::time::Duration;

use crate::domain::Step;
use crate::domain::job::{Event, Execution, Job, JobError, Outcome};
use crate::domain::name::RunId;
use crate::engine::{ClusterPlace, Observation};
use crate::store::{Reader, StoreError, Stored};

use super::history;
use super::memory::Attempt;
use super::starts::{Launch, launch};
use super::tick::Tick;

/// Between the polite and the impolite signal of a run that is stopped.
const GRACE: Duration = Duration::from_secs(10);

/// Something that happened to the run of a job.
pub(super) struct News {
    pub job: i64,
    pub run: RunId,
    pub event: Event,
}

/// Observes all runs at once and acts on what is seen.
pub(super) fn settle(tick: &mut Tick<'_>) -> Result<(), StoreError> {
    let active = tick.world.store.read(active_jobs)?;
    forget_stops(tick, &active);
    let seen = observe(tick, &active);
    let mut news = Vec::new();
    let mut not_begun = Vec::new();
    for (stored, run, observation) in seen {
        let job = stored.number;
        match (stored.value.execution(), observation) {
            (Execution::Running { .. }, Observation::Running)
            | (Execution::Queued { .. } | Execution::Ended { .. }, _) => {}
            (Execution::Interrupting { .. } | Execution::Terminating { .. }, Observation::Running) => stop(tick, &run),
            (_, Observation::Ended(outcome)) => news.push(News { job, run, event: Event::Exited(outcome) }),
            (_, Observation::Lost(text)) => news.push(News { job, run, event: Event::Lost(lost(&text)) }),
            (Execution::Running { .. }, Observation::NotBegun) => not_begun.push(stored),
            (Execution::Interrupting { .. } | Execution::Terminating { .. }, Observation::NotBegun) => {
                news.push(News { job, run, event: Event::Lost(JobError::terminated()) });
            }
        }
    }
    write_down(tick, news)?;
    launch_again(tick, &not_begun)
}

/// Writes what happened, all in one commit, and notes the runs that are over for [`clean_up`]. A job that
/// has changed its run meanwhile is left alone.
pub(super) fn write_down(tick: &mut Tick<'_>, news: Vec<News>) -> Result<(), StoreError> {
    if news.is_empty() {
        return Ok(());
    }
    let now = tick.now;
    let over = tick.world.store.write_blocking(move |tx| {
        let mut over = Vec::new();
        for News { job, run, event } in news {
            let Some(mut stored) = tx.job_by_number(job)? else { continue };
            if stored.value.execution().run().is_none_or(|current| current.id != run) {
                continue;
            }
            let before = stored.value.execution().word();
            if let Step::To(()) = stored.value.apply(&event, now) {
                history::job(&stored.value, before, &told(&stored.value, &event));
                tx.update_job(job, &stored.value)?;
                over.push(run);
            }
        }
        Ok::<_, StoreError>(over)
    })?;
    tick.memory.over.extend(over);
    Ok(())
}

/// Why a job is in the state that an event has brought it to: what a run says that was stopped is not why.
fn told(job: &Job, event: &Event) -> String {
    match (job.execution(), event) {
        (Execution::Queued { .. }, Event::Exited(_)) => "its run has been stopped".into(),
        (Execution::Ended { outcome: Outcome::Failed { exit_code: None, error }, .. }, _) => error.message.clone(),
        (_, event) => said(event),
    }
}

/// What happened, for the log.
pub(super) fn said(event: &Event) -> String {
    match event {
        Event::Exited(Outcome::Succeeded) => "its run ended with exit code 0".into(),
        Event::Exited(Outcome::Failed { exit_code: Some(code), .. }) => format!("its run ended with exit code {code}"),
        Event::Exited(Outcome::Failed { exit_code: None, error })
        | Event::Lost(error)
        | Event::Retried(error)
        | Event::NeverStarted(error) => error.message.clone(),
        Event::Interrupted(why) => why.sentence(),
        Event::Started(run) => format!("run {} on the nodes at {:?}", run.id, run.nodes),
        Event::TerminateRequested => "its user stopped it".into(),
    }
}

/// Lets the engine clean up after runs whose end is on disk: never before, or a run that is over would look
/// as if it had never begun.
pub(super) fn clean_up(tick: &mut Tick<'_>) {
    for run in std::mem::take(&mut tick.memory.over) {
        if tick.attempt(Attempt::Forget(run.clone()), |engine| engine.forget(&run)).is_none() {
            tick.memory.over.push(run);
        }
    }
}

pub(super) fn active_jobs(reader: &Reader<'_>) -> Result<Vec<Stored<Job>>, StoreError> {
    reader.running_jobs()
}

fn forget_stops(tick: &mut Tick<'_>, active: &[Stored<Job>]) {
    if !tick.memory.stopped.is_empty() {
        let going_on: HashSet<&RunId> =
            active.iter().filter_map(|job| job.value.execution().run()).map(|run| &run.id).collect();
        tick.memory.stopped.retain(|run| going_on.contains(run));
    }
}

fn observe<'j>(tick: &mut Tick<'_>, active: &'j [Stored<Job>]) -> Vec<(&'j Stored<Job>, RunId, Observation)> {
    let runs: Vec<(&Stored<Job>, RunId)> =
        active.iter().filter_map(|job| job.value.execution().run().map(|run| (job, run.id.clone()))).collect();
    if runs.is_empty() {
        return Vec::new();
    }
    let ids: Vec<RunId> = runs.iter().map(|(_, run)| run.clone()).collect();
    let seen = tick.attempt(Attempt::Observe, |engine| engine.observe(&ids)).unwrap_or_default();
    runs.into_iter().zip(seen).map(|((job, run), seen)| (job, run, seen)).collect()
}

fn stop(tick: &mut Tick<'_>, run: &RunId) {
    let is_told = tick.memory.stopped.contains(run)
        || tick.attempt(Attempt::Stop(run.clone()), |engine| engine.stop(run, GRACE)).is_some();
    if is_told {
        tick.memory.stopped.insert(run.clone());
    }
}

fn lost(text: &str) -> JobError {
    JobError::new("JobLost", format!("the supervisor of the job disappeared and its processes were ended: {text}"))
}

/// The server ended between writing a run down and launching it.
fn launch_again(tick: &mut Tick<'_>, not_begun: &[&Stored<Job>]) -> Result<(), StoreError> {
    if not_begun.is_empty() {
        return Ok(());
    }
    let launches = tick.world.store.read(|reader| {
        let launches = not_begun.iter().map(|job| launch_of(reader, job));
        launches.collect::<Result<Vec<Option<Launch>>, StoreError>>()
    })?;
    launch(tick, launches.into_iter().flatten())
}

/// `None` when the job or its cluster has gone meanwhile, or has no run any more.
fn launch_of(reader: &Reader<'_>, job: &Stored<Job>) -> Result<Option<Launch>, StoreError> {
    let Some(cluster) = reader.cluster(&job.value.spec.cluster)? else { return Ok(None) };
    let nodes = reader.nodes(cluster.number)?;
    let place = ClusterPlace::of(cluster.number, &cluster.value);
    Ok(Launch::of(job, &place, &nodes))
}
