//! One method per endpoint.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Body, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::local::Stay;
use super::older::body;
pub use super::older::changes::Look;
use super::snapshot::Snapshot;
use super::upload::Sent;
use super::{Client, ClientError, IfDown, PATIENCE, is_finished, json, plain, success, url};
use crate::api::cluster::{Cluster, ClusterCreate};
use crate::api::experiment::Experiment;
use crate::api::file::File;
use crate::api::id::ResourceId;
use crate::api::job::{Job, JobCreate};
use crate::api::page::Page;
use crate::api::path;
use crate::api::server::ServerStatus;
use crate::api::token::{Token, TokenCreate};
use crate::api::vault::{Secret, SecretSet};
use crate::api::version::ApiVersion;
use crate::api::workspace::{Workspace, WorkspaceCreate};

impl Client {
    /// Makes a workspace, or answers the one that is there.
    ///
    /// # Errors
    /// See [`ClientError`]; likewise for every method here.
    pub async fn put_workspace(&self, id: &ResourceId, body: &WorkspaceCreate) -> Result<Workspace, ClientError> {
        match self.put_ours(id, Some(body), false).await? {
            Some(workspace) => Ok(workspace),
            None => self.make_workspace_older(id, body).await,
        }
    }

    /// Makes an experiment, or answers the one that is there.
    pub async fn put_experiment(&self, id: &ResourceId) -> Result<Experiment, ClientError> {
        self.put(id, None::<&()>, false).await
    }

    /// Makes a cluster; the same one again is answered, but by a server that speaks only 2018-05-01.
    pub async fn put_cluster(&self, id: &ResourceId, body: &ClusterCreate) -> Result<Cluster, ClientError> {
        match self.put_ours(id, Some(body), false).await? {
            Some(cluster) => Ok(cluster),
            None => self.make_cluster_older(id, body).await,
        }
    }

    /// Submits a job that must be new. A connection that is lost after the job was taken is not an error:
    /// the repeated request answers the same job.
    pub async fn put_new_job(&self, id: &ResourceId, body: &JobCreate) -> Result<Job, ClientError> {
        let job = match self.put_ours(id, Some(body), true).await {
            Err(error) if error.is_lost_connection() => self.put_ours(id, Some(body), false).await,
            result => result,
        };
        match job? {
            Some(job) => Ok(job),
            None => self.submit_older(id, body).await,
        }
    }

    /// Makes something; returns when it is made.
    pub(super) async fn put<B: Serialize, T: DeserializeOwned>(
        &self,
        id: &ResourceId,
        body: Option<&B>,
        only_new: bool,
    ) -> Result<T, ClientError> {
        match self.put_ours(id, body, only_new).await? {
            Some(made) => Ok(made),
            None => self.put_older(id, body.map(body::bare).as_ref()).await,
        }
    }

    /// `None` when the server does not speak our api-version.
    async fn put_ours<B: Serialize, T: DeserializeOwned>(
        &self,
        id: &ResourceId,
        body: Option<&B>,
        only_new: bool,
    ) -> Result<Option<T>, ClientError> {
        let (url, first) = (url(&id.to_string()), std::cell::Cell::new(true));
        let answer = self.send_ours(|http| {
            let mut request = http.put(&url);
            // Sent again after a lost connection, the first try may have been taken.
            if only_new && first.replace(false) {
                request = request.header(reqwest::header::IF_NONE_MATCH, "*");
            }
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        });
        match answer.await? {
            Some(answer) => json(answer).await.map(Some),
            None => Ok(None),
        }
    }

    /// One resource.
    pub async fn get<T: DeserializeOwned>(&self, id: &ResourceId) -> Result<T, ClientError> {
        json(self.send(plain(Method::GET, id.to_string())).await?).await
    }

    /// The job as soon as it is another than `known`, or as it is after some time. `look` is for servers that tell of
    /// no change.
    pub async fn wait_for_change(&self, id: &ResourceId, known: &Job, look: Look) -> Result<Job, ClientError> {
        let generation = known.properties.generation.unwrap_or(0);
        let path = format!("{id}?generation={generation}&waitSeconds={PATIENCE}");
        if let Some(answer) = self.send_ours(plain(Method::GET, path)).await? {
            let job: Job = json(answer).await?;
            if job.properties.generation.is_some() {
                return Ok(job);
            }
            // It takes any api-version, does not know ours, and answers at once.
            self.fall_back();
        }
        self.look_for_change(id, known, look).await
    }

