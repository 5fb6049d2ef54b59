//! Operations that go on after their request was answered: deletions and terminations.
//!
//! The scheduler ends them together with what they are about; see `scheduler/deletions.rs`.

use super::groups::find as find_group;
use super::workspaces::find as find_workspace;
use super::{Context, Kind, OperationError};
use crate::domain::Timestamp;
use crate::domain::job::Execution;
use crate::domain::long_operation::{LongOperation, Progress, Subject, Work, region};
use crate::domain::name::{ClusterKey, ExperimentKey, FileServerKey, GroupKey, JobKey, WorkspaceKey};
use crate::domain::provisioning::{Provisioning, ProvisioningState};
use crate::store::{Reader, Store, StoreError, Stored};

/// What is worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A resource group.
    Group(GroupKey),
    /// A workspace.
    Workspace(WorkspaceKey),
    /// An experiment.
    Experiment(ExperimentKey),
    /// A cluster.
    Cluster(ClusterKey),
    /// A file server.
    FileServer(FileServerKey),
    /// A job.
    Job(JobKey),
}

/// Whether the work that a request began on `target` is over. A thing that another request has made under the same
/// name since then is not what was worked on.
///
/// # Errors
/// When the store fails.
pub fn is_over(store: &Store, work: Work, target: &Target) -> Result<bool, OperationError> {
    store.read(|reader| Ok(worked_on(reader, work, target)?.is_none()))
}

/// Writes down that `work` on `target` goes on; `None` when it is over. To a client of the flat versions the target
/// lies directly in its group.
///
/// # Errors
/// When the store fails.
pub async fn begin(
    context: &Context,
    work: Work,
    target: Target,
    is_flat: bool,
) -> Result<Option<LongOperation>, OperationError> {
    let (id, now) = ((context.new_id)(), (context.clock)());
    let change = context.store.write(move |tx| {
        let Some(number) = worked_on(tx, work, &target)? else { return Ok(None) };
        let operation = LongOperation {
            id,
            work,
            subject: target.subject(),
            number,
            subscription: target.group().subscription.clone(),
            region: region(&target.location(tx)?),
            resource: target.resource(is_flat),
            started: now,
            ended: None,
        };
        tx.insert_long_operation(&operation)?;
        Ok(Some(operation))
    });
    change.await
}

/// One operation of a subscription, and how far it is.
///
/// # Errors
/// When it is not there.
pub fn get(store: &Store, subscription: &str, id: &str) -> Result<(LongOperation, Progress), OperationError> {
    store.read(|reader| {
        let found = reader.long_operation(id)?.filter(|operation| operation.subscription == subscription);
        let operation = found.ok_or_else(|| OperationError::not_found(Kind::LongOperation, id))?;
        let progress = progress(reader, &operation)?;
        Ok((operation, progress))
    })
}

/// Forgets what nobody will ask for any more. What cannot be forgotten now will be at the next start.
pub fn tidy(context: &Context) {
    let now = (context.clock)();
    let tidied = context.store.write_blocking(move |tx| {
        for operation in tx.long_operations()? {
            if progress(tx, &operation)?.is_forgotten(now) {
                tx.delete_long_operation(&operation.id)?;
            }
        }
        Ok::<_, StoreError>(())
    });
    if let Err(error) = tidied {
        tracing::warn!("cannot forget old operations: {error}");
    }
}

fn progress(reader: &Reader<'_>, operation: &LongOperation) -> Result<Progress, StoreError> {
    let job_end = match operation.subject {
        Subject::Job => reader.job_by_number(operation.number)?.and_then(|job| end(job.value.execution())),
        Subject::Group | Subject::Workspace | Subject::Experiment | Subject::Cluster | Subject::FileServer => None,
    };
    Ok(operation.progress(job_end))
}

fn end(execution: &Execution) -> Option<Timestamp> {
    match execution {
        Execution::Ended { at, .. } => Some(*at),
        Execution::Queued { .. }
        | Execution::Running { .. }
        | Execution::Interrupting { .. }
        | Execution::Terminating { .. } => None,
    }
}

/// The number of what is there and being worked on.
fn worked_on(reader: &Reader<'_>, work: Work, target: &Target) -> Result<Option<i64>, StoreError> {
    Ok(match (work, target) {
        (Work::Termination, Target::Job(key)) => {
            let job = reader.job(key)?;
            job.filter(|job| matches!(job.value.execution(), Execution::Terminating { .. })).map(|job| job.number)
        }
        (_, Target::Job(key)) => going(reader.job(key)?, |job| job.provisioning),
        (_, Target::Group(key)) => going(reader.group(key)?, |group| group.provisioning),
        (_, Target::Workspace(key)) => going(reader.workspace(key)?, |workspace| workspace.provisioning),
        (_, Target::Experiment(key)) => going(reader.experiment(key)?, |experiment| experiment.provisioning),
        (_, Target::Cluster(key)) => going(reader.cluster(key)?, |cluster| cluster.provisioning),
        (_, Target::FileServer(key)) => going(reader.file_server(key)?, |server| server.provisioning),
    })
}

fn going<T>(found: Option<Stored<T>>, provisioning: impl Fn(&T) -> Provisioning) -> Option<i64> {
    let going = found.filter(|stored| provisioning(&stored.value).state == ProvisioningState::Deleting);
    going.map(|stored| stored.number)
}

impl Target {
    fn subject(&self) -> Subject {
        match self {
            Self::Group(_) => Subject::Group,
            Self::Workspace(_) => Subject::Workspace,
            Self::Experiment(_) => Subject::Experiment,
            Self::Cluster(_) => Subject::Cluster,
            Self::FileServer(_) => Subject::FileServer,
            Self::Job(_) => Subject::Job,
        }
    }

    fn workspace(&self) -> Option<&WorkspaceKey> {
        match self {
            Self::Group(_) => None,
            Self::Workspace(key) => Some(key),
            Self::Experiment(ExperimentKey { workspace, .. })
            | Self::Cluster(ClusterKey { workspace, .. })
            | Self::FileServer(FileServerKey { workspace, .. }) => Some(workspace),
            Self::Job(key) => Some(&key.experiment.workspace),
        }
    }

    fn group(&self) -> &GroupKey {
        match self {
            Self::Group(key) | Self::Workspace(WorkspaceKey { group: key, .. }) => key,
            Self::Experiment(key) => &key.workspace.group,
            Self::Cluster(key) => &key.workspace.group,
            Self::FileServer(key) => &key.workspace.group,
            Self::Job(key) => &key.experiment.workspace.group,
        }
    }

    fn location(&self, reader: &Reader<'_>) -> Result<String, OperationError> {
        Ok(match self.workspace() {
            Some(workspace) => find_workspace(reader, workspace)?.value.location,
            None => find_group(reader, self.group())?.value.location,
        })
    }

    /// Names joined with dollar signs (azure-sdk-for-python recordings, June 2018; azure-cli recordings of the preview).
    fn resource(&self, is_flat: bool) -> String {
        let group = self.group();
        let mut names = vec![group.subscription.as_str(), &group.group];
        names.extend(self.workspace().map(|workspace| workspace.name.as_str()));
        match self {
            Self::Group(_) | Self::Workspace(_) => {}
            Self::Experiment(key) => names.push(key.name.as_str()),
            Self::Cluster(key) => names.push(key.name.as_str()),
            Self::FileServer(key) => names.push(key.name.as_str()),
            Self::Job(key) => names.extend([key.experiment.name.as_str(), key.name.as_str()]),
        }
        if is_flat && names.len() > 3 {
            names.drain(2..names.len() - 1);
        }
        names.join("$")
    }
}
