//! Why a run is stopped although neither its user nor its limit ends it: its nodes go. And how often that happened.

use serde::{Deserialize, Serialize};

use super::execution::JobError;
use crate::domain::Timestamp;

/// Why a run is interrupted. All but one let the job run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Interruption {
    /// Its cluster was made smaller with `nodeDeallocationOption` `requeue` (Swagger 2018-05-01: "Terminate running
    /// job processes and requeue the jobs").
    Resized,
    /// Its cluster was made smaller with `terminate` (the same: "The jobs will not run again").
    Removed,
    /// A node of low priority was taken away.
    Preempted,
    /// It ran on nodes of low priority for as long as they are given to anybody.
    RanTooLong,
    /// A node broke or was restarted under it, as the sentence says.
    NodeFailed(String),
}

impl Interruption {
    /// How the job ends by it; `None`: it runs again. Not `JobTerminated`: that is what the service says when the
    /// user stopped the job itself, and scripts tell the two apart by it.
    #[must_use]
    pub fn ending(&self) -> Option<JobError> {
        match self {
            Self::Removed => Some(JobError::new("JobNodesRemoved", capital(&self.sentence()))),
            Self::Resized | Self::Preempted | Self::RanTooLong | Self::NodeFailed(_) => None,
        }
    }

    /// What happened, as the end of a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Resized => "its cluster was made smaller, and nodes that it ran on went".into(),
            Self::Removed => "the job was stopped for good because its cluster was made smaller with \
                              nodeDeallocationOption `terminate`, and nodes that it ran on went"
                .into(),
            Self::Preempted => "a node of low priority that it ran on was taken away".into(),
            Self::RanTooLong => "it ran on nodes of low priority for 24 hours, after which they are taken away".into(),
            Self::NodeFailed(how) => how.clone(),
        }
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// How often a job had to begin anew.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attempts {
    /// Times that its run was lost and `maxRetryCount` let it run again.
    pub retries: u32,
    /// Times that its run was interrupted and it was queued again; these have no limit.
    pub interruptions: u32,
    /// The latest of either.
    pub last: Option<Setback>,
}

/// Something that made a job begin anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setback {
    /// When.
    pub at: Timestamp,
    /// What happened, as the end of a sentence.
    pub why: String,
}

impl Attempts {
    /// `; it was interrupted twice, lastly because ...` for whoever asks about the job; empty when nothing happened.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        let Setback { why, .. } = self.last.as_ref()?;
        let mut happened = Vec::new();
        if self.interruptions > 0 {
            happened.push(format!("it was interrupted and queued again {}", times(self.interruptions)));
        }
        if self.retries > 0 {
            happened.push(format!("it was lost and run again {}", times(self.retries)));
        }
        Some(format!("{}, lastly because {why}", happened.join(", and ")))
    }
}

fn times(count: u32) -> String {
    match count {
        1 => "once".into(),
        2 => "twice".into(),
        more => format!("{more} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_resize_that_terminates_ends_a_job_and_not_in_the_words_of_a_terminated_one() {
        let all = [
            Interruption::Resized,
            Interruption::Removed,
            Interruption::Preempted,
            Interruption::RanTooLong,
            Interruption::NodeFailed("node n became unusable: disk".into()),
        ];
        let ended: Vec<JobError> = all.iter().filter_map(Interruption::ending).collect();
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].code, "JobNodesRemoved");
        assert!(
            ended[0].message.starts_with("The job was stopped for good because its cluster"),
            "{}",
            ended[0].message
        );
    }

    #[test]
    fn attempts_are_told_with_the_latest_reason() {
        assert_eq!(Attempts::default().sentence(), None);
        let last = Some(Setback { at: Timestamp::UNIX_EPOCH, why: "a node went".into() });
        let attempts = Attempts { retries: 3, interruptions: 1, last };
        let told = "it was interrupted and queued again once, and it was lost and run again 3 times, lastly because \
                    a node went";
        assert_eq!(attempts.sentence().as_deref(), Some(told));
    }
}
