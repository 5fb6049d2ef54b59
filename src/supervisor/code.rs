//! Unpacking the archive of the user's code into the working directory of a node.
//!
//! The archive came over the wire: only plain files, directories and symbolic links, and none of them outside.

use std::fs::{self, File, Permissions};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use tar::{Archive, Entry, EntryType};

/// Why code was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The file system refused, or the archive is damaged.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The archive holds what code has no use for.
    #[error("the code archive is refused: `{entry}` {why}")]
    Refused {
        /// The entry.
        entry: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// Unpacks `archive` into `into`, which is made. `goes_on` is asked between pieces; once it says no, the rest fails.
///
/// # Errors
/// See [`CodeError`]; what was unpacked until then stays.
pub fn unpack(archive: &Path, into: &Path, goes_on: &dyn Fn() -> bool) -> Result<(), CodeError> {
    let failed = |action, path: &Path| {
        let path = path.to_owned();
        move |source| CodeError::Io { action, path, source }
    };
    fs::create_dir_all(into).map_err(failed("make directory", into))?;
    let file = File::open(archive).map_err(failed("open code archive", archive))?;
    let mut tar = Archive::new(Interruptible { inner: BufReader::new(file), goes_on });
    for entry in tar.entries().map_err(failed("read code archive", archive))? {
        let mut entry = entry.map_err(failed("read code archive", archive))?;
        let path = entry.path().map_err(failed("read code archive", archive))?.into_owned();
        if entry.header().entry_type().is_pax_global_extensions() {
            continue;
        }
        if let Some(why) = objection(&entry, &path) {
            return Err(CodeError::Refused { entry: path.display().to_string(), why });
        }
        place(&mut entry, into, &path).map_err(failed("unpack", &into.join(&path)))?;
    }
    Ok(())
}

fn place<R: Read>(entry: &mut Entry<'_, R>, into: &Path, path: &Path) -> io::Result<()> {
    if !entry.unpack_in(into)? {
        return Err(io::Error::other("it would lie outside"));
    }
    if entry.header().entry_type().is_dir() {
        // A directory its owner may not write to could take no files.
        let mode = entry.header().mode()? & 0o777 | 0o700;
        fs::set_permissions(into.join(path), Permissions::from_mode(mode))?;
    }
    Ok(())
}

fn objection<R: Read>(entry: &Entry<'_, R>, path: &Path) -> Option<&'static str> {
    if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Some("has a path that could lead outside the working directory");
    }
    match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous | EntryType::Directory => None,
        EntryType::Symlink => {
            let target = entry.link_name().ok().flatten();
            let is_inside = target.is_some_and(|target| leads_inside(path, &target));
            (!is_inside).then_some("is a link that leads outside the working directory")
        }
        _ => Some("is neither a file nor a directory nor a symbolic link"),
    }
}

