//! Anything that can happen to a cluster, in any order: whatever it was, every tick comes to rest, no node has two jobs,
//! and in the end every job is over.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::stage::Stage;
use crate::domain::cluster::{Deallocation, MAX_NODES, Scale};
use crate::domain::job::{Execution, Job};
use crate::domain::node::NodeState;
use crate::domain::quota::Quotas;
use crate::engine::simulated::Script;

/// Something that happens.
#[derive(Debug, Clone)]
enum Happening {
    Scale(Scale),
    Submit {
        nodes: u32,
        seconds: u64,
        is_stubborn: bool,
        retries: u32,
    },
    Terminate(usize),
    Lose(usize),
    Preempt(usize),
    Break(u32),
    RestartNode(u32),
    RemoveNode(u32),
    /// Of cores of low priority, which the cluster is of.
    Quota(Option<u64>),
    RestartServer,
    Deaf(bool),
    Pass(u64),
}

fn scale() -> impl Strategy<Value = Scale> {
    let deallocation = prop_oneof![
        Just(Deallocation::Requeue),
        Just(Deallocation::Terminate),
        Just(Deallocation::WaitForJobCompletion)
    ];
    let idle = prop_oneof![Just(None), Just(Some(0)), (1..100u32).prop_map(Some)];
    prop_oneof![
        (0..5u32, deallocation).prop_map(|(target, deallocation)| Scale::Manual { target, deallocation }),
        (0..3u32, 0..3u32, idle).prop_map(|(minimum, more, idle)| Scale::Auto {
            minimum,
            maximum: minimum + more,
            initial: 0,
            idle
        }),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::{
        Break, Deaf, Lose, Pass, Preempt, Quota, RemoveNode, RestartNode, RestartServer, Submit, Terminate,
    };
    prop_oneof![
        4 => scale().prop_map(Happening::Scale),
        6 => (1..4u32, 0..40u64, any::<bool>(), 0..2u32)
            .prop_map(|(nodes, seconds, is_stubborn, retries)| Submit { nodes, seconds, is_stubborn, retries }),
        1 => (0..9usize).prop_map(Terminate),
        1 => (0..9usize).prop_map(Lose),
        2 => (0..4usize).prop_map(Preempt),
        1 => (0..4u32).prop_map(Break),
        1 => (0..4u32).prop_map(RestartNode),
        1 => (0..4u32).prop_map(RemoveNode),
        1 => prop_oneof![Just(None), (0..5u64).prop_map(Some)].prop_map(Quota),
        1 => Just(RestartServer),
        1 => any::<bool>().prop_map(Deaf),
        4 => (0..30u64).prop_map(Pass),
    ]
}

fn happen(stage: &mut Stage, happening: &Happening, jobs: &mut Vec<String>) {
    let job = |at: usize| jobs.get(at % jobs.len().max(1)).cloned();
    match happening.clone() {
        Happening::Scale(scale) => return stage.rescale(scale),
        Happening::Submit { nodes, seconds, is_stubborn, retries } => {
            let name = format!("j{}", jobs.len());
            let takes = Duration::from_secs(seconds);
            stage.engine.script(&name, Script { takes, is_stubborn, ..Script::default() });
            stage.submit_with(&name, |spec| (spec.node_count, spec.max_retries) = (nodes, retries));
            jobs.push(name);
        }
        Happening::Terminate(at) => job(at).into_iter().for_each(|job| stage.request_termination(&job)),
        Happening::Lose(at) => job(at).into_iter().for_each(|job| stage.engine.lose(&job, "lost")),
        Happening::Preempt(at) => {
            let ids = stage.node_ids();
            if let Some(id) = ids.get(at).cloned() {
                stage.edit_cluster(|cluster| {
                    cluster.preempted.insert(id);
                });
            }
        }
        Happening::Break(place) => stage.engine.break_node(stage.cluster, place, "broken"),
        Happening::RestartNode(place) => stage.engine.restart_node(stage.cluster, place),
        Happening::RemoveNode(place) => stage.engine.remove_node(stage.cluster, place),
        Happening::Quota(low_priority) => stage.world.quotas = Quotas { low_priority, ..Quotas::default() },
        Happening::RestartServer => stage.restart(),
        Happening::Deaf(is_deaf) => stage.engine.set_deaf(is_deaf),
        Happening::Pass(seconds) => return stage.pass(seconds),
    }
    stage.settle();
}

fn runs(stage: &Stage, jobs: &[String]) -> Vec<Job> {
    let jobs = jobs.iter().filter_map(|job| stage.job(job));
    jobs.filter(|job| job.execution().run().is_some()).collect()
}

/// What is so at any time.
fn check(stage: &Stage, jobs: &[String]) -> Result<(), TestCaseError> {
    let mut taken = BTreeSet::new();
    for job in runs(stage, jobs) {
        for place in &job.execution().run().expect("a run").nodes {
            prop_assert!(taken.insert(*place), "two jobs have the node at {}", place);
        }
    }
    let cluster = stage.cluster().expect("the cluster");
    prop_assert!(stage.node_ids().len() <= MAX_NODES as usize);
    let short = cluster.shortages.iter().all(|shortage| shortage.needed > 0);
    prop_assert!(short, "{:?}", cluster.shortages);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_to_a_cluster_its_jobs_come_to_their_ends(
        happenings in prop::collection::vec(happening(), 1..25),
        is_slow in any::<bool>(),
    ) {
        let preparation = Duration::from_secs(if is_slow { 3 } else { 0 });
        let nothing = Scale::Manual { target: 2, deallocation: Deallocation::Requeue };
        let mut stage = Stage::with(nothing, |engine| engine.with_preparation(preparation));
        stage.edit_cluster(|cluster| cluster.spec.low_priority = true);
        let mut jobs = Vec::new();
        for happening in &happenings {
            happen(&mut stage, happening, &mut jobs);
            check(&stage, &jobs)?;
        }
        // Now nothing more is in the way: everything has to come to its end.
        stage.engine.set_deaf(false);
        stage.world.quotas = Quotas::default();
        stage.rescale(Scale::Manual { target: 0, deallocation: Deallocation::Requeue });
        stage.pass(60);
        prop_assert_eq!(stage.nodes(), "");
        prop_assert!(runs(&stage, &jobs).is_empty());
        stage.rescale(Scale::Manual { target: 4, deallocation: Deallocation::Requeue });
        for _ in 0..jobs.len() * 3 {
            stage.pass(40);
            check(&stage, &jobs)?;
        }
        // For nodes that were made last.
        stage.pass(60);
        for name in &jobs {
            let job = stage.job(name).expect("the job");
            prop_assert!(matches!(job.execution(), Execution::Ended { .. }), "{} is {:?}", name, job.execution());
        }
        prop_assert_eq!(stage.node_ids().len(), 4);
        prop_assert_eq!(stage.engine.remembered_runs(), 0, "the engine was told to forget every run");
        let all_ready = stage.nodes().split(", ").all(|node| node.ends_with(NodeState::Ready.word()));
        prop_assert!(all_ready, "{}", stage.nodes());
        prop_assert!(stage.cluster().expect("the cluster").preempted.is_empty());
        prop_assert_eq!(&super::stage::allocation(&stage).0, "Steady");
    }
}
