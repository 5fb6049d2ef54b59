//! A control group (version 2) for the processes of a run: they cannot leave it unless they are root, and one write
//! ends them all. A luxury: where none can be made everything works without.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::mountinfo::{self, MountPoint};

/// Moving processes is repeated until no new one is found; each turn catches what was forked during the one before.
const MOST_TURNS: usize = 8;

/// A process that has ended may count for a moment longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The group of a run, and where the supervisor came from.
#[derive(Debug)]
pub struct Cgroup {
    path: PathBuf,
    home: PathBuf,
    /// `home` as `/proc/<pid>/cgroup` spells it.
    home_name: String,
    is_inside: bool,
}

impl Cgroup {
    /// Makes the group of a run below our own; `None` where there is no cgroup2 or we may not.
    pub fn make(run: &str) -> Option<Self> {
        let home_name = name_of("self")?;
        let home = directory(&home_name, &mountinfo::all().ok()?)?;
        let path = home.join(name(run)?);
        match fs::create_dir(&path) {
            Ok(()) => Some(Self { path, home, home_name, is_inside: false }),
            // Left by a supervisor that died before it began the run.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Some(Self { path, home, home_name, is_inside: false })
            }
            Err(_) => None,
        }
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves us in, so that what we start from now on starts there, and then those of `members`, who were started
    /// before; not those who have gone to another group by themselves.
    pub fn enter(&mut self, members: impl Fn() -> Vec<i32>) {
        if fs::write(self.path.join("cgroup.procs"), "0").is_err() {
            return;
        }
        self.is_inside = true;
        let mut moved = BTreeSet::new();
        for _ in 0..MOST_TURNS {
            let fresh: Vec<i32> = members().into_iter().filter(|&pid| moved.insert(pid)).collect();
            if fresh.is_empty() {
                return;
            }
            for pid in fresh.into_iter().filter(|pid| name_of(&pid.to_string()).as_ref() == Some(&self.home_name)) {
                // Those that have ended meanwhile.
                let _ = fs::write(self.path.join("cgroup.procs"), pid.to_string());
            }
        }
    }

    /// Kills all who are inside; not us: we move out first, and nothing is killed when we cannot.
    pub fn kill(&mut self) {
        if self.leave() {
            // Kernels before 5.14 know no cgroup.kill; the walk over descendants does it there.
            let _ = kill(&self.path);
        }
    }

    /// Moves us out and removes the group. Whoever is still inside keeps it from being removed.
    pub fn dissolve(mut self) {
        if self.leave() {
            let _ = remove(&self.path);
        }
    }

    fn leave(&mut self) -> bool {
        if self.is_inside {
            self.is_inside = fs::write(self.home.join("cgroup.procs"), "0").is_err();
        }
        !self.is_inside
    }
}

/// Whether `path` can be the group of this run, and ours to end: below a cgroup2 mount, named as we name it, and not
/// around ourselves.
pub fn is_of_run(path: &Path, run: &str) -> bool {
    let Ok(mounts) = mountinfo::all() else { return false };
    let ours = name_of("self").and_then(|name| directory(&name, &mounts));
    is_named_for(path, run, &mounts) && !ours.is_some_and(|ours| ours.starts_with(path))
}

/// Kills all who are inside, also in groups below.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] when it is gone or the kernel is too old.
pub fn kill(path: &Path) -> io::Result<()> {
    // Not created: a file that is not there means that this is no cgroup, or an old one.
    io::Write::write_all(&mut fs::File::options().write(true).open(path.join("cgroup.kill"))?, b"1")
}

/// Who is inside, also in groups below.
pub fn members(path: &Path) -> Vec<i32> {
    let procs = fs::read_to_string(path.join("cgroup.procs")).unwrap_or_default();
    let mut pids: Vec<i32> = procs.lines().filter_map(|line| line.parse().ok()).collect();
    for child in below(path) {
        pids.extend(members(&child));
    }
    pids
}

/// Removes a group with those below it that the job made. One that is not there is removed.
///
/// # Errors
/// When somebody is still inside after [`PATIENCE`].
pub fn remove(path: &Path) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    for child in below(path) {
        remove(&child)?;
    }
    loop {
        match fs::remove_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && Instant::now() < until => wait_for_news(path),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => return Ok(()),
        }
    }
}

