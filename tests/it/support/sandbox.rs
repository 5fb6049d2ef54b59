//! A home folder of its own for every test, and the program in it.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use batchai::supervisor::orphans;
use batchai::supervisor::run_dir::RunDir;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::wait::wait_for;
use super::{process, wait_until};

/// A home folder and a working folder. Dropping it ends every process that belongs to it.
pub struct Sandbox {
    folder: TempDir,
    home: PathBuf,
    through: Vec<OsString>,
}

/// What a command did.
pub struct Done {
    /// The exit code; 128 + n after signal n.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Sandbox {
    /// An empty one.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = folder.path().join("home");
        std::fs::create_dir(folder.path().join("work")).expect("a working folder");
        Self { folder, home, through: Vec::new() }
    }

    /// One whose data directory is `home`.
    pub fn at(home: PathBuf) -> Self {
        let mut sandbox = Self::new();
        sandbox.home = home;
        sandbox
    }

    /// From now on the data directory is another one.
    pub fn move_home(&mut self, home: PathBuf) {
        self.home = home;
    }

    /// From now on the program is started by another one, to whose words its own are added.
    pub fn go_through(&mut self, words: Vec<OsString>) {
        self.through = words;
    }

    /// The data directory.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The working folder of commands.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Writes a file of the working folder; answers its path.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.work().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// A job file with one shell command.
    pub fn job_file(&self, command: &str) -> PathBuf {
        let text = serde_json::json!({ "customToolkitSettings": { "commandLine": command } });
        self.file("job.json", &text.to_string())
    }

    /// A job file of that name in the working folder, out of JSON.
    pub fn spec(&self, name: &str, spec: &Value) -> PathBuf {
        self.file(name, &spec.to_string())
    }

    /// From now on servers that start have these settings.
    pub fn settings(&self, text: &str) {
        std::fs::create_dir_all(&self.home).expect("a folder");
        std::fs::write(self.home.join("server.yaml"), text).expect("settings");
    }

    /// A cluster of so many nodes, in the default workspace, with all of them ready.
    #[track_caller]
    pub fn cluster(&self, name: &str, nodes: u32) {
        self.run(&format!("cluster create -n {name} --target {nodes}")).succeeds();
        self.wait_for_nodes(name, "idleNodeCount", nodes);
    }

    /// Waits until so many nodes of a cluster are in a state.
    #[track_caller]
    pub fn wait_for_nodes(&self, cluster: &str, state: &str, nodes: u32) {
        wait_until(&format!("{state} of {cluster} is {nodes}"), || {
            let shown = self.run(&format!("cluster show -n {cluster}")).succeeds().json();
            shown["nodeStateCounts"][state] == nodes
        });
    }

    /// The program with this home, this working folder, and nothing of the developer's environment but PATH.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let program = OsString::from(env!("CARGO_BIN_EXE_batchai"));
        let mut words = self.through.iter().chain([&program]);
        let mut command = Command::new(words.next().expect("at least the program"));
        command
            .args(words)
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("BATCHAI_HOME", &self.home)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program with words split at blanks.
    pub fn run(&self, words: &str) -> Done {
        self.run_with(words.split_whitespace())
    }

    /// Runs the program.
    pub fn run_with<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Done {
        Done::of(&self.command(arguments).output().expect("the program"))
    }

    /// Runs the program; a server that it starts leaves after a second without work.
    pub fn run_idle(&self, words: &str) -> Done {
        let mut command = self.command(words.split_whitespace());
        Done::of(&command.env("BATCHAI_IDLE_SECONDS", "1").output().expect("the program"))
    }

    /// Runs the program with `text` on its standard input.
    pub fn run_fed(&self, words: &str, text: &str) -> Done {
        let mut command = self.command(words.split_whitespace());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        // It may end without reading, which is for the test to judge.
        let _ = child.stdin.take().expect("its input").write_all(text.as_bytes());
        Done::of(&child.wait_with_output().expect("the program"))
    }

    /// Starts the program and leaves it running, its output piped.
    pub fn spawn(&self, words: &str) -> Child {
        let mut command = self.command(words.split_whitespace());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program")
    }

    /// The process id of the server that runs now.
    #[track_caller]
    pub fn server(&self) -> i32 {
        let status = self.run("server status -o json").succeeds().json();
        i32::try_from(status["pid"].as_i64().expect("a pid")).expect("a pid")
    }

    /// Kills the server as a crash would, without asking it or anybody, and waits until it is gone.
    #[track_caller]
    pub fn kill_server(&self) {
        let server = self.serving().expect("a server that runs");
        process::signal(server, Signal::KILL);
        wait_until("the server is gone", || !process::is_running(server));
    }

    /// The server that has the lock of this home. Never a program that it is just starting, which looks like it for a
    /// moment, and must not be killed instead.
    pub fn serving(&self) -> Option<i32> {
        let lock = |id: &i32| {
            // Through its own eyes: the home may lie on a disk that nobody else sees.
            let path = format!("/proc/{id}/root{}", self.home.join("server.lock").display());
            std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
        };
        self.servers().into_iter().find(|id| lock(id) == id.to_string())
    }

    /// Servers of this home that run now.
    pub fn servers(&self) -> Vec<i32> {
        process::servers(&self.home)
    }

    /// Supervisors and whatever jobs have started and not ended.
    pub fn job_processes(&self) -> Vec<i32> {
        process::of_jobs(&self.home)
    }

    /// A path in the working folder, for jobs and tests to tell each other something.
    pub fn path(&self, name: &str) -> PathBuf {
        self.work().join(name)
    }

    /// Waits until a file of the working folder is there.
    #[track_caller]
    pub fn wait_for_file(&self, name: &str) {
        wait_until(&format!("{name} is there"), || self.path(name).exists());
    }

    /// Waits until a file of the working folder has a number in it, as a shell's `echo $$` writes one.
    #[track_caller]
    pub fn wait_for_id(&self, name: &str) -> i32 {
        wait_for(&format!("{name} tells a process id"), || {
            std::fs::read_to_string(self.path(name)).ok()?.strip_suffix('\n')?.parse().ok()
        })
    }

    /// A job as `job show` prints it.
    #[track_caller]
    pub fn job(&self, name: &str) -> Value {
        self.run(&format!("job show -n {name}")).succeeds().json()
    }

    /// Waits until a job has this state.
    #[track_caller]
    pub fn wait_for_state(&self, name: &str, state: &str) {
        wait_until(&format!("job {name} is {state}"), || {
            let shown = self.run(&format!("job show -n {name}"));
            shown.code == 0 && shown.json()["executionState"] == state
        });
    }

    /// Processes that belong to this sandbox: the server, supervisors and what jobs started.
    pub fn processes(&self) -> Vec<i32> {
        process::marked(&self.home.to_string_lossy())
    }
}

