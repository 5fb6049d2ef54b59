//! File servers.
//!
//! One that is mounted is not deleted under its users: whoever is there to stay is in the way, and the scheduler
//! waits for those that are going away themselves.

use super::workspaces::{EVERYTHING, find as find_workspace, find_open as find_open_workspace, mark};
use super::{Context, Kind, Listed, OperationError, ensure_stays, page};
use crate::domain::Timestamp;
use crate::domain::file_server::{FileServer, FileServerSpec};
use crate::domain::job::{Execution, Job};
use crate::domain::legacy::Legacy;
use crate::domain::mount::Mount;
use crate::domain::name::{FileServerKey, WorkspaceKey};
use crate::domain::provisioning::ProvisioningState;
use crate::engine::Engine;
use crate::store::{Reader, Store, Stored, Tx, Window};

/// Makes a file server. A repeated PUT of the same answers the one that is there; another one of that name is a
/// conflict (no recording shows either; this is what an Azure user would expect).
///
/// # Errors
/// When its workspace is missing, the name is taken, something is being deleted, its directory cannot be made, or the
/// store fails.
pub async fn create(context: &Context, key: FileServerKey, spec: FileServerSpec) -> Result<FileServer, OperationError> {
    context.store.ensure_room()?;
    let new = New { key, spec, uuid: (context.new_id)(), now: (context.clock)(), legacy: None };
    let engine = context.engine.clone();
    context.store.write(move |tx| add(tx, engine.as_ref(), new)).await
}

/// A file server that does not have its directory yet.
pub(super) struct New {
    pub(super) key: FileServerKey,
    pub(super) spec: FileServerSpec,
    pub(super) uuid: String,
    pub(super) now: Timestamp,
    pub(super) legacy: Option<Legacy>,
}

/// Adds a file server, or answers the one that is there if it is the same.
pub(super) fn add(tx: &Tx<'_>, engine: &dyn Engine, new: New) -> Result<FileServer, OperationError> {
    let New { key, spec, uuid, now, legacy } = new;
    find_open_workspace(tx, &key.workspace)?;
    if let Some(existing) = tx.file_server(&key)? {
        return same(existing.value, &spec);
    }
    // In the writer's turn: an older one of that name and its directory are gone together, and before.
    let export = engine.make_export(&key)?.display().to_string();
    let made = FileServer { legacy, ..FileServer::new(key, spec, uuid, export, now) };
    tx.insert_file_server(&made)?;
    Ok(made)
}

fn same(existing: FileServer, spec: &FileServerSpec) -> Result<FileServer, OperationError> {
    ensure_stays(Kind::FileServer, &existing.key.name, existing.provisioning)?;
    if existing.spec == *spec {
        return Ok(existing);
    }
    let name = existing.key.name.to_string();
    Err(OperationError::Conflict { kind: Kind::FileServer, name, reason: " with other parameters" })
}

/// One file server.
///
/// # Errors
/// When it or its workspace is not there.
pub fn get(store: &Store, key: &FileServerKey) -> Result<FileServer, OperationError> {
    store.read(|reader| {
        if let Some(found) = reader.file_server(key)? {
            return Ok(found.value);
        }
        find_workspace(reader, &key.workspace)?;
        Err(OperationError::not_found(Kind::FileServer, &key.name))
    })
}

/// File servers of a workspace.
///
/// # Errors
/// When the workspace is not there.
pub fn list(
    store: &Store,
    workspace: &WorkspaceKey,
    window: Window,
) -> Result<Listed<Stored<FileServer>>, OperationError> {
    store.read(|reader| {
        find_workspace(reader, workspace)?;
        Ok(page(window, |window| reader.file_servers(workspace, window))?)
    })
}

