//! Making things: what must be new is looked for first, and what is made is shown once it is made.

use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::body::{self, Lack};
use crate::api::cluster::{Cluster, ClusterCreate};
use crate::api::error::{ErrorDetail, code};
use crate::api::id::{Child, ResourceId};
use crate::api::job::{Job, JobCreate};
use crate::api::workspace::{Workspace, WorkspaceCreate};
use crate::client::{Client, ClientError, json, plain, url};

impl Client {
    /// Submits a job that must be new.
    pub(in crate::client) async fn submit_older(&self, id: &ResourceId, body: &JobCreate) -> Result<Job, ClientError> {
        let body = self.older_body(body)?;
        self.must_be_new(id).await?;
        match self.put_older(id, Some(&body)).await {
            // Whether it was taken is not known; the same one again is answered and not run twice.
            Err(error) if error.is_lost_connection() => self.put_older(id, Some(&body)).await,
            result => result,
        }
    }

    /// A job in the words of the version.
    pub(in crate::client) fn older_body(&self, body: &JobCreate) -> Result<Value, ClientError> {
        body::job(body).map_err(|lack| self.because_of(lack))
    }

    /// Makes a cluster that must be new: nobody knows what the service did to one that was there.
    pub(in crate::client) async fn make_cluster_older(
        &self,
        id: &ResourceId,
        body: &ClusterCreate,
    ) -> Result<Cluster, ClientError> {
        let body = body::cluster(body).map_err(|lack| self.because_of(lack))?;
        self.must_be_new(id).await?;
        self.put_older(id, Some(&body)).await
    }

    /// Makes a workspace, in the region of its resource group unless another is named, as `az` did.
    pub(in crate::client) async fn make_workspace_older(
        &self,
        id: &ResourceId,
        body: &WorkspaceCreate,
    ) -> Result<Workspace, ClientError> {
        let mut body = body.clone();
        if body.location.is_none() {
            body.location = Some(self.region_of_group(id).await?);
        }
        self.put_older(id, Some(&body::bare(&body))).await
    }

    async fn region_of_group(&self, id: &ResourceId) -> Result<String, ClientError> {
        let path = format!("/subscriptions/{}/resourceGroups/{}", id.subscription, id.group);
        match self.send(plain(Method::GET, path)).await {
            Ok(answer) => {
                let group: Value = json(answer).await?;
                let region = group.get("location").and_then(Value::as_str).map(str::to_owned);
                region.ok_or_else(|| self.because_of(body::REGION))
            }
            Err(ClientError::Refused { status: 404, .. } | ClientError::Nonsense { .. }) => {
                Err(self.because_of(body::REGION))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes a resource; answers it when it is made.
    pub(in crate::client) async fn put_older<T: DeserializeOwned>(
        &self,
        id: &ResourceId,
        body: Option<&Value>,
    ) -> Result<T, ClientError> {
        let url = url(&id.to_string());
        let put = self.send(|http| match body {
            Some(body) => http.put(&url).json(body),
            None => http.put(&url),
        });
        let answer = put.await?;
        if answer.status() == StatusCode::OK {
            return json(answer).await;
        }
        self.until_over(&answer).await?;
        self.get(id).await
    }

    /// Why code cannot be sent.
    pub(in crate::client) fn takes_no_code(&self) -> ClientError {
        self.because_of(body::CODE)
    }

    async fn must_be_new(&self, id: &ResourceId) -> Result<(), ClientError> {
        match self.send(plain(Method::GET, id.to_string())).await {
            Ok(_) => {
                let detail = ErrorDetail { code: code::CONFLICT.into(), message: taken(id), ..ErrorDetail::default() };
                Err(ClientError::Refused { status: 409, error: detail })
            }
            // What it should be in may be missing too, which the server says once it is asked to make it.
            Err(error) if error.is_missing() => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn because_of(&self, Lack { what, instead }: Lack) -> ClientError {
        self.lacks(what, instead)
    }
}

/// The words of azure-cli-batchai 0.4.10, without its slip.
fn taken(id: &ResourceId) -> String {
    let ResourceId { group, workspace, child, .. } = id;
    match child {
        Child::Job(..) => "A job with given name, experiment, workspace and resource group already exists.".into(),
        Child::Cluster(name) | Child::FileServer(name) | Child::Experiment(name) => {
            format!("\"{name}\" already exists in \"{group}\" resource group under {workspace} workspace.")
        }
        Child::None => format!("\"{workspace}\" already exists in \"{group}\" resource group."),
    }
}
