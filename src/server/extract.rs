//! What handlers ask of a request. Every refusal has the body of our errors.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use serde::Deserialize;

pub use super::body::{Body, Described};
pub(super) use super::body::{checked, decode, parse, read};
use super::convert;
use super::error::ApiError;
pub use super::origin::Origin;
pub use super::query::{LongRequest, Paging, Params, Waiting};
use super::spoken::Spoken;
use super::versions::names;
pub use super::wire::{Entity, Wire};
use crate::api::PROVIDER;
use crate::api::version::ApiVersion;
use crate::domain::name::{ClusterKey, ExperimentKey, FileServerKey, GroupKey, JobKey, Name, WorkspaceKey};

/// Names in a path; which of them are there depends on the route.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Names {
    subscription: String,
    group: String,
    workspace: String,
    experiment: String,
    cluster: String,
    #[serde(rename = "fileServer")]
    file_server: String,
    job: String,
    #[serde(skip)]
    is_creating: bool,
}

impl Names {
    /// The names in the path of something in a workspace.
    async fn read<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Nested::from_request_parts(parts, state).await?;
        Self::read_any(parts, state).await
    }

    /// The same for paths that every version has.
    async fn read_any<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<Self>::from_request_parts(parts, state).await {
            Ok(Path(names)) => Ok(Self { is_creating: parts.method == Method::PUT, ..names }),
            Err(rejection) => Err(ApiError::invalid("path", rejection.body_text())),
        }
    }

    /// In a workspace of flat resources names may have dots: they can be shown, not made.
    fn flat_or_not(&self, what: &str, text: &str) -> Result<Name, String> {
        match Name::parse_dotted(text) {
            Ok(name) if !self.is_creating && names::region_of(&self.workspace).is_some() => Ok(name),
            Ok(_) | Err(_) => convert::name(what, text),
        }
    }

    fn group(&self) -> Result<GroupKey, ApiError> {
        convert::group(&self.subscription, &self.group).map_err(|m| ApiError::invalid("resourceGroupName", m))
    }

    fn workspace(&self) -> Result<WorkspaceKey, ApiError> {
        let name = convert::name("workspace", &self.workspace).map_err(|m| ApiError::invalid("workspaceName", m))?;
        Ok(WorkspaceKey { group: self.group()?, name })
    }

    fn experiment(&self) -> Result<ExperimentKey, ApiError> {
        let name = convert::name("experiment", &self.experiment).map_err(|m| ApiError::invalid("experimentName", m))?;
        Ok(ExperimentKey { workspace: self.workspace()?, name })
    }

    fn cluster(&self) -> Result<ClusterKey, ApiError> {
        let name = self.flat_or_not("cluster", &self.cluster).map_err(|m| ApiError::invalid("clusterName", m))?;
        Ok(ClusterKey { workspace: self.workspace()?, name })
    }

    fn file_server(&self) -> Result<FileServerKey, ApiError> {
        let name = self.flat_or_not("file server", &self.file_server);
        let name = name.map_err(|m| ApiError::invalid("fileServerName", m))?;
        Ok(FileServerKey { workspace: self.workspace()?, name })
    }

    fn job(&self) -> Result<JobKey, ApiError> {
        let name = self.flat_or_not("job", &self.job).map_err(|m| ApiError::invalid("jobName", m))?;
        Ok(JobKey { experiment: self.experiment()?, name })
    }
}

/// The key that a path names.
pub struct Key<K>(pub K);

macro_rules! key {
    ($key:ty, $method:ident) => {
        impl<S: Send + Sync> FromRequestParts<S> for Key<$key> {
            type Rejection = ApiError;
            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
                Ok(Self(Names::read(parts, state).await?.$method()?))
            }
        }
    };
}
key!(GroupKey, group);
key!(WorkspaceKey, workspace);
key!(ExperimentKey, experiment);
key!(ClusterKey, cluster);
key!(FileServerKey, file_server);
key!(JobKey, job);

/// The subscription that a path names, in any version.
pub struct Subscription(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Subscription {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        version(parts)?;
        let names = Names::read_any(parts, state).await?;
        let key = convert::group(&names.subscription, "any").map_err(|m| ApiError::invalid("subscriptionId", m))?;
        Ok(Self(key.subscription))
    }
}

/// The version that a request asks for.
#[derive(Debug, Clone, Copy)]
pub struct Version(pub ApiVersion);

impl<S: Send + Sync> FromRequestParts<S> for Version {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        version(parts).map(Self)
    }
}

/// That the version has workspaces: in the older ones everything lies directly in a resource group.
#[derive(Debug, Clone, Copy)]
pub struct Nested;

impl<S: Send + Sync> FromRequestParts<S> for Nested {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let version = version(parts)?;
        if !version.is_flat() {
            return Ok(Self);
        }
        let message = format!(
            "The resource type 'workspaces' is not in the namespace '{PROVIDER}' for api version '{version}'. \
             The supported api-versions are '{}'.",
            listed(|version| !version.is_flat() && Spoken::of(parts).contains(version))
        );
        Err(ApiError::new(StatusCode::NOT_FOUND, "InvalidResourceType", message))
    }
}

/// The version in the query; it is read once per request.
pub(super) fn version(parts: &mut Parts) -> Result<ApiVersion, ApiError> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(rename = "api-version")]
        version: Option<String>,
    }
    if let Some(version) = parts.extensions.get::<ApiVersion>() {
        return Ok(*version);
    }
    let asked = Query::<Version>::try_from_uri(&parts.uri).ok().and_then(|Query(query)| query.version);
    let spoken = Spoken::of(parts);
    let known = asked.as_deref().and_then(ApiVersion::parse).filter(|version| spoken.contains(*version));
    let (code, message) = match (asked, known) {
        (_, Some(version)) => {
            parts.extensions.insert(version);
            return Ok(version);
        }
        (Some(version), None) => (
            "NoRegisteredProviderFound",
            format!(
                "No registered resource provider found for API version '{version}' of {PROVIDER}. \
                 The supported api-versions are '{}'.",
                listed(|version| spoken.contains(version))
            ),
        ),
        (None, _) => (
            "MissingApiVersionParameter",
            format!("The api-version query parameter (?api-version=) is required, such as {}.", ApiVersion::V2018May),
        ),
    };
    Err(ApiError::new(StatusCode::BAD_REQUEST, code, message))
}

fn listed(is_wanted: impl Fn(ApiVersion) -> bool) -> String {
    let wanted = ApiVersion::ALL.into_iter().filter(|version| is_wanted(*version));
    wanted.map(ApiVersion::as_str).collect::<Vec<_>>().join(", ")
}
