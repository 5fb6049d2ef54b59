//! Key vaults of the server's own: secrets by name, each with its versions.
//!
//! Every version is a value of its own, sealed; the newest one is the current one.

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::secret::Sealed;

/// One version of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretVersion {
    /// The vault, lower case.
    pub vault: String,
    /// The secret, as it was first written; compared without regard to letter case.
    pub name: String,
    /// 32 hexadecimal digits.
    pub version: String,
    /// What it is.
    pub value: Sealed,
    /// When it was set.
    pub created: Timestamp,
}

/// A secret with all its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultSecret {
    /// The oldest first; at least one.
    versions: Vec<SecretVersion>,
}

impl VaultSecret {
    /// The secrets of these versions, which are in the order of vault, name and age.
    #[must_use]
    pub fn group(versions: Vec<SecretVersion>) -> Vec<Self> {
        let mut secrets: Vec<Self> = Vec::new();
        for version in versions {
            match secrets.last_mut() {
                Some(secret) if secret.is_of(&version) => secret.versions.push(version),
                Some(_) | None => secrets.push(Self { versions: vec![version] }),
            }
        }
        secrets
    }

    fn is_of(&self, version: &SecretVersion) -> bool {
        let first = self.first();
        first.vault == version.vault && first.name.eq_ignore_ascii_case(&version.name)
    }

    /// The oldest version.
    #[must_use]
    pub fn first(&self) -> &SecretVersion {
        self.versions.first().expect("a secret has a version")
    }

    /// The version that counts.
    #[must_use]
    pub fn current(&self) -> &SecretVersion {
        self.versions.last().expect("a secret has a version")
    }

    /// All of them, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &SecretVersion> {
        self.versions.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::{MasterKey, Seal};

    #[test]
    fn versions_of_one_name_are_one_secret_in_any_letter_case() {
        let seal = Seal::new(&MasterKey::new([1; 32]));
        let version = |vault: &str, name: &str, version: &str| SecretVersion {
            vault: vault.into(),
            name: name.into(),
            version: version.into(),
            value: seal.seal("hunter2"),
            created: Timestamp::UNIX_EPOCH,
        };
        let versions = vec![
            version("one", "token", "1"),
            version("one", "TOKEN", "2"),
            version("one", "tokens", "3"),
            version("two", "token", "4"),
        ];
        let secrets = VaultSecret::group(versions);
        let seen: Vec<(&str, &str, usize)> =
            secrets.iter().map(|s| (&*s.first().vault, &*s.current().version, s.newest_first().count())).collect();
        assert_eq!(seen, [("one", "2", 2), ("one", "3", 1), ("two", "4", 1)]);
        assert!(!format!("{secrets:?}").contains("hunter2"));
    }
}
