//! Runs: starting supervisors, finding them again, and telling what became of them.
//!
//! Jobs run so, and the set-up tasks of nodes ([`super::setting_up`]), whose run directories lie elsewhere.
//!
//! A run whose supervisor we hold by pidfd is running, without a look at any file. Every other question is answered
//! by its run directory ([`super::super::launch`] wrote the plan, the supervisor the rest).

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::devices::Devices;
use super::fetching::Fetching;
use super::inspect::{self, Seen};
use super::wanted::Wanted;
use super::watch::{News, Watch};
use super::{LocalSettings, containers, failed, files, host};
use crate::domain::name::RunId;
use crate::engine::directories::{Layout, below};
use crate::engine::environment::Host;
use crate::engine::outcome::outcome;
use crate::engine::preview::{self, Preview};
use crate::engine::secrets::Safe;
use crate::engine::{EngineError, LaunchRequest, Observation, Waker, container, launch, volumes};
use crate::supervisor::run_dir::{Exit, Launch, RunDir, RunDirError};
use crate::supervisor::secrets::Secrets;
use crate::supervisor::unsaved;

/// After so many supervisors that ended before they had begun, the next will not do better.
const MOST_STARTS: u32 = 3;

/// Longer than a supervisor takes to end a run that has little grace.
const END_LIMIT: Duration = Duration::from_secs(4);

/// A supervisor that lives, or whose end is about to be noticed.
#[derive(Debug)]
struct Supervisor {
    token: u64,
    pidfd: OwnedFd,
    /// When we are its parent: to be reaped.
    child: Option<Child>,
}

#[derive(Debug, Default)]
struct Entry {
    supervisor: Option<Supervisor>,
    starts: u32,
}

/// Where a run stands.
#[derive(Debug)]
pub(super) enum Course {
    /// A supervisor is with it.
    Running,
    /// It is over.
    Ended(Exit),
    /// Nothing has begun.
    NotBegun,
    /// See [`Observation::Lost`].
    Lost(String),
}

type Entries = HashMap<RunId, Entry>;

/// The runs of this machine.
pub(super) struct Runs {
    layout: Layout,
    host: Host,
    boot_id: String,
    /// Asked for once: the kernel has them in several files.
    cores: u32,
    settings: LocalSettings,
    devices: Devices,
    fetching: Fetching,
    entries: Arc<Mutex<Entries>>,
    watch: Watch,
    starting: Mutex<()>,
}

impl Runs {
    pub(super) fn open(
        layout: Layout,
        host: Host,
        boot_id: String,
        settings: LocalSettings,
        devices: Devices,
        waker: Waker,
    ) -> Result<Self, EngineError> {
        let entries = Arc::new(Mutex::new(Entries::new()));
        let watched = Arc::clone(&entries);
        let fetching = Fetching::new(settings.safe.clone(), Arc::clone(&waker));
        let on_news = move |news| {
            match news {
                News::Ended(token) => bury(&mut lock(&watched), token),
                News::File => {}
            }
            waker();
        };
        let watch = Watch::start(on_news).map_err(failed(|| "watch supervisors".into()))?;
        let cores = host::cores();
        Ok(Self { layout, host, boot_id, cores, settings, devices, fetching, entries, watch, starting: Mutex::new(()) })
    }

