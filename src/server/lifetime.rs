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
    /// Those of these that came over the network.
    waiting_over_network: u32,
    /// Connections over the network.
    connections: u32,
    last: Instant,
}

/// Counts a request for as long as it lives.
pub struct Busy {
    activity: Arc<watch::Sender<Activity>>,
    is_waiting: bool,
    is_over_network: bool,
}

/// Counts a connection over the network for as long as it lives.
pub struct Connected(Arc<watch::Sender<Activity>>);

impl Lifetime {
    /// A server that has just started.
    #[must_use]
    pub fn start() -> Self {
        let activity =
            Activity { in_flight: 0, waiting: 0, waiting_over_network: 0, connections: 0, last: Instant::now() };
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

    /// Counts a request until its answer has been handed on, body and all. One that only waits for something to happen does not keep a
    /// server that was asked to leave.
    #[must_use]
    pub fn busy(&self, is_waiting: bool, is_over_network: bool) -> Busy {
        self.activity.send_modify(|activity| {
            activity.in_flight += 1;
            activity.waiting += u32::from(is_waiting);
            activity.waiting_over_network += u32::from(is_waiting && is_over_network);
        });
        Busy { activity: self.activity.clone(), is_waiting, is_over_network }
    }

    /// Counts a connection over the network until it is dropped.
    #[must_use]
    pub fn connected(&self) -> Connected {
        self.activity.send_modify(|activity| activity.connections += 1);
        Connected(self.activity.clone())
    }

    /// Returns when every request that works rather than waits has its answer. A connection that lives on after the
    /// server was asked to leave has an answer to bring to its end, or is of a request that waits.
    pub async fn at_rest(&self) {
        let mut activity = self.activity.subscribe();
        let is_at_rest = |activity: &Activity| {
            activity.in_flight == activity.waiting && activity.connections <= activity.waiting_over_network
        };
        let _ = activity.wait_for(is_at_rest).await;
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
        let (is_waiting, is_over_network) = (self.is_waiting, self.is_over_network);
        self.activity.send_modify(|activity| {
            activity.in_flight -= 1;
            activity.waiting -= u32::from(is_waiting);
            activity.waiting_over_network -= u32::from(is_waiting && is_over_network);
            activity.last = Instant::now();
        });
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.send_modify(|activity| activity.connections -= 1);
    }
}
