//! Whom to kill, and how.

use std::collections::BTreeSet;
use std::path::Path;

use rustix::process::Signal;

use crate::support::{Sandbox, process, wait_until};

/// What belongs to a server and can be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Server,
    /// Of jobs.
    Supervisor,
    /// The supervisor that holds the volumes of a node.
    Holder,
    /// The supervisor of a set-up task.
    SetUpSupervisor,
    /// Commands that mount, and programs that serve what is mounted; a command is told by the word `mounting`.
    Mounter,
    /// What a set-up task has started.
    SetUp,
    /// Whatever logins to nodes have started, and the process that watches over them.
    Session,
    /// What a job has started.
    Job,
}

pub const ALL: &[Part] = &[
    Part::Server,
    Part::Supervisor,
    Part::Holder,
    Part::SetUpSupervisor,
    Part::Mounter,
    Part::SetUp,
    Part::Session,
    Part::Job,
];

/// Processes of these parts.
pub fn of(sandbox: &Sandbox, parts: &[Part]) -> Vec<i32> {
    let ids = sandbox.processes().into_iter();
    ids.filter(|id| part(sandbox, *id).is_some_and(|part| parts.contains(&part))).collect()
}

/// Kills what there is of these parts in one moment: everybody is stopped before the first is killed, so that nobody sees
/// another one die.
#[track_caller]
pub fn kill(sandbox: &Sandbox, parts: &[Part]) {
    let mut stopped = BTreeSet::new();
    loop {
        let found: Vec<i32> = of(sandbox, parts).into_iter().filter(|id| !stopped.contains(id)).collect();
        if found.is_empty() {
            break;
        }
        found.iter().for_each(|id| process::signal(*id, Signal::STOP));
        stopped.extend(found);
    }
    stopped.iter().for_each(|id| process::signal(*id, Signal::KILL));
    wait_until("they are dead", || !stopped.iter().any(|id| process::is_running(*id)));
}

fn part(sandbox: &Sandbox, id: i32) -> Option<Part> {
    let words = strings(id, "cmdline");
    let word = |place: usize| words.get(place).map_or("", String::as_str);
    match word(1) {
        "server" => return Some(Part::Server),
        "__session" => return Some(Part::Session),
        "__supervise" => return Some(supervisor(Path::new(word(2)))),
        _ => {}
    }
    let run =
        strings(id, "environ").into_iter().find_map(|one| Some(one.strip_prefix("BATCHAI_RUN_ID=")?.to_owned()))?;
    let is_mounting = words.iter().any(|word| word.contains("mounting")) || word(0).ends_with("rclone");
    Some(match () {
        () if run.starts_with("holder-") || is_mounting => Part::Mounter,
        () if run.starts_with("setup-") => Part::SetUp,
        () if sandbox.home().join("runs").join(&run).exists() => Part::Job,
        () => Part::Session,
    })
}

fn supervisor(run_dir: &Path) -> Part {
    match run_dir.file_name().and_then(|name| name.to_str()) {
        Some("holder") => Part::Holder,
        Some("setup") => Part::SetUpSupervisor,
        _ => Part::Supervisor,
    }
}

fn strings(id: i32, file: &str) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{id}/{file}")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).split('\0').map(str::to_owned).collect()
}
