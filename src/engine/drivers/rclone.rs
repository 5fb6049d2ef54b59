//! rclone: blob containers, and whatever else it knows, as FUSE file systems.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Opener, Planned, Spot, text, words};
use crate::engine::directories::safe_name;
use crate::supervisor::run_dir::MountProgram;

/// In the name of a remote, stands for the name of the share or container.
const NAME: &str = "{name}";

/// Files are written to the disk first, because programs write to them in the middle and append; a file is uploaded when
/// it is closed, and not some time later, when nobody waits for it any more. What others change is seen soon.
const FLAGS: [&str; 6] = ["--vfs-cache-mode", "writes", "--vfs-write-back", "0s", "--dir-cache-time", "5s"];

/// What rclone mounts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remote {
    /// A remote in the words of rclone, such as `s3:bucket/models`; `{name}` in it stands for the name of the share or
    /// container. `None`: the container of the storage account of its name.
    pub remote: Option<String>,
    /// More options, each word by itself.
    pub options: Vec<String>,
    /// The address of the blob service of the account, where it is not Azure's.
    pub endpoint: Option<String>,
    /// A file that holds the address of the container with a shared access signature; without one, the key of the
    /// account opens it.
    pub sas_url_file: Option<PathBuf>,
    /// The configuration of rclone, where a remote is not found in that of its user.
    pub config: Option<PathBuf>,
}

impl Remote {
    /// What it is called in the words of rclone.
    #[must_use]
    pub fn name(&self, volume: &str) -> String {
        match &self.remote {
            // It comes from a user, and must not lead out of what the settings mean.
            Some(remote) => remote.replace(NAME, &safe_name(volume)),
            None => format!(":azureblob:{volume}"),
        }
    }

    /// What rclone has to know of it beside its name, without what is secret.
    #[must_use]
    pub fn environment(&self, account: &str) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        if let Some(config) = &self.config {
            all.insert("RCLONE_CONFIG".into(), text(config));
        }
        if self.remote.is_none() {
            // Whatever its user has configured is not meant for this one.
            all.entry("RCLONE_CONFIG".into()).or_insert_with(|| "/dev/null".into());
            if self.sas_url_file.is_none() {
                all.insert("RCLONE_AZUREBLOB_ACCOUNT".into(), account.to_owned());
            }
            if let Some(endpoint) = &self.endpoint {
                all.insert("RCLONE_AZUREBLOB_ENDPOINT".into(), endpoint.clone());
            }
        }
        all
    }

    /// What opens it: variables, and where their values are to be had.
    #[must_use]
    pub fn openers(&self) -> Vec<(&'static str, Opener)> {
        match (&self.remote, &self.sas_url_file) {
            (Some(_), _) => Vec::new(),
            (None, Some(file)) => vec![("RCLONE_AZUREBLOB_SAS_URL", Opener::File(file.clone()))],
            (None, None) => vec![("RCLONE_AZUREBLOB_KEY", Opener::AccountKey)],
        }
    }
}

/// How rclone mounts a volume.
pub(in crate::engine) fn mount(remote: &Remote, account: &str, volume: &str, spot: Spot<'_>) -> Planned {
    let mut arguments = vec!["mount".to_owned(), remote.name(volume), text(spot.path)];
    arguments.extend(words(&FLAGS));
    arguments.extend(remote.options.iter().cloned());
    let mut environment = remote.environment(account);
    environment.insert("RCLONE_CACHE_DIR".into(), text(spot.cache));
    let (secrets, openers) = remote.openers().into_iter().map(|(name, opener)| (name.to_owned(), opener)).unzip();
    let program = MountProgram {
        program: "rclone".into(),
        arguments,
        environment,
        secrets,
        stays: true,
        is_fuse: true,
        cache: Some(spot.cache.to_owned()),
        kept_in: Some(spot.kept_in.to_owned()),
        source: "the package rclone".into(),
        limit_seconds: spot.limit_seconds,
    };
    Planned { program, openers }
}

#[cfg(test)]
mod tests {
    use super::super::native::tests::shown;
    use super::*;

    fn planned(remote: &Remote) -> String {
        let spot = Spot {
            path: "/r/mounts/bfs".as_ref(),
            cache: "/r/cache-0-1".as_ref(),
            kept_in: "/d/unsaved".as_ref(),
            limit_seconds: 300,
        };
        shown(&mount(remote, "acc", "models", spot))
    }

    #[test]
    fn a_container_is_opened_by_the_key_of_its_account() {
        insta::assert_snapshot!(planned(&Remote::default()), @r"
        rclone mount :azureblob:models /r/mounts/bfs --vfs-cache-mode writes --vfs-write-back 0s --dir-cache-time 5s
        RCLONE_AZUREBLOB_ACCOUNT=acc
        RCLONE_CACHE_DIR=/r/cache-0-1
        RCLONE_CONFIG=/dev/null
        RCLONE_AZUREBLOB_KEY: AccountKey
        ");
    }

    #[test]
    fn a_container_may_be_opened_by_a_signature_and_lie_elsewhere() {
        let remote = Remote {
            sas_url_file: Some("/etc/models.sas".into()),
            endpoint: Some("http://127.0.0.1:10000/acc".into()),
            options: vec!["--vfs-cache-mode".into(), "full".into()],
            ..Remote::default()
        };
        insta::assert_snapshot!(planned(&remote), @r#"
        rclone mount :azureblob:models /r/mounts/bfs --vfs-cache-mode writes --vfs-write-back 0s --dir-cache-time 5s --vfs-cache-mode full
        RCLONE_AZUREBLOB_ENDPOINT=http://127.0.0.1:10000/acc
        RCLONE_CACHE_DIR=/r/cache-0-1
        RCLONE_CONFIG=/dev/null
        RCLONE_AZUREBLOB_SAS_URL: File("/etc/models.sas")
        "#);
    }

    #[test]
    fn a_remote_of_any_kind_has_what_opens_it_in_its_own_configuration() {
        let remote = Remote {
            remote: Some("s3:bucket/{name}".into()),
            config: Some("/etc/rclone.conf".into()),
            ..Remote::default()
        };
        insta::assert_snapshot!(planned(&remote), @r"
        rclone mount s3:bucket/models /r/mounts/bfs --vfs-cache-mode writes --vfs-write-back 0s --dir-cache-time 5s
        RCLONE_CACHE_DIR=/r/cache-0-1
        RCLONE_CONFIG=/etc/rclone.conf
        ");
        assert_eq!(remote.name("../other"), "s3:bucket/%2E.%2Fother", "a container leads nowhere else");
    }
}
