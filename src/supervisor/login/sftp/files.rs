//! What the requests of a client do to files.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, ReadDir};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use super::MOST_AT_ONCE;
use super::attributes::{self, Wanted};
use super::packet::{Fields, TooShort};

const END_OF_FILE: u32 = 1;
const NO_SUCH_FILE: u32 = 2;
const PERMISSION_DENIED: u32 = 3;
const FAILURE: u32 = 4;
const BAD_MESSAGE: u32 = 5;
const UNSUPPORTED: u32 = 8;

/// So many entries of a directory go into one answer.
const MOST_ENTRIES: usize = 100;

/// More open files than any client has, and fewer than a process may.
const MOST_HANDLES: usize = 512;

/// What a request that was done is answered.
pub(super) enum Answer {
    Done,
    Handle(u32),
    Data(Vec<u8>),
    Attributes(Box<Metadata>),
    Name(Vec<u8>),
    Entries(Vec<Entry>),
    /// How long packets may be.
    Limits,
}

/// An entry of a directory.
pub(super) struct Entry {
    pub name: Vec<u8>,
    pub line: Vec<u8>,
    pub metadata: Metadata,
}

/// Why a request was not done.
#[derive(Debug)]
pub(super) struct Refusal {
    pub code: u32,
    pub message: String,
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::NotFound => NO_SUCH_FILE,
            io::ErrorKind::PermissionDenied => PERMISSION_DENIED,
            io::ErrorKind::UnexpectedEof => END_OF_FILE,
            _ => FAILURE,
        };
        Self { code, message: error.to_string() }
    }
}

impl From<rustix::io::Errno> for Refusal {
    fn from(error: rustix::io::Errno) -> Self {
        io::Error::from(error).into()
    }
}

impl From<TooShort> for Refusal {
    fn from(_: TooShort) -> Self {
        Self { code: BAD_MESSAGE, message: "the request ends too early".into() }
    }
}

enum Open {
    File { file: File, appends: bool },
    Directory { path: PathBuf, entries: ReadDir },
}

/// The files that a client has open.
#[derive(Default)]
pub(super) struct Files {
    open: BTreeMap<u32, Open>,
    next: u32,
}

impl Files {
    /// Does one request, whose fields after its id these are.
    pub(super) fn request(&mut self, kind: u8, fields: &mut Fields<'_>) -> Result<Answer, Refusal> {
        match kind {
            3 => self.open(fields),
            4 => self.close(fields),
            5 => self.read(fields),
            6 => self.write(fields),
            7 => Ok(Answer::Attributes(Box::new(fs::symlink_metadata(path(fields)?)?))),
            8 => Ok(Answer::Attributes(Box::new(self.metadata(fields)?))),
            9 => {
                let path = path(fields)?;
                Ok(done(Wanted::read(fields)?.apply_to(&path)?))
            }
            10 => self.change(fields),
            11 => self.open_directory(fields),
            12 => self.list(fields),
            13 => Ok(done(fs::remove_file(path(fields)?)?)),
            14 => make_directory(fields),
            15 => Ok(done(fs::remove_dir(path(fields)?)?)),
            16 => Ok(Answer::Name(full_path(&path(fields)?)?)),
            17 => Ok(Answer::Attributes(Box::new(fs::metadata(path(fields)?)?))),
            18 => rename(fields),
            19 => Ok(Answer::Name(fs::read_link(path(fields)?)?.into_os_string().into_vec())),
            20 => {
                // As every client has it by now: first where the link leads to (OpenSSH, PROTOCOL, 4.1).
                let target = path(fields)?;
                Ok(done(symlink(target, path(fields)?)?))
            }
            200 => self.extended(fields),
            _ => Err(unsupported(&format!("requests of the kind {kind} are unknown here"))),
        }
    }

    fn add(&mut self, open: Open) -> Result<Answer, Refusal> {
        if self.open.len() >= MOST_HANDLES {
            return Err(Refusal { code: FAILURE, message: format!("{MOST_HANDLES} files are open already") });
        }
        let handle = self.next;
        self.next = self.next.wrapping_add(1);
        self.open.insert(handle, open);
        Ok(Answer::Handle(handle))
    }

    fn file(&self, fields: &mut Fields<'_>) -> Result<(&File, bool), Refusal> {
        match self.open.get(&handle(fields)?) {
            Some(Open::File { file, appends }) => Ok((file, *appends)),
            Some(Open::Directory { .. }) | None => Err(no_handle()),
        }
    }

    fn open(&mut self, fields: &mut Fields<'_>) -> Result<Answer, Refusal> {
        let path = path(fields)?;
        let flags = fields.number()?;
        let is = |bit: u32| flags & bit != 0;
        let mode = Wanted::read(fields)?.mode.unwrap_or(0o666);
        let mut options = File::options();
        options.read(is(1)).write(is(2)).append(is(4)).mode(mode);
        // To make a file, or to make it empty, takes the right to write it; the flags need not say so.
        options.truncate(is(16) && is(2)).create(is(8) && !is(32) && (is(2) || is(4)));
        options.create_new(is(8) && is(32) && (is(2) || is(4)));
        let file = options.open(path)?;
        self.add(Open::File { file, appends: is(4) })
    }

    fn close(&mut self, fields: &mut Fields<'_>) -> Result<Answer, Refusal> {
        self.open.remove(&handle(fields)?).map(|_| Answer::Done).ok_or_else(no_handle)
    }

