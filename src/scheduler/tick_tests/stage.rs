//! What the tests of a tick work on: a real store, the simulated engine, a clock of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use crate::domain::cluster::{Cluster, ClusterSpec, Deallocation, Scale};
use crate::domain::job::{Event, Execution, Job, JobSpec, Outcome, Toolkit};
use crate::domain::name::RunId;
use crate::domain::name::{ClusterKey, ExperimentKey, GroupKey, JobKey, Name, WorkspaceKey};
use crate::domain::node::NodeState;
use crate::domain::provisioning::{Provisioning, ProvisioningEvent};
use crate::domain::quota::Quotas;
use crate::domain::workspace::{Experiment, Workspace};
use crate::domain::{Step, Timestamp};
use crate::engine::Waker;
use crate::engine::simulated::{Script, Simulated};
use crate::scheduler::Bell;
use crate::scheduler::memory::Memory;
use crate::scheduler::tick::{World, tick};
use crate::store::{Store, StoreError, Tx};

pub(super) const LONG: Duration = Duration::from_secs(1000);

pub(super) fn numbered_run_id() -> RunId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    RunId(format!("run-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

pub(super) fn manual(target: u32) -> Scale {
    Scale::Manual { target, deallocation: Deallocation::Requeue }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(super) fn workspace() -> WorkspaceKey {
    WorkspaceKey { group: GroupKey::parse("s", "g").expect("a group"), name: name("w") }
}

pub(super) fn experiment() -> ExperimentKey {
    ExperimentKey { workspace: workspace(), name: name("e") }
}

fn cluster_key() -> ClusterKey {
    ClusterKey { workspace: workspace(), name: name("c") }
}

fn job_key(job: &str) -> JobKey {
    JobKey { experiment: experiment(), name: name(job) }
}

fn deleting(provisioning: Provisioning, at: Timestamp) -> Provisioning {
    match provisioning.apply(ProvisioningEvent::DeleteRequested, at) {
        Step::To(next) => next,
        Step::Unchanged | Step::Refused(_) => provisioning,
    }
}

/// One workspace `w` with an experiment `e` and a cluster `c`.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) engine: Arc<Simulated>,
    pub(super) memory: Memory,
    pub(super) now: Timestamp,
    pub(super) rings: Arc<AtomicU64>,
    pub(super) bell: Bell,
    pub(super) cluster: i64,
    pub(super) next: Option<Timestamp>,
    pub(super) directory: TempDir,
}

impl Stage {
    pub(super) fn new(scale: Scale) -> Self {
        Self::with(scale, |engine| engine)
    }

    pub(super) fn with(scale: Scale, engine: impl FnOnce(Simulated) -> Simulated) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let rings = Arc::new(AtomicU64::new(0));
        let (bell, counted) = (Bell::default(), Arc::clone(&rings));
        let hook: Waker = Arc::new({
            let bell = bell.clone();
            move || {
                counted.fetch_add(1, Ordering::SeqCst);
                bell.ring();
            }
        });
        let store = Store::open(&directory.path().join("store.db"), Arc::clone(&hook)).expect("a store");
        let engine = Arc::new(engine(Simulated::new(hook).with_archives(directory.path())));
        let now: Timestamp = "2018-06-07T09:15:00Z".parse().expect("a time");
        let cluster = store.write_blocking(move |tx| found(tx, scale, now)).expect("written");
        let quotas = Quotas::default();
        let world = World { store, engine: engine.clone(), run_ids: numbered_run_id, quotas };
        let memory = Memory::default();
        let mut stage = Self { world, engine, memory, now, rings, bell, cluster, next: None, directory };
        stage.settle();
        stage
    }

    pub(super) fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.world.store.write_blocking(change).expect("written")
    }

    /// Ticks until one is followed by silence: nothing written, no news from the engine.
    pub(super) fn settle(&mut self) {
        for _ in 0..20 {
            let before = self.rings.load(Ordering::SeqCst);
            self.next = tick(&self.world, &mut self.memory, self.now).expect("a tick");
            if self.rings.load(Ordering::SeqCst) == before {
                return;
            }
        }
        panic!("the ticks never come to rest");
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        let by = Duration::from_secs(seconds);
        self.engine.advance(by);
        self.now = self.now.checked_add(by).expect("a time");
        self.settle();
    }

    /// Forgets what a new server would not know.
    pub(super) fn restart(&mut self) {
        self.memory = crate::scheduler::recover::memory(&self.world);
    }

    pub(super) fn submit(&mut self, job: &str, node_count: u32) {
        self.submit_with(job, |spec| spec.node_count = node_count);
        self.settle();
    }

    pub(super) fn submit_long(&mut self, job: &str, node_count: u32) {
        self.engine.script(job, Script { takes: LONG, ..Script::default() });
        self.submit(job, node_count);
    }

    pub(super) fn submit_with(&self, job: &str, edit: impl FnOnce(&mut JobSpec)) {
        let mut spec = JobSpec {
            max_wall_clock_seconds: 60,
            ..JobSpec::new(cluster_key(), Toolkit::Custom { command_line: "true".into() })
        };
        edit(&mut spec);
        let (cluster, value) = (self.cluster, Job::submitted(job_key(job), spec, "uuid".into(), self.now));
        self.write(move |tx| tx.insert_job(cluster, &value));
    }

    /// Changes a stored job, as a request would.
    pub(super) fn change_job(&self, job: &str, change: impl FnOnce(&mut Job) + Send + 'static) {
        let key = job_key(job);
        self.write(move |tx| {
            let mut stored = tx.job(&key)?.expect("the job");
            change(&mut stored.value);
            tx.update_job(stored.number, &stored.value)
        });
    }

    /// Changes the stored cluster, as a request would.
    pub(super) fn edit_cluster(&self, change: impl FnOnce(&mut Cluster) + Send + 'static) {
        self.write(move |tx| {
            let mut stored = tx.cluster(&cluster_key())?.expect("the cluster");
            change(&mut stored.value);
            tx.update_cluster(stored.number, &stored.value)
        });
    }

    pub(super) fn rescale(&mut self, scale: Scale) {
        self.edit_cluster(move |cluster| cluster.spec.scale = scale);
        self.settle();
    }

    pub(super) fn node_ids(&self) -> Vec<String> {
        let nodes = self.world.store.read(|reader| reader.nodes(self.cluster)).expect("read");
        nodes.into_iter().map(|node| node.id).collect()
    }

    pub(super) fn terminate(&mut self, job: &str) {
        self.request_termination(job);
        self.settle();
    }

    pub(super) fn request_termination(&self, job: &str) {
        let now = self.now;
        self.change_job(job, move |job| {
            job.apply(&Event::TerminateRequested, now);
        });
    }

    pub(super) fn delete_job(&self, job: &str) {
        let now = self.now;
        self.change_job(job, move |job| {
            job.provisioning = deleting(job.provisioning, now);
            job.apply(&Event::TerminateRequested, now);
        });
    }

    pub(super) fn delete_experiment(&self) {
        let now = self.now;
        self.write(move |tx| {
            let mut stored = tx.experiment(&experiment())?.expect("the experiment");
            stored.value.provisioning = deleting(stored.value.provisioning, now);
            tx.update_experiment(stored.number, &stored.value)
        });
    }

    pub(super) fn delete_cluster(&self) {
        let now = self.now;
        self.write(move |tx| {
            let mut stored = tx.cluster(&cluster_key())?.expect("the cluster");
            stored.value.provisioning = deleting(stored.value.provisioning, now);
            tx.update_cluster(stored.number, &stored.value)
        });
    }

    pub(super) fn delete_workspace(&self) {
        let now = self.now;
        self.write(move |tx| {
            let mut stored = tx.workspace(&workspace())?.expect("the workspace");
            stored.value.provisioning = deleting(stored.value.provisioning, now);
            tx.update_workspace(stored.number, &stored.value)
        });
    }

    pub(super) fn job(&self, job: &str) -> Option<Job> {
        let key = job_key(job);
        self.world.store.read(|reader| reader.job(&key)).expect("read").map(|stored| stored.value)
    }

    pub(super) fn run_of(&self, job: &str) -> RunId {
        self.job(job).expect("the job").execution().run().expect("a run").id.clone()
    }

    pub(super) fn state(&self, job: &str) -> String {
        let Some(job) = self.job(job) else { return "gone".into() };
        match job.execution() {
            Execution::Queued { .. } => "queued".into(),
            Execution::Running { run, .. } => format!("running on {:?}", run.nodes),
            Execution::Interrupting { .. } => "interrupting".into(),
            Execution::Terminating { .. } => "terminating".into(),
            Execution::Ended { outcome: Outcome::Succeeded, .. } => "succeeded".into(),
            Execution::Ended { outcome: Outcome::Failed { error, .. }, .. } => {
                format!("{}: {}", error.code, error.message)
            }
        }
    }

    pub(super) fn cluster(&self) -> Option<Cluster> {
        self.world.store.read(|reader| reader.cluster(&cluster_key())).expect("read").map(|stored| stored.value)
    }

    pub(super) fn nodes(&self) -> String {
        let nodes = self.world.store.read(|reader| reader.nodes(self.cluster)).expect("read");
        let word = |state: &NodeState| match state {
            NodeState::Preparing => "preparing".to_owned(),
            NodeState::Ready => "ready".to_owned(),
            NodeState::Unusable { reason } => format!("unusable({reason})"),
            NodeState::Leaving => "leaving".to_owned(),
        };
        nodes.iter().map(|node| format!("{} {}", node.index, word(&node.state))).collect::<Vec<_>>().join(", ")
    }
}

fn found(tx: &Tx<'_>, scale: Scale, at: Timestamp) -> Result<i64, StoreError> {
    let provisioning = Provisioning::succeeded(at);
    tx.insert_workspace(&Workspace::new(workspace(), "here".into(), std::collections::BTreeMap::new(), at))?;
    tx.insert_experiment(&Experiment { key: experiment(), created: at, provisioning })?;
    tx.insert_cluster(&Cluster::new(cluster_key(), ClusterSpec::local(scale), "uuid".into(), at))
}

pub(super) fn allocation(stage: &Stage) -> (String, Timestamp) {
    let allocation = stage.cluster().expect("the cluster").allocation;
    (format!("{:?}", allocation.state), allocation.since)
}
