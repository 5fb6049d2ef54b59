//! What handlers ask of the query of a request: which page, how long to wait, and the rest.

use std::time::Duration;

use axum::extract::{FromRequestParts, OriginalUri, Query};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use super::extract::version;
use super::origin::Origin;
use crate::api::version::ApiVersion;
use crate::operations::Window;

/// The longest time a request may wait, in seconds.
const LONGEST_WAIT: u64 = 60;

/// How long the versions of the service wait before they answer 202: longer than most work takes, short beside the
/// 30 seconds after which some of Microsoft's clients ask again whatever they are told.
pub(super) const BEFORE_ACCEPTED: Duration = Duration::from_secs(2);

/// Which part of a list, and where the next part would be.
pub struct Paging {
    /// The part that was asked for.
    pub window: Window,
    origin: Origin,
    path: String,
    version: String,
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
        let version = version(parts)?;
        Self::of(parts, version.to_string()).await
    }
}

impl Paging {
    /// The paging of a request for `version`, which is text that a query can hold.
    ///
    /// # Errors
    /// When a parameter is of the wrong form.
    pub(super) async fn of(parts: &mut Parts, version: String) -> Result<Self, ApiError> {
        let Query(query) = Query::<PagingQuery>::try_from_uri(&parts.uri)
            .map_err(|rejection| ApiError::invalid("maxresults", rejection.body_text()))?;
        let limit = query.maxresults.unwrap_or(1000);
        if !(1..=1000).contains(&limit) {
            return Err(ApiError::invalid("maxresults", format!("maxresults is {limit}, but must be 1 to 1000")));
        }
        let origin = Origin::of(parts);
        let window = Window { after: query.skip.unwrap_or(0), limit };
        // The router takes the prefix that nested routes share away from `parts.uri`.
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, &()).await.unwrap_or_else(|never| match never {});
        Ok(Self { window, origin, path: uri.path().to_owned(), version })
    }

    /// The absolute URL of the page that starts after `next`.
    #[must_use]
    pub fn link(&self, next: i64) -> String {
        let Self { origin, path, window, version } = self;
        origin.url(&format!("{path}?api-version={version}&maxresults={}&$skiptoken={next}", window.limit))
    }
}

/// How long a client is willing to wait, and for what. Ours: the versions of the service know no waiting.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Waiting {
    generation: Option<u64>,
    wait_for: Option<String>,
    wait_seconds: u64,
}

impl<S: Send + Sync> FromRequestParts<S> for Waiting {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if version(parts)?.is_ours() {
            Ok(Params::from_request_parts(parts, state).await?.0)
        } else {
            Ok(Self::default())
        }
    }
}

impl Waiting {
    /// What is waited for: a change of the generation, or a word out of `words`; `None` for nothing.
    ///
    /// # Errors
    /// A 400 that names the words, for any other.
    pub fn until<U: Copy>(&self, newer_than: impl Fn(u64) -> U, words: &[(&str, U)]) -> Result<Option<U>, ApiError> {
        let Some(word) = &self.wait_for else { return Ok(self.generation.map(newer_than)) };
        let found = words.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
        found.map(|(_, until)| Some(*until)).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
            ApiError::invalid("waitFor", format!("waitFor is `{word}`, but must be one of {}", known.join(", ")))
        })
    }

    /// The patience, bounded.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.wait_seconds.min(LONGEST_WAIT))
    }
}

/// A request for work that may go on after its answer.
pub struct LongRequest {
    /// How long the answer may wait for the end of the work.
    pub patience: Duration,
    /// The version that decides what is said of work that goes on.
    pub version: ApiVersion,
    /// Where it can be asked for.
    pub origin: Origin,
}

impl<S: Send + Sync> FromRequestParts<S> for LongRequest {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let version = version(parts)?;
        let waiting = Waiting::from_request_parts(parts, state).await?;
        let patience = if version.is_ours() { waiting.patience() } else { BEFORE_ACCEPTED };
        Ok(Self { patience, version, origin: Origin::of(parts) })
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
