//! `/proc/self/mountinfo`, proc(5): what is mounted where.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// One mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountPoint {
    /// The directory of the file system that is mounted.
    pub root: PathBuf,
    /// Where.
    pub path: PathBuf,
    /// Its type, such as `cgroup2` or `fuse.rclone`.
    pub kind: String,
}

/// All that is mounted for this process, lower before upper.
///
/// # Errors
/// When `/proc` is not there.
pub fn all() -> io::Result<Vec<MountPoint>> {
    Ok(parse(&std::fs::read("/proc/self/mountinfo")?))
}

/// Whether something is mounted exactly there. Only the parent is resolved: the volume itself may be dead and answer
/// nothing.
pub fn is_mounted(path: &Path) -> bool {
    let place = resolved(path);
    all().unwrap_or_default().iter().any(|mount| mount.path == place)
}

/// A mount point as the kernel spells it.
pub fn resolved(path: &Path) -> PathBuf {
    let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
    match (parent, path.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        (None | Some(_), _) => path.to_owned(),
    }
}

fn parse(text: &[u8]) -> Vec<MountPoint> {
    text.split(|&byte| byte == b'\n').filter_map(parse_line).collect()
}

fn parse_line(line: &[u8]) -> Option<MountPoint> {
    let fields: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    // Any number of optional fields stands before the lone hyphen.
    let hyphen = fields.iter().position(|&field| field == b"-")?;
    let kind = String::from_utf8_lossy(fields.get(hyphen + 1)?).into_owned();
    Some(MountPoint { root: unescape(fields.get(3)?), path: unescape(fields.get(4)?), kind })
}

/// Blank, tab, newline and backslash are written as a backslash and three octal digits.
fn unescape(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'\\').then(|| after.get(..3).and_then(octal)).flatten();
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[3..] } else { after };
    }
    OsString::from_vec(bytes).into()
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_with_and_without_optional_ones() {
        let text = b"31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
            41 31 0:38 /a /sys/fs/cgroup/unified rw,relatime shared:9 master:2 - cgroup2 cgroup2 rw\n\
            not a mount\n";
        let mount =
            |root: &str, path: &str, kind: &str| MountPoint { root: root.into(), path: path.into(), kind: kind.into() };
        let expected = vec![mount("/", "/sys/fs/cgroup", "tmpfs"), mount("/a", "/sys/fs/cgroup/unified", "cgroup2")];
        assert_eq!(parse(text), expected);
    }

    #[test]
    fn escaped_characters_are_read_and_stray_backslashes_kept() {
        assert_eq!(unescape(br"/a\040b\134c"), PathBuf::from(r"/a b\c"));
        assert_eq!(unescape(br"/a\9\04"), PathBuf::from(r"/a\9\04"));
    }
}
