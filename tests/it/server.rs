//! The local server: started when it is needed, once, by whoever comes first; replaced, left, and told of.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use crate::support::{Done, Running, Sandbox, wait_for, wait_until};

/// How often a server of this home has begun to listen.
fn starts(sandbox: &Sandbox) -> usize {
    let log = fs::read_to_string(sandbox.home().join("server.log")).unwrap_or_default();
    log.lines().filter(|line| line.contains("listening on")).count()
}

fn wait_until_none_runs(sandbox: &Sandbox) {
    wait_until("the server has left", || sandbox.servers().is_empty());
}

/// Waits until exactly one runs, because one that has left may take a moment to end; answers its process id.
#[track_caller]
fn the_only_server(sandbox: &Sandbox) -> i32 {
    wait_for("exactly one server runs", || <[i32; 1]>::try_from(sandbox.servers()).ok())[0]
}

#[test]
fn status_never_starts_a_server() {
    let sandbox = Sandbox::new();
    let not_running = || sandbox.run("server status").fails_with(4).prints("").says("not running");
    not_running().says("hint: `batchai server start` starts it");
    wait_until_none_runs(&sandbox);
    sandbox.run("workspace list").succeeds();
    sandbox.run("server stop").succeeds().says("The server has left.");
    not_running();
    wait_until_none_runs(&sandbox);
    assert_eq!(starts(&sandbox), 1);
}

#[test]
fn status_tells_who_the_server_is_and_where_it_keeps_everything() {
    let sandbox = Sandbox::new();
    sandbox.job_file(&sandbox.gate("go").wait());
    sandbox.run("job create -f job.json -n a").succeeds();
    let status = sandbox.run("server status -o json").succeeds().json();
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["dataDirectory"], sandbox.home().to_str().expect("text"));
    assert_eq!(status["socket"], sandbox.home().join("server.sock").to_str().expect("text"));
    assert_eq!(status["addresses"], serde_json::json!([]));
    assert_eq!(status["leavesWhenIdle"], true);
    assert_eq!((&status["clientVersion"], &status["endpoint"]), (&status["version"], &status["socket"]));
    assert_eq!(status["chosenBy"], "no endpoint is given");
    assert_eq!(status["activeJobs"], 1);
    assert!(status["started"].as_str().expect("a time").parse::<jiff::Timestamp>().is_ok(), "{status}");
    assert_eq!(the_only_server(&sandbox), sandbox.server());
    let table = sandbox.run("server status -o table").succeeds().stdout;
    assert!(table.contains(&sandbox.server().to_string()), "{table}");
    sandbox.gate("go").open();
    sandbox.wait_for_state("a", "succeeded");
}

#[test]
fn only_its_user_reaches_the_server_and_its_files() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace list").succeeds();
    let mode = |name: &str| fs::metadata(sandbox.home().join(name)).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode("."), mode("server.sock")), (0o700, 0o600));
    for name in ["server.lock", "start.lock", "server.log", "batchai.db"] {
        assert_eq!(mode(name) & 0o077, 0, "{name}");
    }
}

#[test]
fn a_server_that_was_started_stays_and_says_so() {
    let sandbox = Sandbox::new();
    sandbox.run("server start").succeeds().prints("").says("The server is running (pid ");
    let status = sandbox.run("server status").succeeds().json();
    assert_eq!(status["leavesWhenIdle"], false);
    sandbox.run("server start").succeeds().says(&format!("is running already (pid {})", status["pid"]));
    the_only_server(&sandbox);
    sandbox.run("server stop").succeeds().says("The server has left.");
    wait_until_none_runs(&sandbox);
    sandbox.run("server stop").succeeds().says("No server was running.");
    assert_eq!(starts(&sandbox), 1);
}

#[test]
fn starting_a_server_replaces_one_that_would_leave() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n kept").succeeds();
    let before = sandbox.server();
    sandbox.run("server start").succeeds();
    let status = sandbox.run("server status").succeeds().json();
    assert_eq!(status["leavesWhenIdle"], false);
    assert_eq!(the_only_server(&sandbox), sandbox.server());
    assert_ne!(sandbox.server(), before);
    sandbox.run("workspace show -n kept").succeeds();
}

