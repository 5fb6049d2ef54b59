//! Holding the volumes of a node, by a supervisor of its own that outlives us.
//!
//! Called by [`super::nodes`]. A node whose cluster has nothing but directories has no holder. One that is gone, by
//! whatever, is replaced: its volumes are mounted anew, and its node is prepared anew.

use std::fs;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::{Record, State};
use super::runs::{Course, Runs, clear_away};
use super::wanted::Wanted;
use super::{failed, files};
use crate::domain::name::RunId;
use crate::domain::sentence::sentence;
use crate::engine::directories::Layout;
use crate::engine::environment::Host;
use crate::engine::{ClusterPlace, EngineError, NodeName, holder, outcome, volumes};
use crate::supervisor::run_dir::{Cause, Exit, RunDir};

/// Volumes that were lost so often within [`WINDOW`] will be lost again.
const MOST_ATTEMPTS: usize = 3;

/// Seconds.
const WINDOW: i64 = 5 * 60;

/// A holder that was begun, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hold {
    /// Its run; marks its processes.
    pub run: RunId,
    /// When it and those before it were begun, as far as they are remembered; seconds since 1970.
    begun: Vec<i64>,
}

impl Hold {
    /// The one after `before`; `None` when there have been too many.
    fn after(before: Option<&Self>, now: i64) -> Option<Self> {
        let begun = before.map_or(&[][..], |hold| &hold.begun).iter().copied();
        let mut begun: Vec<i64> = begun.filter(|at| (0..WINDOW).contains(&(now - at))).collect();
        if begun.len() >= MOST_ATTEMPTS {
            return None;
        }
        begun.push(now);
        Some(Self { run: RunId(format!("holder-{}", uuid::Uuid::new_v4())), begun })
    }
}

/// Where a holder stands.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    Mounting,
    Ready,
    /// It is gone, and why.
    Gone(String),
    /// The node is unusable, and why.
    Failed(String),
}

/// What the volumes of a node are like now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Volumes {
    /// All of them are there.
    There,
    /// Not now: what the node's preparation has done has to be done again when they are.
    Missing,
}

/// The holders of all nodes.
pub(super) struct Holders {
    layout: Layout,
    host: Host,
    runs: Arc<Runs>,
}

impl Holders {
    pub(super) fn new(layout: Layout, host: Host, runs: Arc<Runs>) -> Self {
        Self { layout, host, runs }
    }

    /// Whether nodes of this cluster need one.
    pub(super) fn are_needed(&self, cluster: &ClusterPlace) -> bool {
        cluster.spec.mounts.iter().any(|mount| volumes::is_held(&self.layout, mount))
    }

    /// Moves the volumes of a node on as far as they go now. What is next is written down before it is done. `mounted`:
    /// the state of a node whose volumes are there; `before_again`: called before the state of a node is lost.
    ///
    /// # Errors
    /// When it cannot be known now where it stands; nothing has changed then.
    pub(super) fn go_on(
        &self,
        cluster: &ClusterPlace,
        record: &mut Record,
        mounted: State,
        before_again: impl FnOnce(&State) -> Result<(), EngineError>,
    ) -> Result<Volumes, EngineError> {
        let key = (cluster.number, record.index);
        if matches!(record.state, State::Broken(_)) {
            return Ok(Volumes::Missing);
        }
        let why = match &record.hold {
            None => None,
            Some(hold) => match self.progress(cluster, &record.name(), hold)? {
                Progress::Mounting => return Ok(Volumes::Missing),
                Progress::Ready => {
                    if record.state == State::Preparing {
                        record.state = mounted;
                        record.note(&self.layout, key);
                    }
                    return Ok(Volumes::There);
                }
                Progress::Failed(why) => {
                    record.state = State::Broken(why);
                    record.note(&self.layout, key);
                    return Ok(Volumes::Missing);
                }
                Progress::Gone(why) => Some(why),
            },
        };
        before_again(&record.state)?;
        self.begin_next(cluster, record, why);
        Ok(Volumes::Missing)
    }

    fn begin_next(&self, cluster: &ClusterPlace, record: &mut Record, why: Option<String>) {
        let key = (cluster.number, record.index);
        if let Some(why) = &why {
            tracing::warn!(node = %record.id, why, "the volumes of a node are lost; mounting them again");
        }
        let next = Hold::after(record.hold.as_ref(), Timestamp::now().as_second());
        record.state = match &next {
            Some(_) => State::Preparing,
            None => State::Broken(format!(
                "its volumes were lost {MOST_ATTEMPTS} times within {} minutes: {}",
                WINDOW / 60,
                why.unwrap_or_default()
            )),
        };
        record.hold = next.clone().or_else(|| record.hold.take());
        record.note(&self.layout, key);
        let Some(next) = next else { return };
        let begun = self.clear(cluster, record.index).and_then(|()| self.begin(cluster, &record.name(), &next));
        if let Err(error) = begun {
            record.state = State::Broken(sentence(&error));
            record.note(&self.layout, key);
        }
    }

