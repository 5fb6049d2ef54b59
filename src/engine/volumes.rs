//! How the volumes of clusters and jobs appear: the driver `directory`.
//!
//! Azure file shares, blob containers and file servers are directories of the data directory, which appear as
//! symbolic links; an unmanaged volume is mounted by its user's command. Pure. Called by [`super::launch`],
//! [`super::directories`] and the nodes of the local engine.

use std::path::{Path, PathBuf};

use super::directories::{Layout, below, safe_name};
use crate::domain::mount::{Mount, MountSource};
use crate::domain::name::{FileServerKey, WorkspaceKey};
use crate::domain::volume::VolumeKind;
use crate::supervisor::run_dir::{LaunchMount, MountHow};

const SHARES: &str = "shares";
const CONTAINERS: &str = "containers";
const FILE_SERVERS: &str = "fileservers";
const EXPORTS: &str = "exports";

/// How a volume appears.
///
/// Azure takes the names of accounts, shares and containers, and the ids of resources, in any case.
#[must_use]
pub fn how(layout: &Layout, source: &MountSource) -> MountHow {
    let in_account = |account: &str, kind: &str, name: &str| {
        let account = layout.storage().join(safe_name(&account.to_lowercase()));
        MountHow::Directory(account.join(kind).join(safe_name(&name.to_lowercase())))
    };
    match source {
        MountSource::FileShare { account, share, .. } => in_account(account, SHARES, share),
        MountSource::BlobContainer { account, container, .. } => in_account(account, CONTAINERS, container),
        MountSource::FileServer { server, directory, .. } => {
            MountHow::Directory(below(&export(layout, server), directory.as_deref().unwrap_or_default()))
        }
        MountSource::Unmanaged { command } => MountHow::Command(command.clone()),
    }
}

/// The directory of all emulated volumes of one kind of an account, its name in any case.
#[must_use]
pub fn folder(layout: &Layout, account: &str, kind: VolumeKind) -> PathBuf {
    let kind = match kind {
        VolumeKind::Share => SHARES,
        VolumeKind::Container => CONTAINERS,
    };
    layout.storage().join(safe_name(&account.to_lowercase())).join(kind)
}

/// The directory that a file server exports.
#[must_use]
pub fn export(layout: &Layout, server: &FileServerKey) -> PathBuf {
    let FileServerKey { workspace: WorkspaceKey { group, name: workspace }, name } = server;
    let mut path = layout.storage().join(FILE_SERVERS).join(EXPORTS);
    path.extend(
        [group.subscription.as_str(), &group.group, workspace.as_str(), name.as_str()]
            .map(|part| safe_name(&part.to_lowercase())),
    );
    path
}

/// The directory behind a volume; `None` for an unmanaged one.
#[must_use]
pub fn real_directory(layout: &Layout, source: &MountSource) -> Option<PathBuf> {
    match how(layout, source) {
        MountHow::Directory(directory) => Some(directory),
        MountHow::Command(_) => None,
    }
}

/// A volume below a mount root.
#[must_use]
pub fn launch_mount(layout: &Layout, root: &Path, mount: &Mount) -> LaunchMount {
    LaunchMount { path: below(root, &mount.path), how: how(layout, &mount.source) }
}

/// What kind of volume a mount shows, as far as errors tell kinds apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MountKind {
    /// An Azure file share.
    FileShare,
    /// A blob container.
    BlobContainer,
    /// A file server or an unmanaged volume.
    Other,
}

/// The kind of a mount of a launch plan: the layout of the storage tells.
#[must_use]
pub fn kind(layout: &Layout, mount: &LaunchMount) -> MountKind {
    let MountHow::Directory(directory) = &mount.how else { return MountKind::Other };
    let Ok(inside) = directory.strip_prefix(layout.storage()) else { return MountKind::Other };
    let parts: Vec<&std::ffi::OsStr> = inside.iter().collect();
    match parts[..] {
        [_, kind, _] if kind == SHARES => MountKind::FileShare,
        [_, kind, _] if kind == CONTAINERS => MountKind::BlobContainer,
        _ => MountKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::name::{GroupKey, Name};

    fn share(account: &str, share: &str) -> MountSource {
        let (file_mode, directory_mode) = ("0777".into(), "0777".into());
        MountSource::FileShare {
            account: account.into(),
            url: String::new(),
            share: share.into(),
            file_mode,
            directory_mode,
        }
    }

    fn file_server(directory: Option<&str>) -> MountSource {
        let name = |text| Name::parse(text).expect("a name");
        let group = GroupKey::parse("S", "Group").expect("a group");
        let server = FileServerKey { workspace: WorkspaceKey { group, name: name("W") }, name: name("Nfs") };
        MountSource::FileServer { server, directory: directory.map(str::to_owned), options: None }
    }

    #[test]
    fn each_volume_has_one_directory_and_none_leaves_the_storage() {
        let layout = Layout::at("/d");
        let path = |source: &MountSource| real_directory(&layout, source).expect("a managed volume");
        assert_eq!(path(&share("Acc", "Data")), Path::new("/d/storage/acc/shares/data"));
        let container = MountSource::BlobContainer { account: "a".into(), container: "c".into(), options: None };
        assert_eq!(path(&container), Path::new("/d/storage/a/containers/c"));
        assert_eq!(
            path(&file_server(Some("sub/dir"))),
            Path::new("/d/storage/fileservers/exports/s/group/w/nfs/sub/dir")
        );
        assert_eq!(path(&share("..", "../x")), Path::new("/d/storage/%2E./shares/%2E.%2Fx"));
        assert_eq!(
            path(&file_server(Some("../.."))),
            Path::new("/d/storage/fileservers/exports/s/group/w/nfs/%2E%2E/%2E%2E")
        );
    }

    #[test]
    fn an_unmanaged_volume_is_its_command() {
        let mount = Mount { path: "gfs".into(), source: MountSource::Unmanaged { command: "mount -t x".into() } };
        let mounted = launch_mount(&Layout::at("/d"), Path::new("/m"), &mount);
        assert_eq!(mounted.path, Path::new("/m/gfs"));
        assert_eq!(mounted.how, MountHow::Command("mount -t x".into()));
        assert_eq!(kind(&Layout::at("/d"), &mounted), MountKind::Other);
    }

    #[test]
    fn the_kind_of_a_volume_can_be_told_from_its_mount() {
        let layout = Layout::at("/d");
        let kind_of = |source| {
            let mount = Mount { path: "v".into(), source };
            kind(&layout, &launch_mount(&layout, Path::new("/m"), &mount))
        };
        assert_eq!(kind_of(share("a", "s")), MountKind::FileShare);
        let container = MountSource::BlobContainer { account: "a".into(), container: "c".into(), options: None };
        assert_eq!(kind_of(container), MountKind::BlobContainer);
        assert_eq!(kind_of(file_server(None)), MountKind::Other);
    }
}
