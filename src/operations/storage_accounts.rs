//! Storage accounts: all of them emulated. One belongs to the group that made it or was the first to mount it.

use std::collections::BTreeMap;

use super::workspaces::find as find_workspace;
use super::{Context, Kind, Listed, OperationError, groups, page};
use crate::domain::Timestamp;
use crate::domain::long_operation::region;
use crate::domain::mount::Mount;
use crate::domain::name::{GroupKey, WorkspaceKey};
use crate::domain::storage_account::StorageAccount;
use crate::store::{Reader, Store, Stored, Tx, Window};

/// What is asked of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Its name, lower case.
    pub name: String,
    /// Whose it is to be.
    pub group: GroupKey,
    /// Its region; any name.
    pub location: String,
    /// Its redundancy; `None`: what Azure takes, or what it has.
    pub sku: Option<String>,
    /// Its kind; `None`: what Azure takes, or what it has.
    pub kind: Option<String>,
    /// All its labels; `None`: none, or those it has.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Makes an account, or changes the one of that group; its region stays.
///
/// # Errors
/// When the name belongs to another group, the group is being deleted, or the store fails.
pub async fn create(context: &Context, new: NewAccount) -> Result<StorageAccount, OperationError> {
    context.store.ensure_room()?;
    let now = (context.clock)();
    let change = context.store.write(move |tx| {
        groups::note_use(tx, &new.group, &new.location, now)?;
        match tx.storage_account(&new.name)? {
            Some(existing) if existing.value.group == new.group => {
                let changed = settled(existing.value.clone(), new);
                if changed != existing.value {
                    tx.update_storage_account(existing.number, &changed)?;
                }
                Ok(changed)
            }
            Some(_) => Err(taken(new.name)),
            None => {
                let fresh = StorageAccount::first_used(&new.name, new.group.clone(), region(&new.location), now);
                let account = settled(fresh, new);
                tx.insert_storage_account(&account)?;
                Ok(account)
            }
        }
    });
    change.await
}

/// The account with what was asked of it.
fn settled(account: StorageAccount, new: NewAccount) -> StorageAccount {
    StorageAccount {
        sku: new.sku.unwrap_or(account.sku),
        kind: new.kind.unwrap_or(account.kind),
        tags: new.tags.unwrap_or(account.tags),
        ..account
    }
}

fn taken(name: String) -> OperationError {
    OperationError::Conflict { kind: Kind::StorageAccount, name, reason: " in another resource group" }
}

/// One account of a group; its name in any letter case.
///
/// # Errors
/// When the group has none of that name.
pub fn get(store: &Store, group: &GroupKey, name: &str) -> Result<StorageAccount, OperationError> {
    store.read(|reader| {
        let found = of_group(reader, group, name)?.map(|stored| stored.value);
        found.ok_or_else(|| OperationError::not_found(Kind::StorageAccount, name))
    })
}

/// The two access keys of an account.
///
/// # Errors
/// When the group has none of that name.
pub fn keys(context: &Context, group: &GroupKey, name: &str) -> Result<[String; 2], OperationError> {
    Ok(context.account_keys.of(&get(&context.store, group, name)?))
}

/// Accounts of a subscription, or of one group of it (both lower case), oldest first.
///
/// # Errors
/// When the store fails.
pub fn list(
    store: &Store,
    subscription: &str,
    group: Option<&str>,
    window: Window,
) -> Result<Listed<Stored<StorageAccount>>, OperationError> {
    Ok(store.read(|reader| page(window, |window| reader.storage_accounts(subscription, group, window)))?)
}

/// Forgets whose an account was; what lies in it stays, for whoever uses the name next. `false` when the group has
/// none of that name.
///
/// # Errors
/// When the store fails.
pub async fn delete(context: &Context, group: GroupKey, name: String) -> Result<bool, OperationError> {
    let change = context.store.write(move |tx| {
        let Some(account) = of_group(tx, &group, &name)? else { return Ok(false) };
        tx.delete_storage_account(account.number)?;
        Ok(true)
    });
    change.await
}

/// Whose an account is, by its name in any letter case; `None`: nobody's yet.
///
/// # Errors
/// When the store fails.
pub fn owner(store: &Store, name: &str) -> Result<Option<GroupKey>, OperationError> {
    store.read(|reader| Ok(reader.storage_account(&name.to_lowercase())?.map(|account| account.value.group)))
}

/// Gives the accounts that are mounted by something in `workspace`, and are nobody's yet, to its group.
pub(super) fn note_use(
    tx: &Tx<'_>,
    workspace: &WorkspaceKey,
    mounts: &[Mount],
    now: Timestamp,
) -> Result<(), OperationError> {
    for name in mounts.iter().filter_map(|mount| mount.source.account()) {
        if tx.storage_account(&name.to_lowercase())?.is_none() {
            let location = region(&find_workspace(tx, workspace)?.value.location);
            let account = StorageAccount::first_used(name, workspace.group.clone(), location, now);
            tx.insert_storage_account(&account)?;
        }
    }
    Ok(())
}

fn of_group(
    reader: &Reader<'_>,
    group: &GroupKey,
    name: &str,
) -> Result<Option<Stored<StorageAccount>>, OperationError> {
    let found = reader.storage_account(&name.to_lowercase())?;
    Ok(found.filter(|account| account.value.group == *group))
}
