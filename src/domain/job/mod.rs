//! Jobs: what was asked for ([`spec`]) and what became of it ([`execution`]).

pub mod ending;
pub mod execution;
pub mod interruption;
pub mod queue;
pub mod spec;
pub mod waiting;

use serde::{Deserialize, Serialize};

pub use execution::{Event, Execution, JobError, Outcome, Refusal};
pub use interruption::{Attempts, Interruption};
pub use spec::{Container, JobSpec, Priority, Toolkit};

use interruption::Setback;

use super::legacy::Legacy;
use super::mount::MountSource;
use super::name::JobKey;
use super::provisioning::Provisioning;
use super::secret::SecretValue;
use super::{Step, Timestamp};

/// A job as it is remembered. Its execution changes through [`Job::apply`] only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Which one.
    pub key: JobKey,
    /// What was asked for.
    pub spec: JobSpec,
    /// When it was submitted.
    pub created: Timestamp,
    /// Makes its output directories its own, also after a job of the same name.
    pub uuid: String,
    /// Whether its record is there.
    pub provisioning: Provisioning,
    execution: Execution,
    #[serde(default)]
    attempts: Attempts,
    /// Where its files really are, by directory id; known when it starts.
    pub directories: Vec<JobDirectory>,
    /// What only the older api-versions know of it.
    #[serde(default)]
    pub legacy: Option<Legacy>,
}

/// A directory of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobDirectory {
    /// `stdouterr`, or the id of an output directory.
    pub id: String,
    /// The path as the server reads it.
    pub path: String,
    /// Whether its files may be listed.
    pub is_listable: bool,
    /// Where its files are for whoever is not on a node, when a program mounts the volume that they lie on.
    #[serde(default)]
    pub far: Option<FarDirectory>,
}

/// A directory of a share or container that a program mounts on nodes: what is needed to read it without them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FarDirectory {
    /// The share or container.
    pub source: MountSource,
    /// The key of its account, as it was given with the volume.
    pub key: Option<SecretValue>,
    /// The directory below it.
    pub path: String,
}

impl Job {
    /// A job that has just been submitted.
    #[must_use]
    pub fn submitted(key: JobKey, spec: JobSpec, uuid: String, at: Timestamp) -> Self {
        Self {
            key,
            spec,
            created: at,
            uuid,
            provisioning: Provisioning::succeeded(at),
            execution: Execution::Queued { since: at },
            attempts: Attempts::default(),
            directories: Vec::new(),
            legacy: None,
        }
    }

    /// What became of it so far.
    #[must_use]
    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// How often it had to begin anew.
    #[must_use]
    pub fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    /// Lets `event` happen at `at`; changes the job only when the answer is [`Step::To`]. A run that is lost is
    /// retried as long as the job has retries left.
    pub fn apply(&mut self, event: &Event, at: Timestamp) -> Step<(), Refusal> {
        let retried = match event {
            Event::Lost(error) if self.attempts.retries < self.spec.max_retries => Some(Event::Retried(error.clone())),
            _ => None,
        };
        let event = retried.as_ref().unwrap_or(event);
        match self.execution.apply(event, at) {
            Step::To(next) => {
                if let Execution::Queued { .. } = next {
                    self.note_setback(event, at);
                }
                self.execution = next;
                Step::To(())
            }
            Step::Unchanged => Step::Unchanged,
            Step::Refused(why) => Step::Refused(why),
        }
    }

    fn note_setback(&mut self, event: &Event, at: Timestamp) {
        let why = match (&self.execution, event) {
            (Execution::Interrupting { why, .. }, _) => {
                self.attempts.interruptions = self.attempts.interruptions.saturating_add(1);
                why.sentence()
            }
            (_, Event::Retried(error)) => {
                self.attempts.retries = self.attempts.retries.saturating_add(1);
                error.message.clone()
            }
            _ => return,
        };
        self.attempts.last = Some(Setback { at, why });
    }

    /// `<subscription>/<group>/workspaces/<W>/experiments/<E>/jobs/<J>/<uuid>`: what keeps the files of jobs
    /// apart (recordings of azure-cli, June 2018). Of the flat api-versions: `<subscription>/<group>/jobs/<J>`, in
    /// 2018-03-01 with the uuid.
    #[must_use]
    pub fn path_segment(&self) -> String {
        let experiment = &self.key.experiment;
        let workspace = &experiment.workspace;
        let group = &workspace.group;
        if let Some(legacy) = &self.legacy {
            let flat = format!("{}/{}/jobs/{}", group.subscription, group.group, self.key.name);
            return if legacy.segment_has_uuid { format!("{flat}/{}", self.uuid) } else { flat };
        }
        format!(
            "{}/{}/workspaces/{}/experiments/{}/jobs/{}/{}",
            group.subscription, group.group, workspace.name, experiment.name, self.key.name, self.uuid
        )
    }
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
