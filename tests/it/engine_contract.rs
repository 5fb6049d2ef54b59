//! What every engine promises to those who call it, in one list of cases for the simulated and the local one.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use batchai::domain::Timestamp;
use batchai::domain::cluster::{ClusterSpec, Deallocation, Scale};
use batchai::domain::job::spec::Output;
use batchai::domain::job::{Job, JobError, JobSpec, Outcome, Toolkit};
use batchai::domain::name::{ClusterKey, ExperimentKey, GroupKey, JobKey, Name, RunId, WorkspaceKey};
use batchai::domain::node::{Node, NodeState};
use batchai::domain::secret::{MasterKey, Seal};
use batchai::engine::local::{LocalEngine, LocalSettings};
use batchai::engine::secrets::Safe;
use batchai::engine::simulated::{Script, Simulated};
use batchai::engine::{ClusterPlace, Engine, LaunchRequest, NodeCondition, NodeName, Observation, Waker};

use crate::support::Sandbox;

/// Stands in for "as long as nobody stops it".
const FOR_EVER: Duration = Duration::from_secs(600);

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// An engine, and what it takes to give jobs a behaviour and to let time pass.
struct Bench {
    sandbox: Sandbox,
    kind: Kind,
    waker: Waker,
    news: Receiver<()>,
}

enum Kind {
    Simulated(Box<Simulated>),
    Local(Box<LocalEngine>),
}

fn names(places: &[u32]) -> Vec<NodeName> {
    places.iter().map(|index| NodeName { index: *index, id: format!("tvm-{index}") }).collect()
}

/// What a job does.
#[derive(Clone, Copy)]
enum Doing {
    Exits(i32),
    RunsForEver,
    WillNotHear,
}

impl Bench {
    fn simulated() -> Self {
        let (waker, news) = bell();
        let kind = Kind::Simulated(Box::new(Simulated::new(waker.clone())));
        Self { sandbox: Sandbox::new(), kind, waker, news }
    }

    fn local() -> Self {
        let (waker, news) = bell();
        let sandbox = Sandbox::new();
        let kind = Kind::Local(Box::new(open(sandbox.home(), waker.clone())));
        Self { sandbox, kind, waker, news }
    }

    fn engine(&self) -> &dyn Engine {
        match &self.kind {
            Kind::Simulated(engine) => engine.as_ref(),
            Kind::Local(engine) => engine.as_ref(),
        }
    }

    /// Another server on the same data. The simulated engine keeps nothing outside itself.
    fn reopen(&mut self) {
        if let Kind::Local(engine) = &mut self.kind {
            **engine = open(self.sandbox.home(), self.waker.clone());
        }
    }

    /// A run of a job on `nodes` nodes; each time it runs it leaves a line in the file [`Bench::runs_of`] reads.
    fn request(&self, name: &str, doing: Doing, nodes: u32) -> LaunchRequest {
        let ran = self.sandbox.path(&format!("ran-{name}")).display().to_string();
        let end = match doing {
            Doing::Exits(code) => format!("exit {code}"),
            Doing::RunsForEver => "exec sleep 600".into(),
            Doing::WillNotHear => "trap '' TERM; while :; do sleep 0.05; done".into(),
        };
        if let Kind::Simulated(engine) = &self.kind {
            let failed = |code| {
                let error = JobError::new("JobFailed", "Job failed with non-zero exit code");
                Outcome::Failed { exit_code: Some(code), error }
            };
            let (takes, outcome) = match doing {
                Doing::Exits(0) => (Duration::from_secs(1), Outcome::Succeeded),
                Doing::Exits(code) => (Duration::from_secs(1), failed(code)),
                Doing::RunsForEver | Doing::WillNotHear => (FOR_EVER, Outcome::Succeeded),
            };
            engine.script(name, Script { takes, outcome, is_stubborn: matches!(doing, Doing::WillNotHear) });
        }
        let mut job = job(name, &format!("echo x >> '{ran}'; {end}"), nodes);
        let cluster = cluster();
        job.directories = self.engine().directories(&job, &cluster).expect("directories");
        let facts = self.engine().nodes(&cluster).expect("nodes");
        let node = |index: u32| Node {
            index,
            id: format!("node-{index}"),
            address: facts.iter().find(|fact| fact.index == index).expect("a node").address.clone(),
            ssh_port: None,
            gpus: Vec::new(),
            state: NodeState::Ready,
            since: Timestamp::UNIX_EPOCH,
        };
        // Unlike any other on this machine: what a lost run leaves is ended by its id.
        let run = RunId(format!("{name}-{}", uuid::Uuid::new_v4()));
        LaunchRequest { run, job, cluster, nodes: (0..nodes).map(node).collect() }
    }

