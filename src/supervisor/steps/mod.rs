//! One run from its directories to its end: what happens in which order, and what ends it early.
//!
//! Every step either succeeds or gives the [`Ending`]; what follows an ending is always the same.

mod containers;
mod ending;
mod holding;
mod mounting;
mod programs;
mod remote;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use containers::Stage;
use ending::Ending;
use programs::Servers;

use super::code;
use super::execution_log::ExecutionLog;
use super::family::{End, Family, Reaped, Whom};
use super::relay::Relay;
use super::remote::Remote;
use super::run_dir::{Exit, Launch, LaunchMount, MountHow, RunDir};
use super::secrets::Secrets;
use super::shell::{self, Order};
use super::watch::{Interruption, Watch};
use super::{moved, note, sentence, unmount, unsaved};

/// Moving into a cgroup waits for a grace period of the kernel, 5 to 20 ms; runs that are shorter than this are spared
/// that, and until then a lost supervisor's processes are found by session and marker.
const SETTLE_AFTER: Duration = Duration::from_millis(100);

/// The most that processes get which a finished job left behind.
const LEFTOVER_GRACE: Duration = Duration::from_secs(2);

/// How long the server of a volume may write back after it was unmounted.
const WRITE_BACK: Duration = Duration::from_secs(30);

/// The same when nobody waits for the end of the run: a large file takes its time.
const LAST_UPLOADS: Duration = Duration::from_secs(3600);

/// A run in progress.
pub struct Run<'a> {
    dir: &'a RunDir,
    launch: &'a Launch,
    secrets: &'a Secrets,
    watch: Watch,
    family: Family,
    logs: Vec<ExecutionLog>,
    relay: Option<Relay>,
    mounted: Vec<(usize, &'a LaunchMount)>,
    /// Who serves which volume, and what came of one who is gone.
    servers: Servers,
    remote: Option<Remote>,
    settle_at: Option<Instant>,
    stage: Stage,
}

/// A process that is waited for.
struct Awaited {
    name: String,
    node: usize,
    /// Whether the step goes on until it has ended; of others only a failure counts.
    holds: bool,
}

/// What became of processes that were waited for together.
enum Together {
    AllZero,
    /// The first that did not exit with 0, and whether others still run.
    Failed {
        process: Awaited,
        end: End,
        are_others_left: bool,
    },
    Interrupted(Interruption),
    /// The limit given for this step, not that of the run.
    TimedOut,
}

impl<'a> Run<'a> {
    /// A run that is about to begin.
    pub fn new(dir: &'a RunDir, launch: &'a Launch, secrets: &'a Secrets, watch: Watch, family: Family) -> Self {
        let settle_at = family.cgroup_path().map(|_| Instant::now() + SETTLE_AFTER);
        Self {
            dir,
            launch,
            secrets,
            watch,
            family,
            logs: Vec::new(),
            relay: None,
            mounted: Vec::new(),
            servers: Servers::default(),
            remote: None,
            settle_at,
            stage: Stage::None,
        }
    }

    /// Does all of it. When this returns no process, container or mount of the run is left, or the message says which.
    pub fn finish(mut self) -> Exit {
        let mut ending = self.steps().err().unwrap_or_else(Ending::succeeded);
        self.close_remote();
        self.end_containers(&mut ending);
        self.end_processes(&mut ending);
        self.finish_output();
        self.unmount(&mut ending);
        self.family.dissolve();
        ending.into_exit()
    }

    fn steps(&mut self) -> Result<(), Ending> {
        ending::check(self.launch)?;
        self.make_directories()?;
        self.unpack_code()?;
        self.mount()?;
        self.make_mounted_directories()?;
        if self.launch.holds {
            return self.hold();
        }
        self.open_relay()?;
        // What is served by it has to be there when containers are made.
        self.open_remote();
        self.start_containers()?;
        self.prepare()?;
        self.run_processes()
    }

    fn make_directories(&mut self) -> Result<(), Ending> {
        for path in &self.launch.directories {
            std::fs::create_dir_all(path)
                .map_err(|error| Ending::set_up_failed(format!("cannot make directory {}: {error}", path.display())))?;
        }
        for node in &self.launch.nodes {
            let is_on_volume = node.mounts.iter().any(|mount| node.execution_log.starts_with(&mount.path));
            let mut log = ExecutionLog::Waiting(String::new());
            if !is_on_volume {
                arrive(&mut log, &node.execution_log)?;
            }
            self.logs.push(log);
        }
        Ok(())
    }

    fn make_mounted_directories(&mut self) -> Result<(), Ending> {
        for path in &self.launch.mounted_directories {
            std::fs::create_dir_all(path)
                .map_err(|error| Ending::set_up_failed(format!("cannot make directory {}: {error}", path.display())))?;
        }
        let mut logs = self.logs.iter_mut().zip(&self.launch.nodes);
        logs.try_for_each(|(log, node)| arrive(log, &node.execution_log))
    }

