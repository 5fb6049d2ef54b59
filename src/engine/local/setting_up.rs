//! Running the set-up task of a node, by a supervisor of its own that outlives us.
//!
//! Called by [`super::nodes`], which remembers where it stands. Whoever has lost the supervisor begins again: a set-up
//! task has to bear that (azure-cli help of `cluster create`: it also ran after each restart of a node).

use std::fs;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::record::{Record, State};
use super::runs::{Course, Runs, end_limit};
use super::wanted::Wanted;
use super::{failed, files};
use crate::domain::cluster::SetupTask;
use crate::domain::name::RunId;
use crate::domain::sentence::sentence;
use crate::engine::directories::Layout;
use crate::engine::environment::Host;
use crate::engine::setup_task::{self, Verdict};
use crate::engine::{ClusterPlace, EngineError};
use crate::supervisor::run_dir::RunDir;

/// A task that was ended from outside so often will be ended again.
const MOST_ATTEMPTS: u32 = 3;

/// A set-up task that was begun, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempt {
    /// Its run; marks its processes.
    pub run: RunId,
    /// From 1.
    number: u32,
}

impl Attempt {
    /// The first.
    pub(super) fn first() -> Self {
        Self::numbered(1)
    }

    fn numbered(number: u32) -> Self {
        Self { run: RunId(format!("setup-{}", uuid::Uuid::new_v4())), number }
    }

    /// The one after this, if there is to be one.
    fn next(&self) -> Option<Self> {
        (self.number < MOST_ATTEMPTS).then(|| Self::numbered(self.number + 1))
    }
}

/// Where a set-up task stands.
#[derive(Debug)]
enum Progress {
    /// It runs.
    Going,
    /// The node takes jobs.
    Ready,
    /// It is to be begun again, as this attempt.
    Again(Attempt),
    /// The node is unusable.
    Failed(String),
}

/// The set-up tasks of all nodes.
pub(super) struct SetUps {
    layout: Layout,
    host: Host,
    runs: Arc<Runs>,
}

impl SetUps {
    pub(super) fn new(layout: Layout, host: Host, runs: Arc<Runs>) -> Self {
        Self { layout, host, runs }
    }

    /// Moves the set-up task of a node on as far as it goes now. What is next is written down before it is done.
    ///
    /// # Errors
    /// When it cannot be known now where it stands; nothing has changed then.
    pub(super) fn go_on(&self, cluster: &ClusterPlace, record: &mut Record) -> Result<(), EngineError> {
        let Some(task) = &cluster.spec.setup else { return Ok(()) };
        let key = (cluster.number, record.index);
        let (state, over) = match &record.state {
            State::Mounted => (State::SettingUp(Attempt::first()), None),
            State::SettingUp(attempt) => match self.progress(cluster, task, record, attempt)? {
                Progress::Going => return Ok(()),
                Progress::Ready => (State::Ready, Some(attempt.clone())),
                Progress::Again(next) => (State::SettingUp(next), Some(attempt.clone())),
                Progress::Failed(why) => (State::Broken(why), Some(attempt.clone())),
            },
            State::Preparing | State::Ready | State::Broken(_) => return Ok(()),
        };
        record.state = state;
        record.note(&self.layout, key);
        if let Some(Err(e)) = over.map(|attempt| self.end(key.0, key.1, &attempt, end_limit())) {
            tracing::warn!(error = %sentence(&e), "cannot clean up after a set-up task");
        }
        if let State::SettingUp(attempt) = &record.state
            && let Err(e) = self.begin(cluster, task, record, attempt)
        {
            record.state = State::Broken(sentence(&e));
            record.note(&self.layout, key);
        }
        Ok(())
    }

    /// Begins an attempt that is written down. What an earlier one left goes.
    fn begin(
        &self,
        cluster: &ClusterPlace,
        task: &SetupTask,
        node: &Record,
        attempt: &Attempt,
    ) -> Result<(), EngineError> {
        let run_dir = self.run_dir(cluster.number, node.index);
        let plan = setup_task::plan(&self.layout, &self.host, cluster, task, (&node.name(), &node.gpus), &attempt.run)?;
        files::remove_tree(run_dir.path())
            .and_then(|()| fs::create_dir_all(run_dir.path()))
            .map_err(failed(|| format!("make the run directory {}", run_dir.path().display())))?;
        let wanted = Wanted { variables: task.secrets.clone(), ..Wanted::default() };
        self.runs.begin(&attempt.run, &run_dir, plan, wanted)
    }

    /// Where it stands. One that was written down and never begun is begun.
    fn progress(
        &self,
        cluster: &ClusterPlace,
        task: &SetupTask,
        node: &Record,
        attempt: &Attempt,
    ) -> Result<Progress, EngineError> {
        let run_dir = self.run_dir(cluster.number, node.index);
        Ok(match self.runs.look(&attempt.run, &run_dir)? {
            Course::Running => Progress::Going,
            Course::NotBegun => match self.begin(cluster, task, node, attempt) {
                Ok(()) => Progress::Going,
                Err(e) => Progress::Failed(sentence(&e)),
            },
            Course::Ended(exit) => {
                let said = setup_task::stderr(&run_dir).and_then(|path| files::last_line(&path));
                match setup_task::verdict(&exit, said.as_deref()) {
                    Verdict::Ready => Progress::Ready,
                    Verdict::Failed(why) => Progress::Failed(why),
                    Verdict::Again => again(attempt, "it was stopped"),
                }
            }
            Course::Lost(why) => again(attempt, &why),
        })
    }

    /// Begins to end it, for many at once; [`SetUps::end`] waits for each.
    pub(super) fn ask_to_end(&self, cluster: i64, index: u32, attempt: &Attempt) -> Result<(), EngineError> {
        self.runs.ask_to_end(&attempt.run, &self.run_dir(cluster, index))
    }

    /// Nothing of it is left after this but its output.
    pub(super) fn end(&self, cluster: i64, index: u32, attempt: &Attempt, until: Instant) -> Result<(), EngineError> {
        let run_dir = self.run_dir(cluster, index);
        self.runs.end(&attempt.run, &run_dir, until)?;
        files::remove_tree(run_dir.path()).map_err(failed(|| format!("remove {}", run_dir.path().display())))
    }

    fn run_dir(&self, cluster: i64, index: u32) -> RunDir {
        self.layout.set_up(cluster, index)
    }
}

fn again(attempt: &Attempt, why: &str) -> Progress {
    match attempt.next() {
        Some(next) => Progress::Again(next),
        None => Progress::Failed(format!("the set-up task was ended from outside {MOST_ATTEMPTS} times: {why}")),
    }
}
