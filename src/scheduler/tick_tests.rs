//! The scheduler over a real store and the simulated engine, tick by tick, on a clock of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::domain::Step;
use crate::domain::allocation::Allocation;
use crate::domain::cluster::{Cluster, ClusterSpec, Deallocation, Scale};
use crate::domain::job::{Event, Execution, Job, JobError, JobSpec, Outcome, Priority, Toolkit};
use crate::domain::name::{ClusterKey, ExperimentKey, GroupKey, JobKey, Name, WorkspaceKey};
use crate::domain::node::NodeState;
use crate::domain::provisioning::{Provisioning, ProvisioningEvent};
use crate::domain::snapshot::SnapshotId;
use crate::domain::workspace::{Experiment, Workspace};
use crate::engine::Waker;
use crate::engine::simulated::{LaunchFault, Script, Simulated};
use crate::scheduler::{Bell, start};
use crate::store::Window;

const LONG: Duration = Duration::from_secs(1000);

fn numbered_run_id() -> RunId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    RunId(format!("run-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

fn manual(target: u32) -> Scale {
    Scale::Manual { target, deallocation: Deallocation::Requeue }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn workspace() -> WorkspaceKey {
    WorkspaceKey { group: GroupKey::parse("s", "g").expect("a group"), name: name("w") }
}

fn experiment() -> ExperimentKey {
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
struct Stage {
    world: World,
    engine: Arc<Simulated>,
    memory: Memory,
    now: Timestamp,
    rings: Arc<AtomicU64>,
    bell: Bell,
    cluster: i64,
    next: Option<Timestamp>,
    directory: TempDir,
}

impl Stage {
    fn new(scale: Scale) -> Self {
        Self::with(scale, |engine| engine)
    }

    fn with(scale: Scale, engine: impl FnOnce(Simulated) -> Simulated) -> Self {
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
        let world = World { store, engine: engine.clone(), run_ids: numbered_run_id };
        let memory = Memory::default();
        let mut stage = Self { world, engine, memory, now, rings, bell, cluster, next: None, directory };
        stage.settle();
        stage
    }

    fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&crate::store::Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.world.store.write_blocking(change).expect("written")
    }

    /// Ticks until one is followed by silence: nothing written, no news from the engine.
    fn settle(&mut self) {
        for _ in 0..20 {
            let before = self.rings.load(Ordering::SeqCst);
            self.next = tick(&self.world, &mut self.memory, self.now).expect("a tick");
            if self.rings.load(Ordering::SeqCst) == before {
                return;
            }
        }
        panic!("the ticks never come to rest");
    }

    fn pass(&mut self, seconds: u64) {
        let by = Duration::from_secs(seconds);
        self.engine.advance(by);
        self.now = self.now.checked_add(by).expect("a time");
        self.settle();
    }

    /// Forgets what a new server would not know.
    fn restart(&mut self) {
        self.memory = Memory::default();
    }

    fn submit(&mut self, job: &str, node_count: u32) {
        self.submit_with(job, |spec| spec.node_count = node_count);
        self.settle();
    }

    fn submit_long(&mut self, job: &str, node_count: u32) {
        self.engine.script(job, Script { takes: LONG, ..Script::default() });
        self.submit(job, node_count);
    }

    fn submit_with(&self, job: &str, edit: impl FnOnce(&mut JobSpec)) {
        let mut spec = JobSpec {
            cluster: cluster_key(),
            priority: Priority::Normal,
            node_count: 1,
            toolkit: Toolkit::Custom { command_line: "true".into() },
            preparation: None,
            mounts: Vec::new(),
            std_out_err_prefix: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            environment: Vec::new(),
            max_wall_clock_seconds: 60,
            code: None,
            search_path: None,
        };
        edit(&mut spec);
        let (cluster, value) = (self.cluster, Job::submitted(job_key(job), spec, "uuid".into(), self.now));
        self.write(move |tx| tx.insert_job(cluster, &value));
    }

    /// Changes a stored job, as a request would.
    fn change_job(&mut self, job: &str, change: impl FnOnce(&mut Job) + Send + 'static) {
        let key = job_key(job);
        self.write(move |tx| {
            let mut stored = tx.job(&key)?.expect("the job");
            change(&mut stored.value);
            tx.update_job(stored.number, &stored.value)
        });
    }

    fn terminate(&mut self, job: &str) {
        let now = self.now;
        self.change_job(job, move |job| {
            job.apply(&Event::TerminateRequested, now);
        });
        self.settle();
    }

    fn delete_job(&mut self, job: &str) {
        let now = self.now;
        self.change_job(job, move |job| {
            job.provisioning = deleting(job.provisioning, now);
            job.apply(&Event::TerminateRequested, now);
        });
    }

    fn delete_experiment(&mut self) {
        let now = self.now;
        self.write(move |tx| {
            let mut stored = tx.experiment(&experiment())?.expect("the experiment");
            stored.value.provisioning = deleting(stored.value.provisioning, now);
            tx.update_experiment(stored.number, &stored.value)
        });
    }

    fn delete_cluster(&mut self) {
        let now = self.now;
        self.write(move |tx| {
            let mut stored = tx.cluster(&cluster_key())?.expect("the cluster");
            stored.value.provisioning = deleting(stored.value.provisioning, now);
            tx.update_cluster(stored.number, &stored.value)
        });
    }

    fn delete_workspace(&mut self) {
        let now = self.now;
        self.write(move |tx| {
            let mut stored = tx.workspace(&workspace())?.expect("the workspace");
            stored.value.provisioning = deleting(stored.value.provisioning, now);
            tx.update_workspace(stored.number, &stored.value)
        });
    }

    fn job(&self, job: &str) -> Option<Job> {
        let key = job_key(job);
        self.world.store.read(|reader| reader.job(&key)).expect("read").map(|stored| stored.value)
    }

    fn run_of(&self, job: &str) -> RunId {
        self.job(job).expect("the job").execution().run().expect("a run").id.clone()
    }

    fn state(&self, job: &str) -> String {
        let Some(job) = self.job(job) else { return "gone".into() };
        match job.execution() {
            Execution::Queued { .. } => "queued".into(),
            Execution::Running { run, .. } => format!("running on {:?}", run.nodes),
            Execution::Terminating { .. } => "terminating".into(),
            Execution::Ended { outcome: Outcome::Succeeded, .. } => "succeeded".into(),
            Execution::Ended { outcome: Outcome::Failed { error, .. }, .. } => {
                format!("{}: {}", error.code, error.message)
            }
        }
    }

    fn cluster(&self) -> Option<Cluster> {
        self.world.store.read(|reader| reader.cluster(&cluster_key())).expect("read").map(|stored| stored.value)
    }

    fn nodes(&self) -> String {
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

fn found(tx: &crate::store::Tx<'_>, scale: Scale, at: Timestamp) -> Result<i64, StoreError> {
    let provisioning = Provisioning::succeeded(at);
    tx.insert_workspace(&Workspace {
        key: workspace(),
        location: "here".into(),
        tags: std::collections::BTreeMap::new(),
        created: at,
        provisioning,
    })?;
    tx.insert_experiment(&Experiment { key: experiment(), created: at, provisioning })?;
    let spec = ClusterSpec { vm_size: "local".into(), low_priority: false, scale, mounts: Vec::new(), admin: None };
    let allocation = Allocation::resizing(at);
    tx.insert_cluster(&Cluster { key: cluster_key(), spec, created: at, provisioning, allocation })
}

fn allocation(stage: &Stage) -> (String, Timestamp) {
    let allocation = stage.cluster().expect("the cluster").allocation;
    (format!("{:?}", allocation.state), allocation.since)
}

#[test]
fn a_job_is_submitted_runs_and_succeeds() {
    let mut stage = Stage::new(manual(1));
    stage.submit("a", 1);
    assert_eq!(stage.state("a"), "running on [0]");
    assert_eq!(stage.job("a").expect("the job").directories[0].id, "stdouterr");
    assert_eq!(stage.engine.launches(&stage.run_of("a")), 1);
    stage.pass(1);
    assert_eq!(stage.state("a"), "succeeded");
    assert_eq!(stage.engine.remembered_runs(), 0, "the engine may forget a run whose end is on disk");
    assert_eq!(stage.next, None, "nothing is due");
}

#[test]
fn a_new_cluster_becomes_steady_with_nodes_that_are_still_preparing() {
    let stage_at = |seconds| {
        let mut stage = Stage::with(manual(2), |engine| engine.with_preparation(Duration::from_secs(5)));
        stage.pass(seconds);
        (stage.nodes(), allocation(&stage).0)
    };
    assert_eq!(stage_at(4), ("0 preparing, 1 preparing".into(), "Steady".into()));
    assert_eq!(stage_at(5), ("0 ready, 1 ready".into(), "Steady".into()));
}

#[test]
fn a_cluster_without_nodes_is_steady_at_once() {
    let stage = Stage::new(manual(0));
    assert_eq!((stage.nodes().as_str(), allocation(&stage).0.as_str()), ("", "Steady"));
}

#[test]
fn a_gang_waits_until_all_its_nodes_are_free_and_holds_up_those_behind_it() {
    let mut stage = Stage::new(manual(2));
    stage.submit_long("one", 1);
    stage.submit("two", 2);
    stage.submit("behind", 1);
    assert_eq!([stage.state("two"), stage.state("behind")], ["queued", "queued"]);
    stage.terminate("one");
    assert_eq!([stage.state("two"), stage.state("behind")], ["running on [0, 1]", "queued"]);
    stage.pass(1);
    assert_eq!([stage.state("two"), stage.state("behind")], ["succeeded", "running on [0]"]);
}

#[test]
fn a_job_that_can_never_start_holds_up_nobody() {
    let mut stage = Stage::new(manual(1));
    stage.submit("large", 2);
    stage.submit("small", 1);
    assert_eq!([stage.state("large"), stage.state("small")], ["queued", "running on [0]"]);
}

#[test]
fn higher_priority_goes_first_then_the_older_job() {
    let mut stage = Stage::new(manual(1));
    stage.submit("running", 1);
    stage.submit_with("low", |spec| spec.priority = Priority::Low);
    stage.submit_with("normal", |_| {});
    stage.submit_with("high", |spec| spec.priority = Priority::High);
    stage.submit_with("high-too", |spec| spec.priority = Priority::High);
    let mut order = Vec::new();
    for _ in 0..4 {
        stage.pass(1);
        let jobs = ["low", "normal", "high", "high-too"];
        order.extend(jobs.into_iter().filter(|job| stage.state(job).starts_with("running")));
    }
    assert_eq!(order, ["high", "high-too", "normal", "low"]);
}

#[test]
fn auto_scale_grows_for_jobs_and_shrinks_a_minute_after_them() {
    let mut stage = Stage::new(Scale::Auto { minimum: 0, maximum: 2, initial: 0 });
    assert_eq!(stage.nodes(), "");
    stage.submit("a", 2);
    assert_eq!((stage.nodes().as_str(), stage.state("a")), ("0 ready, 1 ready", "running on [0, 1]".into()));
    stage.pass(1);
    assert_eq!(stage.state("a"), "succeeded");
    let ended = stage.now;
    stage.pass(59);
    assert_eq!(stage.nodes(), "0 ready, 1 ready");
    let due = ended.checked_add(Duration::from_secs(60)).expect("a time");
    assert_eq!(stage.next, Some(due), "it wakes by itself");
    stage.pass(1);
    assert_eq!((stage.nodes(), allocation(&stage)), (String::new(), ("Steady".into(), due)));
    assert_eq!(stage.next, None);
}

#[test]
fn a_new_auto_scale_cluster_begins_with_its_initial_nodes() {
    let mut stage = Stage::new(Scale::Auto { minimum: 0, maximum: 3, initial: 2 });
    assert_eq!(stage.nodes(), "0 ready, 1 ready");
    stage.pass(60);
    assert_eq!(stage.nodes(), "");
}

#[test]
fn a_queued_job_that_was_terminated_never_runs() {
    let mut stage = Stage::new(manual(1));
    stage.submit_long("a", 1);
    stage.submit("b", 1);
    stage.terminate("b");
    assert_eq!(stage.state("b"), "JobTerminated: The specified job has been terminated by the user");
    assert_eq!(stage.state("a"), "running on [0]");
}

#[test]
fn a_running_job_is_stopped_politely_then_for_good() {
    let mut stage = Stage::new(manual(1));
    stage.engine.script("a", Script { takes: LONG, is_stubborn: true, ..Script::default() });
    stage.submit("a", 1);
    stage.terminate("a");
    stage.pass(9);
    assert_eq!(stage.state("a"), "terminating");
    stage.pass(1);
    assert!(stage.state("a").starts_with("JobTerminated"));
}

#[test]
fn a_lost_run_fails_its_job_and_frees_its_node() {
    let mut stage = Stage::new(manual(1));
    stage.submit_long("a", 1);
    stage.submit_long("b", 1);
    stage.engine.lose("a", "it was killed");
    stage.settle();
    assert_eq!(
        [stage.state("a"), stage.state("b")],
        [
            "JobLost: the supervisor of the job disappeared and its processes were ended: it was killed",
            "running on [0]"
        ]
    );
}

#[test]
fn a_run_that_was_written_down_but_not_begun_is_launched_once_by_the_next_server() {
    let mut stage = Stage::new(manual(1));
    stage.engine.fail_launch(LaunchFault::NeverReached);
    stage.submit_with("a", |_| {});
    tick(&stage.world, &mut stage.memory, stage.now).expect("a tick");
    let run = stage.run_of("a");
    assert_eq!(stage.engine.remembered_runs(), 0, "nothing was begun");
    stage.restart();
    stage.settle();
    assert_eq!((stage.engine.remembered_runs(), stage.run_of("a")), (1, run.clone()));
    stage.pass(1);
    assert_eq!((stage.state("a").as_str(), stage.engine.launches(&run)), ("succeeded", 2));
}

#[test]
fn a_run_that_goes_on_is_adopted_by_the_next_server_without_a_second_launch() {
    let mut stage = Stage::new(manual(1));
    stage.submit("a", 1);
    let run = stage.run_of("a");
    stage.restart();
    stage.settle();
    stage.pass(1);
    assert_eq!((stage.state("a").as_str(), stage.engine.launches(&run)), ("succeeded", 1));
}

#[test]
fn a_terminated_run_that_was_never_begun_ends_without_being_launched() {
    let mut stage = Stage::new(manual(1));
    stage.engine.fail_launch(LaunchFault::NeverReached);
    stage.submit_with("a", |_| {});
    tick(&stage.world, &mut stage.memory, stage.now).expect("a tick");
    let run = stage.run_of("a");
    stage.restart();
    stage.terminate("a");
    assert!(stage.state("a").starts_with("JobTerminated"));
    assert_eq!(stage.engine.launches(&run), 1, "the one that never reached the engine");
}

#[test]
fn a_launch_of_unknown_end_is_observed_before_it_is_tried_again() {
    let mut stage = Stage::new(manual(2));
    stage.engine.fail_launch(LaunchFault::FailedAfter);
    stage.submit("begun", 1);
    assert_eq!(stage.engine.launches(&stage.run_of("begun")), 1);
    stage.engine.fail_launch(LaunchFault::FailedBefore);
    stage.submit("not-begun", 1);
    let run = stage.run_of("not-begun");
    assert_eq!(stage.engine.launches(&run), 1, "not tried again before its pause is over");
    stage.pass(1);
    assert_eq!(stage.engine.launches(&run), 2);
    stage.pass(1);
    assert_eq!([stage.state("begun"), stage.state("not-begun")], ["succeeded", "succeeded"]);
}

#[test]
fn a_job_that_cannot_run_here_fails_with_the_reason() {
    let mut stage = Stage::new(manual(1));
    stage.engine.refuse_directories("nowhere", "no storage account `x` is configured");
    stage.submit("nowhere", 1);
    assert_eq!(stage.state("nowhere"), "JobStartFailed: no storage account `x` is configured");
    stage.engine.fail_launch(LaunchFault::NotStarted("there is no bash".into()));
    stage.submit("no-bash", 1);
    assert_eq!(stage.state("no-bash"), "JobStartFailed: there is no bash");
}

#[test]
fn a_broken_node_shows_as_unusable_and_gets_no_job() {
    let mut stage = Stage::new(manual(2));
    stage.engine.break_node(stage.cluster, 0, "cannot mount");
    stage.settle();
    assert_eq!(stage.nodes(), "0 unusable(cannot mount), 1 ready");
    stage.submit("a", 1);
    assert_eq!(stage.state("a"), "running on [1]");
}

#[test]
fn a_node_that_vanished_is_made_again_under_a_new_name() {
    let mut stage = Stage::new(manual(1));
    let id = |stage: &Stage| stage.world.store.read(|reader| reader.nodes(stage.cluster)).expect("read")[0].id.clone();
    assert_eq!(id(&stage), format!("tvm-{:010}_0-20180607t091500z", stage.cluster));
    stage.engine.remove_node(stage.cluster, 0);
    stage.pass(5);
    assert_eq!(id(&stage), format!("tvm-{:010}_0-20180607t091505z", stage.cluster));
    stage.submit("a", 1);
    assert_eq!(stage.state("a"), "running on [0]");
}

#[test]
fn nodes_that_the_last_server_made_but_did_not_write_down_are_adopted() {
    let mut stage = Stage::new(manual(1));
    let cluster = stage.cluster;
    stage.write(move |tx| tx.delete_node(cluster, 0));
    stage.restart();
    stage.settle();
    assert_eq!(stage.nodes(), "0 ready");
}

#[test]
fn an_engine_that_does_not_answer_is_asked_again_after_a_pause() {
    let mut stage = Stage::new(manual(1));
    stage.submit("a", 1);
    stage.engine.set_deaf(true);
    stage.pass(1);
    assert_eq!(stage.state("a"), "running on [0]", "unknown is not lost");
    assert!(stage.next.is_some_and(|next| next > stage.now), "it wakes by itself, but not at once");
    stage.engine.set_deaf(false);
    stage.pass(1);
    assert_eq!(stage.state("a"), "succeeded");
}

#[test]
fn a_deleted_job_is_stopped_then_gone_with_its_output_and_its_code() {
    let mut stage = Stage::new(manual(2));
    let code = SnapshotId::parse(&format!("sha256:{}", "ab".repeat(32))).expect("an id");
    let archive = stage.engine.snapshot_archive(&code);
    std::fs::write(&archive, "archive").expect("written");
    for job in ["a", "b"] {
        stage.engine.script(job, Script { takes: LONG, ..Script::default() });
        stage.submit_with(job, |spec| spec.code = Some(code.clone()));
    }
    stage.settle();
    stage.delete_job("a");
    assert_eq!(stage.state("a"), "terminating");
    stage.settle();
    assert_eq!((stage.state("a").as_str(), archive.exists()), ("gone", true));
    stage.delete_job("b");
    stage.settle();
    assert_eq!((stage.state("b").as_str(), archive.exists()), ("gone", false));
    assert_eq!(stage.engine.removed_outputs(), ["a", "b"]);
    assert!(stage.directory.path().exists());
}

#[test]
fn a_deleted_cluster_ends_its_jobs_and_leaves_their_records() {
    let mut stage = Stage::new(manual(1));
    stage.submit_long("running", 1);
    stage.submit("queued", 1);
    stage.delete_cluster();
    stage.settle();
    assert_eq!(
        [stage.state("running"), stage.state("queued")],
        [
            "JobTerminated: The specified job has been terminated by the user",
            "ClusterDeleted: the cluster of the job was deleted"
        ]
    );
    assert_eq!(stage.cluster(), None);
}

#[test]
fn a_deleted_cluster_waits_for_its_last_run() {
    let mut stage = Stage::new(manual(1));
    stage.engine.script("a", Script { takes: LONG, is_stubborn: true, ..Script::default() });
    stage.submit("a", 1);
    stage.delete_cluster();
    stage.settle();
    assert_eq!((stage.state("a").as_str(), stage.cluster().is_some()), ("terminating", true));
    stage.pass(10);
    assert_eq!(stage.cluster(), None);
}

#[test]
fn a_deleted_experiment_goes_when_its_last_job_has_gone() {
    let mut stage = Stage::new(manual(1));
    stage.engine.script("a", Script { takes: LONG, is_stubborn: true, ..Script::default() });
    stage.submit("a", 1);
    stage.delete_job("a");
    stage.delete_experiment();
    stage.settle();
    let is_there =
        |stage: &Stage| stage.world.store.read(|reader| reader.experiment(&experiment())).expect("read").is_some();
    assert!(is_there(&stage));
    stage.pass(10);
    assert!(!is_there(&stage));
    assert!(stage.cluster().is_some(), "the cluster is not part of the experiment");
}

#[test]
fn a_deleted_workspace_goes_with_everything_in_it() {
    let mut stage = Stage::new(manual(1));
    stage.submit_long("running", 1);
    stage.submit("queued", 1);
    for job in ["running", "queued"] {
        stage.delete_job(job);
    }
    stage.delete_experiment();
    stage.delete_cluster();
    stage.delete_workspace();
    stage.settle();
    let left = stage.world.store.read(|reader| {
        let all = Window { after: 0, limit: 10 };
        Ok::<_, StoreError>((reader.workspaces("s", None, all)?, reader.all_clusters()?, reader.deleting_jobs()?))
    });
    assert_eq!(left.expect("read"), (Vec::new(), Vec::new(), Vec::new()));
}

#[test]
fn a_failed_job_keeps_what_its_run_said() {
    let mut stage = Stage::new(manual(1));
    let error = JobError::new("JobFailed", "Job failed with non-zero exit code");
    let outcome = Outcome::Failed { exit_code: Some(3), error };
    stage.engine.script("a", Script { outcome: outcome.clone(), ..Script::default() });
    stage.submit("a", 1);
    let began = stage.now;
    stage.pass(1);
    let expected = Execution::Ended { started: began, at: stage.now, outcome };
    assert_eq!(stage.job("a").expect("the job").execution(), &expected);
}

#[test]
fn the_running_scheduler_hears_the_store_and_the_engine_and_stops() {
    let stage = Stage::new(manual(1));
    let mut changes = stage.world.store.changes();
    let (store, engine) = (stage.world.store.clone(), stage.engine.clone());
    let scheduler = start(store, engine, stage.bell.clone(), Timestamp::now, numbered_run_id).expect("a thread");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut wait_for = |state: &str| {
        while stage.state("a") != state {
            runtime.block_on(changes.changed()).expect("the store is open");
        }
    };
    stage.submit_with("a", |_| {});
    wait_for("running on [0]");
    stage.engine.advance(Duration::from_secs(1));
    wait_for("succeeded");
    scheduler.stop();
    stage.submit_with("b", |_| {});
    assert_eq!(stage.state("b"), "queued", "nobody schedules any more");
}

#[test]
fn a_thousand_jobs_go_through_eight_nodes() {
    let mut stage = Stage::new(manual(8));
    for n in 0..1000 {
        stage.submit_with(&format!("job-{n}"), |_| {});
    }
    stage.settle();
    for _ in 0..125 {
        stage.pass(1);
    }
    let left = (0..1000).filter(|n| stage.state(&format!("job-{n}")) != "succeeded").count();
    assert_eq!(left, 0);
}
