//! The part of the composition root that makes drivers of volumes of the settings.

use crate::config::storage::{AccountSettings, Choice, FileServerSettings, Storage, VolumeSettings};
use crate::engine::drivers::{Account, Blobfuse, Driver, Drivers, FileServerDriver, LIMIT_SECONDS, Nfs, Remote, Samba};

/// The drivers that the settings ask for.
pub(super) fn drivers(storage: &Storage) -> Drivers {
    let Storage { accounts, file_servers, mount_seconds } = storage;
    Drivers {
        accounts: accounts.iter().map(|(name, settings)| (name.to_lowercase(), account(settings))).collect(),
        file_servers: file_servers
            .iter()
            .map(|(name, settings)| (name.to_lowercase(), file_server(settings)))
            .collect(),
        limit_seconds: mount_seconds.unwrap_or(LIMIT_SECONDS),
    }
}

fn account(settings: &AccountSettings) -> Account {
    let AccountSettings { path, shares, containers } = settings;
    let shares = shares.iter().map(|(name, settings)| (name.to_lowercase(), driver(settings, true)));
    let containers = containers.iter().map(|(name, settings)| (name.to_lowercase(), driver(settings, false)));
    Account { path: path.clone(), shares: shares.collect(), containers: containers.collect() }
}

fn driver(settings: &VolumeSettings, is_share: bool) -> Driver {
    let VolumeSettings { path, rclone, native, options, endpoint, sas_url_file, config } = settings.clone();
    if let Some(path) = path {
        return Driver::Directory(path);
    }
    match (rclone, native) {
        (Some(remote @ (Choice::Is(true) | Choice::Named(_))), _) => {
            let remote = match remote {
                Choice::Named(name) => Some(name),
                Choice::Is(_) => None,
            };
            Driver::Rclone(Remote { remote, options, endpoint, sas_url_file, config })
        }
        (None | Some(Choice::Is(false)), _) if is_share => Driver::Samba(Samba { options, host: endpoint }),
        (None | Some(Choice::Is(false)), native) => {
            let is_first = native == Some(Choice::Named("blobfuse".into()));
            Driver::Blobfuse(Blobfuse { is_first, options, endpoint })
        }
    }
}

fn file_server(settings: &FileServerSettings) -> FileServerDriver {
    let FileServerSettings { path, address, options } = settings.clone();
    match address {
        None => FileServerDriver::Directory(path),
        Some(address) => FileServerDriver::Nfs(Nfs { address, export: path.to_string_lossy().into_owned(), options }),
    }
}
