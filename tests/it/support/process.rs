//! Looking at processes of this machine, by id only.

use std::path::Path;

use rustix::process::{Pid, Signal};

/// Ids of all processes whose environment holds `marker` (`NAME=value`), or whose command line does.
pub fn marked(marker: &str) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter(|id| ["environ", "cmdline"].iter().any(|file| holds(*id, file, marker)) && is_running(*id)).collect()
}

/// Ids of the servers whose data directory is `home`. A program that a server is just starting looks like the server
/// for a moment; it is told by its parent.
pub fn servers(home: &Path) -> Vec<i32> {
    let is_server = |id: &i32| holds(*id, "cmdline", "\0server\0run\0");
    let all: Vec<i32> = marked(&marker_of(home)).into_iter().filter(is_server).collect();
    all.iter().copied().filter(|id| parent(*id).is_some_and(|parent| !all.contains(&parent))).collect()
}

fn parent(id: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Ids of the supervisors and of everything that jobs started below the data directory `home`.
pub fn of_jobs(home: &Path) -> Vec<i32> {
    let is_of_job = |id: &i32| holds(*id, "cmdline", "\0__supervise\0") || holds(*id, "environ", "BATCHAI_RUN_ID=");
    marked(&home.to_string_lossy()).into_iter().filter(is_of_job).collect()
}

/// Ids of the supervisors below the data directory `home`.
pub fn supervisors(home: &Path) -> Vec<i32> {
    let is_supervisor = |id: &i32| holds(*id, "cmdline", "\0__supervise\0");
    marked(&home.to_string_lossy()).into_iter().filter(is_supervisor).collect()
}

/// The variable by which a program knows its data directory, to its very end.
fn marker_of(home: &Path) -> String {
    format!("BATCHAI_HOME={}\0", home.display())
}

fn holds(id: i32, file: &str, text: &str) -> bool {
    let content = std::fs::read(format!("/proc/{id}/{file}")).unwrap_or_default();
    content.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Whether the process is there and not a zombie.
pub fn is_running(id: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// Whether a process has a handler for a signal: it would not end by it.
pub fn catches(id: i32, signal: Signal) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (signal.as_raw() - 1)) != 0
}

/// Sends a signal to one process.
pub fn signal(id: i32, signal: Signal) {
    let pid = Pid::from_raw(id).expect("a process id");
    // It may have ended in between, which is all anybody wanted.
    let _ = rustix::process::kill_process(pid, signal);
}

/// Where something is mounted below `folder`, innermost first.
pub fn mounts_below(folder: &Path) -> Vec<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let folder = folder.to_string_lossy();
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4)).filter(|at| at.starts_with(&*folder));
    let mut points: Vec<String> = points.map(str::to_owned).collect();
    points.reverse();
    points
}

/// Whether any mount lies below `folder`.
pub fn has_mounts_below(folder: &Path) -> bool {
    !mounts_below(folder).is_empty()
}
