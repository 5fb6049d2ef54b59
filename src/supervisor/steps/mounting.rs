//! Mounting the volumes of the nodes, in order, before anything of the job runs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use super::programs::Spot;
use super::{Awaited, Ending, Run, Together};
use crate::supervisor::quote::quoted_path;
use crate::supervisor::run_dir::{LaunchMount, LaunchNode, MountHow};
use crate::supervisor::shell::Order;

/// Longer than any working mount takes, shorter than anybody waits for a dead one.
const LIMIT: Duration = Duration::from_secs(300);

/// So much of what a mount command printed goes into the message.
const MOST_PRINTED: u64 = 4096;

impl Run<'_> {
    /// Mounts all volumes of all nodes.
    pub(super) fn mount(&mut self) -> Result<(), Ending> {
        let launch = self.launch;
        for (place, node) in launch.nodes.iter().enumerate() {
            for (number, mount) in node.mounts.iter().enumerate() {
                // Before it is tried: half a mount has to go again too.
                self.mounted.push((place, mount));
                match &mount.how {
                    MountHow::Directory(target) => link(&mount.path, target).map_err(|error| {
                        failed(&mount.path, &format!("cannot link it to {}: {error}", target.display()))
                    })?,
                    MountHow::Command(command) => self.mount_by(command, place, node, number, mount)?,
                    MountHow::Program(program) => self.mount_with(program, Spot { place, number, mount })?,
                }
                self.logs[place].say(&format!("{} mounted", mount.path.display()));
            }
        }
        Ok(())
    }

    fn mount_by(
        &mut self,
        command: &str,
        place: usize,
        node: &LaunchNode,
        number: usize,
        mount: &LaunchMount,
    ) -> Result<(), Ending> {
        fs::create_dir_all(&mount.path).map_err(|error| failed(&mount.path, &format!("cannot make it: {error}")))?;
        let output = self.dir.mount_output(place, number);
        let pid = self.start(
            place,
            &Order {
                name: "the mount command",
                command: &format!("{command} {}", quoted_path(&mount.path)),
                directory: &node.working_directory,
                environment: [&node.environment, &BTreeMap::new(), &BTreeMap::new()],
                run: &self.launch.run,
                stdout: &output,
                stderr: &output,
            },
        )?;
        let awaited = BTreeMap::from([(pid, Awaited { name: "the mount command".into(), node: place, holds: true })]);
        match self.wait_together(awaited, Some(Instant::now() + LIMIT)) {
            Together::AllZero => {
                // It may have left a server, which has to outlive the job.
                self.family.keep_all_who_are_there();
                Ok(())
            }
            Together::Failed { end, .. } => {
                Err(failed(&mount.path, &format!("the mount command {end}: {}", printed(&output))))
            }
            Together::Interrupted(why) => Err(self.interrupted(why)),
            Together::TimedOut => {
                let seconds = LIMIT.as_secs();
                let message = format!("the mount command did not finish in {seconds} s: {}", printed(&output));
                Err(failed(&mount.path, &message))
            }
        }
    }
}

pub(super) fn failed(path: &Path, why: &str) -> Ending {
    Ending::mount_failed(format!("cannot mount {}: {why}", path.display()))
}

/// Makes the directory and the link to it. A link or an empty directory of an earlier run gives way. Where what is above
/// the directory is not there, a disk is missing, and nobody may write in its place.
fn link(path: &Path, target: &Path) -> io::Result<()> {
    match fs::create_dir(target) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => fs::remove_file(path)?,
        Ok(found) if found.is_dir() => fs::remove_dir(path)?,
        Ok(_) | Err(_) => {}
    }
    std::os::unix::fs::symlink(target, path)
}

/// The last of what a command printed; a sentence where it printed nothing.
pub(super) fn printed(output: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(output) {
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let _ = file.seek(SeekFrom::Start(length.saturating_sub(MOST_PRINTED)));
        let _ = file.take(MOST_PRINTED).read_to_end(&mut bytes);
    }
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    if text.is_empty() { "it printed nothing".into() } else { text }
}
