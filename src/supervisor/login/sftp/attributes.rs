//! Attributes of files: from the wire to a file, and from a file to the wire.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, fchown};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::packet::{Fields, Packet, TooShort};

const SIZE: u32 = 1;
const OWNER: u32 = 2;
const PERMISSIONS: u32 = 4;
const TIMES: u32 = 8;
const EXTENDED: u32 = 0x8000_0000;

/// What a client wants of a file; what is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wanted {
    pub size: Option<u64>,
    pub owner: Option<(u32, u32)>,
    pub mode: Option<u32>,
    /// Access and modification, in seconds since 1970.
    pub times: Option<(u32, u32)>,
}

impl Wanted {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, TooShort> {
        let flags = fields.number()?;
        let mut wanted = Self::default();
        if flags & SIZE != 0 {
            wanted.size = Some(fields.long()?);
        }
        if flags & OWNER != 0 {
            wanted.owner = Some((fields.number()?, fields.number()?));
        }
        if flags & PERMISSIONS != 0 {
            wanted.mode = Some(fields.number()? & 0o7777);
        }
        if flags & TIMES != 0 {
            wanted.times = Some((fields.number()?, fields.number()?));
        }
        if flags & EXTENDED != 0 {
            for _ in 0..fields.number()? {
                fields.bytes()?;
                fields.bytes()?;
            }
        }
        Ok(wanted)
    }

    /// Makes an open file so.
    pub(super) fn apply(&self, file: &File) -> io::Result<()> {
        if let Some(size) = self.size {
            file.set_len(size)?;
        }
        if let Some((user, group)) = self.owner {
            fchown(file, Some(user), Some(group))?;
        }
        if let Some(mode) = self.mode {
            file.set_permissions(PermissionsExt::from_mode(mode))?;
        }
        if let Some((accessed, modified)) = self.times {
            let times = std::fs::FileTimes::new().set_accessed(moment(accessed)).set_modified(moment(modified));
            file.set_times(times)?;
        }
        Ok(())
    }

    /// Makes the file of this path so. Only what has to be written to is opened for writing.
    pub(super) fn apply_to(&self, path: &Path) -> io::Result<()> {
        if let Some(size) = self.size {
            File::options().write(true).open(path)?.set_len(size)?;
        }
        if let Some((user, group)) = self.owner {
            chown(path, Some(user), Some(group))?;
        }
        if let Some(mode) = self.mode {
            std::fs::set_permissions(path, PermissionsExt::from_mode(mode))?;
        }
        if let Some((accessed, modified)) = self.times {
            let second = |seconds: u32| rustix::fs::Timespec { tv_sec: seconds.into(), tv_nsec: 0 };
            let times = rustix::fs::Timestamps { last_access: second(accessed), last_modification: second(modified) };
            rustix::fs::utimensat(rustix::fs::CWD, path, &times, rustix::fs::AtFlags::empty())?;
        }
        Ok(())
    }
}

fn moment(seconds: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.into())
}

/// Adds the attributes of a file to an answer.
pub(super) fn put(packet: Packet, of: &Metadata) -> Packet {
    let time = |seconds: i64| u32::try_from(seconds.max(0)).unwrap_or(u32::MAX);
    let packet = packet.number(SIZE | OWNER | PERMISSIONS | TIMES).long(of.size()).number(of.uid()).number(of.gid());
    packet.number(of.mode()).number(time(of.atime())).number(time(of.mtime()))
}

/// Adds no attributes to an answer.
pub(super) fn put_none(packet: Packet) -> Packet {
    packet.number(0)
}

/// A line of `ls -l`, which clients show to people. Owners by number, times of the world's clock.
pub(super) fn line(name: &Path, of: &Metadata) -> Vec<u8> {
    let letters = |shift: u32, special: u32, (with, without): (char, char)| {
        let bits = of.mode() >> shift;
        let execute = match (of.mode() & special != 0, bits & 1 != 0) {
            (true, true) => with,
            (true, false) => without,
            (false, true) => 'x',
            (false, false) => '-',
        };
        [if bits & 4 != 0 { 'r' } else { '-' }, if bits & 2 != 0 { 'w' } else { '-' }, execute]
    };
    let kind = match of.mode() & 0o170_000 {
        0o040_000 => 'd',
        0o120_000 => 'l',
        0o060_000 => 'b',
        0o020_000 => 'c',
        0o010_000 => 'p',
        0o140_000 => 's',
        _ => '-',
    };
    let mode: String = [kind]
        .into_iter()
        .chain(letters(6, 0o4000, ('s', 'S')))
        .chain(letters(3, 0o2000, ('s', 'S')))
        .chain(letters(0, 0o1000, ('t', 'T')))
        .collect();
    let time = jiff::Timestamp::from_second(of.mtime()).unwrap_or_default().strftime("%b %e %Y %H:%M").to_string();
    let start = format!("{mode} {:>4} {:<8} {:<8} {:>8} {time} ", of.nlink(), of.uid(), of.gid(), of.size());
    [start.as_bytes(), name.as_os_str().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_in_their_order_and_extensions_passed_over() {
        let packet = Packet::of(0).number(SIZE | PERMISSIONS | TIMES | EXTENDED).long(5).number(0o100_640);
        let packet = packet.number(1).number(2).number(1).bytes(b"k").bytes(b"v").finish();
        let mut fields = Fields(&packet[5..]);
        let wanted = Wanted { size: Some(5), owner: None, mode: Some(0o640), times: Some((1, 2)) };
        assert_eq!(Wanted::read(&mut fields), Ok(wanted));
        assert!(fields.0.is_empty());
        let many = Packet::of(0).number(EXTENDED).number(u32::MAX).finish();
        assert_eq!(Wanted::read(&mut Fields(&many[5..])), Err(TooShort));
    }

    #[test]
    fn a_file_is_shown_as_ls_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = File::create(folder.path().join("f")).expect("a file");
        let wanted = Wanted { size: Some(3), owner: None, mode: Some(0o4751), times: Some((0, 86400)) };
        wanted.apply(&file).expect("it is ours");
        let shown = line(Path::new("f"), &file.metadata().expect("it is there"));
        let shown = String::from_utf8(shown).expect("text");
        assert!(shown.starts_with("-rwsr-x--x    1 ") && shown.ends_with("        3 Jan  2 1970 00:00 f"), "{shown}");
    }
}
