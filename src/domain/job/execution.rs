//! The state machine of one job.
//!
//! ```text
//!            Started               Exited | Lost
//! Queued ------------> Running -----------------------> Ended
//!  ^ \                 | |  \ TerminateRequested          ^
//!  |  \                | |   `-> Terminating --Exited|Lost-+
//!  |   `-- TerminateRequested | NeverStarted --------------+
//!  |                   | |                                 |
//!  +------ Retried ----' | Interrupted                     |
//!  |                     v                                 |
//!  `-- Exited|Lost -- Interrupting -- TerminateRequested -> Terminating
//!                        \---- Exited 0, or stopped for good -> Ended
//! ```
//! The scheduler causes `Started`, `NeverStarted`, `Exited`, `Lost` and `Interrupted`; a user `TerminateRequested`;
//! [`super::Job::apply`] makes `Retried` of `Lost` where retries are left. There is no state "terminated": Swagger
//! 2018-05-01 calls that `failed`.

use serde::{Deserialize, Serialize};

use super::interruption::Interruption;
use crate::domain::name::RunId;
use crate::domain::{Step, Timestamp};

/// Where a job is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Execution {
    /// Waits for nodes.
    Queued {
        /// Since when.
        since: Timestamp,
    },
    /// Has nodes; mounting and preparation included.
    Running {
        /// Since when.
        since: Timestamp,
        /// Its run.
        run: Run,
    },
    /// Its nodes go, so its run is being stopped; it waits again after that, unless it is stopped for good.
    Interrupting {
        /// Since when.
        since: Timestamp,
        /// When it began to run.
        started: Timestamp,
        /// Its run.
        run: Run,
        /// Why.
        why: Interruption,
    },
    /// The user wants it stopped, and it is not yet.
    Terminating {
        /// Since when.
        since: Timestamp,
        /// When it began to run.
        started: Timestamp,
        /// Its run.
        run: Run,
    },
    /// Over.
    Ended {
        /// When it began to run; for a job that never ran, when that was decided.
        started: Timestamp,
        /// When it ended.
        at: Timestamp,
        /// How.
        outcome: Outcome,
    },
}

/// One execution on certain nodes. Written down before anything starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Which one.
    pub id: RunId,
    /// The nodes it has, by their place in the cluster; the first is the master.
    pub nodes: Vec<u32>,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Exit code 0.
    Succeeded,
    /// Anything else.
    Failed {
        /// What it exited with; `None` when it was stopped.
        exit_code: Option<i32>,
        /// Why.
        error: JobError,
    },
}

/// Why a job failed, as a user reads it in `executionInfo.errors`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobError {
    /// A word a program can compare.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// Facts that belong to it: name, value.
    pub details: Vec<(String, String)>,
}

impl JobError {
    /// An error without details.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), details: Vec::new() }
    }

    /// The error of a job that its user stopped (azure-sdk-for-python recordings, June 2018).
    #[must_use]
    pub fn terminated() -> Self {
        Self::new("JobTerminated", "The specified job has been terminated by the user")
    }
}

/// What can happen to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It has nodes, and is about to run on them.
    Started(Run),
    /// It can never start.
    NeverStarted(JobError),
    /// Its run is over.
    Exited(Outcome),
    /// Its run is gone without a word.
    Lost(JobError),
    /// The same, and it is to run again.
    Retried(JobError),
    /// Its nodes go, so its run has to be stopped.
    Interrupted(Interruption),
    /// The user wants it stopped.
    TerminateRequested,
}

/// Why an event cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// News of a run, but the job has none.
    #[error("the job has not started")]
    NotStarted,
    /// Another run of it goes on.
    #[error("the job runs already")]
    AlreadyRunning,
    /// It is over.
    #[error("the job has ended")]
    AlreadyEnded,
}

