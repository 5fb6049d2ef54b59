//! Nodes, tick by tick.

use std::time::Duration;

use super::stage::{Stage, allocation, manual};
use crate::domain::cluster::Scale;

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
fn auto_scale_grows_for_jobs_and_shrinks_a_minute_after_them() {
    let mut stage = Stage::new(Scale::Auto { minimum: 0, maximum: 2, initial: 0, idle: None });
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
    let mut stage = Stage::new(Scale::Auto { minimum: 0, maximum: 3, initial: 2, idle: None });
    assert_eq!(stage.nodes(), "0 ready, 1 ready");
    stage.pass(60);
    assert_eq!(stage.nodes(), "");
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
fn a_node_that_is_prepared_again_gets_no_job_until_it_is_ready() {
    let mut stage = Stage::with(manual(1), |engine| engine.with_preparation(Duration::from_secs(5)));
    stage.pass(5);
    assert_eq!(stage.nodes(), "0 ready");
    stage.engine.restart_node(stage.cluster, 0);
    stage.settle();
    assert_eq!(stage.nodes(), "0 preparing");
    stage.submit("a", 1);
    assert_eq!(stage.state("a"), "queued");
    stage.pass(5);
    assert_eq!((stage.nodes().as_str(), stage.state("a")), ("0 ready", "running on [0]".into()));
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
fn a_node_that_goes_and_comes_within_a_second_has_another_name() {
    let mut stage = Stage::new(manual(1));
    let mut names = stage.node_ids();
    for _ in 0..3 {
        stage.rescale(manual(0));
        stage.rescale(manual(1));
        names.extend(stage.node_ids());
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!((all, names.len()), (4, 4), "{names:?}");
}
