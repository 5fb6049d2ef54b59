use proptest::prelude::*;

use super::*;
use crate::domain::cluster::Deallocation;

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(n).expect("a small number of seconds")
}

fn manual(target: u32) -> Scale {
    Scale::Manual { target, deallocation: Deallocation::Requeue }
}

fn auto(minimum: u32, maximum: u32) -> Scale {
    Scale::Auto { minimum, maximum, initial: 0, idle: None }
}

/// Nodes from place 0 on: `r` ready, `b` busy, `p` preparing, `u` unusable, `l` leaving, `k` leaving and
/// busy, `x` unusable and busy, `m` missing, `.` a free place. All idle since second 0.
fn view(scale: Scale, nodes: &str, needs: &[u32]) -> ClusterView {
    let node = |(index, letter): (u32, char)| {
        let standing = match letter {
            'r' | 'b' => Standing::Ready,
            'p' => Standing::Preparing,
            'u' | 'x' => Standing::Unusable,
            'l' | 'k' => Standing::Leaving,
            'm' => Standing::Missing,
            _ => return None,
        };
        let is_busy = "bkx".contains(letter);
        Some(NodeView { index, standing, is_busy, is_preempted: false, idle_since: second(0) })
    };
    let nodes: Vec<NodeView> = (0..).zip(nodes.chars()).filter_map(node).collect();
    let busy = nodes.iter().filter(|node| node.is_busy).map(|node| node.index);
    let runs = busy.map(|place| run(place, &[place])).collect();
    let queued = (1..).zip(needs).map(|(job, &needs)| Waiting { job, needs }).collect();
    ClusterView { scale, low_priority: false, is_new: false, nodes, queued, runs, share: Share::ALL }
}

/// A run of job 100 and its first place, since second 0.
fn run(job: u32, nodes: &[u32]) -> RunView {
    RunView { job: 100 + i64::from(job), nodes: nodes.to_vec(), since: second(0), is_stopping: false }
}

/// `starts | places | settled or not | next`.
fn shown(view: &ClusterView, now: i64) -> String {
    let plan = plan(view, second(now));
    let starts: Vec<String> = plan.starts.iter().map(|start| format!("{}{:?}", start.job, start.nodes)).collect();
    let settled = if plan.is_settled { "settled" } else { "resizing" };
    let next = plan.next.map_or("-".into(), |next| next.as_second().to_string());
    format!("{} | {:?} | {settled} | {next}", starts.join(" "), plan.places)
}

#[test]
fn a_cluster_of_fixed_size_gets_its_nodes_at_the_lowest_free_places() {
    assert_eq!(shown(&view(manual(3), "", &[]), 0), " | [0, 1, 2] | settled | -");
    assert_eq!(shown(&view(manual(3), ".r", &[]), 0), " | [0, 1, 2] | settled | -");
    assert_eq!(shown(&view(manual(0), "", &[1]), 0), " | [] | settled | -");
}

#[test]
fn idle_nodes_beyond_a_fixed_target_go_at_once_and_busy_ones_stay() {
    assert_eq!(shown(&view(manual(1), "rrr", &[]), 0), " | [0] | settled | -");
    assert_eq!(shown(&view(manual(1), "bbr", &[]), 0), " | [0, 1] | resizing | -");
    assert_eq!(shown(&view(manual(1), "rrb", &[1]), 0), " | [2] | settled | -");
    assert_eq!(shown(&view(manual(2), "rrb", &[1]), 0), "1[0] | [0, 2] | settled | -");
}

#[test]
fn jobs_start_on_ready_nodes_that_nobody_has() {
    assert_eq!(shown(&view(manual(6), "bprurr", &[1, 2, 1]), 0), "1[2] 2[4, 5] | [0, 1, 2, 3, 4, 5] | settled | -");
}

#[test]
fn a_leaving_node_gets_no_job_and_goes_when_it_is_free() {
    assert_eq!(shown(&view(manual(2), "kl", &[1]), 0), " | [0] | resizing | -");
    assert_eq!(shown(&view(manual(2), "kr", &[1]), 0), "1[1] | [0, 1] | resizing | -");
}

#[test]
fn a_missing_node_gets_no_job_and_keeps_its_place() {
    assert_eq!(shown(&view(manual(2), "mr", &[1, 1]), 0), "1[1] | [0, 1] | settled | -");
}

#[test]
fn auto_scale_grows_to_what_running_and_queued_jobs_need() {
    assert_eq!(shown(&view(auto(0, 4), "", &[]), 0), " | [] | settled | -");
    assert_eq!(shown(&view(auto(1, 4), "", &[]), 0), " | [0] | settled | -");
    assert_eq!(shown(&view(auto(0, 4), "", &[2, 1]), 0), " | [0, 1, 2] | settled | -");
    assert_eq!(shown(&view(auto(0, 4), "bb", &[1, 3]), 0), " | [0, 1, 2, 3] | settled | -");
    assert_eq!(shown(&view(auto(0, 4), "p", &[1]), 0), " | [0] | settled | -");
}

#[test]
fn auto_scale_ignores_jobs_that_can_never_start() {
    assert_eq!(shown(&view(auto(0, 2), "", &[3, u32::MAX]), 0), " | [] | settled | -");
}

