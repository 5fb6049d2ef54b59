//! What is to be done about a file that may be there already, wholly or in part. Pure.

use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;

use super::Remote;

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Local {
    /// Nothing.
    Nothing,
    /// A file of this size and time.
    File(u64, Option<Timestamp>),
    /// A folder, a link, a device.
    Other,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is the same already.
    Keep,
    /// Fetched from this byte on; what is before is in the part.
    Fetch(u64),
    /// Another file is in its place, and was not to be replaced.
    Refuse,
    /// What is in its place is no file.
    Blocked,
}

/// What to do about a file. `part`: how much of this very version has been fetched before.
#[must_use]
pub fn decide(remote: &Remote, local: &Local, part: Option<u64>, force: bool) -> Action {
    match local {
        Local::Other => Action::Blocked,
        Local::File(size, modified) if *size == remote.size && is_same_time(*modified, remote.modified) => Action::Keep,
        Local::File(..) if !force => Action::Refuse,
        // More than there is to fetch cannot be a part of it.
        Local::File(..) | Local::Nothing => Action::Fetch(part.filter(|part| *part <= remote.size).unwrap_or(0)),
    }
}

/// To the millisecond, which is what a listing tells.
fn is_same_time(here: Option<Timestamp>, there: Option<Timestamp>) -> bool {
    let milliseconds = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    milliseconds(here) == milliseconds(there)
}

/// The name under which a version of a file is kept while it is fetched: another version has another one.
#[must_use]
pub fn part_name(name: &str, remote: &Remote) -> String {
    let modified = remote.modified.map_or(0, Timestamp::as_millisecond);
    format!(".{name}.{modified:x}-{:x}.part", remote.size)
}

/// The path below the folder, if it stays there: only plain names, no `..`, nothing absolute.
#[must_use]
pub fn inside(below: &str) -> Option<PathBuf> {
    let path = Path::new(below);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    (is_plain && !below.is_empty() && !below.contains(['\0', '\\'])).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(size: u64) -> Remote {
        let modified = "2026-01-01T00:00:00.123Z".parse().ok();
        Remote { path: "a".into(), below: "a".into(), size, modified, is_executable: false }
    }

    #[test]
    fn the_same_file_is_kept_and_another_one_is_never_replaced_unasked() {
        let same = Local::File(5, "2026-01-01T00:00:00.1234567Z".parse().ok());
        let other = Local::File(5, "2026-01-02T00:00:00Z".parse().ok());
        assert_eq!(decide(&remote(5), &same, None, false), Action::Keep);
        assert_eq!(decide(&remote(5), &other, None, false), Action::Refuse);
        assert_eq!(decide(&remote(5), &other, None, true), Action::Fetch(0));
        assert_eq!(decide(&remote(5), &Local::Other, None, true), Action::Blocked);
    }

    #[test]
    fn what_was_broken_off_goes_on_unless_it_is_too_long() {
        assert_eq!(decide(&remote(5), &Local::Nothing, Some(3), false), Action::Fetch(3));
        assert_eq!(decide(&remote(5), &Local::Nothing, Some(6), false), Action::Fetch(0));
        assert_ne!(part_name("a", &remote(5)), part_name("a", &remote(6)));
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        assert_eq!(inside("a/b.txt"), Some(PathBuf::from("a/b.txt")));
        for wrong in ["", "..", "../a", "a/../../b", "/etc/passwd", "./a", "a\\b", "a\0"] {
            assert_eq!(inside(wrong), None, "{wrong:?}");
        }
    }
}
