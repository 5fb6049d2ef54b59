//! Operations that go on after their request was answered: what is remembered of one, and when it is over.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Timestamp;

/// Something that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongOperation {
    /// Its identity: a guid.
    pub id: String,
    /// What is being done.
    pub work: Work,
    /// To what kind of thing.
    pub subject: Subject,
    /// The number of that thing among its kind.
    pub number: i64,
    /// The subscription of that thing, lower case.
    pub subscription: String,
    /// Its region as part of a path: lower case, without blanks.
    pub region: String,
    /// Its names, outermost first, joined with `$` (azure-sdk-for-net recordings, June 2018).
    pub resource: String,
    /// When it was accepted.
    pub started: Timestamp,
    /// When the thing was gone; a termination may be over before.
    pub ended: Option<Timestamp>,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// The thing and everything in it goes.
    Deletion,
    /// A job is stopped.
    Termination,
}

/// A kind of thing that is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// A resource group.
    Group,
    /// A workspace.
    Workspace,
    /// An experiment.
    Experiment,
    /// A cluster.
    Cluster,
    /// A file server.
    FileServer,
    /// A job.
    Job,
}

/// How far an operation is. None can fail: what is to go is tried again until it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It goes on.
    InProgress,
    /// It is over.
    Succeeded {
        /// Since when.
        at: Timestamp,
    },
}

impl LongOperation {
    /// How far it is, when the job it works on ended at `job_end`, or has not.
    #[must_use]
    pub fn progress(&self, job_end: Option<Timestamp>) -> Progress {
        let job_end = match self.work {
            Work::Deletion => None,
            Work::Termination => job_end,
        };
        match job_end.or(self.ended) {
            Some(at) => Progress::Succeeded { at },
            None => Progress::InProgress,
        }
    }
}

/// How long an operation that is over can still be asked for.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Progress {
    /// Whether nobody will ask at `now` any more.
    #[must_use]
    pub fn is_forgotten(self, now: Timestamp) -> bool {
        match self {
            Self::InProgress => false,
            Self::Succeeded { at } => now.duration_since(at) > KEPT,
        }
    }
}

/// The name of a region as part of a path: `East US 2` is `eastus2`.
#[must_use]
pub fn region(location: &str) -> String {
    location.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(work: Work, ended: Option<Timestamp>) -> LongOperation {
        LongOperation {
            id: "1".into(),
            work,
            subject: Subject::Job,
            number: 1,
            subscription: "s".into(),
            region: "eastus".into(),
            resource: "s$g$w$e$j".into(),
            started: Timestamp::UNIX_EPOCH,
            ended,
        }
    }

    #[test]
    fn a_deletion_is_over_when_its_thing_is_gone_and_a_termination_when_its_job_has_ended_or_is_gone() {
        let [early, late] = [1, 2].map(|second| Timestamp::from_second(second).expect("a time"));
        let over = |at| Progress::Succeeded { at };
        for (work, ended, job_end, expected) in [
            (Work::Deletion, None, None, Progress::InProgress),
            (Work::Deletion, None, Some(early), Progress::InProgress),
            (Work::Deletion, Some(late), None, over(late)),
            (Work::Termination, None, None, Progress::InProgress),
            (Work::Termination, None, Some(early), over(early)),
            (Work::Termination, Some(late), Some(early), over(early)),
            (Work::Termination, Some(late), None, over(late)),
        ] {
            assert_eq!(operation(work, ended).progress(job_end), expected, "{work:?} {ended:?} {job_end:?}");
        }
    }

    #[test]
    fn what_goes_on_is_never_forgotten_and_what_is_over_after_a_week() {
        let now = "2018-06-20T00:00:00Z".parse().expect("a time");
        let over = |at: &str| Progress::Succeeded { at: at.parse().expect("a time") }.is_forgotten(now);
        assert_eq!([over("2018-06-12T23:59:59Z"), over("2018-06-13T00:00:00Z")], [true, false]);
        assert!(!Progress::InProgress.is_forgotten(now));
    }

    #[test]
    fn a_region_is_a_word() {
        assert_eq!([region("East US 2"), region("local")], ["eastus2", "local"]);
    }
}
