//! Set-up tasks of nodes as the local engine runs them: once, before a node is ready, whoever is killed meanwhile.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use batchai::domain::cluster::{ClusterSpec, Deallocation, Scale, SetupTask};
use batchai::domain::mount::{Mount, MountSource};
use batchai::domain::secret::{MasterKey, Seal, SecretValue, SecretVariable};
use batchai::engine::local::{LocalEngine, LocalSettings};
use batchai::engine::secrets::Safe;
use batchai::engine::{ClusterPlace, Engine, NodeCondition, NodeName};
use rustix::process::Signal;

use crate::support::{Sandbox, process, wait_until};

struct Bench {
    sandbox: Sandbox,
    engine: LocalEngine,
    cluster: ClusterPlace,
    wakes: Arc<AtomicUsize>,
}

impl Bench {
    /// A cluster whose nodes are set up by `command`, in the working folder of the sandbox.
    fn new(command: &str) -> Self {
        Self::with(command, |_| {})
    }

    fn with(command: &str, edit: impl FnOnce(&mut SetupTask)) -> Self {
        let sandbox = Sandbox::new();
        let wakes = Arc::new(AtomicUsize::new(0));
        let engine = open(&sandbox, &wakes);
        let mut task = SetupTask {
            command_line: format!("cd '{}' && {{ {command}\n}}", sandbox.work().display()),
            environment: Vec::new(),
            secrets: Vec::new(),
            std_out_err_prefix: "$AZ_BATCHAI_MOUNT_ROOT/afs/logs".into(),
        };
        edit(&mut task);
        let mut spec = ClusterSpec::local(Scale::Manual { target: 1, deallocation: Deallocation::Requeue });
        let source = MountSource::FileShare {
            account: "acc".into(),
            url: String::new(),
            share: "data".into(),
            file_mode: "0777".into(),
            directory_mode: "0777".into(),
        };
        spec.mounts = vec![Mount::new("afs", source)];
        spec.setup = Some(task);
        let cluster = ClusterPlace { number: 7, spec, path_segment: "s/g/workspaces/w/clusters/c/u".into() };
        Self { sandbox, engine, cluster, wakes }
    }

    /// Another server on the same data.
    fn reopened(mut self) -> Self {
        self.engine = open(&self.sandbox, &self.wakes);
        self
    }

    fn resize(&self, places: &[u32]) {
        let name = |index: &u32| NodeName { index: *index, id: format!("tvm-{index}") };
        let names: Vec<NodeName> = places.iter().map(name).collect();
        self.engine.resize(&self.cluster, &names).expect("nodes");
    }

    fn conditions(&self) -> Vec<NodeCondition> {
        self.engine.nodes(&self.cluster).expect("nodes").into_iter().map(|fact| fact.condition).collect()
    }

    /// What became of all nodes; the engine is asked only when it has said that there is something new.
    #[track_caller]
    fn settled(&self) -> Vec<NodeCondition> {
        let mut seen = 0;
        let mut conditions = self.conditions();
        wait_until("all nodes are prepared", || {
            let now = self.wakes.load(Ordering::SeqCst);
            if now != seen {
                seen = now;
                conditions = self.conditions();
            }
            !conditions.contains(&NodeCondition::Preparing)
        });
        conditions
    }

    #[track_caller]
    fn reason(&self) -> String {
        match self.settled().remove(0) {
            NodeCondition::Broken(why) => why,
            other => panic!("{other:?}"),
        }
    }

