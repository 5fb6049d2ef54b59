//! How the volumes of clusters and jobs appear.
//!
//! Azure file shares, blob containers and file servers are directories of the data directory, which appear as symbolic
//! links, unless [`super::drivers`] have something else for them; an unmanaged volume is mounted by its user's command.
//! Pure. Called by [`super::launch`], [`super::directories`] and the nodes of the local engine.

use std::path::{Path, PathBuf};

use super::directories::{Layout, below, safe_name};
use super::drivers::{Driver, FileServerDriver, Opener, Planned, Spot, mount_by};
use crate::domain::mount::{Mount, MountSource};
use crate::domain::name::{FileServerKey, WorkspaceKey};
use crate::domain::secret::SecretValue;
use crate::supervisor::run_dir::{LaunchMount, MountHow, MountProgram, RunDir, VolumeKind};

pub(super) const SHARES: &str = "shares";
pub(super) const CONTAINERS: &str = "containers";
const FILE_SERVERS: &str = "fileservers";
const EXPORTS: &str = "exports";

/// The directory behind a volume; `None` for one that a program or its user's command mounts.
///
/// Azure takes the names of accounts, shares and containers, and the ids of resources, in any case.
#[must_use]
pub fn real_directory(layout: &Layout, source: &MountSource) -> Option<PathBuf> {
    match driver(layout, source) {
        Some(Driver::Directory(path)) => return Some(path),
        Some(Driver::Rclone(_) | Driver::Samba(_) | Driver::Blobfuse(_)) => return None,
        None => {}
    }
    let in_account = |account: &str, kind: &str, name: &str| {
        let account = layout.storage().join(safe_name(&account.to_lowercase()));
        account.join(kind).join(safe_name(&name.to_lowercase()))
    };
    match source {
        MountSource::FileShare { account, share, .. } => Some(in_account(account, SHARES, share)),
        MountSource::BlobContainer { account, container, .. } => Some(in_account(account, CONTAINERS, container)),
        MountSource::FileServer { server, directory, .. } => {
            let export = match of_file_server(layout, server) {
                Some(FileServerDriver::Nfs(_)) => return None,
                Some(FileServerDriver::Directory(path)) => path.clone(),
                None => export(layout, server),
            };
            Some(below(&export, directory.as_deref().unwrap_or_default()))
        }
        MountSource::Unmanaged { .. } => None,
    }
}

/// What the settings have for a share or container.
#[must_use]
pub fn driver(layout: &Layout, source: &MountSource) -> Option<Driver> {
    let account = |name: &str| layout.drivers().accounts.get(&name.to_lowercase());
    match source {
        MountSource::FileShare { account: name, share, .. } => account(name)?.share(share),
        MountSource::BlobContainer { account: name, container, .. } => account(name)?.container(container),
        MountSource::FileServer { .. } | MountSource::Unmanaged { .. } => None,
    }
}

fn of_file_server<'a>(layout: &'a Layout, server: &FileServerKey) -> Option<&'a FileServerDriver> {
    layout.drivers().file_servers.get(&server.name.as_str().to_lowercase())
}

/// The directory that an emulated file server exports.
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

/// Where a mount of a run is to appear.
#[derive(Debug, Clone, Copy)]
pub struct Of<'a> {
    /// The mount root.
    pub root: &'a Path,
    /// The run.
    pub run_dir: &'a RunDir,
    /// The place of the node in the run.
    pub place: usize,
    /// The place of the mount among those of the node.
    pub number: usize,
}

/// A volume below a mount root.
#[must_use]
pub fn launch_mount(layout: &Layout, of: Of<'_>, mount: &Mount) -> LaunchMount {
    let path = below(of.root, &mount.path);
    let cache = of.run_dir.mount_cache(of.place, of.number);
    let how = match (real_directory(layout, &mount.source), planned(layout, mount, &path, &cache)) {
        (Some(directory), _) => MountHow::Directory(directory),
        (None, Some(Planned { program, .. })) => MountHow::Program(program),
        (None, None) => MountHow::Command(command(&mount.source)),
    };
    LaunchMount { path, how, kind: kind(&mount.source) }
}

/// Whether something has to stay, or to be done again after a restart of the machine, for a volume to be there.
#[must_use]
pub fn is_held(layout: &Layout, mount: &Mount) -> bool {
    real_directory(layout, &mount.source).is_none()
}

fn command(source: &MountSource) -> String {
    match source {
        MountSource::Unmanaged { command } => command.clone(),
        // Those have a directory or a program.
        MountSource::FileShare { .. } | MountSource::BlobContainer { .. } | MountSource::FileServer { .. } => {
            "false".into()
        }
    }
}

fn planned(layout: &Layout, mount: &Mount, path: &Path, cache: &Path) -> Option<Planned> {
    let kept_in = layout.unsaved();
    let spot = Spot { path, cache, kept_in: &kept_in, limit_seconds: layout.drivers().limit_seconds };
    let nfs = match &mount.source {
        MountSource::FileServer { server, .. } => match of_file_server(layout, server) {
            Some(FileServerDriver::Nfs(nfs)) => Some(nfs),
            Some(FileServerDriver::Directory(_)) | None => None,
        },
        MountSource::FileShare { .. } | MountSource::BlobContainer { .. } | MountSource::Unmanaged { .. } => None,
    };
    mount_by(driver(layout, &mount.source).as_ref(), nfs, &mount.source, spot)
}

/// The kind of a volume.
#[must_use]
pub const fn kind(source: &MountSource) -> VolumeKind {
    match source {
        MountSource::FileShare { .. } => VolumeKind::FileShare,
        MountSource::BlobContainer { .. } => VolumeKind::BlobContainer,
        MountSource::FileServer { .. } | MountSource::Unmanaged { .. } => VolumeKind::Other,
    }
}

