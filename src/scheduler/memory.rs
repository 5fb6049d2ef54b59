//! What the scheduler remembers between two ticks, and may forget at a restart: nothing here is needed to be
//! right, only to be quick and quiet.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::domain::Timestamp;
use crate::domain::name::RunId;
use crate::domain::sentence::sentence;

/// The pause after a first failure; it doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Times in names of nodes, by cluster and place.
pub(super) type Named = HashMap<(i64, u32), Timestamp>;

/// What is remembered between two ticks.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Since when the node at this place of this cluster has been idle.
    pub idle: HashMap<(i64, u32), Timestamp>,
    /// Which time the name of the last node at this place of this cluster has.
    pub named: Named,
    /// Runs whose engine was told to stop them.
    pub stopped: HashSet<RunId>,
    /// Runs that are over, whose engine may clean up.
    pub over: Vec<RunId>,
    /// What failed lately.
    pub trouble: Trouble,
}

/// Something that can fail and is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Attempt {
    Tick,
    Observe,
    Stop(RunId),
    Launch(RunId),
    Forget(RunId),
    Place(i64),
    RemoveOutput(i64),
    RemoveExport(i64),
    ListNodes(i64),
    Resize(i64),
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tick => f.write_str("read or write what is scheduled"),
            Self::Observe => f.write_str("observe the runs"),
            Self::Stop(run) => write!(f, "stop run {run}"),
            Self::Launch(run) => write!(f, "launch run {run}"),
            Self::Forget(run) => write!(f, "clean up after run {run}"),
            Self::Place(job) => write!(f, "find the directories of job number {job}"),
            Self::RemoveOutput(job) => write!(f, "remove the output of job number {job}"),
            Self::RemoveExport(server) => write!(f, "remove the directory of file server number {server}"),
            Self::ListNodes(cluster) => write!(f, "list the nodes of cluster number {cluster}"),
            Self::Resize(cluster) => write!(f, "resize cluster number {cluster}"),
        }
    }
}

/// What failed lately, and when each may be tried again: after 1 s, doubling to 30 s.
#[derive(Debug, Default)]
pub(super) struct Trouble(HashMap<Attempt, Pause>);

#[derive(Debug, Clone, Copy)]
struct Pause {
    since: Timestamp,
    length: Duration,
}

impl Pause {
    fn until(self) -> Timestamp {
        self.since.checked_add(self.length).unwrap_or(Timestamp::MAX)
    }

    // A clock that was set back must not make a pause longer.
    fn is_over(self, now: Timestamp) -> bool {
        now < self.since || now >= self.until()
    }
}

impl Trouble {
    /// Whether `attempt` may be made now.
    pub(super) fn allows(&self, attempt: &Attempt, now: Timestamp) -> bool {
        self.0.get(attempt).is_none_or(|pause| pause.is_over(now))
    }

    /// `attempt` failed: says so in the log and puts off the next one.
    pub(super) fn failed(&mut self, attempt: Attempt, error: &dyn Error, now: Timestamp) {
        let length = self.0.get(&attempt).map_or(FIRST_PAUSE, |last| (last.length * 2).min(LONGEST_PAUSE));
        tracing::warn!("cannot {attempt}, next attempt in {} s: {}", length.as_secs(), sentence(error));
        self.0.insert(attempt, Pause { since: now, length });
    }

    /// `attempt` succeeded.
    pub(super) fn succeeded(&mut self, attempt: &Attempt) {
        self.0.remove(attempt);
    }

    /// When the next pause ends. To be asked after a tick: pauses that were over in it and were not renewed
    /// belong to things that are gone, and are forgotten.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.0.retain(|_, pause| !pause.is_over(now));
        self.0.values().map(|pause| pause.until()).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(n).expect("a small number of seconds")
    }

    #[test]
    fn pauses_double_up_to_half_a_minute_and_success_ends_them() {
        let mut trouble = Trouble::default();
        let mut now = second(0);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            trouble.failed(Attempt::Observe, &std::io::Error::other("no"), now);
            assert!(!trouble.allows(&Attempt::Observe, now));
            let next = trouble.next(now).expect("a next attempt");
            pauses.push(next.as_second() - now.as_second());
            now = next;
            assert!(trouble.allows(&Attempt::Observe, now));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        trouble.succeeded(&Attempt::Observe);
        assert_eq!(trouble.next(now), None);
    }

    #[test]
    fn what_is_not_attempted_any_more_wakes_nobody() {
        let mut trouble = Trouble::default();
        trouble.failed(Attempt::Place(7), &std::io::Error::other("no"), second(0));
        assert_eq!(trouble.next(second(0)), Some(second(1)));
        assert_eq!(trouble.next(second(1)), None);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_lengthen_a_pause() {
        let mut trouble = Trouble::default();
        trouble.failed(Attempt::Observe, &std::io::Error::other("no"), second(5000));
        assert!(trouble.allows(&Attempt::Observe, second(1000)));
    }

    #[test]
    fn the_log_names_every_cause() {
        let error = crate::engine::EngineError::Failed {
            action: "make the directory /n".into(),
            source: std::io::Error::other("disk full"),
        };
        assert_eq!(sentence(&error), "cannot make the directory /n: disk full");
    }
}
