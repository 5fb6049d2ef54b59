//! JSON bodies of requests. Under our api-version an unknown property is an error with a suggestion; the versions of
//! the service pass over it, as the service did.

use std::sync::LazyLock;

use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use futures_util::StreamExt;
use schemars::Schema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::convert::FieldErrors;
use super::error::ApiError;
use super::extract;
use crate::api::check;
use crate::api::cluster::{ClusterCreate, ClusterUpdate};
use crate::api::file_server::FileServerCreate;
use crate::api::job::JobCreate;
use crate::api::node::NodePreempt;
use crate::api::plan::JobRerun;
use crate::api::resource_manager::{GroupCreate, GroupUpdate};
use crate::api::storage_account::{AccountCreate, NameToCheck};
use crate::api::token::TokenCreate;
use crate::api::vault::SecretSet;
use crate::api::version::ApiVersion;
use crate::api::workspace::{WorkspaceCreate, WorkspaceUpdate};

/// The largest body of a resource, in bytes.
const LARGEST_BODY: usize = 4 << 20;

/// What the body as a whole is called in errors (Swagger 2018-05-01: the parameter `parameters`).
const BODY: &str = "parameters";

/// A JSON body of the form that its version asks for.
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
described!(GroupCreate, GroupUpdate, AccountCreate, NameToCheck);
described!(JobRerun, NodePreempt, SecretSet);
described!(WorkspaceCreate, WorkspaceUpdate, ClusterCreate, ClusterUpdate, FileServerCreate, JobCreate, TokenCreate);

impl<S: Send + Sync, T: Described> FromRequest<S> for Body<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let version = extract::version(&mut parts)?;
        let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: usize| length > LARGEST_BODY) {
            return Err(too_large());
        }
        decode(&read(body).await?, version).map(Self)
    }
}

pub(super) async fn read(body: axum::body::Body) -> Result<Vec<u8>, ApiError> {
    let (mut chunks, mut bytes) = (body.into_data_stream(), Vec::new());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| unreadable(format!("it broke off: {error}")))?;
        if bytes.len() + chunk.len() > LARGEST_BODY {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_large() -> ApiError {
    let message = format!("The body of the request is larger than {LARGEST_BODY} bytes");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
}

fn unreadable(why: impl std::fmt::Display) -> ApiError {
    let message = format!("The body of the request cannot be read: {why}");
    ApiError::new(StatusCode::BAD_REQUEST, "InvalidRequestContent", message)
}

/// A body of the form that its version asks for.
pub(super) fn decode<T: Described>(bytes: &[u8], version: ApiVersion) -> Result<T, ApiError> {
    checked(parse(bytes)?, version)
}

/// Any JSON.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(bytes).map_err(unreadable)
}

/// All problems of the form come at once.
pub(super) fn checked<T: Described>(mut value: Value, version: ApiVersion) -> Result<T, ApiError> {
    check::coerce(T::schema(), &mut value);
    if !version.is_ours() {
        check::drop_unknown(T::schema(), &mut value);
    }
    let mut errors = FieldErrors::default();
    for problem in check::problems(T::schema(), &value) {
        let target = problem.target();
        errors.add(if target.is_empty() { BODY.into() } else { target }, problem.to_string());
    }
    if !errors.0.is_empty() {
        return Err(errors.into());
    }
    serde_json::from_value(value).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNKNOWN: &[u8] = br#"{ "location": "eastus", "sku": { "name": "x" }, "tags": null }"#;

    #[test]
    fn unknown_properties_are_errors_in_our_version_only() {
        let body = decode::<WorkspaceCreate>(UNKNOWN, ApiVersion::V2018May).expect("a workspace");
        assert_eq!(body, WorkspaceCreate { location: Some("eastus".into()), tags: None });
        assert!(decode::<WorkspaceCreate>(UNKNOWN, ApiVersion::Ours).is_err());
    }

    #[tokio::test]
    async fn a_body_that_broke_off_is_told_from_one_that_is_too_large() {
        let chunk = || Ok(vec![b' '; LARGEST_BODY]);
        let broken = vec![chunk(), Err(std::io::Error::other("the line went dead"))];
        let large = vec![chunk(), chunk()];
        for (chunks, expected) in [(broken, "InvalidRequestContent"), (large, "RequestEntityTooLarge")] {
            let body = axum::body::Body::from_stream(futures_util::stream::iter(chunks));
            let error = read(body).await.expect_err("no body");
            assert!(format!("{error:?}").contains(expected), "{error:?}");
        }
    }
}