/// What opens a volume, and under which name it travels to the supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// See [`MountProgram::secret_name`].
    pub name: String,
    /// What it is, for errors: `the key of the storage account ...`.
    pub what: String,
    /// Where it is to be had.
    pub from: Held,
}

/// Where what opens a volume is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It came with the volume.
    Given(SecretValue),
    /// It should have come with the volume, and did not.
    Missing,
    /// In a file of the server's user.
    File(PathBuf),
}

/// What opens these volumes, which are those of a node in their order.
#[must_use]
pub fn credentials(layout: &Layout, mounts: &[Mount]) -> Vec<Credential> {
    let of_mount = |(number, mount): (usize, &Mount)| {
        let Some(Planned { program, openers }) = planned(layout, mount, Path::new(""), Path::new("")) else {
            return Vec::new();
        };
        let one = |(variable, opener): (&String, Opener)| {
            let name = MountProgram::secret_name(number, variable);
            let (what, from) = match opener {
                Opener::AccountKey => {
                    let account = mount.source.account().unwrap_or_default();
                    let what = format!("the key of the storage account `{account}` for the volume `{}`", mount.path);
                    (what, mount.key.clone().map_or(Held::Missing, Held::Given))
                }
                Opener::File(path) => (format!("what opens the volume `{}`", mount.path), Held::File(path)),
            };
            Credential { name, what, from }
        };
        program.secrets.iter().zip(openers).map(one).collect()
    };
    mounts.iter().enumerate().flat_map(of_mount).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::name::{GroupKey, Name};
    use crate::engine::drivers::{Account, Drivers, Nfs, Remote};

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
        let mount = Mount::new("gfs", MountSource::Unmanaged { command: "mount -t x".into() });
        let mounted = mounted(&Layout::at("/d"), &mount);
        assert_eq!(mounted.path, Path::new("/m/gfs"));
        assert_eq!(mounted.how, MountHow::Command("mount -t x".into()));
        assert_eq!(mounted.kind, VolumeKind::Other);
    }

    fn mounted(layout: &Layout, mount: &Mount) -> LaunchMount {
        let run_dir = RunDir::at("/r");
        launch_mount(layout, Of { root: Path::new("/m"), run_dir: &run_dir, place: 0, number: 2 }, mount)
    }

    fn container(name: &str) -> MountSource {
        MountSource::BlobContainer { account: "Acc".into(), container: name.into(), options: None }
    }

    fn with_drivers() -> Layout {
        let remote = Remote { sas_url_file: Some("/etc/sas".into()), ..Remote::default() };
        let account = Account {
            path: Some("/srv/acc".into()),
            shares: [("data".to_owned(), Driver::Directory("/srv/data".into()))].into(),
            containers: [
                ("models".to_owned(), Driver::Rclone(remote)),
                ("*".to_owned(), Driver::Rclone(Remote::default())),
            ]
            .into(),
        };
        let nfs = FileServerDriver::Nfs(Nfs { address: "h".into(), export: "/e".into(), options: Vec::new() });
        Layout::at("/d").with_drivers(Drivers {
            accounts: [("acc".to_owned(), account)].into(),
            file_servers: [("nfs".to_owned(), nfs)].into(),
            ..Drivers::default()
        })
    }

    #[test]
    fn the_settings_say_what_is_behind_a_volume() {
        let layout = with_drivers();
        let how = |source: MountSource| match mounted(&layout, &Mount::new("v", source)).how {
            MountHow::Directory(path) => path.display().to_string(),
            MountHow::Command(command) => command,
            MountHow::Program(program) => format!("{} {}", program.program, program.arguments[..2].join(" ")),
        };
        assert_eq!(how(share("ACC", "Data")), "/srv/data");
        assert_eq!(how(share("acc", "Other")), "/srv/acc/other");
        assert_eq!(how(share("else", "data")), "/d/storage/else/shares/data");
        assert_eq!(how(container("models")), "rclone mount :azureblob:models");
        assert_eq!(how(file_server(Some("a"))), "mount.nfs h:/e/a /m/v");
    }

    #[test]
    fn what_opens_volumes_is_named_by_their_place() {
        let layout = with_drivers();
        let key = SecretValue::KeyVault { vault: "/v".into(), url: "https://v/secrets/k".into() };
        let of =
            |path: &str, source, key: Option<&SecretValue>| Mount { key: key.cloned(), ..Mount::new(path, source) };
        let mounts = [
            of("a", share("acc", "data"), Some(&key)),
            of("b", container("models"), Some(&key)),
            of("c", container("x"), Some(&key)),
            of("d", container("y"), None),
        ];
        let all = credentials(&layout, &mounts);
        let shown: Vec<String> =
            all.iter().map(|one| format!("{}: {} in {:?}", one.name, one.what, one.from)).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        =mount 1 RCLONE_AZUREBLOB_SAS_URL: what opens the volume `b` in File("/etc/sas")
        =mount 2 RCLONE_AZUREBLOB_KEY: the key of the storage account `Acc` for the volume `c` in Given(KeyVault { vault: "/v", url: "https://v/secrets/k" })
        =mount 3 RCLONE_AZUREBLOB_KEY: the key of the storage account `Acc` for the volume `d` in Missing
        "#);
    }

    #[test]
    fn errors_tell_shares_containers_and_the_rest_apart() {
        assert_eq!(kind(&share("a", "s")), VolumeKind::FileShare);
        assert_eq!(kind(&container("c")), VolumeKind::BlobContainer);
        assert_eq!(kind(&file_server(None)), VolumeKind::Other);
    }
}
