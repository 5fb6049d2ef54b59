//! `storage` in `server.yaml`: where the volumes of storage accounts and file servers really are.
//!
//! Read by [`super::server`]; `server/drivers.rs` makes drivers of it. Knows the form and its mistakes, nothing of
//! programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// The name that stands for every share, or container, without settings of its own.
const ALL: &str = "*";

/// Where volumes are.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Storage {
    /// Storage accounts, by name; others are emulated in the data directory.
    pub accounts: BTreeMap<String, AccountSettings>,
    /// File servers, by name; others are emulated in the data directory.
    pub file_servers: BTreeMap<String, FileServerSettings>,
    /// Seconds within which a volume must be there; `None`: 300.
    pub mount_seconds: Option<u64>,
}

/// Where the volumes of a storage account are.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct AccountSettings {
    /// A folder with a folder for each share and container that has no settings of its own.
    pub path: Option<PathBuf>,
    /// Shares, by name, or `*`.
    pub shares: BTreeMap<String, VolumeSettings>,
    /// Containers, by name, or `*`.
    pub containers: BTreeMap<String, VolumeSettings>,
}

/// Where a share or container is: `path`, `rclone` or `native`, and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct VolumeSettings {
    /// It is this directory.
    pub path: Option<PathBuf>,
    /// rclone mounts it: `true`, or a remote in the words of rclone.
    pub rclone: Option<Choice>,
    /// What Azure's nodes had mounts it: mount.cifs for shares; `true`, `blobfuse2` or `blobfuse` for containers.
    pub native: Option<Choice>,
    /// More options of that program, each word by itself; for mount.cifs, of the file system.
    pub options: Vec<String>,
    /// Another address of the blob service of the account, or another host of the share.
    pub endpoint: Option<String>,
    /// A file with the address of the container and a shared access signature, for `rclone: true`.
    pub sas_url_file: Option<PathBuf>,
    /// The configuration file of rclone.
    pub config: Option<PathBuf>,
}

/// Where a file server is: a directory of this machine, or, with an address, an export of another one by NFS.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FileServerSettings {
    /// What it exports.
    pub path: PathBuf,
    /// Its host.
    #[serde(default)]
    pub address: Option<String>,
    /// More options of the file system, for mount.nfs.
    #[serde(default)]
    pub options: Vec<String>,
}

/// Yes, no, or which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// `true` and `false`.
    Is(bool),
    /// A name.
    Named(String),
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Choice;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`true` or a name")
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Choice, E> {
                Ok(Choice::Is(value))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Choice, E> {
                Ok(Choice::Named(value.to_owned()))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Choice {
    const fn is_wanted(&self) -> bool {
        !matches!(self, Self::Is(false))
    }
}

impl Storage {
    /// The programs that mount its volumes, by name.
    #[must_use]
    pub fn programs(&self) -> BTreeSet<&'static str> {
        let of_volume = |is_share: bool, settings: &VolumeSettings| match settings.programs() {
            (true, _) => Some("rclone"),
            (false, true) if is_share => Some("mount.cifs"),
            (false, true) if settings.native == Some(Choice::Named("blobfuse".into())) => Some("blobfuse"),
            (false, true) => Some("blobfuse2"),
            (false, false) => None,
        };
        let shares = self.accounts.values().flat_map(|account| account.shares.values());
        let containers = self.accounts.values().flat_map(|account| account.containers.values());
        let nfs = self.file_servers.values().filter(|server| server.address.is_some()).map(|_| "mount.nfs");
        shares
            .filter_map(|share| of_volume(true, share))
            .chain(containers.filter_map(|container| of_volume(false, container)))
            .chain(nfs)
            .collect()
    }

    /// Makes the files that it names absolute: they are found from `folder`.
    pub(super) fn find_from(&mut self, folder: &Path) {
        let find = |path: &mut PathBuf| *path = folder.join(&*path);
        for account in self.accounts.values_mut() {
            account.path.iter_mut().for_each(find);
            for volume in account.shares.values_mut().chain(account.containers.values_mut()) {
                [&mut volume.path, &mut volume.sas_url_file, &mut volume.config].into_iter().flatten().for_each(find);
            }
        }
        self.file_servers.values_mut().filter(|server| server.address.is_none()).for_each(|s| find(&mut s.path));
    }

    /// What is wrong with it, by the first key that is.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.mount_seconds == Some(0) {
            return Err("storage.mountSeconds: it must be at least 1".into());
        }
        for (name, account) in &self.accounts {
            check_name(&format!("storage.accounts.{name}"), name, &self.accounts)?;
            for (kind, volumes) in [("shares", &account.shares), ("containers", &account.containers)] {
                for (volume, settings) in volumes {
                    let key = format!("storage.accounts.{name}.{kind}.{volume}");
                    check_name(&key, volume, volumes)?;
                    settings.check(kind == "shares", volume).map_err(|why| format!("{key}: {why}"))?;
                }
            }
        }
        for (name, server) in &self.file_servers {
            let key = format!("storage.fileServers.{name}");
            check_name(&key, name, &self.file_servers)?;
            server.check().map_err(|why| format!("{key}: {why}"))?;
        }
        Ok(())
    }
}