    fn open_relay(&mut self) -> Result<(), Ending> {
        let relay = Relay::start(self.launch.most_output_bytes);
        let failed = |error| Ending::set_up_failed(format!("cannot take in the output of the job: {error}"));
        let relay = relay.map_err(failed)?.keeping(self.launch.keeps_output);
        relay.expect(2 * (self.launch.processes.len() + self.launch.nodes.len()));
        self.relay = Some(relay);
        Ok(())
    }

    fn unpack_code(&mut self) -> Result<(), Ending> {
        for (place, node) in self.launch.nodes.iter().enumerate() {
            let Some(archive) = &node.code else { continue };
            let watch = &self.watch;
            let unpacked = code::unpack(archive, &node.working_directory, &|| watch.interruption().is_none());
            self.stop_if_interrupted()?;
            unpacked.map_err(|error| Ending::set_up_failed(sentence(&error)))?;
            self.logs[place].say(&format!("code unpacked into {}", node.working_directory.display()));
        }
        Ok(())
    }

    fn prepare(&mut self) -> Result<(), Ending> {
        let launch = self.launch;
        let Some(preparation) = &launch.preparation else { return Ok(()) };
        let mut started = BTreeMap::new();
        let none = BTreeMap::new();
        for (place, node) in launch.nodes.iter().enumerate() {
            let pid = self.start(
                place,
                &Order {
                    name: "the preparation",
                    command: &preparation.command,
                    directory: &node.working_directory,
                    environment: [&node.environment, &none, self.secrets.variables()],
                    run: &launch.run,
                    stdout: &preparation.stdout[place],
                    stderr: &preparation.stderr[place],
                },
            )?;
            started.insert(pid, Awaited { name: "the preparation".into(), node: place, holds: true });
        }
        match self.wait_together(started, None) {
            Together::AllZero => Ok(()),
            Together::Failed { process, end, are_others_left } => {
                let (node, lost) = (&launch.nodes[process.node].id, self.lost_container(process.node));
                Err(lost.unwrap_or_else(|| Ending::preparation_failed(node, end, are_others_left)))
            }
            Together::Interrupted(why) => Err(self.interrupted(why)),
            Together::TimedOut => unreachable!("no limit was given"),
        }
    }

    fn run_processes(&mut self) -> Result<(), Ending> {
        let launch = self.launch;
        let mut started = BTreeMap::new();
        for process in &launch.processes {
            let node = &launch.nodes[process.node];
            let pid = self.start(
                process.node,
                &Order {
                    name: &process.name,
                    command: &process.command,
                    directory: &node.working_directory,
                    environment: [&node.environment, &process.environment, self.secrets.variables()],
                    run: &launch.run,
                    stdout: &process.stdout,
                    stderr: &process.stderr,
                },
            )?;
            let awaited = Awaited { name: process.name.clone(), node: process.node, holds: process.is_awaited };
            started.insert(pid, awaited);
        }
        match self.wait_together(started, None) {
            Together::AllZero => Ok(()),
            Together::Failed { process, end, are_others_left } => {
                let (has_company, lost) = (launch.processes.len() > 1, self.lost_container(process.node));
                Err(lost.unwrap_or_else(|| Ending::failed(&process.name, end, are_others_left, has_company)))
            }
            Together::Interrupted(why) => Err(self.interrupted(why)),
            Together::TimedOut => unreachable!("no limit was given"),
        }
    }

    fn start(&mut self, place: usize, order: &Order<'_>) -> Result<i32, Ending> {
        self.stop_if_interrupted()?;
        let started = shell::start(order, self.how(place), self.relay.as_ref());
        let pid = started.map_err(|error| Ending::set_up_failed(sentence(&error)))?;
        self.logs[place].say(&format!("{} started as process {pid}", order.name));
        Ok(pid)
    }

    /// Waits until all that hold the step have exited with 0, one has ended otherwise, or the run or the step is to end.
    fn wait_together(&mut self, mut awaited: BTreeMap<i32, Awaited>, limit: Option<Instant>) -> Together {
        let mut failed = None;
        loop {
            while let Reaped::Ended(pid, end) = self.family.reap() {
                let Some(process) = awaited.remove(&pid) else {
                    self.other_ended(pid, end);
                    continue;
                };
                self.logs[process.node].say(&format!("{} {end}", process.name));
                if end != End::Code(0) && failed.is_none() {
                    failed = Some((process, end));
                }
            }
            if let Some((process, end)) = failed {
                return Together::Failed { process, end, are_others_left: !awaited.is_empty() };
            }
            if !awaited.values().any(|process| process.holds) {
                return Together::AllZero;
            }
            if let Some(why) = self.watch.interruption().or_else(|| self.servers.is_one_lost()) {
                return Together::Interrupted(why);
            }
            if limit.is_some_and(|limit| Instant::now() >= limit) {
                return Together::TimedOut;
            }
            self.watch.wait([limit, self.settle_at].into_iter().flatten().min());
            self.serve_remote();
            if self.settle_at.is_some_and(|at| Instant::now() >= at) {
                self.settle_at = None;
                self.family.settle();
            }
        }
    }

