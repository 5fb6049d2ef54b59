//! What handlers of Azure Resource Manager's own paths ask of a request.
//!
//! Resource groups and storage accounts have api-versions of their own, other ones for each client: none is required
//! here, none is refused, and what a body holds beside the properties that are known is passed over.

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::Deserialize;

use super::error::ApiError;
use super::extract::{self, Described, Origin, decode, read};
use super::{convert, query};
use crate::api::path;
use crate::api::version::ApiVersion;
use crate::domain::name::GroupKey;

/// The version whose words the answers have where they are those of Batch AI: polling, and pages that name none.
const VERSION: ApiVersion = ApiVersion::V2018May;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Names {
    subscription: String,
    group: String,
    account: String,
}

impl Names {
    async fn read<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<Self>::from_request_parts(parts, state).await {
            Ok(Path(names)) => Ok(names),
            Err(rejection) => Err(ApiError::invalid("path", rejection.body_text())),
        }
    }

    fn group(&self) -> Result<GroupKey, ApiError> {
        convert::group(&self.subscription, &self.group).map_err(|m| ApiError::invalid("resourceGroupName", m))
    }
}

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

/// The resource group that a path names.
pub struct Group {
    /// Which one.
    pub key: GroupKey,
    /// Its name as written.
    pub name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Group {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let names = Names::read(parts, state).await?;
        Ok(Self { key: names.group()?, name: names.group })
    }
}

/// The storage account that a path names.
pub struct Account {
    /// The group it is looked for in.
    pub group: GroupKey,
    /// Its name as written.
    pub name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Account {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let names = Names::read(parts, state).await?;
        Ok(Self { group: names.group()?, name: names.account })
    }
}

/// A JSON body.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: Described> FromRequest<S> for Body<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        decode(&read(request.into_body()).await?, VERSION).map(Self)
    }
}

/// Which part of a list.
pub struct Paging(pub query::Paging);

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct Version {
            #[serde(rename = "api-version")]
            version: Option<String>,
        }
        let asked = Query::<Version>::try_from_uri(&parts.uri).ok().and_then(|Query(query)| query.version);
        let version = asked.map_or_else(|| VERSION.to_string(), |asked| path::encode(&asked));
        query::Paging::of(parts, version).await.map(Self)
    }
}

/// A request for work that may go on after its answer; it is polled for in the words of Batch AI.
pub struct LongRequest(pub extract::LongRequest);

impl<S: Send + Sync> FromRequestParts<S> for LongRequest {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let (patience, origin) = (query::BEFORE_ACCEPTED, Origin::of(parts));
        Ok(Self(extract::LongRequest { patience, version: VERSION, origin }))
    }
}
