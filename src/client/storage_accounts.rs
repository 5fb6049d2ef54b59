//! Resource groups and storage accounts, as far as commands make them and ask for their keys.

use reqwest::Method;

use super::{Client, ClientError, json, plain, url};
use crate::api::path::encode;
use crate::api::resource_manager::{ACCOUNT, ACCOUNTS, ALL_ACCOUNTS, GROUP, Group, GroupCreate, LIST_KEYS};
use crate::api::storage_account::{Account, AccountCreate, Keys, Sku};

impl Client {
    /// A resource group; `None` when it is not there.
    ///
    /// # Errors
    /// See [`ClientError`]; likewise for every method here.
    pub async fn get_group(&self, subscription: &str, group: &str) -> Result<Option<Group>, ClientError> {
        match self.send(plain(Method::GET, filled(GROUP, subscription, group, ""))).await {
            Ok(answer) => json(answer).await.map(Some),
            Err(ClientError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a resource group in a region.
    pub async fn put_group(&self, subscription: &str, group: &str, region: &str) -> Result<Group, ClientError> {
        let body = GroupCreate { location: Some(region.to_owned()), tags: None };
        let url = url(&filled(GROUP, subscription, group, ""));
        json(self.send(|http| http.put(&url).json(&body)).await?).await
    }

    /// Storage accounts of a group; of the whole subscription without one.
    pub async fn list_accounts(&self, subscription: &str, group: Option<&str>) -> Result<Vec<Account>, ClientError> {
        match group {
            Some(group) => self.list(&filled(ACCOUNTS, subscription, group, "")).await,
            None => self.list(&filled(ALL_ACCOUNTS, subscription, "", "")).await,
        }
    }

    /// Makes a storage account of the general kind in a region.
    pub async fn put_account(
        &self,
        subscription: &str,
        group: &str,
        name: &str,
        region: &str,
    ) -> Result<Account, ClientError> {
        let body = AccountCreate {
            location: Some(region.to_owned()),
            sku: Some(Sku { name: Some("Standard_LRS".to_owned()), tier: None }),
            kind: Some("Storage".to_owned()),
            tags: None,
        };
        let url = url(&filled(ACCOUNT, subscription, group, name));
        json(self.send(|http| http.put(&url).json(&body)).await?).await
    }

    /// The first key of a storage account.
    pub async fn account_key(&self, subscription: &str, group: &str, name: &str) -> Result<String, ClientError> {
        let path = filled(LIST_KEYS, subscription, group, name);
        let keys: Keys = json(self.send(plain(Method::POST, path)).await?).await?;
        let first = keys.keys.into_iter().next();
        first.map(|key| key.value).ok_or_else(|| ClientError::Nonsense { what: format!("no keys of {name}") })
    }
}

fn filled(template: &str, subscription: &str, group: &str, account: &str) -> String {
    template
        .replace("{subscription}", &encode(subscription))
        .replace("{group}", &encode(group))
        .replace("{account}", &encode(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_encoded() {
        let path = filled(LIST_KEYS, "s", "a b", "acc");
        assert_eq!(
            path,
            "/subscriptions/s/resourceGroups/a%20b/providers/Microsoft.Storage/storageAccounts/acc/listKeys"
        );
    }
}
