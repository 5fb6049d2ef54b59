//! What `/proc` says of processes: who descends from whom, and a signal for exactly the one that was seen.
//!
//! A pid alone names nobody for long; a pid with its start time does. Read only when something is to be ended or
//! found again: a run that ends by itself never walks `/proc`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

/// One process as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its process id.
    pub pid: i32,
    /// Its parent's.
    pub parent: i32,
    /// Its session's.
    pub session: i32,
    /// In clock ticks since boot.
    pub start_time: u64,
    /// A zombie: nothing runs any more, only its parent has not asked.
    pub is_over: bool,
}

/// The process of this id; `None` when there is none.
pub fn look(pid: i32) -> Option<Seen> {
    parse(pid, &std::fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// All processes that can be seen. They come and go meanwhile.
///
/// # Errors
/// When `/proc` cannot be listed.
pub fn all() -> io::Result<Vec<Seen>> {
    let mut seen = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        if let Some(process) = name.to_str().and_then(|name| name.parse().ok()).and_then(look) {
            seen.push(process);
        }
    }
    Ok(seen)
}

/// The descendants of `roots` without `spared` and whoever descends from those only. The roots are not among them.
pub fn below(all: &[Seen], roots: &BTreeSet<i32>, spared: impl Fn(&Seen) -> bool) -> Vec<Seen> {
    let mut children: BTreeMap<i32, Vec<&Seen>> = BTreeMap::new();
    for process in all {
        children.entry(process.parent).or_default().push(process);
    }
    let mut reached: BTreeSet<i32> = roots.clone();
    let mut open: Vec<i32> = roots.iter().copied().collect();
    let mut found = Vec::new();
    while let Some(parent) = open.pop() {
        for child in children.get(&parent).into_iter().flatten() {
            if !spared(child) && reached.insert(child.pid) {
                open.push(child.pid);
                found.push((*child).clone());
            }
        }
    }
    found
}

/// Sends a signal to the process that was seen, never to another one that got its id since. `false`: it is gone.
///
/// # Errors
/// When it is there and may not be signalled.
pub fn signal(process: &Seen, signal: Signal) -> io::Result<bool> {
    let Some(pid) = id(process.pid) else { return Ok(false) };
    let handle = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) => Some(handle),
        Err(rustix::io::Errno::SRCH) => return Ok(false),
        // Kernels before 5.3, and sandboxes that know no pidfd.
        Err(_) => None,
    };
    if look(process.pid).is_none_or(|now| now.start_time != process.start_time) {
        return Ok(false);
    }
    let sent = match handle {
        Some(handle) => pidfd_send_signal(handle, signal),
        None => kill_process(pid, signal),
    };
    match sent {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A number that may be the id of one process: 0 and less mean groups to the kernel.
pub fn id(pid: i32) -> Option<Pid> {
    if pid > 0 { Pid::from_raw(pid) } else { None }
}

/// Reads `/proc/<pid>/stat`, proc(5). The name in parentheses may itself hold any character.
fn parse(pid: i32, stat: &[u8]) -> Option<Seen> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let fields: Vec<&str> = std::str::from_utf8(&stat[after_name..]).ok()?.split_ascii_whitespace().collect();
    // proc(5) counts fields from 1, and the state, the first one here, is its third.
    let field = |number: usize| fields.get(number - 3).copied();
    let threads: u32 = field(20)?.parse().ok()?;
    Some(Seen {
        pid,
        parent: field(4)?.parse().ok()?,
        session: field(6)?.parse().ok()?,
        start_time: field(22)?.parse().ok()?,
        // A process whose first thread has ended looks like a zombie while its other threads go on.
        is_over: matches!(field(3)?, "Z" | "X" | "x") && threads <= 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, parent: i32) -> Seen {
        Seen { pid, parent, session: 1, start_time: 7, is_over: false }
    }

    #[test]
    fn a_name_with_parentheses_and_blanks_does_not_shift_the_fields() {
        let line = b"42 (a) S (b) R 7 42 41 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 9000 0 0 18446744073709551615\n";
        let seen = Seen { pid: 42, parent: 7, session: 41, start_time: 9000, is_over: false };
        assert_eq!(parse(42, line), Some(seen));
    }

    #[test]
    fn a_zombie_is_over_unless_threads_of_it_go_on() {
        let line = |threads| format!("42 (x) Z 7 42 41 0 -1 0 0 0 0 0 0 0 0 0 20 0 {threads} 0 9000 0");
        assert!(parse(42, line(1).as_bytes()).expect("parses").is_over);
        assert!(!parse(42, line(2).as_bytes()).expect("parses").is_over);
    }

    #[test]
    fn a_torn_line_is_no_process() {
        for text in ["", "42", "42 (x", "42 (x) R", "42 (x) R 7 42 forty-one 0 -1 0 0 0"] {
            assert_eq!(parse(42, text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn descendants_are_found_through_any_depth_and_spared_branches_are_not_entered() {
        let all = [process(2, 1), process(3, 2), process(4, 3), process(5, 2), process(6, 5), process(9, 1)];
        let found = below(&all, &BTreeSet::from([2]), |p| p.pid == 5);
        let mut pids: Vec<i32> = found.iter().map(|p| p.pid).collect();
        pids.sort_unstable();
        assert_eq!(pids, [3, 4]);
    }

    #[test]
    fn a_circle_from_ids_used_twice_does_not_hang() {
        let all = [process(2, 3), process(3, 2)];
        assert_eq!(below(&all, &BTreeSet::from([2]), |_| false).len(), 1);
    }

    #[test]
    fn a_process_that_got_the_id_of_another_is_not_signalled() {
        let me = look(rustix::process::getpid().as_raw_pid()).expect("we are there");
        let other = Seen { start_time: me.start_time + 1, ..me };
        assert!(!signal(&other, Signal::KILL).expect("nothing is sent"));
    }
}
