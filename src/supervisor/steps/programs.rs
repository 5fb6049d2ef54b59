//! Volumes that a program mounts: starting it, seeing that the volume is there and answers, and noticing its end.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::mounting::failed;
use super::{Awaited, Ending, Run, Together};
use crate::supervisor::family::{End, Reaped};
use crate::supervisor::mount_log::MountLog;
use crate::supervisor::mountinfo;
use crate::supervisor::run_dir::{LaunchMount, MountProgram, RUN_MARKER};
use crate::supervisor::watch::Interruption;

/// Where programs of root are, which not everybody has on his `PATH`.
const OF_ROOT: &str = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";

/// One mount of a run.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    pub place: usize,
    pub number: usize,
    pub mount: &'a LaunchMount,
}

/// Who serves the volumes of a run.
#[derive(Debug, Default)]
pub(super) struct Servers {
    /// By process id.
    serving: BTreeMap<i32, (PathBuf, MountLog)>,
    lost: Option<String>,
}

impl Servers {
    /// Notes that a process has ended; the volume that it served.
    pub(super) fn ended(&mut self, pid: i32, end: End) -> Option<PathBuf> {
        let (path, log) = self.serving.remove(&pid)?;
        let said = log.finish();
        self.lost
            .get_or_insert_with(|| format!("cannot keep {} mounted: whoever served it {end}: {said}", path.display()));
        Some(path)
    }

    /// What to say of the first volume that was lost.
    pub(super) fn lost(&self) -> Option<&str> {
        self.lost.as_deref()
    }

    /// Whether the run has to end for it.
    pub(super) fn is_one_lost(&self) -> Option<Interruption> {
        self.lost.is_some().then_some(Interruption::VolumeLost)
    }
}

/// What became of a program that was to mount a volume.
enum Outcome {
    /// The volume is there.
    There,
    /// It has ended.
    Ended(End),
    Interrupted(Interruption),
    TimedOut,
}

