//! Gives every cluster its share under the quotas: reads what `quotas` needs to know. Called by `tick`.

use crate::domain::cluster::Cluster;
use crate::domain::long_operation::region;
use crate::domain::vm_size;
use crate::store::{Reader, StoreError};

use super::nodes::Present;
use super::plan::{ClusterView, asked};
use super::quotas::{Asking, deal};
use super::tick::Tick;

/// Writes their shares into the views, which come in the order of `clusters`: the oldest first.
pub(super) fn deal_out(tick: &Tick<'_>, clusters: &[Present], views: &mut [ClusterView]) -> Result<(), StoreError> {
    let quotas = &tick.world.quotas;
    if quotas.leave_nodes_alone() {
        return Ok(());
    }
    let asking = tick.world.store.read(|reader| {
        let mut asking = Vec::new();
        for (cluster, view) in clusters.iter().zip(views.iter()) {
            asking.push(of(reader, &cluster.cluster.value, cluster.nodes.len(), Some(view))?);
        }
        // Those that are being deleted, or whose engine does not answer, want nothing, but have what they have.
        for cluster in reader.all_clusters()? {
            if clusters.iter().all(|present| present.place.number != cluster.number) {
                asking.push(of(reader, &cluster.value, reader.nodes(cluster.number)?.len(), None)?);
            }
        }
        Ok::<_, StoreError>(asking)
    })?;
    for (view, share) in views.iter_mut().zip(deal(quotas, &asking)) {
        view.share = share;
    }
    Ok(())
}

fn of(reader: &Reader<'_>, cluster: &Cluster, nodes: usize, view: Option<&ClusterView>) -> Result<Asking, StoreError> {
    let (spec, workspace) = (&cluster.spec, &cluster.key.workspace);
    let region = reader.workspace(workspace)?.map(|workspace| region(&workspace.value.location));
    let have = u32::try_from(nodes).unwrap_or(u32::MAX);
    Ok(Asking {
        pool: (workspace.group.subscription.clone(), region.unwrap_or_default()),
        low_priority: spec.low_priority,
        family: vm_size::find(&spec.vm_size).map(|size| size.family),
        cores: vm_size::cores(&spec.vm_size),
        have,
        wanted: view.map_or(have, asked),
    })
}
