//! Endpoints that only servers of our own api-version have: plans, explanations, and jobs once more.

use reqwest::Method;

use super::{Client, ClientError, json, plain, url};
use crate::api::explanation::JobExplanation;
use crate::api::id::ResourceId;
use crate::api::job::{Job, JobCreate};
use crate::api::plan::{JobPlan, JobRerun};

/// Codes with which servers answer that they do not know a path or a version (azure-cli recordings, 2018).
const UNKNOWN: [&str; 4] =
    ["InvalidResourceType", "NoRegisteredProviderFound", "InvalidApiVersionParameter", "UnsupportedApiVersion"];

/// Statuses of such answers, and of other servers that do not know a path or a method.
const STATUSES: [u16; 4] = [400, 404, 405, 501];

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
    ) -> Result<JobPlan, ClientError> {
        let url = url(&format!("{id}/plan?wouldMake={}", would_make.join(",")));
        json(self.send(|http| http.post(&url).json(body)).await?).await
    }

    /// Why a job waits, what it does, or how it ended.
    pub async fn explain_job(&self, id: &ResourceId) -> Result<JobExplanation, ClientError> {
        json(self.send(plain(Method::GET, format!("{id}/explanation"))).await?).await
    }

    /// Submits a job once more, as `name` or under the next free name.
    pub async fn rerun_job(&self, id: &ResourceId, name: Option<&str>) -> Result<Job, ClientError> {
        let (url, body) = (url(&format!("{id}/rerun")), JobRerun { name: name.map(str::to_owned) });
        json(self.send(|http| http.post(&url).json(&body)).await?).await
    }
}

/// Whether the server does not know what was asked of it, as one that does not speak our version.
#[must_use]
pub fn is_unknown(error: &ClientError) -> bool {
    match error {
        ClientError::Refused { status, error } => {
            STATUSES.contains(status) && (UNKNOWN.contains(&error.code.as_str()) || *status > 404)
        }
        // A server that answers a path it does not know with something else than an error of Azure.
        ClientError::Nonsense { what } => what.starts_with("status 404") || what.starts_with("status 405"),
        _ => false,
    }
}