impl Run<'_> {
    /// Has a program mount a volume, and sees that it is there.
    pub(super) fn mount_with(&mut self, program: &MountProgram, spot: Spot<'_>) -> Result<(), Ending> {
        self.stop_if_interrupted()?;
        let path = &spot.mount.path;
        fs::create_dir_all(path).map_err(|error| failed(path, &format!("cannot make it: {error}")))?;
        let limit = Instant::now() + Duration::from_secs(program.limit_seconds);
        let (pid, log) = self.start_program(program, spot).map_err(|why| failed(path, &why))?;
        self.logs[spot.place].say(&format!("{} started as process {pid}", program.program));
        let name = &program.program;
        match self.wait_for_volume(pid, program, path, limit) {
            Outcome::There => {}
            Outcome::Ended(end) => return Err(failed(path, &format!("{name} {end}: {}", log.finish()))),
            Outcome::Interrupted(why) => return Err(self.interrupted(why)),
            Outcome::TimedOut => {
                let seconds = program.limit_seconds;
                return Err(failed(path, &format!("{name} did not mount it within {seconds} s: {}", log.so_far())));
            }
        }
        if program.stays {
            self.look_into(spot, &log, limit)?;
            self.servers.serving.insert(pid, (path.clone(), log));
        }
        self.family.keep_all_who_are_there();
        Ok(())
    }

    fn start_program(&self, program: &MountProgram, spot: Spot<'_>) -> Result<(i32, MountLog), String> {
        let search_path = format!("{}:{OF_ROOT}", std::env::var("PATH").unwrap_or_default());
        let name = &program.program;
        let Some(found) = find(name, &search_path) else {
            return Err(format!("{name} is not there: install {}", program.source));
        };
        if program.is_fuse {
            check_fuse(&search_path)?;
        }
        if let Some(cache) = &program.cache {
            make_private(cache).map_err(|error| format!("cannot make {}: {error}", cache.display()))?;
        }
        let values = self.secrets.volumes();
        let secrets: Vec<(&String, &String)> = program
            .secrets
            .iter()
            .filter_map(|variable| Some((variable, values.get(&MountProgram::secret_name(spot.number, variable))?)))
            .collect();
        let hidden = secrets.iter().map(|(_, value)| (*value).clone()).collect();
        let (log, output) = MountLog::open(&self.dir.mount_output(spot.place, spot.number), hidden)
            .map_err(|error| format!("cannot take in what {name} says: {error}"))?;
        let mut command = Command::new(found);
        command.args(&program.arguments).current_dir("/").process_group(0).env_clear();
        command.env("PATH", search_path).env("HOME", std::env::var_os("HOME").unwrap_or_else(|| "/".into()));
        command.env(RUN_MARKER, &self.launch.run).envs(&program.environment).envs(secrets);
        let output_too = output.try_clone().map_err(|error| format!("cannot start {name}: {error}"))?;
        command.stdin(Stdio::null()).stdout(output).stderr(output_too);
        let child = command.spawn().map_err(|error| format!("cannot start {name}: {error}"))?;
        Ok((i32::try_from(child.id()).expect("a Linux pid is below 2^22"), log))
    }

    fn wait_for_volume(&mut self, pid: i32, program: &MountProgram, path: &Path, limit: Instant) -> Outcome {
        // Without it the end of the program and the limit are still noticed.
        let _ = self.watch.attend_mounts(program.stays);
        let outcome = loop {
            if let Some(end) = self.end_of(pid) {
                let is_there = end == End::Code(0) && (!program.stays || mountinfo::is_mounted(path));
                break if is_there { Outcome::There } else { Outcome::Ended(end) };
            }
            if program.stays && mountinfo::is_mounted(path) {
                break Outcome::There;
            }
            if let Some(why) = self.watch.interruption().or_else(|| self.servers.is_one_lost()) {
                break Outcome::Interrupted(why);
            }
            if Instant::now() >= limit {
                break Outcome::TimedOut;
            }
            self.watch.wait(Some(limit));
        };
        let _ = self.watch.attend_mounts(false);
        outcome
    }

    /// Whether this one has ended; reaps all who have.
    fn end_of(&mut self, pid: i32) -> Option<End> {
        let mut found = None;
        while let Reaped::Ended(ended, end) = self.family.reap() {
            if ended == pid {
                found = Some(end);
            } else {
                self.other_ended(ended, end);
            }
        }
        found
    }

    /// A volume may be there that cannot be read: whoever serves it asks the far end only now.
    fn look_into(&mut self, spot: Spot<'_>, log: &MountLog, limit: Instant) -> Result<(), Ending> {
        let path = &spot.mount.path;
        let mut command = Command::new("ls");
        command.args(["-f", "--"]).arg(path).process_group(0).env_clear().env("PATH", OF_ROOT);
        command.env(RUN_MARKER, &self.launch.run).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| failed(path, &format!("cannot look into it: {error}")))?;
        let pid = i32::try_from(child.id()).expect("a Linux pid is below 2^22");
        let looking = Awaited { name: format!("a look into {}", path.display()), node: spot.place, holds: true };
        match self.wait_together(BTreeMap::from([(pid, looking)]), Some(limit)) {
            Together::AllZero => Ok(()),
            Together::Failed { .. } => Err(failed(path, &format!("it cannot be read: {}", log.settled()))),
            Together::Interrupted(why) => Err(self.interrupted(why)),
            Together::TimedOut => Err(failed(path, &format!("it does not answer: {}", log.so_far()))),
        }
    }
}

/// A program by its name, or the path of one.
fn find(name: &str, search_path: &str) -> Option<PathBuf> {
    let folders = std::env::split_paths(search_path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn check_fuse(search_path: &str) -> Result<(), String> {
    const DEVICE: &str = "/dev/fuse";
    if let Err(error) = File::options().read(true).write(true).open(DEVICE) {
        let what_to_do = match error.kind() {
            io::ErrorKind::PermissionDenied => "let the user of the server read and write it",
            _ => "load it with `modprobe fuse`, or give the device to the container that the server is in",
        };
        return Err(format!("the kernel's FUSE cannot be used, for {DEVICE}: {error}: {what_to_do}"));
    }
    let is_there = ["fusermount3", "fusermount"].iter().any(|name| find(name, search_path).is_some());
    if is_there { Ok(()) } else { Err("fusermount3 is not there: install the package fuse3".into()) }
}

/// An empty directory that nobody else reads.
fn make_private(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}
