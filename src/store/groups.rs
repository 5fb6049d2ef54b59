//! The table of resource groups.

use rusqlite::params;

use super::document::{Document, encode};
use super::error::StoreError;
use super::{Reader, Stored, Tx, Window};
use crate::domain::group::Group;
use crate::domain::name::GroupKey;
use crate::domain::provisioning::ProvisioningState;

impl Document for Group {
    const TABLE: &'static str = "resource_groups";
}

impl Reader<'_> {
    /// One group.
    pub fn group(&self, key: &GroupKey) -> Result<Option<Stored<Group>>, StoreError> {
        self.one(
            "SELECT number, generation, document FROM resource_groups WHERE subscription = ?1 AND name = ?2",
            params![key.subscription, key.group],
        )
    }

    /// Groups of a subscription, or the one of this name in it (both lower case), oldest first.
    pub fn groups(
        &self,
        subscription: &str,
        name: Option<&str>,
        window: Window,
    ) -> Result<Vec<Stored<Group>>, StoreError> {
        self.many(
            "SELECT number, generation, document FROM resource_groups
             WHERE subscription = ?1 AND (?2 IS NULL OR name = ?2) AND number > ?3 ORDER BY number LIMIT ?4",
            params![subscription, name, window.after, window.limit],
        )
    }

    /// At most `limit` subscriptions that have a group, or one of this name (lower case).
    pub fn subscriptions(&self, group: Option<&str>, limit: u32) -> Result<Vec<String>, StoreError> {
        self.rows(
            Group::TABLE,
            "SELECT DISTINCT subscription FROM resource_groups WHERE ?1 IS NULL OR name = ?1
             ORDER BY subscription LIMIT ?2",
            params![group, limit],
            |row| row.get(0).map_err(|error| self.failed("read table resource_groups", error)),
        )
    }

    /// Groups whose record is being deleted and that have no workspace left.
    pub fn empty_deleting_groups(&self) -> Result<Vec<Stored<Group>>, StoreError> {
        self.many(
            "SELECT number, generation, document FROM resource_groups
             WHERE deleting = 1
               AND NOT EXISTS (
                   SELECT 1 FROM workspaces
                   WHERE subscription = resource_groups.subscription AND resource_group = resource_groups.name)
             ORDER BY number",
            [],
        )
    }
}

impl Tx<'_> {
    /// Adds one; its key must be free.
    pub fn insert_group(&self, value: &Group) -> Result<i64, StoreError> {
        self.insert::<Group>(
            "INSERT INTO resource_groups (subscription, name, deleting, document) VALUES (?1, ?2, ?3, ?4)",
            params![value.key.subscription, value.key.group, is_deleting(value), encode(value)],
            &value.name,
        )
    }

    /// Replaces one; its key stays.
    pub fn update_group(&self, number: i64, value: &Group) -> Result<(), StoreError> {
        self.update::<Group>(
            "UPDATE resource_groups SET deleting = ?2, document = ?3, generation = generation + 1 WHERE number = ?1",
            params![number, is_deleting(value), encode(value)],
            number,
        )
    }

    /// Removes one.
    pub fn delete_group(&self, number: i64) -> Result<(), StoreError> {
        self.delete::<Group>("DELETE FROM resource_groups WHERE number = ?1", number)
    }
}

fn is_deleting(value: &Group) -> bool {
    value.provisioning.state == ProvisioningState::Deleting
}
