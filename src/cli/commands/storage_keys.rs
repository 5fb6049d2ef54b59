//! Keys of storage accounts for servers that ask for them: looked up where nobody gave them, as `az` does.

use crate::api::mount::{MountVolumes, StorageCredentials};
use crate::api::storage_account::Account;
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;
use crate::cli::session::Session;

/// Whether some share or container has neither a key nor a reference to one.
#[must_use]
pub fn are_missing(volumes: Option<&MountVolumes>) -> bool {
    let Some(volumes) = volumes else { return false };
    let shares = volumes.azure_file_shares.iter().flatten().map(|share| &share.credentials);
    let containers = volumes.azure_blob_file_systems.iter().flatten().map(|container| &container.credentials);
    shares.chain(containers).any(is_empty)
}

/// Gives every share and container that has no key the one of its account. A batchai server needs none.
///
/// # Errors
/// When the subscription has no such account, or does not tell its key.
pub async fn fill_in(volumes: &mut MountVolumes, session: &Session) -> Result<(), Failure> {
    if session.client.speaks_ours() || !are_missing(Some(volumes)) {
        return Ok(());
    }
    let accounts = session.client.list_accounts(&session.subscription, None).await?;
    for share in volumes.azure_file_shares.iter_mut().flatten().filter(|share| is_empty(&share.credentials)) {
        share.credentials.account_key = Some(key_of(&share.account_name, &accounts, session).await?);
    }
    let containers = volumes.azure_blob_file_systems.iter_mut().flatten();
    for container in containers.filter(|container| is_empty(&container.credentials)) {
        container.credentials.account_key = Some(key_of(&container.account_name, &accounts, session).await?);
    }
    Ok(())
}

fn is_empty(credentials: &StorageCredentials) -> bool {
    *credentials == StorageCredentials::default()
}

async fn key_of(name: &str, accounts: &[Account], session: &Session) -> Result<String, Failure> {
    let refused = |message: String| {
        Failure::new(ExitCode::Refused, message)
            .hint("give the key in AZURE_BATCHAI_STORAGE_KEY, `storage.key` of config.yaml, or --storage-account-key")
    };
    let found = accounts.iter().find(|account| account.name.eq_ignore_ascii_case(name));
    let Some(group) = found.and_then(|account| group_of(&account.id)) else {
        return Err(refused(format!("Cannot find \"{name}\" storage account.")));
    };
    let key = session.client.account_key(&session.subscription, group, name).await;
    key.map_err(|error| refused(format!("Cannot find a key for \"{name}\" storage account: {error}")))
}

/// The resource group in the id of an account.
fn group_of(id: &str) -> Option<&str> {
    let mut parts = id.split('/');
    parts.find(|part| part.eq_ignore_ascii_case("resourceGroups"))?;
    parts.next().filter(|group| !group.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::request::mounts::file_share;
    use crate::cli::request::storage::StorageAccount;

    #[test]
    fn a_key_is_missing_where_there_is_neither_key_nor_reference() {
        let of = |key: Option<&str>| {
            let account = StorageAccount { name: "a".into(), key: key.map(str::to_owned) };
            let shares = vec![file_share(&account, "s", "afs".into())];
            MountVolumes { azure_file_shares: Some(shares), ..MountVolumes::default() }
        };
        assert!(are_missing(Some(&of(None))));
        assert!(!are_missing(Some(&of(Some("k")))));
        assert!(!are_missing(None));
    }

    #[test]
    fn the_group_of_an_account_is_in_its_id() {
        let id = "/subscriptions/s/resourcegroups/g/providers/Microsoft.Storage/storageAccounts/a";
        assert_eq!(group_of(id), Some("g"));
        assert_eq!(group_of("/subscriptions/s"), None);
    }
}