/// Ends the server and everything that jobs started, by id, until nothing is left.
impl Drop for Sandbox {
    fn drop(&mut self) {
        // The server first: while it lives it may start more.
        for _ in 0..200 {
            let left = self.processes();
            if left.is_empty() {
                break;
            }
            left.into_iter().for_each(|id| process::signal(id, Signal::KILL));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        // Their supervisors are gone with the rest, and nobody else would take their cgroups away.
        for entry in std::fs::read_dir(self.home.join("runs")).into_iter().flatten().flatten() {
            let status = RunDir::at(entry.path()).read_status().ok().flatten();
            let _ = orphans::end_orphans(&entry.file_name().to_string_lossy(), status.as_ref());
        }
        // Only a test that failed leaves one.
        for point in process::mounts_below(&self.home) {
            let _ = Command::new("umount").arg("-l").arg(point).output();
        }
        // A test may have taken its own permission to remove files away.
        let _ = Command::new("chmod").args(["-R", "u+rwx"]).arg(self.folder.path()).output();
    }
}

impl Done {
    /// Out of what the standard library tells.
    pub fn of(output: &Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let status = output.status;
        Self {
            code: status.code().unwrap_or_else(|| 128 + status.signal().expect("an exit code or a signal")),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts the exit code 0.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.fails_with(0)
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn fails_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Asserts that standard error holds `text`.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "not in stderr: {text}\nstderr:\n{}", self.stderr);
        self
    }

    /// Asserts what standard output is.
    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert_eq!(self.stdout, text, "stderr:\n{}", self.stderr);
        self
    }

    /// Asserts that standard output holds `text`.
    #[track_caller]
    pub fn prints_part(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text),
            "not in stdout: {text}\nstdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Asserts that standard error lacks `text`.
    #[track_caller]
    pub fn does_not_say(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "in stderr: {text}\nstderr:\n{}", self.stderr);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}
