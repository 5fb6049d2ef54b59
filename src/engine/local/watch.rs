//! Learning that a supervisor is gone: one thread that sleeps until the kernel says so.

use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::fs::inotify;

/// The token of the pipe whose end ends the thread.
const HANG_UP: u64 = 0;

/// The token of what tells of files.
const FILES: u64 = 1;

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// The process with this token, which [`Watch::add`] gave, has ended.
    Ended(u64),
    /// A file has appeared in one of the folders.
    File,
}

/// Watches processes. The thread ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    epoll: Arc<OwnedFd>,
    files: Arc<OwnedFd>,
    next_token: AtomicU64,
    _hang_up: PipeWriter,
}

impl Watch {
    /// `on_news` is called once for each process that ends, and for files.
    pub(super) fn start(on_news: impl Fn(News) + Send + 'static) -> io::Result<Self> {
        let epoll = Arc::new(epoll::create(epoll::CreateFlags::CLOEXEC)?);
        let (end, hang_up) = io::pipe()?;
        epoll::add(&*epoll, &end, epoll::EventData::new_u64(HANG_UP), epoll::EventFlags::IN)?;
        let files = Arc::new(inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?);
        epoll::add(&*epoll, &*files, epoll::EventData::new_u64(FILES), epoll::EventFlags::IN)?;
        let (watched, told) = (Arc::clone(&epoll), Arc::clone(&files));
        let work = move || {
            let _open = end;
            if let Err(e) = serve(&watched, &told, &on_news) {
                tracing::error!(error = %e, "cannot watch supervisors any more");
            }
        };
        thread::Builder::new().name("watch".into()).spawn(work)?;
        Ok(Self { epoll, files, next_token: AtomicU64::new(FILES + 1), _hang_up: hang_up })
    }

    /// Watches a process; closing its pidfd ends that. The caller holds the lock under which `on_news` looks up
    /// tokens, so that no end is missed.
    pub(super) fn add(&self, pidfd: impl AsFd) -> io::Result<u64> {
        let token = self.next_token.fetch_add(1, Ordering::Relaxed);
        let once = epoll::EventFlags::IN | epoll::EventFlags::ONESHOT;
        epoll::add(&*self.epoll, pidfd, epoll::EventData::new_u64(token), once)?;
        Ok(token)
    }

    /// From now on tells of each file that is made in this folder, until it goes.
    pub(super) fn tell_of_files(&self, folder: &Path) -> io::Result<()> {
        inotify::add_watch(&*self.files, folder, inotify::WatchFlags::CREATE)?;
        Ok(())
    }
}

/// Whoever is told looks at all of it.
fn forget_details(files: &OwnedFd) {
    let mut events = [std::mem::MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(files, &mut events);
    while reader.next().is_ok() {}
}

fn serve(epoll: &OwnedFd, files: &OwnedFd, on_news: &impl Fn(News)) -> io::Result<()> {
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
            if token == FILES {
                forget_details(files);
                on_news(News::File);
            } else {
                on_news(News::Ended(token));
            }
        }
    }
}
