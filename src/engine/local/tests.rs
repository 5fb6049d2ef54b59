//! The engine against stand-ins for the supervisor: `/bin/sh` runs the file `__supervise` of the run directory.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::*;
use crate::domain::job::Outcome;
use crate::domain::mount::Mount;
use crate::domain::secret::{MasterKey, Seal, SecretValue, SecretVariable};
use crate::engine::NodeCondition;
use crate::engine::launch::tests::{cluster_spec, job_spec, request, share};

/// Says who it is, then ends as it is told: USR1 is success, TERM a stop.
const SUPERVISOR: &str = r#"
echo started >> starts
end() { kill "$sleeper"; printf '{"version":1,"cause":"%s","exit_code":%s,"message":null,"ended_at":0}' "$1" "$2" > exit.json; exit; }
trap 'end Exited 0' USR1
trap 'end Stopped null' TERM
BATCHAI_RUN_ID="${PWD##*/}" sleep 600 & sleeper=$!
read -r pid comm state rest < /proc/$$/stat
set -- $rest
printf '{"version":1,"pid":%s,"start_time":%s,"boot_id":"%s","cgroup":null}' $$ "${19}" "$(cat /proc/sys/kernel/random/boot_id)" > new
mv new status.json
while [ -e __supervise ]; do wait; done
"#;

struct Bench {
    folder: TempDir,
    engine: LocalEngine,
    news: Receiver<()>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let (engine, news) = open(folder.path());
        Self { folder, engine, news }
    }

    /// Another server on the same data.
    fn reopened(mut self) -> Self {
        (self.engine, self.news) = open(self.folder.path());
        self
    }

    fn request(&self, supervisor: &str) -> LaunchRequest {
        let mut request = request(&self.engine.layout, job_spec());
        // Tests run side by side, and what a lost run leaves is ended by its id.
        request.run = RunId(uuid::Uuid::new_v4().to_string());
        let run_dir = self.engine.layout.run(&request.run);
        fs::create_dir_all(run_dir.path()).expect("a directory");
        fs::write(run_dir.path().join("__supervise"), supervisor).expect("a script");
        request
    }

    fn observe(&self, request: &LaunchRequest) -> Observation {
        self.engine.observe(std::slice::from_ref(&request.run)).expect("an observation").remove(0)
    }

    fn wait_for_news(&self) {
        self.news.recv_timeout(Duration::from_secs(20)).expect("the engine wakes its scheduler");
    }

    fn observe_until(&self, request: &LaunchRequest, is_it: impl Fn(&Observation) -> bool) -> Observation {
        loop {
            let seen = self.observe(request);
            if is_it(&seen) {
                return seen;
            }
            self.wait_for_news();
        }
    }

    fn begun(&self) -> (LaunchRequest, Pid) {
        let request = self.request(SUPERVISOR);
        self.engine.launch(&request).expect("a launch");
        let run_dir = self.engine.layout.run(&request.run);
        let status = wait_until(|| run_dir.read_status().expect("a whole status"));
        (request, Pid::from_raw(status.pid).expect("a pid"))
    }

    fn starts(&self, request: &LaunchRequest) -> usize {
        let path = self.engine.layout.run(&request.run).path().join("starts");
        fs::read_to_string(path).unwrap_or_default().lines().count()
    }
}

fn open(root: &Path) -> (LocalEngine, Receiver<()>) {
    let (sender, news) = channel();
    let safe = Safe::new(Arc::new(Seal::new(&MasterKey::new([1; 32]))));
    let waker: Waker = Arc::new(move || {
        // After the end of a test nobody listens.
        let _unheard = sender.send(());
    });
    (LocalEngine::open(root.to_owned(), LocalSettings::new("/bin/sh".into(), safe), waker).expect("an engine"), news)
}

/// Asks again and again for what nothing announces.
fn wait_until<T>(ask: impl Fn() -> Option<T>) -> T {
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        if let Some(answer) = ask() {
            return answer;
        }
        std::thread::yield_now();
    }
    panic!("it did not happen within 20 seconds")
}

fn is_over(seen: &Observation) -> bool {
    !matches!(seen, Observation::Running)
}

fn cluster(mounts: Vec<Mount>) -> ClusterPlace {
    let mut spec = cluster_spec();
    spec.mounts = mounts;
    ClusterPlace { number: 7, spec, path_segment: "s/rg/workspaces/w/clusters/c/u".into() }
}

fn names(places: &[u32]) -> Vec<NodeName> {
    places.iter().map(|index| NodeName { index: *index, id: format!("tvm-{index}") }).collect()
}

impl Bench {
    fn conditions(&self, cluster: &ClusterPlace) -> Vec<NodeCondition> {
        self.engine.nodes(cluster).expect("nodes").into_iter().map(|node| node.condition).collect()
    }
}