    /// What an earlier one left goes.
    fn clear(&self, cluster: &ClusterPlace, index: u32) -> Result<(), EngineError> {
        let run_dir = self.run_dir(cluster.number, index);
        let mounts = self.layout.node_mounts(cluster.number, index);
        files::unmount_below(&mounts)
            .and_then(|()| clear_away(&run_dir))
            .and_then(|()| fs::create_dir_all(run_dir.path()))
            .map_err(failed(|| format!("make the run directory {}", run_dir.path().display())))
    }

    fn begin(&self, cluster: &ClusterPlace, node: &NodeName, hold: &Hold) -> Result<(), EngineError> {
        let run_dir = self.run_dir(cluster.number, node.index);
        let mounts = holder::mounts(&self.layout, cluster);
        let plan = holder::plan(&self.layout, &self.host, cluster, node, &hold.run);
        let wanted = Wanted { volumes: volumes::credentials(&self.layout, &mounts), ..Wanted::default() };
        self.runs.begin(&hold.run, &run_dir, plan, wanted)?;
        self.runs.tell_when_ready(&run_dir)
    }

    /// Where it stands. One that was written down and never begun is begun.
    fn progress(&self, cluster: &ClusterPlace, node: &NodeName, hold: &Hold) -> Result<Progress, EngineError> {
        let run_dir = self.run_dir(cluster.number, node.index);
        Ok(match self.runs.look(&hold.run, &run_dir)? {
            Course::Running if run_dir.ready().exists() => Progress::Ready,
            Course::Running => {
                self.runs.tell_when_ready(&run_dir)?;
                // It may have become so before anybody would have told.
                if run_dir.ready().exists() { Progress::Ready } else { Progress::Mounting }
            }
            Course::NotBegun if !run_dir.path().exists() => Progress::Gone("its run directory is gone".into()),
            Course::NotBegun => match self.begin(cluster, node, hold) {
                Ok(()) => Progress::Mounting,
                Err(error) => Progress::Failed(sentence(&error)),
            },
            Course::Ended(exit) => self.ended(&run_dir, &exit),
            Course::Lost(why) => Progress::Gone(why),
        })
    }

    fn ended(&self, run_dir: &RunDir, exit: &Exit) -> Progress {
        let plan = run_dir.read_launch().ok().flatten();
        let was_ready = run_dir.ready().exists();
        match exit.cause {
            Cause::Stopped => Progress::Gone("whoever held them was stopped".into()),
            _ if was_ready => Progress::Gone(outcome::node_reason(exit, plan.as_ref())),
            _ => Progress::Failed(outcome::node_reason(exit, plan.as_ref())),
        }
    }

    /// The one whose run directory is there although nothing is remembered of it.
    pub(super) fn found(&self, cluster: i64, index: u32) -> Option<Hold> {
        let plan = self.run_dir(cluster, index).read_launch().ok()??;
        Some(Hold { run: RunId(plan.run), begun: Vec::new() })
    }

    /// Begins to end it, for many at once; [`Holders::end`] waits for each.
    pub(super) fn ask_to_end(&self, cluster: i64, index: u32, hold: &Hold) -> Result<(), EngineError> {
        self.runs.ask_to_end(&hold.run, &self.run_dir(cluster, index))
    }

    /// Nothing of it is left after this.
    pub(super) fn end(&self, cluster: i64, index: u32, hold: &Hold, until: Instant) -> Result<(), EngineError> {
        let run_dir = self.run_dir(cluster, index);
        self.runs.end(&hold.run, &run_dir, until)?;
        files::unmount_below(&self.layout.node_mounts(cluster, index))
            .and_then(|()| clear_away(&run_dir))
            .map_err(failed(|| format!("remove {}", run_dir.path().display())))
    }

    fn run_dir(&self, cluster: i64, index: u32) -> RunDir {
        self.layout.holder(cluster, index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_that_are_lost_again_and_again_are_given_up_and_others_are_not() {
        let first = Hold::after(None, 1000).expect("the first");
        let second = Hold::after(Some(&first), 1010).expect("the second");
        let third = Hold::after(Some(&second), 1020).expect("the third");
        assert_eq!(Hold::after(Some(&third), 1030), None);
        assert_ne!(first.run, second.run);
        let later = Hold::after(Some(&third), 1000 + WINDOW).expect("the first is forgotten");
        assert_eq!(later.begun, [1010, 1020, 1300]);
        assert!(Hold::after(Some(&third), 900).is_some(), "a clock that was set back");
    }
}
