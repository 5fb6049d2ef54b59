//! What a body refers to beside the resource it makes: clusters, file servers and storage of some resource group.
//!
//! Routes collect the links of a converted body and show them to [`super::authorise::Caller::may_use`].

use std::fmt;

use crate::api::id::ResourceId;
use crate::domain::cluster::ClusterSpec;
use crate::domain::job::spec::JobSpec;
use crate::domain::mount::{Mount, MountSource};
use crate::operations::{Context, storage_accounts};

/// One thing that a body refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A resource by its full id.
    Resource(String),
    /// An emulated storage account by its name.
    Account(String),
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource(id) => f.write_str(id),
            Self::Account(name) => write!(f, "storage account {name}"),
        }
    }
}

/// What a job refers to.
#[must_use]
pub fn of_job(spec: &JobSpec) -> Vec<Link> {
    let key = &spec.cluster;
    let child = crate::api::id::Child::Cluster(key.name.to_string());
    let cluster = super::convert::workspace::id(&key.workspace, child);
    std::iter::once(Link::Resource(cluster.to_string())).chain(of_mounts(&spec.mounts)).collect()
}

/// What a cluster refers to.
#[must_use]
pub fn of_cluster(spec: &ClusterSpec) -> Vec<Link> {
    of_mounts(&spec.mounts).collect()
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
