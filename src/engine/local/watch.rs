//! Learning that a supervisor is gone: one thread that sleeps until the kernel says so.

use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rustix::buffer::spare_capacity;
use rustix::event::epoll;

/// The token of the pipe whose end ends the thread.
const HANG_UP: u64 = 0;

/// Watches processes. The thread ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    epoll: Arc<OwnedFd>,
    next_token: AtomicU64,
    _hang_up: PipeWriter,
}

impl Watch {
    /// `on_end` is called once for each process that ends, with the token that [`Watch::add`] gave.
    pub(super) fn start(on_end: impl Fn(u64) + Send + 'static) -> io::Result<Self> {
        let epoll = Arc::new(epoll::create(epoll::CreateFlags::CLOEXEC)?);
        let (end, hang_up) = io::pipe()?;
        epoll::add(&*epoll, &end, epoll::EventData::new_u64(HANG_UP), epoll::EventFlags::IN)?;
        let watched = Arc::clone(&epoll);
        let work = move || {
            let _open = end;
            if let Err(e) = serve(&watched, &on_end) {
                tracing::error!(error = %e, "cannot watch supervisors any more");
            }
        };
        thread::Builder::new().name("watch".into()).spawn(work)?;
        Ok(Self { epoll, next_token: AtomicU64::new(HANG_UP + 1), _hang_up: hang_up })
    }

    /// Watches a process; closing its pidfd ends that. The caller holds the lock under which `on_end` looks up
    /// tokens, so that no end is missed.
    pub(super) fn add(&self, pidfd: impl AsFd) -> io::Result<u64> {
        let token = self.next_token.fetch_add(1, Ordering::Relaxed);
        let once = epoll::EventFlags::IN | epoll::EventFlags::ONESHOT;
        epoll::add(&*self.epoll, pidfd, epoll::EventData::new_u64(token), once)?;
        Ok(token)
    }
}

fn serve(epoll: &OwnedFd, on_end: &impl Fn(u64)) -> io::Result<()> {
    let mut events = Vec::with_capacity(64);
    loop {
        match epoll::wait(epoll, spare_capacity(&mut events), None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        for event in events.drain(..) {
            let token = event.data.u64();
            if token == HANG_UP {
                return Ok(());
            }
            on_end(token);
        }
    }
}
