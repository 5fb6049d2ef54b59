//! Endpoints that only servers of our own api-version have: plans, explanations, jobs once more, what runs now, and
//! nodes that are taken away.
//! `None`: the server speaks only the api-versions of the service.

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::Answer;
use super::sending::PREPARING;
use super::{Client, ClientError, json, plain, url};
use crate::api::explanation::JobExplanation;
use crate::api::id::ResourceId;
use crate::api::job::{Job, JobCreate};
use crate::api::node::{NodePreempt, PreemptedNode};
use crate::api::plan::{JobPlan, JobRerun};
use crate::api::version::ApiVersion;

impl Client {
    /// What a job would do. `would_make` are words of what may be missing: `workspace`, `experiment`, `cluster`.
    ///
    /// # Errors
    /// See [`ClientError`]; likewise for every method here.
    pub async fn plan_job(
        &self,
        id: &ResourceId,
        body: &JobCreate,
        would_make: &[&str],
    ) -> Result<Option<JobPlan>, ClientError> {
        let url = url(&format!("{id}/plan?wouldMake={}", would_make.join(",")));
        read(self.send_own(|http| http.post(&url).json(body)).await?).await
    }

    /// The body of a job and the api-version, as this server is asked to take it; known once it has been asked
    /// anything. What the version lacks is an error, as of a job that is submitted.
    pub fn job_as_sent(&self, body: &JobCreate) -> Result<(Value, ApiVersion), ClientError> {
        let version = self.speaks.get();
        let value = match version.is_ours() {
            true => serde_json::to_value(body).map_err(|error| ClientError::transport(PREPARING, &error))?,
            false => self.older_body(body)?,
        };
        Ok((value, version))
    }

    /// Why a job waits, what it does, or how it ended.
    pub async fn explain_job(&self, id: &ResourceId) -> Result<Option<JobExplanation>, ClientError> {
        read(self.send_own(plain(Method::GET, format!("{id}/explanation"))).await?).await
    }

    /// Takes away a node of low priority: this one, or the one at the highest place.
    pub async fn preempt_node(
        &self,
        cluster: &ResourceId,
        node: Option<&str>,
    ) -> Result<Option<PreemptedNode>, ClientError> {
        let (url, body) = (url(&format!("{cluster}/preemptNode")), NodePreempt { node_id: node.map(str::to_owned) });
        read(self.send_own(|http| http.post(&url).json(&body)).await?).await
    }

    /// Submits a job once more, as `name` or under the next free name.
    pub async fn rerun_job(&self, id: &ResourceId, name: Option<&str>) -> Result<Option<Job>, ClientError> {
        let (url, body) = (url(&format!("{id}/rerun")), JobRerun { name: name.map(str::to_owned) });
        read(self.send_own(|http| http.post(&url).json(&body)).await?).await
    }
}

async fn read<T: DeserializeOwned>(answer: Option<Answer>) -> Result<Option<T>, ClientError> {
    match answer {
        Some(answer) => json(answer).await.map(Some),
        None => Ok(None),
    }
}
