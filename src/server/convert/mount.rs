//! Mount volumes.

use super::secret::{self, Given};
use super::{FieldErrors, Rules};
use crate::api::ResourceReference;
use crate::api::mount as wire;
use crate::domain::mount::{Mount, MountSource, relative_path};
use crate::domain::secret::SecretValue;

/// The mode of files and directories on a share when none was given (Swagger 2018-05-01).
const DEFAULT_MODE: &str = "0777";

/// Volumes in the order shares, containers, file servers, unmanaged ones.
pub(super) fn mounts(
    target: &str,
    volumes: Option<&wire::MountVolumes>,
    rules: &Rules<'_>,
    errors: &mut FieldErrors,
) -> Vec<Mount> {
    let Some(volumes) = volumes else { return Vec::new() };
    let mut found = Vec::new();
    for (at, share) in volumes.azure_file_shares.iter().flatten().enumerate() {
        let target = format!("{target}.azureFileShares[{at}]");
        let key = account_key(&target, &share.credentials, rules, errors);
        let source = file_share(&target, share, errors);
        push(&mut found, &target, &share.relative_mount_path, source, key, errors);
    }
    for (at, container) in volumes.azure_blob_file_systems.iter().flatten().enumerate() {
        let target = format!("{target}.azureBlobFileSystems[{at}]");
        let key = account_key(&target, &container.credentials, rules, errors);
        let source = blob_container(&target, container, errors);
        push(&mut found, &target, &container.relative_mount_path, source, key, errors);
    }
    for (at, server) in volumes.file_servers.iter().flatten().enumerate() {
        let target = format!("{target}.fileServers[{at}]");
        let source = file_server(&target, server, errors);
        push(&mut found, &target, &server.relative_mount_path, source, None, errors);
    }
    for (at, unmanaged) in volumes.unmanaged_file_systems.iter().flatten().enumerate() {
        let target = format!("{target}.unmanagedFileSystems[{at}]");
        super::check_filled(format!("{target}.mountCommand"), &unmanaged.mount_command, errors);
        let source = Some(MountSource::Unmanaged { command: unmanaged.mount_command.clone() });
        push(&mut found, &target, &unmanaged.relative_mount_path, source, None, errors);
    }
    found
}

/// Exactly one of both forms; under our version neither is fine too, because emulated accounts ask for no key.
fn account_key(
    target: &str,
    credentials: &wire::StorageCredentials,
    rules: &Rules<'_>,
    errors: &mut FieldErrors,
) -> Option<SecretValue> {
    let wire::StorageCredentials { account_key, account_key_secret_reference } = credentials;
    if account_key.is_none() && account_key_secret_reference.is_none() && rules.version.is_ours() {
        return None;
    }
    let given = Given {
        clear: ("accountKey", account_key.as_deref()),
        reference: ("accountKeySecretReference", account_key_secret_reference.as_ref()),
    };
    secret::value(&format!("{target}.credentials"), &given, rules, errors)
}

fn push(
    found: &mut Vec<Mount>,
    target: &str,
    path: &str,
    source: Option<MountSource>,
    key: Option<SecretValue>,
    errors: &mut FieldErrors,
) {
    let target = format!("{target}.relativeMountPath");
    let Some(path) = relative_path(path) else {
        errors.add(target, format!("`{path}` must be a path below the mount root: relative, without `..`, not empty"));
        return;
    };
    let overlaps = |mount: &Mount| {
        let below = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
        below(&mount.path, &path) || below(&path, &mount.path)
    };
    if let Some(other) = found.iter().find(|mount| overlaps(mount)) {
        errors.add(target, format!("`{path}` overlaps the mount path `{}` of another volume", other.path));
    } else if let Some(source) = source {
        found.push(Mount { path, source, key });
    }
}