/// Azure takes names in any case, so that two may be one.
fn check_name<T>(key: &str, name: &str, all: &BTreeMap<String, T>) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err(format!("{key}: a name is missing"));
    }
    match all.keys().find(|other| *other != name && other.to_lowercase() == name.to_lowercase()) {
        Some(other) => Err(format!("{key}: it is `{other}` in other letters; one of them has to go")),
        None => Ok(()),
    }
}

impl VolumeSettings {
    /// The program that mounts it, as the settings have it; `None`: it is a directory.
    fn programs(&self) -> (bool, bool) {
        let is_wanted = |choice: &Option<Choice>| choice.as_ref().is_some_and(Choice::is_wanted);
        (is_wanted(&self.rclone), is_wanted(&self.native))
    }

    fn check(&self, is_share: bool, name: &str) -> Result<(), String> {
        let (rclone, native) = self.programs();
        match (self.path.is_some(), rclone, native) {
            (true, false, false) | (false, true, false) | (false, false, true) => {}
            (false, false, false) => {
                return Err("it needs one of `path`, `rclone` and `native`; without any, leave it out".into());
            }
            _ => return Err("`path`, `rclone` and `native` exclude each other".into()),
        }
        let is_azure = self.rclone == Some(Choice::Is(true));
        let needs = [
            ("options", !self.options.is_empty(), rclone || native, "`rclone` or `native`"),
            ("endpoint", self.endpoint.is_some(), is_azure || native, "`rclone: true` or `native`"),
            ("sasUrlFile", self.sas_url_file.is_some(), is_azure, "`rclone: true`"),
            ("config", self.config.is_some(), rclone, "`rclone`"),
        ];
        if let Some((key, _, _, what)) = needs.iter().find(|(_, is_there, fits, _)| *is_there && !*fits) {
            return Err(format!("`{key}` belongs to {what}"));
        }
        if name == ALL && (self.path.is_some() || self.sas_url_file.is_some()) {
            return Err("`path` and `sasUrlFile` are those of one; for all, the account has a `path`".into());
        }
        self.check_program(is_share)
    }

    fn check_program(&self, is_share: bool) -> Result<(), String> {
        match (&self.rclone, &self.native) {
            (Some(Choice::Is(true)), _) if is_share => {
                Err("rclone mounts no Azure file shares: name a remote that has the files, or take `native: true`"
                    .into())
            }
            (Some(Choice::Named(remote)), _) if !remote.contains(':') => {
                Err("`rclone` must be `true`, or a remote with a colon, such as `s3:bucket/folder`".into())
            }
            (_, Some(Choice::Named(_))) if is_share => Err("`native` of a share is `true`: mount.cifs".into()),
            (_, Some(Choice::Named(name))) if !["blobfuse2", "blobfuse"].contains(&name.as_str()) => {
                Err("`native` of a container is `true`, `blobfuse2` or `blobfuse`".into())
            }
            _ => Ok(()),
        }
    }
}

