//! Gives every cluster its share under the quotas and of the GPUs: reads what `quotas` and `gpus` need to know. Called by
//! `tick`.

use crate::domain::long_operation::region;
use crate::domain::vm_size;
use crate::engine::gpus::{Wish, part, wish};
use crate::store::StoreError;

use super::gpus::{self, Need};
use super::nodes::Present;
use super::plan::{ClusterView, asked};
use super::quotas::{Asking, deal};
use super::tick::Tick;

/// Writes their shares into the views, which come in the order of `clusters`: the oldest first.
pub(super) fn deal_out(tick: &Tick<'_>, clusters: &[Present], views: &mut [ClusterView]) -> Result<(), StoreError> {
    deal_cores(tick, clusters, views)?;
    deal_gpus(tick, clusters, views);
    Ok(())
}

fn deal_cores(tick: &Tick<'_>, clusters: &[Present], views: &mut [ClusterView]) -> Result<(), StoreError> {
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
        have: have(cluster),
        wanted: asked(view),
    }
}

fn have(cluster: &Present) -> u32 {
    u32::try_from(cluster.nodes.len()).unwrap_or(u32::MAX)
}

/// Of nodes that quotas allow.
fn deal_gpus(tick: &Tick<'_>, clusters: &[Present], views: &mut [ClusterView]) {
    let needs_some = |cluster: &Present| matches!(wish(&cluster.place.spec), Wish::Exactly(1..));
    let grows = |(cluster, view): (&Present, &ClusterView)| needs_some(cluster) && asked(view) > have(cluster);
    if !clusters.iter().zip(views.iter()).any(grows) {
        return;
    }
    let all = tick.world.engine.gpus();
    let held = clusters.iter().flat_map(|cluster| &cluster.nodes).map(|node| node.gpus.len()).sum::<usize>();
    let asking: Vec<gpus::Asking> = clusters
        .iter()
        .zip(views.iter())
        .map(|(cluster, view)| gpus::Asking {
            each: match wish(&cluster.place.spec) {
                Wish::Exactly(number) => Need::Exactly(number),
                Wish::Part(nodes) => Need::UpTo(part(all, nodes)),
            },
            have: have(cluster),
            wanted: asked(view).min(view.share.now),
        })
        .collect();
    let shares = gpus::deal(all, u32::try_from(held).unwrap_or(u32::MAX), &asking);
    for (view, share) in views.iter_mut().zip(shares) {
        let of_cores = std::mem::replace(&mut view.share, super::quotas::Share::ALL);
        view.share = gpus::both(of_cores, share);
    }
}