#[test]
fn a_server_that_a_command_started_holds_nothing_of_the_shell_that_ran_the_command() {
    let sandbox = Sandbox::new();
    let lock = sandbox.file("lock", "");
    let plain = sandbox.command(["workspace", "list"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec 9<lock; \"$@\"", "sh"]).arg(plain.get_program()).args(plain.get_args());
    shell.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.current_dir(sandbox.work()).output().expect("a shell");
    Done::of(&output).succeeds();
    let open = fs::read_dir(format!("/proc/{}/fd", sandbox.server())).expect("its descriptors");
    let files: Vec<PathBuf> = open.filter_map(|fd| fs::read_link(fd.ok()?.path()).ok()).collect();
    assert!(!files.is_empty());
    assert!(!files.contains(&lock.canonicalize().expect("a path")), "{files:?}");
}

#[test]
fn the_log_of_a_server_in_the_background_can_be_read() {
    let sandbox = Sandbox::new();
    sandbox.run("server logs").succeeds().prints("").says("so there is no log");
    sandbox.run("server start").succeeds();
    sandbox.run("server stop").succeeds();
    let log = sandbox.run("server logs").succeeds().stdout;
    let socket = sandbox.home().join("server.sock");
    assert!(log.contains(&format!("listening on {}", socket.display())) && log.contains("leaving: "), "{log}");
    wait_until_none_runs(&sandbox);
}

fn start_one_by(count: usize) {
    let sandbox = Sandbox::new();
    let clients: Vec<Running> = (0..count).map(|_| sandbox.start("workspace list")).collect();
    for client in clients {
        client.ends().succeeds().prints("[]\n");
    }
    the_only_server(&sandbox);
    assert_eq!(starts(&sandbox), 1);
}

#[test]
fn two_commands_at_once_start_one_server() {
    start_one_by(2);
}

#[test]
fn ten_commands_at_once_start_one_server() {
    start_one_by(10);
}

#[test]
fn ten_commands_at_once_replace_a_killed_server_by_one() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n kept").succeeds();
    sandbox.kill_server();
    let clients: Vec<Running> = (0..10).map(|_| sandbox.start("workspace show -n kept")).collect();
    for client in clients {
        assert_eq!(client.ends().succeeds().json()["name"], "kept");
    }
    the_only_server(&sandbox);
    assert_eq!(starts(&sandbox), 2);
}

#[test]
fn the_socket_and_the_lock_of_a_killed_server_are_in_nobodys_way() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n kept").succeeds();
    sandbox.kill_server();
    assert!(sandbox.home().join("server.sock").exists() && sandbox.home().join("server.lock").exists());
    sandbox.run("server status").fails_with(4).says("not running");
    sandbox.run("workspace show -n kept").succeeds();
    assert_eq!(the_only_server(&sandbox), sandbox.server());
}

#[test]
fn a_file_where_the_socket_belongs_and_nonsense_in_the_lock_are_in_nobodys_way() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.home()).expect("a folder");
    fs::write(sandbox.home().join("server.sock"), "no socket").expect("a file");
    fs::write(sandbox.home().join("server.lock"), "no number").expect("a file");
    sandbox.run("workspace list").succeeds();
    assert_eq!(the_only_server(&sandbox), sandbox.server());
}

#[test]
fn a_data_directory_with_a_long_path_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("long".repeat(30)).join("longer".repeat(20));
    assert!(home.as_os_str().len() > 107);
    let sandbox = Sandbox::at(home);
    sandbox.job_file("echo out; exit 3");
    sandbox.run("job run -f job.json").fails_with(3).prints("out\n");
    let status = sandbox.run("server status").succeeds().json();
    assert_eq!(status["socket"], sandbox.home().join("server.sock").to_str().expect("text"));
    sandbox.kill_server();
    sandbox.run("workspace list").succeeds();
    assert_eq!(starts(&sandbox), 2);
    drop(sandbox);
}

fn assert_no_start(sandbox: &Sandbox, reasons: &[&str]) {
    let done = sandbox.run("workspace list").fails_with(4).prints("");
    for reason in reasons {
        assert!(done.stderr.contains(reason), "not said: {reason}\n{}", done.stderr);
    }
    wait_until_none_runs(sandbox);
    // It is not a matter of who starts it.
    sandbox.run("server start").fails_with(4).says(reasons[0]);
    sandbox.run("server run").fails_with(1).says(reasons[0]);
}

#[test]
fn a_database_that_is_none_is_the_reason_that_is_told() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.home()).expect("a folder");
    let database = sandbox.home().join("batchai.db");
    fs::write(&database, "this is no database, however long it is looked at".repeat(100)).expect("a file");
    let reason = format!("{} is damaged, or not a database", database.display());
    assert_no_start(&sandbox, &[&reason, "the local server could not be started", "server.log"]);
    fs::remove_file(&database).expect("it goes");
    sandbox.run("workspace list").succeeds();
}

