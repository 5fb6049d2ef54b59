//! Volumes in the plan of a run: where each appears, what makes it appear, and which secrets that needs.
//!
//! Values only. Engines make them, `steps/mounting.rs` and [`super::unmount`] carry them out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A volume to mount before the preparation, and to unmount when the run is over, whatever happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchMount {
    /// Where it appears. Absolute. The supervisor makes its parents.
    pub path: PathBuf,
    /// How.
    pub how: MountHow,
    /// What kind of volume it is, as far as errors tell kinds apart.
    #[serde(default)]
    pub kind: VolumeKind,
}

/// What kind of volume a mount shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum VolumeKind {
    /// An Azure file share.
    FileShare,
    /// A blob container.
    BlobContainer,
    /// A file server or an unmanaged volume.
    #[default]
    Other,
}

/// How a volume appears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountHow {
    /// As a symbolic link to a directory, which is made if it is not there and what is above it is.
    Directory(PathBuf),
    /// By a shell command to which the path is appended; mounted if it exits 0. `path` is made before.
    Command(String),
    /// By a program of ours to choose. `path` is made before.
    Program(MountProgram),
}

/// A program that mounts a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountProgram {
    /// Its name, to be found on `PATH` and where programs of root are.
    pub program: String,
    /// Its arguments, the path among them. No secrets.
    pub arguments: Vec<String>,
    /// Its environment over that of a program without a job. No secrets.
    pub environment: BTreeMap<String, String>,
    /// Variables whose values come by [`super::secrets`], in order.
    pub secrets: Vec<String>,
    /// Whether it stays and serves the volume, which is there when the kernel says so; else it exits 0 when it has
    /// mounted it.
    pub stays: bool,
    /// Whether it needs `/dev/fuse` and `fusermount3`.
    pub is_fuse: bool,
    /// A directory for itself alone, made empty before and removed when the volume is gone.
    pub cache: Option<PathBuf>,
    /// Where the cache is moved to, into a folder with the name of the run, when it holds the only copy of a file; `None`
    /// where a server planned it that did not know this.
    #[serde(default)]
    pub kept_in: Option<PathBuf>,
    /// What to install where it is missing, such as `the Debian package rclone`.
    pub source: String,
    /// Seconds within which the volume must be there.
    pub limit_seconds: u64,
}

impl MountProgram {
    /// Under which name the value of one of its secret variables travels; no variable of a process can have it.
    /// `number`: the place of the mount among those of its node, which all nodes of a run have alike.
    #[must_use]
    pub fn secret_name(number: usize, variable: &str) -> String {
        format!("=mount {number} {variable}")
    }
}
