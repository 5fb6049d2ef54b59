//! Nodes that go while jobs run on them, and clusters that may not have as many as they want.

use std::time::Duration;

use super::stage::{LONG, Stage, allocation};
use crate::domain::cluster::{Deallocation, Scale};
use crate::domain::job::{JobError, Outcome};
use crate::domain::quota::{Quotas, Scarce};
use crate::engine::Engine;
use crate::engine::simulated::Script;

const DAY: u64 = 24 * 60 * 60;

fn manual(target: u32, deallocation: Deallocation) -> Scale {
    Scale::Manual { target, deallocation }
}

/// A cluster of three nodes, with a job on each: `a`, `b` and `c`, which take a while to stop.
fn three_busy(stubborn: bool) -> Stage {
    let mut stage = Stage::new(manual(3, Deallocation::Requeue));
    for job in ["a", "b", "c"] {
        stage.engine.script(job, Script { takes: LONG, is_stubborn: stubborn, ..Script::default() });
        stage.submit(job, 1);
    }
    stage
}

fn states(stage: &Stage) -> [String; 3] {
    ["a", "b", "c"].map(|job| stage.state(job))
}

#[test]
fn with_requeue_the_jobs_of_nodes_that_go_are_stopped_and_run_again_when_there_are_nodes() {
    let mut stage = three_busy(true);
    let (first, directories) = (stage.run_of("c"), stage.job("c").expect("the job").directories);
    stage.rescale(manual(1, Deallocation::Requeue));
    assert_eq!(stage.nodes(), "0 ready, 1 leaving, 2 leaving", "at once, and they still count");
    assert_eq!(states(&stage), ["running on [0]", "interrupting", "interrupting"]);
    assert_eq!(allocation(&stage).0, "Resizing");
    stage.pass(10);
    assert_eq!(states(&stage), ["running on [0]", "queued", "queued"]);
    assert_eq!((stage.nodes().as_str(), allocation(&stage).0.as_str()), ("0 ready", "Steady"));
    stage.rescale(manual(3, Deallocation::Requeue));
    assert_eq!(states(&stage), ["running on [0]", "running on [1]", "running on [2]"]);
    let again = stage.job("c").expect("the job");
    assert_ne!(stage.run_of("c"), first, "it is another run");
    assert_eq!((again.directories.clone(), again.attempts().interruptions), (directories, 1));
}

#[test]
fn with_terminate_they_end_in_words_of_their_own() {
    let mut stage = three_busy(false);
    stage.rescale(manual(1, Deallocation::Terminate));
    assert!(stage.state("c").starts_with("JobNodesRemoved: The job was stopped for good"), "{}", stage.state("c"));
    assert_eq!((stage.state("a"), stage.nodes()), ("running on [0]".into(), "0 ready".into()));
}

#[test]
fn with_waitforjobcompletion_they_end_by_themselves_and_the_nodes_take_no_more_jobs() {
    let mut stage = Stage::new(manual(2, Deallocation::Requeue));
    for (job, seconds) in [("a", 30), ("b", 60)] {
        stage.engine.script(job, Script { takes: Duration::from_secs(seconds), ..Script::default() });
        stage.submit(job, 1);
    }
    stage.submit_long("c", 1);
    stage.rescale(manual(1, Deallocation::WaitForJobCompletion));
    assert_eq!(stage.nodes(), "0 ready, 1 leaving");
    stage.pass(30);
    assert_eq!(states(&stage), ["succeeded", "running on [1]", "running on [0]"]);
    stage.pass(30);
    assert_eq!((states(&stage)[1].as_str(), stage.nodes().as_str()), ("succeeded", "0 ready"));
}

#[test]
fn nodes_that_wait_for_their_jobs_are_taken_back_by_a_resize() {
    let mut stage = three_busy(false);
    let before = stage.node_ids();
    stage.rescale(manual(1, Deallocation::WaitForJobCompletion));
    assert_eq!(stage.nodes(), "0 ready, 1 leaving, 2 leaving");
    stage.rescale(manual(3, Deallocation::WaitForJobCompletion));
    assert_eq!(stage.nodes(), "0 ready, 1 ready, 2 ready");
    assert_eq!((stage.node_ids(), allocation(&stage).0.as_str()), (before, "Steady"));
}

#[test]
fn a_later_resize_stops_the_jobs_that_an_earlier_one_let_finish() {
    let mut stage = three_busy(false);
    stage.rescale(manual(1, Deallocation::WaitForJobCompletion));
    stage.rescale(manual(1, Deallocation::Requeue));
    assert_eq!(
        (states(&stage), stage.nodes().as_str()),
        (["running on [0]", "queued", "queued"].map(String::from), "0 ready")
    );
}