fn file_share(target: &str, share: &wire::AzureFileShareReference, errors: &mut FieldErrors) -> Option<MountSource> {
    super::check_filled(format!("{target}.accountName"), &share.account_name, errors);
    let name = share_name(&share.azure_file_url);
    if name.is_none() {
        let url = &share.azure_file_url;
        let message = format!("`{url}` must look like https://<account>.file.core.windows.net/<share>");
        errors.add(format!("{target}.azureFileUrl"), message);
    }
    for (property, mode) in [("fileMode", &share.file_mode), ("directoryMode", &share.directory_mode)] {
        let is_mode = |text: &str| (3..=4).contains(&text.len()) && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
        if let Some(mode) = mode.as_deref().filter(|mode| !is_mode(mode)) {
            errors.add(format!("{target}.{property}"), format!("`{mode}` must be an octal mode, such as 0777"));
        }
    }
    Some(MountSource::FileShare {
        account: share.account_name.clone(),
        url: share.azure_file_url.clone(),
        share: name?.to_owned(),
        file_mode: share.file_mode.clone().unwrap_or_else(|| DEFAULT_MODE.into()),
        directory_mode: share.directory_mode.clone().unwrap_or_else(|| DEFAULT_MODE.into()),
    })
}

/// The share of `https://<account>.file.<suffix>/<share>`, or of the same with `http`.
fn share_name(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let (host, share) = rest.trim_end_matches('/').split_once('/')?;
    let is_web = ["https", "http"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let is_name = !share.is_empty() && !share.contains(|c: char| "/?#".contains(c) || c.is_whitespace());
    (is_web && is_name && !host.is_empty()).then_some(share)
}

fn blob_container(
    target: &str,
    container: &wire::AzureBlobFileSystemReference,
    errors: &mut FieldErrors,
) -> Option<MountSource> {
    super::check_filled(format!("{target}.accountName"), &container.account_name, errors);
    super::check_filled(format!("{target}.containerName"), &container.container_name, errors);
    Some(MountSource::BlobContainer {
        account: container.account_name.clone(),
        container: container.container_name.clone(),
        options: container.mount_options.clone(),
    })
}

fn file_server(target: &str, server: &wire::FileServerReference, errors: &mut FieldErrors) -> Option<MountSource> {
    let key = errors.take(&format!("{target}.fileServer.id"), super::file_server::key(&server.file_server.id));
    let directory = match server.source_directory.as_deref() {
        None => None,
        Some(path) if path.split('/').all(|part| part.is_empty() || part == ".") => None,
        Some(path) => {
            let inside = relative_path(path.trim_start_matches('/'));
            let inside = inside.ok_or_else(|| format!("`{path}` must stay inside the file server's export"));
            errors.take(&format!("{target}.sourceDirectory"), inside)
        }
    };
    key.map(|server_key| MountSource::FileServer {
        server: server_key,
        directory,
        options: server.mount_options.clone(),
    })
}

/// The volumes as answered: credentials are an empty object.
pub(super) fn volumes(mounts: &[Mount]) -> Option<wire::MountVolumes> {
    if mounts.is_empty() {
        return None;
    }
    let mut volumes = wire::MountVolumes::default();
    for Mount { path, source, key: _ } in mounts {
        let relative_mount_path = path.clone();
        let credentials = wire::StorageCredentials::default();
        match source {
            MountSource::FileShare { account, url, share: _, file_mode, directory_mode } => {
                volumes.azure_file_shares.get_or_insert_default().push(wire::AzureFileShareReference {
                    account_name: account.clone(),
                    azure_file_url: url.clone(),
                    credentials,
                    relative_mount_path,
                    file_mode: Some(file_mode.clone()),
                    directory_mode: Some(directory_mode.clone()),
                });
            }
            MountSource::BlobContainer { account, container, options } => {
                volumes.azure_blob_file_systems.get_or_insert_default().push(wire::AzureBlobFileSystemReference {
                    account_name: account.clone(),
                    container_name: container.clone(),
                    credentials,
                    relative_mount_path,
                    mount_options: options.clone(),
                });
            }
            MountSource::FileServer { server, directory, options } => {
                volumes.file_servers.get_or_insert_default().push(wire::FileServerReference {
                    file_server: ResourceReference { id: super::file_server::id(server) },
                    relative_mount_path,
                    source_directory: directory.clone(),
                    mount_options: options.clone(),
                });
            }
            MountSource::Unmanaged { command } => {
                volumes
                    .unmanaged_file_systems
                    .get_or_insert_default()
                    .push(wire::UnmanagedFileSystemReference { mount_command: command.clone(), relative_mount_path });
            }
        }
    }
    Some(volumes)
}

#[cfg(test)]
#[path = "mount_tests.rs"]
mod tests;