impl FileServerSettings {
    fn check(&self) -> Result<(), String> {
        match &self.address {
            Some(address) if address.trim().is_empty() || address.contains(char::is_whitespace) => {
                Err("`address` must be a host".into())
            }
            Some(_) if !self.path.is_absolute() => Err("`path` must be what the host exports, beginning with /".into()),
            None if !self.options.is_empty() => Err("`options` belong to an `address`".into()),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Storage, String> {
        let storage: Storage = serde_yaml::from_str(text).map_err(|error| error.without_snippet().to_string())?;
        storage.check().map(|()| storage)
    }

    #[test]
    fn every_form_is_read() {
        let text = "
mountSeconds: 60
accounts:
  myaccount:
    path: /srv/myaccount
    shares: {data: {path: data}, '*': {native: true, options: [nosharesock]}}
    containers:
      models: {rclone: true, sasUrlFile: models.sas, options: [--read-only]}
      old: {native: blobfuse}
      s3: {rclone: 's3:bucket/{name}', config: rclone.conf}
fileServers:
  nfs: {address: 10.0.0.4, path: /export, options: [vers=4.2]}
  local: {path: export}
";
        let mut storage = read(text).expect("settings");
        storage.find_from(Path::new("/etc"));
        let account = &storage.accounts["myaccount"];
        assert_eq!(account.shares["data"].path.as_deref(), Some(Path::new("/etc/data")));
        assert_eq!(account.containers["models"].sas_url_file.as_deref(), Some(Path::new("/etc/models.sas")));
        assert_eq!(account.containers["s3"].rclone, Some(Choice::Named("s3:bucket/{name}".into())));
        assert_eq!(storage.file_servers["nfs"].path, Path::new("/export"));
        assert_eq!(storage.file_servers["local"].path, Path::new("/etc/export"));
        assert_eq!(storage.mount_seconds, Some(60));
        assert_eq!(
            storage.programs().into_iter().collect::<Vec<_>>(),
            ["blobfuse", "mount.cifs", "mount.nfs", "rclone"]
        );
    }

    #[test]
    fn what_is_wrong_is_named_by_its_key() {
        let account = |text: &str| format!("accounts: {{a: {{{text}}}}}");
        let table = [
            "mountSeconds: 0".to_owned(),
            account("containers: {c: {}}"),
            account("containers: {c: {path: /x, rclone: true}}"),
            account("containers: {c: {path: /x, options: [a]}}"),
            account("containers: {c: {native: true, sasUrlFile: x}}"),
            account("containers: {c: {rclone: 's3:b', endpoint: x}}"),
            account("containers: {c: {rclone: models}}"),
            account("containers: {c: {native: goofys}}"),
            account("containers: {C: {native: true}, c: {native: true}}"),
            account("containers: {'*': {path: /x}}"),
            account("shares: {s: {rclone: true}}"),
            account("shares: {s: {native: blobfuse}}"),
            account("shares: {s: {native: false}}"),
            "fileServers: {n: {path: x, address: h}}".to_owned(),
            "fileServers: {n: {path: /x, address: ''}}".to_owned(),
            "fileServers: {n: {path: /x, options: [ro]}}".to_owned(),
        ];
        let told: Vec<String> = table.iter().map(|text| read(text).expect_err("an error")).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        storage.mountSeconds: it must be at least 1
        storage.accounts.a.containers.c: it needs one of `path`, `rclone` and `native`; without any, leave it out
        storage.accounts.a.containers.c: `path`, `rclone` and `native` exclude each other
        storage.accounts.a.containers.c: `options` belongs to `rclone` or `native`
        storage.accounts.a.containers.c: `sasUrlFile` belongs to `rclone: true`
        storage.accounts.a.containers.c: `endpoint` belongs to `rclone: true` or `native`
        storage.accounts.a.containers.c: `rclone` must be `true`, or a remote with a colon, such as `s3:bucket/folder`
        storage.accounts.a.containers.c: `native` of a container is `true`, `blobfuse2` or `blobfuse`
        storage.accounts.a.containers.C: it is `c` in other letters; one of them has to go
        storage.accounts.a.containers.*: `path` and `sasUrlFile` are those of one; for all, the account has a `path`
        storage.accounts.a.shares.s: rclone mounts no Azure file shares: name a remote that has the files, or take `native: true`
        storage.accounts.a.shares.s: `native` of a share is `true`: mount.cifs
        storage.accounts.a.shares.s: it needs one of `path`, `rclone` and `native`; without any, leave it out
        storage.fileServers.n: `path` must be what the host exports, beginning with /
        storage.fileServers.n: `address` must be a host
        storage.fileServers.n: `options` belong to an `address`
        ");
        assert!(read(&account("container: {}")).expect_err("unknown").contains("container"));
        assert!(read(&account("containers: {c: {rclone: [1]}}")).expect_err("a list").contains("`true` or a name"));
    }
}