    /// All resources of a list, page by page.
    pub async fn list<T: DeserializeOwned>(&self, collection: &str) -> Result<Vec<T>, ClientError> {
        let (mut found, mut next) = (Vec::new(), Some(url(collection)));
        while let Some(link) = next {
            let response = self.send(|http| http.get(&link)).await?;
            let page: Page<T> = json(response).await?;
            found.extend(page.value);
            next = page.next_link;
        }
        Ok(found)
    }

    /// The first page of a list, for somebody who cannot wait. A local server is not started for that.
    pub async fn glance<T: DeserializeOwned>(&self, collection: &str) -> Result<Page<T>, ClientError> {
        json(self.send_if(IfDown::Fail, plain(Method::GET, collection.to_owned())).await?).await
    }

    /// The same of a list that is asked for with POST.
    pub async fn glance_by_post<T: DeserializeOwned>(&self, path: &str) -> Result<Page<T>, ClientError> {
        json(self.send_if(IfDown::Fail, plain(Method::POST, path.to_owned())).await?).await
    }

    /// One resource, likewise.
    pub async fn glance_at<T: DeserializeOwned>(&self, id: &ResourceId) -> Result<T, ClientError> {
        json(self.send_if(IfDown::Fail, plain(Method::GET, id.to_string())).await?).await
    }

    /// Jobs of a subscription that have not ended, running ones first; `None` from a server that knows no such list.
    /// A local server is not started for that: then there are none that run.
    pub async fn active_jobs(&self, subscription: &str) -> Result<Option<Vec<Job>>, ClientError> {
        let path = path::ACTIVE_JOBS.replace("{subscription}", subscription);
        match self.send_if(IfDown::Fail, plain(Method::GET, path)).await {
            Err(_) if !self.speaks_ours() => Ok(None),
            answer => Ok(Some(json::<Page<Job>>(answer?).await?.value)),
        }
    }

    /// Deletes a resource; returns when it is gone, or at once with `Waits::No`. A missing one is fine.
    pub async fn delete(&self, id: &ResourceId, waits: Waits) -> Result<(), ClientError> {
        self.until_finished(Method::DELETE, id.to_string(), waits).await
    }

    /// Stops a job; returns when it has ended, or at once with `Waits::No`.
    pub async fn terminate(&self, id: &ResourceId, waits: Waits) -> Result<(), ClientError> {
        self.until_finished(Method::POST, format!("{id}/terminate"), waits).await
    }

    async fn until_finished(&self, method: Method, path: String, waits: Waits) -> Result<(), ClientError> {
        let seconds = match waits {
            Waits::Yes => PATIENCE,
            Waits::No => 0,
        };
        let request = plain(method.clone(), format!("{path}?waitSeconds={seconds}"));
        while let Some(answer) = self.send_ours(&request).await? {
            if is_finished(answer.status()) || waits == Waits::No {
                return Ok(());
            }
        }
        let begun = self.send(plain(method, path)).await?;
        if waits == Waits::Yes { self.until_over(&begun).await } else { Ok(()) }
    }

    /// Files of one directory of a job, with addresses that are good for `expiry` minutes.
    pub async fn list_files(
        &self,
        job: &ResourceId,
        directory: &str,
        folder: &str,
        expiry: u32,
    ) -> Result<Vec<File>, ClientError> {
        let (directory, folder) = (path::encode(directory), path::encode(folder));
        let path = format!(
            "{job}/listOutputFiles?outputdirectoryid={directory}&directory={folder}&linkexpiryinminutes={expiry}\
             &maxresults=1000"
        );
        let (mut found, mut next) = (Vec::new(), Some(url(&path)));
        while let Some(link) = next {
            let page: Page<File> = json(self.send(|http| http.post(&link)).await?).await?;
            found.extend(page.value);
            next = page.next_link;
        }
        Ok(found)
    }