#[test]
fn a_run_is_started_once_seen_to_its_end_and_forgotten() {
    let bench = Bench::new();
    let (request, supervisor) = bench.begun();
    bench.engine.launch(&request).expect("a second launch attaches");
    assert_eq!(bench.observe(&request), Observation::Running);
    bench.engine.forget(&request.run).expect_err("it still runs");
    let host_file = bench.engine.layout.run(&request.run).shared().join("hostfile");
    assert_eq!(
        fs::read_to_string(host_file).expect("a host file"),
        format!("127.70.0.1 slots={0} max_slots={0}\n", super::host::cores())
    );
    kill_process(supervisor, Signal::USR1).expect("it lives");
    assert_eq!(bench.observe_until(&request, is_over), Observation::Ended(Outcome::Succeeded));
    bench.engine.launch(&request).expect("a launch of what is over");
    assert_eq!(bench.starts(&request), 1);
    bench.engine.forget(&request.run).expect("it is over");
    assert!(!bench.engine.layout.run(&request.run).path().exists());
    assert_eq!(bench.observe(&request), Observation::NotBegun);
}

#[test]
fn a_stopped_run_ends_as_stopped() {
    let bench = Bench::new();
    let (request, _) = bench.begun();
    bench.engine.stop(&request.run, Duration::from_secs(10)).expect("it can be told");
    let Observation::Ended(Outcome::Failed { exit_code: None, error }) = bench.observe_until(&request, is_over) else {
        panic!("a stopped run has failed without an exit code")
    };
    assert_eq!(error.code, "JobTerminated");
    bench.engine.stop(&request.run, Duration::from_secs(10)).expect("again is harmless");
}

#[test]
fn the_next_server_adopts_a_run_and_sees_its_end() {
    let bench = Bench::new();
    let (request, supervisor) = bench.begun();
    let bench = bench.reopened();
    assert_eq!(bench.observe(&request), Observation::Running);
    bench.engine.launch(&request).expect("a launch attaches");
    kill_process(supervisor, Signal::USR1).expect("it lives");
    assert_eq!(bench.observe_until(&request, is_over), Observation::Ended(Outcome::Succeeded));
    assert_eq!(bench.starts(&request), 1);
}

#[test]
fn a_run_whose_supervisor_is_killed_is_lost() {
    let bench = Bench::new();
    let (request, supervisor) = bench.begun();
    kill_process(supervisor, Signal::KILL).expect("it lives");
    let Observation::Lost(why) = bench.observe_until(&request, is_over) else { panic!("it left no word") };
    assert!(why.starts_with("its supervisor was killed"), "{why}");
}

#[test]
fn a_run_of_another_boot_is_lost_even_if_its_process_number_is_taken() {
    let bench = Bench::new();
    let request = bench.request("");
    let run_dir = bench.engine.layout.run(&request.run);
    let pid = i32::try_from(std::process::id()).expect("a pid");
    let status = crate::supervisor::run_dir::Status {
        version: crate::supervisor::run_dir::VERSION,
        pid,
        start_time: 1,
        boot_id: "another".into(),
        cgroup: None,
    };
    run_dir.write_status(&status).expect("a status");
    assert_eq!(bench.observe(&request), Observation::Lost("the machine was restarted while it ran".into()));
}

#[test]
fn a_damaged_run_is_lost_and_the_file_is_named() {
    let bench = Bench::new();
    let request = bench.request("");
    let status = bench.engine.layout.run(&request.run).path().join("status.json");
    fs::write(&status, "{\"version\":1,").expect("a torn file");
    let Observation::Lost(why) = bench.observe(&request) else { panic!("nobody knows how it ended") };
    assert!(why.starts_with(&format!("{} is damaged", status.display())), "{why}");
}

#[test]
fn a_supervisor_that_never_begins_is_not_started_for_ever() {
    let bench = Bench::new();
    let request = bench.request("echo 'disk full' >&2; exit 1");
    for _ in 0..3 {
        bench.engine.launch(&request).expect("a launch");
        assert_eq!(bench.observe_until(&request, is_over), Observation::NotBegun);
    }
    let Err(EngineError::NotStarted(why)) = bench.engine.launch(&request) else { panic!("a fourth would not help") };
    assert_eq!(why, "its supervisor ended 3 times before it had begun: disk full");
}

#[test]
fn a_run_that_is_stopped_before_it_began_has_not_begun() {
    let bench = Bench::new();
    let request = bench.request("exec sleep 600");
    bench.engine.launch(&request).expect("a launch");
    assert_eq!(bench.observe(&request), Observation::Running);
    bench.engine.stop(&request.run, Duration::from_secs(10)).expect("it can be told");
    assert_eq!(bench.observe_until(&request, is_over), Observation::NotBegun);
    bench.engine.stop(&request.run, Duration::from_secs(10)).expect("again");
    assert!(!bench.engine.layout.run(&request.run).path().exists(), "a late supervisor finds nothing to do");
}

#[test]
fn a_run_that_some_supervisor_holds_is_not_taken_for_one_that_has_not_begun() {
    let bench = Bench::new();
    let request = bench.request("");
    let lock = fs::File::create(bench.engine.layout.run(&request.run).lock()).expect("a file");
    lock.lock().expect("a lock");
    assert_eq!(bench.observe(&request), Observation::Running);
    drop(lock);
    assert_eq!(bench.observe(&request), Observation::NotBegun);
}

