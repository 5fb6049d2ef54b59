//! Clusters and file servers beyond making a cluster, and the nodes of both clusters and jobs.

use reqwest::Method;
use serde::de::DeserializeOwned;

use super::{Client, ClientError, json, plain, url};
use crate::api::cluster::{Cluster, ClusterUpdate};
use crate::api::file::File;
use crate::api::file_server::{FileServer, FileServerCreate};
use crate::api::id::ResourceId;
use crate::api::node::RemoteLoginInformation;
use crate::api::page::Page;
use crate::api::path;

impl Client {
    /// Makes a file server; the same one again is answered.
    ///
    /// # Errors
    /// See [`ClientError`]; likewise for every method here.
    pub async fn put_file_server(&self, id: &ResourceId, body: &FileServerCreate) -> Result<FileServer, ClientError> {
        self.put(id, Some(body), false).await
    }

    /// Changes how many nodes a cluster has.
    pub async fn patch_cluster(&self, id: &ResourceId, body: &ClusterUpdate) -> Result<Cluster, ClientError> {
        let url = url(&id.to_string());
        json(self.send(|http| http.patch(&url).json(body)).await?).await
    }

    /// How to log in to the nodes of a cluster or of a job.
    pub async fn list_logins(&self, id: &ResourceId) -> Result<Vec<RemoteLoginInformation>, ClientError> {
        self.list_by_post(format!("{id}/listRemoteLoginInformation")).await
    }

    /// What the set-up task of a cluster wrote in one directory, with addresses that are good for `expiry` minutes.
    pub async fn list_setup_files(
        &self,
        cluster: &ResourceId,
        folder: &str,
        expiry: u32,
    ) -> Result<Vec<File>, ClientError> {
        let folder = path::encode(folder);
        let query = format!("directory={folder}&linkexpiryinminutes={expiry}&maxresults=1000");
        self.list_by_post(format!("{cluster}/listSetupTaskFiles?{query}")).await
    }

    /// All pages of a list that is asked for with POST.
    async fn list_by_post<T: DeserializeOwned>(&self, path: String) -> Result<Vec<T>, ClientError> {
        let page: Page<T> = json(self.send(plain(Method::POST, path)).await?).await?;
        let (mut found, mut next) = (page.value, page.next_link);
        while let Some(link) = next {
            let page: Page<T> = json(self.send(|http| http.post(&link)).await?).await?;
            found.extend(page.value);
            next = page.next_link;
        }
        Ok(found)
    }
}
