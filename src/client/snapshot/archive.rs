//! The bytes of a snapshot: a GNU tar archive with nothing in it that could differ between two machines.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};

use super::{Entry, Kind, SnapshotError};

const BLOCK: usize = 512;
const PIECE: usize = 256 * 1024;

/// Room for a name or a link target in a header; longer ones go before it.
const NAME: usize = 100;

/// Passes bytes on, and knows their digest and number.
pub struct Digesting<W> {
    inner: W,
    sha256: Sha256,
    len: u64,
}

impl<W> Digesting<W> {
    pub fn new(inner: W) -> Self {
        Self { inner, sha256: Sha256::new(), len: 0 }
    }

    /// `sha256:` and hexadecimal digits, and how many bytes there were.
    pub fn finish(self) -> (String, u64) {
        let hex = self.sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        (format!("sha256:{hex}"), self.len)
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.len += u64::try_from(written).expect("a length in memory fits");
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes the archive of `entries`, whose files lie below `root`.
pub fn write(root: &Path, entries: &[Entry], out: &mut impl Write) -> Result<(), SnapshotError> {
    let mut piece = vec![0; PIECE];
    for entry in entries {
        out.write_all(&header(entry)).map_err(SnapshotError::Send)?;
        if let Kind::File { len, .. } = entry.kind {
            write_content(&root.join(&entry.path), len, &mut piece, out)?;
        }
    }
    // Two empty blocks are the end of every archive.
    out.write_all(&[0; 2 * BLOCK]).map_err(SnapshotError::Send)
}

/// Writes exactly `len` bytes and fills the last block.
fn write_content(path: &Path, len: u64, piece: &mut [u8], out: &mut impl Write) -> Result<(), SnapshotError> {
    let changed = || SnapshotError::FileChanged { path: path.to_owned() };
    let read = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => changed(),
        _ => SnapshotError::Read { path: path.to_owned(), source },
    };
    let mut file = File::open(path).map_err(read)?;
    if file.metadata().map_err(read)?.len() != len {
        return Err(changed());
    }
    let mut left = len;
    while left > 0 {
        let wanted = usize::try_from(left).map_or(piece.len(), |left| left.min(piece.len()));
        let got = read_some(&mut file, &mut piece[..wanted]).map_err(read)?;
        if got == 0 {
            return Err(changed());
        }
        out.write_all(&piece[..got]).map_err(SnapshotError::Send)?;
        left -= u64::try_from(got).expect("a length in memory fits");
    }
    let over = usize::try_from(len % BLOCK as u64).expect("below a block");
    out.write_all(&[0; BLOCK][..(BLOCK - over) % BLOCK]).map_err(SnapshotError::Send)
}

fn read_some(file: &mut File, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// The header of an entry, with the extra entries that long names need.
fn header(entry: &Entry) -> Vec<u8> {
    let name = name_bytes(&entry.path);
    let (entry_type, mode, size, link) = match &entry.kind {
        Kind::Directory => (EntryType::Directory, 0o755, 0, Cow::default()),
        Kind::File { len, executable: true } => (EntryType::Regular, 0o755, *len, Cow::default()),
        Kind::File { len, executable: false } => (EntryType::Regular, 0o644, *len, Cow::default()),
        Kind::Link { target } => (EntryType::Symlink, 0o777, 0, name_bytes(Path::new(target))),
    };
    let mut out = Vec::with_capacity(BLOCK);
    append_long(&mut out, EntryType::GNULongName, &name);
    append_long(&mut out, EntryType::GNULongLink, &link);
    append_block(&mut out, entry_type, mode, size, &name, &link);
    out
}

/// GNU tar's way to give the next entry a name of any length. Nothing for a name that fits.
fn append_long(out: &mut Vec<u8>, entry_type: EntryType, name: &[u8]) {
    if name.len() <= NAME {
        return;
    }
    let size = name.len() + 1;
    append_block(out, entry_type, 0o644, u64::try_from(size).expect("a name is short"), b"././@LongLink", b"");
    out.extend_from_slice(name);
    out.resize(out.len() + 1, 0);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

fn append_block(out: &mut Vec<u8>, entry_type: EntryType, mode: u32, size: u64, name: &[u8], link: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_entry_type(entry_type);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    // The crate's own setters take no name that is neither text nor short.
    let old = header.as_old_mut();
    fill(&mut old.name, name);
    fill(&mut old.linkname, link);
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
}

fn fill(field: &mut [u8; NAME], bytes: &[u8]) {
    let len = bytes.len().min(NAME);
    field[..len].copy_from_slice(&bytes[..len]);
}

#[cfg(unix)]
fn name_bytes(path: &Path) -> Cow<'_, [u8]> {
    use std::os::unix::ffi::OsStrExt;
    Cow::Borrowed(path.as_os_str().as_bytes())
}

#[cfg(not(unix))]
fn name_bytes(path: &Path) -> Cow<'_, [u8]> {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Cow::Owned(parts.join("/").into_bytes())
}
