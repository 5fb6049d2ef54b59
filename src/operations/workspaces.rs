//! Workspaces.

use std::collections::BTreeMap;

use super::{Context, Kind, Listed, OperationError, ensure_stays, file_servers, groups, page};
use crate::domain::name::WorkspaceKey;
use crate::domain::provisioning::{Provisioning, ProvisioningEvent};
use crate::domain::workspace::Workspace;
use crate::domain::{Step, Timestamp};
use crate::store::{Reader, Store, Stored, Tx, Window};

/// Makes a workspace, or answers the one that is there: a repeated PUT returned the existing entity
/// (azure-sdk-for-python recordings, June 2018).
///
/// # Errors
/// When it or its resource group is being deleted, or the store fails.
pub async fn create(
    context: &Context,
    key: WorkspaceKey,
    location: String,
    tags: BTreeMap<String, String>,
) -> Result<Workspace, OperationError> {
    context.store.ensure_room()?;
    let now = (context.clock)();
    context
        .store
        .write(move |tx| {
            if let Some(existing) = tx.workspace(&key)? {
                ensure_stays(Kind::Workspace, &existing.value.key.name, existing.value.provisioning)?;
                return Ok(existing.value);
            }
            groups::note_use(tx, &key.group, &location, now)?;
            let workspace = Workspace::new(key, location, tags, now);
            tx.insert_workspace(&workspace)?;
            Ok(workspace)
        })
        .await
}

/// One workspace.
///
/// # Errors
/// When it is not there.
pub fn get(store: &Store, key: &WorkspaceKey) -> Result<Workspace, OperationError> {
    store.read(|reader| Ok(find(reader, key)?.value))
}

/// Workspaces of a subscription or of one group of it.
///
/// # Errors
/// When the store fails.
pub fn list(
    store: &Store,
    subscription: &str,
    group: Option<&str>,
    window: Window,
) -> Result<Listed<Stored<Workspace>>, OperationError> {
    Ok(store.read(|reader| page(window, |window| reader.workspaces(subscription, group, window)))?)
}

/// Changes the labels of a workspace: `tags` are all that it has then, `None` leaves them.
///
/// # Errors
/// When it is not there, is being deleted, or the store fails.
pub async fn update(
    context: &Context,
    key: WorkspaceKey,
    tags: Option<BTreeMap<String, String>>,
) -> Result<Workspace, OperationError> {
    context.store.ensure_room()?;
    let now = (context.clock)();
    context
        .store
        .write(move |tx| {
            let mut workspace = find(tx, &key)?;
            ensure_stays(Kind::Workspace, &workspace.value.key.name, workspace.value.provisioning)?;
            if let Some(tags) = tags.filter(|tags| *tags != workspace.value.tags) {
                workspace.value.tags = tags;
                workspace.value.modified = Some(now);
                tx.update_workspace(workspace.number, &workspace.value)?;
            }
            Ok(workspace.value)
        })
        .await
}

/// Begins to delete a workspace and everything in it. `false` when it was not there.
///
/// # Errors
/// When something outside of it mounts one of its file servers, or the store fails.
pub async fn delete(context: &Context, key: WorkspaceKey) -> Result<bool, OperationError> {
    let now = (context.clock)();
    context
        .store
        .write(move |tx| {
            let Some(workspace) = tx.workspace(&key)? else { return Ok(false) };
            mark_deleting(tx, workspace, now)?;
            file_servers::mark_all_deleting(tx, &key, now)?;
            Ok(true)
        })
        .await
}

/// Marks a workspace and everything in it but its file servers, which are marked when all their users are: see
/// [`file_servers::mark_all_deleting`]. The scheduler removes them.
pub(super) fn mark_deleting(
    tx: &Tx<'_>,
    mut workspace: Stored<Workspace>,
    now: Timestamp,
) -> Result<(), OperationError> {
    let key = &workspace.value.key;
    for experiment in tx.experiments(key, EVERYTHING)? {
        super::experiments::mark_deleting(tx, experiment, now)?;
    }
    for cluster in tx.clusters(key, EVERYTHING)? {
        super::clusters::mark_deleting(tx, cluster, now)?;
    }
    if mark(&mut workspace.value.provisioning, now) {
        tx.update_workspace(workspace.number, &workspace.value)?;
    }
    Ok(())
}

/// All of a list at once.
pub(super) const EVERYTHING: Window = Window { after: 0, limit: u32::MAX - 1 };

/// Marks a record as going away; `false` when it was marked before.
pub(super) fn mark(provisioning: &mut Provisioning, now: Timestamp) -> bool {
    match provisioning.apply(ProvisioningEvent::DeleteRequested, now) {
        Step::To(next) => {
            *provisioning = next;
            true
        }
        Step::Unchanged | Step::Refused(_) => false,
    }
}

/// The workspace, or the error that it is not there.
pub(super) fn find(reader: &Reader<'_>, key: &WorkspaceKey) -> Result<Stored<Workspace>, OperationError> {
    reader.workspace(key)?.ok_or_else(|| OperationError::not_found(Kind::Workspace, &key.name))
}

/// The workspace as something to put things into.
pub(super) fn find_open(tx: &Tx<'_>, key: &WorkspaceKey) -> Result<Workspace, OperationError> {
    let workspace = find(tx, key)?.value;
    ensure_stays(Kind::Workspace, &workspace.key.name, workspace.provisioning)?;
    Ok(workspace)
}
