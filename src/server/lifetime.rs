//! When a server leaves: when it is asked, and, if a command started it, after a time without work.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::operations::{Context, server::has_work};

/// The wish to leave, and the last sign of life. Cheap to clone.
#[derive(Clone)]
pub struct Lifetime {
    leaving: Arc<watch::Sender<Option<&'static str>>>,
    activity: Arc<watch::Sender<Activity>>,
}

#[derive(Clone, Copy)]
struct Activity {
    in_flight: u32,
    /// Those of them that wait for something to happen.
    waiting: u32,
    last: Instant,
}

/// Counts a request for as long as it lives.
pub struct Busy {
    activity: Arc<watch::Sender<Activity>>,
    is_waiting: bool,
}

impl Lifetime {
    /// A server that has just started.
    #[must_use]
    pub fn start() -> Self {
        let activity = Activity { in_flight: 0, waiting: 0, last: Instant::now() };
        Self { leaving: Arc::new(watch::Sender::new(None)), activity: Arc::new(watch::Sender::new(activity)) }
    }

    /// Asks the server to leave.
    pub fn leave(&self, why: &'static str) {
        self.leaving.send_if_modified(|reason| {
            let is_first = reason.is_none();
            reason.get_or_insert(why);
            is_first
        });
    }

    /// Returns when the server should leave, with the reason.
    pub async fn left(&self) -> &'static str {
        let mut leaving = self.leaving.subscribe();
        let reason = leaving.wait_for(Option::is_some).await;
        reason.ok().and_then(|reason| *reason).unwrap_or("its work is over")
    }

    /// Counts a request until the answer is dropped. One that only waits for something to happen does not keep a
    /// server that was asked to leave.
    #[must_use]
    pub fn busy(&self, is_waiting: bool) -> Busy {
        self.activity.send_modify(|activity| {
            activity.in_flight += 1;
            activity.waiting += u32::from(is_waiting);
        });
        Busy { activity: self.activity.clone(), is_waiting }
    }

    /// Returns when every request that works rather than waits has its answer.
    pub async fn at_rest(&self) {
        let mut activity = self.activity.subscribe();
        let _ = activity.wait_for(|activity| activity.in_flight == activity.waiting).await;
    }

    /// Asks the server to leave once there has been no request and no active job for `idle`. Sleeps until
    /// the moment that could be; nothing wakes it in between.
    pub async fn leave_when_idle(self, idle: Duration, context: Context) {
        let mut activity = self.activity.subscribe();
        let mut changes = context.store.changes();
        let mut since = Instant::now();
        loop {
            let seen = *activity.borrow_and_update();
            since = since.max(seen.last);
            if seen.in_flight > 0 {
                if activity.changed().await.is_err() {
                    return;
                }
                continue;
            }
            changes.mark_unchanged();
            if has_work(&context) {
                if changes.changed().await.is_err() {
                    return;
                }
                since = Instant::now();
                continue;
            }
            if since.elapsed() >= idle {
                return self.leave("it had nothing to do");
            }
            tokio::time::sleep_until(since + idle).await;
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let is_waiting = self.is_waiting;
        self.activity.send_modify(|activity| {
            activity.in_flight -= 1;
            activity.waiting -= u32::from(is_waiting);
            activity.last = Instant::now();
        });
    }
}
