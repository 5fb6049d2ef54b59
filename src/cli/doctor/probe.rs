//! Looking at the machine: programs, devices, control groups, the data directory. Changes nothing.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::{Access, access, statvfs};

use crate::config::server::Containers;
use crate::config::storage::Storage;

/// A program that does not say its version within this time counts as one that does not work.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Processors that this program may use.
    pub cores: usize,
    /// Bytes of main memory.
    pub memory: u64,
    /// The data directory.
    pub data: Data,
    /// The first line of `python3 --version`.
    pub python: Option<String>,
    /// Container engines that are there, in the order in which a server prefers them.
    pub containers: Vec<Engine>,
    /// The first line of `mpirun --version`.
    pub mpi: Option<String>,
    /// Graphics processors, a line each.
    pub gpus: Vec<String>,
    /// Control groups of version 2.
    pub cgroup: Cgroup,
    /// Whether processes of the user outlive their logins; `None` where nobody ends them.
    pub lingering: Option<bool>,
    /// Volumes that programs mount.
    pub volumes: Volumes,
    /// The first line of `sbatch --version`.
    pub slurm: Option<String>,
}

/// Volumes that programs mount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Volumes {
    /// Programs that the settings of the server ask for.
    pub wanted: Vec<&'static str>,
    /// Those of them that are not there.
    pub missing: Vec<&'static str>,
    /// Why the kernel's FUSE cannot be used, where one of them needs it.
    pub fuse_problem: Option<String>,
}

/// A container engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Engine {
    /// Its program.
    pub name: String,
    /// The first line of `--version`.
    pub version: String,
    /// Why it makes no containers now, in its own words.
    pub problem: Option<String>,
}

/// The data directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Data {
    /// Where it is, or will be.
    pub path: PathBuf,
    /// Whether it, or the folder that it will be made in, can be written.
    pub is_writable: bool,
    /// Bytes that are free there.
    pub free: u64,
    /// The file system, as the kernel names it: `ext4`, `nfs4`.
    pub file_system: String,
}

/// Control groups of version 2.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Cgroup {
    /// The kernel has none mounted.
    #[default]
    Missing,
    /// There are some, and this user may not make one.
    Closed(PathBuf),
    /// One can be made, and ended at a stroke.
    Open(PathBuf),
}

/// Looks at everything; `data` is the data directory, `containers` how the server is to run them, `storage` where it has
/// volumes.
#[must_use]
pub fn look(data: &Path, containers: &Containers, storage: &Storage) -> Facts {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    Facts {
        cores: std::thread::available_parallelism().map_or(1, NonZero::get),
        memory: memory(&std::fs::read_to_string("/proc/meminfo").unwrap_or_default()),
        data: look_at_data(data, &mounts),
        python: first_line("python3", &["--version"]),
        containers: engines(containers),
        mpi: first_line("mpirun", &["--version"]),
        gpus: gpus(),
        cgroup: cgroup(&mounts, &std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default()),
        lingering: lingering(),
        volumes: volumes(storage),
        slurm: first_line("sbatch", &["--version"]),
    }
}

fn volumes(storage: &Storage) -> Volumes {
    let wanted: Vec<&'static str> = storage.programs().into_iter().collect();
    let path = std::env::var("PATH").unwrap_or_default();
    // Where programs of root are, which not everybody has on his path.
    let folders: Vec<PathBuf> = std::env::split_paths(&format!("{path}:/usr/local/sbin:/usr/sbin:/sbin")).collect();
    let is_there = |program: &str| folders.iter().any(|folder| folder.join(program).is_file());
    let mut missing: Vec<&'static str> = wanted.iter().copied().filter(|program| !is_there(program)).collect();
    let needs_fuse = wanted.iter().any(|program| !program.starts_with("mount."));
    if needs_fuse && !is_there("fusermount3") && !is_there("fusermount") {
        missing.push("fusermount3");
    }
    let device = Path::new("/dev/fuse");
    let opened = std::fs::File::options().read(true).write(true).open(device);
    let fuse_problem = opened.err().filter(|_| needs_fuse).map(|error| format!("{}: {error}", device.display()));
    Volumes { wanted, missing, fuse_problem }
}

/// The one that the settings name, else all that are there.
fn engines(containers: &Containers) -> Vec<Engine> {
    let names = containers.engine.as_deref().map_or_else(|| vec!["docker", "podman"], |named| vec![named]);
    let engine = |name: &str| {
        let version = first_line(name, &["--version"])?;
        let words = containers.options.iter().map(String::as_str).chain(["info"]);
        Some(Engine { name: name.to_owned(), version, problem: listened(name, words).err() })
    };
    names.into_iter().filter_map(engine).collect()
}

