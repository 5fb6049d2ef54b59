//! Where things are below the data directory, and where the path prefixes of a job lead.
//!
//! ```text
//! <root>/runs/<run id>/                     one run; see `supervisor::run_dir`
//!        nodes/<cluster>/<index>/           one node: node.json, mounts/; setup/ is a run, while it is set up;
//!                                           holder/ is a run for as long as it has volumes that programs mount
//!        output/<segment>/                  output that the server keeps: stdouterr/, outputs/
//!        output-temp/<segment>/             output on "the node's own disk": kept apart, never listed
//!        storage/<account>/shares/<share>/  emulated Azure storage; also containers/<container>/
//!        storage/fileservers/exports/...    emulated file servers: subscription, group, workspace, name
//!        snapshots/<digits>.tar             code
//! ```
//! Pure: nothing is read or made. Called by engines and by [`super::launch`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::drivers::{Driver, Drivers};
use super::volumes;
use super::{ClusterPlace, EngineError};
use crate::domain::cluster::ClusterSpec;
use crate::domain::job::spec::Output;
use crate::domain::job::{FarDirectory, Job, JobDirectory};
use crate::domain::mount::{Mount, relative_path};
use crate::domain::name::RunId;
use crate::domain::snapshot::SnapshotId;
use crate::supervisor::run_dir::RunDir;

/// The directory id of standard output and logs (Swagger 2018-05-01).
pub const STD_OUT_ERR: &str = "stdouterr";
/// The root of the cluster's mounts.
pub const MOUNT_ROOT: &str = "AZ_BATCHAI_MOUNT_ROOT";
/// The root of the job's own mounts.
pub const JOB_MOUNT_ROOT: &str = "AZ_BATCHAI_JOB_MOUNT_ROOT";
/// The job's temporary directory on a node.
pub const JOB_TEMP: &str = "AZ_BATCHAI_JOB_TEMP";
/// The same directory: the documents contradict each other, and users read it so.
pub const JOB_TEMP_DIR: &str = "AZ_BATCHAI_JOB_TEMP_DIR";

/// The longest file name that common file systems take is 255 bytes; this leaves room for a digest.
const LONGEST_NAME: usize = 160;

/// The data directory, by path, and where volumes are that lie elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
    drivers: Arc<Drivers>,
}

impl Layout {
    /// The layout below `root`, an absolute path.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), drivers: Arc::default() }
    }

    /// The same with these drivers of volumes.
    #[must_use]
    pub fn with_drivers(self, drivers: Drivers) -> Self {
        Self { drivers: Arc::new(drivers), ..self }
    }

    /// The drivers of volumes.
    #[must_use]
    pub fn drivers(&self) -> &Drivers {
        &self.drivers
    }

    /// The data directory itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All runs.
    #[must_use]
    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// One run.
    #[must_use]
    pub fn run(&self, run: &RunId) -> RunDir {
        RunDir::at(self.runs().join(safe_name(&run.0)))
    }

    /// The key by which clients of SSH know the nodes of this data directory.
    #[must_use]
    pub fn ssh_host_key(&self) -> PathBuf {
        self.root.join("ssh/host_key")
    }

    /// What was written to volumes and has not reached them, in a folder for each run.
    #[must_use]
    pub fn unsaved(&self) -> PathBuf {
        self.root.join("unsaved")
    }

    /// All nodes of all clusters.
    #[must_use]
    pub fn nodes(&self) -> PathBuf {
        self.root.join("nodes")
    }

    /// All nodes of one cluster.
    #[must_use]
    pub fn cluster(&self, number: i64) -> PathBuf {
        self.nodes().join(number.to_string())
    }

    /// One node.
    #[must_use]
    pub fn node(&self, cluster: i64, index: u32) -> PathBuf {
        self.cluster(cluster).join(index.to_string())
    }

    /// The run of a node's set-up task.
    #[must_use]
    pub fn set_up(&self, cluster: i64, index: u32) -> RunDir {
        RunDir::at(self.node(cluster, index).join("setup"))
    }

    /// The run that holds the volumes of a node.
    #[must_use]
    pub fn holder(&self, cluster: i64, index: u32) -> RunDir {
        RunDir::at(self.node(cluster, index).join("holder"))
    }

    /// The mount root of one node.
    #[must_use]
    pub fn node_mounts(&self, cluster: i64, index: u32) -> PathBuf {
        self.node(cluster, index).join("mounts")
    }

    /// Output that the server keeps.
    #[must_use]
    pub fn output(&self) -> PathBuf {
        self.root.join("output")
    }

    /// Output that a job asked to have in its temporary directory.
    #[must_use]
    pub fn temporary_output(&self) -> PathBuf {
        self.root.join("output-temp")
    }

    /// The roots of every output that goes away with its job.
    #[must_use]
    pub fn own_outputs(&self) -> [PathBuf; 2] {
        [self.output(), self.temporary_output()]
    }

    /// Emulated storage.
    #[must_use]
    pub fn storage(&self) -> PathBuf {
        self.root.join("storage")
    }

    /// The archives of code snapshots.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// The archive of one code snapshot.
    #[must_use]
    pub fn snapshot(&self, snapshot: &SnapshotId) -> PathBuf {
        self.snapshots().join(format!("{}.tar", snapshot.hex()))
    }
}

