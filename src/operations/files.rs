//! Files of a job: listing a directory, finding a file; [`super::setup_files`] does the same for set-up tasks. Every path of a request stays inside its root,
//! symbolic links included.

use std::io;
use std::path::{Path, PathBuf};

use super::{Context, OperationError, far_files, jobs};
use crate::domain::Timestamp;
use crate::domain::job::{FarDirectory, Job, JobDirectory};
use crate::domain::mount::relative_path;
use crate::domain::name::JobKey;

/// The directory id of standard output and logs (Swagger 2018-05-01, `Jobs_ListOutputFiles`).
pub const STDOUTERR: &str = "stdouterr";

/// One file or directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its base name.
    pub name: String,
    /// Where it really is: absolute, no link; `None` where no directory of this machine is behind it.
    pub path: Option<PathBuf>,
    /// Size in bytes and last change; `None` for a directory.
    pub file: Option<(u64, Timestamp)>,
}

/// A directory of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The number of the job.
    pub number: i64,
    /// The identity of the job.
    pub uuid: String,
    /// By name.
    pub entries: Vec<FileEntry>,
}

/// The entries of one directory of a job, by name; one level. A directory that is not there yet is empty.
///
/// # Errors
/// When the job is not there, has no such directory, its files cannot be listed, or `path` leaves it.
pub async fn list(context: &Context, key: &JobKey, directory: &str, path: &str) -> Result<Listing, OperationError> {
    let job = context.store.read(|reader| jobs::find(reader, key))?;
    let entries = match far(&job.value, directory) {
        Some(far) => far_files::list(context, far, path).await?,
        None => entries(&job.value, directory, path)?,
    };
    Ok(Listing { number: job.number, uuid: job.value.uuid, entries })
}

/// Where the files of a directory of a job are, when no directory of this machine is behind them.
pub(super) fn far<'a>(job: &'a Job, id: &str) -> Option<&'a FarDirectory> {
    job.directories.iter().find(|directory| directory.id == id)?.far.as_ref()
}

fn entries(job: &Job, directory: &str, path: &str) -> Result<Vec<FileEntry>, OperationError> {
    match listable(job, directory)? {
        Some(root) => below(&root, path),
        None => Ok(Vec::new()),
    }
}

/// The entries of the directory at `path` below `root`, by name; one level. One that is not there yet is empty.
pub(super) fn below(root: &Path, path: &str) -> Result<Vec<FileEntry>, OperationError> {
    let relative = match path {
        "" | "." | "./" | "/" => String::new(),
        path => relative_path(path).ok_or_else(|| leaves(path))?,
    };
    let folder = match inside(root, &relative).map_err(|source| unreadable(&root.join(&relative), source))? {
        Place::Inside(folder) => folder,
        Place::Nowhere => return Ok(Vec::new()),
        Place::Outside => return Err(leaves(path)),
    };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(invalid("directory", format!("`{path}` is a file, not a directory")));
        }
        Err(source) => return Err(unreadable(&folder, source)),
    };
    let root = root.canonicalize().map_err(|source| unreadable(root, source))?;
    let mut found: Vec<FileEntry> = entries.filter_map(|entry| describe(&root, &entry.ok()?)).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Where a file of a job is, or will be: absolute, inside the directory's root as far as it exists. `None`
/// while the job has not started, because then nobody knows.
///
/// # Errors
/// As [`list`].
pub fn locate(job: &Job, directory: &str, path: &str) -> Result<Option<PathBuf>, OperationError> {
    let Some(root) = listable(job, directory)? else { return Ok(None) };
    locate_below(&root, path).map(Some)
}

/// Where a file below `root` is, or will be: absolute, inside the root as far as it exists.
pub(super) fn locate_below(root: &Path, path: &str) -> Result<PathBuf, OperationError> {
    let relative = relative_path(path).ok_or_else(|| leaves(path))?;
    match inside(root, &relative).map_err(|source| unreadable(&root.join(&relative), source))? {
        Place::Inside(real) => Ok(real),
        Place::Nowhere => Ok(root.join(relative)),
        Place::Outside => Err(leaves(path)),
    }
}

/// The root of a directory of a job; `None` while it has not started.
fn listable(job: &Job, id: &str) -> Result<Option<PathBuf>, OperationError> {
    let is_declared = id == STDOUTERR || job.spec.outputs.iter().any(|output| output.id == id);
    if !is_declared {
        let outputs = job.spec.outputs.iter().map(|output| format!(", `{}`", output.id)).collect::<String>();
        return Err(invalid(
            "outputdirectoryid",
            format!("The job {} has no output directory `{id}`; it has `{STDOUTERR}`{outputs}", job.key.name),
        ));
    }
    match job.directories.iter().find(|directory| directory.id == id) {
        None => Ok(None),
        Some(JobDirectory { is_listable: true, path, .. }) => Ok(Some(PathBuf::from(path))),
        Some(JobDirectory { is_listable: false, path, .. }) => Err(invalid(
            "outputdirectoryid",
            format!(
                "The specified outputDirectoryId {id} is not present on a mount root: the files of the job {} are \
                 at {path}, which is neither an Azure file share nor a blob container, and cannot be listed",
                job.key.name
            ),
        )),
    }
}

/// Where a path leads when every link is resolved.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// There.
    Inside(PathBuf),
    /// It does not exist.
    Nowhere,
    /// A link leads out of the root.
    Outside,
}

fn inside(root: &Path, relative: &str) -> io::Result<Place> {
    let resolved = root.canonicalize().and_then(|root| Ok((root.join(relative).canonicalize()?, root)));
    match resolved {
        Ok((real, root)) if real.starts_with(&root) => Ok(Place::Inside(real)),
        Ok(_) => Ok(Place::Outside),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Place::Nowhere),
        Err(error) => Err(error),
    }
}

fn describe(root: &Path, entry: &std::fs::DirEntry) -> Option<FileEntry> {
    let name = entry.file_name().into_string().unwrap_or_else(|odd| odd.to_string_lossy().into_owned());
    let path = entry.path();
    // A link that leads out, or nowhere, is not shown: it could not be fetched either.
    let (path, metadata) = match entry.file_type().ok()?.is_symlink() {
        true => {
            let real = path.canonicalize().ok().filter(|real| real.starts_with(root))?;
            let metadata = std::fs::metadata(&real).ok()?;
            (real, metadata)
        }
        false => (path, entry.metadata().ok()?),
    };
    let modified = metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or_default();
    Some(FileEntry { name, path: Some(path), file: (!metadata.is_dir()).then_some((metadata.len(), modified)) })
}

pub(super) fn leaves(path: &str) -> OperationError {
    invalid("directory", format!("`{path}` must be a relative path that stays inside the directory"))
}

fn invalid(target: &'static str, message: String) -> OperationError {
    OperationError::Invalid { target, message }
}

fn unreadable(path: &Path, source: io::Error) -> OperationError {
    OperationError::File { action: "read", path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_out_is_refused_and_one_that_stays_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path").join("root");
        std::fs::create_dir(&root).expect("a root");
        std::fs::write(root.join("real.txt"), "x").expect("a file");
        std::os::unix::fs::symlink("real.txt", root.join("near")).expect("a link");
        std::os::unix::fs::symlink("/etc", root.join("far")).expect("a link");
        assert_eq!(inside(&root, "near").expect("a path"), Place::Inside(root.join("real.txt")));
        assert_eq!(inside(&root, "absent").expect("a path"), Place::Nowhere);
        assert_eq!(inside(&root, "far/passwd").expect("a path"), Place::Outside);
    }
}
