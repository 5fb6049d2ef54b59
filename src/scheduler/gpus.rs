//! How many nodes each cluster may have with the GPUs of this machine. Pure: all clusters in, shares out.
//!
//! No two nodes have the same GPU, and a node of a VM size with GPUs is not made with fewer. Nodes that are there keep
//! theirs; what is left is dealt out in the order in which clusters were made. Called by [`super::gpu_shares`].

use crate::domain::quota::{Scarce, Shortage};

use super::quotas::Share;

/// A cluster, as much of it as decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    /// What each of its nodes needs.
    pub each: Need,
    /// Nodes that there are, those that are leaving included.
    pub have: u32,
    /// Nodes that it should have now.
    pub wanted: u32,
}

/// What a new node needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// So many GPUs, and it is not made without them.
    Exactly(u32),
    /// As many of these as are left.
    UpTo(u32),
}

/// Deals out what nodes do not hold of `all`, in the order of `asking`. A machine without any holds nobody up.
#[must_use]
pub fn deal(all: u32, held: u32, asking: &[Asking]) -> Vec<Share> {
    if all == 0 {
        return vec![Share::ALL; asking.len()];
    }
    let mut held = held;
    asking.iter().map(|cluster| share(all, &mut held, *cluster)).collect()
}

fn share(all: u32, held: &mut u32, Asking { each, have, wanted }: Asking) -> Share {
    let growth = wanted.saturating_sub(have);
    let left = all.saturating_sub(*held);
    match each {
        Need::UpTo(part) => {
            *held += left.min(growth.saturating_mul(part));
            Share::ALL
        }
        Need::Exactly(0) => Share::ALL,
        Need::Exactly(each) => {
            let granted = growth.min(left / each);
            let in_use = *held;
            *held += granted * each;
            let ever = (all / each).max(have);
            let shortage = (granted < growth).then(|| Shortage {
                of: Scarce::Gpus,
                limit: all.into(),
                in_use: in_use.into(),
                needed: u64::from(growth) * u64::from(each),
                most_nodes: all / each,
            });
            Share { now: have.saturating_add(granted), ever, shortages: shortage.into_iter().collect() }
        }
    }
}

/// What both allow.
#[must_use]
pub fn both(one: Share, other: Share) -> Share {
    Share {
        now: one.now.min(other.now),
        ever: one.ever.min(other.ever),
        shortages: [one.shortages, other.shortages].concat(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asking(each: u32, have: u32, wanted: u32) -> Asking {
        Asking { each: Need::Exactly(each), have, wanted }
    }

    fn shown(all: u32, held: u32, asking: &[Asking]) -> Vec<String> {
        let show = |share: Share| match &share.shortages[..] {
            [] => format!("{}", share.now),
            [s, ..] => {
                format!("{} of {}: {} of {} in use, {} more", share.now, share.ever, s.in_use, s.limit, s.needed)
            }
        };
        deal(all, held, asking).into_iter().map(show).collect()
    }

    #[test]
    fn clusters_get_whole_nodes_of_what_is_left_in_the_order_in_which_they_were_made() {
        assert_eq!(
            shown(4, 1, &[asking(1, 1, 2), asking(2, 0, 2), asking(4, 0, 1)]),
            ["2", "1 of 2: 2 of 4 in use, 4 more", "0 of 1: 4 of 4 in use, 4 more"]
        );
        assert_eq!(shown(2, 0, &[asking(4, 0, 3)]), ["0 of 0: 0 of 2 in use, 12 more"]);
    }

    #[test]
    fn nodes_without_gpus_and_machines_without_gpus_hold_nobody_up() {
        let any = u32::MAX.to_string();
        assert_eq!(shown(4, 4, &[asking(0, 0, 9)]), [any.as_str()]);
        assert_eq!(shown(0, 0, &[asking(4, 0, 9)]), [any.as_str()]);
        let part = Asking { each: Need::UpTo(3), have: 0, wanted: 9 };
        assert_eq!(shown(4, 0, &[part, asking(1, 0, 1)]), [any, "0 of 4: 4 of 4 in use, 1 more".into()]);
    }

    #[test]
    fn the_smaller_of_two_shares_counts_and_both_reasons_are_given() {
        let share = |now| Share { now, ever: 9, shortages: Vec::new() };
        assert_eq!(both(share(2), Share::ALL), share(2));
        assert_eq!(both(share(4), share(3)).now, 3);
    }

    proptest! {
        #[test]
        fn no_more_gpus_are_granted_than_there_are_and_nobody_loses_nodes(
            all in 1..9u32,
            clusters in prop::collection::vec((0..5u32, 0..3u32, 0..5u32, any::<bool>()), 0..6),
        ) {
            let mut held = 0;
            let asking: Vec<Asking> = clusters.into_iter().map(|(each, have, more, is_part)| {
                let have = if each > 0 && held + each * have > all { 0 } else { have };
                held += each * have;
                let each = if is_part { Need::UpTo(each) } else { Need::Exactly(each) };
                Asking { each, have, wanted: have + more }
            }).collect();
            let shares = deal(all, held, &asking);
            let mut granted = held;
            for (cluster, share) in asking.iter().zip(&shares) {
                let now = share.now.min(cluster.wanted);
                prop_assert!(now >= cluster.have);
                prop_assert_eq!(now < cluster.wanted, !share.shortages.is_empty());
                if let Need::Exactly(each) = cluster.each {
                    granted += each * (now - cluster.have);
                }
            }
            prop_assert!(granted <= all);
        }
    }
}
