//! The table of storage accounts.

use rusqlite::params;

use super::document::{Document, encode};
use super::error::StoreError;
use super::{Reader, Stored, Tx, Window};
use crate::domain::name::GroupKey;
use crate::domain::storage_account::StorageAccount;

impl Document for StorageAccount {
    const TABLE: &'static str = "storage_accounts";
}

impl Reader<'_> {
    /// The account of that name, whosever it is.
    pub fn storage_account(&self, name: &str) -> Result<Option<Stored<StorageAccount>>, StoreError> {
        self.one("SELECT number, generation, document FROM storage_accounts WHERE name = ?1", [name])
    }

    /// Accounts of a subscription, or of one group of it (both lower case), oldest first.
    pub fn storage_accounts(
        &self,
        subscription: &str,
        group: Option<&str>,
        window: Window,
    ) -> Result<Vec<Stored<StorageAccount>>, StoreError> {
        self.many(
            "SELECT number, generation, document FROM storage_accounts
             WHERE subscription = ?1 AND (?2 IS NULL OR resource_group = ?2) AND number > ?3
             ORDER BY number LIMIT ?4",
            params![subscription, group, window.after, window.limit],
        )
    }
}

impl Tx<'_> {
    /// Adds one; its name must be free.
    pub fn insert_storage_account(&self, value: &StorageAccount) -> Result<i64, StoreError> {
        self.insert::<StorageAccount>(
            "INSERT INTO storage_accounts (subscription, resource_group, name, document) VALUES (?1, ?2, ?3, ?4)",
            params![value.group.subscription, value.group.group, value.name, encode(value)],
            &value.name,
        )
    }

    /// Replaces one; its name and its group stay.
    pub fn update_storage_account(&self, number: i64, value: &StorageAccount) -> Result<(), StoreError> {
        self.update::<StorageAccount>(
            "UPDATE storage_accounts SET document = ?2, generation = generation + 1 WHERE number = ?1",
            params![number, encode(value)],
            number,
        )
    }

    /// Removes one.
    pub fn delete_storage_account(&self, number: i64) -> Result<(), StoreError> {
        self.delete::<StorageAccount>("DELETE FROM storage_accounts WHERE number = ?1", number)
    }

    /// Removes all of a group.
    pub fn delete_storage_accounts_of(&self, group: &GroupKey) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM storage_accounts WHERE subscription = ?1 AND resource_group = ?2",
            params![group.subscription, group.group],
            || format!("delete the storage accounts of resource group `{}`", group.group),
        )?;
        Ok(())
    }
}
