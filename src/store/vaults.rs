//! The table of secrets in key vaults, a row for each version.

use rusqlite::params;

use super::document::{Document, encode};
use super::error::StoreError;
use super::{Reader, Stored, Tx};
use crate::domain::vault::SecretVersion;

impl Document for SecretVersion {
    const TABLE: &'static str = "secret_versions";
}

impl Reader<'_> {
    /// That version of a secret.
    pub fn secret_version(
        &self,
        vault: &str,
        name: &str,
        version: &str,
    ) -> Result<Option<Stored<SecretVersion>>, StoreError> {
        let sql = "SELECT number, generation, document FROM secret_versions
                   WHERE vault = ?1 AND name = ?2 AND version = ?3";
        self.one(sql, params![vault, name, version])
    }

    /// The current version of a secret.
    pub fn current_secret(&self, vault: &str, name: &str) -> Result<Option<Stored<SecretVersion>>, StoreError> {
        let sql = "SELECT number, generation, document FROM secret_versions
                   WHERE vault = ?1 AND name = ?2 ORDER BY number DESC LIMIT 1";
        self.one(sql, params![vault, name])
    }

    /// All versions of all secrets of a vault, or of all vaults, in the order of vault, name and age.
    pub fn secret_versions(&self, vault: Option<&str>) -> Result<Vec<Stored<SecretVersion>>, StoreError> {
        let sql = "SELECT number, generation, document FROM secret_versions
                   WHERE ?1 IS NULL OR vault = ?1 ORDER BY vault, name, number";
        self.many(sql, params![vault])
    }
}

impl Tx<'_> {
    /// Adds a version, which is the current one from then on.
    pub fn insert_secret_version(&self, value: &SecretVersion) -> Result<i64, StoreError> {
        self.insert::<SecretVersion>(
            "INSERT INTO secret_versions (vault, name, version, document) VALUES (?1, ?2, ?3, ?4)",
            params![value.vault, value.name, value.version, encode(value)],
            &value.name,
        )
    }

    /// Removes a secret with all its versions. Returns how many there were.
    pub fn delete_secret(&self, vault: &str, name: &str) -> Result<usize, StoreError> {
        let sql = "DELETE FROM secret_versions WHERE vault = ?1 AND name = ?2";
        self.execute(sql, params![vault, name], || format!("delete `{name}` from table {}", SecretVersion::TABLE))
    }
}
