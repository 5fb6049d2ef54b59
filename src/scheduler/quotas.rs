//! How many nodes each cluster may have under the quotas of its region. Pure: all clusters in, shares out.
//!
//! Nodes that are there stay: a quota keeps clusters from growing, it takes nothing away. What is left is dealt out
//! in the order in which clusters were made. Called by `shares` before `tick` plans; what else nodes may be short of, such
//! as GPUs, comes into the same list of shortages.

use std::collections::BTreeMap;

use crate::domain::quota::{Quotas, Scarce, Shortage};

/// A cluster, as much of it as decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// Whose quotas count: subscription and region.
    pub pool: (String, String),
    /// Whether its nodes are of low priority.
    pub low_priority: bool,
    /// The family of its VM size; `None`: it belongs to none.
    pub family: Option<&'static str>,
    /// Cores of each node.
    pub cores: u32,
    /// Nodes that there are, those that are leaving included.
    pub have: u32,
    /// Nodes that it should have now.
    pub wanted: u32,
}

/// What a cluster gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The most nodes it may have now.
    pub now: u32,
    /// The most nodes it could have if nobody else had any.
    pub ever: u32,
    /// Why that is fewer than it wants.
    pub shortages: Vec<Shortage>,
}

impl Share {
    /// As many as it wants.
    pub const ALL: Self = Self { now: u32::MAX, ever: u32::MAX, shortages: Vec::new() };
}

type Used = BTreeMap<((String, String), Scarce), u64>;

/// Deals out what there is, one share per cluster, in the order of `asking`, the oldest cluster first.
#[must_use]
pub fn deal(quotas: &Quotas, asking: &[Asking]) -> Vec<Share> {
    if quotas.leave_nodes_alone() {
        return vec![Share::ALL; asking.len()];
    }
    let mut used = Used::new();
    for cluster in asking {
        take(&mut used, quotas, cluster, cluster.have);
    }
    asking.iter().map(|cluster| share(&mut used, quotas, cluster)).collect()
}

fn take(used: &mut Used, quotas: &Quotas, cluster: &Asking, nodes: u32) {
    for (of, _) in quotas.of_nodes(cluster.low_priority, cluster.family) {
        *used.entry((cluster.pool.clone(), of)).or_default() += u64::from(nodes) * u64::from(cluster.cores.max(1));
    }
}

fn share(used: &mut Used, quotas: &Quotas, cluster: &Asking) -> Share {
    let cores = u64::from(cluster.cores.max(1));
    let growth = cluster.wanted.saturating_sub(cluster.have);
    let needed = u64::from(growth) * cores;
    let (mut granted, mut ever, mut shortages) = (growth, u32::MAX, Vec::new());
    for (of, limit) in quotas.of_nodes(cluster.low_priority, cluster.family) {
        let in_use = used.get(&(cluster.pool.clone(), of.clone())).copied().unwrap_or(0);
        let left = limit.saturating_sub(in_use);
        granted = granted.min(nodes(left / cores));
        ever = ever.min(nodes(limit / cores));
        if needed > left {
            shortages.push(Shortage { of, limit, in_use, needed, most_nodes: nodes(limit / cores) });
        }
    }
    take(used, quotas, cluster, granted);
    // A cluster that does not grow is not held to what it has: it may shrink, and take back what it gave.
    Share { now: cluster.have.saturating_add(granted), ever: ever.max(cluster.have), shortages }
}

fn nodes(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asking(low_priority: bool, cores: u32, have: u32, wanted: u32) -> Asking {
        Asking { pool: ("s".into(), "r".into()), low_priority, family: Some("NC"), cores, have, wanted }
    }

    fn quotas(dedicated: Option<u64>, low_priority: Option<u64>, family: Option<u64>) -> Quotas {
        let families = family.map(|limit| ("NC".to_owned(), limit)).into_iter().collect();
        Quotas { clusters: None, dedicated, low_priority, families }
    }

    /// `now of ever` and the shortages of each.
    fn shown(quotas: &Quotas, asking: &[Asking]) -> Vec<String> {
        let show = |share: &Share| {
            let short: Vec<String> = share
                .shortages
                .iter()
                .map(|s| format!(" {:?} {} of {}, {} more", s.of, s.in_use, s.limit, s.needed))
                .collect();
            format!("{} of {}{}", share.now, share.ever, short.concat())
        };
        deal(quotas, asking).iter().map(show).collect()
    }

    #[test]
    fn clusters_get_what_is_left_in_the_order_in_which_they_were_made() {
        let all = [asking(false, 2, 1, 2), asking(false, 2, 0, 3), asking(false, 2, 0, 1)];
        assert_eq!(
            shown(&quotas(Some(8), None, None), &all),
            ["2 of 4", "2 of 4 Dedicated 4 of 8, 6 more", "0 of 4 Dedicated 8 of 8, 2 more"]
        );
    }

    #[test]
    fn nodes_that_are_there_stay_although_an_older_cluster_wants_more() {
        let all = [asking(false, 1, 0, 2), asking(false, 1, 3, 3)];
        assert_eq!(shown(&quotas(Some(4), None, None), &all), ["1 of 4 Dedicated 3 of 4, 2 more", "3 of 4"]);
        assert_eq!(shown(&quotas(Some(1), None, None), &all)[1], "3 of 3");
    }

    #[test]
    fn a_limit_of_0_means_not_allowed_and_every_limit_that_is_reached_is_named() {
        assert_eq!(
            shown(&quotas(Some(0), None, Some(0)), &[asking(false, 6, 0, 1)]),
            ["0 of 0 Dedicated 0 of 0, 6 more Family(\"NC\") 0 of 0, 6 more"]
        );
    }

    #[test]
    fn low_priority_has_a_quota_of_its_own() {
        let all = [asking(false, 1, 0, 9), asking(true, 1, 0, 9)];
        assert_eq!(shown(&quotas(None, Some(2), Some(5)), &all)[1], "2 of 2 LowPriority 0 of 2, 9 more");
        assert_eq!(shown(&quotas(None, Some(2), None), &all)[0], format!("9 of {}", u32::MAX));
    }

    #[test]
    fn regions_and_subscriptions_do_not_share() {
        let mut all = [asking(false, 1, 2, 2), asking(false, 1, 0, 2)];
        all[1].pool.1 = "elsewhere".into();
        assert_eq!(shown(&quotas(Some(2), None, None), &all), ["2 of 2", "2 of 2"]);
    }

    proptest! {
        #[test]
        fn no_quota_is_ever_exceeded_by_growth_and_nobody_loses_nodes(
            limit in 0..20u64,
            clusters in prop::collection::vec((any::<bool>(), 1..4u32, 0..4u32, 0..6u32), 0..6),
        ) {
            let all: Vec<Asking> = clusters.into_iter().map(|(low, cores, have, more)| asking(low, cores, have, have + more)).collect();
            let shares = deal(&quotas(Some(limit), Some(limit), None), &all);
            for low in [false, true] {
                let of = || all.iter().zip(&shares).filter(|(cluster, _)| cluster.low_priority == low);
                let before: u64 = of().map(|(cluster, _)| u64::from(cluster.have * cluster.cores)).sum();
                let after: u64 = of().map(|(cluster, share)| u64::from(share.now * cluster.cores)).sum();
                prop_assert!(after <= limit.max(before));
            }
            for (cluster, share) in all.iter().zip(&shares) {
                prop_assert!(share.now >= cluster.have && share.now <= cluster.wanted.max(cluster.have));
                prop_assert_eq!(share.now < cluster.wanted, !share.shortages.is_empty());
            }
        }
    }
}
