//! What is in use in a region, and how much there is.

use std::collections::BTreeMap;

use super::workspaces::EVERYTHING;
use super::{Context, OperationError};
use crate::domain::cluster::ClusterSpec;
use crate::domain::long_operation::region;
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

/// What the clusters of a subscription in a region use. Every region is this machine, whose cores they share; nodes
/// count as the cores of their VM sizes, so more may be in use than there is.
///
/// # Errors
/// When the store fails.
pub fn list(context: &Context, subscription: &str, location: &str) -> Result<Vec<Usage>, OperationError> {
    let asked = region(location);
    let clusters = context.store.read(|reader| clusters(reader, subscription, &asked))?;
    Ok(count(&clusters, context.engine.cores()))
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

fn count(clusters: &[(ClusterSpec, u64)], cores: u32) -> Vec<Usage> {
    let mut used = BTreeMap::from([(Counted::Clusters, 0), (Counted::Dedicated, 0), (Counted::LowPriority, 0)]);
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
    let limit = |of| (of != Counted::Clusters).then(|| u64::from(cores));
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

    fn counted(clusters: &[(ClusterSpec, u64)]) -> Vec<(Counted, u64, Option<u64>)> {
        count(clusters, 8).into_iter().map(|Usage { of, current, limit }| (of, current, limit)).collect()
    }

    #[test]
    fn without_clusters_nothing_is_in_use_and_all_of_the_machine_is_there() {
        assert_eq!(
            counted(&[]),
            [(Counted::Clusters, 0, None), (Counted::Dedicated, 0, Some(8)), (Counted::LowPriority, 0, Some(8))]
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
        assert_eq!(
            counted(&clusters),
            [
                (Counted::Clusters, 5, None),
                (Counted::Dedicated, 25, Some(8)),
                (Counted::Family("D"), 0, Some(8)),
                (Counted::Family("NC"), 24, Some(8)),
                (Counted::LowPriority, 6, Some(8)),
            ]
        );
    }
}
