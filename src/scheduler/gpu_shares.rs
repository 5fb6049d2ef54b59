//! Gives every cluster its share of the GPUs, of what quotas allow: reads what `gpus` needs to know. Called by `tick`.

use crate::engine::gpus::{Wish, part, wish};
use crate::store::StoreError;

use super::gpus::{Asking, Need, both, deal};
use super::nodes::Present;
use super::plan::{ClusterView, asked};
use super::quotas::Share;
use super::tick::Tick;

/// Writes their shares into the views, which come in the order of `clusters`: the oldest first. The engine is asked only
/// when a cluster wants more nodes with GPUs.
pub(super) fn deal_out(tick: &Tick<'_>, clusters: &[Present], views: &mut [ClusterView]) -> Result<(), StoreError> {
    if !clusters.iter().zip(views.iter()).any(|(cluster, view)| needs_some(cluster) && asked(view) > have(cluster)) {
        return Ok(());
    }
    let all = tick.world.engine.gpus();
    let held = held(tick)?;
    let asking: Vec<Asking> =
        clusters.iter().zip(views.iter()).map(|(cluster, view)| asking(cluster, view, all)).collect();
    for (view, share) in views.iter_mut().zip(deal(all, held, &asking)) {
        let of_cores = std::mem::replace(&mut view.share, Share::ALL);
        view.share = both(of_cores, share);
    }
    Ok(())
}

fn needs_some(cluster: &Present) -> bool {
    matches!(wish(&cluster.place.spec), Wish::Exactly(1..))
}

fn asking(cluster: &Present, view: &ClusterView, all: u32) -> Asking {
    let each = match wish(&cluster.place.spec) {
        Wish::Exactly(number) => Need::Exactly(number),
        Wish::Part(nodes) => Need::UpTo(part(all, nodes)),
    };
    Asking { each, have: have(cluster), wanted: asked(view).min(view.share.now) }
}

fn have(cluster: &Present) -> u32 {
    u32::try_from(cluster.nodes.len()).unwrap_or(u32::MAX)
}

/// How many GPUs nodes have, those of clusters that are being deleted included.
fn held(tick: &Tick<'_>) -> Result<u32, StoreError> {
    tick.world.store.read(|reader| {
        let mut held = 0;
        for cluster in reader.all_clusters()? {
            held += reader.nodes(cluster.number)?.iter().map(|node| node.gpus.len()).sum::<usize>();
        }
        Ok(u32::try_from(held).unwrap_or(u32::MAX))
    })
}
