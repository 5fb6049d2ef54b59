//! What is in use in a region, and how much there is.

use std::collections::BTreeMap;

use super::workspaces::EVERYTHING;
use super::{Context, OperationError};
use crate::domain::cluster::ClusterSpec;
use crate::domain::long_operation::region;
use crate::domain::quota::Quotas;
use crate::domain::vm_size;
use crate::store::Reader;

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Clusters.
    Clusters,
    /// Cores of all dedicated nodes.
    Dedicated,
    /// Cores of the dedicated nodes of one family of VM sizes.
    Family(&'static str),
    /// Cores of all low-priority nodes.
    LowPriority,
}

/// How much of something is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Of what.
    pub of: Counted,
    /// How much.
    pub current: u64,
    /// How much there is; `None`: it is not limited.
    pub limit: Option<u64>,
}

/// What the clusters of a subscription in a region use, and their quotas. Nodes count as the cores of their VM sizes;
/// they share the cores of one machine, so more may be in use than that has.
///
/// # Errors
/// When the store fails.
pub fn list(context: &Context, subscription: &str, location: &str) -> Result<Vec<Usage>, OperationError> {
    let asked = region(location);
    let clusters = context.store.read(|reader| clusters(reader, subscription, &asked))?;
    Ok(count(&clusters, &context.quotas))
}

/// How many clusters a subscription has in a region.
pub(super) fn count_clusters(reader: &Reader<'_>, subscription: &str, location: &str) -> Result<u64, OperationError> {
    Ok(clusters(reader, subscription, &region(location))?.len() as u64)
}

/// Clusters with the number of their nodes.
fn clusters(reader: &Reader<'_>, subscription: &str, asked: &str) -> Result<Vec<(ClusterSpec, u64)>, OperationError> {
    let mut found = Vec::new();
    for workspace in reader.workspaces(subscription, None, EVERYTHING)? {
        if region(&workspace.value.location) != asked {
            continue;
        }
        for cluster in reader.clusters(&workspace.value.key, EVERYTHING)? {
            let nodes = reader.nodes(cluster.number)?.len() as u64;
            found.push((cluster.value.spec, nodes));
        }
    }
    Ok(found)
}

fn count(clusters: &[(ClusterSpec, u64)], quotas: &Quotas) -> Vec<Usage> {
    let mut used = BTreeMap::from([(Counted::Clusters, 0), (Counted::Dedicated, 0), (Counted::LowPriority, 0)]);
    // A family with a quota is shown although nothing of it is in use.
    let limited = vm_size::families().filter(|family| quotas.of_family(family).is_some());
    used.extend(limited.map(|family| (Counted::Family(family), 0)));
    for (spec, nodes) in clusters {
        let in_use = nodes * u64::from(vm_size::cores(&spec.vm_size));
        let mut add = |of, more| *used.entry(of).or_default() += more;
        add(Counted::Clusters, 1);
        if spec.low_priority {
            add(Counted::LowPriority, in_use);
            continue;
        }
        add(Counted::Dedicated, in_use);
        if let Some(size) = vm_size::find(&spec.vm_size) {
            add(Counted::Family(size.family), in_use);
        }
    }
    let limit = |of| match of {
        Counted::Clusters => quotas.clusters,
        Counted::Dedicated => quotas.dedicated,
        Counted::Family(family) => quotas.of_family(family),
        Counted::LowPriority => quotas.low_priority,
    };
    used.into_iter().map(|(of, current)| Usage { of, current, limit: limit(of) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cluster::{Deallocation, Scale};

    fn cluster(vm_size: &str, low_priority: bool, nodes: u64) -> (ClusterSpec, u64) {
        let scale = Scale::Manual { target: 9, deallocation: Deallocation::Requeue };
        (ClusterSpec { vm_size: vm_size.into(), low_priority, ..ClusterSpec::local(scale) }, nodes)
    }

    fn counted(quotas: &Quotas, clusters: &[(ClusterSpec, u64)]) -> Vec<(Counted, u64, Option<u64>)> {
        count(clusters, quotas).into_iter().map(|Usage { of, current, limit }| (of, current, limit)).collect()
    }

    #[test]
    fn without_clusters_nothing_is_in_use_and_without_quotas_nothing_is_limited() {
        assert_eq!(
            counted(&Quotas::default(), &[]),
            [(Counted::Clusters, 0, None), (Counted::Dedicated, 0, None), (Counted::LowPriority, 0, None)]
        );
    }

    #[test]
    fn nodes_that_are_there_count_as_the_cores_of_their_sizes_by_priority_and_family() {
        let clusters = [
            cluster("STANDARD_NC6", false, 2),
            cluster("STANDARD_NC12", false, 1),
            cluster("STANDARD_D2", false, 0),
            cluster("STANDARD_D2_V2", true, 3),
            cluster("local", false, 1),
        ];
        let quotas = Quotas {
            clusters: Some(20),
            dedicated: Some(8),
            low_priority: None,
            families: BTreeMap::from([("NC".into(), 24), ("NCV2".into(), 0), ("HAL".into(), 9)]),
        };
        assert_eq!(
            counted(&quotas, &clusters),
            [
                (Counted::Clusters, 5, Some(20)),
                (Counted::Dedicated, 25, Some(8)),
                (Counted::Family("D"), 0, None),
                (Counted::Family("NC"), 24, Some(24)),
                (Counted::Family("NCv2"), 0, Some(0)),
                (Counted::LowPriority, 6, None),
            ]
        );
    }
}
