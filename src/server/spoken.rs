//! Which api-versions a server speaks, where its settings name them: all others are unknown to it.
//!
//! What is the server's own (`/batchai/`) is part of none of them. It stays open to the owner, on the Unix socket and
//! in every version, because it is how the server is stopped; to the network it is as if it were not there, unless
//! our api-version is spoken.

use std::sync::Arc;

use axum::extract::{OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::middleware::no_such_path;
use super::peer::Peer;
use crate::api::path;
use crate::api::version::ApiVersion;

/// The versions that a server speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken(Arc<[ApiVersion]>);

impl Spoken {
    /// Those of these texts; all of them when there is none.
    ///
    /// # Errors
    /// With the first text that is none of them.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        if texts.is_empty() {
            return Ok(Self(ApiVersion::ALL.into()));
        }
        let versions = texts.iter().map(|text| ApiVersion::parse(text).ok_or_else(|| text.clone()));
        Ok(Self(versions.collect::<Result<Vec<_>, _>>()?.into()))
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn contains(&self, version: ApiVersion) -> bool {
        self.0.contains(&version)
    }

    /// What counts for a request: all, where nobody says otherwise.
    #[must_use]
    pub(super) fn of(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self(ApiVersion::ALL.into()))
    }
}

/// Says which versions count for a request; hides what none of them has.
pub(super) async fn narrow(State(spoken): State<Spoken>, mut request: Request, next: Next) -> Response {
    let is_own = request.uri().path().starts_with(path::OWN);
    let is_owner = matches!(request.extensions().get(), Some(Peer::Socket));
    if is_own && is_owner {
        return next.run(request).await;
    }
    if is_own && !spoken.contains(ApiVersion::Ours) {
        return no_such_path(request.method().clone(), OriginalUri(request.uri().clone())).await.into_response();
    }
    request.extensions_mut().insert(spoken);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_versions_and_none_means_all() {
        let parse = |texts: &[&str]| Spoken::parse(&texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        let all = parse(&[]).expect("all");
        assert!(ApiVersion::ALL.iter().all(|version| all.contains(*version)));
        let one = parse(&["2018-05-01"]).expect("one");
        assert!(one.contains(ApiVersion::V2018May) && !one.contains(ApiVersion::Ours));
        assert_eq!(parse(&["2018-05-01", "2019-01-01"]), Err("2019-01-01".into()));
    }
}
