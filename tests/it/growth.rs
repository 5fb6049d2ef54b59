//! A cluster that grows and shrinks in every way while a hundred jobs run on it. Whatever its API and its log tell on the
//! way is held against the state machines: only steps that may be, nothing lost, nothing run twice without a reason.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Rest, SUBSCRIPTION, Sandbox, wait_until};

const JOBS: usize = 100;

/// Steps of nodes; `-` is before the first state.
const OF_NODES: &[(&str, &str)] = &[
    ("-", "preparing"),
    ("preparing", "ready"),
    ("preparing", "unusable"),
    ("ready", "unusable"),
    ("ready", "preparing"),
    ("unusable", "preparing"),
    ("preparing", "leaving"),
    ("ready", "leaving"),
    ("unusable", "leaving"),
    ("leaving", "ready"),
    ("leaving", "gone"),
    // Another one of the same name, made within the second.
    ("gone", "preparing"),
];

/// Steps of jobs.
const OF_JOBS: &[(&str, &str)] = &[
    ("queued", "running"),
    ("running", "succeeded"),
    ("running", "failed"),
    ("running", "interrupting"),
    ("interrupting", "queued"),
    ("interrupting", "succeeded"),
    ("interrupting", "failed"),
];

/// What the API and the working folder tell, and what they have told.
struct Stage<'s> {
    sandbox: &'s Sandbox,
    rest: Rest,
    workspace: String,
    /// The last state of each job.
    jobs: RefCell<BTreeMap<String, String>>,
}

impl<'s> Stage<'s> {
    fn new(sandbox: &'s Sandbox) -> Self {
        let rest = Rest::new(sandbox, "2026-11-01");
        let workspace = format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/default/providers/Microsoft.BatchAI/workspaces/default"
        );
        Self { sandbox, rest, workspace, jobs: RefCell::default() }
    }

    fn submit(&self) {
        self.rest.put(&format!("{}/experiments/default", self.workspace), &json!({})).is(200);
        for number in 0..JOBS {
            let told = self.sandbox.path(&format!("told-{number}"));
            let command = format!("echo begin >> {0}; sleep 0.2; echo end >> {0}", told.display());
            let body = json!({ "properties": {
                "cluster": { "id": format!("{}/clusters/c", self.workspace) }, "nodeCount": 1,
                "customToolkitSettings": { "commandLine": command },
            } });
            self.rest.put(&format!("{}/experiments/default/jobs/j{number}", self.workspace), &body).is(200);
        }
    }

    fn cluster(&self) -> Value {
        self.rest.get(&format!("{}/clusters/c", self.workspace)).is(200).json()["properties"].clone()
    }

    fn all_jobs(&self) -> Vec<Value> {
        let page = self.rest.get(&format!("{}/experiments/default/jobs", self.workspace)).is(200).json();
        page["value"].as_array().expect("a list").clone()
    }

    /// Looks at everything once; answers how many jobs have ended.
    fn look(&self) -> usize {
        let cluster = self.cluster();
        let counts = cluster["nodeStateCounts"].as_object().expect("counts");
        let sum: u64 = counts.values().filter_map(Value::as_u64).sum();
        assert_eq!(Some(sum), cluster["currentNodeCount"].as_u64(), "every node is in one state: {cluster}");
        assert!(sum <= 4, "{cluster}");
        let mut known = self.jobs.borrow_mut();
        let mut ended = 0;
        for job in self.all_jobs() {
            let state = job["properties"]["executionState"].as_str().expect("a state").to_owned();
            assert!(["queued", "running", "terminating", "succeeded", "failed"].contains(&&*state), "{state}");
            ended += usize::from(is_end(&state));
            let before = known.insert(job["name"].as_str().expect("a name").into(), state.clone());
            assert!(before.is_none_or(|before| !is_end(&before) || before == state), "an ended job begins anew: {job}");
        }
        assert!(known.len() == JOBS, "jobs are lost");
        ended
    }

    fn until_ended(&self, count: usize) {
        wait_until(&format!("{count} jobs have ended"), || self.look() >= count);
    }

    fn scale(&self, words: &str, nodes: u32) {
        self.sandbox.run(&format!("cluster resize c {words}")).succeeds();
        wait_until(&format!("{words} is done"), || {
            self.look();
            let cluster = self.cluster();
            cluster["allocationState"] == "steady" && cluster["currentNodeCount"] == nodes
        });
    }

    fn preempt(&self) {
        let taken = self.sandbox.run("cluster node preempt -c c").succeeds().json();
        let id = taken["nodeId"].as_str().expect("an id").to_owned();
        wait_until("the node is gone", || {
            self.look();
            let nodes = self.rest.post(&format!("{}/clusters/c/listRemoteLoginInformation", self.workspace)).json();
            nodes["value"].as_array().expect("nodes").iter().all(|node| node["nodeId"] != *id)
        });
    }
}

fn is_end(state: &str) -> bool {
    ["succeeded", "failed"].contains(&state)
}

