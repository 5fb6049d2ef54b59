//! Removing files, folders and whole volumes. Links are removed, never followed.

use std::path::PathBuf;

use super::{directory, find, invalid, relative, root};
use crate::domain::job::{Execution, Job};
use crate::domain::mount::Mount;
use crate::domain::provisioning::ProvisioningState;
use crate::domain::volume::VolumeKey;
use crate::engine::storage::VolumePlace;
use crate::operations::{Context, OperationError};
use crate::store::Reader;

/// Removes a file, or a folder with all that is in it; `false` when it was not there.
///
/// # Errors
/// When the path leads out of the volume, or something could not be removed.
pub fn remove(context: &Context, key: &VolumeKey, path: &str) -> Result<bool, OperationError> {
    let root = root(context, key)?;
    let relative = relative(path)?;
    if relative.is_empty() {
        return Err(invalid(path, "is the whole volume: delete that instead"));
    }
    // A link is removed itself, so only what is above it is resolved.
    let (above, name) = relative.rsplit_once('/').unwrap_or(("", &relative));
    let Some(folder) = find(&root, above)? else { return Ok(false) };
    let full: PathBuf = folder.join(name);
    if full.symlink_metadata().is_err() {
        return Ok(false);
    }
    context.engine.remove_stored(&full)?;
    Ok(true)
}

/// Removes a volume with all that is in it; `false` when it was not there.
///
/// # Errors
/// When a cluster or a running job mounts it, it is not emulated here, or something could not be removed.
pub fn delete(context: &Context, key: &VolumeKey) -> Result<bool, OperationError> {
    let folder = directory(context, key)?;
    if !folder.exists() {
        return Ok(false);
    }
    if matches!(context.engine.volume_place(key), VolumePlace::Here { is_own: false, .. }) {
        let at = folder.display();
        return Err(OperationError::KeptElsewhere(format!(
            "The {key} is the directory {at} by `storage` of server.yaml, and stays: delete what is in it"
        )));
    }
    if let Some(by) = context.store.read(|reader| user(reader, key))? {
        return Err(OperationError::VolumeInUse { volume: key.clone(), by });
    }
    context.engine.remove_stored(&folder)?;
    Ok(true)
}

/// What mounts the volume and is there to stay.
fn user(reader: &Reader<'_>, key: &VolumeKey) -> Result<Option<String>, OperationError> {
    let mounts = |mounts: &[Mount]| mounts.iter().any(|mount| VolumeKey::of(&mount.source).as_ref() == Some(key));
    for cluster in reader.all_clusters()?.into_iter().map(|cluster| cluster.value) {
        if cluster.provisioning.state != ProvisioningState::Deleting && mounts(&cluster.spec.mounts) {
            return Ok(Some(format!("cluster {} of workspace {}", cluster.key.name, cluster.key.workspace.name)));
        }
    }
    for job in reader.running_jobs()?.into_iter().map(|job| job.value) {
        if is_running(&job) && mounts(&job.spec.mounts) {
            return Ok(Some(format!("job {} of experiment {}", job.key.name, job.key.experiment.name)));
        }
    }
    Ok(None)
}

/// A job that is being stopped is not in the way for long.
fn is_running(job: &Job) -> bool {
    matches!(job.execution(), Execution::Running { .. }) && job.provisioning.state != ProvisioningState::Deleting
}
