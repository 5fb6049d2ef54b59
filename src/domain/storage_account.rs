//! Storage accounts: names of emulated storage, each of which belongs to one resource group. Pure.
//!
//! `operations/storage_accounts` keeps them. What lies in an account is the business of `engine/volumes`.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::hmac;
use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::name::GroupKey;
use super::secret::MasterKey;

/// What Azure makes of an account when nothing else is said.
const DEFAULT: (&str, &str) = ("Standard_LRS", "Storage");

/// A storage account as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageAccount {
    /// Its name, lower case; unique on this server, as it was in Azure.
    pub name: String,
    /// Whose it is.
    pub group: GroupKey,
    /// Its region as part of a path: lower case, without blanks.
    pub location: String,
    /// Its redundancy, echoed: `Standard_LRS`.
    pub sku: String,
    /// Its kind, echoed: `Storage`, `StorageV2` ...
    pub kind: String,
    /// Free labels.
    pub tags: BTreeMap<String, String>,
    /// When it was made, or first used.
    pub created: Timestamp,
}

impl StorageAccount {
    /// An account of which no more is said than its name, in any letter case.
    #[must_use]
    pub fn first_used(name: &str, group: GroupKey, location: String, at: Timestamp) -> Self {
        let (sku, kind) = DEFAULT;
        Self {
            name: name.to_lowercase(),
            group,
            location,
            sku: sku.into(),
            kind: kind.into(),
            tags: BTreeMap::new(),
            created: at,
        }
    }
}

/// Whether an account can be made under this name: 3 to 24 lower-case letters and digits (Microsoft.Storage,
/// `checkNameAvailability`).
#[must_use]
pub fn is_name(text: &str) -> bool {
    (3..=24).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Makes the access keys of accounts. They open nothing, because emulated storage asks for no key, but programs want
/// to have one: each account has the same two for as long as it is there.
#[derive(Clone)]
pub struct AccountKeys(hmac::Key);

impl fmt::Debug for AccountKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountKeys(..)")
    }
}

impl AccountKeys {
    /// The keys of an installation.
    #[must_use]
    pub fn new(key: &MasterKey) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA512, &key.derive("storage account keys")))
    }

    /// The first and the second key of an account: 64 bytes as base64 each, as in Azure.
    #[must_use]
    pub fn of(&self, account: &StorageAccount) -> [String; 2] {
        ["key1", "key2"].map(|which| {
            let text = format!("{}\n{}\n{which}", account.name, account.created);
            BASE64.encode(hmac::sign(&self.0, text.as_bytes()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, at: Timestamp) -> StorageAccount {
        let group = GroupKey::parse("s", "g").expect("a group");
        StorageAccount::first_used(name, group, "eastus".into(), at)
    }

    #[test]
    fn a_name_is_three_to_twenty_four_lower_case_letters_and_digits() {
        assert!(is_name("abc") && is_name("0123456789abcdefghijklmn"));
        for wrong in ["", "ab", "0123456789abcdefghijklmno", "Abc", "a-b", "a.b", "größe", "a b"] {
            assert!(!is_name(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_account_keeps_its_keys_and_shares_them_with_no_other() {
        let keys = AccountKeys::new(&MasterKey::new([7; 32]));
        let [first, second] = keys.of(&account("Acc", Timestamp::UNIX_EPOCH));
        assert_eq!(keys.of(&account("acc", Timestamp::UNIX_EPOCH)), [first.clone(), second.clone()]);
        assert_eq!(BASE64.decode(&first).map(|bytes| bytes.len()), Ok(64));
        let others = [
            keys.of(&account("acc2", Timestamp::UNIX_EPOCH)),
            keys.of(&account("acc", Timestamp::MAX)),
            AccountKeys::new(&MasterKey::new([8; 32])).of(&account("acc", Timestamp::UNIX_EPOCH)),
        ];
        let mut all: Vec<String> = others.into_iter().flatten().chain([first, second]).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 8);
        assert_eq!(format!("{keys:?}"), "AccountKeys(..)");
    }
}