    fn read(&self, fields: &mut Fields<'_>) -> Result<Answer, Refusal> {
        let (file, _) = self.file(fields)?;
        let (offset, length) = (fields.long()?, fields.number()?.min(MOST_AT_ONCE));
        let mut data = vec![0; usize::try_from(length).unwrap_or_default()];
        let read = file.read_at(&mut data, offset)?;
        if read == 0 && length > 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        data.truncate(read);
        Ok(Answer::Data(data))
    }

    fn write(&self, fields: &mut Fields<'_>) -> Result<Answer, Refusal> {
        let (file, appends) = self.file(fields)?;
        let (offset, data) = (fields.long()?, fields.bytes()?);
        if appends {
            let mut file = file;
            return Ok(done(io::Write::write_all(&mut file, data)?));
        }
        Ok(done(file.write_all_at(data, offset)?))
    }

    fn metadata(&self, fields: &mut Fields<'_>) -> Result<Metadata, Refusal> {
        match self.open.get(&handle(fields)?) {
            Some(Open::File { file, .. }) => Ok(file.metadata()?),
            Some(Open::Directory { path, .. }) => Ok(fs::metadata(path)?),
            None => Err(no_handle()),
        }
    }

    fn change(&self, fields: &mut Fields<'_>) -> Result<Answer, Refusal> {
        match self.open.get(&handle(fields)?) {
            Some(Open::File { file, .. }) => Ok(done(Wanted::read(fields)?.apply(file)?)),
            Some(Open::Directory { path, .. }) => Ok(done(Wanted::read(fields)?.apply_to(path)?)),
            None => Err(no_handle()),
        }
    }

    fn open_directory(&mut self, fields: &mut Fields<'_>) -> Result<Answer, Refusal> {
        let path = path(fields)?;
        let entries = fs::read_dir(&path)?;
        self.add(Open::Directory { path, entries })
    }

    fn list(&mut self, fields: &mut Fields<'_>) -> Result<Answer, Refusal> {
        let Some(Open::Directory { entries, .. }) = self.open.get_mut(&handle(fields)?) else {
            return Err(no_handle());
        };
        let mut listed = Vec::new();
        for entry in entries.by_ref() {
            let entry = entry?;
            // One that has gone meanwhile is none.
            let Ok(metadata) = entry.metadata() else { continue };
            let name = entry.file_name();
            let line = attributes::line(Path::new(&name), &metadata);
            listed.push(Entry { name: name.into_vec(), line, metadata });
            if listed.len() == MOST_ENTRIES {
                break;
            }
        }
        if listed.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(Answer::Entries(listed))
    }

    fn extended(&self, fields: &mut Fields<'_>) -> Result<Answer, Refusal> {
        let name = fields.bytes()?;
        match name {
            b"posix-rename@openssh.com" => {
                let from = path(fields)?;
                Ok(done(fs::rename(from, path(fields)?)?))
            }
            b"hardlink@openssh.com" => {
                let from = path(fields)?;
                Ok(done(fs::hard_link(from, path(fields)?)?))
            }
            b"fsync@openssh.com" => Ok(done(self.file(fields)?.0.sync_all()?)),
            b"limits@openssh.com" => Ok(Answer::Limits),
            b"expand-path@openssh.com" => Ok(Answer::Name(full_path(&expanded(fields.bytes()?)?)?)),
            _ => Err(unsupported(&format!("the extension {} is unknown here", String::from_utf8_lossy(name)))),
        }
    }
}

fn done((): ()) -> Answer {
    Answer::Done
}

fn unsupported(message: &str) -> Refusal {
    Refusal { code: UNSUPPORTED, message: message.into() }
}

fn no_handle() -> Refusal {
    Refusal { code: FAILURE, message: "nothing of this kind is open under this handle".into() }
}

fn handle(fields: &mut Fields<'_>) -> Result<u32, Refusal> {
    fields.bytes()?.try_into().map(u32::from_be_bytes).map_err(|_| no_handle())
}

/// A path; relative ones begin in the directory that the process was started in.
fn path(fields: &mut Fields<'_>) -> Result<PathBuf, TooShort> {
    let bytes = fields.bytes()?;
    Ok(PathBuf::from(OsStr::from_bytes(if bytes.is_empty() { b"." } else { bytes })))
}

/// The path with `~` at its beginning replaced.
fn expanded(path: &[u8]) -> Result<PathBuf, Refusal> {
    let home = || std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
    match path {
        b"~" => Ok(home()),
        [b'~', b'/', rest @ ..] => Ok(home().join(OsStr::from_bytes(rest))),
        [b'~', ..] => Err(unsupported("only one's own home directory is known here, which is ~")),
        _ => Ok(PathBuf::from(OsStr::from_bytes(path))),
    }
}

/// The path from the root, without links where it exists. The last part, and what is before it, need not.
fn full_path(path: &Path) -> Result<Vec<u8>, Refusal> {
    let full = match fs::canonicalize(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => std::path::absolute(path)?,
        other => other?,
    };
    Ok(full.into_os_string().into_vec())
}

fn make_directory(fields: &mut Fields<'_>) -> Result<Answer, Refusal> {
    let path = path(fields)?;
    let mode = Wanted::read(fields)?.mode.unwrap_or(0o777);
    Ok(done(fs::DirBuilder::new().mode(mode).create(path)?))
}

/// Without the extension, a rename takes nothing away (draft-ietf-secsh-filexfer-02, 6.5).
fn rename(fields: &mut Fields<'_>) -> Result<Answer, Refusal> {
    let (from, to) = (path(fields)?, path(fields)?);
    if fs::symlink_metadata(&to).is_ok() {
        return Err(Refusal { code: FAILURE, message: "there is something of this name already".into() });
    }
    Ok(done(fs::rename(from, to)?))
}
