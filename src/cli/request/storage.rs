//! `--storage-account-name` and `--storage-account-key`: whose file shares and containers are meant.

use clap::Args;

use super::hidden::Hidden;
use super::wrong;
use crate::api::mount::StorageCredentials;
use crate::cli::report::Failure;
use crate::config::client::Storage;

/// A storage account.
#[derive(Debug, Clone, Default, Args)]
pub struct StorageArgs {
    /// Storage account of --afs-name and --bfs-name; AZURE_BATCHAI_STORAGE_ACCOUNT when not given.
    #[arg(long, value_name = "NAME", help_heading = "Volumes")]
    pub storage_account_name: Option<String>,
    /// Its key, which a batchai server does not need. Other users of this machine can see it:
    /// AZURE_BATCHAI_STORAGE_KEY or `storage.key` in config.yaml is better.
    #[arg(long, value_name = "KEY", help_heading = "Volumes")]
    pub storage_account_key: Option<Hidden>,
}

/// An account and, where it is known, its key.
#[derive(Clone, PartialEq, Eq)]
pub struct StorageAccount {
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: Option<String>,
}

/// Never shows the key.
impl std::fmt::Debug for StorageAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StorageAccount").field("name", &self.name).finish_non_exhaustive()
    }
}

impl StorageArgs {
    /// The account that is meant: the flag, else the configured one. The configured key belongs to the configured
    /// account only.
    #[must_use]
    pub fn account(&self, configured: &Storage) -> Option<StorageAccount> {
        let name = self.storage_account_name.as_ref().or(configured.account.as_ref())?;
        let key = self.storage_account_key.as_ref().map(|key| key.reveal().to_owned());
        let is_configured = configured.account.as_ref() == Some(name);
        let key = key.or_else(|| configured.key.clone().filter(|_| is_configured));
        Some(StorageAccount { name: name.clone(), key })
    }

    /// The same for a volume that needs one.
    ///
    /// # Errors
    /// When none is named anywhere.
    pub fn required(&self, configured: &Storage) -> Result<StorageAccount, Failure> {
        self.account(configured).ok_or_else(|| {
            wrong(
                "Please configure Azure Storage account name via AZURE_BATCHAI_STORAGE_ACCOUNT or `storage.account` \
                 in config.yaml, or give it with --storage-account-name",
            )
        })
    }
}

impl StorageAccount {
    /// What a volume of this account says to log in; empty where there is no key.
    #[must_use]
    pub fn credentials(&self) -> StorageCredentials {
        StorageCredentials { account_key: self.key.clone(), account_key_secret_reference: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_and_the_configured_key_stays_with_its_account() {
        let configured = Storage { account: Some("mine".into()), key: Some("k1".into()) };
        let of = |name: Option<&str>, key: Option<&str>, configured: &Storage| {
            let args = StorageArgs {
                storage_account_name: name.map(str::to_owned),
                storage_account_key: key.map(|key| key.parse().expect("any text")),
            };
            args.account(configured).map(|account| (account.name, account.key))
        };
        let some = |name: &str, key: Option<&str>| Some((name.to_owned(), key.map(str::to_owned)));
        assert_eq!(of(None, None, &configured), some("mine", Some("k1")));
        assert_eq!(of(Some("mine"), None, &configured), some("mine", Some("k1")));
        assert_eq!(of(Some("other"), None, &configured), some("other", None));
        assert_eq!(of(Some("other"), Some("k2"), &configured), some("other", Some("k2")));
        assert_eq!(of(None, Some("k2"), &configured), some("mine", Some("k2")));
        assert_eq!(of(None, Some("k2"), &Storage::default()), None);
    }

    #[test]
    fn the_key_is_in_no_debug_output() {
        let account = StorageAccount { name: "a".into(), key: Some("hunter2".into()) };
        assert!(!format!("{account:?}").contains("hunter2"));
    }
}