    /// While this is held, no run is started.
    pub(super) fn hold_starts(&self) -> MutexGuard<'_, ()> {
        self.starting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`crate::engine::Engine::launch`].
    pub(super) fn launch(&self, request: &LaunchRequest) -> Result<(), EngineError> {
        if !matches!(self.observe_one(&request.run)?, Observation::NotBegun) {
            return Ok(());
        }
        let run_dir = self.layout.run(&request.run);
        let plan = self.plan(request)?;
        let _starting = self.hold_starts();
        self.make_directories(request, &run_dir)
            .map_err(failed(|| format!("make the run directory {}", run_dir.path().display())))?;
        let spec = &request.job.spec;
        let login = spec.container.as_ref().and_then(|container| container.login.as_ref());
        let sealed = Wanted {
            variables: spec.secrets.clone(),
            volumes: volumes::credentials(&self.layout, &spec.mounts),
            registry_password: login.map(|login| login.password.clone()),
        };
        self.begin(&request.run, &run_dir, plan, sealed)
    }

    fn plan(&self, request: &LaunchRequest) -> Result<Launch, EngineError> {
        let settings = &self.settings.containers;
        let host = Host { gpus: self.devices.count(), ..self.host.clone() };
        let request = &container::with_visible_gpus(request, settings);
        let mut plan = launch::plan(request, &self.layout, &host)?;
        let available = || containers::available(settings, &host);
        plan.container = container::plan(request, &plan, &self.layout, settings, available);
        Ok(plan)
    }

    /// See [`crate::engine::Engine::preview`].
    pub(super) fn preview(&self, request: &LaunchRequest) -> Result<Preview, EngineError> {
        let plan = self.plan(request)?;
        Ok(preview::preview(&plan, &request.nodes, launch::host_file_text(request, self.cores)))
    }

    /// Writes the plan of a run into its directory, which is there, and starts a supervisor on it. The caller has seen
    /// that it has not begun. Nothing begins while secrets of it are fetched over a network: it is to be begun again
    /// when they have come, which the waker tells.
    pub(super) fn begin(&self, run: &RunId, run_dir: &RunDir, plan: Launch, wanted: Wanted) -> Result<(), EngineError> {
        let starts = lock(&self.entries).get(run).map_or(0, |entry| entry.starts);
        if starts >= MOST_STARTS {
            let said = files::last_line(&run_dir.log()).map(|line| format!(": {line}")).unwrap_or_default();
            return Err(EngineError::NotStarted(format!(
                "its supervisor ended {starts} times before it had begun{said}"
            )));
        }
        let is_far = wanted.is_far(&self.settings.safe);
        let open = move |safe: &Safe| wanted.open(safe);
        let Some(secrets) = self.fetching.secrets(run, is_far, open)? else { return Ok(()) };
        let plan = Launch { most_output_bytes: self.settings.most_output_bytes, ..plan };
        run_dir.write_launch(&plan).map_err(from_run_dir)?;
        self.start(run, run_dir, secrets).map_err(failed(|| format!("start the supervisor of run {run}")))
    }

    fn make_directories(&self, request: &LaunchRequest, run_dir: &RunDir) -> io::Result<()> {
        // The supervisor makes the rest; the root of it is made here, where `remove_output` of a neighbour waits.
        for root in self.layout.own_outputs() {
            if request.job.directories.iter().any(|directory| Path::new(&directory.path).starts_with(&root)) {
                fs::create_dir_all(below(&root, &request.job.path_segment()))?;
            }
        }
        let volumes = request.job.spec.mounts.iter();
        for volume in volumes.filter_map(|mount| volumes::real_directory(&self.layout, &mount.source)) {
            // Of others the supervisor says what is missing.
            if volume.starts_with(self.layout.storage()) {
                fs::create_dir_all(volume)?;
            }
        }
        fs::create_dir_all(run_dir.shared())?;
        for (path, text) in launch::launcher_files(request, run_dir, self.cores) {
            fs::write(path, text)?;
        }
        Ok(())
    }

    fn start(&self, run: &RunId, run_dir: &RunDir, secrets: Secrets) -> io::Result<()> {
        let log = File::options().create(true).append(true).open(run_dir.log())?;
        let mut command = Command::new(&self.settings.executable);
        command.arg("__supervise").arg(run_dir.path()).current_dir(run_dir.path());
        // All that it needs to find shells and mount programs; jobs get their environment from the plan.
        command.env_clear().env("PATH", &self.host.search_path).env("HOME", &self.host.home);
        let stdin = if secrets.is_empty() { Stdio::null() } else { Stdio::piped() };
        command.stdin(stdin).stdout(log.try_clone()?).stderr(log);
        let mut entries = lock(&self.entries);
        let mut child = command.spawn()?;
        // A supervisor that they do not reach ends before it has begun, and another one is started.
        let sent = child.stdin.take().map_or(Ok(()), |pipe| send(secrets, pipe));
        let entry = entries.entry(run.clone()).or_default();
        entry.starts += 1;
        match sent.and_then(|()| self.watch_child(&child)) {
            Ok((token, pidfd)) => {
                entry.supervisor = Some(Supervisor { token, pidfd, child: Some(child) });
                Ok(())
            }
            // Nobody would learn of its end: better none than one that nobody watches.
            Err(e) => child.kill().and_then(|()| child.wait()).and(Err(e)),
        }
    }

    fn watch_child(&self, child: &Child) -> io::Result<(u64, OwnedFd)> {
        let pidfd = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
        Ok((self.watch.add(&pidfd)?, pidfd))
    }

    /// See [`crate::engine::Engine::observe`].
    pub(super) fn observe(&self, runs: &[RunId]) -> Result<Vec<Observation>, EngineError> {
        runs.iter().map(|run| self.observe_one(run)).collect()
    }

    fn observe_one(&self, run: &RunId) -> Result<Observation, EngineError> {
        let run_dir = self.layout.run(run);
        Ok(match self.look(run, &run_dir)? {
            Course::Running => Observation::Running,
            Course::Ended(exit) => {
                let plan = run_dir.read_launch().ok().flatten();
                Observation::Ended(outcome(&exit, plan.as_ref()))
            }
            Course::NotBegun => Observation::NotBegun,
            Course::Lost(why) => Observation::Lost(why),
        })
    }

    /// Where the run of this directory stands. Ends what it left when it is lost.
    pub(super) fn look(&self, run: &RunId, run_dir: &RunDir) -> Result<Course, EngineError> {
        let has_supervisor = lock(&self.entries).get(run).is_some_and(|entry| entry.supervisor.is_some());
        if has_supervisor || self.fetching.is_going_on(run) {
            return Ok(Course::Running);
        }
        let seen = inspect::inspect(run_dir, &self.boot_id, run);
        match seen.map_err(failed(|| format!("look at run {run}")))? {
            Seen::Alive(pidfd) => {
                self.adopt(run, pidfd).map_err(failed(|| format!("watch the supervisor of run {run}")))?;
                Ok(Course::Running)
            }
            Seen::Starting => Ok(Course::Running),
            Seen::Ended(outcome) => Ok(Course::Ended(outcome)),
            Seen::NotBegun => Ok(Course::NotBegun),
            Seen::Lost(why) => Ok(Course::Lost(why)),
        }
    }

    /// Has the waker called when the volumes of a run that holds them are mounted.
    pub(super) fn tell_when_ready(&self, run_dir: &RunDir) -> Result<(), EngineError> {
        self.watch.tell_of_files(run_dir.path()).map_err(failed(|| format!("watch {}", run_dir.path().display())))
    }

    fn adopt(&self, run: &RunId, pidfd: OwnedFd) -> io::Result<()> {
        let mut entries = lock(&self.entries);
        let token = self.watch.add(&pidfd)?;
        entries.entry(run.clone()).or_default().supervisor = Some(Supervisor { token, pidfd, child: None });
        Ok(())
    }

    /// See [`crate::engine::Engine::stop`]. A supervisor that has only just been started may not listen yet: then the
    /// signal ends it before anything has begun.
    pub(super) fn stop(&self, run: &RunId) -> Result<(), EngineError> {
        self.fetching.cancel(run);
        match self.observe_one(run)? {
            Observation::Running => self.signal(run).map_err(failed(|| format!("stop run {run}"))),
            // A supervisor that comes late must find nothing to do.
            Observation::NotBegun => self.remove(run),
            Observation::Ended(_) | Observation::Lost(_) => Ok(()),
        }
    }

    /// Begins to end a run, wherever its directory is; [`Runs::end`] does the rest.
    pub(super) fn ask_to_end(&self, run: &RunId, run_dir: &RunDir) -> Result<(), EngineError> {
        self.fetching.cancel(run);
        match self.look(run, run_dir)? {
            Course::Running => self.signal(run).map_err(failed(|| format!("stop run {run}"))),
            Course::Ended(_) | Course::NotBegun | Course::Lost(_) => Ok(()),
        }
    }

    /// Ends a run and waits until nothing of it is left, see [`end_limit`]: only for those whose plan has a short grace.
    pub(super) fn end(&self, run: &RunId, run_dir: &RunDir, until: Instant) -> Result<(), EngineError> {
        self.ask_to_end(run, run_dir)?;
        self.wait_for_supervisor(run, until).map_err(failed(|| format!("wait for the end of run {run}")))?;
        // One that had to be killed has left processes: looking ends them.
        self.look(run, run_dir)?;
        lock(&self.entries).remove(run);
        Ok(())
    }

    fn wait_for_supervisor(&self, run: &RunId, until: Instant) -> io::Result<()> {
        let held =
            lock(&self.entries).get(run).and_then(|entry| entry.supervisor.as_ref()).map(|s| s.pidfd.try_clone());
        let Some(pidfd) = held.transpose()? else { return Ok(()) };
        let left = until.saturating_duration_since(Instant::now());
        let limit = Timespec::try_from(left).map_err(io::Error::other)?;
        if poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&limit))? == 0 {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "its supervisor does not end"));
        }
        let ended = lock(&self.entries).get_mut(run).and_then(|entry| entry.supervisor.take());
        // Reaped here, or by the thread that watches.
        ended.and_then(|supervisor| supervisor.child).map_or(Ok(()), |mut child| child.wait().map(drop))
    }

    fn signal(&self, run: &RunId) -> io::Result<()> {
        let entries = lock(&self.entries);
        let Some(supervisor) = entries.get(run).and_then(|entry| entry.supervisor.as_ref()) else {
            return Err(io::Error::new(io::ErrorKind::WouldBlock, "its supervisor has not yet said who it is"));
        };
        match pidfd_send_signal(&supervisor.pidfd, Signal::TERM) {
            Err(rustix::io::Errno::SRCH) => Ok(()),
            other => Ok(other?),
        }
    }

    /// See [`crate::engine::Engine::runs`].
    pub(super) fn kept(&self) -> Result<Vec<RunId>, EngineError> {
        let folder = self.layout.runs();
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(|| format!("read {}", folder.display()))(error)),
        };
        Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok().map(RunId)).collect())
    }

    /// See [`crate::engine::Engine::forget`].
    pub(super) fn forget(&self, run: &RunId) -> Result<(), EngineError> {
        if lock(&self.entries).get(run).is_some_and(|entry| entry.supervisor.is_some()) {
            let source = io::Error::new(io::ErrorKind::ResourceBusy, "its supervisor still lives");
            return Err(EngineError::Failed { action: format!("forget run {run}"), source });
        }
        self.fetching.forget(run);
        self.remove(run)?;
        lock(&self.entries).remove(run);
        Ok(())
    }

    fn remove(&self, run: &RunId) -> Result<(), EngineError> {
        let path = self.layout.run(run);
        clear_away(&path).map_err(failed(|| format!("remove {}", path.path().display())))
    }
}