    fn stop_if_interrupted(&self) -> Result<(), Ending> {
        let why = self.watch.interruption().or_else(|| self.servers.is_one_lost());
        why.map_or(Ok(()), |why| Err(self.interrupted(why)))
    }

    fn interrupted(&self, why: Interruption) -> Ending {
        match (why, self.servers.lost()) {
            (Interruption::VolumeLost, Some(message)) => Ending::mount_failed(message.to_owned()),
            (Interruption::VolumeLost | Interruption::Asked | Interruption::WallClock, _) => Ending::interrupted(why),
        }
    }

    /// Ends whoever is left, but not yet the servers of mounted volumes.
    fn end_processes(&mut self, ending: &mut Ending) {
        if !self.family.is_anyone_left(Whom::AllButKept) {
            return;
        }
        self.say_to_all(&format!("stopping what still runs: {}", ending.reason(self.launch)));
        let full = Duration::from_secs(self.launch.grace_seconds);
        let grace = if ending.are_others_left { full } else { full.min(LEFTOVER_GRACE) };
        let survivors = self.family.end(Whom::AllButKept, &mut self.watch, grace);
        if !survivors.is_empty() {
            let pids: Vec<String> = survivors.iter().map(|process| process.pid.to_string()).collect();
            self.complain(ending, &format!("processes that the kernel does not end: {}", pids.join(", ")));
        }
    }

    /// Before anything is unmounted: files of output may lie there.
    fn finish_output(&mut self) {
        for missing in self.relay.take().map(Relay::finish).unwrap_or_default() {
            self.say_to_all(&missing);
        }
    }

    /// Takes the mounts away, last first, then waits for their servers.
    fn unmount(&mut self, ending: &mut Ending) {
        self.close_logs_on_volumes();
        let mounted = std::mem::take(&mut self.mounted);
        let mounted: Vec<_> =
            mounted.into_iter().map(|(place, mount)| (place, moved::mount(self.dir, mount))).collect();
        for (place, mount) in mounted.iter().rev() {
            match unmount::one(mount) {
                Ok(()) => self.logs[*place].say(&format!("{} unmounted", mount.path.display())),
                Err(problem) => self.complain(ending, &problem),
            }
        }
        if self.family.is_anyone_left(Whom::All) {
            self.wait_for_uploads(ending);
            // Who did not end by itself in that time gets no more of it; who cannot be ended was named before.
            self.family.end(Whom::All, &mut self.watch, LEFTOVER_GRACE);
        }
        for (_, mount) in mounted {
            if let Err(problem) = unsaved::tidy(&mount, &self.launch.run) {
                self.complain(ending, &problem);
                ending.fail_if_succeeded();
            }
        }
    }

    /// Waits for the servers of volumes that are unmounted; not for long once somebody waits for the run to be gone.
    fn wait_for_uploads(&mut self, ending: &Ending) {
        let mut until = Instant::now() + if ending.is_early() { WRITE_BACK } else { LAST_UPLOADS };
        let mut is_asked = ending.is_early();
        while self.family.is_anyone_left(Whom::All) && Instant::now() < until {
            if !is_asked && self.watch.interruption().is_some() {
                is_asked = true;
                until = until.min(Instant::now() + WRITE_BACK);
            }
            self.watch.pause(Some(until));
        }
    }

    /// An open file would keep a volume from being unmounted.
    fn close_logs_on_volumes(&mut self) {
        for (log, node) in self.logs.iter_mut().zip(&self.launch.nodes) {
            let is_on_volume = |mount: &LaunchMount| {
                !matches!(mount.how, MountHow::Directory(_)) && node.execution_log.starts_with(&mount.path)
            };
            if node.mounts.iter().any(is_on_volume) {
                *log = ExecutionLog::Closed;
            }
        }
    }

    fn complain(&mut self, ending: &mut Ending, problem: &str) {
        note(problem);
        self.say_to_all(problem);
        ending.add(problem);
    }

    fn say_to_all(&mut self, text: &str) {
        for log in &mut self.logs {
            log.say(text);
        }
    }
}

fn arrive(log: &mut ExecutionLog, path: &Path) -> Result<(), Ending> {
    log.arrive(path).map_err(|error| Ending::set_up_failed(format!("cannot open {}: {error}", path.display())))
}
