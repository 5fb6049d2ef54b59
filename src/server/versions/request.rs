//! What the handlers of flat paths ask of a request.

use std::collections::HashMap;

use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use serde_json::Value;

use super::filter::Filter;
use super::select::Select;
use crate::api::path::encode;
use crate::api::version::ApiVersion;
use crate::domain::name::{GroupKey, Name};
use crate::server::authorise::Caller;
use crate::server::convert;
use crate::server::error::ApiError;
use crate::server::extract;
use crate::server::query::Paging;

/// One flat resource.
pub struct Flat {
    /// The version that was asked for, a flat one.
    pub version: ApiVersion,
    /// Its group.
    pub group: GroupKey,
    /// Its name, which may have dots.
    pub name: Name,
}

impl<S: Send + Sync> FromRequestParts<S> for Flat {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let version = version(parts).await?;
        let names = names(parts, state).await?;
        let text = names.get("name").map(String::as_str).unwrap_or_default();
        let name = Name::parse_dotted(text).map_err(|error| ApiError::invalid("name", format!("`{text}`: {error}")))?;
        Ok(Self { version, group: group(&names)?, name })
    }
}

async fn names<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<HashMap<String, String>, ApiError> {
    let names = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
    names.map(|Path(names)| names).map_err(|rejection| ApiError::invalid("path", rejection.body_text()))
}

fn group(names: &HashMap<String, String>) -> Result<GroupKey, ApiError> {
    let part = |key: &str| names.get(key).map(String::as_str);
    convert::group(part("subscription").unwrap_or_default(), part("group").unwrap_or("any"))
        .map_err(|message| ApiError::invalid("resourceGroupName", message))
}

/// The version; those that have workspaces have no flat resources, in the words of Azure's front end.
async fn version(parts: &mut Parts) -> Result<ApiVersion, ApiError> {
    let version = extract::version(parts)?;
    if version.is_flat() {
        return Ok(version);
    }
    let path = original_path(parts).await;
    let below = path.split("/providers/").nth(1).and_then(|rest| rest.split('/').nth(1)).unwrap_or_default();
    let message = format!(
        "The resource type '{below}' could not be found in the namespace 'Microsoft.BatchAI' for api version \
         '{version}'. The supported api-versions are '{}, {}'",
        ApiVersion::Preview2017,
        ApiVersion::V2018March
    );
    Err(ApiError::new(StatusCode::NOT_FOUND, "InvalidResourceType", message))
}

async fn original_path(parts: &mut Parts) -> String {
    let OriginalUri(uri) = OriginalUri::from_request_parts(parts, &()).await.unwrap_or_else(|never| match never {});
    uri.path().to_owned()
}

/// A list of flat resources.
pub struct Listing {
    /// The version that was asked for.
    pub version: ApiVersion,
    /// The subscription, lower case.
    pub subscription: String,
    /// The group, if it is the list of one.
    pub group: Option<String>,
    /// How many elements at most, and after which.
    pub paging: Paging,
    /// Which elements.
    pub filter: Option<Filter>,
    /// What of them.
    pub select: Option<Select>,
    /// What a link to the next page repeats beside the paging.
    repeated: String,
}

#[derive(Deserialize)]
struct ListQuery {
    #[serde(rename = "$filter")]
    filter: Option<String>,
    #[serde(rename = "$select")]
    select: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Listing {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let version = version(parts).await?;
        let names = names(parts, state).await?;
        let caller = parts.extensions.get::<Caller>().cloned();
        let GroupKey { subscription, group } = group(&names)?;
        let Query(query) = Query::<ListQuery>::try_from_uri(&parts.uri)
            .map_err(|rejection| ApiError::invalid("query", rejection.body_text()))?;
        let paging = Paging::of(parts, version.to_string()).await?;
        let mut repeated = String::new();
        for (key, value) in [("filter", &query.filter), ("select", &query.select)] {
            if let Some(value) = value {
                repeated.push_str(&format!("&${key}={}", encode(value)));
            }
        }
        let filter = query.filter.as_deref().filter(|text| !text.trim().is_empty()).map(Filter::parse).transpose();
        let select = query.select.as_deref().filter(|text| !text.trim().is_empty()).map(Select::parse).transpose();
        Ok(Self {
            version,
            subscription,
            // Whoever may see one group only gets the list of that one.
            group: names.contains_key("group").then_some(group).or_else(|| caller.and_then(|caller| caller.group)),
            paging,
            filter: filter.map_err(|message| ApiError::invalid("$filter", message))?,
            select: select.map_err(|message| ApiError::invalid("$select", message))?,
            repeated,
        })
    }
}

impl Listing {
    /// The absolute URL of the page that starts after `next`.
    #[must_use]
    pub fn next_link(&self, next: i64) -> String {
        self.paging.link(next) + &self.repeated
    }
}

/// A body as it came.
pub struct OldBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for OldBody {
    type Rejection = ApiError;
    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        extract::parse(&extract::read(request.into_body()).await?).map(Self)
    }
}
