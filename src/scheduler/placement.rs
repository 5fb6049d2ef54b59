//! Which queued jobs start now, and on which nodes. Pure: a queue and free nodes in, starts out.
//!
//! Gang placement: a job gets all its nodes at once or none. The order is strict (the queue comes in it:
//! higher priority first, then older first), so a job that does not fit yet holds up those behind it and
//! cannot be starved by smaller ones. Called by [`super::plan`] only.

/// A job that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub job: i64,
    /// Nodes it needs at once.
    pub needs: u32,
}

/// A job that starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Its number.
    pub job: i64,
    /// Places of its nodes, lowest first; the first is the master.
    pub nodes: Vec<u32>,
}

/// Places the head of `queue` on `free` nodes, lowest places first, using no more than `budget` of them.
/// Jobs that need more than `most` nodes can never start: they are passed over and hold up nobody.
#[must_use]
pub fn place(queue: &[Waiting], free: &[u32], budget: u32, most: u32) -> Vec<Start> {
    let mut free: Vec<u32> = free.to_vec();
    free.sort_unstable();
    free.truncate(count(budget));
    let mut rest = free.as_slice();
    let mut starts = Vec::new();
    for waiting in queue.iter().filter(|waiting| waiting.needs <= most) {
        let Some((nodes, behind)) = rest.split_at_checked(count(waiting.needs.max(1))) else {
            break;
        };
        starts.push(Start { job: waiting.job, nodes: nodes.to_vec() });
        rest = behind;
    }
    starts
}

fn count(nodes: u32) -> usize {
    usize::try_from(nodes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Jobs 1, 2, 3 ... with these needs; the answer is `job: places` per start.
    fn placed(needs: &[u32], free: &[u32], budget: u32, most: u32) -> String {
        let queue: Vec<Waiting> = (1..).zip(needs).map(|(job, &needs)| Waiting { job, needs }).collect();
        let starts = place(&queue, free, budget, most);
        starts.iter().map(|start| format!("{}: {:?}", start.job, start.nodes)).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn jobs_take_the_lowest_places_in_the_order_of_the_queue() {
        assert_eq!(placed(&[1, 2, 1], &[5, 0, 3, 2], 9, 9), "1: [0], 2: [2, 3], 3: [5]");
    }

    #[test]
    fn the_head_of_the_queue_holds_up_the_smaller_jobs_behind_it() {
        assert_eq!(placed(&[1, 3, 1], &[0, 1, 2], 9, 9), "1: [0]");
    }

    #[test]
    fn a_job_that_can_never_start_holds_up_nobody() {
        assert_eq!(placed(&[4, 1], &[0, 1], 9, 3), "2: [0]");
    }

    #[test]
    fn no_more_nodes_are_used_than_the_budget_allows() {
        assert_eq!(placed(&[1, 1, 1], &[0, 1, 2], 2, 9), "1: [0], 2: [1]");
        assert_eq!(placed(&[1], &[0], 0, 9), "");
    }

    #[test]
    fn a_job_without_a_node_count_still_gets_one_node() {
        assert_eq!(placed(&[0, 1], &[0, 1], 9, 9), "1: [0], 2: [1]");
    }
}