/// Whether a link at `path` to `target` stays inside. By its words only: one that leads through other links may still
/// point out, but nothing is unpacked through it, because parents are resolved before each entry.
fn leads_inside(path: &Path, target: &Path) -> bool {
    let parent = path.parent().unwrap_or(Path::new(""));
    let mut depth = 0_usize;
    for part in parent.components().chain(target.components()) {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

/// A reader that fails when the run is to end, so that a large archive does not delay that.
struct Interruptible<'a, R> {
    inner: R,
    goes_on: &'a dyn Fn() -> bool,
}

impl<R: Read> Read for Interruptible<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !(self.goes_on)() {
            return Err(io::Error::other("the run is to end"));
        }
        self.inner.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes names as they are: the crate's own setters refuse the bad ones.
    fn archive(at: &Path, entries: &[(&str, EntryType, u32, &str)]) {
        let mut tar = tar::Builder::new(File::create(at).expect("a file"));
        for (name, kind, mode, content) in entries {
            let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
            let data = if is_link { "" } else { content };
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            if is_link {
                header.as_old_mut().linkname[..content.len()].copy_from_slice(content.as_bytes());
            }
            header.set_entry_type(*kind);
            header.set_mode(*mode);
            header.set_size(data.len() as u64);
            header.set_cksum();
            tar.append(&header, data.as_bytes()).expect("written");
        }
        tar.finish().expect("written");
    }

    fn unpacked(entries: &[(&str, EntryType, u32, &str)]) -> (tempfile::TempDir, Result<(), CodeError>) {
        let dir = tempfile::tempdir().expect("a directory");
        archive(&dir.path().join("code.tar"), entries);
        let result = unpack(&dir.path().join("code.tar"), &dir.path().join("in"), &|| true);
        (dir, result)
    }

    const FILE: EntryType = EntryType::Regular;

    #[test]
    fn files_directories_and_links_arrive_with_their_executable_bit() {
        let (dir, result) = unpacked(&[
            ("./", EntryType::Directory, 0o755, ""),
            ("run.sh", FILE, 0o755, "#!/bin/sh\n"),
            ("sealed", EntryType::Directory, 0o500, ""),
            ("sealed/data.txt", FILE, 0o640, "data"),
            ("sealed/back", EntryType::Symlink, 0o777, "../run.sh"),
            ("deep/without/its/parents", FILE, 0o644, ""),
        ]);
        result.expect("unpacks");
        let mode = |name: &str| fs::metadata(dir.path().join("in").join(name)).expect("there").permissions().mode();
        assert_eq!(mode("run.sh") & 0o777, 0o755);
        assert_eq!(mode("sealed/data.txt") & 0o777, 0o640);
        assert_eq!(mode("sealed") & 0o777, 0o700, "its owner can write into it");
        let read = |name: &str| fs::read_to_string(dir.path().join("in").join(name)).expect("readable");
        assert_eq!(read("sealed/data.txt"), "data");
        assert_eq!(read("sealed/back"), "#!/bin/sh\n");
        assert_eq!(read("deep/without/its/parents"), "");
    }

    #[test]
    fn whatever_could_lie_outside_or_is_no_file_is_refused_by_name() {
        let cases = [
            ("../evil", FILE, ""),
            ("/tmp/evil", FILE, ""),
            ("a/../../evil", FILE, ""),
            ("link", EntryType::Symlink, "/etc/passwd"),
            ("link", EntryType::Symlink, "../up"),
            ("a/link", EntryType::Symlink, "../../up"),
            ("hard", EntryType::Link, "run.sh"),
            ("pipe", EntryType::Fifo, ""),
            ("device", EntryType::Char, ""),
        ];
        for (name, kind, content) in cases {
            let (dir, result) = unpacked(&[(name, kind, 0o644, content)]);
            let error = result.expect_err(name);
            assert!(matches!(&error, CodeError::Refused { entry, .. } if entry == name), "{name}: {error}");
            assert_eq!(fs::read_dir(dir.path().join("in")).expect("made").count(), 0, "{name}");
            assert!(!dir.path().join("evil").exists());
        }
    }

    #[test]
    fn nothing_is_written_through_links_that_together_lead_out() {
        let (dir, result) = unpacked(&[
            ("a/b/root", EntryType::Symlink, 0o777, "../.."),
            ("out", EntryType::Symlink, 0o777, "a/b/root/.."),
            ("out/evil", FILE, 0o644, "x"),
        ]);
        assert!(matches!(result, Err(CodeError::Io { .. })));
        assert!(!dir.path().join("evil").exists());
    }

    #[test]
    fn a_torn_archive_is_an_error_and_an_ended_run_stops_unpacking() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("code.tar");
        archive(&path, &[("data", FILE, 0o644, &"x".repeat(2000))]);
        assert!(unpack(&path, &dir.path().join("in"), &|| false).is_err());
        File::options().write(true).open(&path).expect("there").set_len(1000).expect("cut");
        assert!(unpack(&path, &dir.path().join("in"), &|| true).is_err());
        assert!(unpack(&dir.path().join("absent.tar"), &dir.path().join("in"), &|| true).is_err());
    }
}