/// Begins to delete a file server and all that is stored on it, as its disks went with it in the service. `false` when
/// it was not there.
///
/// # Errors
/// When something that stays mounts it, or the store fails.
pub async fn delete(context: &Context, key: FileServerKey) -> Result<bool, OperationError> {
    let now = (context.clock)();
    context
        .store
        .write(move |tx| {
            let Some(found) = tx.file_server(&key)? else { return Ok(false) };
            if let Some(user) = users(tx)?.into_iter().find(|user| user.server.is_same(&key)) {
                return Err(in_use(&found.value, &user));
            }
            mark_deleting(tx, found, now).map(|()| true)
        })
        .await
}

/// Marks all file servers of a workspace in which everything else has been marked. What else is going is not in the way.
///
/// # Errors
/// When something that stays mounts one of them, or the store fails.
pub(super) fn mark_all_deleting(tx: &Tx<'_>, key: &WorkspaceKey, now: Timestamp) -> Result<(), OperationError> {
    let servers = tx.file_servers(key, EVERYTHING)?;
    if servers.is_empty() {
        return Ok(());
    }
    let users = users(tx)?;
    for server in servers {
        if let Some(user) = users.iter().find(|user| user.server.is_same(&server.value.key)) {
            return Err(in_use(&server.value, user));
        }
        mark_deleting(tx, server, now)?;
    }
    Ok(())
}

fn mark_deleting(tx: &Tx<'_>, mut server: Stored<FileServer>, now: Timestamp) -> Result<(), OperationError> {
    if mark(&mut server.value.provisioning, now) {
        tx.update_file_server(server.number, &server.value)?;
    }
    Ok(())
}

fn in_use(server: &FileServer, user: &User) -> OperationError {
    OperationError::InUse { kind: Kind::FileServer, name: server.key.name.to_string(), by: user.name.clone() }
}

/// Refuses mounts of file servers that are not there. `volumes` is the property that they stand in.
///
/// # Errors
/// When one is missing or being deleted, or the store fails.
pub(super) fn ensure_there(tx: &Reader<'_>, mounts: &[Mount], volumes: &str) -> Result<(), OperationError> {
    for (at, key) in mounts.iter().filter_map(|mount| mount.source.file_server()).enumerate() {
        let Some(found) = tx.file_server(key)? else {
            let target = format!("{volumes}.fileServers[{at}].fileServer.id");
            return Err(OperationError::NotMountable { target, name: key.name.to_string() });
        };
        ensure_stays(Kind::FileServer, &key.name, found.value.provisioning)?;
    }
    Ok(())
}

/// Something that mounts a file server and is there to stay.
struct User {
    server: FileServerKey,
    name: String,
}

fn users(reader: &Reader<'_>) -> Result<Vec<User>, OperationError> {
    let mut users = Vec::new();
    for cluster in reader.all_clusters()?.into_iter().map(|cluster| cluster.value) {
        if cluster.provisioning.state != ProvisioningState::Deleting {
            let name = format!("cluster {} of workspace {}", cluster.key.name, cluster.key.workspace.name);
            users.extend(mounted(&cluster.spec.mounts, &name));
        }
    }
    for job in reader.queued_jobs_with_file_servers()?.into_iter().chain(reader.running_jobs()?) {
        let Job { key, spec, .. } = &job.value;
        if stays(&job.value) {
            let name = format!("job {} of experiment {}", key.name, key.experiment.name);
            users.extend(mounted(&spec.mounts, &name));
        }
    }
    Ok(users)
}

/// A job that is being stopped is not in the way for long.
fn stays(job: &Job) -> bool {
    let is_active = matches!(
        job.execution(),
        Execution::Queued { .. } | Execution::Running { .. } | Execution::Interrupting { .. }
    );
    is_active && job.provisioning.state != ProvisioningState::Deleting
}

fn mounted(mounts: &[Mount], name: &str) -> Vec<User> {
    let servers = mounts.iter().filter_map(|mount| mount.source.file_server());
    servers.map(|server| User { server: server.clone(), name: name.to_owned() }).collect()
}
