//! The scheduler over a real store and the simulated engine, tick by tick.

mod deletions;
mod departures;
mod nodes;
mod runs;
mod stage;

use std::time::Duration;

use stage::{Stage, manual, numbered_run_id};

use crate::domain::Timestamp;
use crate::domain::job::Priority;
use crate::domain::quota::Quotas;
use crate::scheduler::start;

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
fn a_queued_job_that_was_terminated_never_runs() {
    let mut stage = Stage::new(manual(1));
    stage.submit_long("a", 1);
    stage.submit("b", 1);
    stage.terminate("b");
    assert_eq!(stage.state("b"), "JobTerminated: The specified job has been terminated by the user");
    assert_eq!(stage.state("a"), "running on [0]");
}

#[test]
fn the_running_scheduler_hears_the_store_and_the_engine_and_stops() {
    let stage = Stage::new(manual(1));
    let mut changes = stage.world.store.changes();
    let (store, engine) = (stage.world.store.clone(), stage.engine.clone());
    let scheduler =
        start(store, engine, stage.bell.clone(), Timestamp::now, numbered_run_id, Quotas::default()).expect("a thread");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut wait_for = |state: &str| {
        while stage.state("a") != state {
            let change = async { tokio::time::timeout(Duration::from_secs(30), changes.changed()).await };
            runtime.block_on(change).expect("a change in time").expect("the store is open");
        }
    };
    stage.submit_with("a", |_| {});
    wait_for("running on [0]");
    // Not `advance`: the launch comes after the commit that was just seen. A stop always comes after it.
    stage.request_termination("a");
    wait_for("JobTerminated: The specified job has been terminated by the user");
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