#[test]
fn a_database_of_a_newer_version_is_the_reason_that_is_told() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n kept").succeeds();
    sandbox.run("server stop").succeeds();
    let database = sandbox.home().join("batchai.db");
    let open = || rusqlite::Connection::open(&database).expect("a database");
    let known: i64 = open().pragma_query_value(None, "user_version", |row| row.get(0)).expect("a number");
    let set = |version: i64| open().pragma_update(None, "user_version", version).expect("a database");
    set(9999);
    assert_no_start(&sandbox, &["was written by a newer batchai: it has schema 9999", "use the newer program"]);
    set(known);
    sandbox.run("workspace show -n kept").succeeds();
}

#[test]
fn a_data_directory_that_cannot_be_made_is_told() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("file", "");
    let sandbox = Sandbox::at(file.join("home"));
    let done = sandbox.run("workspace list").fails_with(4).prints("");
    let done = done.says(&format!("the data directory {} cannot be used", sandbox.home().display()));
    done.says("hint: set BATCHAI_HOME to a folder that you may write to");
}

#[test]
fn a_data_directory_that_cannot_be_written_is_told() {
    // Nobody may make a file there, not even root.
    let home = PathBuf::from("/sys/kernel");
    assert!(File::create(home.join("batchai-test")).is_err());
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(["workspace", "list"]);
    let done = Done::of(&command.env("BATCHAI_HOME", &home).output().expect("the program"));
    let done = done.fails_with(4).prints("").says("cannot open the lock /sys/kernel/start.lock");
    done.says("hint: set BATCHAI_HOME to a folder that you may write to");
}

#[test]
fn a_server_that_a_command_started_leaves_when_there_is_nothing_to_do() {
    let sandbox = Sandbox::new();
    sandbox.run_idle("workspace create -n kept").succeeds();
    wait_until_none_runs(&sandbox);
    sandbox.run("server logs").succeeds().prints_part("leaving: it had nothing to do");
    assert!(!sandbox.home().join("server.sock").exists());
    sandbox.run_idle("workspace show -n kept").succeeds();
    assert_eq!(starts(&sandbox), 2);
}

#[test]
fn a_server_does_not_leave_while_a_job_runs() {
    let sandbox = Sandbox::new();
    sandbox.job_file(&format!("sleep 2.5; touch {}; {}", sandbox.path("slept").display(), sandbox.gate("go").wait()));
    sandbox.run_idle("job create -f job.json -n a").succeeds();
    let servers = sandbox.servers();
    assert_eq!(servers.len(), 1);
    sandbox.wait_for_file("slept");
    assert_eq!(sandbox.servers(), servers, "nobody has asked it anything for longer than it stays idle");
    sandbox.gate("go").open();
    wait_until_none_runs(&sandbox);
    assert_eq!(starts(&sandbox), 1);
    assert_eq!(sandbox.job("a")["executionState"], "succeeded");
}

#[test]
fn an_impossible_idle_time_is_told() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(["workspace", "list"]);
    let done = Done::of(&command.env("BATCHAI_IDLE_SECONDS", "soon").output().expect("the program"));
    done.fails_with(4).says("BATCHAI_IDLE_SECONDS").says("soon");
}

fn ends_on(signal: Signal) {
    let sandbox = Sandbox::new();
    let server = sandbox.start("server run");
    server.says("listening on");
    sandbox.run("workspace list").succeeds();
    let told = format!("is running already (pid {})", server.id());
    sandbox.run("server run").fails_with(1).says(&told).says("`batchai server stop` stops it");
    sandbox.run("server start").succeeds().says(&told);
    server.signal(signal);
    server.ends().succeeds();
    assert!(!sandbox.home().join("server.sock").exists());
    wait_until_none_runs(&sandbox);
}

#[test]
fn a_server_in_the_foreground_ends_well_on_ctrl_c() {
    ends_on(Signal::INT);
}

#[test]
fn a_server_in_the_foreground_ends_well_on_sigterm() {
    ends_on(Signal::TERM);
}

#[test]
fn a_server_in_the_foreground_can_be_stopped_by_a_command() {
    let sandbox = Sandbox::new();
    let server = sandbox.start("server run");
    server.says("listening on");
    sandbox.run("server stop").succeeds().says("The server has left.");
    server.ends().succeeds();
}

