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
    assert_eq!(shown(&view(manual(1), "kl", &[1]), 0), " | [0] | resizing | -");
    assert_eq!(shown(&view(manual(1), "kr", &[1]), 0), "1[1] | [0, 1] | resizing | -");
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
fn auto_scale_keeps_the_node_that_makes_up_for_a_broken_one_under_a_run() {
    let at_once = Scale::Auto { minimum: 0, maximum: 2, initial: 0, idle: Some(0) };
    assert_eq!(shown(&view(at_once, "x", &[]), 0), " | [0, 1] | settled | -");
    assert_eq!(shown(&view(at_once, "xr", &[]), 0), " | [0, 1] | settled | -");
    assert_eq!(shown(&view(at_once, "ur", &[]), 0), " | [] | settled | -");
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

/// `leaving | retained | interrupts`.
fn gone(view: &ClusterView, now: i64) -> String {
    let plan = plan(view, second(now));
    let interrupts: Vec<String> = plan.interrupts.iter().map(|i| format!("{} {:?}", i.job, i.why)).collect();
    format!("{:?} | {:?} | {}", plan.leaving, plan.retained, interrupts.join(", "))
}

fn with(target: u32, deallocation: Deallocation) -> Scale {
    Scale::Manual { target, deallocation }
}

#[test]
fn busy_nodes_beyond_a_fixed_target_leave_at_once_from_the_highest_place_down_and_their_runs_do_as_was_said() {
    use Deallocation::{Requeue, Terminate, WaitForJobCompletion};
    let left = |option| gone(&view(with(1, option), "bbbr", &[]), 0);
    assert_eq!(left(Requeue), "[1, 2, 3] | [] | 101 Resized, 102 Resized");
    assert_eq!(left(Terminate), "[1, 2, 3] | [] | 101 Removed, 102 Removed");
    assert_eq!(left(WaitForJobCompletion), "[1, 2, 3] | [] | ");
    assert_eq!(shown(&view(with(1, WaitForJobCompletion), "bbbr", &[1]), 0), " | [0, 1, 2] | resizing | -");
}

#[test]
fn unusable_nodes_go_before_idle_ones_and_idle_ones_before_busy_ones() {
    assert_eq!(gone(&view(manual(3), "ubbr", &[]), 0), "[0] | [] | ");
    assert_eq!(gone(&view(manual(2), "ubbr", &[]), 0), "[0, 3] | [] | ");
    assert_eq!(gone(&view(manual(1), "ubbr", &[]), 0), "[0, 2, 3] | [] | 102 Resized");
}

#[test]
fn a_job_is_interrupted_when_any_of_its_nodes_goes_and_only_once() {
    let mut view = view(manual(2), "bbb", &[]);
    view.runs = vec![run(0, &[0]), run(1, &[1, 2])];
    assert_eq!(gone(&view, 0), "[2] | [] | 101 Resized");
    view.runs[1].is_stopping = true;
    view.nodes[2].standing = Standing::Leaving;
    assert_eq!(gone(&view, 0), "[2] | [] | ");
}

#[test]
fn nodes_that_wait_for_their_jobs_are_taken_back_and_those_whose_jobs_were_stopped_are_not() {
    let waiting = with(3, Deallocation::WaitForJobCompletion);
    assert_eq!(gone(&view(waiting, "bkk", &[]), 0), "[] | [1, 2] | ");
    assert_eq!(shown(&view(waiting, "bkk", &[]), 0), " | [0, 1, 2] | resizing | -");
    let mut stopped = view(waiting, "bkk", &[]);
    stopped.runs[1].is_stopping = true;
    assert_eq!(gone(&stopped, 0), "[1] | [2] | ");
    assert_eq!(gone(&view(with(2, Deallocation::WaitForJobCompletion), "bkk", &[]), 0), "[2] | [1] | ");
    assert_eq!(gone(&view(manual(1), "bkk", &[]), 0), "[1, 2] | [] | 101 Resized, 102 Resized");
}

#[test]
fn auto_scale_stops_no_run_but_those_beyond_its_maximum_get_no_successor() {
    assert_eq!(gone(&view(auto(0, 2), "bbbr", &[1]), 60), "[2, 3] | [] | ");
    assert_eq!(gone(&view(auto(0, 2), "bb", &[]), 60), "[] | [] | ");
    assert_eq!(shown(&view(auto(0, 2), "bkb", &[1]), 0), " | [0, 1, 2] | resizing | -");
}

#[test]
fn a_node_that_is_taken_away_goes_although_the_cluster_wants_it_and_comes_back_when_it_has_gone() {
    let mut two = view(manual(2), "br", &[1]);
    two.nodes[0].is_preempted = true;
    assert_eq!(gone(&two, 0), "[0] | [] | 100 Preempted");
    assert_eq!(shown(&two, 0), "1[1] | [0, 1] | resizing | -");
    two.nodes[0].is_busy = false;
    assert_eq!(shown(&two, 0), "1[1] | [1] | resizing | -");
    assert_eq!(shown(&view(manual(2), ".r", &[]), 0), " | [0, 1] | settled | -");
}

#[test]
fn a_run_under_which_a_node_breaks_or_restarts_or_disappears_is_interrupted() {
    assert_eq!(gone(&view(manual(1), "x", &[]), 0), "[] | [] | 100 NodeFailed(0)");
    for standing in [Standing::Preparing, Standing::Missing] {
        let mut view = view(manual(2), "bb", &[]);
        view.nodes[1].standing = standing;
        assert_eq!(gone(&view, 0), "[] | [] | 101 NodeFailed(1)");
    }
}

#[test]
fn a_run_of_low_priority_is_interrupted_after_24_hours_and_that_is_when_to_look_again() {
    const DAY: i64 = 24 * 60 * 60;
    let mut low = view(manual(1), "b", &[]);
    assert_eq!(gone(&low, DAY), "[] | [] | ", "dedicated nodes are not taken away");
    low.low_priority = true;
    assert_eq!(shown(&low, DAY - 1), format!(" | [0] | settled | {DAY}"));
    assert_eq!(gone(&low, DAY), "[] | [] | 100 RanTooLong");
    low.runs[0].is_stopping = true;
    assert_eq!((gone(&low, DAY), shown(&low, 0)), ("[] | [] | ".into(), " | [0] | settled | -".into()));
}

#[test]
fn a_quota_keeps_a_cluster_from_growing_and_it_is_settled_then() {
    let share = |now, ever| Share { now, ever, shortages: Vec::new() };
    let short =
        |scale, nodes, needs: &[u32], now, ever| ClusterView { share: share(now, ever), ..view(scale, nodes, needs) };
    assert_eq!(shown(&short(manual(3), "", &[], 2, 2), 0), " | [0, 1] | settled | -");
    assert_eq!(
        shown(&short(manual(3), "rr", &[1, 3, 1], 2, 2), 0),
        "1[0] 3[1] | [0, 1] | settled | -",
        "3 never start"
    );
    assert_eq!(shown(&short(manual(3), "rr", &[3, 1], 2, 4), 0), " | [0, 1] | settled | -", "3 may start later");
    assert_eq!(shown(&short(manual(1), "rr", &[], 2, 2), 0), " | [0] | settled | -");
    assert_eq!(shown(&short(auto(0, 4), "b", &[1, 1], 2, 2), 0), " | [0, 1] | settled | -");
    assert_eq!(shown(&short(auto(0, 4), "", &[3], 0, 2), 0), " | [] | settled | -");
}

#[test]
fn nodes_that_are_too_few_for_the_next_job_are_not_kept_from_other_clusters() {
    let short = |scale, nodes, now| ClusterView {
        share: Share { now, ever: 2, shortages: Vec::new() },
        ..view(scale, nodes, &[2, 1])
    };
    assert_eq!(shown(&short(auto(0, 4), "r", 1), 59), " | [0] | settled | 60");
    assert_eq!(shown(&short(auto(0, 4), "r", 1), 60), " | [] | settled | -");
    assert_eq!(shown(&short(auto(0, 4), "", 1), 60), " | [] | settled | -");
    assert_eq!(shown(&short(auto(1, 4), "r", 1), 60), " | [0] | settled | -", "its minimum stays");
    assert_eq!(shown(&short(auto(0, 4), "r", 2), 60), " | [0, 1] | settled | -", "there is room now");
}

#[test]
fn a_cluster_says_itself_for_how_long_its_nodes_stay_idle() {
    let idle = |idle| Scale::Auto { minimum: 0, maximum: 4, initial: 0, idle };
    assert_eq!(shown(&view(idle(Some(0)), "rr", &[]), 0), " | [] | settled | -");
    assert_eq!(shown(&view(idle(Some(300)), "rr", &[]), 60), " | [0, 1] | settled | 300");
    assert_eq!(shown(&view(idle(None), "rr", &[]), 0), " | [0, 1] | settled | 60");
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
    let odd = prop::collection::vec((0..120i64, any::<bool>(), any::<bool>()), 12);
    (scale, "[rbpulkxm.]{0,8}", needs, any::<(bool, bool)>(), odd).prop_map(|(scale, nodes, needs, is, odd)| {
        let (is_new, low_priority) = is;
        let mut view = ClusterView { is_new, low_priority, ..view(scale, &nodes, &needs) };
        for (node, (since, is_preempted, _)) in view.nodes.iter_mut().zip(&odd) {
            node.idle_since = second(*since);
            node.is_preempted = low_priority && *is_preempted;
        }
        for (run, (_, _, is_stopping)) in view.runs.iter_mut().zip(&odd) {
            run.is_stopping = *is_stopping;
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
        for place in plan.leaving.iter().filter(|place| taken.contains(place)) {
            prop_assert!(false, "the node at {} leaves and gets a job", place);
        }
        for interrupt in &plan.interrupts {
            let run = view.runs.iter().find(|run| run.job == interrupt.job).expect("a run of the view");
            prop_assert!(!run.is_stopping, "a run is stopped once");
            let goes = |node: &&NodeView| plan.leaving.contains(&node.index) || node.standing != Standing::Ready;
            let has_reason = view.nodes.iter().filter(goes).any(|node| run.nodes.contains(&node.index));
            prop_assert!(has_reason || view.low_priority, "no run is stopped without a reason");
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
