//! `--use-auto-storage`: a storage account that is found or made, as azure-cli-batchai 0.4.10 did it.

use crate::api::id::{Child, ResourceId};
use crate::api::mount::MountVolumes;
use crate::api::plan::SECRET;
use crate::api::storage::{self, VolumePlace};
use crate::api::storage_account::Account;
use crate::api::workspace::Workspace;
use crate::cli::commands::job::ensure::with_workspace;
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;
use crate::cli::request::mounts::{container, file_share};
use crate::cli::request::storage::StorageAccount;
use crate::cli::session::{Named, Session};

/// The resource group of all such accounts.
const GROUP: &str = "batchaiautostorage";
/// The share, and where it appears.
const SHARE: (&str, &str) = ("batchaishare", "autoafs");
/// The container, and where it appears.
const CONTAINER: (&str, &str) = ("batchaicontainer", "autobfs");
/// What the name of an account begins with.
const PREFIX: &str = "bai";
/// What a dry run calls an account that would be made.
const NEW_NAME: &str = "<new-account>";

/// Adds the share and the container of the account of the workspace's region, and makes what is not there.
///
/// # Errors
/// When the account can be neither found nor made.
pub async fn add(
    volumes: &mut MountVolumes,
    cluster: &ResourceId,
    workspace: &Named,
    session: &Session,
) -> Result<(), Failure> {
    ensure_ours(session)?;
    let id = ResourceId { child: Child::None, ..cluster.clone() };
    let found: Workspace = with_workspace(session, &id, workspace, || session.client.get(&id)).await?;
    let account = account(&id.subscription, &region(&found.location), session).await?;
    for place in places(&id.subscription, &account.name) {
        session.client.make_volume(&place, GROUP).await?;
    }
    mount(volumes, &account);
    Ok(())
}

fn places(subscription: &str, account: &str) -> [VolumePlace; 2] {
    [(storage::SHARE, SHARE.0), (storage::CONTAINER, CONTAINER.0)].map(|(kind, name)| VolumePlace {
        subscription: subscription.to_owned(),
        account: account.to_owned(),
        kind,
        name: name.to_owned(),
    })
}

/// The same for a dry run: makes nothing, and answers words of what [`add`] would make.
///
/// # Errors
/// When the server has no such storage, or cannot tell what there is.
pub async fn look(volumes: &mut MountVolumes, cluster: &ResourceId, session: &Session) -> Result<Vec<String>, Failure> {
    ensure_ours(session)?;
    let client = &session.client;
    let workspace = client.get::<Workspace>(&ResourceId { child: Child::None, ..cluster.clone() }).await;
    let has_group = client.get_group(&cluster.subscription, GROUP).await?.is_some();
    let accounts = if has_group { client.list_accounts(&cluster.subscription, Some(GROUP)).await? } else { Vec::new() };
    let found = workspace.ok().and_then(|found| of_region(&accounts, &region(&found.location)).map(str::to_owned));
    let mut made = Vec::new();
    if !has_group {
        made.push(format!("resource group {GROUP}"));
    }
    let there = match &found {
        Some(account) => client.list_volumes(&cluster.subscription, Some(account)).await?,
        None => {
            made.push("storage account".to_owned());
            Vec::new()
        }
    };
    for (kind, word, name) in
        [(storage::SHARE.0, "file share", SHARE.0), (storage::CONTAINER.0, "container", CONTAINER.0)]
    {
        if !there.iter().any(|volume| volume.kind == kind && volume.name == name) {
            made.push(format!("{word} {name}"));
        }
    }
    let name = found.unwrap_or_else(|| NEW_NAME.to_owned());
    mount(volumes, &StorageAccount { name, key: Some(SECRET.to_owned()) });
    Ok(made)
}

fn ensure_ours(session: &Session) -> Result<(), Failure> {
    if session.client.speaks_ours() {
        return Ok(());
    }
    let message = format!("{} has storage that batchai cannot make a share in", session.client.server());
    Err(Failure::new(ExitCode::Refused, format!("cannot use auto storage: {message}")).hint(
        "make a share and a container there, and mount them: --afs-name SHARE --bfs-name CONTAINER \
         --storage-account-name NAME",
    ))
}

fn mount(volumes: &mut MountVolumes, account: &StorageAccount) {
    let share = file_share(account, SHARE.0, SHARE.1.to_owned());
    volumes.azure_file_shares.get_or_insert_default().push(share);
    let container = container(account, CONTAINER.0, CONTAINER.1.to_owned());
    volumes.azure_blob_file_systems.get_or_insert_default().push(container);
}

async fn account(subscription: &str, region: &str, session: &Session) -> Result<StorageAccount, Failure> {
    let (client, report) = (&session.client, &session.report);
    if client.get_group(subscription, GROUP).await?.is_some() {
        report.note(&format!("BatchAI will use existing {GROUP} resource group for auto-storage account"));
    } else {
        report.note(&format!("Creating {GROUP} resource group for auto-storage account"));
        client.put_group(subscription, GROUP, region).await?;
    }
    let accounts = client.list_accounts(subscription, Some(GROUP)).await?;
    let name = match of_region(&accounts, region) {
        Some(name) => {
            report.note(&format!("Using existing {name} storage account as an auto-storage account"));
            name.to_owned()
        }
        None => {
            let name = new_name(uuid::Uuid::new_v4().as_bytes());
            client.put_account(subscription, GROUP, &name, region).await?;
            report.note(&format!("Created auto storage account {name}"));
            name
        }
    };
    let key = client.account_key(subscription, GROUP, &name).await?;
    Ok(StorageAccount { name, key: Some(key) })
}

/// The first account of a region.
fn of_region<'a>(accounts: &'a [Account], wanted: &str) -> Option<&'a str> {
    let found = accounts.iter().find(|account| region(&account.properties.primary_location) == wanted)?;
    Some(&found.name)
}

/// A region as part of a name: lower case, without blanks.
fn region(name: &str) -> String {
    crate::cli::request::region(name)
}

/// Twelve letters after the prefix, out of random bytes.
fn new_name(random: &[u8; 16]) -> String {
    // Two of the sixteen bytes of a UUID are partly fixed; these are not.
    let letters = random[..6].iter().chain(&random[10..]).map(|byte| char::from(b'a' + byte % 26));
    PREFIX.chars().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account_in(name: &str, location: &str) -> Account {
        serde_json::from_value(serde_json::json!({
            "id": "/x", "name": name, "type": "t", "location": location, "tags": {}, "kind": "Storage",
            "sku": { "name": "Standard_LRS" },
            "properties": { "provisioningState": "Succeeded", "creationTime": "2018-06-12T00:00:00Z",
                "primaryLocation": location, "statusOfPrimary": "available",
                "primaryEndpoints": { "blob": "https://b", "file": "https://f" } }
        }))
        .expect("an account")
    }

    #[test]
    fn the_account_of_the_region_is_taken_however_the_region_is_written() {
        let accounts = [account_in("west", "West US"), account_in("east", "East US"), account_in("east2", "eastus")];
        assert_eq!(of_region(&accounts, "eastus"), Some("east"));
        assert_eq!(of_region(&accounts, "northeurope"), None);
    }

    #[test]
    fn a_new_account_has_a_name_that_azure_takes() {
        let name = new_name(uuid::Uuid::new_v4().as_bytes());
        assert!(name.starts_with("bai") && name.len() == 15, "{name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase()), "{name}");
    }
}
