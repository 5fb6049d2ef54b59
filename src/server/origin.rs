//! Where a client reached this server: what absolute URLs in answers begin with.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::peer::Peer;

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
        let scheme = parts.extensions.get::<Peer>().map_or("http", |peer| peer.scheme());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_over_the_network_gets_addresses_that_lead_back_the_same_way() {
        let of = |peer: Option<Peer>, host: &str| {
            let (mut parts, ()) =
                axum::http::Request::builder().header("host", host).body(()).expect("a request").into_parts();
            parts.extensions.extend(
                peer.map(|peer| {
                    let mut extensions = axum::http::Extensions::new();
                    extensions.insert(peer);
                    extensions
                })
                .unwrap_or_default(),
            );
            Origin::of(&parts).url("/x")
        };
        assert_eq!(of(Some(Peer::Tcp { tls: true }), "big:8650"), "https://big:8650/x");
        assert_eq!(of(Some(Peer::Tcp { tls: false }), "127.0.0.1:8650"), "http://127.0.0.1:8650/x");
        assert_eq!(of(Some(Peer::Socket), "localhost"), "http://localhost/x");
        assert_eq!(of(None, "anything"), "http://anything/x");
    }
}
