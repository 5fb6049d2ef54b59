//! Files in and out of file shares and blob containers.

mod api;
mod commands;
mod example;
mod hostile;
mod interrupted;
mod recipe;
mod settings;
mod tokens;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::support::{SUBSCRIPTION, Sandbox};

/// The path of something of account `acc`: `shares/data/files/x`.
fn of_account(path: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.BatchAI/storage/acc/{path}")
}

/// What a list of the server or of the program tells of one of its fields.
fn fields(list: &Value, field: &str) -> Vec<String> {
    let list = list.get("value").unwrap_or(list).as_array().expect("a list");
    list.iter().filter_map(|one| one[field].as_str().map(str::to_owned)).collect()
}

/// Files that are on their way, or were left behind.
fn incoming(sandbox: &Sandbox) -> Vec<u64> {
    let entries = std::fs::read_dir(sandbox.home().join("storage/.incoming"));
    entries
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("an entry").metadata().map_or(0, |file| file.len()))
        .collect()
}

/// Every file below a folder, by its path.
fn tree(folder: &Path) -> BTreeSet<String> {
    fn below(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                below(&path, root, found);
            } else {
                found.insert(path.strip_prefix(root).expect("below").to_string_lossy().into_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    below(folder, folder, &mut found);
    found
}
