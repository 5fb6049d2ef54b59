//! Gives every cluster its share under the quotas: reads what `quotas` needs to know. Called by `tick`.

use crate::domain::long_operation::region;
use crate::domain::vm_size;
use crate::store::StoreError;

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
        let asking = clusters.iter().zip(views.iter()).map(|(cluster, view)| {
            let workspace = &cluster.cluster.value.key.workspace;
            let location = reader.workspace(workspace)?.map(|workspace| region(&workspace.value.location));
            Ok(of(cluster, view, location.unwrap_or_default()))
        });
        asking.collect::<Result<Vec<Asking>, StoreError>>()
    })?;
    for (view, share) in views.iter_mut().zip(deal(quotas, &asking)) {
        view.share = share;
    }
    Ok(())
}

fn of(cluster: &Present, view: &ClusterView, region: String) -> Asking {
    let spec = &cluster.cluster.value.spec;
    Asking {
        pool: (cluster.cluster.value.key.workspace.group.subscription.to_string(), region),
        low_priority: spec.low_priority,
        family: vm_size::find(&spec.vm_size).map(|size| size.family),
        cores: vm_size::cores(&spec.vm_size),
        have: u32::try_from(cluster.nodes.len()).unwrap_or(u32::MAX),
        wanted: asked(view),
    }
}
