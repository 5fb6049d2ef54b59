//! A file of output that takes so much and no more, and that outlives a full disk.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::fstatvfs;

use crate::supervisor::shell::{kept_output_file, output_file};

/// Output leaves so much of a disk free, for those who cannot do without.
const KEPT_FREE: u64 = 64 << 20;

/// How much is written between two looks at what is free: a file that stays shorter is never held back.
const LOOK_EVERY: u64 = 1 << 20;

/// A file of output.
pub struct Bounded {
    file: File,
    path: PathBuf,
    most: Option<u64>,
    written: u64,
    /// What came after `most` bytes.
    beyond: u64,
    /// What was dropped since the disk last took something, and why.
    gap: Option<(u64, io::Error)>,
    /// What was dropped before.
    gaps: u64,
    looked_at: u64,
}

impl Bounded {
    /// An empty file, or one that keeps what is in it. Whoever else has it open may append to it: nobody overwrites
    /// anybody.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(path: &Path, most: Option<u64>, keeps: bool) -> io::Result<Self> {
        let open = if keeps { kept_output_file } else { output_file };
        let (file, path) = (open(path)?, path.to_owned());
        Ok(Self { file, path, most, written: 0, beyond: 0, gap: None, gaps: 0, looked_at: 0 })
    }

    /// Takes what it can of `bytes`, and counts the rest.
    pub fn take(&mut self, bytes: &[u8]) {
        let room = self.most.map_or(u64::MAX, |most| most - self.written);
        let (inside, outside) = bytes.split_at(bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
        if !inside.is_empty() {
            self.write(inside);
        }
        if !outside.is_empty() {
            if self.beyond == 0 {
                self.say_bound();
            }
            self.beyond += outside.len() as u64;
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let (taken, result) = match self.bridge().and_then(|()| self.look()) {
            Ok(()) => write_all(&mut self.file, bytes),
            Err(error) => (0, Err(error)),
        };
        // The bound counts what was dropped too: a file does not outgrow it when the disk has room again.
        self.written += bytes.len() as u64;
        if let Err(error) = result {
            let before = self.gap.take().map_or(0, |(lost, _)| lost);
            self.gap = Some((before + bytes.len() as u64 - taken, error));
        }
    }

    /// Says in the file what is missing here, if something is.
    fn bridge(&mut self) -> io::Result<()> {
        let Some((lost, why)) = &self.gap else { return Ok(()) };
        enough_room(&self.file)?;
        writeln!(self.file, "\n[batchai] {lost} bytes are missing here: {why}")?;
        self.gaps += self.gap.take().map_or(0, |(lost, _)| lost);
        Ok(())
    }

    fn look(&mut self) -> io::Result<()> {
        if self.written - self.looked_at < LOOK_EVERY {
            return Ok(());
        }
        enough_room(&self.file)?;
        self.looked_at = self.written;
        Ok(())
    }

    fn say_bound(&mut self) {
        let most = self.written;
        // Where there is no room for it, the end of the execution log tells.
        let _ = writeln!(
            self.file,
            "\n[batchai] this file has reached {most} bytes, the most that the server allows (maxOutputFileSize in \
             server.yaml): the rest is dropped"
        );
    }

    /// Nothing more will come. A sentence when the file does not hold everything.
    pub fn finish(&mut self) -> Option<String> {
        // A last try: whoever made the room may have just ended.
        let why = self.bridge().err().or_else(|| self.gap.take().map(|(_, why)| why));
        let lost = self.gaps + self.gap.as_ref().map_or(0, |(lost, _)| *lost);
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        match (lost, self.beyond) {
            (0, 0) => None,
            (0, beyond) => Some(format!("{name} holds its first {} bytes; {beyond} more were dropped", self.written)),
            (lost, beyond) => {
                let why = why.map_or_else(|| "the disk was full for a time".to_owned(), |why| why.to_string());
                Some(format!("{} bytes of {name} were dropped: {why}", lost + beyond))
            }
        }
    }
}

/// Writes as much as the file takes.
fn write_all(file: &mut File, mut bytes: &[u8]) -> (u64, io::Result<()>) {
    let mut taken = 0;
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(length) => {
                taken += length as u64;
                bytes = &bytes[length..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (taken, Err(error)),
        }
    }
    (taken, Ok(()))
}

fn enough_room(file: &File) -> io::Result<()> {
    match fstatvfs(file) {
        // Some file systems do not know what is free, and say 0 of 0.
        Ok(state) if state.f_blocks > 0 && state.f_bavail.saturating_mul(state.f_frsize) < KEPT_FREE => {
            Err(io::Error::new(io::ErrorKind::StorageFull, "the disk is almost full"))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}
