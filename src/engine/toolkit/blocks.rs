//! How ranks are dealt to nodes: in blocks of equal size, the first nodes taking what is left over. Pure.
//!
//! The host file says the same to MPI launchers, so that rank and node go together in the same way everywhere.

/// How many of `ranks` run on the node at `place` of `nodes`, which are at least 1.
pub(super) fn on_node(place: usize, ranks: u32, nodes: usize) -> u32 {
    let nodes = u32::try_from(nodes).unwrap_or(u32::MAX).max(1);
    let has_one_more = u32::try_from(place).is_ok_and(|place| place < ranks % nodes);
    ranks / nodes + u32::from(has_one_more)
}

/// The places of the nodes of all ranks, in their order.
pub(super) fn places(ranks: u32, nodes: usize) -> impl Iterator<Item = usize> {
    (0..nodes.max(1)).flat_map(move |place| (0..on_node(place, ranks, nodes)).map(move |_| place))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranks_fill_the_nodes_in_blocks() {
        let dealt = |ranks, nodes| places(ranks, nodes).collect::<Vec<_>>();
        assert_eq!(dealt(4, 2), [0, 0, 1, 1]);
        assert_eq!(dealt(5, 2), [0, 0, 0, 1, 1]);
        assert_eq!(dealt(7, 3), [0, 0, 0, 1, 1, 2, 2]);
        assert_eq!(dealt(2, 2), [0, 1]);
        assert_eq!(dealt(2, 4), [0, 1]);
        assert_eq!(dealt(1, 3), [0]);
        assert_eq!(dealt(3, 1), [0, 0, 0]);
    }

    proptest! {
        #[test]
        fn every_rank_has_a_node_and_no_node_has_two_more_than_another(ranks in 0_u32..500, nodes in 1_usize..40) {
            let dealt: Vec<usize> = places(ranks, nodes).collect();
            prop_assert_eq!(dealt.len(), ranks as usize);
            prop_assert!(dealt.is_sorted());
            let counts: Vec<u32> = (0..nodes).map(|place| on_node(place, ranks, nodes)).collect();
            prop_assert!(counts.is_sorted_by(|a, b| a >= b));
            prop_assert!(counts[0] - counts[nodes - 1] <= 1);
        }
    }
}
