//! What can happen to a supervisor: a child ends, somebody asks it to stop, the wall clock runs out, a command is asked
//! for on another node.
//!
//! All of it wakes one `poll`, so nothing here looks again and again.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGPIPE, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::pipe;

/// Why a run is to end before its processes do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// SIGTERM or SIGINT.
    Asked,
    /// The wall-clock limit.
    WallClock,
    /// Whoever served a volume of the run is gone.
    VolumeLost,
}

/// The ear of the supervisor.
pub struct Watch {
    pipe: UnixStream,
    asked: Arc<AtomicBool>,
    deadline: Option<Instant>,
    others: Vec<OwnedFd>,
    mounts: Option<File>,
}

impl Watch {
    /// Listens from now on. `deadline`: when the wall-clock limit is reached; `None` when no clock gets there.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn begin(deadline: Option<Instant>) -> io::Result<Self> {
        let (pipe, writer) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            flag::register(signal, Arc::clone(&asked))?;
            pipe::register(signal, writer.try_clone()?)?;
        }
        pipe::register(SIGCHLD, writer)?;
        // A handler that does nothing, where ignoring would be inherited: exec gives children the default again.
        let nothing = Arc::new(AtomicBool::new(false));
        flag::register(SIGHUP, Arc::clone(&nothing))?;
        for signal in inherited_ignored_signals() {
            // Some cannot be handled; those cannot be ignored either.
            let _ = flag::register(signal, Arc::clone(&nothing));
        }
        Ok(Self { pipe, asked, deadline, others: Vec::new(), mounts: None })
    }

    /// From now on waiting ends also while there is something to read here; the caller reads it.
    pub fn attend(&mut self, other: OwnedFd) {
        self.others.push(other);
    }

    /// From now on, or no longer, waiting ends also when something is mounted or unmounted (proc(5): mountinfo can be
    /// polled).
    ///
    /// # Errors
    /// When `/proc` is not there.
    pub fn attend_mounts(&mut self, attends: bool) -> io::Result<()> {
        self.mounts = attends.then(|| File::open("/proc/self/mountinfo")).transpose()?;
        Ok(())
    }

    /// From now on nothing but signals and clocks ends a wait.
    pub fn attend_no_others(&mut self) {
        self.others.clear();
    }

    /// Whether the run is to end now. Once it says so, it goes on saying so.
    pub fn interruption(&self) -> Option<Interruption> {
        if self.asked.load(Ordering::SeqCst) {
            return Some(Interruption::Asked);
        }
        self.deadline.filter(|&deadline| Instant::now() >= deadline).map(|_| Interruption::WallClock)
    }

    /// Waits until a signal has come, another descriptor has something to read, the wall-clock limit is reached or it is
    /// `until`. May return early.
    pub fn wait(&mut self, until: Option<Instant>) {
        let until = [until, self.deadline].into_iter().flatten().min();
        self.pause(until);
    }

    /// The same when the limit does not matter any more.
    pub fn pause(&mut self, until: Option<Instant>) {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        // A wait too long for the kernel to count is one without end.
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        let mut waits = vec![PollFd::new(&self.pipe, PollFlags::IN)];
        waits.extend(self.others.iter().map(|other| PollFd::new(other, PollFlags::IN)));
        waits.extend(self.mounts.iter().map(|mounts| PollFd::new(mounts, PollFlags::PRI)));
        let _ = poll(&mut waits, left.as_ref());
        let mut bytes = [0; 64];
        while matches!(self.pipe.read(&mut bytes), Ok(read) if read > 0) {}
    }
}

/// Signals that whoever started us ignores, from `SigIgn` of `/proc/self/status`; `nohup` and background commands of
/// a shell leave some. SIGPIPE is missing: the standard library ignores it here and resets it in children.
fn inherited_ignored_signals() -> Vec<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=31).filter(|signal| mask >> (signal - 1) & 1 == 1 && *signal != SIGPIPE).collect()
}