#[test]
fn a_cluster_that_grows_and_shrinks_in_every_way_loses_no_job_and_takes_no_step_that_may_not_be() {
    let sandbox = Sandbox::new();
    sandbox
        .run("cluster create c --min 0 --max 4 --vm-priority lowpriority --idle-time-before-scale-down 0")
        .succeeds();
    let stage = Stage::new(&sandbox);
    stage.submit();
    stage.until_ended(8);
    stage.scale("-t 2 --node-deallocation-option requeue", 2);
    stage.until_ended(16);
    stage.scale("-t 4", 4);
    stage.preempt();
    stage.until_ended(32);
    stage.scale("-t 1 --node-deallocation-option waitforjobcompletion", 1);
    stage.scale("-t 4", 4);
    stage.until_ended(48);
    stage.scale("-t 2 --node-deallocation-option terminate", 2);
    stage.until_ended(56);
    sandbox.run("cluster auto-scale c --min 0 --max 3 --idle-time-before-scale-down 0").succeeds();
    stage.until_ended(64);
    stage.preempt();
    stage.until_ended(JOBS);
    wait_until("the cluster is empty", || stage.cluster()["currentNodeCount"] == 0);

    let log = std::fs::read_to_string(sandbox.home().join("server.log")).expect("a log");
    check_log(&log);
    check_jobs(&stage, &log);
    assert!(sandbox.job_processes().is_empty());
}

/// Every job has run to its end, and as often as was said.
fn check_jobs(stage: &Stage<'_>, log: &str) {
    for job in stage.all_jobs() {
        let (name, properties) = (job["name"].as_str().expect("a name"), &job["properties"]);
        let info = &properties["executionInfo"];
        let interruptions = info["interruptions"].as_u64().unwrap_or(0);
        let noted = log.matches(&format!("/{name}: interrupting -> queued")).count() as u64;
        assert_eq!(noted, interruptions, "{job}");
        let told = std::fs::read_to_string(stage.sandbox.path(&format!("told-{}", &name[1..]))).unwrap_or_default();
        let count = |word: &str| told.lines().filter(|line| *line == word).count() as u64;
        match properties["executionState"].as_str() {
            Some("succeeded") => {
                assert!(count("end") >= 1 && count("begin") <= interruptions + 1, "{told}{job}");
                assert!(interruptions > 0 || (count("begin"), count("end")) == (1, 1), "{told}{job}");
            }
            _ => assert_eq!(info["errors"][0]["code"], "JobNodesRemoved", "{job}"),
        }
    }
    assert!(log.contains(": interrupting -> queued: "), "nobody was interrupted:\n{log}");
}

/// A step of something, as the log tells it.
struct Step<'l> {
    of: &'l str,
    from: &'l str,
    to: &'l str,
    why: &'l str,
}

/// `<what> <name>: <from> -> <to>: <why>` after `kind`.
fn step<'l>(line: &'l str, kind: &str) -> Option<Step<'l>> {
    let (_, rest) = line.split_once(kind)?;
    let (of, rest) = rest.split_once(": ")?;
    let (from, rest) = rest.split_once(" -> ")?;
    let (to, why) = rest.split_once(": ")?;
    Some(Step { of, from, to, why })
}

fn check_log(log: &str) {
    let (mut nodes, mut jobs) = (BTreeMap::<String, String>::new(), BTreeMap::<String, String>::new());
    let mut allocation = "resizing".to_owned();
    for line in log.lines().filter(|line| line.contains(" -> ")) {
        if let Some(step) = step(line, ": node ") {
            follow(&mut nodes, &step, "-", OF_NODES, line);
        } else if let Some(step) = step(line, "INFO batchai::scheduler::history: job ") {
            follow(&mut jobs, &step, "queued", OF_JOBS, line);
            if step.to == "running" {
                assert_eq!(state_at(&nodes, step.why), Some("ready"), "it starts on a node that takes no jobs: {line}");
            }
        } else if let Some((_, rest)) = line.split_once(": allocation: ") {
            let (from, rest) = rest.split_once(" -> ").expect("a step");
            assert_eq!(from, allocation, "{line}");
            allocation = rest.split(": ").next().expect("a state").into();
        }
    }
    assert!(nodes.values().all(|state| state == "gone"), "{nodes:?}");
    assert_eq!((jobs.len(), allocation.as_str()), (JOBS, "steady"));
    assert!(jobs.values().all(|state| is_end(state)), "{jobs:?}");
}

fn follow(known: &mut BTreeMap<String, String>, step: &Step<'_>, first: &str, allowed: &[(&str, &str)], line: &str) {
    let before = known.insert(step.of.into(), step.to.into());
    let before = before.as_deref().unwrap_or(first);
    let is_new = step.from == "-" && before == "gone";
    assert!(before == step.from || is_new, "it was {before}: {line}");
    assert!(allowed.contains(&(before, step.to)), "that step may not be: {line}");
}

/// The state of the node at the only place of `run R on the nodes at [P]`.
fn state_at<'n>(nodes: &'n BTreeMap<String, String>, why: &str) -> Option<&'n str> {
    let place = why.rsplit_once('[')?.1.trim_end_matches(']');
    let is_here = |id: &String| id.split(['_', '-']).nth(2) == Some(place);
    nodes.iter().find(|(id, state)| is_here(id) && *state != "gone").map(|(_, state)| state.as_str())
}
