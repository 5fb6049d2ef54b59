use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::domain::Timestamp;
use crate::domain::cluster::{ClusterSpec, Deallocation, Scale};
use crate::domain::job::{JobSpec, Toolkit};
use crate::domain::name::{ClusterKey, ExperimentKey, GroupKey, JobKey, Name, WorkspaceKey};

const SECOND: Duration = Duration::from_secs(1);

fn engine() -> Simulated {
    Simulated::new(Arc::new(|| {}))
}

fn cluster() -> ClusterPlace {
    let scale = Scale::Manual { target: 2, deallocation: Deallocation::Requeue };
    let spec = ClusterSpec::local(scale);
    ClusterPlace { number: 1, spec, path_segment: "s/rg/workspaces/w/clusters/c/u".into() }
}

fn request(name: &str) -> LaunchRequest {
    let name_of = |text| Name::parse(text).expect("a name");
    let workspace = WorkspaceKey { group: GroupKey::parse("s", "g").expect("a group"), name: name_of("w") };
    let spec = JobSpec {
        max_wall_clock_seconds: 60,
        ..JobSpec::new(
            ClusterKey { workspace: workspace.clone(), name: name_of("c") },
            Toolkit::Custom { command_line: "true".into() },
        )
    };
    let key = JobKey { experiment: ExperimentKey { workspace, name: name_of("e") }, name: name_of(name) };
    let job = Job::submitted(key, spec, "uuid".into(), Timestamp::UNIX_EPOCH);
    LaunchRequest { run: RunId(format!("run-of-{name}")), job, cluster: cluster(), nodes: Vec::new() }
}

fn seen(engine: &Simulated, request: &LaunchRequest) -> Observation {
    let mut seen = engine.observe(std::slice::from_ref(&request.run)).expect("an answer");
    seen.pop().expect("one run")
}

fn names(places: &[u32]) -> Vec<NodeName> {
    places.iter().map(|index| NodeName { index: *index, id: format!("node-{index}") }).collect()
}

fn conditions(engine: &Simulated) -> Vec<NodeCondition> {
    engine.nodes(&cluster()).expect("nodes").into_iter().map(|fact| fact.condition).collect()
}

#[test]
fn a_run_ends_as_scripted_when_its_time_is_over() {
    let engine = engine();
    let outcome = Outcome::Failed { exit_code: Some(3), error: JobError::new("JobFailed", "no") };
    engine.script("a", Script { takes: 5 * SECOND, outcome: outcome.clone(), is_stubborn: false });
    let request = request("a");
    assert_eq!(seen(&engine, &request), Observation::NotBegun);
    engine.launch(&request).expect("launched");
    engine.advance(4 * SECOND);
    assert_eq!(seen(&engine, &request), Observation::Running);
    engine.advance(SECOND);
    assert_eq!(seen(&engine, &request), Observation::Ended(outcome));
    engine.forget(&request.run).expect("forgotten");
    assert_eq!(seen(&engine, &request), Observation::NotBegun);
}

#[test]
fn a_second_launch_attaches_to_the_run() {
    let engine = engine();
    let request = request("a");
    engine.launch(&request).expect("launched");
    engine.advance(SECOND / 2);
    engine.launch(&request).expect("attached");
    engine.advance(SECOND / 2);
    assert_eq!(seen(&engine, &request), Observation::Ended(Outcome::Succeeded));
    assert_eq!(engine.launches(&request.run), 2);
}

#[test]
fn a_polite_run_ends_at_once_and_a_stubborn_one_after_the_grace() {
    let engine = engine();
    let (polite, stubborn) = (request("polite"), request("stubborn"));
    let long = Script { takes: 100 * SECOND, ..Script::default() };
    engine.script("polite", long.clone());
    engine.script("stubborn", Script { is_stubborn: true, ..long });
    for request in [&polite, &stubborn] {
        engine.launch(request).expect("launched");
        engine.stop(&request.run, 10 * SECOND).expect("told");
    }
    let stopped = Observation::Ended(Outcome::Failed { exit_code: None, error: JobError::terminated() });
    assert_eq!(seen(&engine, &polite), stopped);
    assert_eq!(seen(&engine, &stubborn), Observation::Running);
    engine.advance(10 * SECOND);
    assert_eq!(seen(&engine, &stubborn), stopped);
}

#[test]
fn stopping_a_run_that_is_over_does_not_change_how_it_ended() {
    let engine = engine();
    let request = request("a");
    engine.launch(&request).expect("launched");
    engine.advance(SECOND);
    engine.stop(&request.run, SECOND).expect("told");
    assert_eq!(seen(&engine, &request), Observation::Ended(Outcome::Succeeded));
}

#[test]
fn nodes_are_prepared_break_and_go() {
    let engine = Simulated::new(Arc::new(|| {})).with_preparation(2 * SECOND);
    engine.resize(&cluster(), &names(&[0, 2])).expect("resized");
    assert_eq!(conditions(&engine), [NodeCondition::Preparing, NodeCondition::Preparing]);
    engine.advance(2 * SECOND);
    engine.break_node(1, 2, "disk");
    assert_eq!(conditions(&engine), [NodeCondition::Ready, NodeCondition::Broken("disk".into())]);
    engine.resize(&cluster(), &names(&[0, 1])).expect("resized");
    assert_eq!(conditions(&engine), [NodeCondition::Ready, NodeCondition::Preparing]);
    engine.remove_node(1, 0);
    assert_eq!(conditions(&engine), [NodeCondition::Preparing]);
}

#[test]
fn each_launch_fault_leaves_what_it_says() {
    let engine = engine();
    let cases = [
        (LaunchFault::NotStarted("no such path".into()), "no such path", Observation::NotBegun),
        (LaunchFault::FailedBefore, "cannot launch a run", Observation::NotBegun),
        (LaunchFault::FailedAfter, "cannot launch a run", Observation::Running),
        (LaunchFault::NeverReached, "", Observation::NotBegun),
    ];
    for (n, (fault, text, after)) in cases.into_iter().enumerate() {
        let request = request(&format!("job-{n}"));
        engine.fail_launch(fault);
        let answer = engine.launch(&request).map_or_else(|error| error.to_string(), |()| String::new());
        assert_eq!((answer.as_str(), seen(&engine, &request)), (text, after));
    }
}

#[test]
fn a_lost_run_says_what_is_known() {
    let engine = engine();
    let request = request("a");
    engine.launch(&request).expect("launched");
    engine.lose("a", "killed");
    assert_eq!(seen(&engine, &request), Observation::Lost("killed".into()));
}

#[test]
fn everything_new_rings_the_waker() {
    let rings = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&rings);
    let engine = Simulated::new(Arc::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    engine.advance(SECOND);
    engine.set_deaf(true);
    assert!(engine.nodes(&cluster()).is_err());
    assert_eq!(rings.load(Ordering::Relaxed), 2);
}