/// Removes the directory of a run that is over, but not what was written to a volume and has not reached it.
pub(super) fn clear_away(run_dir: &RunDir) -> io::Result<()> {
    files::unmount_below(run_dir.path())?;
    if let Ok(Some(plan)) = run_dir.read_launch() {
        unsaved::tidy_all(&plan).iter().for_each(|why| tracing::warn!(run = plan.run, "{why}"));
    }
    files::remove_tree(run_dir.path())
}

/// Until when whoever ends runs now waits for all of them together: a volume that does not answer, or has much to write
/// back, takes its time, and all jobs of the machine would wait too. What has not ended by then is asked for again later.
pub(super) fn end_limit() -> Instant {
    Instant::now() + END_LIMIT
}

fn lock(entries: &Mutex<Entries>) -> MutexGuard<'_, Entries> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a supervisor that has ended off the list, and reaps it if it is ours.
fn bury(entries: &mut Entries, token: u64) {
    let is_it = |entry: &&mut Entry| entry.supervisor.as_ref().is_some_and(|supervisor| supervisor.token == token);
    let Some(ended) = entries.values_mut().find(is_it).and_then(|entry| entry.supervisor.take()) else { return };
    if let Some(mut child) = ended.child
        && let Err(e) = child.wait()
    {
        tracing::warn!(pid = child.id(), error = %e, "cannot reap a supervisor");
    }
}

/// Sends secrets from a thread of their own: they may be more than a pipe holds, and nobody waits for a supervisor.
fn send(secrets: Secrets, pipe: ChildStdin) -> io::Result<()> {
    let work = move || {
        if let Err(e) = secrets.send(pipe) {
            tracing::warn!(error = %e, "a supervisor went without its secrets");
        }
    };
    thread::Builder::new().name("secrets".into()).spawn(work).map(drop)
}

fn from_run_dir(error: RunDirError) -> EngineError {
    EngineError::Failed { action: "write the plan of a run".into(), source: io::Error::other(error) }
}