/// A supervisor that keeps what comes on its standard input, and begins nothing.
const LISTENER: &str = "cat > new && mv new came; exit 1";

fn with_secret(mut request: LaunchRequest, seal: &Seal) -> LaunchRequest {
    let value = SecretValue::Sealed(seal.seal("hunter2"));
    request.job.spec.secrets = vec![SecretVariable { name: "TOKEN".into(), value }];
    request
}

#[test]
fn every_supervisor_that_is_started_for_a_run_gets_its_secrets() {
    let bench = Bench::new();
    let request = with_secret(bench.request(LISTENER), &Seal::new(&MasterKey::new([1; 32])));
    let came = bench.engine.layout.run(&request.run).path().join("came");
    // The first one begins nothing, nor does the second, which another server starts.
    let mut bench = bench;
    for _ in 0..2 {
        bench.engine.launch(&request).expect("a launch");
        assert_eq!(bench.observe_until(&request, is_over), Observation::NotBegun);
        assert_eq!(fs::read_to_string(&came).expect("it came"), r#"{"TOKEN":"hunter2"}"#);
        fs::remove_file(&came).expect("a file");
        let plan = fs::read_to_string(came.with_file_name("launch.json")).expect("a plan");
        assert!(plan.contains("TOKEN") && !plan.contains("hunter2"), "{plan}");
        bench = bench.reopened();
    }
}

#[test]
fn a_run_whose_secrets_cannot_be_opened_is_not_started() {
    let bench = Bench::new();
    let request = with_secret(bench.request(LISTENER), &Seal::new(&MasterKey::new([2; 32])));
    let Err(EngineError::NotStarted(why)) = bench.engine.launch(&request) else { panic!("nobody can open them") };
    assert!(why.starts_with("the secret variable `TOKEN` cannot be opened"), "{why}");
    assert!(!bench.engine.layout.run(&request.run).path().join("launch.json").exists());
}

#[test]
fn nodes_are_made_once_with_addresses_of_their_own_and_survive_the_server() {
    let bench = Bench::new();
    let (one, mut two) = (cluster(vec![Mount::new("afs", share("acc", "data"))]), cluster(vec![]));
    two.number = 8;
    bench.engine.resize(&one, &names(&[0, 1])).expect("nodes");
    bench.engine.resize(&two, &names(&[5])).expect("nodes");
    let nodes = bench.engine.nodes(&one).expect("nodes");
    assert_eq!(bench.conditions(&one), [NodeCondition::Ready, NodeCondition::Ready]);
    let other = bench.engine.nodes(&two).expect("nodes").remove(0).address;
    assert!(nodes[0].address.starts_with("127.") && nodes[0].address != nodes[1].address);
    assert!(nodes.iter().all(|node| node.address != other));

    let bench = bench.reopened();
    bench.engine.resize(&one, &names(&[0, 1])).expect("again is harmless");
    assert_eq!(bench.engine.nodes(&one).expect("nodes"), nodes);
    let share = bench.engine.layout.node_mounts(7, 1).join("afs");
    fs::write(share.join("kept"), "").expect("a file on the share");

    bench.engine.resize(&one, &names(&[0])).expect("one goes");
    assert_eq!(bench.engine.nodes(&one).expect("nodes"), nodes[..1]);
    bench.engine.resize(&one, &names(&[])).expect("all go");
    assert!(!bench.engine.layout.cluster(7).exists());
    assert!(bench.engine.layout.storage().join("acc/shares/data/kept").exists());
}

#[test]
fn a_node_that_a_crash_left_half_made_is_made_anew() {
    let bench = Bench::new();
    let node = bench.engine.layout.node(7, 0);
    fs::create_dir_all(node.join("mounts")).expect("a directory");
    fs::write(node.join("node.json"), "{\"vers").expect("a torn file");
    let bench = bench.reopened();
    let cluster = cluster(vec![]);
    assert_eq!(bench.conditions(&cluster), []);
    bench.engine.resize(&cluster, &names(&[0])).expect("a node");
    assert_eq!(bench.conditions(&cluster), [NodeCondition::Ready]);
    fs::remove_dir_all(&node).expect("somebody removes it");
    assert_eq!(bench.conditions(&cluster), []);
}

#[test]
fn removing_the_output_of_a_job_leaves_its_neighbours() {
    let bench = Bench::new();
    let job = bench.request("").job;
    let output = bench.engine.layout.output();
    let own = output.join(job.path_segment());
    fs::create_dir_all(own.join("stdouterr")).expect("directories");
    bench.engine.remove_output(&job).expect("it goes");
    assert!(output.exists() && fs::read_dir(&output).expect("the root").next().is_none());
    fs::create_dir_all(own.join("stdouterr")).expect("directories");
    fs::create_dir_all(own.with_file_name("neighbour")).expect("directories");
    bench.engine.remove_output(&job).expect("it goes");
    assert!(!own.exists() && own.with_file_name("neighbour").exists());
    bench.engine.remove_output(&job).expect("again is harmless");
}
