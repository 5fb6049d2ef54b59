//! The bell that wakes the scheduler.
//!
//! Made before everything else by the composition root, which gives it to the store (after every commit), to
//! the engine (when there is something to observe) and to the scheduler, which sleeps by it. It carries no
//! news: who is woken looks for itself.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A wake-up call. Clones are the same bell.
#[derive(Clone, Default)]
pub struct Bell(Arc<Inner>);

#[derive(Default)]
struct Inner {
    has_rung: Mutex<bool>,
    rings: Condvar,
}

impl Bell {
    /// A bell that has not been rung.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Wakes the scheduler, or keeps it from falling asleep. Cheap, never blocks for long.
    pub fn ring(&self) {
        *self.0.has_rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.rings.notify_all();
    }

    /// The same as a function to hand out, in the form of a commit hook and of an engine's waker.
    #[must_use]
    pub fn hook(&self) -> Arc<dyn Fn() + Send + Sync> {
        let bell = self.clone();
        Arc::new(move || bell.ring())
    }

    /// Sleeps until the bell has rung since the last wait, or until `timeout` has passed; `None` is for ever.
    pub(super) fn wait(&self, timeout: Option<Duration>) {
        let silent = |has_rung: &mut bool| !*has_rung;
        let has_rung = self.0.has_rung.lock().unwrap_or_else(PoisonError::into_inner);
        let mut has_rung = match timeout {
            None => self.0.rings.wait_while(has_rung, silent).unwrap_or_else(PoisonError::into_inner),
            Some(timeout) => {
                let woken = self.0.rings.wait_timeout_while(has_rung, timeout, silent);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        *has_rung = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_that_rang_before_the_wait_is_heard() {
        let bell = Bell::default();
        bell.hook()();
        bell.wait(None);
    }

    #[test]
    fn rings_between_two_waits_are_one() {
        let bell = Bell::default();
        bell.ring();
        bell.ring();
        bell.wait(None);
        let before = std::time::Instant::now();
        bell.wait(Some(Duration::from_millis(20)));
        assert!(before.elapsed() >= Duration::from_millis(20), "the second wait slept");
    }

    #[test]
    fn a_ring_wakes_who_sleeps() {
        let bell = Bell::default();
        let sleeper = std::thread::spawn({
            let bell = bell.clone();
            move || bell.wait(None)
        });
        bell.ring();
        sleeper.join().expect("the sleeper woke");
    }
}
