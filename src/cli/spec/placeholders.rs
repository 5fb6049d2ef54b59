//! `<AZURE_BATCHAI_STORAGE_ACCOUNT>` and `<AZURE_BATCHAI_STORAGE_KEY>`, which the recipes of Azure/BatchAI have in
//! place of an account and its key, and `az batchai` replaced.

use std::ops::Range;

use serde_json::{Value, json};

use super::document::{Content, Node};
use super::options::StorageAccount;
use super::report::{Found, Severity};
use super::rules::at;
use crate::api::check::Segment;

const ACCOUNT: &str = "<AZURE_BATCHAI_STORAGE_ACCOUNT>";
const KEY: &str = "<AZURE_BATCHAI_STORAGE_KEY>";

/// Puts the account and its key where their placeholders are. Says each thing once, at the first place.
pub(super) fn replace(root: &mut Node, storage: Option<&StorageAccount>) -> Vec<Found> {
    let mut walk = Walk { storage, found: Vec::new(), account_told: false, key_told: false };
    walk.inside(root, &mut Vec::new());
    walk.found
}

struct Walk<'s> {
    storage: Option<&'s StorageAccount>,
    found: Vec<Found>,
    account_told: bool,
    key_told: bool,
}

impl Walk<'_> {
    fn inside(&mut self, node: &mut Node, path: &mut Vec<Segment>) {
        match &mut node.content {
            Content::Scalar { .. } => {}
            Content::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    path.push(Segment::from(index));
                    self.inside(item, path);
                    path.pop();
                }
            }
            Content::Object(entries) => {
                for entry in entries {
                    path.push(Segment::from(entry.key.as_str()));
                    match entry.key.as_str() {
                        "accountName" | "azureFileUrl" => self.account(&mut entry.value, path),
                        "accountKey" => self.key(&mut entry.value, path),
                        _ => self.inside(&mut entry.value, path),
                    }
                    path.pop();
                }
            }
        }
    }

    fn account(&mut self, node: &mut Node, path: &[Segment]) {
        let Some(text) = node.text().filter(|text| text.contains(ACCOUNT)) else { return };
        let (severity, message) = match self.storage {
            Some(StorageAccount { name: Some(name), .. }) => return node.set_text(&text.replace(ACCOUNT, name)),
            Some(_) => {
                let ways = "give --storage-account-name, set AZURE_BATCHAI_STORAGE_ACCOUNT, or write \
                            `storage: {account: NAME}` into config.yaml";
                (Severity::Error, format!("`{ACCOUNT}` stands for a storage account, and none was given: {ways}"))
            }
            None => (Severity::Note, format!("`{ACCOUNT}` will become the configured storage account")),
        };
        if !std::mem::replace(&mut self.account_told, true) {
            self.found.push(Found::new(severity, node.span.clone(), path, message));
        }
    }

    fn key(&mut self, node: &mut Node, path: &[Segment]) {
        if node.text() != Some(KEY) {
            return;
        }
        let span: Range<usize> = node.span.clone();
        let message = match self.storage {
            Some(StorageAccount { key: Some(key), .. }) => return node.set_text(key),
            Some(_) => {
                *node = Node::null(span.clone());
                format!("no storage key is configured, and `{KEY}` counts as none: a server of batchai needs none")
            }
            None => format!("`{KEY}` will become the configured storage key"),
        };
        if !std::mem::replace(&mut self.key_told, true) {
            self.found.push(Found::new(Severity::Note, span, path, message));
        }
    }
}

/// Gives the key of the account to the volumes of it that have no credentials, as `az batchai` did.
pub(super) fn fill_keys(volumes: &mut Value, storage: &StorageAccount) {
    let (Some(name), Some(key)) = (&storage.name, &storage.key) else { return };
    for list in ["azureFileShares", "azureBlobFileSystems"] {
        for volume in volumes.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let is_of_account = volume.get("accountName").is_some_and(|account| account == name);
            let has = |key: &str| at(volume, &["credentials", key]).is_some();
            if is_of_account
                && !has("accountKey")
                && !has("accountKeySecretReference")
                && let Some(Value::Object(credentials)) = volume.get_mut("credentials")
            {
                credentials.insert("accountKey".to_owned(), json!(key));
            }
        }
    }
}
