//! What a body refers to beside the resource it makes: clusters, file servers, storage and secrets.
//!
//! Routes collect the links of a converted body and show them to [`super::authorise::Caller::may_use`].

use std::fmt;

use crate::api::id::ResourceId;
use crate::domain::cluster::ClusterSpec;
use crate::domain::job::spec::JobSpec;
use crate::domain::mount::{Mount, MountSource};
use crate::domain::secret::SecretValue;
use crate::operations::{Context, storage_accounts};

/// One thing that a body refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A resource by its full id.
    Resource(String),
    /// An emulated storage account by its name.
    Account(String),
    /// A secret in a key vault, by its address. Vaults belong to the whole server, and so to no group.
    Secret(String),
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource(id) => f.write_str(id),
            Self::Account(name) => write!(f, "storage account {name}"),
            Self::Secret(url) => write!(f, "secret {url}"),
        }
    }
}

/// What a job refers to.
#[must_use]
pub fn of_job(spec: &JobSpec) -> Vec<Link> {
    let key = &spec.cluster;
    let child = crate::api::id::Child::Cluster(key.name.to_string());
    let cluster = super::convert::workspace::id(&key.workspace, child);
    let password = spec.container.as_ref().and_then(|container| container.login.as_ref()).map(|login| &login.password);
    let secrets = spec.secrets.iter().map(|secret| &secret.value).chain(password);
    let rest = of_mounts(&spec.mounts).chain(of_secrets(secrets.chain(keys(&spec.mounts))));
    std::iter::once(Link::Resource(cluster.to_string())).chain(rest).collect()
}

/// What a cluster refers to.
#[must_use]
pub fn of_cluster(spec: &ClusterSpec) -> Vec<Link> {
    let secrets = spec.setup.iter().flat_map(|task| &task.secrets).map(|secret| &secret.value);
    of_mounts(&spec.mounts).chain(of_secrets(secrets.chain(keys(&spec.mounts)))).collect()
}

/// What opens volumes: programs that mount them are given it, and a job sees what those are given.
fn keys(mounts: &[Mount]) -> impl Iterator<Item = &SecretValue> {
    mounts.iter().filter_map(|mount| mount.key.as_ref())
}

/// Those that are kept in key vaults.
fn of_secrets<'s>(secrets: impl Iterator<Item = &'s SecretValue>) -> impl Iterator<Item = Link> {
    secrets.filter_map(|secret| match secret {
        SecretValue::KeyVault { url, .. } => Some(Link::Secret(url.clone())),
        SecretValue::Sealed(_) => None,
    })
}

fn of_mounts(mounts: &[Mount]) -> impl Iterator<Item = Link> {
    mounts.iter().filter_map(|mount| match &mount.source {
        MountSource::FileServer { server, .. } => Some(Link::Resource(super::convert::file_server::id(server))),
        source => source.account().map(|account| Link::Account(account.to_owned())),
    })
}

/// The resource group that something belongs to; `None`: to nobody.
pub(super) fn group_of(context: &Context, link: &Link) -> Option<String> {
    match link {
        // Whose id cannot be read belongs to no group that anybody could see.
        Link::Resource(id) => Some(ResourceId::parse(id).map_or_else(String::new, |id| id.group)),
        Link::Account(name) => group_of_account(context, name),
        Link::Secret(_) => Some(String::new()),
    }
}

fn group_of_account(context: &Context, name: &str) -> Option<String> {
    match storage_accounts::owner(&context.store, name) {
        Ok(owner) => owner.map(|group| group.group),
        // Whose owner cannot be told is nobody's to use.
        Err(error) => {
            tracing::error!("cannot tell whose the storage account {name} is: {error}");
            Some(String::new())
        }
    }
}
