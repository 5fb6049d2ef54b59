//! File shares, containers and the files in them.

use super::time;
use crate::api::storage as wire;
use crate::domain::volume::{VolumeKey, VolumeKind, check_name};
use crate::operations::storage::VolumeEntry;
use crate::operations::storage::listing::StoredEntry;

/// The volume that a path names, its names in any letter case.
///
/// # Errors
/// Which part of the path is wrong, and why.
pub fn key(account: &str, kind: &str, name: &str) -> Result<VolumeKey, (&'static str, String)> {
    let kind =
        VolumeKind::ALL.into_iter().find(|known| words(*known).1.eq_ignore_ascii_case(kind)).ok_or_else(|| {
            let message = format!("`{kind}` must be `{}` or `{}`", wire::SHARE.1, wire::CONTAINER.1);
            ("kind", message)
        })?;
    check_account(account)?;
    check_name(name).map_err(|why| ("volumeName", format!("The name `{name}` of a {kind} {why}")))?;
    Ok(VolumeKey::new(account, kind, name))
}

/// Checks the name of a storage account.
///
/// # Errors
/// As [`key`].
pub fn check_account(name: &str) -> Result<(), (&'static str, String)> {
    check_name(name).map_err(|why| ("accountName", format!("The name `{name}` of a storage account {why}")))
}

const fn words(kind: VolumeKind) -> (&'static str, &'static str) {
    match kind {
        VolumeKind::Share => wire::SHARE,
        VolumeKind::Container => wire::CONTAINER,
    }
}

/// A share or container as answered.
#[must_use]
pub fn volume(entry: &VolumeEntry) -> wire::Volume {
    let VolumeEntry { key: VolumeKey { account, kind, name }, modified } = entry;
    wire::Volume {
        account_name: account.clone(),
        kind: words(*kind).0.to_owned(),
        name: name.clone(),
        last_modified: modified.map(time),
    }
}

/// A file or folder as answered.
#[must_use]
pub fn file(entry: &StoredEntry) -> wire::StoredFile {
    let StoredEntry { path, file } = entry;
    wire::StoredFile {
        name: path.clone(),
        file_type: if file.is_some() { "file" } else { "directory" }.into(),
        properties: file.map(|file| wire::StoredProperties {
            last_modified: Some(time(file.modified)),
            content_length: Some(file.size),
            is_executable: file.is_executable,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_named_by_its_account_kind_and_name() {
        let found = key("Acc", "Shares", "Data").expect("a volume");
        assert_eq!(found, VolumeKey::new("acc", VolumeKind::Share, "data"));
        assert_eq!(key("a", "tables", "b").expect_err("refused").0, "kind");
        assert_eq!(key("a b", "shares", "b").expect_err("refused").0, "accountName");
        assert_eq!(key("a", "containers", "b/c").expect_err("refused").0, "volumeName");
    }
}
