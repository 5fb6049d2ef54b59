//! What Azure's own nodes mounted with: mount.cifs, blobfuse and its successor blobfuse2, mount.nfs.
//!
//! Options as the service documented them (azure-docs `batch-ai`, "using-azure-cli-20" of Azure/BatchAI).

use std::collections::BTreeMap;

use super::{Blobfuse, Opener, Planned, Spot, text};
use crate::supervisor::run_dir::MountProgram;

/// Where nobody gave any: those that the service documented.
const BLOBFUSE_OPTIONS: &str = "--use-https=true -o big_writes -o max_read=131072 -o max_write=131072 -o attr_timeout=240 \
     -o fsname=blobfuse -o kernel_cache -o entry_timeout=240 -o negative_timeout=120 -o allow_other";

/// What blobfuse2 refuses: its ways of reading and writing are other ones.
const ONLY_OF_BLOBFUSE: [&str; 5] = ["big_writes", "max_read=", "max_write=", "fsname=", "kernel_cache"];

/// How SMB mounts a share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Samba {
    /// More options of the file system.
    pub options: Vec<String>,
    /// The host of the share, where it is not the one in its URL.
    pub host: Option<String>,
}

/// How NFS mounts what a file server exports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nfs {
    /// The host.
    pub address: String,
    /// What it exports. Absolute.
    pub export: String,
    /// More options of the file system.
    pub options: Vec<String>,
}

/// What a share says of itself.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Share<'a> {
    pub account: &'a str,
    pub url: &'a str,
    pub name: &'a str,
    pub file_mode: &'a str,
    pub directory_mode: &'a str,
}

/// How the kernel's client for SMB mounts a share. The password is the key of the account (mount.cifs(8): `PASSWD`).
pub(in crate::engine) fn samba(settings: &Samba, share: Share<'_>, spot: Spot<'_>) -> Planned {
    let Share { account, url, name, file_mode, directory_mode } = share;
    let of_url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let of_url = of_url.split('/').next().unwrap_or(of_url);
    let host = settings.host.as_deref().unwrap_or(of_url);
    let mut options = vec![
        "vers=3.0".to_owned(),
        format!("username={account}"),
        format!("file_mode={file_mode}"),
        format!("dir_mode={directory_mode}"),
        "serverino".into(),
    ];
    options.extend(settings.options.iter().cloned());
    let arguments = vec![format!("//{host}/{name}"), text(spot.path), "-o".into(), options.join(",")];
    let program = of_kernel("mount.cifs", "the package cifs-utils", arguments, spot);
    Planned { program: MountProgram { secrets: vec!["PASSWD".into()], ..program }, openers: vec![Opener::AccountKey] }
}

/// How the kernel's client for NFS mounts an export, or a directory of it.
pub(in crate::engine) fn nfs(settings: &Nfs, directory: &str, options: Option<&str>, spot: Spot<'_>) -> Planned {
    let export = format!("{}/{directory}", settings.export.trim_end_matches('/'));
    let export = if export.len() > 1 { export.trim_end_matches('/') } else { &export };
    let mut arguments = vec![format!("{}:{export}", settings.address), text(spot.path)];
    let given = options.unwrap_or("rw").trim();
    if given.starts_with('-') {
        arguments.extend(given.split_whitespace().map(str::to_owned));
    } else if !given.is_empty() {
        arguments.extend(["-o".to_owned(), given.to_owned()]);
    }
    if !settings.options.is_empty() {
        arguments.extend(["-o".to_owned(), settings.options.join(",")]);
    }
    Planned { program: of_kernel("mount.nfs", "the package nfs-common", arguments, spot), openers: Vec::new() }
}

fn of_kernel(program: &str, source: &str, arguments: Vec<String>, spot: Spot<'_>) -> MountProgram {
    MountProgram {
        program: program.into(),
        arguments,
        environment: BTreeMap::new(),
        secrets: Vec::new(),
        stays: false,
        is_fuse: false,
        cache: None,
        kept_in: None,
        source: source.into(),
        limit_seconds: spot.limit_seconds,
    }
}

/// How blobfuse mounts a container.
pub(in crate::engine) fn blobfuse(
    settings: &Blobfuse,
    account: &str,
    container: &str,
    options: Option<&str>,
    spot: Spot<'_>,
) -> Planned {
    let given = options.filter(|given| !given.trim().is_empty()).unwrap_or(BLOBFUSE_OPTIONS);
    let mut arguments = if settings.is_first { Vec::new() } else { vec!["mount".to_owned()] };
    arguments.push(text(spot.path));
    arguments.extend([format!("--container-name={container}"), format!("--tmp-path={}", text(spot.cache))]);
    arguments.extend(if settings.is_first { split(given) } else { without_old(&split(given)) });
    arguments.extend(settings.options.iter().cloned());
    if !settings.is_first {
        arguments.push("--foreground".into());
    }
    let mut environment = BTreeMap::from([("AZURE_STORAGE_ACCOUNT".to_owned(), account.to_owned())]);
    if !settings.is_first {
        environment.insert("AZURE_STORAGE_AUTH_TYPE".into(), "key".into());
    }
    if let Some(endpoint) = &settings.endpoint {
        environment.insert("AZURE_STORAGE_BLOB_ENDPOINT".into(), endpoint.clone());
    }
    let name = if settings.is_first { "blobfuse" } else { "blobfuse2" };
    let program = MountProgram {
        program: name.into(),
        arguments,
        environment,
        secrets: vec!["AZURE_STORAGE_ACCESS_KEY".into()],
        stays: !settings.is_first,
        is_fuse: true,
        cache: Some(spot.cache.to_owned()),
        kept_in: Some(spot.kept_in.to_owned()),
        source: format!("the package {name} of packages.microsoft.com"),
        limit_seconds: spot.limit_seconds,
    };
    Planned { program, openers: vec![Opener::AccountKey] }
}

