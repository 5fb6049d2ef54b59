//! A run directory with a plan, the supervisor on it, and what can be said of both.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use batchai::supervisor::orphans;
use batchai::supervisor::run_dir::{
    Cause, Exit, Launch, LaunchMount, LaunchNode, MountHow, Preparation, Process, RUN_MARKER, RunDir, Status, VERSION,
    VolumeKind,
};

/// Far longer than anything here takes, so that a slow machine fails nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for a condition; fails the test when it does not come.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A run of one job on one node, to be changed before it starts.
pub struct Sandbox {
    root: tempfile::TempDir,
    pub launch: Launch,
}

impl Sandbox {
    pub fn with_job(command: &str) -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let launch = Launch {
            version: VERSION,
            run: format!("test-{}", uuid::Uuid::new_v4()),
            directories: vec![root.path().join("out"), root.path().join("work")],
            nodes: Vec::new(),
            preparation: None,
            processes: Vec::new(),
            secrets: Vec::new(),
            max_wall_clock_seconds: 3600,
            grace_seconds: 20,
            container: None,
            most_output_bytes: None,
            keeps_output: false,
            mounted_directories: Vec::new(),
            holds: false,
        };
        let mut sandbox = Self { root, launch };
        sandbox.add_node();
        sandbox.add_process("job", command);
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn dir(&self) -> RunDir {
        RunDir::at(self.root.path())
    }

    pub fn add_node(&mut self) {
        let place = self.launch.nodes.len();
        self.launch.nodes.push(LaunchNode {
            id: format!("tvm-{place}"),
            address: format!("127.99.0.{}", place + 1),
            code: None,
            working_directory: self.path("work"),
            mounts: Vec::new(),
            environment: BTreeMap::from([("PATH".into(), "/usr/bin:/bin:/usr/sbin:/sbin".into())]),
            execution_log: self.path(&format!("out/execution-{place}.log")),
        });
    }

    /// On the node that was added last.
    pub fn add_process(&mut self, name: &str, command: &str) {
        self.launch.processes.push(Process {
            name: name.into(),
            node: self.launch.nodes.len() - 1,
            command: command.into(),
            environment: BTreeMap::new(),
            is_awaited: true,
            stdout: self.path(&format!("out/stdout-{name}.txt")),
            stderr: self.path(&format!("out/stderr-{name}.txt")),
        });
    }

    pub fn prepare_with(&mut self, command: &str) {
        let files = |stream: &str| {
            let names = 0..self.launch.nodes.len();
            names.map(|place| self.path(&format!("out/{stream}-job_prep-{place}.txt"))).collect()
        };
        let (stdout, stderr) = (files("stdout"), files("stderr"));
        self.launch.preparation = Some(Preparation { command: command.into(), stdout, stderr });
    }

    pub fn mount(&mut self, name: &str, how: MountHow) {
        let path = self.path(&format!("mounts/{name}"));
        self.launch.nodes[0].mounts.push(LaunchMount { path, how, kind: VolumeKind::Other });
    }

    pub fn start(&self) -> Supervisor {
        self.start_by(Command::new(env!("CARGO_BIN_EXE_batchai")).arg("__supervise").arg(self.root.path()))
    }

