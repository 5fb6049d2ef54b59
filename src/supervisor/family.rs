//! Everything a supervisor has started, and what that has started: reaping it, and ending it.
//!
//! The supervisor is a subreaper, so whoever loses its parent becomes its child, also after `setsid` or a double
//! fork. When the kernel says that it has no child (ECHILD), no process of the run exists.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Signal, WaitOptions, wait};

use super::cgroup::Cgroup;
use super::ladder::{self, Killing, Rung, Situation};
use super::processes::{self, Seen};
use super::watch::Watch;

/// Whoever is found by a walk while others are killed is killed too; nobody forks faster than so many walks.
const MOST_WALKS: usize = 16;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

impl End {
    /// What a shell would say: 128 + n for signal n.
    pub fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exited with code {code}"),
            Self::Signal(signal) => write!(f, "was ended by signal {signal}"),
        }
    }
}

/// What asking for ended children gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaped {
    /// This one has ended; adopted ones are among them.
    Ended(i32, End),
    /// There are some, and none has ended since.
    NobodyNow,
    /// No process of the run exists.
    NobodyLeft,
}

/// Who is to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// All but the servers of mounted volumes, which still have to write back.
    AllButKept,
    /// All.
    All,
}

/// All that runs below a supervisor.
pub struct Family {
    me: i32,
    /// Pid and start time.
    kept: BTreeSet<(i32, u64)>,
    cgroup: Option<Cgroup>,
}

impl Family {
    /// The family of the calling process, whose id is `me`.
    pub fn new(me: i32, cgroup: Option<Cgroup>) -> Self {
        Self { me, kept: BTreeSet::new(), cgroup }
    }

    /// The directory of its cgroup.
    pub fn cgroup_path(&self) -> Option<&Path> {
        self.cgroup.as_ref().map(Cgroup::path)
    }

    /// Moves itself and all who are there into the cgroup.
    pub fn settle(&mut self) {
        let me = self.me;
        if let Some(cgroup) = &mut self.cgroup {
            cgroup.enter(|| descendants(me, |_| false).iter().map(|seen| seen.pid).collect());
        }
    }

    /// Who has ended. Never waits.
    pub fn reap(&self) -> Reaped {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) => {
                let code = status.exit_status().map(End::Code);
                let end = code.or_else(|| status.terminating_signal().map(End::Signal));
                end.map_or(Reaped::NobodyNow, |end| Reaped::Ended(pid.as_raw_pid(), end))
            }
            Err(rustix::io::Errno::CHILD) => Reaped::NobodyLeft,
            Ok(None) | Err(_) => Reaped::NobodyNow,
        }
    }

    /// From now on those who are there serve mounted volumes, and so do their descendants.
    pub fn keep_all_who_are_there(&mut self) {
        if self.is_anyone_left(Whom::All) {
            self.kept.extend(descendants(self.me, |_| false).iter().map(|seen| (seen.pid, seen.start_time)));
        }
    }

    /// Reaps, and says whether anyone is left.
    pub fn is_anyone_left(&self, whom: Whom) -> bool {
        loop {
            match self.reap() {
                Reaped::Ended(..) => {}
                Reaped::NobodyLeft => return false,
                Reaped::NobodyNow => break,
            }
        }
        self.kept.is_empty() || whom == Whom::All || !self.members(whom).is_empty()
    }

    /// Waits until nobody of these is left, at most so long.
    pub fn wait_for_all(&self, whom: Whom, watch: &mut Watch, limit: Duration) {
        let until = Instant::now() + limit;
        while self.is_anyone_left(whom) && Instant::now() < until {
            watch.pause(Some(until));
        }
    }

    /// Ends them: TERM, `grace`, KILL. Returns those whom even that did not end.
    pub fn end(&mut self, whom: Whom, watch: &mut Watch, grace: Duration) -> Vec<Seen> {
        let began = Instant::now();
        let mut is_told = false;
        let mut killing: Option<(Instant, Instant)> = None;
        loop {
            let situation = Situation {
                is_anyone_left: self.is_anyone_left(whom),
                elapsed: began.elapsed(),
                grace,
                is_told,
                killing: killing.map(|(first, last)| Killing { first: first.elapsed(), last: last.elapsed() }),
            };
            match ladder::next(&situation) {
                Rung::Finished => return Vec::new(),
                Rung::Terminate => {
                    self.terminate(whom);
                    is_told = true;
                }
                Rung::Kill => {
                    self.kill(whom);
                    killing = Some((killing.map_or_else(Instant::now, |(first, _)| first), Instant::now()));
                }
                Rung::Wait(duration) => watch.pause(Instant::now().checked_add(duration)),
                Rung::GiveUp => return self.members(whom),
            }
        }
    }

    /// Removes the cgroup, empty by now.
    pub fn dissolve(self) {
        if let Some(cgroup) = self.cgroup {
            cgroup.dissolve();
        }
    }

    fn terminate(&self, whom: Whom) {
        for member in self.members(whom) {
            let _ = processes::signal(&member, Signal::TERM);
            // A stopped process gets nothing but KILL until it goes on.
            let _ = processes::signal(&member, Signal::CONT);
        }
    }

    fn kill(&mut self, whom: Whom) {
        if let Some(cgroup) = &mut self.cgroup
            && (whom == Whom::All || self.kept.is_empty())
        {
            cgroup.kill();
        }
        let mut hit = BTreeSet::new();
        for _ in 0..MOST_WALKS {
            let mut is_anyone_new = false;
            for member in self.members(whom) {
                if hit.insert((member.pid, member.start_time)) {
                    is_anyone_new = true;
                    // What may not be killed shows as a survivor in the end.
                    let _ = processes::signal(&member, Signal::KILL);
                }
            }
            if !is_anyone_new {
                return;
            }
        }
    }

    fn members(&self, whom: Whom) -> Vec<Seen> {
        descendants(self.me, |seen| whom == Whom::AllButKept && self.kept.contains(&(seen.pid, seen.start_time)))
    }
}

fn descendants(me: i32, spared: impl Fn(&Seen) -> bool) -> Vec<Seen> {
    // Without /proc nothing is found, and the cgroup has to do.
    let all = processes::all().unwrap_or_default();
    processes::below(&all, &BTreeSet::from([me]), spared)
}
