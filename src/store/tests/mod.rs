//! Tests of the store over real files. Here: what they share.

mod groups;
mod jobs;
mod long_operations;
mod opening;
mod tables;
mod vaults;
mod writing;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Store, StoreError, Tx, Window};
use crate::domain::Timestamp;
use crate::domain::cluster::{Cluster, ClusterSpec, Deallocation, Scale};
use crate::domain::job::execution::Run;
use crate::domain::job::{Event, Job, JobSpec, Outcome, Priority, Toolkit};
use crate::domain::name::{ClusterKey, ExperimentKey, GroupKey, JobKey, Name, RunId, WorkspaceKey};
use crate::domain::provisioning::{Provisioning, ProvisioningState};
use crate::domain::workspace::{Experiment, Workspace};

const AT: Timestamp = Timestamp::UNIX_EPOCH;
const ALL: Window = Window { after: 0, limit: 1000 };

/// A store in a directory of its own.
struct Home {
    directory: tempfile::TempDir,
    store: Store,
    hooked: Arc<AtomicUsize>,
}

impl Home {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let hooked = Arc::new(AtomicUsize::new(0));
        let hook = hooked.clone();
        let on_commit = Arc::new(move || {
            hook.fetch_add(1, Ordering::SeqCst);
        });
        let store = Store::open(&directory.path().join("store.db"), on_commit).expect("a store");
        Self { directory, store, hooked }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("store.db")
    }

    fn do_write<T: Send + 'static>(&self, change: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static) -> T {
        self.store.write_blocking(change).expect("a change that can be made")
    }

    fn do_read<T>(&self, query: impl FnOnce(&super::Reader<'_>) -> Result<T, StoreError>) -> T {
        self.store.read(query).expect("a query that can be answered")
    }

    /// How many commits changed something, as the counter and the hook agree.
    fn commits(&self) -> u64 {
        let counted = *self.store.changes().borrow();
        assert_eq!(usize::try_from(counted), Ok(self.hooked.load(Ordering::SeqCst)));
        counted
    }

    /// Puts workspace `w`, experiment `e` and cluster `c` there; returns the cluster's number.
    fn furnish(&self) -> i64 {
        self.do_write(|tx| {
            tx.insert_workspace(&workspace("w"))?;
            tx.insert_experiment(&experiment("e"))?;
            tx.insert_cluster(&cluster("c"))
        })
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn workspace_key(text: &str) -> WorkspaceKey {
    WorkspaceKey { group: GroupKey::parse("s", "g").expect("a group"), name: name(text) }
}

fn experiment_key(text: &str) -> ExperimentKey {
    ExperimentKey { workspace: workspace_key("w"), name: name(text) }
}

fn cluster_key(text: &str) -> ClusterKey {
    ClusterKey { workspace: workspace_key("w"), name: name(text) }
}

fn job_key(text: &str) -> JobKey {
    JobKey { experiment: experiment_key("e"), name: name(text) }
}

fn deleting() -> Provisioning {
    Provisioning { state: ProvisioningState::Deleting, since: AT }
}

fn workspace(text: &str) -> Workspace {
    let tags = BTreeMap::from([("team".into(), "vision".into())]);
    Workspace::new(workspace_key(text), "eastus".into(), tags, AT)
}

fn experiment(text: &str) -> Experiment {
    Experiment { key: experiment_key(text), created: AT, provisioning: Provisioning::succeeded(AT) }
}

fn cluster(text: &str) -> Cluster {
    let scale = Scale::Manual { target: 2, deallocation: Deallocation::Requeue };
    Cluster::new(cluster_key(text), ClusterSpec::local(scale), "uuid".into(), AT)
}

fn job(text: &str) -> Job {
    let spec = JobSpec {
        environment: vec![("A".into(), "\u{0}ß\"".into())],
        max_wall_clock_seconds: 60,
        ..JobSpec::new(cluster_key("c"), Toolkit::Custom { command_line: "true".into() })
    };
    Job::submitted(job_key(text), spec, format!("uuid-{text}"), AT)
}

fn started(mut job: Job) -> Job {
    job.apply(&Event::Started(Run { id: RunId(job.uuid.clone()), nodes: vec![0] }), AT);
    job
}

fn ended(job: Job) -> Job {
    let mut job = started(job);
    job.apply(&Event::Exited(Outcome::Succeeded), AT);
    job
}
