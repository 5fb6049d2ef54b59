//! Files that the set-up task of a cluster wrote: listing a directory, finding a file.

use std::path::PathBuf;

use super::downloads::OwnedFile;
use super::files::{Listing, below, locate_below};
use super::{Context, OperationError, clusters, far_files};
use crate::domain::job::{FarDirectory, JobDirectory};
use crate::domain::name::ClusterKey;
use crate::engine::ClusterPlace;
use crate::store::Stored;

/// The entries of one directory, by name; one level. A cluster without a set-up task has none, and neither has a
/// directory that is not there yet.
///
/// # Errors
/// When the cluster is not there, its files cannot be listed, or `path` leaves them.
pub async fn list(context: &Context, key: &ClusterKey, path: &str) -> Result<Listing, OperationError> {
    let Stored { number, value: cluster, .. } = context.store.read(|reader| clusters::find(reader, key))?;
    let entries = match (&cluster.spec.setup, root(context, &ClusterPlace::of(number, &cluster))) {
        (None, _) => Vec::new(),
        (Some(_), Some(Root::Near(root))) => below(&root, path)?,
        (Some(_), Some(Root::Far(root))) => far_files::list(context, &root, path).await?,
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

/// Where files of a set-up task are.
pub enum Root {
    /// In a directory of this machine.
    Near(PathBuf),
    /// Where none is.
    Far(FarDirectory),
}

/// Where a file of a set-up task is, or will be, or the far directory that has it; `None` when its cluster is gone.
///
/// # Errors
/// When the store fails, or the path leaves the directory.
pub fn locate(context: &Context, wish: &OwnedFile) -> Result<Option<Root>, OperationError> {
    let cluster = context.store.read(|reader| reader.cluster_by_number(wish.number))?;
    let Some(cluster) = cluster.filter(|cluster| cluster.value.uuid == wish.uuid) else { return Ok(None) };
    match root(context, &ClusterPlace::of(cluster.number, &cluster.value)) {
        Some(Root::Near(root)) => Ok(Some(Root::Near(locate_below(&root, &wish.path)?))),
        far_or_none => Ok(far_or_none),
    }
}

/// A prefix that leads nowhere has no files: the nodes of the cluster say why. `None` where only nodes see them.
fn root(context: &Context, place: &ClusterPlace) -> Option<Root> {
    match context.engine.set_up_output(place).ok().flatten()? {
        JobDirectory { far: Some(far), .. } => Some(Root::Far(far)),
        JobDirectory { is_listable: true, path, .. } => Some(Root::Near(PathBuf::from(path))),
        JobDirectory { .. } => None,
    }
}
