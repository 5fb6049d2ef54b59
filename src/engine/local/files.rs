//! Removing trees of a job's files without ever removing what is only mounted there.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::command::{self, Ran};
use crate::engine::directories::Layout;

/// How long one unmounting program may take; a lost file server must not stop us for ever.
const UNMOUNT_LIMIT: Duration = Duration::from_secs(10);

/// Removes a tree: first unmounts what is mounted in it, never follows symbolic links, and opens directories that
/// are closed to their owner. A tree that is not there is fine.
pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    if path.symlink_metadata().is_err_and(|e| e.kind() == io::ErrorKind::NotFound) {
        return Ok(());
    }
    unmount_below(path)?;
    let removed = match fs::remove_dir_all(path) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            open_directories(path);
            fs::remove_dir_all(path)
        }
        other => other,
    };
    match removed {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Removes a folder of somebody's files as [`remove_tree`] does, but takes no mount away: it is not ours.
pub(super) fn remove_folder(path: &Path) -> io::Result<()> {
    match mounted_below(path)?.first() {
        None => remove_tree(path),
        Some(point) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            format!("another file system is mounted at {}: unmount it first", point.display()),
        )),
    }
}

/// Makes the directory of a volume unless it is there. Of one that the settings name, what is above it has to be there:
/// else a disk is missing, and nobody may write in its place.
pub(super) fn make_volume(directory: &Path, layout: &Layout) -> io::Result<()> {
    if directory.starts_with(layout.storage()) {
        return fs::create_dir_all(directory);
    }
    match fs::create_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Removes the directories above `path`, as far as they are empty and below `root`.
pub(super) fn remove_empty_parents(path: &Path, root: &Path) {
    let parents = path.ancestors().skip(1).take_while(|parent| *parent != root && parent.starts_with(root));
    for parent in parents {
        match fs::remove_dir(parent) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(_) => return,
        }
    }
}

/// Unmounts everything mounted at `path` or below it.
///
/// # Errors
/// When something stays mounted: then nothing may be removed there.
pub(super) fn unmount_below(path: &Path) -> io::Result<()> {
    for point in mounted_below(path)? {
        unmount(&point);
    }
    match mounted_below(path)?.first() {
        None => Ok(()),
        Some(point) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            format!("{} is still mounted: unmount it by hand", point.display()),
        )),
    }
}

/// As root the first or second does it; as a user, a FUSE mount needs its own program.
fn unmount(point: &Path) {
    const WAYS: [&[&str]; 4] =
        [&["umount"], &["umount", "-l"], &["fusermount3", "-u", "-z"], &["fusermount", "-u", "-z"]];
    for way in WAYS {
        let mut command = Command::new(way[0]);
        command.args(&way[1..]).arg(point).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Ok(Ran::Exited(status)) = command::run(&mut command, UNMOUNT_LIMIT, None)
            && status.success()
        {
            return;
        }
    }
}

fn mounted_below(path: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(mount_points(&fs::read("/proc/self/mountinfo")?, path))
}

/// The mount points at or below `path`, innermost first. `table` is in the form of `proc(5)`, mountinfo.
fn mount_points(table: &[u8], path: &Path) -> Vec<PathBuf> {
    let point = |line: &[u8]| line.split(|b| *b == b' ').nth(4).map(unescaped);
    let mut points: Vec<PathBuf> = table.split(|b| *b == b'\n').filter_map(point).collect();
    points.retain(|point| point.starts_with(path));
    points.reverse();
    points.sort_by_key(|point| std::cmp::Reverse(point.as_os_str().len()));
    points
}

/// Blanks, tabs, newlines and backslashes are written as `\` and three octal digits.
fn unescaped(text: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let octal = (*first == b'\\').then(|| after.get(..3)).flatten();
        let byte = octal.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[3..] } else { after };
    }
    PathBuf::from(OsString::from_vec(bytes))
}

/// Gives the owner back what a job took away: without it the entries of a directory cannot be removed.
fn open_directories(path: &Path) {
    let Ok(kind) = path.symlink_metadata() else { return };
    if !kind.is_dir() || fs::set_permissions(path, Permissions::from_mode(kind.permissions().mode() | 0o700)).is_err() {
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        open_directories(&entry.path());
    }
}

/// The last line of a log that says something, for messages.
pub(super) fn last_line(log: &Path) -> Option<String> {
    let text = fs::read(log).ok()?;
    let tail = &text[text.len().saturating_sub(2000)..];
    let tail = String::from_utf8_lossy(tail);
    tail.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_below_a_path_come_innermost_first() {
        let table = b"22 1 0:21 / / rw - ext4 /dev/a rw\n\
            30 22 0:25 / /d/nodes/1/0/mounts/gfs rw - fuse x rw\n\
            31 30 0:26 / /d/nodes/1/0/mounts/gfs/in\\040ner rw - fuse y rw\n\
            32 22 0:27 / /d/nodes/10 rw - fuse z rw\n";
        let found = mount_points(table, Path::new("/d/nodes/1"));
        assert_eq!(found, [PathBuf::from("/d/nodes/1/0/mounts/gfs/in ner"), "/d/nodes/1/0/mounts/gfs".into()]);
    }

    #[test]
    fn a_folder_with_another_file_system_in_it_stays_whole() {
        let error = remove_folder(Path::new("/proc")).expect_err("it is mounted");
        assert!(error.to_string().contains("mounted at /proc"), "{error}");
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("in")).expect("a folder");
        remove_folder(&folder.path().join("in")).expect("nothing is mounted");
        assert!(!folder.path().join("in").exists());
    }

    #[test]
    fn odd_escapes_stay_as_they_are() {
        assert_eq!(unescaped(br"a\134b\9\04"), PathBuf::from(r"a\b\9\04"));
    }

    #[test]
    fn a_tree_goes_even_if_read_only_and_what_it_links_to_stays() {
        let folder = tempfile::tempdir().expect("a directory");
        let (tree, outside) = (folder.path().join("tree"), folder.path().join("outside"));
        fs::create_dir_all(tree.join("closed/inner")).expect("directories");
        fs::create_dir(&outside).expect("a directory");
        fs::write(outside.join("kept"), "").expect("a file");
        std::os::unix::fs::symlink(&outside, tree.join("closed/link")).expect("a link");
        fs::set_permissions(tree.join("closed"), Permissions::from_mode(0o500)).expect("permissions");
        remove_tree(&tree).expect("it goes");
        remove_tree(&tree).expect("twice is fine");
        assert!(!tree.exists() && outside.join("kept").exists());
    }

    #[test]
    fn only_empty_parents_go_and_never_the_root() {
        let folder = tempfile::tempdir().expect("a directory");
        let root = folder.path().join("output");
        fs::create_dir_all(root.join("a/b/c")).expect("directories");
        fs::create_dir_all(root.join("a/other")).expect("directories");
        remove_empty_parents(&root.join("a/b/c/gone"), &root);
        assert!(root.join("a/other").exists() && !root.join("a/b").exists());
        fs::remove_dir(root.join("a/other")).expect("empty");
        remove_empty_parents(&root.join("a/other"), &root);
        assert!(root.exists() && !root.join("a").exists());
    }
}