#[test]
fn a_job_of_several_nodes_is_interrupted_when_one_of_them_goes() {
    let mut stage = Stage::new(manual(2, Deallocation::Requeue));
    stage.submit_long("a", 2);
    stage.rescale(manual(1, Deallocation::Requeue));
    assert_eq!((stage.state("a").as_str(), stage.nodes().as_str()), ("queued", "0 ready"));
    stage.rescale(manual(2, Deallocation::Requeue));
    assert_eq!(stage.state("a"), "running on [0, 1]");
}

#[test]
fn who_terminates_a_job_that_is_being_interrupted_is_obeyed() {
    let mut stage = three_busy(true);
    stage.rescale(manual(1, Deallocation::Requeue));
    stage.terminate("c");
    assert_eq!(stage.state("c"), "terminating");
    stage.pass(10);
    assert!(stage.state("c").starts_with("JobTerminated"));
    assert_eq!(stage.state("b"), "queued");
}

#[test]
fn a_run_that_ends_while_it_is_interrupted_counts_if_it_succeeds_and_begins_anew_if_it_fails() {
    let mut stage = Stage::new(manual(3, Deallocation::Requeue));
    let failed = Outcome::Failed { exit_code: Some(9), error: JobError::new("JobFailed", "x") };
    for (job, takes, outcome) in [
        ("a", LONG, Outcome::Succeeded),
        ("b", Duration::from_secs(5), Outcome::Succeeded),
        ("c", Duration::from_secs(5), failed),
    ] {
        stage.engine.script(job, Script { takes, outcome, is_stubborn: true });
        stage.submit(job, 1);
    }
    stage.rescale(manual(1, Deallocation::Requeue));
    stage.pass(5);
    assert_eq!(states(&stage), ["running on [0]", "succeeded", "queued"]);
}

#[test]
fn an_interruption_survives_a_restart_of_the_server_wherever_it_was() {
    let mut stage = three_busy(true);
    stage.rescale(manual(1, Deallocation::Requeue));
    stage.restart();
    stage.pass(9);
    assert_eq!(states(&stage), ["running on [0]", "interrupting", "interrupting"]);
    stage.restart();
    stage.pass(10);
    assert_eq!((states(&stage)[2].as_str(), stage.nodes().as_str()), ("queued", "0 ready"));
}

#[test]
fn auto_scale_with_a_smaller_maximum_waits_for_the_jobs() {
    let mut stage = three_busy(false);
    stage.submit_long("d", 1);
    stage.rescale(Scale::Auto { minimum: 0, maximum: 1, initial: 0, idle: None });
    assert_eq!(stage.nodes(), "0 ready, 1 leaving, 2 leaving");
    assert_eq!(states(&stage), ["running on [0]", "running on [1]", "running on [2]"]);
    stage.terminate("c");
    stage.terminate("b");
    assert_eq!((stage.nodes().as_str(), stage.state("d").as_str()), ("0 ready", "queued"));
    stage.terminate("a");
    assert_eq!(stage.state("d"), "running on [0]");
}

#[test]
fn a_deleted_cluster_ends_a_job_that_was_being_interrupted() {
    let mut stage = three_busy(true);
    stage.rescale(manual(1, Deallocation::Requeue));
    stage.delete_cluster();
    stage.settle();
    stage.pass(10);
    assert!(states(&stage).iter().all(|state| state.starts_with("JobTerminated")), "{:?}", states(&stage));
    assert!(stage.cluster().is_none());
}

#[test]
fn a_node_that_is_taken_away_comes_back_as_another_and_its_job_runs_again() {
    let mut stage = Stage::new(manual(2, Deallocation::Requeue));
    stage.edit_cluster(|cluster| cluster.spec.low_priority = true);
    stage.submit_long("a", 1);
    let before = stage.node_ids();
    let taken = before[0].clone();
    stage.edit_cluster(move |cluster| {
        cluster.preempted.insert(taken);
    });
    stage.restart();
    stage.pass(1);
    assert_eq!((stage.state("a").as_str(), stage.nodes().as_str()), ("running on [1]", "0 ready, 1 ready"));
    assert_ne!(stage.node_ids()[0], before[0]);
    assert_eq!((&stage.node_ids()[1], stage.job("a").expect("the job").attempts().interruptions), (&before[1], 1));
    assert!(stage.cluster().expect("the cluster").preempted.is_empty(), "what has gone is forgotten");
}

