//! What clients send, on its way to programs and sockets: never more in memory than a few windows per connection.
//!
//! The protocol gives each channel a window of its own, but the library opens it again as soon as bytes arrive, not when
//! they were taken. So each connection counts what it holds; when that is too much, it asks for windows of next to nothing
//! ([`Inflow::window`]) and takes its time over what comes all the same ([`Inflow::pause`]). Never for long: what programs
//! say goes out over the same connection, and a program may wait for that before it reads on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The bytes that a client may send before it is asked for more.
pub(super) const WINDOW: u32 = 2 << 20;

/// A window that asks for a sign of life rather than for data.
const ALMOST_NONE: u32 = 2;

/// So much may wait to be taken, per connection, before its windows close.
const MOST: usize = 4 << 20;

const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// What one connection holds.
#[derive(Debug, Default)]
pub(super) struct Inflow {
    held: AtomicUsize,
    taken: Notify,
}

impl Inflow {
    fn is_too_much(&self) -> bool {
        self.held.load(Ordering::Relaxed) > MOST
    }

    /// The window to ask for now.
    pub(super) fn window(&self) -> u32 {
        if self.is_too_much() { ALMOST_NONE } else { WINDOW }
    }

    /// Waits for a moment, when there is too much.
    pub(super) async fn pause(&self) {
        if self.is_too_much() {
            let _ = tokio::time::timeout(LONGEST_PAUSE, self.taken.notified()).await;
        }
    }
}

/// Bytes that are counted until they are dropped.
struct Held {
    bytes: Vec<u8>,
    inflow: Arc<Inflow>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.inflow.held.fetch_sub(self.bytes.len(), Ordering::Relaxed);
        self.inflow.taken.notify_one();
    }
}

/// Where the bytes of one channel go in.
#[derive(Debug)]
pub(super) struct Source {
    inflow: Arc<Inflow>,
    sender: Option<UnboundedSender<Held>>,
}

/// Where they come out.
pub(super) struct Outlet(UnboundedReceiver<Held>);

/// The way of the bytes of one channel.
pub(super) fn channel(inflow: &Arc<Inflow>) -> (Source, Outlet) {
    let (sender, receiver) = unbounded_channel();
    (Source { inflow: Arc::clone(inflow), sender: Some(sender) }, Outlet(receiver))
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.bytes.len())
    }
}

impl Source {
    /// Hands bytes on. Nobody may want them any more.
    pub(super) fn put(&self, bytes: &[u8]) {
        if let Some(sender) = &self.sender {
            self.inflow.held.fetch_add(bytes.len(), Ordering::Relaxed);
            // Counted down again where it is dropped, here or there.
            let _ = sender.send(Held { bytes: bytes.to_owned(), inflow: Arc::clone(&self.inflow) });
        }
    }

    /// There will be no more.
    pub(super) fn end(&mut self) {
        self.sender = None;
    }
}

impl Outlet {
    /// Writes what comes until there is no more, or nobody reads it.
    pub(super) async fn pour(mut self, mut into: impl AsyncWrite + Unpin) {
        while let Some(held) = self.0.recv().await {
            if into.write_all(&held.bytes).await.is_err() {
                return;
            }
        }
        let _ = into.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_close_when_too_much_waits_and_open_when_it_is_taken_or_thrown_away() {
        let inflow = Arc::new(Inflow::default());
        let (source, outlet) = channel(&inflow);
        assert_eq!(inflow.window(), WINDOW);
        source.put(&vec![0; MOST]);
        source.put(b"x");
        assert_eq!(inflow.window(), ALMOST_NONE);
        drop(outlet);
        assert_eq!((inflow.window(), inflow.held.load(Ordering::Relaxed)), (WINDOW, 0));
        source.put(&vec![0; 2 * MOST]);
        assert_eq!(inflow.window(), WINDOW, "nobody keeps it");
    }

    #[tokio::test]
    async fn everything_comes_out_in_its_order() {
        let inflow = Arc::new(Inflow::default());
        let (mut source, outlet) = channel(&inflow);
        source.put(b"ab");
        source.put(b"c");
        source.end();
        source.put(b"d");
        let mut out = Vec::new();
        outlet.pour(&mut out).await;
        assert_eq!(out, b"abc");
    }
}
