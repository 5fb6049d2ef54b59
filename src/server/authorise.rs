//! Who asks, and whether they may: the last thing before a handler.
//!
//! Requests from the Unix socket are the owner's. Those from the network carry a token; what it opens is decided by
//! [`crate::domain::token::decide`] on what `server/access` makes of method and path. Handlers learn who asks
//! from the [`Caller`] extension.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::access::{self, Access};
use super::error::ApiError;
use super::links::{self, Link};
use super::peer::Peer;
use crate::domain::token::{Refusal, Token, decide};
use crate::operations::{Context, tokens};

/// Whoever sent a request that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name of the token; `None`: the owner of the installation.
    pub name: Option<String>,
    /// The only resource group that the caller may see, lower case; `None`: all of them.
    pub group: Option<String>,
}

impl Caller {
    /// Whether lists may show this group to the caller.
    #[must_use]
    pub fn sees(&self, group: &str) -> bool {
        self.group.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(group))
    }

    /// Refuses a body that reaches into another resource group than the caller's
    /// (`LinkedAuthorizationFailed`, as Azure Resource Manager names it).
    ///
    /// # Errors
    /// Names the first thing that is out of reach.
    pub fn may_use(&self, context: &Context, links: &[Link]) -> Result<(), ApiError> {
        for link in links {
            let Some(group) = links::group_of(context, link) else { continue };
            if !self.sees(&group) {
                let client = self.name.as_deref().unwrap_or_default();
                let message = format!(
                    "The client '{client}' has permission for the resource it writes, but not for the linked \
                     scope '{link}': its token is for one resource group, and that does not belong to it"
                );
                return Err(ApiError::new(StatusCode::FORBIDDEN, "LinkedAuthorizationFailed", message));
            }
        }
        Ok(())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(no_token)
    }
}

/// Lets a request in, or answers why not.
pub(super) async fn authorise(State(context): State<Context>, mut request: Request, next: Next) -> Response {
    // A listener that does not say what it is gets no privilege from that.
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(Peer::Tcp { tls: false });
    let caller = match peer {
        Peer::Socket => Ok(Caller { name: None, group: None }),
        Peer::Tcp { .. } => admit(&context, &request),
    };
    match caller {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            // Nothing behind this line needs it, so nothing behind this line can show it.
            request.headers_mut().remove(header::AUTHORIZATION);
            next.run(request).await
        }
        Err(error) => challenge(error.into_response()),
    }
}

fn admit(context: &Context, request: &Request) -> Result<Caller, ApiError> {
    let path = request.uri().path();
    if access::is_open(path) {
        return Ok(Caller { name: Some("anyone".into()), group: Some(String::new()) });
    }
    let text = bearer(request.headers()).ok_or_else(no_token)?;
    let token = tokens::find(&context.store, text)?.ok_or_else(unknown_token)?;
    let access = access::of(request.method(), path);
    decide(&token, &access.action, (context.clock)()).map_err(|why| refused(&token, &access, path, why))?;
    Ok(Caller { name: Some(token.name.to_string()), group: token.group })
}

/// The token of an `Authorization: Bearer` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn no_token() -> ApiError {
    let message = "Authentication failed. The 'Authorization' header is missing: send 'Authorization: Bearer TOKEN'; \
                   'batchai server token create' makes a token";
    ApiError::new(StatusCode::UNAUTHORIZED, "AuthenticationFailed", message)
}

fn unknown_token() -> ApiError {
    let message = "Authentication failed. The access token is unknown to this server, or was revoked";
    ApiError::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
}

fn refused(token: &Token, access: &Access, path: &str, why: Refusal) -> ApiError {
    let because = match why {
        Refusal::Expired(at) => {
            let message = format!("The access token expired at {}", super::convert::time(at));
            return ApiError::new(StatusCode::UNAUTHORIZED, "ExpiredAuthenticationToken", message);
        }
        Refusal::Role => format!("its role is {}", token.role),
        Refusal::Group => format!("its token is for resource group {}", token.group.as_deref().unwrap_or_default()),
    };
    let message = format!(
        "The client '{}' does not have authorization to perform action '{}' over scope '{path}': {because}",
        token.name, access.name
    );
    ApiError::new(StatusCode::FORBIDDEN, "AuthorizationFailed", message)
}

fn challenge(mut response: Response) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_counts_as_one() {
        let read = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(read("Bearer bai_x"), Some("bai_x".into()));
        assert_eq!(read("bearer  bai_x "), Some("bai_x".into()));
        assert_eq!(read("Basic bai_x"), None);
        assert_eq!(read("bai_x"), None);
    }

    #[test]
    fn a_caller_of_a_group_sees_this_group_in_any_letter_case() {
        let confined = Caller { name: None, group: Some("mine".into()) };
        assert!(confined.sees("MINE") && !confined.sees("other"));
        assert!(Caller { name: None, group: None }.sees("other"));
    }
}
