//! Notices changes of files: one inotify instance for all followers.
//!
//! A follower looks at a file, then waits on its [`Watcher`]; a change between both is not lost, because the
//! watcher counts from the moment it was made.

use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use tokio::sync::watch;

/// The watch of the whole server. Cheap to clone.
#[derive(Clone)]
pub struct FileWatch {
    shared: Arc<Shared>,
}

struct Shared {
    inotify: Arc<OwnedFd>,
    watched: Mutex<HashMap<i32, Watched>>,
}

struct Watched {
    changes: watch::Sender<u64>,
    watchers: usize,
}

/// Waits for changes of one file or directory.
pub struct Watcher {
    shared: Arc<Shared>,
    descriptor: i32,
    changes: watch::Receiver<u64>,
}

impl FileWatch {
    /// Starts to listen, on a thread of its own that sleeps in the kernel.
    ///
    /// # Errors
    /// When the kernel has no inotify instance left for this user, or no thread.
    pub fn start() -> io::Result<Self> {
        let inotify = Arc::new(inotify::init(CreateFlags::CLOEXEC)?);
        let shared = Arc::new(Shared { inotify: inotify.clone(), watched: Mutex::default() });
        let listener = Arc::downgrade(&shared);
        std::thread::Builder::new().name("file watch".into()).spawn(move || listen(&inotify, &listener))?;
        Ok(Self { shared })
    }

    /// Watches `path`, or the nearest folder above it that exists, so that its appearance is noticed too.
    ///
    /// # Errors
    /// When the kernel refuses, such as for want of watches.
    pub fn watch(&self, path: &Path) -> io::Result<Watcher> {
        let mut watched = self.shared.lock();
        let descriptor = loop {
            let (descriptor, missing) = self.nearest(path)?;
            // What has appeared before its folder was watched will never be told of: look again, further down.
            if !missing.is_some_and(Path::exists) {
                break descriptor;
            }
            if !watched.contains_key(&descriptor) {
                let _ = inotify::remove_watch(&*self.shared.inotify, descriptor);
            }
        };
        let entry =
            watched.entry(descriptor).or_insert_with(|| Watched { changes: watch::Sender::new(0), watchers: 0 });
        entry.watchers += 1;
        let changes = entry.changes.subscribe();
        Ok(Watcher { shared: self.shared.clone(), descriptor, changes })
    }

    /// Watches `path`, or the nearest folder above it; answers also the one below that, which was not there.
    fn nearest<'p>(&self, path: &'p Path) -> io::Result<(i32, Option<&'p Path>)> {
        let wanted = WatchFlags::MODIFY
            | WatchFlags::CREATE
            | WatchFlags::MOVED_TO
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::DELETE_SELF
            | WatchFlags::ATTRIB;
        let (mut candidate, mut missing) = (path, None);
        loop {
            match inotify::add_watch(&*self.shared.inotify, candidate, wanted) {
                Ok(descriptor) => return Ok((descriptor, missing)),
                Err(rustix::io::Errno::NOENT) => {
                    let parent = candidate.parent().ok_or(io::ErrorKind::NotFound)?;
                    (missing, candidate) = (Some(candidate), parent);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Passes events on until the watch is gone.
fn listen(inotify: &OwnedFd, shared: &Weak<Shared>) {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(inotify, &mut buffer);
    loop {
        let event = match reader.next() {
            Ok(event) => event,
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
        };
        let Some(shared) = shared.upgrade() else { return };
        if let Some(watched) = shared.lock().get(&event.wd()) {
            watched.changes.send_modify(|count| *count += 1);
        }
    }
}

/// Wakes the listener with a last event, so that it sees that nobody is left.
impl Drop for Shared {
    fn drop(&mut self) {
        if let Ok(descriptor) = inotify::add_watch(&*self.inotify, "/", WatchFlags::ATTRIB) {
            let _ = inotify::remove_watch(&*self.inotify, descriptor);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher {
    /// Returns after the next change since the last call, or since the watcher was made.
    pub async fn changed(&mut self) {
        // The sender lives as long as this watcher is counted, so the only answer is a change.
        let _ = self.changes.changed().await;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut watched = self.shared.lock();
        if let Some(entry) = watched.get_mut(&self.descriptor) {
            entry.watchers -= 1;
            if entry.watchers == 0 {
                watched.remove(&self.descriptor);
                let _ = inotify::remove_watch(&*self.shared.inotify, self.descriptor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn noticed(watcher: &mut Watcher) -> bool {
        tokio::time::timeout(Duration::from_secs(5), watcher.changed()).await.is_ok()
    }

    #[tokio::test]
    async fn appearance_and_growth_of_a_file_are_noticed_by_every_watcher() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/b.txt");
        let watch = FileWatch::start().expect("inotify");
        let mut appearance = watch.watch(&path).expect("a watcher");
        std::fs::create_dir(folder.path().join("a")).expect("a folder");
        assert!(noticed(&mut appearance).await);

        std::fs::write(&path, "1").expect("a file");
        let (mut one, mut two) = (watch.watch(&path).expect("one"), watch.watch(&path).expect("two"));
        drop(watch.watch(&path).expect("three"));
        std::fs::write(&path, "12").expect("a file");
        assert!(noticed(&mut one).await);
        assert!(noticed(&mut two).await);
    }

    #[tokio::test]
    async fn a_file_is_noticed_whose_folders_appear_while_it_is_looked_for() {
        let watch = FileWatch::start().expect("inotify");
        let folder = tempfile::tempdir().expect("a folder");
        for number in 0..300 {
            let path = folder.path().join(format!("{number}/a/b/c/d/e/f.txt"));
            let made = path.clone();
            let maker = std::thread::spawn(move || {
                std::fs::create_dir_all(made.parent().expect("a folder")).expect("folders");
                std::fs::write(&made, "1").expect("a file");
            });
            loop {
                let mut watcher = watch.watch(&path).expect("a watcher");
                if path.exists() {
                    break;
                }
                assert!(noticed(&mut watcher).await, "round {number}");
            }
            maker.join().expect("a file");
        }
    }
}