fn split(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Without the `-o` options that only the first generation takes.
fn without_old(options: &[String]) -> Vec<String> {
    let is_old = |option: &str| {
        ONLY_OF_BLOBFUSE.iter().any(|old| if old.ends_with('=') { option.starts_with(old) } else { option == *old })
    };
    let mut kept = Vec::new();
    let mut left = options.iter();
    while let Some(option) = left.next() {
        if option != "-o" {
            kept.push(option.clone());
        } else if let Some(value) = left.next().filter(|value| !is_old(value)) {
            kept.extend(["-o".to_owned(), value.clone()]);
        }
    }
    kept
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A command line, its environment, and what its secret variables are set to.
    pub(in super::super) fn shown(planned: &Planned) -> String {
        let Planned { program, openers } = planned;
        let mut lines = vec![format!("{} {}", program.program, program.arguments.join(" "))];
        lines.extend(program.environment.iter().map(|(name, value)| format!("{name}={value}")));
        lines.extend(program.secrets.iter().zip(openers).map(|(name, opener)| format!("{name}: {opener:?}")));
        lines.join("\n")
    }

    fn spot() -> Spot<'static> {
        Spot {
            path: "/m/vol".as_ref(),
            cache: "/r/cache-0-0".as_ref(),
            kept_in: "/d/unsaved".as_ref(),
            limit_seconds: 300,
        }
    }

    #[test]
    fn a_share_is_mounted_as_azure_documents_it() {
        let share = Share {
            account: "acc",
            url: "https://acc.file.core.windows.net/data/",
            name: "data",
            file_mode: "0777",
            directory_mode: "0750",
        };
        insta::assert_snapshot!(shown(&samba(&Samba::default(), share, spot())), @r"
        mount.cifs //acc.file.core.windows.net/data /m/vol -o vers=3.0,username=acc,file_mode=0777,dir_mode=0750,serverino
        PASSWD: AccountKey
        ");
        let settings =
            Samba { options: vec!["port=1445".into(), "nosharesock".into()], host: Some("127.0.0.1".into()) };
        insta::assert_snapshot!(shown(&samba(&settings, share, spot())), @r"
        mount.cifs //127.0.0.1/data /m/vol -o vers=3.0,username=acc,file_mode=0777,dir_mode=0750,serverino,port=1445,nosharesock
        PASSWD: AccountKey
        ");
    }

    #[test]
    fn a_file_server_is_mounted_by_nfs_with_the_options_of_the_request() {
        let settings = Nfs { address: "10.0.0.4".into(), export: "/export/".into(), options: Vec::new() };
        let line = |settings: &Nfs, directory, options| shown(&nfs(settings, directory, options, spot()));
        assert_eq!(line(&settings, "", None), "mount.nfs 10.0.0.4:/export /m/vol -o rw");
        assert_eq!(line(&settings, "a/b", Some("ro,noatime")), "mount.nfs 10.0.0.4:/export/a/b /m/vol -o ro,noatime");
        let root = Nfs { export: "/".into(), options: vec!["vers=4.2".into()], ..settings };
        assert_eq!(line(&root, "", Some("-o rw -v")), "mount.nfs 10.0.0.4:/ /m/vol -o rw -v -o vers=4.2");
    }

    #[test]
    fn a_container_is_mounted_by_the_first_blobfuse_with_the_documented_options() {
        let settings = Blobfuse { is_first: true, ..Blobfuse::default() };
        insta::assert_snapshot!(shown(&blobfuse(&settings, "acc", "models", None, spot())), @r"
        blobfuse /m/vol --container-name=models --tmp-path=/r/cache-0-0 --use-https=true -o big_writes -o max_read=131072 -o max_write=131072 -o attr_timeout=240 -o fsname=blobfuse -o kernel_cache -o entry_timeout=240 -o negative_timeout=120 -o allow_other
        AZURE_STORAGE_ACCOUNT=acc
        AZURE_STORAGE_ACCESS_KEY: AccountKey
        ");
        let given = shown(&blobfuse(&settings, "acc", "models", Some("-o ro"), spot()));
        assert!(
            given.starts_with("blobfuse /m/vol --container-name=models --tmp-path=/r/cache-0-0 -o ro\n"),
            "{given}"
        );
    }

    #[test]
    fn blobfuse2_is_given_what_it_knows_of_them() {
        let settings = Blobfuse { endpoint: Some("http://127.0.0.1:10000/acc".into()), ..Blobfuse::default() };
        insta::assert_snapshot!(shown(&blobfuse(&settings, "acc", "models", None, spot())), @r"
        blobfuse2 mount /m/vol --container-name=models --tmp-path=/r/cache-0-0 --use-https=true -o attr_timeout=240 -o entry_timeout=240 -o negative_timeout=120 -o allow_other --foreground
        AZURE_STORAGE_ACCOUNT=acc
        AZURE_STORAGE_AUTH_TYPE=key
        AZURE_STORAGE_BLOB_ENDPOINT=http://127.0.0.1:10000/acc
        AZURE_STORAGE_ACCESS_KEY: AccountKey
        ");
    }
}
