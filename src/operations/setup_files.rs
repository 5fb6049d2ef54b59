//! Files that the set-up task of a cluster wrote: listing a directory, finding a file.

use std::path::PathBuf;

use super::downloads::OwnedFile;
use super::files::{Listing, below, locate_below};
use super::{Context, OperationError, clusters};
use crate::domain::name::ClusterKey;
use crate::engine::ClusterPlace;
use crate::store::Stored;

/// The entries of one directory, by name; one level. A cluster without a set-up task has none, and neither has a
/// directory that is not there yet.
///
/// # Errors
/// When the cluster is not there, its files cannot be listed, or `path` leaves them.
pub fn list(context: &Context, key: &ClusterKey, path: &str) -> Result<Listing, OperationError> {
    let Stored { number, value: cluster, .. } = context.store.read(|reader| clusters::find(reader, key))?;
    let entries = match (&cluster.spec.setup, root(context, &ClusterPlace::of(number, &cluster))) {
        (None, _) => Vec::new(),
        (Some(_), Some(root)) => below(&root, path)?,
        (Some(task), None) => {
            let message = format!(
                "List files is supported only for clusters with startup task configure to store its output on Azure \
                 File Share or Azure Blob Container: that of the cluster {} goes to {}, which only its nodes see",
                cluster.key.name, task.std_out_err_prefix
            );
            return Err(OperationError::Invalid { target: "stdOutErrPathPrefix", message });
        }
    };
    Ok(Listing { number, uuid: cluster.uuid, entries })
}

/// Where a file of a set-up task is, or will be; `None` when its cluster is gone.
///
/// # Errors
/// When the store fails, or the path leaves the directory.
pub fn locate(context: &Context, wish: &OwnedFile) -> Result<Option<PathBuf>, OperationError> {
    let cluster = context.store.read(|reader| reader.cluster_by_number(wish.number))?;
    let Some(cluster) = cluster.filter(|cluster| cluster.value.uuid == wish.uuid) else { return Ok(None) };
    match root(context, &ClusterPlace::of(cluster.number, &cluster.value)) {
        Some(root) => locate_below(&root, &wish.path).map(Some),
        None => Ok(None),
    }
}

/// A prefix that leads nowhere has no files: the nodes of the cluster say why.
fn root(context: &Context, place: &ClusterPlace) -> Option<PathBuf> {
    context.engine.set_up_output(place).ok().flatten()
}
