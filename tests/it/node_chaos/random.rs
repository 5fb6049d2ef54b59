//! Anybody, at any time, out of a seed: `BATCHAI_TESTS_SEED=N` repeats a round.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::parts::{self, ALL, Part};
use super::{Stage, mounting};
use crate::support::azurite::has_rclone;
use crate::support::wait_until;

/// Xorshift.
struct Random(u64);

impl Random {
    /// Out of the environment, or of the clock; says which.
    fn new() -> Self {
        let given = std::env::var("BATCHAI_TESTS_SEED").ok();
        let seed = given.map_or_else(of_the_clock, |text| text.parse().expect("BATCHAI_TESTS_SEED is a number"));
        say(&format!("BATCHAI_TESTS_SEED={seed}"));
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// Some of the parts, at least one; now and then all.
    fn parts(&mut self) -> Vec<Part> {
        if self.below(4) == 0 {
            return ALL.to_vec();
        }
        let mut some: Vec<Part> = ALL.iter().copied().filter(|_| self.below(3) == 0).collect();
        some.push(*self.of(ALL));
        some
    }
}

#[expect(clippy::print_stdout, reason = "the test runner shows it when the test fails")]
fn say(text: &str) {
    println!("{text}");
}

fn of_the_clock() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::from(now.subsec_nanos())
}

const CHANGES: [&str; 6] = [
    "cluster resize c -t 1 --node-deallocation-option requeue",
    "cluster resize c -t 1 --node-deallocation-option terminate",
    "cluster resize c -t 2 --node-deallocation-option waitforjobcompletion",
    "cluster resize c -t 2",
    "cluster node preempt -c c",
    "cluster show c",
];

/// A cluster whose nodes have a volume, a set-up task, a login and a GPU each.
fn cluster(stage: &Stage) {
    let told = stage.sandbox.path("setup");
    let task = json!({ "commandLine": format!("echo begun >> '{}'; sleep 0.1", told.display()),
                       "stdOutErrPathPrefix": stage.sandbox.path("logs") });
    let user = json!({ "adminUserName": "me", "adminUserPassword": "not a secret" });
    stage.cluster(
        "c",
        2,
        json!({ "vmSize": "STANDARD_NC6", "vmPriority": "lowpriority", "userAccountSettings": user,
                "nodeSetup": { "mountVolumes": mounting::unmanaged(stage), "setupTask": task } }),
    );
}

#[test]
fn whoever_is_killed_whenever_all_jobs_end_for_a_reason_and_nothing_is_left() {
    if !has_rclone() {
        return;
    }
    let mut random = Random::new();
    let stage = Stage::with(&json!({ "gpus": ["GPU-a", "GPU-b"] }));
    stage.sandbox.gate("mounting").open();
    cluster(&stage);
    let mut jobs = Vec::new();
    let mut said = Vec::new();
    for round in 0..10 {
        let name = format!("j{round}");
        let own = if random.below(2) == 0 { json!({ "mountVolumes": mounting::unmanaged(&stage) }) } else { json!({}) };
        stage.submit("c", &name, own);
        jobs.push(name);
        let change = *random.of(&CHANGES);
        // Refused where there is no node that could be taken away, which the next rounds make up for.
        let code = stage.sandbox.run(change).code;
        let steps = random.below(14);
        let told = told(&stage) + steps;
        wait_until("enough has happened, or nothing more will", || self::told(&stage) >= told || is_settled(&stage));
        let parts = random.parts();
        parts::kill(&stage.sandbox, &parts);
        stage.sandbox.run("server start").succeeds();
        said.push(format!("{change} -> {code}; killed after {steps} steps: {parts:?}"));
        let early = random.of(&jobs).clone();
        stage.release(&early);
    }
    say(&format!("{said:#?}"));
    finish(&stage, &jobs);
}

/// How many steps of clusters, nodes and jobs the server's log tells.
fn told(stage: &Stage) -> usize {
    std::fs::read_to_string(stage.sandbox.home().join("server.log")).unwrap_or_default().lines().count()
}

/// Whether no node is on its way anywhere.
fn is_settled(stage: &Stage) -> bool {
    let shown = stage.shown("c");
    let moving = ["preparingNodeCount", "leavingNodeCount"].map(|state| shown["nodeStateCounts"][state] == 0);
    shown["allocationState"] == "steady" && moving == [true, true]
}

/// All that was acknowledged is there, and comes to an end that says why.
#[track_caller]
fn finish(stage: &Stage, jobs: &[String]) {
    jobs.iter().for_each(|name| stage.release(name));
    stage.sandbox.run("cluster resize c -t 0").succeeds();
    stage.settled_at("c", 0);
    stage.sandbox.run("cluster resize c -t 2").succeeds();
    for name in jobs {
        let (state, errors) = stage.ended(name);
        assert!(state == "succeeded" || errors.contains("message"), "{name}: {state}: {errors}");
        let attempts = stage.sandbox.job(name)["executionInfo"].clone();
        let again = ["interruptions", "retries"].iter().filter_map(|word| attempts[word].as_u64()).sum::<u64>();
        let begun = u64::try_from(stage.count(name, "begun")).expect("few");
        assert!(begun <= again + 1, "{name} began {begun} times: {attempts}");
        assert!(state == "failed" || begun > 0, "{name} never began: {attempts}");
    }
    assert_eq!(stage.settled("c", 2), "null");
    stage.sandbox.job_file("cat $AZ_BATCHAI_MOUNT_ROOT/vol/in.txt");
    stage.sandbox.run("job run -c c -f job.json").succeeds().prints("data\n");
    stage.delete("c");
    stage.is_clean();
}

#[test]
fn sessions_on_nodes_end_with_everybody_else_and_may_begin_again() {
    use crate::ssh::Login;
    let Some(login) = Login::new(1) else { return };
    for parts in [&[Part::Session][..], &[Part::Server, Part::Session], ALL] {
        let begun = login.path("session");
        let text = format!(
            "setsid nohup sleep 600 >/dev/null 2>&1 & echo $! > {0}.new; mv {0}.new {0}; sleep 600",
            begun.display()
        );
        let mut client = login.ssh(&[]).arg(text).spawn().expect("ssh");
        let stays = login.id_in("session");
        parts::kill(&login.sandbox, parts);
        let _its_code = client.wait().expect("our child");
        assert!(!crate::support::process::is_running(stays));
        std::fs::remove_file(begun).expect("its file");
        login.runs("echo in").succeeds().prints("in\n");
    }
    login.sandbox.run("cluster delete -n c -y").succeeds();
    wait_until("no process is left", || login.sandbox.job_processes().is_empty());
}