impl Execution {
    /// What `event` at `at` does to this state.
    #[must_use]
    pub fn apply(&self, event: &Event, at: Timestamp) -> Step<Self, Refusal> {
        match (self, event) {
            (Self::Queued { .. }, Event::Started(run)) => Step::To(Self::Running { since: at, run: run.clone() }),
            (Self::Queued { .. }, Event::NeverStarted(error)) => Step::To(failed(at, at, error)),
            (Self::Queued { .. }, Event::TerminateRequested) => Step::To(failed(at, at, &JobError::terminated())),
            (Self::Queued { .. }, Event::Exited(_) | Event::Lost(_) | Event::Retried(_) | Event::Interrupted(_)) => {
                Step::Refused(Refusal::NotStarted)
            }

            (
                Self::Running { run, .. } | Self::Interrupting { run, .. } | Self::Terminating { run, .. },
                Event::Started(again),
            ) => {
                if run == again {
                    Step::Unchanged
                } else {
                    Step::Refused(Refusal::AlreadyRunning)
                }
            }
            (Self::Running { since, .. }, Event::Exited(outcome)) => {
                Step::To(Self::Ended { started: *since, at, outcome: outcome.clone() })
            }
            (Self::Running { since, .. }, Event::Lost(error) | Event::NeverStarted(error)) => {
                Step::To(failed(*since, at, error))
            }
            (Self::Running { .. }, Event::Retried(_)) => Step::To(Self::Queued { since: at }),
            (Self::Running { since, run }, Event::Interrupted(why)) => {
                Step::To(Self::Interrupting { since: at, started: *since, run: run.clone(), why: why.clone() })
            }
            (Self::Running { since, run }, Event::TerminateRequested) => {
                Step::To(Self::Terminating { since: at, started: *since, run: run.clone() })
            }

            // A success that was written down counts, whatever was about to happen. A failure does not: a run
            // whose nodes go may fail for that.
            (Self::Interrupting { started, .. }, Event::Exited(Outcome::Succeeded)) => {
                Step::To(Self::Ended { started: *started, at, outcome: Outcome::Succeeded })
            }
            (
                Self::Interrupting { started, why, .. },
                Event::Exited(Outcome::Failed { .. }) | Event::Lost(_) | Event::Retried(_),
            ) => Step::To(match why.ending() {
                Some(error) => failed(*started, at, &error),
                None => Self::Queued { since: at },
            }),
            (Self::Interrupting { started, .. }, Event::NeverStarted(error)) => Step::To(failed(*started, at, error)),
            (Self::Interrupting { started, run, .. }, Event::TerminateRequested) => {
                Step::To(Self::Terminating { since: at, started: *started, run: run.clone() })
            }
            (Self::Interrupting { .. }, Event::Interrupted(_)) => Step::Unchanged,

            // Whatever the run says of its end, the user's wish came first: recordings show terminated jobs
            // without an exit code. Only a success that was already written down wins over it.
            (Self::Terminating { started, .. }, Event::Exited(Outcome::Succeeded)) => {
                Step::To(Self::Ended { started: *started, at, outcome: Outcome::Succeeded })
            }
            (
                Self::Terminating { started, .. },
                Event::Exited(Outcome::Failed { .. }) | Event::Lost(_) | Event::Retried(_) | Event::NeverStarted(_),
            ) => Step::To(failed(*started, at, &JobError::terminated())),
            (Self::Terminating { .. }, Event::TerminateRequested | Event::Interrupted(_)) => Step::Unchanged,

            (Self::Ended { .. }, Event::Started(_)) => Step::Refused(Refusal::AlreadyEnded),
            (
                Self::Ended { .. },
                Event::Exited(_)
                | Event::Lost(_)
                | Event::Retried(_)
                | Event::NeverStarted(_)
                | Event::Interrupted(_)
                | Event::TerminateRequested,
            ) => Step::Unchanged,
        }
    }

    /// The run that goes on, if one does.
    #[must_use]
    pub fn run(&self) -> Option<&Run> {
        match self {
            Self::Running { run, .. } | Self::Interrupting { run, .. } | Self::Terminating { run, .. } => Some(run),
            Self::Queued { .. } | Self::Ended { .. } => None,
        }
    }

    /// The state in a word: what the server's log calls it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "queued",
            Self::Running { .. } => "running",
            Self::Interrupting { .. } => "interrupting",
            Self::Terminating { .. } => "terminating",
            Self::Ended { outcome: Outcome::Succeeded, .. } => "succeeded",
            Self::Ended { outcome: Outcome::Failed { .. }, .. } => "failed",
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Ended { .. })
    }
}

