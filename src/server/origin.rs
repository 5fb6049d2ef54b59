//! Where a client reached this server: what absolute URLs in answers begin with.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

/// Marks a request that came over TLS; whoever accepts the connection puts it into the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// `http://host` or `https://host`, with the host that the client itself named: behind a tunnel or a proxy nobody
/// else knows by which name this server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The absolute URL of a path, and of its query if it has one.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The origin that a request was sent to.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        let scheme = if parts.extensions.get::<OverTls>().is_some() { "https" } else { "http" };
        let named = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(|host| !host.is_empty());
        let host = named.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str));
        Self(format!("{scheme}://{}", host.unwrap_or("localhost")))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}
