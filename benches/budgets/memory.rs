//! What a server and a supervisor hold while nothing happens.
//!
//! Resident memory counts the pages of the program's text and of the C library that a process has touched, which
//! all processes of the program share; what is not file-backed is what each one costs.

use std::path::Path;
use std::time::Duration;

use super::measure::{Bench, Budget, Row, Unit};
use super::stage::{Stage, wait};
use crate::support::process;

const FRESH: Row =
    Row { name: "idle server, just started: resident memory", unit: Unit::Megabytes, budget: Budget::Most(12.0) };
const FRESH_WAKES: Row =
    Row { name: "idle server, just started: wake-ups in 5 s", unit: Unit::Count, budget: Budget::Most(0.0) };
const USED: Row =
    Row { name: "idle server, after 100 jobs: resident memory", unit: Unit::Megabytes, budget: Budget::Most(12.0) };
const USED_PRIVATE: Row =
    Row { name: "idle server, after 100 jobs: of it not file-backed", unit: Unit::Megabytes, budget: Budget::None };
const USED_WAKES: Row =
    Row { name: "idle server, after 100 jobs: wake-ups in 5 s", unit: Unit::Count, budget: Budget::Most(0.0) };
const SUPERVISOR: Row =
    Row { name: "supervisor of a running job: resident memory", unit: Unit::Megabytes, budget: Budget::Most(3.0) };
const SUPERVISOR_PRIVATE: Row =
    Row { name: "supervisor of a running job: of it not file-backed", unit: Unit::Megabytes, budget: Budget::None };

/// Threads that had something to do stay for a while, in case there is more.
const SETTLING: Duration = Duration::from_secs(12);

pub fn run(bench: &mut Bench) {
    fresh(bench);
    used(bench);
    supervisor(bench);
}

fn fresh(bench: &mut Bench) {
    if !bench.wants(&[FRESH, FRESH_WAKES]) {
        return;
    }
    let (mut memory, mut wakes) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let stage = Stage::with_server();
        let server = stage.sandbox.server();
        memory.push(status_field(server, "VmRSS"));
        bench.check();
        std::thread::sleep(Duration::from_secs(1));
        wakes.push(wake_ups(server));
    }
    bench.print(FRESH, memory);
    bench.print(FRESH_WAKES, wakes);
}

fn used(bench: &mut Bench) {
    if !bench.wants(&[USED, USED_PRIVATE, USED_WAKES]) {
        return;
    }
    let stage = Stage::with_cluster(8);
    stage.sandbox.job_file("/bin/true");
    for _ in 0..100 {
        bench.check();
        stage.run(&["job", "create", "-c", "c", "-f", "job.json"]);
    }
    stage.wait_until_ended(&stage.client());
    let server = stage.sandbox.server();
    std::thread::sleep(SETTLING);
    bench.print(USED, vec![status_field(server, "VmRSS")]);
    bench.print(USED_PRIVATE, vec![status_field(server, "RssAnon")]);
    bench.print(USED_WAKES, vec![wake_ups(server)]);
}

fn supervisor(bench: &mut Bench) {
    if !bench.wants(&[SUPERVISOR, SUPERVISOR_PRIVATE]) {
        return;
    }
    let stage = Stage::with_cluster(3);
    stage.sandbox.job_file("exec sleep 1000");
    for name in ["a", "b", "c"] {
        stage.run(&["job", "create", "-c", "c", "-n", name, "-f", "job.json"]);
    }
    let is_supervisor = |id: &i32| arguments(*id).iter().any(|argument| argument == "__supervise");
    let is_asleep = |id: &i32| arguments(*id).first().is_some_and(|program| program == "sleep");
    let count = |which: &dyn Fn(&i32) -> bool| stage.sandbox.processes().iter().filter(|id| which(id)).count();
    wait("3 jobs sleep", || count(&is_asleep) == 3);
    let supervisors: Vec<i32> = stage.sandbox.processes().into_iter().filter(is_supervisor).collect();
    for (row, name) in [(SUPERVISOR, "VmRSS"), (SUPERVISOR_PRIVATE, "RssAnon")] {
        bench.print(row, supervisors.iter().map(|id| status_field(*id, name)).collect());
    }
    for name in ["a", "b", "c"] {
        stage.run(&["job", "terminate", "-n", name, "-y"]);
    }
}

/// How often the threads of a process stopped waiting within 5 seconds.
fn wake_ups(process: i32) -> f64 {
    let before = switches(process);
    std::thread::sleep(Duration::from_secs(5));
    switches(process) - before
}

fn switches(process: i32) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("a process");
    tasks.filter_map(|task| field(&task.ok()?.path().join("status"), "voluntary_ctxt_switches")).sum()
}

/// The resident memory of a process in MB.
pub fn resident_memory(process: i32) -> f64 {
    status_field(process, "VmRSS")
}

/// A field of `/proc/PID/status` that is given in kB, in MB.
fn status_field(process: i32, name: &str) -> f64 {
    assert!(process::is_running(process), "it has gone");
    field(Path::new(&format!("/proc/{process}/status")), name).expect("a field") * 1024.0 / 1e6
}

fn field(file: &Path, name: &str) -> Option<f64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

fn arguments(process: i32) -> Vec<String> {
    let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}