fn failed(started: Timestamp, at: Timestamp, error: &JobError) -> Execution {
    Execution::Ended { started, at, outcome: Outcome::Failed { exit_code: None, error: error.clone() } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str) -> Run {
        Run { id: RunId(id.into()), nodes: vec![0] }
    }

    fn interrupting(why: Interruption) -> Execution {
        let at = Timestamp::UNIX_EPOCH;
        Execution::Interrupting { since: at, started: at, run: run("a"), why }
    }

    fn states() -> Vec<(&'static str, Execution)> {
        let at = Timestamp::UNIX_EPOCH;
        vec![
            ("queued", Execution::Queued { since: at }),
            ("running", Execution::Running { since: at, run: run("a") }),
            ("interrupting", interrupting(Interruption::Resized)),
            ("ending", interrupting(Interruption::Removed)),
            ("terminating", Execution::Terminating { since: at, started: at, run: run("a") }),
            ("ended", Execution::Ended { started: at, at, outcome: Outcome::Succeeded }),
        ]
    }

    fn events() -> Vec<(&'static str, Event)> {
        let error = JobError::new("X", "x");
        vec![
            ("started", Event::Started(run("a"))),
            ("started as another run", Event::Started(run("b"))),
            ("never started", Event::NeverStarted(error.clone())),
            ("exited 0", Event::Exited(Outcome::Succeeded)),
            ("exited 3", Event::Exited(Outcome::Failed { exit_code: Some(3), error: error.clone() })),
            ("lost", Event::Lost(error.clone())),
            ("retried", Event::Retried(error)),
            ("interrupted", Event::Interrupted(Interruption::Preempted)),
            ("terminate requested", Event::TerminateRequested),
        ]
    }

    fn word(execution: &Execution) -> String {
        match execution {
            Execution::Ended { outcome: Outcome::Failed { exit_code, error }, .. } => {
                format!("failed {exit_code:?} {}", error.code)
            }
            other => other.word().into(),
        }
    }

    #[test]
    fn the_whole_table() {
        let mut table = String::new();
        for (from, state) in states() {
            for (what, event) in events() {
                let after = match state.apply(&event, Timestamp::UNIX_EPOCH) {
                    Step::To(to) => word(&to),
                    Step::Unchanged => "=".into(),
                    Step::Refused(why) => format!("refused: {why}"),
                };
                table.push_str(&format!("{from} + {what} -> {after}\n"));
            }
        }
        insta::assert_snapshot!(table, @r"
        queued + started -> running
        queued + started as another run -> running
        queued + never started -> failed None X
        queued + exited 0 -> refused: the job has not started
        queued + exited 3 -> refused: the job has not started
        queued + lost -> refused: the job has not started
        queued + retried -> refused: the job has not started
        queued + interrupted -> refused: the job has not started
        queued + terminate requested -> failed None JobTerminated
        running + started -> =
        running + started as another run -> refused: the job runs already
        running + never started -> failed None X
        running + exited 0 -> succeeded
        running + exited 3 -> failed Some(3) X
        running + lost -> failed None X
        running + retried -> queued
        running + interrupted -> interrupting
        running + terminate requested -> terminating
        interrupting + started -> =
        interrupting + started as another run -> refused: the job runs already
        interrupting + never started -> failed None X
        interrupting + exited 0 -> succeeded
        interrupting + exited 3 -> queued
        interrupting + lost -> queued
        interrupting + retried -> queued
        interrupting + interrupted -> =
        interrupting + terminate requested -> terminating
        ending + started -> =
        ending + started as another run -> refused: the job runs already
        ending + never started -> failed None X
        ending + exited 0 -> succeeded
        ending + exited 3 -> failed None JobNodesRemoved
        ending + lost -> failed None JobNodesRemoved
        ending + retried -> failed None JobNodesRemoved
        ending + interrupted -> =
        ending + terminate requested -> terminating
        terminating + started -> =
        terminating + started as another run -> refused: the job runs already
        terminating + never started -> failed None JobTerminated
        terminating + exited 0 -> succeeded
        terminating + exited 3 -> failed None JobTerminated
        terminating + lost -> failed None JobTerminated
        terminating + retried -> failed None JobTerminated
        terminating + interrupted -> =
        terminating + terminate requested -> =
        ended + started -> refused: the job has ended
        ended + started as another run -> refused: the job has ended
        ended + never started -> =
        ended + exited 0 -> =
        ended + exited 3 -> =
        ended + lost -> =
        ended + retried -> =
        ended + interrupted -> =
        ended + terminate requested -> =
        ");
    }
}