    fn output(&self, name: &str) -> String {
        let folder = self.sandbox.home().join("storage/acc/shares/data/logs/s/g/workspaces/w/clusters/c/u");
        fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// How often the task ran: it adds a line to `ran`.
    fn runs(&self) -> usize {
        fs::read_to_string(self.sandbox.path("ran")).unwrap_or_default().lines().count()
    }

    fn record(&self) -> PathBuf {
        self.sandbox.home().join("nodes/7/0/node.json")
    }
}

fn open(sandbox: &Sandbox, wakes: &Arc<AtomicUsize>) -> LocalEngine {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_batchai"));
    let wakes = Arc::clone(wakes);
    let waker = Arc::new(move || {
        wakes.fetch_add(1, Ordering::SeqCst);
    });
    let settings = LocalSettings::new(program, Safe::new(Arc::new(seal())));
    LocalEngine::open(sandbox.home().to_owned(), settings, waker).expect("an engine")
}

fn seal() -> Seal {
    Seal::new(&MasterKey::new([3; 32]))
}

fn secret(name: &str, seal: &Seal, value: &str) -> SecretVariable {
    SecretVariable { name: name.into(), value: SecretValue::Sealed(seal.seal(value)) }
}

const READY: NodeCondition = NodeCondition::Ready;

#[test]
fn a_task_runs_once_on_every_node_and_leaves_its_output_where_its_user_wants_it() {
    let text = "echo $GREETING from $AZ_BATCHAI_MOUNT_ROOT; echo oops >&2; echo x >> ran; [ \"$TOKEN\" = '$HOME' ]";
    let bench = Bench::with(text, |task| {
        task.environment = vec![("WHO".into(), "you".into()), ("GREETING".into(), "hello $WHO".into())];
        task.secrets = vec![secret("TOKEN", &seal(), "$HOME")];
    });
    bench.resize(&[0, 1]);
    assert_eq!(bench.settled(), [READY, READY]);
    let root = fs::canonicalize(bench.sandbox.home()).expect("a home").join("nodes/7/1/mounts");
    assert_eq!(bench.output("stdout-tvm-1.txt"), format!("hello you from {}\n", root.display()));
    assert_eq!(bench.output("stderr-tvm-0.txt"), "oops\n");
    assert!(bench.output("execution-tvm-0.log").contains("the set-up task exited with code 0"));
    assert_eq!(bench.runs(), 2);
    assert!(!bench.sandbox.home().join("nodes/7/0/setup").exists(), "nothing but the output is left of it");

    bench.resize(&[0, 1, 2]);
    assert_eq!(bench.settled(), [READY, READY, READY]);
    assert_eq!(bench.runs(), 3, "on the new node only");
    let bench = bench.reopened();
    assert_eq!(bench.settled(), [READY, READY, READY]);
    assert_eq!(bench.runs(), 3, "not for another server");
}

#[test]
fn a_node_is_not_ready_before_its_task_has_ended_well() {
    let gate = "until [ -e go ]; do sleep 0.01; done";
    let bench = Bench::new(&format!("echo x >> ran; {gate}"));
    bench.resize(&[0]);
    wait_until("the task runs", || bench.runs() == 1);
    assert_eq!(bench.conditions(), [NodeCondition::Preparing]);
    fs::write(bench.sandbox.path("go"), "").expect("a file");
    assert_eq!(bench.settled(), [READY]);
}

#[test]
fn a_task_finds_the_volumes_mounted() {
    let mut bench = Bench::new("ls $AZ_BATCHAI_MOUNT_ROOT/gfs");
    let command = "sh -c 'touch \"$0\"/mounted'".into();
    bench.cluster.spec.mounts.push(Mount::new("gfs", MountSource::Unmanaged { command }));
    bench.resize(&[0]);
    assert_eq!(bench.settled(), [READY]);
    assert_eq!(bench.output("stdout-tvm-0.txt"), "mounted\n");
}

#[test]
fn a_task_that_fails_makes_the_node_unusable_and_says_what_it_said() {
    let bench = Bench::new("echo fetching; echo 'E: no such package' >&2; exit 100");
    bench.resize(&[0]);
    assert_eq!(bench.reason(), "the set-up task failed with exit code 100: E: no such package");
    assert_eq!(bench.output("stdout-tvm-0.txt"), "fetching\n");
    let bench = bench.reopened();
    assert_eq!(bench.reason(), "the set-up task failed with exit code 100: E: no such package");
}

#[test]
fn a_task_that_cannot_be_run_makes_the_node_unusable_and_says_why() {
    let nowhere = Bench::with("true", |task| task.std_out_err_prefix = "$AZ_BATCHAI_MOUNT_ROOT/afz".into());
    nowhere.resize(&[0]);
    let why = nowhere.reason();
    assert!(why.ends_with("the cluster mounts no volume `afz`; it mounts `afs`"), "{why}");
    let stranger = Seal::new(&MasterKey::new([4; 32]));
    let sealed = Bench::with("true", |task| task.secrets = vec![secret("TOKEN", &stranger, "x")]);
    sealed.resize(&[0]);
    let why = sealed.reason();
    assert!(why.starts_with("the secret variable `TOKEN` cannot be opened"), "{why}");
    nowhere.resize(&[]);
    assert!(nowhere.conditions().is_empty());
}

#[test]
fn a_task_goes_on_without_its_server_and_the_next_one_sees_its_end() {
    let bench = Bench::new("echo x >> ran; until [ -e go ]; do sleep 0.01; done");
    bench.resize(&[0]);
    wait_until("the task runs", || bench.runs() == 1);
    let bench = bench.reopened();
    assert_eq!(bench.conditions(), [NodeCondition::Preparing]);
    fs::write(bench.sandbox.path("go"), "").expect("a file");
    assert_eq!(bench.settled(), [READY]);
    assert_eq!(bench.runs(), 1);
}

#[test]
fn a_task_whose_supervisor_is_killed_runs_again_after_what_it_left_was_ended() {
    let bench = Bench::new(
        "setsid sleep 600 & echo $! > left-$(wc -l < ran); echo x >> ran; until [ -e go ]; do sleep 0.01; done",
    );
    fs::write(bench.sandbox.path("ran"), "").expect("a file");
    bench.resize(&[0]);
    let mut left = Vec::new();
    for number in 0..2 {
        left.push(bench.sandbox.wait_for_id(&format!("left-{number}")));
        wait_until("the task runs", || bench.runs() == number + 1);
        let supervisors = process::supervisors(bench.sandbox.home());
        assert_eq!(supervisors.len(), 1);
        process::signal(supervisors[0], Signal::KILL);
        wait_until("it runs again", || bench.conditions() == [NodeCondition::Preparing] && bench.runs() == number + 2);
        assert!(!left.iter().any(|id| process::is_running(*id)), "what it left still runs");
    }
    process::signal(process::supervisors(bench.sandbox.home())[0], Signal::KILL);
    let why = bench.reason();
    assert!(why.starts_with("the set-up task was ended from outside 3 times: its supervisor was killed"), "{why}");
    assert!(bench.sandbox.job_processes().is_empty());
}

#[test]
fn a_task_runs_again_after_a_restart_of_the_machine() {
    let bench = Bench::new("echo x >> ran");
    bench.resize(&[0]);
    assert_eq!(bench.settled(), [READY]);
    let record = fs::read_to_string(bench.record()).expect("a record");
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("readable");
    assert!(record.contains(boot.trim()), "{record}");
    fs::write(bench.record(), record.replace(boot.trim(), "another")).expect("written");
    let bench = bench.reopened();
    assert_eq!(bench.conditions(), [NodeCondition::Preparing]);
    assert_eq!(bench.settled(), [READY]);
    assert_eq!(bench.runs(), 2);
    assert_eq!(bench.output("stdout-tvm-0.txt"), "");
}

#[test]
fn a_task_that_was_written_down_and_not_begun_is_begun_by_the_next_server() {
    let mut bench = Bench::new("echo x >> ran");
    bench.resize(&[0]);
    assert_eq!(bench.settled(), [READY]);
    let record = fs::read_to_string(bench.record()).expect("a record");
    let attempt = r#"{"SettingUp":{"run":"setup-5b1fb0e8","number":1}}"#;
    for state in [r#""Mounted""#, attempt] {
        fs::write(bench.record(), record.replace(r#""Ready""#, state)).expect("written");
        bench = bench.reopened();
        assert_eq!(bench.settled(), [READY], "{state}");
    }
    assert_eq!(bench.runs(), 3);
}

#[test]
fn a_node_that_goes_takes_its_task_along_with_whatever_that_has_started() {
    let daemons = "setsid sleep 600 & echo $! > one; (setsid env -i /bin/sh -c 'echo $$ > two; exec /bin/sleep 600' &)";
    let stubborn = "trap '' TERM; echo $$ > three; while :; do sleep 0.05; done";
    let bench = Bench::new(&format!("{daemons}; echo begun; {stubborn}"));
    bench.resize(&[0]);
    let all = ["one", "two", "three"].map(|name| bench.sandbox.wait_for_id(name));
    assert!(all.iter().all(|id| process::is_running(*id)));
    bench.resize(&[]);
    assert!(!all.iter().any(|id| process::is_running(*id)), "something is left");
    assert!(bench.sandbox.job_processes().is_empty());
    assert!(bench.conditions().is_empty() && !bench.sandbox.home().join("nodes/7").exists());
    assert_eq!(bench.output("stdout-tvm-0.txt"), "begun\n", "the output is the user's");
}

#[test]
fn what_a_finished_task_left_running_ends_with_it() {
    let bench = Bench::new("setsid sleep 600 & echo $! > one");
    bench.resize(&[0]);
    assert_eq!(bench.settled(), [READY]);
    assert!(!process::is_running(bench.sandbox.wait_for_id("one")));
}