#[test]
fn a_server_leaves_at_once_though_somebody_waits_for_a_job() {
    let sandbox = Sandbox::new();
    sandbox.job_file(&format!("{}; exit 7", sandbox.gate("go").wait()));
    sandbox.run("job create -f job.json -n a").succeeds();
    let waiting = sandbox.start("job wait -n a");
    waiting.says("Job state: running");
    sandbox.run("server stop").succeeds().says("The server has left. 1 job goes on without it");
    sandbox.gate("go").open();
    waiting.ends().fails_with(7);
}

/// A copy of the program that seems to have been built at another time.
struct Build(PathBuf);

impl Build {
    fn new(sandbox: &Sandbox, name: &str, when: SystemTime) -> Self {
        let path = sandbox.path(name);
        fs::copy(env!("CARGO_BIN_EXE_batchai"), &path).expect("a copy");
        File::options().write(true).open(&path).and_then(|file| file.set_modified(when)).expect("a time");
        // Another test that starts a program at this moment may hand the open file to it for an instant.
        wait_until("the copy can be run", || Command::new(&path).arg("--version").output().is_ok());
        Self(path)
    }

    fn run(&self, sandbox: &Sandbox, words: &str) -> Done {
        Done::of(&self.command(sandbox, words).output().expect("the program"))
    }

    fn command(&self, sandbox: &Sandbox, words: &str) -> Command {
        let like = sandbox.command(words.split_whitespace());
        let mut command = Command::new(&self.0);
        command.args(like.get_args()).current_dir(sandbox.work()).env_clear();
        command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    fn is_of(&self, server: i32) -> bool {
        fs::read_link(format!("/proc/{server}/exe")).expect("a program") == self.0
    }
}

fn built() -> SystemTime {
    fs::metadata(Path::new(env!("CARGO_BIN_EXE_batchai"))).and_then(|file| file.modified()).expect("a time")
}

#[test]
fn a_newer_program_replaces_the_server_and_a_running_job_does_not_notice() {
    let sandbox = Sandbox::new();
    sandbox.job_file(&format!("echo before; {}; echo after; exit 3", sandbox.gate("go").wait()));
    let running = sandbox.start("job run -f job.json -n a");
    running.prints("before\n");
    let (old, job) = (sandbox.server(), sandbox.job_processes());
    let newer = Build::new(&sandbox, "newer", built() + Duration::from_secs(60));
    newer.run(&sandbox, "workspace list").succeeds();
    let new = sandbox.server();
    assert!(new != old && newer.is_of(new));
    assert_eq!(the_only_server(&sandbox), new);
    assert!(job.iter().any(|id| sandbox.job_processes().contains(id)));
    sandbox.gate("go").open();
    running.ends().fails_with(3).prints("before\nafter\n");
    assert_eq!(the_only_server(&sandbox), new, "the older program goes on with the newer server");
}

#[test]
fn a_server_that_stays_is_replaced_by_one_that_stays() {
    let sandbox = Sandbox::new();
    sandbox.run("server start").succeeds();
    let newer = Build::new(&sandbox, "newer", built() + Duration::from_secs(60));
    newer.run(&sandbox, "workspace list").succeeds();
    assert!(newer.is_of(sandbox.server()));
    assert_eq!(sandbox.run("server status").succeeds().json()["leavesWhenIdle"], false);
}

#[test]
fn ten_newer_programs_at_once_replace_the_server_by_one() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n kept").succeeds();
    let newer = Build::new(&sandbox, "newer", built() + Duration::from_secs(60));
    let clients: Vec<Running> =
        (0..10).map(|_| Running::start(newer.command(&sandbox, "workspace show -n kept"))).collect();
    for client in clients {
        client.ends().succeeds();
    }
    assert!(newer.is_of(sandbox.server()));
    the_only_server(&sandbox);
    assert_eq!(starts(&sandbox), 2);
}

#[test]
fn an_older_program_never_replaces_the_server() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n kept").succeeds();
    let server = sandbox.server();
    let older = Build::new(&sandbox, "older", built() - Duration::from_secs(60));
    older.run(&sandbox, "workspace show -n kept").succeeds();
    older.run(&sandbox, "workspace create -n other").succeeds();
    assert_eq!(the_only_server(&sandbox), server);
    assert_eq!(starts(&sandbox), 1);
}

#[test]
fn looking_at_the_status_with_a_newer_program_replaces_nothing() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace list").succeeds();
    let server = sandbox.server();
    let newer = Build::new(&sandbox, "newer", built() + Duration::from_secs(60));
    let status = newer.run(&sandbox, "server status").succeeds().json();
    assert_eq!(status["pid"], server);
    assert_eq!(starts(&sandbox), 1);
}