#[test]
fn auto_scale_lets_an_idle_node_go_after_a_minute_and_wakes_for_it() {
    assert_eq!(shown(&view(auto(0, 4), "rr", &[]), 59), " | [0, 1] | settled | 60");
    assert_eq!(shown(&view(auto(0, 4), "rr", &[]), 60), " | [] | settled | -");
    assert_eq!(shown(&view(auto(1, 4), "rr", &[]), 60), " | [0] | settled | -");
    assert_eq!(shown(&view(auto(0, 4), "rr", &[1]), 60), "1[0] | [0] | settled | -");
    assert_eq!(shown(&view(auto(1, 4), "r", &[]), 0), " | [0] | settled | -");
}

#[test]
fn auto_scale_wakes_for_the_next_node_when_only_some_may_go() {
    let mut view = view(auto(0, 4), "rrr", &[]);
    view.nodes[0].idle_since = second(30);
    assert_eq!(shown(&view, 60), " | [0] | settled | 90");
}

#[test]
fn auto_scale_makes_up_for_unusable_nodes_within_its_maximum() {
    assert_eq!(shown(&view(auto(0, 2), "u", &[1]), 0), " | [0, 1] | settled | -");
    assert_eq!(shown(&view(auto(0, 2), "uu", &[1]), 0), " | [0, 1] | settled | 60");
    assert_eq!(shown(&view(auto(0, 4), "ubr", &[1]), 60), "1[2] | [1, 2] | settled | -");
}

#[test]
fn a_place_that_is_cleared_is_not_filled_in_the_same_plan() {
    assert_eq!(shown(&view(auto(0, 2), "uu", &[1]), 60), " | [0] | settled | -");
    assert_eq!(shown(&view(manual(2), "lr", &[]), 0), " | [1] | resizing | -");
}

#[test]
fn the_initial_number_of_nodes_counts_for_a_new_cluster_only() {
    let scale = Scale::Auto { minimum: 0, maximum: 4, initial: 2, idle: None };
    let old = view(scale, "", &[]);
    assert_eq!(shown(&ClusterView { is_new: true, ..old.clone() }, 0), " | [0, 1] | settled | -");
    assert_eq!(shown(&old, 0), " | [] | settled | -");
}

#[test]
fn a_cluster_never_has_more_nodes_than_the_service_allowed() {
    assert_eq!(plan(&view(manual(u32::MAX), "", &[]), second(0)).places.len(), 100);
}

fn any_view() -> impl Strategy<Value = ClusterView> {
    let scale = prop_oneof![
        (0..6u32).prop_map(manual),
        (0..6u32, 0..6u32, 0..6u32).prop_map(|(minimum, maximum, initial)| Scale::Auto {
            minimum,
            maximum,
            initial,
            idle: None
        }),
    ];
    let needs = prop::collection::vec(prop_oneof![0..5u32, Just(u32::MAX)], 0..6);
    let idle = prop::collection::vec(0..120i64, 12);
    (scale, "[rbpulkm.]{0,8}", needs, any::<bool>(), idle).prop_map(|(scale, nodes, needs, is_new, idle)| {
        let mut view = ClusterView { is_new, ..view(scale, &nodes, &needs) };
        for (node, since) in view.nodes.iter_mut().zip(idle) {
            node.idle_since = second(since);
        }
        view
    })
}

proptest! {
    #[test]
    fn whatever_the_view_a_plan_keeps_its_promises(view in any_view(), now in 0..200i64) {
        let plan = plan(&view, second(now));
        let most = size(view.scale.most());
        let taken: Vec<u32> = plan.starts.iter().flat_map(|start| start.nodes.clone()).collect();
        let distinct: BTreeSet<u32> = taken.iter().copied().collect();
        prop_assert_eq!(distinct.len(), taken.len(), "no node gets two jobs");
        for place in &taken {
            let node = view.nodes.iter().find(|node| node.index == *place).expect("a node of the view");
            prop_assert!(node.standing == Standing::Ready && !node.is_busy, "only idle ready nodes get jobs");
        }
        for node in view.nodes.iter().filter(|node| node.is_busy || distinct.contains(&node.index)) {
            prop_assert!(plan.places.contains(&node.index), "nodes with a job stay");
        }
        prop_assert!(plan.places.len() <= most.max(view.nodes.len()), "it never grows beyond its maximum");
        let can_start = view.queued.iter().filter(|waiting| size(waiting.needs) <= most).map(|waiting| waiting.job);
        let started: Vec<i64> = plan.starts.iter().map(|start| start.job).collect();
        prop_assert_eq!(&started, &can_start.take(started.len()).collect::<Vec<_>>(), "the order is kept");
        for start in &plan.starts {
            let needs = view.queued.iter().find(|waiting| waiting.job == start.job).map(|waiting| waiting.needs.max(1));
            prop_assert_eq!(Some(counted(start.nodes.len())), needs, "a job gets all its nodes or none");
        }
        prop_assert!(plan.next.is_none_or(|next| next > second(now)), "it never wakes at once");
    }
}
