//! Resource groups. One is there as soon as something is put into it, so that nobody has to make one first.

use std::collections::BTreeMap;

use super::workspaces::{EVERYTHING, mark, mark_deleting as mark_workspace};
use super::{Context, Kind, Listed, OperationError, ensure_stays, file_servers, page};
use crate::domain::Timestamp;
use crate::domain::group::Group;
use crate::domain::long_operation::region;
use crate::domain::name::GroupKey;
use crate::domain::provisioning::Provisioning;
use crate::store::{Reader, Store, Stored, Tx, Window};

/// How many subscriptions are listed at most: there is one, unless somebody plays with many.
const MOST_SUBSCRIPTIONS: u32 = 1000;

/// What is asked of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// Which one.
    pub key: GroupKey,
    /// Its name as written.
    pub name: String,
    /// Its region; any name.
    pub location: String,
    /// All its labels.
    pub tags: BTreeMap<String, String>,
}

/// Makes a group, or changes the labels of the one that is there. The second value says whether it was made.
///
/// # Errors
/// When it is in another region or being deleted, or the store fails.
pub async fn create(context: &Context, new: NewGroup) -> Result<(Group, bool), OperationError> {
    context.store.ensure_room()?;
    let now = (context.clock)();
    let change = context.store.write(move |tx| match tx.group(&new.key)? {
        Some(existing) => {
            ensure_open(&existing.value)?;
            ensure_here(&existing.value, &new.location)?;
            Ok((relabel(tx, existing, new.tags)?, false))
        }
        None => {
            let NewGroup { key, name, location, tags } = new;
            let (location, provisioning) = (region(&location), Provisioning::succeeded(now));
            let group = Group { key, name, location, tags, created: now, provisioning };
            tx.insert_group(&group)?;
            Ok((group, true))
        }
    });
    change.await
}

fn ensure_open(group: &Group) -> Result<(), OperationError> {
    ensure_stays(Kind::Group, &group.name, group.provisioning)
}

fn ensure_here(group: &Group, location: &str) -> Result<(), OperationError> {
    if group.location == region(location) {
        return Ok(());
    }
    let (name, location) = (group.name.clone(), group.location.clone());
    Err(OperationError::Elsewhere { kind: Kind::Group, name, location })
}

/// Changes the labels of a group: `tags` are all that it has then, `None` leaves them.
///
/// # Errors
/// When it is not there, is being deleted, or the store fails.
pub async fn update(
    context: &Context,
    key: GroupKey,
    tags: Option<BTreeMap<String, String>>,
) -> Result<Group, OperationError> {
    context.store.ensure_room()?;
    let change = context.store.write(move |tx| {
        let group = find(tx, &key)?;
        ensure_open(&group.value)?;
        let tags = tags.unwrap_or_else(|| group.value.tags.clone());
        relabel(tx, group, tags)
    });
    change.await
}

fn relabel(tx: &Tx<'_>, mut group: Stored<Group>, tags: BTreeMap<String, String>) -> Result<Group, OperationError> {
    if group.value.tags != tags {
        group.value.tags = tags;
        tx.update_group(group.number, &group.value)?;
    }
    Ok(group.value)
}

/// One group.
///
/// # Errors
/// When nobody ever made or used it.
pub fn get(store: &Store, key: &GroupKey) -> Result<Group, OperationError> {
    store.read(|reader| Ok(find(reader, key)?.value))
}

/// Groups of a subscription, or the one of this name in it (lower case), oldest first.
///
/// # Errors
/// When the store fails.
pub fn list(
    store: &Store,
    subscription: &str,
    name: Option<&str>,
    window: Window,
) -> Result<Listed<Stored<Group>>, OperationError> {
    Ok(store.read(|reader| page(window, |window| reader.groups(subscription, name, window)))?)
}

/// Subscriptions that have a group, or one of this name (lower case).
///
/// # Errors
/// When the store fails.
pub fn subscriptions(store: &Store, group: Option<&str>) -> Result<Vec<String>, OperationError> {
    Ok(store.read(|reader| reader.subscriptions(group, MOST_SUBSCRIPTIONS))?)
}

/// Begins to delete a group and every workspace in it, and forgets whose its storage accounts were. What lies in
/// these accounts stays: another group may have used it too.
///
/// # Errors
/// When it is not there, something outside of it mounts one of its file servers, or the store fails.
pub async fn delete(context: &Context, key: GroupKey) -> Result<(), OperationError> {
    let now = (context.clock)();
    let change = context.store.write(move |tx| {
        let mut group = find(tx, &key)?;
        let workspaces = tx.workspaces(&key.subscription, Some(&key.group), EVERYTHING)?;
        for workspace in &workspaces {
            mark_workspace(tx, workspace.clone(), now)?;
        }
        for workspace in &workspaces {
            file_servers::mark_all_deleting(tx, &workspace.value.key, now)?;
        }
        tx.delete_storage_accounts_of(&key)?;
        if mark(&mut group.value.provisioning, now) {
            tx.update_group(group.number, &group.value)?;
        }
        Ok(())
    });
    change.await
}

/// Sees to it that the group is there that something is put into.
pub(super) fn note_use(tx: &Tx<'_>, key: &GroupKey, location: &str, now: Timestamp) -> Result<(), OperationError> {
    if let Some(group) = tx.group(key)? {
        return ensure_open(&group.value);
    }
    tx.insert_group(&Group::first_used(key.clone(), region(location), now))?;
    Ok(())
}

/// The group, or the error that it is not there.
pub(super) fn find(reader: &Reader<'_>, key: &GroupKey) -> Result<Stored<Group>, OperationError> {
    reader.group(key)?.ok_or_else(|| OperationError::not_found(Kind::Group, &key.group))
}
