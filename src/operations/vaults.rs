//! Key vaults of the server's own: secrets that are set, listed and deleted, and read by nobody but a run.
//!
//! A vault is there as soon as a secret is in it. [`read`] is for the composition root, which hands it to the engine;
//! no operation of the API answers with a value.

use std::collections::BTreeMap;

use super::{Context, Kind, OperationError};
use crate::domain::secret::{Seal, Sealed};
use crate::domain::vault::{SecretVersion, VaultSecret};
use crate::store::{Reader, Store, StoreError};

/// Vaults that are kept elsewhere: their addresses by their names, lower case.
pub type RemoteVaults = BTreeMap<String, String>;

/// Makes a new version of a secret, which is the current one from then on.
///
/// # Errors
/// When the vault is kept elsewhere, or the store fails.
pub async fn set(context: &Context, vault: String, name: String, value: Sealed) -> Result<VaultSecret, OperationError> {
    context.store.ensure_room()?;
    if let Some(url) = context.remote_vaults.get(&vault) {
        let message = format!("The vault {vault} is kept at {url} (`vaults` of server.yaml): set its secrets there");
        return Err(OperationError::Invalid { target: "vault", message });
    }
    let (version, created) = ((context.new_id)().replace('-', ""), (context.clock)());
    let change = context.store.write(move |tx| {
        // A secret keeps the letter case in which it was first written.
        let name = tx.current_secret(&vault, &name)?.map_or(name, |current| current.value.name);
        tx.insert_secret_version(&SecretVersion { vault: vault.clone(), name: name.clone(), version, value, created })?;
        let all = secrets(tx, Some(&vault))?;
        let made = all.into_iter().find(|secret| secret.first().name == name);
        made.ok_or_else(|| OperationError::not_found(Kind::Secret, &name))
    });
    change.await
}

/// The secrets of one vault, or of all, in the order of their names.
///
/// # Errors
/// When the store fails.
pub fn list(store: &Store, vault: Option<&str>) -> Result<Vec<VaultSecret>, OperationError> {
    store.read(|reader| Ok(secrets(reader, vault)?))
}

/// Deletes a secret with all its versions.
///
/// # Errors
/// When there is none of that name in the vault, or the store fails.
pub async fn delete(context: &Context, vault: String, name: String) -> Result<(), OperationError> {
    let deleted = context.store.write(move |tx| match tx.delete_secret(&vault, &name)? {
        0 => Err(OperationError::not_found(Kind::Secret, format!("{name} of the vault {vault}"))),
        _ => Ok(()),
    });
    deleted.await
}

/// Why a secret that a run needs cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The vault has no secret of that name.
    #[error("there is no such secret")]
    Missing,
    /// It has the secret, and not that version of it.
    #[error("there is no such version of the secret")]
    NoVersion,
    /// It was sealed with a key that is gone.
    #[error("it was sealed with a key that this server does not have: bring the key file back, or set it anew")]
    Sealed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The value of a secret; of its current version when none is given.
///
/// # Errors
/// See [`ReadError`].
pub fn read(store: &Store, seal: &Seal, vault: &str, name: &str, version: Option<&str>) -> Result<String, ReadError> {
    let found = store.read(|reader| {
        let current = reader.current_secret(vault, name)?.ok_or(ReadError::Missing)?;
        match version {
            None => Ok(current),
            Some(version) => reader.secret_version(vault, name, version)?.ok_or(ReadError::NoVersion),
        }
    });
    seal.open(&found?.value.value).map_err(|_| ReadError::Sealed)
}

fn secrets(reader: &Reader<'_>, vault: Option<&str>) -> Result<Vec<VaultSecret>, StoreError> {
    let versions = reader.secret_versions(vault)?;
    Ok(VaultSecret::group(versions.into_iter().map(|stored| stored.value).collect()))
}
