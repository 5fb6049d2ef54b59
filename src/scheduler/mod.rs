//! What happens on its own: jobs start, end and are lost; nodes come and go; deletions are finished.
//!
//! One thread. It sleeps until the [`Bell`] rings (after every commit, and when an engine has news) or
//! until something is due, then runs one tick (`tick.rs`, the table of contents). What should happen is
//! decided by pure functions (`plan.rs` with `departures.rs`, `interruptions.rs` and `placement.rs`; `quotas.rs` and `gpus.rs`);
//! doing it is in `runs`, `starts`, `nodes` with `records`, and `deletions`; `history` says so in the log. There is no separate recovery: see `tick.rs`. Started by the composition root; it must not
//! know HTTP, and never runs on the async runtime.

mod bell;
mod deletions;
mod departures;
mod gpu_shares;
mod gpus;
mod history;
mod interruptions;
mod memory;
mod nodes;
mod placement;
mod plan;
mod quotas;
mod records;
mod recover;
mod runs;
mod shares;
mod snapshot;
mod starts;
mod tick;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::domain::Timestamp;
use crate::domain::name::RunId;
use crate::domain::quota::Quotas;
use crate::engine::Engine;
use crate::store::Store;

pub use bell::Bell;

use memory::{Attempt, Memory};
use tick::{World, tick};

/// The running scheduler. Dropping it stops it.
pub struct Scheduler {
    bell: Bell,
    is_stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Starts the scheduler. `bell` is the one that `store` and `engine` ring; `clock` tells the time; `run_ids`
/// makes a new run id with every call; `quotas` keep clusters from growing.
///
/// # Errors
/// When no thread can be had.
pub fn start(
    store: Store,
    engine: Arc<dyn Engine>,
    bell: Bell,
    clock: fn() -> Timestamp,
    run_ids: fn() -> RunId,
    quotas: Quotas,
) -> std::io::Result<Scheduler> {
    let is_stopping = Arc::new(AtomicBool::new(false));
    let thread = std::thread::Builder::new().name("scheduler".into()).spawn({
        let (bell, is_stopping) = (bell.clone(), Arc::clone(&is_stopping));
        let world = World { store, engine, run_ids, quotas };
        move || run(&world, &bell, clock, &is_stopping)
    })?;
    Ok(Scheduler { bell, is_stopping, thread: Some(thread) })
}

impl Scheduler {
    /// Waits for the tick that is going on, and ends. Running jobs do not notice.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::Release);
        self.bell.ring();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("the scheduler had ended before it was stopped");
        }
    }
}

fn run(world: &World, bell: &Bell, clock: fn() -> Timestamp, is_stopping: &AtomicBool) {
    let mut memory = recover::memory(world);
    while !is_stopping.load(Ordering::Acquire) {
        let now = clock();
        // After a failure of the store the bell is not enough: it must not become a hot loop.
        let next = if memory.trouble.allows(&Attempt::Tick, now) {
            guarded_tick(world, &mut memory, now)
        } else {
            memory.trouble.next(now)
        };
        bell.wait(next.map(|next| Duration::try_from(next.duration_since(clock())).unwrap_or(Duration::ZERO)));
    }
}

/// A tick that survives everything: jobs have to go on although one of them trips over a defect of ours.
fn guarded_tick(world: &World, memory: &mut Memory, now: Timestamp) -> Option<Timestamp> {
    match catch_unwind(AssertUnwindSafe(|| tick(world, memory, now))) {
        Ok(Ok(next)) => {
            memory.trouble.succeeded(&Attempt::Tick);
            return next;
        }
        Ok(Err(error)) => memory.trouble.failed(Attempt::Tick, &error, now),
        Err(_) => memory.trouble.failed(Attempt::Tick, &std::io::Error::other("a defect, see above"), now),
    }
    memory.trouble.next(now)
}