    /// Sends a code snapshot unless the server has it; `sent` is told how far it is.
    pub async fn put_snapshot(&self, subscription: &str, snapshot: &Snapshot, sent: &Sent) -> Result<(), ClientError> {
        if !self.speaks_ours() {
            return Err(self.takes_no_code());
        }
        let url = url(&path::snapshot(subscription, snapshot.digest()));
        match self.send(|http| http.head(&url)).await {
            Ok(_) => return Ok(()),
            // An answer to HEAD has no body to explain itself with: anything but a success means "send it".
            Err(ClientError::Nonsense { .. } | ClientError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
        // A failure in the middle of the body reaches us as a broken connection; the reason is kept aside.
        let reasons = std::cell::RefCell::new(Vec::new());
        let answer = self.send(|http| {
            let (body, reason) = super::upload::body(snapshot, Arc::clone(sent));
            reasons.borrow_mut().push(reason);
            http.put(&url).header("content-length", snapshot.len()).body(Body::wrap_stream(body))
        });
        match answer.await {
            Ok(_) => Ok(()),
            Err(error) => match reasons.into_inner().into_iter().find_map(|reason| reason.try_recv().ok()) {
                Some(reason) => Err(ClientError::Snapshot(reason)),
                None => Err(error),
            },
        }
    }

    /// Makes a token; the answer is the only one that has its text.
    pub async fn create_token(&self, body: &TokenCreate) -> Result<Token, ClientError> {
        json(self.send(|http| http.post(url(path::TOKENS)).json(body)).await?).await
    }

    /// Takes a token away.
    pub async fn revoke_token(&self, name: &str) -> Result<(), ClientError> {
        self.send(plain(Method::DELETE, path::token(name))).await.map(drop)
    }

    /// Makes a new version of a secret.
    pub async fn set_secret(&self, vault: &str, name: &str, body: &SecretSet) -> Result<Secret, ClientError> {
        let url = url(&path::vault_secret(vault, name));
        json(self.send(|http| http.put(&url).json(body)).await?).await
    }

    /// Deletes a secret with all its versions.
    pub async fn delete_secret(&self, vault: &str, name: &str) -> Result<(), ClientError> {
        self.send(plain(Method::DELETE, path::vault_secret(vault, name))).await.map(drop)
    }

    /// What the server says of itself; it is not started for that.
    pub async fn server_status(&self) -> Result<ServerStatus, ClientError> {
        json(self.send_if(IfDown::Fail, plain(Method::GET, path::SERVER.into())).await?).await
    }

    /// Whether the server lets this user in, asked as any server of Batch AI can be; answers what it speaks.
    pub async fn check(&self) -> Result<ApiVersion, ClientError> {
        let answer = self.send(plain(Method::GET, path::OPERATIONS.into())).await?;
        let _: serde_json::Value = json(answer).await?;
        Ok(self.speaks.get())
    }

    /// Starts a server that stays; one that would leave when idle makes way for it.
    /// `words` are more of its arguments.
    pub async fn start_server(&self, words: &[String]) -> Result<(), ClientError> {
        let turn = self.local().turn().await?;
        match self.server_status().await {
            Ok(ServerStatus { leaves_when_idle: false, .. }) => return Ok(()),
            Ok(_) => drop(self.stop_server().await?),
            Err(ClientError::NotRunning) => {}
            Err(error) => return Err(error),
        }
        self.local().start_in(turn, Stay::Always, words).await
    }

    /// Asks the server to leave, and returns when it does not listen any more. `false` when there was none.
    pub async fn stop_server(&self) -> Result<bool, ClientError> {
        match self.exchange(IfDown::Fail, &plain(Method::POST, path::SERVER_STOP.into())).await {
            Ok(response) => drop(success(response).await?),
            Err(ClientError::NotRunning) => return Ok(false),
            Err(error) => return Err(error),
        }
        self.local().wait_until_gone(Duration::from_secs(15)).await?;
        Ok(true)
    }
}

/// Whether a command waits for what it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// Until it is done.
    Yes,
    /// Not at all.
    No,
}