    fn launched(&self, name: &str, doing: Doing) -> LaunchRequest {
        let request = self.request(name, doing, 1);
        self.engine().launch(&request).expect("a launch");
        request
    }

    fn observe(&self, request: &LaunchRequest) -> Observation {
        self.engine().observe(std::slice::from_ref(&request.run)).expect("an observation").remove(0)
    }

    /// Lets time pass until the engine wakes its caller.
    fn wait_for_news(&self) {
        if let Kind::Simulated(engine) = &self.kind {
            engine.advance(Duration::from_secs(1));
        }
        match self.news.recv_timeout(PATIENCE) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => panic!("the engine has not woken its caller"),
            Err(RecvTimeoutError::Disconnected) => unreachable!("the bench holds the waker"),
        }
    }

    fn observe_until_over(&self, request: &LaunchRequest) -> Observation {
        loop {
            match self.observe(request) {
                Observation::Running => self.wait_for_news(),
                over => return over,
            }
        }
    }

    /// Waits until the job does what it is to do; of the simulated engine there is nothing to wait for.
    fn wait_until_at_work(&self, name: &str) {
        if let Kind::Local(_) = &self.kind {
            self.sandbox.wait_for_file(&format!("ran-{name}"));
        }
    }

    /// How often the job of this name has run; the simulated engine runs nothing, and tells by its records.
    fn runs_of(&self, name: &str) -> usize {
        match &self.kind {
            Kind::Simulated(engine) => engine.remembered_runs(),
            Kind::Local(_) => {
                let text = std::fs::read_to_string(self.sandbox.path(&format!("ran-{name}")));
                text.unwrap_or_default().lines().count()
            }
        }
    }
}

fn bell() -> (Waker, Receiver<()>) {
    let (sender, news) = channel();
    let ring = move || {
        // After the end of a test nobody listens.
        let _ = sender.send(());
    };
    (Arc::new(ring), news)
}