fn look_at_data(data: &Path, mounts: &str) -> Data {
    let there = data.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let real = std::fs::canonicalize(there).unwrap_or_else(|_| there.to_owned());
    Data {
        path: data.to_owned(),
        is_writable: there.is_dir() && access(there, Access::WRITE_OK | Access::EXEC_OK).is_ok(),
        free: statvfs(there).map_or(0, |space| space.f_bavail.saturating_mul(space.f_frsize)),
        file_system: file_system(mounts, &real),
    }
}

/// The file system that a path lies on: of the mounts that hold it, the deepest, and of these the last.
fn file_system(mounts: &str, path: &Path) -> String {
    let fields = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((Path::new(fields.next()?), fields.next()?))
    });
    let holding = fields.filter(|(place, _)| path.starts_with(place));
    holding.max_by_key(|(place, _)| place.components().count()).map_or_else(String::new, |(_, kind)| kind.to_owned())
}

fn memory(meminfo: &str) -> u64 {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

fn gpus() -> Vec<String> {
    let listed = output("nvidia-smi", &["-L"]).unwrap_or_default();
    listed.lines().filter(|line| line.starts_with("GPU ")).map(str::to_owned).collect()
}

fn cgroup(mounts: &str, own: &str) -> Cgroup {
    let root = mounts.lines().find_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (place, kind) = (fields.next()?, fields.next()?);
        (kind == "cgroup2").then(|| PathBuf::from(place))
    });
    let group = own.lines().find_map(|line| line.strip_prefix("0::/"));
    let (Some(root), Some(group)) = (root, group) else { return Cgroup::Missing };
    let folder = root.join(group);
    if access(&folder, Access::WRITE_OK).is_ok() { Cgroup::Open(folder) } else { Cgroup::Closed(folder) }
}

/// Where systemd watches over logins, whether it leaves the user's processes alone after the last one.
fn lingering() -> Option<bool> {
    let user = output("id", &["-un"])?;
    if !Path::new("/run/systemd/users").exists() {
        return None;
    }
    Some(Path::new("/var/lib/systemd/linger").join(user.trim()).exists())
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let text = output(program, arguments)?;
    text.lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
}

/// What a program prints; `None` when it is not there, fails, or takes too long.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    listened(program, arguments.iter().copied()).ok()
}

/// What a program prints; when it is not there, fails, or takes too long, why in a few words.
fn listened<'w>(program: &str, arguments: impl IntoIterator<Item = &'w str>) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| error.to_string())?;
    let id = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(PATIENCE) {
        // Python 2 said its version on standard error; nobody asks for that any more.
        Ok(Ok(output)) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rev().find(|line| !line.trim().is_empty());
            Err(last.map_or_else(|| format!("it ended with {}", output.status), |line| line.trim().to_owned()))
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => {
            let _ = id.map(|id| rustix::process::kill_process(id, rustix::process::Signal::KILL));
            Err(format!("it did not answer within {} s", PATIENCE.as_secs()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str =
        "/dev/sda / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n";

    #[test]
    fn a_path_lies_on_the_deepest_mount_that_holds_it() {
        assert_eq!(file_system(MOUNTS, Path::new("/home/me/x")), "nfs4");
        assert_eq!(file_system(MOUNTS, Path::new("/homework")), "ext4");
        assert_eq!(file_system("", Path::new("/")), "");
    }

    #[test]
    fn memory_is_counted_in_bytes() {
        assert_eq!(memory("MemFree: 1 kB\nMemTotal:       2048 kB\n"), 2 << 20);
        assert_eq!(memory(""), 0);
    }

    #[test]
    fn control_groups_of_the_first_version_only_count_as_none() {
        assert_eq!(cgroup("cgroup /sys/fs/cgroup/pids cgroup rw 0 0\n", "3:pids:/\n"), Cgroup::Missing);
        assert_eq!(cgroup(MOUNTS, "3:pids:/\n"), Cgroup::Missing);
    }

    #[test]
    fn a_program_that_is_not_there_or_fails_has_nothing_to_say() {
        assert_eq!(output("/nowhere/program", &[]), None);
        assert_eq!(output("false", &[]), None);
        assert_eq!(first_line("echo", &["one\ntwo"]).as_deref(), Some("one"));
    }
}