    /// Starts it with these bytes on its standard input.
    pub fn start_fed(&self, bytes: &[u8]) -> Supervisor {
        self.dir().write_launch(&self.launch).expect("written");
        let log = File::options().create(true).append(true).open(self.dir().log()).expect("opens");
        let mut command = Command::new(env!("CARGO_BIN_EXE_batchai"));
        command.arg("__supervise").arg(self.root.path()).current_dir(self.root.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        let mut child = command.spawn().expect("starts");
        child.stdin.take().expect("its input").write_all(bytes).expect("it reads");
        Supervisor(child)
    }

    /// Starts it by a command of another making.
    pub fn start_by(&self, command: &mut Command) -> Supervisor {
        self.dir().write_launch(&self.launch).expect("written");
        let log = File::options().create(true).append(true).open(self.dir().log()).expect("opens");
        let errors = log.try_clone().expect("a descriptor");
        let command = command.current_dir(self.root.path()).stdin(Stdio::null()).stdout(log).stderr(errors);
        Supervisor(command.spawn().expect("starts"))
    }

    /// Starts it and waits for its end; nothing of the run is left then.
    #[track_caller]
    pub fn finish(&self) -> Exit {
        self.start().wait();
        self.end()
    }

    /// How the run ended, by the supervisor that has left.
    #[track_caller]
    pub fn end(&self) -> Exit {
        assert_eq!(self.marked(), [] as [i32; 0], "processes are left");
        if let Some(cgroup) = self.status().cgroup {
            assert!(!cgroup.exists(), "{} is left", cgroup.display());
        }
        self.dir().read_exit().expect("readable").expect("the run has ended")
    }

    #[track_caller]
    pub fn status(&self) -> Status {
        self.dir().read_status().expect("readable").expect("the run has begun")
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The text of the execution log without its times.
    #[track_caller]
    pub fn log(&self) -> Vec<String> {
        let text = self.read("out/execution-0.log");
        text.lines().map(|line| line.split_once(' ').expect("a time and a text").1.to_owned()).collect()
    }

    /// Waits until a process of the job has written a file, and returns it.
    #[track_caller]
    pub fn wait_for(&self, name: &str) -> String {
        wait_until(name, || fs::read_to_string(self.path(name)).is_ok_and(|text| text.ends_with('\n')));
        self.read(name).trim().to_owned()
    }

    /// Processes that carry the marker of this run, found by a look of our own.
    pub fn marked(&self) -> Vec<i32> {
        let marker = format!("{RUN_MARKER}={}", self.launch.run);
        let entries = fs::read_dir("/proc").expect("readable").flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let is_marked = |pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|&byte| byte == 0).any(|variable| variable == marker.as_bytes())
        };
        pids.filter(is_marked).collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Only after a failed test is there anything to end.
        let status = self.dir().read_status().ok().flatten();
        let _ = orphans::end_orphans(&self.launch.run, status.as_ref());
    }
}

/// A file system of 256 KiB over a directory, for as long as this value lives.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where we may not mount, as ordinary users.
    pub fn over(path: &Path) -> Option<Self> {
        let is_mounted = tool("mount", &["-t", "tmpfs", "-o", "size=256k", "none"], path);
        is_mounted.then(|| Self(path.to_owned()))
    }

    /// Whether this machine lets us mount.
    pub fn is_possible() -> bool {
        let place = tempfile::tempdir().expect("a directory");
        Self::over(place.path()).is_some()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        tool("umount", &["-l"], &self.0);
    }
}

fn tool(name: &str, arguments: &[&str], path: &Path) -> bool {
    let mut command = Command::new(name);
    let command = command.args(arguments).arg(path).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A supervisor that runs; it is killed when a test fails.
pub struct Supervisor(Child);

impl Supervisor {
    #[track_caller]
    pub fn wait(&mut self) {
        wait_until("the supervisor leaves", || self.0.try_wait().expect("our child").is_some());
        assert!(self.0.wait().expect("our child").success());
    }

    #[track_caller]
    pub fn fails(&mut self) {
        wait_until("the supervisor leaves", || self.0.try_wait().expect("our child").is_some());
        assert!(!self.0.wait().expect("our child").success());
    }

    pub fn kill(&mut self) {
        self.0.kill().expect("our child");
        self.0.wait().expect("our child");
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether a process runs; a zombie does not.
pub fn runs(pid: &str) -> bool {
    let status = fs::read_to_string(Path::new("/proc").join(pid).join("status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

/// What decides about a run, in one value.
pub fn outcome(exit: &Exit) -> (Cause, Option<i32>) {
    (exit.cause, exit.exit_code)
}
