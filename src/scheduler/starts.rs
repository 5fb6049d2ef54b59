//! Jobs that the plan starts: the run is written down first (intent), then launched (effect), so that a
//! server that ends in between finds out at its next start. Called by `tick`, and by `runs` for that case.

use crate::domain::Step;
use crate::domain::job::execution::Run;
use crate::domain::job::{Event, Job, JobDirectory, JobError};
use crate::domain::node::Node;
use crate::engine::{ClusterPlace, EngineError, LaunchRequest};
use crate::store::{StoreError, Stored};

use super::history;
use super::memory::Attempt;
use super::nodes::Present;
use super::placement::Start;
use super::plan::Plan;
use super::runs::{News, said, write_down};
use super::tick::Tick;

/// A run that is written down and about to be launched.
pub(super) struct Launch {
    job: i64,
    request: LaunchRequest,
}

impl Launch {
    /// The launch of the run that `job` has, with those of `nodes` that are its own; `None` without a run.
    pub(super) fn of(job: &Stored<Job>, cluster: &ClusterPlace, nodes: &[Node]) -> Option<Self> {
        let run = job.value.execution().run()?;
        let at = |place: &u32| nodes.iter().find(|node| node.index == *place).cloned();
        let request = LaunchRequest {
            run: run.id.clone(),
            job: job.value.clone(),
            cluster: cluster.clone(),
            nodes: run.nodes.iter().filter_map(at).collect(),
        };
        Some(Self { job: job.number, request })
    }
}

/// Starts what the plans start: one commit for all of them, then one launch after the other.
pub(super) fn start(tick: &mut Tick<'_>, clusters: &[Present], plans: &[Plan]) -> Result<(), StoreError> {
    let mut decided = Vec::new();
    for (cluster, plan) in clusters.iter().zip(plans) {
        for job in read_jobs(tick, &plan.starts)? {
            decided.extend(decide(tick, cluster, &job, &plan.starts));
        }
    }
    let started = write_starts(tick, decided)?;
    let launches = started.iter().filter_map(|(cluster, job)| {
        let cluster = clusters.iter().find(|present| present.place.number == *cluster)?;
        Launch::of(job, &cluster.place, &cluster.nodes)
    });
    launch(tick, launches)
}

/// Launches runs that are written down. A job whose launch is impossible ends; a launch of which nothing is
/// known is left to the next observation.
pub(super) fn launch(tick: &mut Tick<'_>, launches: impl Iterator<Item = Launch>) -> Result<(), StoreError> {
    let mut impossible = Vec::new();
    for Launch { job, request } in launches {
        let attempt = Attempt::Launch(request.run.clone());
        if !tick.memory.trouble.allows(&attempt, tick.now) {
            continue;
        }
        match tick.world.engine.launch(&request) {
            Ok(()) => tick.memory.trouble.succeeded(&attempt),
            Err(EngineError::NotStarted(why)) => {
                tick.memory.trouble.succeeded(&attempt);
                impossible.push(News { job, run: request.run, event: Event::NeverStarted(start_failed(why)) });
            }
            Err(error @ EngineError::Failed { .. }) => tick.memory.trouble.failed(attempt, &error, tick.now),
        }
    }
    write_down(tick, impossible)
}

fn read_jobs(tick: &Tick<'_>, starts: &[Start]) -> Result<Vec<Stored<Job>>, StoreError> {
    if starts.is_empty() {
        return Ok(Vec::new());
    }
    tick.world.store.read(|reader| {
        let jobs = starts.iter().map(|start| reader.job_by_number(start.job));
        Ok(jobs.collect::<Result<Vec<_>, StoreError>>()?.into_iter().flatten().collect())
    })
}

/// What is to be written about a job that starts.
struct Decided {
    cluster: i64,
    job: i64,
    /// Where its files will be; `None` when it never starts.
    directories: Option<Vec<JobDirectory>>,
    event: Event,
}

fn decide(tick: &mut Tick<'_>, cluster: &Present, job: &Stored<Job>, starts: &[Start]) -> Option<Decided> {
    let start = starts.iter().find(|start| start.job == job.number)?;
    let attempt = Attempt::Place(job.number);
    if !tick.memory.trouble.allows(&attempt, tick.now) {
        return None;
    }
    let (directories, event) = match tick.world.engine.directories(&job.value, &cluster.place) {
        Ok(directories) => {
            let run = Run { id: (tick.world.run_ids)(), nodes: start.nodes.clone() };
            (Some(directories), Event::Started(run))
        }
        Err(EngineError::NotStarted(why)) => (None, Event::NeverStarted(start_failed(why))),
        Err(error @ EngineError::Failed { .. }) => {
            tick.memory.trouble.failed(attempt, &error, tick.now);
            return None;
        }
    };
    tick.memory.trouble.succeeded(&attempt);
    Some(Decided { cluster: cluster.place.number, job: job.number, directories, event })
}

/// Writes down what was decided; answers with the jobs that have a run now, and their clusters. A job that
/// its user stopped meanwhile refuses to start.
fn write_starts(tick: &Tick<'_>, decided: Vec<Decided>) -> Result<Vec<(i64, Stored<Job>)>, StoreError> {
    if decided.is_empty() {
        return Ok(Vec::new());
    }
    let now = tick.now;
    tick.world.store.write_blocking(move |tx| {
        let mut started = Vec::new();
        for Decided { cluster, job, directories, event } in decided {
            let Some(mut stored) = tx.job_by_number(job)? else { continue };
            let before = stored.value.execution().word();
            if !matches!(stored.value.apply(&event, now), Step::To(())) {
                continue;
            }
            history::job(&stored.value, before, &said(&event));
            let has_run = directories.is_some();
            stored.value.directories = directories.unwrap_or_default();
            tx.update_job(job, &stored.value)?;
            if has_run {
                started.push((cluster, stored));
            }
        }
        Ok(started)
    })
}

fn start_failed(why: String) -> JobError {
    JobError::new("JobStartFailed", why)
}