/// A file name that stands for `text` and for nothing else: letters, digits, `-`, `_` and inner dots stay, other
/// bytes become `%XX`; a very long text ends in a digest.
#[must_use]
pub fn safe_name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for byte in text.bytes() {
        let stays = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && !name.is_empty());
        if stays {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    if name.is_empty() {
        return "%".into();
    }
    if name.len() > LONGEST_NAME {
        let digest = Sha256::digest(text.as_bytes());
        let digest: String = digest.iter().take(16).map(|b| format!("{b:02x}")).collect();
        // `~` never comes from the text, so that no other text has this name.
        return format!("{}~{digest}", &name[..LONGEST_NAME]);
    }
    name
}

/// `relative` below `root`. Validation has refused `..` before; here it can only become an odd file name.
#[must_use]
pub fn below(root: &Path, relative: &str) -> PathBuf {
    let mut path = root.to_owned();
    for part in relative.split('/').filter(|part| !part.is_empty() && *part != ".") {
        path.push(if part == ".." { "%2E%2E" } else { part });
    }
    path
}

/// Where the files of a job will be: `<prefix>/<segment>/stdouterr`, and for each output directory
/// `<prefix>/<segment>/outputs[/<suffix>]` (recordings of azure-cli and azure-sdk-for-python, June 2018).
///
/// A prefix below a mount root leads to the real directory behind the volume, so that the server can list it when
/// the nodes are gone. Below a volume that a program or its user's command mounts only a node can tell: that path keeps
/// its variable. A prefix below the job's temporary directory means "the node's own disk, no access through the API":
/// such output lies outside of the run, is not listable, and goes when the job is deleted.
///
/// # Errors
/// [`EngineError::NotStarted`] when a prefix leads nowhere; the sentence names the property.
pub fn directories(layout: &Layout, job: &Job, cluster: &ClusterSpec) -> Result<Vec<JobDirectory>, EngineError> {
    let resolver = Resolver { layout, segment: job.path_segment(), cluster: &cluster.mounts, job: &job.spec.mounts };
    let prefix = job.spec.std_out_err_prefix.as_deref();
    let place = resolver.place("stdOutErrPathPrefix", prefix)?;
    let mut found = vec![place.directory(STD_OUT_ERR, STD_OUT_ERR)];
    for Output { id, path_prefix, path_suffix } in &job.spec.outputs {
        let place = resolver.place(&format!("pathPrefix of output directory `{id}`"), path_prefix.as_deref())?;
        let suffix = path_suffix.as_deref().unwrap_or_default();
        found.push(place.directory(id, &below(Path::new("outputs"), suffix).to_string_lossy()));
    }
    Ok(found)
}

/// Where the output of the set-up task of a cluster will be: `<prefix>/<segment of the cluster>` (recordings of
/// azure-sdk-for-python, June 2018). Below an unmanaged volume the path keeps its variable.
///
/// # Errors
/// [`EngineError::NotStarted`] when the prefix leads nowhere.
pub fn set_up_directory(layout: &Layout, cluster: &ClusterPlace, prefix: &str) -> Result<String, EngineError> {
    Ok(set_up_place(layout, cluster, prefix)?.path)
}

/// The same directory, and whether the server can see what nodes write into it.
///
/// # Errors
/// As [`set_up_directory`].
pub fn set_up_output(layout: &Layout, cluster: &ClusterPlace, prefix: &str) -> Result<JobDirectory, EngineError> {
    let Place { path, is_listable, far } = set_up_place(layout, cluster, prefix)?;
    Ok(JobDirectory { id: STD_OUT_ERR.to_owned(), path, is_listable, far })
}

fn set_up_place(layout: &Layout, cluster: &ClusterPlace, prefix: &str) -> Result<Place, EngineError> {
    const PROPERTY: &str = "stdOutErrPathPrefix of the set-up task";
    if [JOB_MOUNT_ROOT, JOB_TEMP, JOB_TEMP_DIR]
        .iter()
        .any(|of_jobs| leading_variable(prefix).map(|v| v.0) == Some(of_jobs))
    {
        let why = format!("it belongs to no job; use ${MOUNT_ROOT} or an absolute path");
        return Err(refused(PROPERTY, prefix, &why));
    }
    let segment = cluster.path_segment.clone();
    let resolver = Resolver { layout, segment, cluster: &cluster.spec.mounts, job: &[] };
    resolver.place(PROPERTY, Some(prefix))
}

/// A prefix and the segment, resolved.
struct Place {
    path: String,
    is_listable: bool,
    far: Option<FarDirectory>,
}

impl Place {
    fn directory(&self, id: &str, rest: &str) -> JobDirectory {
        let far = self.far.clone().map(|far| FarDirectory { path: format!("{}/{rest}", far.path), ..far });
        JobDirectory { id: id.to_owned(), path: format!("{}/{rest}", self.path), is_listable: self.is_listable, far }
    }
}