#[test]
fn a_run_of_low_priority_is_interrupted_after_24_hours_also_when_the_server_was_away() {
    let mut stage = Stage::new(manual(1, Deallocation::Requeue));
    stage.edit_cluster(|cluster| cluster.spec.low_priority = true);
    stage.engine.script("a", Script { takes: Duration::from_secs(9 * DAY), ..Script::default() });
    stage.submit("a", 1);
    let first = stage.run_of("a");
    assert_eq!(stage.next.map(|next| next.duration_since(stage.now).as_secs()), Some(DAY.cast_signed()));
    stage.pass(DAY - 1);
    assert_eq!(stage.run_of("a"), first);
    stage.restart();
    stage.pass(1);
    assert_ne!(stage.run_of("a"), first);
    assert_eq!((stage.state("a").as_str(), stage.node_ids().len()), ("running on [0]", 1));
}

#[test]
fn a_node_that_breaks_or_restarts_under_a_run_interrupts_it_whatever_retries_are_left() {
    let mut stage = Stage::new(manual(2, Deallocation::Requeue));
    stage.submit_long("a", 1);
    stage.engine.break_node(stage.cluster, 0, "mount gone");
    stage.settle();
    assert_eq!(
        (stage.state("a").as_str(), stage.nodes().as_str()),
        ("running on [1]", "0 unusable(mount gone), 1 ready")
    );
    let told = stage.job("a").expect("the job").attempts().sentence().expect("a setback");
    assert!(told.contains("that it ran on became unusable: mount gone"), "{told}");

    let mut stage = Stage::with(manual(1, Deallocation::Requeue), |e| e.with_preparation(Duration::from_secs(5)));
    stage.pass(5);
    stage.submit_long("a", 1);
    assert_eq!(stage.state("a"), "running on [0]");
    stage.engine.restart_node(stage.cluster, 0);
    stage.settle();
    assert_eq!((stage.state("a").as_str(), stage.nodes().as_str()), ("queued", "0 preparing"));
    stage.pass(5);
    assert_eq!(stage.state("a"), "running on [0]");
}

#[test]
fn a_lost_run_is_run_again_while_there_are_retries() {
    let mut stage = Stage::new(manual(1, Deallocation::Requeue));
    stage.engine.script("a", Script { takes: LONG, ..Script::default() });
    stage.submit_with("a", |spec| spec.max_retries = 1);
    stage.settle();
    let first = stage.run_of("a");
    stage.engine.lose("a", "it was killed");
    stage.settle();
    assert_ne!(stage.run_of("a"), first);
    assert_eq!(stage.job("a").expect("the job").attempts().retries, 1);
    stage.engine.lose("a", "it was killed again");
    stage.settle();
    assert!(stage.state("a").starts_with("JobLost"));
}

#[test]
fn a_requeued_job_keeps_its_place_in_the_queue() {
    let mut stage = Stage::new(manual(1, Deallocation::Requeue));
    stage.submit_long("a", 1);
    stage.submit_long("b", 1);
    stage.rescale(manual(0, Deallocation::Requeue));
    stage.rescale(manual(1, Deallocation::Requeue));
    assert_eq!([stage.state("a"), stage.state("b")], ["running on [0]", "queued"]);
}

#[test]
fn a_cluster_over_its_quota_has_fewer_nodes_says_why_and_grows_when_there_is_more() {
    let mut stage = Stage::new(manual(0, Deallocation::Requeue));
    stage.world.quotas = Quotas { dedicated: Some(2), ..Quotas::default() };
    stage.rescale(manual(3, Deallocation::Requeue));
    assert_eq!((stage.nodes().as_str(), allocation(&stage).0.as_str()), ("0 ready, 1 ready", "Steady"));
    let shortages = stage.cluster().expect("the cluster").shortages;
    assert_eq!((shortages.len(), &shortages[0].of), (1, &Scarce::Dedicated));
    assert_eq!((shortages[0].limit, shortages[0].in_use, shortages[0].needed), (2, 2, 1));
    assert_eq!(stage.next, None, "it wakes for nothing");
    stage.world.quotas = Quotas::default();
    stage.settle();
    assert_eq!(stage.nodes(), "0 ready, 1 ready, 2 ready");
    assert!(stage.cluster().expect("the cluster").shortages.is_empty());
}

#[test]
fn the_engine_never_loses_a_node_under_a_run() {
    let stage = three_busy(true);
    let place = crate::engine::ClusterPlace::of(stage.cluster, &stage.cluster().expect("the cluster"));
    let mut stage = stage;
    stage.rescale(manual(0, Deallocation::Requeue));
    assert_eq!(stage.engine.nodes(&place).expect("nodes").len(), 3, "they are being stopped");
    stage.pass(10);
    assert_eq!(stage.engine.nodes(&place).expect("nodes").len(), 0);
}