/// Waits until somebody has come or gone, or for a moment.
fn wait_for_news(path: &Path) {
    let moment = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
    if let Ok(mut events) = fs::File::open(path.join("cgroup.events")) {
        // Only what comes after the first reading is news.
        let _ = io::copy(&mut events, &mut io::sink());
        let _ = poll(&mut [PollFd::new(&events, PollFlags::PRI)], Some(&moment));
    }
}

fn below(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect()
}

/// The name of the group of a process, `/` being the root: the line `0::` of `/proc/<pid>/cgroup`, cgroups(7).
fn name_of(process: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{process}/cgroup")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("0::")).map(str::to_owned)
}

/// Where the group of this name is: in the only hierarchy, or in `unified` on machines that have both versions.
fn directory(name: &str, mounts: &[MountPoint]) -> Option<PathBuf> {
    mounts.iter().filter(|mount| mount.kind == "cgroup2").find_map(|mount| {
        let inside = Path::new(name).strip_prefix(&mount.root).ok()?;
        // A name that leads upwards is outside our cgroup namespace.
        inside.components().all(|part| matches!(part, Component::Normal(_))).then(|| {
            // Joining an empty path would leave a slash at the end.
            if inside.as_os_str().is_empty() { mount.path.clone() } else { mount.path.join(inside) }
        })
    })
}

/// How the group of a run is called; `None` when the id could not be one name of a directory.
fn name(run: &str) -> Option<String> {
    let is_plain = !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_plain.then(|| format!("batchai-{run}"))
}

fn is_named_for(path: &Path, run: &str, mounts: &[MountPoint]) -> bool {
    let is_below = mounts.iter().any(|m| m.kind == "cgroup2" && path != m.path && path.starts_with(&m.path));
    let is_straight = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let is_named = name(run).is_some_and(|name| path.file_name() == Some(name.as_ref()));
    is_below && is_straight && is_named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(root: &str, path: &str, kind: &str) -> MountPoint {
        MountPoint { root: root.into(), path: path.into(), kind: kind.into() }
    }

    #[test]
    fn the_group_is_found_in_unified_hybrid_and_partly_mounted_hierarchies() {
        let pure = [mount("/", "/sys/fs/cgroup", "cgroup2")];
        let hybrid = [mount("/", "/sys/fs/cgroup/cpu", "cgroup"), mount("/", "/sys/fs/cgroup/unified", "cgroup2")];
        let part = [mount("/machine", "/sys/fs/cgroup", "cgroup2")];
        let cases: [(&str, &[MountPoint], Option<&str>); 7] = [
            ("/", &pure, Some("/sys/fs/cgroup")),
            ("/a/b", &pure, Some("/sys/fs/cgroup/a/b")),
            ("/a", &hybrid, Some("/sys/fs/cgroup/unified/a")),
            ("/machine/x", &part, Some("/sys/fs/cgroup/x")),
            ("/elsewhere", &part, None),
            ("/../sibling", &pure, None),
            ("/a", &[], None),
        ];
        for (name, mounts, expected) in cases {
            assert_eq!(directory(name, mounts), expected.map(PathBuf::from), "{name}");
        }
    }

    #[test]
    fn only_the_group_of_the_run_may_be_killed() {
        let mounts = [mount("/", "/cg", "cgroup2"), mount("/", "/old", "cgroup")];
        assert!(is_named_for(Path::new("/cg/a/batchai-run-1"), "run-1", &mounts));
        for path in ["/cg", "/cg/batchai-run-2", "/cg/a/../batchai-run-1", "/old/batchai-run-1", "batchai-run-1"] {
            assert!(!is_named_for(Path::new(path), "run-1", &mounts), "{path}");
        }
        assert!(!is_named_for(Path::new("/cg/batchai-"), "", &mounts));
    }

    #[test]
    fn an_id_that_is_no_plain_name_gets_no_group() {
        for run in ["", "../x", "a/b", "a b", "é"] {
            assert_eq!(name(run), None, "{run}");
        }
        assert_eq!(name("0b-1_C").as_deref(), Some("batchai-0b-1_C"));
    }
}
