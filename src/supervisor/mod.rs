//! The process that stays with a job: `batchai __supervise RUN_DIR`.
//!
//! Started detached by an engine, it outlives the server. It reads `launch.json`, makes directories, mounts,
//! prepares, starts the processes, and at the end writes `exit.json`. It is the subreaper of everything it
//! starts, so nothing escapes it; it ends them by cgroup where it could make one, else by walking its
//! descendants: TERM, grace, KILL. No async runtime, no network, no database: it must outlive and outsimple
//! the server. [`run_dir`] is all it shares with the rest.

pub mod identity;
pub mod orphans;
pub mod run_dir;

pub fn run(dir: &std::path::Path) -> Result<(), std::io::Error> {
    todo!("{dir:?}")
}
