//! Fetching: looks what is here, and writes what is missing.

use std::fs::File;
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use super::plan::{Action, Local, decide, inside, part_name};
use super::source::Source;
use super::{Fetched, Remote};
use crate::cli::exit_code::ExitCode;
use crate::cli::progress::Bytes;
use crate::cli::report::{Failure, Report};

/// So many files are fetched at once.
const AT_ONCE: usize = 8;

/// What is fetched from where to where.
pub struct Fetch<'f> {
    /// Where they are.
    pub source: Source<'f>,
    /// The folder that is written to; made when it is not there.
    pub to: &'f Path,
    /// Whether other files that are in the way are replaced.
    pub force: bool,
    /// The flag that names another folder.
    pub other_folder: &'static str,
    /// Where progress is shown.
    pub report: Report,
}

impl Fetch<'_> {
    /// Fetches all of them, several at once; the first failure ends it, and what has been fetched stays.
    ///
    /// # Errors
    /// Names the file, what went wrong, and how to go on.
    pub async fn all(&self, files: &[Remote]) -> Result<Vec<Fetched>, Failure> {
        let planned: Result<Vec<Planned<'_>>, Failure> = files.iter().map(|file| self.plan(file)).collect();
        let planned = planned?;
        let missing = |planned: &Planned<'_>| match planned.action {
            Action::Fetch(from) => planned.file.size - from,
            Action::Keep | Action::Refuse | Action::Blocked => 0,
        };
        let what = if let [only] = files { only.below.clone() } else { format!("{} files", files.len()) };
        let bar = Bytes::new(self.report, &what, planned.iter().map(missing).sum());
        let fetches = planned.iter().map(|planned| self.carry_out(planned, &bar));
        let mut fetches = stream::iter(fetches).buffered(AT_ONCE);
        let mut done = Vec::new();
        while let Some(fetched) = fetches.next().await {
            done.push(fetched?);
        }
        Ok(done)
    }

    /// Looks at everything before anything is written.
    fn plan<'p>(&self, file: &'p Remote) -> Result<Planned<'p>, Failure> {
        let refused = |why: String| Failure::new(ExitCode::Refused, format!("cannot download {}: {why}", file.path));
        let below = inside(&file.below).ok_or_else(|| refused("its name leads out of the folder".into()))?;
        let target = self.to.join(&below);
        if let Some(link) = link_on_the_way(self.to, &below) {
            return Err(refused(format!("{} is a link, and may lead out of the folder", link.display())));
        }
        let name = target.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let part = target.with_file_name(part_name(name, file));
        let fetched = std::fs::metadata(&part).ok().map(|part| part.len());
        let action = decide(file, &look(&target), fetched, self.force);
        match action {
            Action::Refuse => Err(refused(format!("another file is at {}", target.display()))
                .hint(format!("--force replaces it, {} names another folder", self.other_folder))),
            Action::Blocked => Err(refused(format!("what is at {} is no file", target.display()))),
            Action::Keep | Action::Fetch(_) => Ok(Planned { file, target, part, action }),
        }
    }

    async fn carry_out(&self, planned: &Planned<'_>, bar: &Bytes) -> Result<Fetched, Failure> {
        let Planned { file, target, part, action } = planned;
        let fetched =
            |status| Fetched { name: file.path.clone(), path: target.display().to_string(), size: file.size, status };
        let Action::Fetch(from) = *action else { return Ok(fetched("unchanged")) };
        let unwritable = |error: &io::Error| {
            let message = format!("cannot write {}: {error}", part.display());
            Failure::new(ExitCode::Refused, message).hint("make room; the same command then goes on where it ended")
        };
        let mut out = open(part, from).map_err(|error| unwritable(&error))?;
        let mut read = self.source.read(&file.path, from);
        let mut offset = from;
        while offset < file.size {
            let Some(bytes) = read.next().await? else { break };
            // What was written after the listing is left for the next time.
            let most = usize::try_from(file.size - offset).unwrap_or(usize::MAX);
            let bytes = &bytes[..bytes.len().min(most)];
            out.write_all(bytes).map_err(|error| unwritable(&error))?;
            offset += bytes.len() as u64;
            bar.add(bytes.len() as u64);
        }
        if offset != file.size {
            let _ = std::fs::remove_file(part);
            let message = format!("{} was {} bytes long, and ended after {offset}", file.path, file.size);
            return Err(Failure::new(ExitCode::Refused, message).hint("it has changed meanwhile: download it again"));
        }
        let (of, from_part, to) = ((*file).clone(), part.clone(), target.clone());
        // The disk takes its time, and may be asked for the others meanwhile.
        let finished = tokio::task::spawn_blocking(move || finish(&out, &of, &from_part, &to)).await;
        finished.map_err(io::Error::other).flatten().map_err(|error| unwritable(&error))?;
        Ok(fetched(if from > 0 { "resumed" } else { "downloaded" }))
    }
}

/// A file with what will be done about it.
struct Planned<'p> {
    file: &'p Remote,
    target: PathBuf,
    part: PathBuf,
    action: Action,
}

fn look(path: &Path) -> Local {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Local::File(metadata.len(), time(metadata.modified())),
        Ok(_) => Local::Other,
        Err(_) => Local::Nothing,
    }
}

fn time(modified: io::Result<SystemTime>) -> Option<Timestamp> {
    Timestamp::try_from(modified.ok()?).ok()
}

/// A folder below `to` that is a link: it was there before, and nobody knows where it leads.
fn link_on_the_way(to: &Path, below: &Path) -> Option<PathBuf> {
    let folders = below.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    folders.map(|folder| to.join(folder)).find(|folder| folder.is_symlink())
}

fn open(part: &Path, from: u64) -> io::Result<File> {
    if let Some(folder) = part.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = File::options().create(true).truncate(false).write(true).open(part)?;
    // Two that write one part would make holes in it.
    file.try_lock().map_err(|_| io::Error::other("another download is writing it"))?;
    file.set_len(from)?;
    file.seek(SeekFrom::Start(from))?;
    Ok(file)
}

/// Everything of it is there: it gets its time, reaches the disk, and takes its place.
fn finish(out: &File, file: &Remote, part: &Path, target: &Path) -> io::Result<()> {
    if let Some(modified) = file.modified {
        out.set_modified(SystemTime::from(modified))?;
    }
    if file.is_executable {
        make_executable(out)?;
    }
    out.sync_all()?;
    match std::fs::rename(part, target) {
        Err(error) if error.kind() == ErrorKind::IsADirectory => Err(io::Error::other("a folder is in its place")),
        other => other,
    }
}

/// For whoever may read it.
#[cfg(unix)]
fn make_executable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode();
    file.set_permissions(std::fs::Permissions::from_mode(mode | (mode & 0o444) >> 2))
}

#[cfg(not(unix))]
fn make_executable(_: &File) -> io::Result<()> {
    Ok(())
}
