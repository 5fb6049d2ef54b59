//! One pass over everything that happens on its own.
//!
//! A tick looks at the world as it is, so it needs no news, only a wake-up, and the first one after a start is
//! at the same time the recovery: runs that go on are adopted, lost ones are recognised, and a run that was
//! written down but not begun is launched. A tick that finds nothing to do writes nothing: every commit
//! brings the next tick.

use std::sync::Arc;

use crate::domain::Timestamp;
use crate::domain::name::RunId;
use crate::domain::quota::Quotas;
use crate::engine::{Engine, EngineError};
use crate::store::{Store, StoreError};

use super::memory::{Attempt, Memory};
use super::plan::{Plan, plan};
use super::{deletions, gpu_shares, interruptions, nodes, runs, shares, snapshot, starts};

/// What a tick works on.
pub(super) struct World {
    pub store: Store,
    pub engine: Arc<dyn Engine>,
    pub run_ids: fn() -> RunId,
    pub quotas: Quotas,
}

/// One tick: the world, what the last tick remembered, and the time, which stands still in it.
pub(super) struct Tick<'t> {
    pub world: &'t World,
    pub memory: &'t mut Memory,
    pub now: Timestamp,
}

/// Runs one tick. Returns when the next one is due although nothing happens; `None` is never.
///
/// # Errors
/// When the store fails. What an engine refuses is logged and tried again by a later tick.
pub(super) fn tick(world: &World, memory: &mut Memory, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let tick = &mut Tick { world, memory, now };
    runs::settle(tick)?;
    deletions::settle(tick)?;
    let clusters = nodes::refresh(tick)?;
    let mut views = snapshot::take(tick, &clusters)?;
    shares::deal_out(tick, &clusters, &mut views)?;
    gpu_shares::deal_out(tick, &clusters, &mut views)?;
    let plans: Vec<Plan> = views.iter().map(|view| plan(view, now)).collect();
    interruptions::write_down(tick, &clusters, &plans)?;
    starts::start(tick, &clusters, &plans)?;
    nodes::resize(tick, &clusters, &views, &plans)?;
    runs::clean_up(tick);
    let looks_again = plans.iter().filter_map(|plan| plan.next);
    Ok(looks_again.chain(tick.memory.trouble.next(now)).min())
}

impl Tick<'_> {
    /// Asks the engine for something unless that failed just now. `None` when it was not asked or refused;
    /// a refusal is logged and puts off the next attempt.
    pub(super) fn attempt<T>(
        &mut self,
        attempt: Attempt,
        ask: impl FnOnce(&dyn Engine) -> Result<T, EngineError>,
    ) -> Option<T> {
        if !self.memory.trouble.allows(&attempt, self.now) {
            return None;
        }
        match ask(self.world.engine.as_ref()) {
            Ok(answer) => {
                self.memory.trouble.succeeded(&attempt);
                Some(answer)
            }
            Err(error) => {
                self.memory.trouble.failed(attempt, &error, self.now);
                None
            }
        }
    }
}

#[cfg(test)]
#[path = "tick_tests/mod.rs"]
mod tests;
