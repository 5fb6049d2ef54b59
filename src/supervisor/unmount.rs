//! Taking the mounts of a run away again, whatever happened: the supervisor at the end of its run, an engine for a run
//! whose supervisor is gone.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::mountinfo;
use super::run_dir::{Launch, LaunchMount, MountHow};
use super::tool;

/// Polite ways first; FUSE file systems of ordinary users have their own; at last it only has to look unmounted.
const WAYS: [&[&str]; 6] = [
    &["umount"],
    &["fusermount3", "-u"],
    &["fusermount", "-u"],
    &["umount", "-l"],
    &["fusermount3", "-u", "-z"],
    &["fusermount", "-u", "-z"],
];

/// How long one of them may take; a dead network file system answers never.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command that was run twice may have mounted twice, one over the other.
const MOST_LAYERS: usize = 8;

/// Takes away all mounts of a run, last first; those that are not there are fine. Returns a sentence for each that
/// stayed. For runs without a supervisor, after [`super::orphans::end_orphans`].
#[must_use]
pub fn all(launch: &Launch) -> Vec<String> {
    let mounts = launch.nodes.iter().flat_map(|node| &node.mounts);
    mounts.rev().filter_map(|mount| one(mount).err()).collect()
}

/// Takes one mount away; one that is not there is fine.
///
/// # Errors
/// A sentence that says which stayed, and why.
pub(super) fn one(mount: &LaunchMount) -> Result<(), String> {
    match &mount.how {
        MountHow::Directory(target) => unlink(&mount.path, target)
            .map_err(|error| format!("cannot remove the link {}: {error}", mount.path.display())),
        MountHow::Command(_) | MountHow::Program(_) => lift(&mount.path),
    }
}

/// Only the link we made: whatever else stands there now is somebody's data.
fn unlink(path: &Path, target: &Path) -> io::Result<()> {
    match fs::read_link(path) {
        Ok(found) if found == target => fs::remove_file(path),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn lift(path: &Path) -> Result<(), String> {
    let place = mountinfo::resolved(path);
    for _ in 0..MOST_LAYERS {
        let layers = layers(&place);
        if layers == 0 {
            // The directory was made for the mount; when it is not empty it is not ours alone.
            let _ = fs::remove_dir(path);
            return Ok(());
        }
        if !WAYS.iter().any(|way| run(way, &place).is_ok() && self::layers(&place) < layers) {
            break;
        }
    }
    Err(format!("cannot unmount {}: neither umount nor fusermount could", path.display()))
}

/// How many file systems are mounted exactly there.
fn layers(place: &Path) -> usize {
    mountinfo::all().unwrap_or_default().iter().filter(|mount| mount.path == place).count()
}

/// Runs one of our tools to its end, at most [`PATIENCE`].
fn run(way: &[&str], place: &Path) -> io::Result<()> {
    let (tool, flags) = way.split_first().expect("every way names its tool");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(tool);
    command.args(flags).arg(place).env("PATH", format!("/usr/sbin:/usr/bin:/sbin:/bin:{path}"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    tool::run(&mut command, PATIENCE).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::run_dir::VolumeKind;

    fn link(path: &Path, target: &Path) -> LaunchMount {
        LaunchMount { path: path.to_owned(), how: MountHow::Directory(target.to_owned()), kind: VolumeKind::Other }
    }

    #[test]
    fn our_link_goes_and_what_it_led_to_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let (target, path) = (dir.path().join("share"), dir.path().join("mount"));
        fs::create_dir(&target).expect("made");
        fs::write(target.join("data"), "kept").expect("written");
        std::os::unix::fs::symlink(&target, &path).expect("linked");
        one(&link(&path, &target)).expect("goes");
        one(&link(&path, &target)).expect("is gone");
        assert!(path.symlink_metadata().is_err());
        assert_eq!(fs::read_to_string(target.join("data")).expect("kept"), "kept");
    }

    #[test]
    fn what_is_not_our_link_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("mount");
        std::os::unix::fs::symlink("elsewhere", &path).expect("linked");
        one(&link(&path, &dir.path().join("share"))).expect("nothing to do");
        assert!(path.symlink_metadata().is_ok());
    }

    #[test]
    fn a_path_where_nothing_is_mounted_needs_no_tool() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("never mounted");
        let mount = LaunchMount { path, how: MountHow::Command("true".into()), kind: VolumeKind::Other };
        one(&mount).expect("nothing to do");
    }
}
