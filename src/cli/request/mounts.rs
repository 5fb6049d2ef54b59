//! `--nfs`, `--afs-name` and `--bfs-name`: volumes that flags add to those of a file.

use clap::Args;

use super::storage::{StorageAccount, StorageArgs};
use super::wrong;
use crate::api::ResourceReference;
use crate::api::id::ResourceId;
use crate::api::mount::{AzureBlobFileSystemReference, AzureFileShareReference, FileServerReference, MountVolumes};
use crate::cli::report::Failure;
use crate::config::client::Storage;

/// The mode of what lies on a file share that flags mount, as the SDK of `az batchai` sent it.
const MODE: &str = "0777";

/// The rights with which flags mount a file server.
const OPTIONS: &str = "rw";

/// Where the storage of a public account answers.
const SUFFIX: &str = "core.windows.net";

/// Volumes.
#[derive(Debug, Clone, Default, Args)]
pub struct MountArgs {
    /// File server to mount: its name in the same workspace, or its id.
    #[arg(long, value_name = "NAME", help_heading = "Volumes")]
    pub nfs: Option<String>,
    /// Where it appears below the mount root.
    #[arg(long, value_name = "PATH", default_value = "nfs", help_heading = "Volumes")]
    pub nfs_mount_path: String,
    /// File share to mount, by name.
    #[arg(long, value_name = "SHARE", help_heading = "Volumes")]
    pub afs_name: Option<String>,
    /// Where it appears below the mount root.
    #[arg(long, value_name = "PATH", default_value = "afs", help_heading = "Volumes")]
    pub afs_mount_path: String,
    /// Blob container to mount, by name.
    #[arg(long, value_name = "CONTAINER", help_heading = "Volumes")]
    pub bfs_name: Option<String>,
    /// Where it appears below the mount root.
    #[arg(long, value_name = "PATH", default_value = "bfs", help_heading = "Volumes")]
    pub bfs_mount_path: String,
    #[command(flatten)]
    pub storage: StorageArgs,
}

impl MountArgs {
    /// The volumes of a file and then those of the flags: file server, file share, container. `file_server` is the
    /// id of what `--nfs` names.
    ///
    /// # Errors
    /// When a mount path is empty, or no storage account is known.
    pub fn over(
        &self,
        file: Option<MountVolumes>,
        file_server: Option<&ResourceId>,
        configured: &Storage,
    ) -> Result<Option<MountVolumes>, Failure> {
        let mut volumes = file.unwrap_or_default();
        if let Some(id) = file_server {
            let path = filled(&self.nfs_mount_path, "File server relative mount path cannot be empty.")?;
            volumes.file_servers.get_or_insert_default().push(FileServerReference {
                file_server: ResourceReference { id: id.to_string() },
                relative_mount_path: path,
                source_directory: None,
                mount_options: Some(OPTIONS.to_owned()),
            });
        }
        if let Some(share) = &self.afs_name {
            let path = filled(&self.afs_mount_path, "Azure File share relative mount path cannot be empty.")?;
            let share = file_share(&self.storage.required(configured)?, share, path);
            volumes.azure_file_shares.get_or_insert_default().push(share);
        }
        if let Some(name) = &self.bfs_name {
            let path = filled(&self.bfs_mount_path, "Azure Storage Container relative mount path cannot be empty.")?;
            let container = container(&self.storage.required(configured)?, name, path);
            volumes.azure_blob_file_systems.get_or_insert_default().push(container);
        }
        Ok((volumes != MountVolumes::default()).then_some(volumes))
    }
}

fn filled(path: &str, otherwise: &str) -> Result<String, Failure> {
    if path.trim().is_empty() { Err(wrong(otherwise)) } else { Ok(path.to_owned()) }
}

/// A file share of an account, as flags mount one.
#[must_use]
pub fn file_share(account: &StorageAccount, share: &str, path: String) -> AzureFileShareReference {
    AzureFileShareReference {
        account_name: account.name.clone(),
        azure_file_url: format!("https://{}.file.{SUFFIX}/{share}", account.name),
        credentials: account.credentials(),
        relative_mount_path: path,
        file_mode: Some(MODE.to_owned()),
        directory_mode: Some(MODE.to_owned()),
    }
}

/// A container of an account, as flags mount one.
#[must_use]
pub fn container(account: &StorageAccount, name: &str, path: String) -> AzureBlobFileSystemReference {
    AzureBlobFileSystemReference {
        account_name: account.name.clone(),
        container_name: name.to_owned(),
        credentials: account.credentials(),
        relative_mount_path: path,
        mount_options: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> MountArgs {
        let (nfs_mount_path, afs_mount_path, bfs_mount_path) = ("nfs".into(), "afs".into(), "bfs".into());
        MountArgs { nfs_mount_path, afs_mount_path, bfs_mount_path, ..MountArgs::default() }
    }

    fn configured() -> Storage {
        Storage { account: Some("acc".into()), key: Some("a2V5".into()) }
    }

    #[test]
    fn flags_come_after_the_volumes_of_the_file() {
        let of_file = StorageAccount { name: "old".into(), key: None };
        let file = MountVolumes {
            azure_file_shares: Some(vec![file_share(&of_file, "s", "x".into())]),
            ..MountVolumes::default()
        };
        let args = MountArgs { afs_name: Some("data".into()), bfs_name: Some("models".into()), ..args() };
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/fileservers/f";
        let id = ResourceId::parse(id).expect("an id");
        let made = args.over(Some(file), Some(&id), &configured()).expect("volumes").expect("some");
        let shares = made.azure_file_shares.expect("shares");
        assert_eq!(shares[0].account_name, "old");
        assert_eq!(shares[1].azure_file_url, "https://acc.file.core.windows.net/data");
        assert_eq!(shares[1].credentials.account_key.as_deref(), Some("a2V5"));
        assert_eq!(shares[1].file_mode.as_deref(), Some("0777"));
        assert_eq!(made.azure_blob_file_systems.expect("containers")[0].container_name, "models");
        let server = &made.file_servers.expect("file servers")[0];
        assert_eq!((server.file_server.id.as_str(), server.mount_options.as_deref()), (&*id.to_string(), Some("rw")));
        assert_eq!(super::MountArgs::default().over(None, None, &configured()), Ok(None));
    }

    #[test]
    fn empty_mount_paths_and_unknown_accounts_are_told_in_the_words_of_az() {
        let message =
            |args: &MountArgs, configured: &Storage| args.over(None, None, configured).expect_err("a failure").message;
        let share = MountArgs { afs_name: Some("x".into()), afs_mount_path: String::new(), ..args() };
        assert_eq!(message(&share, &configured()), "Azure File share relative mount path cannot be empty.");
        let blob = MountArgs { bfs_name: Some("x".into()), bfs_mount_path: " ".into(), ..args() };
        assert_eq!(message(&blob, &configured()), "Azure Storage Container relative mount path cannot be empty.");
        let share = MountArgs { afs_name: Some("x".into()), ..args() };
        let said = message(&share, &Storage::default());
        assert!(said.starts_with("Please configure Azure Storage account name via AZURE_BATCHAI_STORAGE_ACCOUNT"));
    }
}
