//! Experiments.

use super::workspaces::{EVERYTHING, find as find_workspace, find_open as find_open_workspace, mark};
use super::{Context, Kind, Listed, OperationError, ensure_stays, page};
use crate::domain::Timestamp;
use crate::domain::name::{ExperimentKey, WorkspaceKey};
use crate::domain::provisioning::Provisioning;
use crate::domain::workspace::Experiment;
use crate::store::{Reader, Store, Stored, Tx, Window};

/// Makes an experiment, or answers the one that is there.
///
/// # Errors
/// When its workspace is missing, one of them is being deleted, or the store fails.
pub async fn create(context: &Context, key: ExperimentKey) -> Result<Experiment, OperationError> {
    context.store.ensure_room()?;
    let now = (context.clock)();
    context
        .store
        .write(move |tx| {
            find_open_workspace(tx, &key.workspace)?;
            if let Some(existing) = tx.experiment(&key)? {
                ensure_stays(Kind::Experiment, &existing.value.key.name, existing.value.provisioning)?;
                return Ok(existing.value);
            }
            let experiment = Experiment { key, created: now, provisioning: Provisioning::succeeded(now) };
            tx.insert_experiment(&experiment)?;
            Ok(experiment)
        })
        .await
}

/// One experiment.
///
/// # Errors
/// When it or its workspace is not there.
pub fn get(store: &Store, key: &ExperimentKey) -> Result<Experiment, OperationError> {
    store.read(|reader| Ok(find(reader, key)?.value))
}

/// Experiments of a workspace.
///
/// # Errors
/// When the workspace is not there.
pub fn list(
    store: &Store,
    workspace: &WorkspaceKey,
    window: Window,
) -> Result<Listed<Stored<Experiment>>, OperationError> {
    store.read(|reader| {
        find_workspace(reader, workspace)?;
        Ok(page(window, |window| reader.experiments(workspace, window))?)
    })
}

/// Begins to delete an experiment and its jobs. `false` when it was not there.
///
/// # Errors
/// When the store fails.
pub async fn delete(context: &Context, key: ExperimentKey) -> Result<bool, OperationError> {
    let now = (context.clock)();
    context
        .store
        .write(move |tx| match tx.experiment(&key)? {
            None => Ok(false),
            Some(experiment) => mark_deleting(tx, experiment, now).map(|()| true),
        })
        .await
}

/// Marks an experiment and all its jobs; the scheduler removes them.
pub(super) fn mark_deleting(
    tx: &Tx<'_>,
    mut experiment: Stored<Experiment>,
    now: Timestamp,
) -> Result<(), OperationError> {
    for job in tx.jobs(&experiment.value.key, EVERYTHING)? {
        super::jobs::mark_deleting(tx, job, now)?;
    }
    if mark(&mut experiment.value.provisioning, now) {
        tx.update_experiment(experiment.number, &experiment.value)?;
    }
    Ok(())
}

/// The experiment, or the error which of it and its workspace is not there.
pub(super) fn find(reader: &Reader<'_>, key: &ExperimentKey) -> Result<Stored<Experiment>, OperationError> {
    if let Some(experiment) = reader.experiment(key)? {
        return Ok(experiment);
    }
    find_workspace(reader, &key.workspace)?;
    Err(OperationError::not_found(Kind::Experiment, &key.name))
}

/// The experiment as something to put jobs into.
pub(super) fn ensure_open(tx: &Reader<'_>, key: &ExperimentKey) -> Result<(), OperationError> {
    let experiment = find(tx, key)?.value;
    ensure_stays(Kind::Experiment, &experiment.key.name, experiment.provisioning)
}
