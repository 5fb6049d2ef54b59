//! File servers.

use super::{FieldErrors, Rules, machine, time};
use crate::api::ResourceReference;
use crate::api::file_server as wire;
use crate::api::id::{Child, ResourceId};
use crate::domain::cluster::Admin;
use crate::domain::file_server::{Caching, DataDisks, DiskStorage, FileServer, FileServerSpec};
use crate::domain::name::{FileServerKey, WorkspaceKey};

/// The most ranges of addresses (Swagger 2018-05-01, `publicIPsToAllow`).
const MOST_RANGES: usize = 400;

/// File servers are directories of this machine, so this is where they are reached.
const ADDRESS: &str = "127.0.0.1";

/// Body to spec.
///
/// # Errors
/// All field errors at once.
pub fn spec(body: &wire::FileServerCreate, rules: &Rules<'_>) -> Result<FileServerSpec, FieldErrors> {
    let mut errors = FieldErrors::default();
    let wire::FileServerSpec { vm_size, ssh_configuration, data_disks, subnet } = &body.properties;
    let wire::SshConfiguration { public_ips_to_allow, user_account_settings } = ssh_configuration;
    const SSH: &str = "properties.sshConfiguration";
    let spec = FileServerSpec {
        vm_size: machine::any_vm_size("properties.vmSize", vm_size.as_deref(), rules.version, &mut errors),
        // Nobody logs in to a file server here, so its password is not kept.
        admin: Admin {
            password: None,
            ..machine::admin(&format!("{SSH}.userAccountSettings"), user_account_settings, rules, &mut errors)
        },
        public_ips: public_ips(&format!("{SSH}.publicIPsToAllow"), public_ips_to_allow.as_deref(), &mut errors),
        disks: disks(data_disks),
        subnet: subnet.as_ref().map(|subnet| subnet.id.clone()),
    };
    errors.finish(Some(spec))
}

fn public_ips(target: &str, ranges: Option<&[String]>, errors: &mut FieldErrors) -> Option<Vec<String>> {
    let ranges = ranges?;
    if ranges.len() > MOST_RANGES {
        errors.add(target, format!("it has {} ranges of addresses, but must have at most {MOST_RANGES}", ranges.len()));
    }
    for (at, _) in ranges.iter().enumerate().filter(|(_, range)| range.trim().is_empty()) {
        errors.add(format!("{target}[{at}]"), "it must not be empty");
    }
    Some(ranges.to_vec())
}

fn disks(wire: &wire::DataDisks) -> DataDisks {
    let wire::DataDisks { disk_size_in_gb, caching_type, disk_count, storage_account_type } = wire;
    DataDisks {
        size_gb: *disk_size_in_gb,
        count: *disk_count,
        storage: match storage_account_type {
            wire::StorageAccountType::Standard => DiskStorage::Standard,
            wire::StorageAccountType::Premium => DiskStorage::Premium,
        },
        caching: match caching_type.unwrap_or_default() {
            wire::CachingType::None => Caching::None,
            wire::CachingType::ReadOnly => Caching::ReadOnly,
            wire::CachingType::ReadWrite => Caching::ReadWrite,
        },
    }
}

/// The key of a file server that a body refers to.
pub(super) fn key(id: &str) -> Result<FileServerKey, String> {
    let parsed = ResourceId::parse(id);
    let Some(ResourceId { subscription, group, workspace, child: Child::FileServer(name) }) = parsed else {
        return Err(format!("`{id}` is not the id of a file server"));
    };
    Ok(FileServerKey {
        workspace: WorkspaceKey {
            group: super::group(&subscription, &group)?,
            name: super::name("workspace", &workspace)?,
        },
        name: super::name_in(&workspace, "file server", &name)?,
    })
}

/// The full id of a file server.
#[must_use]
pub fn id(key: &FileServerKey) -> String {
    super::workspace::id(&key.workspace, Child::FileServer(key.name.to_string())).to_string()
}

/// A file server as answered.
#[must_use]
pub fn file_server(value: &FileServer) -> wire::FileServer {
    let FileServer { key, spec: _, created, provisioning, uuid: _, export, legacy: _ } = value;
    wire::FileServer {
        id: id(key),
        name: key.name.to_string(),
        kind: "Microsoft.BatchAI/workspaces/fileservers".into(),
        properties: wire::FileServerProperties {
            provisioning_state: super::provisioning_state(provisioning.state),
            provisioning_state_transition_time: time(provisioning.since),
            creation_time: time(*created),
            mount_settings: Some(wire::MountSettings {
                mount_point: export.clone(),
                file_server_public_ip: ADDRESS.into(),
                file_server_internal_ip: ADDRESS.into(),
            }),
            spec: spec_back(value),
        },
    }
}

fn spec_back(value: &FileServer) -> wire::FileServerSpec {
    let FileServerSpec { vm_size, admin, public_ips, disks, subnet: _ } = &value.spec;
    let DataDisks { size_gb, count, storage, caching } = disks;
    wire::FileServerSpec {
        vm_size: Some(vm_size.clone()),
        ssh_configuration: wire::SshConfiguration {
            public_ips_to_allow: public_ips.clone(),
            user_account_settings: machine::admin_back(admin),
        },
        data_disks: wire::DataDisks {
            disk_size_in_gb: *size_gb,
            caching_type: Some(match caching {
                Caching::None => wire::CachingType::None,
                Caching::ReadOnly => wire::CachingType::ReadOnly,
                Caching::ReadWrite => wire::CachingType::ReadWrite,
            }),
            disk_count: *count,
            storage_account_type: match storage {
                DiskStorage::Standard => wire::StorageAccountType::Standard,
                DiskStorage::Premium => wire::StorageAccountType::Premium,
            },
        },
        subnet: Some(ResourceReference { id: value.subnet() }),
    }
}
