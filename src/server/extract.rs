//! What handlers ask of a request. Every refusal has the body of our errors.

use std::sync::LazyLock;
use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use schemars::Schema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::convert::{self, FieldErrors};
use super::error::ApiError;
use super::peer::Peer;
use crate::api::cluster::ClusterCreate;
use crate::api::job::JobCreate;
use crate::api::token::TokenCreate;
use crate::api::version::ApiVersion;
use crate::api::workspace::WorkspaceCreate;
use crate::api::{API_VERSION, check};
use crate::domain::name::{ClusterKey, ExperimentKey, GroupKey, JobKey, WorkspaceKey};
use crate::operations::Window;

/// The largest body of a resource, in bytes.
const LARGEST_BODY: usize = 4 << 20;

/// The longest time a request may wait, in seconds.
const LONGEST_WAIT: u64 = 60;

/// Names in a path; which of them are there depends on the route.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Names {
    subscription: String,
    group: String,
    workspace: String,
    experiment: String,
    cluster: String,
    job: String,
}

impl Names {
    async fn read<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        check_version(parts)?;
        match Path::<Self>::from_request_parts(parts, state).await {
            Ok(Path(names)) => Ok(names),
            Err(rejection) => Err(ApiError::invalid("path", rejection.body_text())),
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
        let name = convert::name("cluster", &self.cluster).map_err(|m| ApiError::invalid("clusterName", m))?;
        Ok(ClusterKey { workspace: self.workspace()?, name })
    }

    fn job(&self) -> Result<JobKey, ApiError> {
        let name = convert::name("job", &self.job).map_err(|m| ApiError::invalid("jobName", m))?;
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
key!(JobKey, job);

/// The subscription that a path names.
pub struct Subscription(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Subscription {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let names = Names::read(parts, state).await?;
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

fn check_version(parts: &Parts) -> Result<(), ApiError> {
    version(parts).map(drop)
}

fn version(parts: &Parts) -> Result<ApiVersion, ApiError> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(rename = "api-version")]
        version: Option<String>,
    }
    let asked = Query::<Version>::try_from_uri(&parts.uri).ok().and_then(|Query(query)| query.version);
    let spoken = asked.as_deref().and_then(ApiVersion::parse).filter(|version| !version.is_flat());
    let (code, message) = match (asked, spoken) {
        (_, Some(version)) => return Ok(version),
        (Some(version), None) => (
            "NoRegisteredProviderFound",
            format!("This server does not speak api-version {version} yet: it speaks {API_VERSION}"),
        ),
        (None, _) => (
            "MissingApiVersionParameter",
            format!("The api-version query parameter (?api-version=) is required, such as {API_VERSION}"),
        ),
    };
    Err(ApiError::new(StatusCode::BAD_REQUEST, code, message))
}

/// Which part of a list, and where the next part would be.
pub struct Paging {
    /// The part that was asked for.
    pub window: Window,
    scheme: &'static str,
    host: String,
    path: String,
}

#[derive(Deserialize)]
struct PagingQuery {
    maxresults: Option<u32>,
    #[serde(rename = "$skiptoken")]
    skip: Option<i64>,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Query(query) = Query::<PagingQuery>::try_from_uri(&parts.uri)
            .map_err(|rejection| ApiError::invalid("maxresults", rejection.body_text()))?;
        let limit = query.maxresults.unwrap_or(1000);
        if !(1..=1000).contains(&limit) {
            return Err(ApiError::invalid("maxresults", format!("maxresults is {limit}, but must be 1 to 1000")));
        }
        let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost").to_owned();
        let window = Window { after: query.skip.unwrap_or(0), limit };
        // The router takes the prefix that nested routes share away from `parts.uri`.
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, &()).await.unwrap_or_else(|never| match never {});
        let scheme = parts.extensions.get::<Peer>().copied().unwrap_or(Peer::Socket).scheme();
        Ok(Self { window, scheme, host, path: uri.path().to_owned() })
    }
}

impl Paging {
    /// The absolute URL of the page that starts after `next`.
    #[must_use]
    pub fn link(&self, next: i64) -> String {
        let Self { scheme, host, path, window } = self;
        format!("{scheme}://{host}{path}?api-version={API_VERSION}&maxresults={}&$skiptoken={next}", window.limit)
    }

    /// The absolute URL of another path of this server.
    #[must_use]
    pub fn absolute(&self, path: &str) -> String {
        format!("{}://{}{path}?api-version={API_VERSION}", self.scheme, self.host)
    }
}

/// How long a client is willing to wait, and for what.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Waiting {
    /// Answer when the resource has another generation.
    pub generation: Option<u64>,
    wait_seconds: u64,
}

impl Waiting {
    /// The patience, bounded.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.wait_seconds.min(LONGEST_WAIT))
    }
}

/// The rest of a query; a value of the wrong form is a 400.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(ApiError::invalid("query", rejection.body_text())),
        }
    }
}

/// A JSON body. Under our api-version an unknown property is an error with a suggestion.
pub struct Body<T>(pub T);

/// What can arrive as a body. Its schema is made once: it is needed by every request, and costs more than the rest.
pub trait Described: DeserializeOwned {
    /// The form of the body.
    fn schema() -> &'static Schema;
}

macro_rules! described {
    ($($body:ty),+) => {
        $(impl Described for $body {
            fn schema() -> &'static Schema {
                static SCHEMA: LazyLock<Schema> = LazyLock::new(|| schemars::schema_for!($body));
                &SCHEMA
            }
        })+
    };
}
described!(WorkspaceCreate, ClusterCreate, JobCreate, TokenCreate);

impl<S: Send + Sync, T: Described> FromRequest<S> for Body<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let bytes = axum::body::to_bytes(request.into_body(), LARGEST_BODY).await.map_err(|_| {
            let message = format!("The body of the request is larger than {LARGEST_BODY} bytes or broke off");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
        })?;
        decode(&bytes).map(Self)
    }
}

/// Under our api-version unknown properties are errors, and all problems of the form come at once.
fn decode<T: Described>(bytes: &[u8]) -> Result<T, ApiError> {
    let unreadable = |error: serde_json::Error| {
        let message = format!("The body of the request cannot be read: {error}");
        ApiError::new(StatusCode::BAD_REQUEST, "InvalidRequestContent", message)
    };
    let mut value: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
    check::coerce(T::schema(), &mut value);
    let mut errors = FieldErrors::default();
    for problem in check::problems(T::schema(), &value) {
        errors.add(problem.target(), problem.to_string());
    }
    if !errors.0.is_empty() {
        return Err(errors.into());
    }
    serde_json::from_value(value).map_err(unreadable)
}

/// A body of the wire: what is not set is left out, never null.
pub struct Wire<T>(pub T);

impl<T: Serialize> IntoResponse for Wire<T> {
    fn into_response(self) -> Response {
        match serde_json::to_value(self.0) {
            Ok(mut value) => {
                drop_nulls(&mut value);
                axum::Json(value).into_response()
            }
            Err(error) => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", error.to_string())
                .into_response(),
        }
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
