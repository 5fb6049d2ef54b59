//! Key vaults as the engine asks for them: those of server.yaml over the network, all others out of the database.
//!
//! Part of the composition root, which hands [`KeyVaults`] to the engine. A secret is found by the name of its vault,
//! which is the first label of its address; a token is only ever sent to the address that server.yaml has for that
//! name, whatever else the address of a secret says.

mod remote;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::remote::RemoteVault;
use crate::api::vault::{SecretUrl, check_vault_name};
use crate::config::server::VaultSettings;
use crate::domain::secret::Seal;
use crate::domain::sentence::sentence;
use crate::engine::secrets::Vaults;
use crate::operations::vaults::{self, ReadError, RemoteVaults};
use crate::store::Store;

/// All key vaults of a server.
pub(super) struct KeyVaults {
    store: Store,
    seal: Arc<Seal>,
    remote: BTreeMap<String, RemoteVault>,
}

/// Shows which vaults are remote, and no secret.
impl std::fmt::Debug for KeyVaults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyVaults").field("remote", &self.remote).finish_non_exhaustive()
    }
}

impl KeyVaults {
    /// Those of `settings` (by name), and those of the store.
    ///
    /// # Errors
    /// The name of a vault that cannot be asked as `settings` have it, and why.
    pub(super) fn open(
        store: Store,
        seal: Arc<Seal>,
        settings: &BTreeMap<String, VaultSettings>,
    ) -> Result<Self, (String, String)> {
        let mut remote = BTreeMap::new();
        for (name, settings) in settings {
            let vault = check_vault_name(name).and_then(|()| RemoteVault::new(settings));
            let vault = vault.map_err(|why| (name.clone(), why))?;
            if remote.insert(name.to_ascii_lowercase(), vault).is_some() {
                return Err((name.clone(), "it is there twice".into()));
            }
        }
        Ok(Self { store, seal, remote })
    }

    /// The addresses of those that are kept elsewhere, by name.
    pub(super) fn addresses(&self) -> RemoteVaults {
        self.remote.iter().map(|(name, vault)| (name.clone(), vault.address().to_owned())).collect()
    }

    fn read_here(&self, url: &SecretUrl) -> Result<String, String> {
        let SecretUrl { vault, name, version } = url;
        let read = vaults::read(&self.store, &self.seal, vault, name, version.as_deref());
        read.map_err(|error| match error {
            ReadError::Missing if check_vault_name(vault).is_err() => format!(
                "this server knows no vault `{vault}`, and cannot have one of that name: tell in `vaults` of server.yaml \
                 where it is"
            ),
            ReadError::Missing => format!(
                "the vault `{vault}` of this server has no such secret: `batchai vault set -v {vault} {name}` puts it \
                 there"
            ),
            ReadError::NoVersion => format!(
                "the secret has no such version: `batchai vault list -v {vault}` tells which it has, and without a \
                 version the address stands for the current one"
            ),
            error @ (ReadError::Sealed | ReadError::Store(_)) => sentence(&error),
        })
    }
}

impl Vaults for KeyVaults {
    fn is_far(&self, url: &str) -> bool {
        SecretUrl::parse(url).is_ok_and(|url| self.remote.contains_key(&url.vault))
    }

    fn read(&self, url: &str) -> Result<String, String> {
        let url = SecretUrl::parse(url)?;
        match self.remote.get(&url.vault) {
            Some(vault) => vault.read(&url.name, url.version.as_deref()),
            None => self.read_here(&url),
        }
    }
}
