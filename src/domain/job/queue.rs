//! Why a job is still queued, in a sentence.

use crate::domain::cluster::Scale;
use crate::domain::quota::Shortage;

/// What decides whether a queued job can start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueView {
    /// Nodes the job needs.
    pub needs: u32,
    /// The name of its cluster; `None` when the cluster is gone.
    pub cluster: Option<(String, Scale)>,
    /// Idle nodes of the cluster.
    pub idle: u32,
    /// Unusable nodes of the cluster.
    pub unusable: u32,
    /// Queued jobs that go before it.
    pub ahead: u64,
    /// Why the cluster has fewer nodes than were asked for.
    pub shortages: Vec<Shortage>,
}

/// The sentence a user reads as `queueReason`.
#[must_use]
pub fn reason(view: &QueueView) -> String {
    let needs = nodes(view.needs);
    let Some((cluster, scale)) = &view.cluster else {
        return "its cluster is gone, so it will never start: delete the job".into();
    };
    if view.needs > scale.most() {
        let has = match *scale {
            Scale::Manual { target, .. } => format!("is fixed at {}", nodes(target)),
            Scale::Auto { maximum, .. } => format!("has at most {}", nodes(maximum)),
        };
        return format!(
            "it needs {needs}, and cluster `{cluster}` {has}, so it can never start: submit it with a smaller \
             nodeCount or to a larger cluster; jobs behind it do not wait for it"
        );
    }
    if view.ahead > 0 {
        let jobs = if view.ahead == 1 { "1 job goes".into() } else { format!("{} jobs go", view.ahead) };
        return format!("{jobs} before it on cluster `{cluster}`");
    }
    let unusable = if view.unusable == 0 {
        String::new()
    } else {
        format!("; {} unusable: `batchai cluster show -n {cluster}` says why", nodes(view.unusable))
    };
    let short: String = view.shortages.iter().map(|shortage| format!("; {}", shortage.short())).collect();
    format!("it waits for {needs} of cluster `{cluster}`; idle now: {}{unusable}{short}", view.idle)
}

fn nodes(count: u32) -> String {
    if count == 1 { "1 node".into() } else { format!("{count} nodes") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cluster::Deallocation;
    use crate::domain::quota::Scarce;

    fn view() -> QueueView {
        let scale = Scale::Manual { target: 2, deallocation: Deallocation::Requeue };
        QueueView {
            needs: 2,
            cluster: Some(("c".into(), scale)),
            idle: 1,
            unusable: 0,
            ahead: 0,
            shortages: Vec::new(),
        }
    }

    #[test]
    fn each_reason_names_what_stands_in_the_way() {
        assert_eq!(reason(&view()), "it waits for 2 nodes of cluster `c`; idle now: 1");
        assert_eq!(reason(&QueueView { ahead: 1, ..view() }), "1 job goes before it on cluster `c`");
        assert!(
            reason(&QueueView { needs: 3, ..view() })
                .starts_with("it needs 3 nodes, and cluster `c` is fixed at 2 nodes")
        );
        assert!(reason(&QueueView { cluster: None, ..view() }).contains("never start"));
        let short = Shortage { of: Scarce::LowPriority, limit: 2, in_use: 2, needed: 1, most_nodes: 2 };
        assert!(
            reason(&QueueView { shortages: vec![short], ..view() })
                .ends_with("; the quota of low-priority cores is reached (2 of 2 in use)")
        );
        assert!(reason(&QueueView { unusable: 1, ..view() }).contains("1 node unusable"));
    }
}