struct Resolver<'a> {
    layout: &'a Layout,
    segment: String,
    cluster: &'a [Mount],
    job: &'a [Mount],
}

impl Resolver<'_> {
    fn place(&self, property: &str, prefix: Option<&str>) -> Result<Place, EngineError> {
        let Some(prefix) = prefix else { return Ok(self.under(&self.layout.output(), "", true)) };
        let refuse = |why: &str| Err(refused(property, prefix, why));
        if let Some(path) = prefix.strip_prefix('/') {
            if path.contains('$') {
                return refuse("a variable can only be its beginning");
            }
            // It is the user's own machine: what the job may write there, its user may read through us.
            return match relative_path(path) {
                Some(path) => Ok(self.under(Path::new("/"), &path, true)),
                None => refuse("it names no directory, or climbs with `..`"),
            };
        }
        let Some((variable, rest)) = leading_variable(prefix) else {
            return refuse("it must be an absolute path or begin with a variable such as $AZ_BATCHAI_MOUNT_ROOT");
        };
        if rest.contains('$') {
            return refuse("a variable can only be its beginning");
        }
        let rest = match relative_path(rest.trim_start_matches('/')) {
            Some(rest) => rest,
            None if rest.trim_matches('/').is_empty() => String::new(),
            None => return refuse("it climbs with `..`"),
        };
        match variable {
            MOUNT_ROOT => self.mounted(MOUNT_ROOT, "the cluster", self.cluster, &rest).or_else(|e| refuse(&e)),
            JOB_MOUNT_ROOT => self.mounted(JOB_MOUNT_ROOT, "the job", self.job, &rest).or_else(|e| refuse(&e)),
            JOB_TEMP | JOB_TEMP_DIR => Ok(self.temporary(&rest)),
            unknown => {
                refuse(&format!("`${unknown}` is unknown here; use ${MOUNT_ROOT}, ${JOB_MOUNT_ROOT} or ${JOB_TEMP}"))
            }
        }
    }

    fn mounted(&self, variable: &str, whose: &str, mounts: &[Mount], rest: &str) -> Result<Place, String> {
        let fits = |mount: &&Mount| {
            rest.strip_prefix(mount.path.as_str()).is_some_and(|after| after.is_empty() || after.starts_with('/'))
        };
        let Some(mount) = mounts.iter().filter(fits).max_by_key(|mount| mount.path.len()) else {
            return Err(not_mounted(whose, mounts, rest));
        };
        match volumes::real_directory(self.layout, &mount.source) {
            Some(real) => Ok(self.under(&real, &rest[mount.path.len()..], mount.source.is_listable())),
            None => {
                let path = format!("${variable}/{rest}/{}", self.segment);
                Ok(Place { path, is_listable: false, far: self.far(mount, &rest[mount.path.len()..]) })
            }
        }
    }

    /// For those that are mounted by a program which reads without mounting too.
    fn far(&self, mount: &Mount, rest: &str) -> Option<FarDirectory> {
        match volumes::driver(self.layout, &mount.source)? {
            Driver::Rclone(_) => {
                let path = below(Path::new(""), rest).join(&self.segment).to_string_lossy().into_owned();
                Some(FarDirectory { source: mount.source.clone(), key: mount.key.clone(), path })
            }
            Driver::Directory(_) | Driver::Samba(_) | Driver::Blobfuse(_) => None,
        }
    }

    fn temporary(&self, rest: &str) -> Place {
        let path = below(&self.layout.temporary_output().join(&self.segment), rest);
        Place { path: path.to_string_lossy().into_owned(), is_listable: false, far: None }
    }

    fn under(&self, root: &Path, rest: &str, is_listable: bool) -> Place {
        let path = below(root, rest).join(&self.segment);
        Place { path: path.to_string_lossy().into_owned(), is_listable, far: None }
    }
}

/// `$NAME/rest` and `${NAME}/rest`.
fn leading_variable(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('$')?;
    let (name, rest) = match text.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?,
        None => text.split_at(text.find('/').unwrap_or(text.len())),
    };
    (rest.is_empty() || rest.starts_with('/')).then_some((name, rest))
}

fn not_mounted(whose: &str, mounts: &[Mount], rest: &str) -> String {
    let has = match mounts {
        [] => "nothing".to_owned(),
        some => some.iter().map(|mount| format!("`{}`", mount.path)).collect::<Vec<_>>().join(", "),
    };
    let volume = rest.split('/').next().unwrap_or_default();
    if volume.is_empty() {
        return format!("it names no volume; {whose} mounts {has}");
    }
    format!("{whose} mounts no volume `{volume}`; it mounts {has}")
}

fn refused(property: &str, value: &str, why: &str) -> EngineError {
    EngineError::NotStarted(format!("{property} `{value}` leads nowhere: {why}"))
}

#[cfg(test)]
#[path = "directories_tests.rs"]
mod tests;
