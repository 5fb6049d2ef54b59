//! What a server that was killed between writing down the end of a run and cleaning up after it left behind.
//! Everything else about a restart is the first tick's ordinary work.

use std::collections::HashSet;

use crate::domain::name::RunId;

use super::memory::Memory;
use super::tick::World;

/// What the scheduler knows when it starts.
pub(super) fn memory(world: &World) -> Memory {
    Memory { over: leftovers(world), ..Memory::default() }
}

/// Runs that the engine still keeps something of although no job runs as them. What cannot be known now is
/// found by the next start.
fn leftovers(world: &World) -> Vec<RunId> {
    let active = world.store.read(super::runs::active_jobs);
    match (world.engine.runs(), active) {
        (Ok(kept), Ok(active)) => {
            let going_on: HashSet<&RunId> =
                active.iter().filter_map(|job| job.value.execution().run()).map(|run| &run.id).collect();
            kept.into_iter().filter(|run| !going_on.contains(run)).collect()
        }
        (Err(error), _) => {
            tracing::warn!("cannot look for runs that were left behind: {error}");
            Vec::new()
        }
        (_, Err(error)) => {
            tracing::warn!("cannot look for runs that were left behind: {error}");
            Vec::new()
        }
    }
}