fn open(home: &Path, waker: Waker) -> LocalEngine {
    let safe = Safe::new(Arc::new(Seal::new(&MasterKey::new([1; 32]))));
    let settings = LocalSettings::new(env!("CARGO_BIN_EXE_batchai").into(), safe);
    LocalEngine::open(home.to_owned(), settings, waker).expect("an engine")
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn workspace() -> WorkspaceKey {
    WorkspaceKey { group: GroupKey::parse("s", "g").expect("a group"), name: name("w") }
}

fn cluster() -> ClusterPlace {
    let scale = Scale::Manual { target: 2, deallocation: Deallocation::Requeue };
    let spec = ClusterSpec::local(scale);
    ClusterPlace { number: 1, spec, path_segment: "s/rg/workspaces/w/clusters/c/u".into() }
}

fn job(called: &str, command_line: &str, node_count: u32) -> Job {
    let spec = JobSpec {
        node_count,
        outputs: vec![Output { id: "MODEL".into(), path_prefix: None, path_suffix: None }],
        max_wall_clock_seconds: 3600,
        search_path: std::env::var("PATH").ok(),
        ..JobSpec::new(
            ClusterKey { workspace: workspace(), name: name("c") },
            Toolkit::Custom { command_line: command_line.into() },
        )
    };
    let key = JobKey { experiment: ExperimentKey { workspace: workspace(), name: name("e") }, name: name(called) };
    Job::submitted(key, spec, format!("uuid-of-{called}"), Timestamp::UNIX_EPOCH)
}

/// Stopped by the user, in whichever words the engine has for it.
#[track_caller]
fn assert_stopped(seen: &Observation) {
    match seen {
        Observation::Ended(Outcome::Failed { exit_code: None, error }) => assert_eq!(error.code, "JobTerminated"),
        Observation::Lost(_) => {}
        other => panic!("{other:?}"),
    }
}

fn a_run_that_was_never_launched_has_not_begun(bench: &Bench) {
    let request = bench.request("a", Doing::Exits(0), 1);
    assert_eq!(bench.observe(&request), Observation::NotBegun);
    assert_eq!(bench.runs_of("a"), 0);
}

fn a_run_that_exits_with_zero_succeeds(bench: &Bench) {
    let request = bench.launched("a", Doing::Exits(0));
    assert_eq!(bench.observe_until_over(&request), Observation::Ended(Outcome::Succeeded));
    assert_eq!(bench.observe(&request), Observation::Ended(Outcome::Succeeded), "asked again it says the same");
}

fn a_run_that_exits_with_three_fails_with_that_code(bench: &Bench) {
    let request = bench.launched("a", Doing::Exits(3));
    let Observation::Ended(Outcome::Failed { exit_code, error }) = bench.observe_until_over(&request) else {
        panic!("it failed")
    };
    assert_eq!((exit_code, error.code.as_str()), (Some(3), "JobFailed"));
}

fn a_run_is_running_until_it_is_over(bench: &mut Bench) {
    let request = bench.launched("a", Doing::RunsForEver);
    assert_eq!(bench.observe(&request), Observation::Running);
    bench.wait_until_at_work("a");
    assert_eq!(bench.observe(&request), Observation::Running);
    bench.reopen();
    assert_eq!(bench.observe(&request), Observation::Running, "also for the next server");
}

fn a_run_that_is_launched_twice_runs_once(bench: &mut Bench) {
    let request = bench.launched("a", Doing::RunsForEver);
    bench.engine().launch(&request).expect("it attaches");
    bench.wait_until_at_work("a");
    bench.engine().launch(&request).expect("it attaches");
    bench.reopen();
    bench.engine().launch(&request).expect("it attaches");
    assert_eq!(bench.observe(&request), Observation::Running);
    bench.engine().stop(&request.run, Duration::from_secs(10)).expect("it is told");
    assert_stopped(&bench.observe_until_over(&request));
    bench.engine().launch(&request).expect("nothing to do");
    assert_stopped(&bench.observe(&request));
    assert_eq!(bench.runs_of("a"), 1);
}

fn a_launch_after_the_end_does_not_run_again(bench: &mut Bench) {
    let request = bench.launched("a", Doing::Exits(0));
    assert_eq!(bench.observe_until_over(&request), Observation::Ended(Outcome::Succeeded));
    bench.reopen();
    bench.engine().launch(&request).expect("nothing to do");
    assert_eq!(bench.observe(&request), Observation::Ended(Outcome::Succeeded));
    assert_eq!(bench.runs_of("a"), 1);
}

fn an_end_that_nobody_saw_is_seen_by_the_next_server(bench: &mut Bench) {
    let request = bench.launched("a", Doing::Exits(3));
    assert!(matches!(bench.observe_until_over(&request), Observation::Ended(_)));
    bench.reopen();
    let seen = bench.observe(&request);
    assert!(matches!(seen, Observation::Ended(Outcome::Failed { exit_code: Some(3), .. })), "{seen:?}");
}

fn a_stopped_run_ends_and_leaves_nothing(bench: &mut Bench) {
    let request = bench.launched("a", Doing::RunsForEver);
    bench.wait_until_at_work("a");
    bench.reopen();
    bench.engine().stop(&request.run, Duration::from_secs(10)).expect("it is told");
    bench.engine().stop(&request.run, Duration::from_secs(10)).expect("twice is harmless");
    assert_stopped(&bench.observe_until_over(&request));
    assert_eq!(bench.sandbox.job_processes().len(), 0);
    bench.engine().stop(&request.run, Duration::from_secs(10)).expect("afterwards too");
    assert_stopped(&bench.observe(&request));
}

fn a_run_that_will_not_hear_is_stopped_after_the_grace(bench: &Bench) {
    let request = bench.launched("a", Doing::WillNotHear);
    bench.wait_until_at_work("a");
    bench.engine().stop(&request.run, Duration::from_secs(10)).expect("it is told");
    assert_eq!(bench.observe(&request), Observation::Running, "the grace is not over");
    assert_stopped(&bench.observe_until_over(&request));
    assert_eq!(bench.sandbox.job_processes().len(), 0);
}

fn stopping_a_run_that_is_over_changes_nothing(bench: &Bench) {
    let request = bench.launched("a", Doing::Exits(3));
    let end = bench.observe_until_over(&request);
    bench.engine().stop(&request.run, Duration::from_secs(10)).expect("nothing to do");
    assert_eq!(bench.observe(&request), end);
}

fn stopping_a_run_that_never_began_is_harmless(bench: &Bench) {
    let request = bench.request("a", Doing::Exits(0), 1);
    bench.engine().stop(&request.run, Duration::from_secs(10)).expect("nothing to do");
    assert_eq!(bench.observe(&request), Observation::NotBegun);
}

fn many_runs_are_observed_at_once_in_the_order_of_the_question(bench: &Bench) {
    let well = bench.launched("well", Doing::Exits(0));
    let badly = bench.launched("badly", Doing::Exits(7));
    bench.observe_until_over(&well);
    bench.observe_until_over(&badly);
    let running = bench.launched("running", Doing::RunsForEver);
    let never = bench.request("never", Doing::Exits(0), 1);
    let order = [&never, &badly, &running, &well, &never, &badly];
    let runs: Vec<RunId> = order.iter().map(|request| request.run.clone()).collect();
    let seen = bench.engine().observe(&runs).expect("observations");
    assert_eq!(seen.len(), runs.len());
    assert_eq!((&seen[0], &seen[4]), (&Observation::NotBegun, &Observation::NotBegun));
    assert!(matches!(&seen[1], Observation::Ended(Outcome::Failed { exit_code: Some(7), .. })), "{seen:?}");
    assert_eq!((&seen[2], &seen[3]), (&Observation::Running, &Observation::Ended(Outcome::Succeeded)));
    assert_eq!(seen[1], seen[5]);
    assert_eq!(bench.engine().observe(&[]).expect("no question, no answer"), []);
}

fn a_run_that_is_forgotten_has_never_begun(bench: &mut Bench) {
    let request = bench.launched("a", Doing::Exits(0));
    let other = bench.launched("b", Doing::Exits(0));
    bench.observe_until_over(&request);
    bench.observe_until_over(&other);
    bench.engine().forget(&request.run).expect("it goes");
    bench.engine().forget(&request.run).expect("twice is harmless");
    assert_eq!(bench.observe(&request), Observation::NotBegun);
    bench.reopen();
    assert_eq!(bench.observe(&request), Observation::NotBegun);
    assert_eq!(bench.observe(&other), Observation::Ended(Outcome::Succeeded), "the others stay");
    let left = std::fs::read_dir(bench.sandbox.home().join("runs")).map_or(0, Iterator::count);
    assert!(left <= 1, "{left} run directories are left of one run");
}

fn a_run_has_all_of_its_nodes(bench: &Bench) {
    bench.engine().resize(&cluster(), &names(&[0, 1])).expect("nodes");
    let request = bench.request("a", Doing::Exits(0), 2);
    bench.engine().launch(&request).expect("a launch");
    assert_eq!(bench.observe_until_over(&request), Observation::Ended(Outcome::Succeeded));
}

fn exactly_the_nodes_that_were_asked_for_are_there(bench: &mut Bench) {
    let cluster = cluster();
    let places = |bench: &Bench| {
        let facts = bench.engine().nodes(&cluster).expect("nodes");
        assert!(facts.iter().all(|fact| fact.condition == NodeCondition::Ready), "{facts:?}");
        facts.iter().map(|fact| fact.index).collect::<Vec<_>>()
    };
    let resize = |bench: &Bench, to: &[u32]| bench.engine().resize(&cluster, &names(to)).expect("nodes");
    resize(bench, &[]);
    assert!(places(bench).is_empty());
    resize(bench, &[0, 1, 5]);
    assert_eq!(places(bench), [0, 1, 5]);
    let before = bench.engine().nodes(&cluster).expect("nodes");
    resize(bench, &[0, 1, 5]);
    assert_eq!(bench.engine().nodes(&cluster).expect("nodes"), before, "the same again changes nothing");
    bench.reopen();
    assert_eq!(bench.engine().nodes(&cluster).expect("nodes"), before, "nor does another server");
    let mut addresses: Vec<&str> = before.iter().map(|fact| fact.address.as_str()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 3, "every node has an address of its own");
    resize(bench, &[5, 2]);
    assert_eq!(places(bench), [2, 5]);
    let after = bench.engine().nodes(&cluster).expect("nodes");
    assert_eq!(after[1], before[2], "the one that stays is the same");
    resize(bench, &[]);
    assert!(places(bench).is_empty());
}

fn the_nodes_of_one_cluster_are_none_of_another(bench: &Bench) {
    let other = ClusterPlace { number: 2, ..cluster() };
    bench.engine().resize(&cluster(), &names(&[0])).expect("nodes");
    assert_eq!(bench.engine().nodes(&other).expect("nodes"), []);
    bench.engine().resize(&other, &names(&[0, 1])).expect("nodes");
    bench.engine().resize(&cluster(), &names(&[])).expect("nodes");
    assert_eq!(bench.engine().nodes(&other).expect("nodes").len(), 2);
}

fn the_directories_of_a_job_are_stable_and_its_own(bench: &mut Bench) {
    let directories =
        |bench: &Bench, name: &str| bench.engine().directories(&job(name, "true", 1), &cluster()).expect("directories");
    let (a, b) = (directories(bench, "a"), directories(bench, "b"));
    let ids: Vec<&str> = a.iter().map(|directory| directory.id.as_str()).collect();
    assert_eq!(ids, ["stdouterr", "MODEL"]);
    assert!(a.iter().all(|directory| Path::new(&directory.path).is_absolute() && directory.is_listable), "{a:?}");
    assert!(a.iter().all(|one| b.iter().all(|other| one.path != other.path)), "{a:?} {b:?}");
    bench.engine().resize(&cluster(), &names(&[0, 1])).expect("nodes");
    bench.reopen();
    assert_eq!(directories(bench, "a"), a);
}

/// Makes one test of each case for each engine.
macro_rules! contract {
    ($($case:ident)+) => {
        mod simulated {
            use super::Bench;
            $(#[test] fn $case() { super::$case(&mut Bench::simulated().with_a_node()); })+
        }
        mod local {
            use super::Bench;
            $(#[test] fn $case() { super::$case(&mut Bench::local().with_a_node()); })+
        }
    };
}

impl Bench {
    fn with_a_node(self) -> Self {
        self.engine().resize(&cluster(), &names(&[0])).expect("a node");
        self
    }
}

contract! {
    a_run_that_was_never_launched_has_not_begun
    a_run_that_exits_with_zero_succeeds
    a_run_that_exits_with_three_fails_with_that_code
    a_run_is_running_until_it_is_over
    a_run_that_is_launched_twice_runs_once
    a_launch_after_the_end_does_not_run_again
    an_end_that_nobody_saw_is_seen_by_the_next_server
    a_stopped_run_ends_and_leaves_nothing
    a_run_that_will_not_hear_is_stopped_after_the_grace
    stopping_a_run_that_is_over_changes_nothing
    stopping_a_run_that_never_began_is_harmless
    many_runs_are_observed_at_once_in_the_order_of_the_question
    a_run_that_is_forgotten_has_never_begun
    a_run_has_all_of_its_nodes
    exactly_the_nodes_that_were_asked_for_are_there
    the_nodes_of_one_cluster_are_none_of_another
    the_directories_of_a_job_are_stable_and_its_own
}
