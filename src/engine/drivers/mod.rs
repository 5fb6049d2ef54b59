//! Drivers: which program, if any, makes a volume appear, and with what.
//!
//! The composition root hands in [`Drivers`], made of the settings of the server; [`super::volumes`] asks which driver a
//! volume has. Without settings every account and file server is emulated by directories. Pure: nothing here looks
//! whether a program is there, and no secret passes through here: only where it is to be had.

mod native;
mod rclone;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use native::{Nfs, Samba};
pub use rclone::Remote;

use crate::domain::mount::MountSource;
use crate::supervisor::run_dir::MountProgram;

/// The name in the settings that stands for all shares, or containers, without one of their own.
pub const ALL: &str = "*";

/// How long a volume may take to appear where no setting says it: longer than any that works takes.
pub const LIMIT_SECONDS: u64 = 300;

/// Which driver each volume has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drivers {
    /// By name, in small letters.
    pub accounts: BTreeMap<String, Account>,
    /// File servers that are elsewhere, or exported from a directory of their own; by name, in small letters.
    pub file_servers: BTreeMap<String, FileServerDriver>,
    /// Seconds within which a volume must be there.
    pub limit_seconds: u64,
}

impl Default for Drivers {
    fn default() -> Self {
        Self { accounts: BTreeMap::new(), file_servers: BTreeMap::new(), limit_seconds: LIMIT_SECONDS }
    }
}

/// The drivers of one storage account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Where a folder for each of its shares and containers is which has no driver of its own; `None`: emulated.
    pub path: Option<PathBuf>,
    /// Of shares, by name in small letters, or [`ALL`].
    pub shares: BTreeMap<String, Driver>,
    /// Of containers, likewise.
    pub containers: BTreeMap<String, Driver>,
}

/// What makes a share or a container appear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driver {
    /// This directory.
    Directory(PathBuf),
    /// rclone.
    Rclone(Remote),
    /// The kernel's client for SMB, by mount.cifs.
    Samba(Samba),
    /// blobfuse.
    Blobfuse(Blobfuse),
}

/// How blobfuse mounts a container.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blobfuse {
    /// Whether it is the first generation of it, which takes other options.
    pub is_first: bool,
    /// More options, each word by itself.
    pub options: Vec<String>,
    /// The address of the blob service of the account, where it is not Azure's.
    pub endpoint: Option<String>,
}

/// What makes a file server appear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileServerDriver {
    /// A directory of this machine is what it exports.
    Directory(PathBuf),
    /// NFS.
    Nfs(Nfs),
}

/// Where a volume is to appear.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'a> {
    /// The mount point.
    pub path: &'a Path,
    /// Where the program may keep things.
    pub cache: &'a Path,
    /// See [`MountProgram::kept_in`].
    pub kept_in: &'a Path,
    /// See [`Drivers::limit_seconds`].
    pub limit_seconds: u64,
}

/// What a program opens a volume with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opener {
    /// The key of the storage account, as its user gave it with the volume.
    AccountKey,
    /// What stands in this file of the server's user.
    File(PathBuf),
}

/// A program that mounts a volume, and what its secret variables are set to, in the order of
/// [`MountProgram::secrets`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The program.
    pub program: MountProgram,
    /// What opens the volume.
    pub openers: Vec<Opener>,
}

impl Account {
    /// The driver of a share.
    #[must_use]
    pub fn share(&self, name: &str) -> Option<Driver> {
        self.find(&self.shares, name)
    }

    /// The driver of a container.
    #[must_use]
    pub fn container(&self, name: &str) -> Option<Driver> {
        self.find(&self.containers, name)
    }

    fn find(&self, own: &BTreeMap<String, Driver>, name: &str) -> Option<Driver> {
        let name = name.to_lowercase();
        let folder =
            || self.path.as_ref().map(|path| Driver::Directory(path.join(super::directories::safe_name(&name))));
        own.get(&name).or_else(|| own.get(ALL)).cloned().or_else(folder)
    }
}

/// The program that mounts a volume; `None` where none does: it is a directory, or has its user's command.
pub(in crate::engine) fn mount_by(
    driver: Option<&Driver>,
    nfs: Option<&Nfs>,
    source: &MountSource,
    spot: Spot<'_>,
) -> Option<Planned> {
    match (source, driver) {
        (MountSource::FileShare { account, share, .. }, Some(Driver::Rclone(remote))) => {
            Some(rclone::mount(remote, account, share, spot))
        }
        (MountSource::FileShare { account, url, share, file_mode, directory_mode }, Some(Driver::Samba(samba))) => {
            let share = native::Share { account, url, name: share, file_mode, directory_mode };
            Some(native::samba(samba, share, spot))
        }
        (MountSource::BlobContainer { account, container, .. }, Some(Driver::Rclone(remote))) => {
            Some(rclone::mount(remote, account, container, spot))
        }
        (MountSource::BlobContainer { account, container, options }, Some(Driver::Blobfuse(blobfuse))) => {
            Some(native::blobfuse(blobfuse, account, container, options.as_deref(), spot))
        }
        (MountSource::FileServer { directory, options, .. }, _) => {
            nfs.map(|nfs| native::nfs(nfs, directory.as_deref().unwrap_or_default(), options.as_deref(), spot))
        }
        // The composition root makes no others.
        (
            MountSource::FileShare { .. } | MountSource::BlobContainer { .. } | MountSource::Unmanaged { .. },
            None | Some(Driver::Directory(_) | Driver::Samba(_) | Driver::Blobfuse(_) | Driver::Rclone(_)),
        ) => None,
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}
