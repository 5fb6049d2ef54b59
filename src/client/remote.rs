//! A server on the network: its address, what opens it, and whom to believe that it is the one.
//!
//! The address and the token are put on every request in one place, `Remote::direct`, so that links in answers never
//! lead a token to another host.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Request, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::ClientError;
use crate::api::server::is_this_machine;

/// The longest time that connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A server on the network.
#[derive(Clone)]
pub struct Remote {
    url: Url,
    token: Option<String>,
    authority: Option<Vec<CertificateDer<'static>>>,
}

/// Shows the address, and no secret.
impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl Remote {
    /// The server at `endpoint`, such as `https://gpu.example:8650`.
    ///
    /// # Errors
    /// When it is no address of a server, or one that a token must not travel to in the clear.
    pub fn new(endpoint: &str) -> Result<Self, ClientError> {
        Ok(Self { url: parse(endpoint)?, token: None, authority: None })
    }

    /// With what opens it.
    #[must_use]
    pub fn with_token(self, token: Option<String>) -> Self {
        Self { token: token.map(|token| token.trim().to_owned()), ..self }
    }

    /// Believing nobody but the owners of these certificates (PEM); otherwise whom this machine believes.
    ///
    /// # Errors
    /// When there is none in the text.
    pub fn with_authority(self, pem: &str) -> Result<Self, ClientError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        let unusable =
            |reason: String| ClientError::Endpoint { reason: format!("the given CA cannot be used: {reason}") };
        let found = found.map_err(|error| unusable(error.to_string()))?;
        if found.is_empty() {
            return Err(unusable("there is no certificate in it".into()));
        }
        Ok(Self { authority: Some(found), ..self })
    }

    /// The address without a path: what a login is kept under.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// A client that speaks to it.
    pub(super) fn http(&self) -> Result<reqwest::Client, ClientError> {
        let builder = reqwest::Client::builder().connect_timeout(CONNECT).redirect(reqwest::redirect::Policy::none());
        let builder = match (self.url.scheme(), &self.authority) {
            ("https", None) => {
                // A second one changes nothing.
                let _ = rustls::crypto::ring::default_provider().install_default();
                builder
            }
            ("https", Some(authority)) => builder.tls_backend_preconfigured(trusting(authority)?),
            (_, _) => builder.no_proxy().tls_backend_preconfigured(trusting(&[])?),
        };
        builder.build().map_err(|error| ClientError::transport("prepare a request to the server", &error))
    }

    /// Turns a request to this server, whatever host its URL names.
    pub(super) fn direct(&self, request: &mut Request) {
        let url = request.url_mut();
        let mut target = self.url.clone();
        target.set_path(url.path());
        target.set_query(url.query());
        *url = target;
        let header = self.token.as_ref().and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
        if let Some(mut header) = header {
            header.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, header);
        }
    }

    /// Why it did not answer.
    pub(super) fn failed(&self, error: &reqwest::Error) -> ClientError {
        let endpoint = self.origin();
        match certificate_error(error) {
            Some(reason) => ClientError::Untrusted { endpoint, reason },
            None => ClientError::Unreachable { endpoint, reason: innermost(error) },
        }
    }
}

/// TLS that believes the owners of these certificates and nobody else; of none, nobody.
pub(super) fn trusting(authority: &[CertificateDer<'static>]) -> Result<ClientConfig, ClientError> {
    let failed = |error: &dyn std::error::Error| ClientError::transport("prepare a request to the server", error);
    let mut roots = RootCertStore::empty();
    for certificate in authority {
        roots.add(certificate.clone()).map_err(|error| failed(&error))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn parse(endpoint: &str) -> Result<Url, ClientError> {
    let wrong = |why: &str| ClientError::Endpoint { reason: format!("`{endpoint}` cannot be an endpoint: {why}") };
    let url = Url::parse(endpoint).map_err(|_| wrong("write https://HOST:PORT, or http://127.0.0.1:PORT"))?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_bare || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it is a scheme, a host and a port, and nothing else"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if url.host_str().is_some_and(is_this_machine) => Ok(url),
        "http" => Err(wrong("a token must not travel in the clear: use https")),
        _ => Err(wrong("its scheme must be https, or http on this machine")),
    }
}

/// What is wrong with the server's certificate, if that is what went wrong.
fn certificate_error(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
        return Some(in_words(why));
    }
    // The source of an I/O error is not the error that it wraps, but the source of that one.
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(wrapped) => certificate_error(wrapped),
        None => certificate_error(error.source()?),
    }
}

fn in_words(why: &rustls::CertificateError) -> String {
    use rustls::CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext, UnknownIssuer,
    };
    match why {
        UnknownIssuer | BadSignature => "its certificate was issued by nobody whom this machine knows".into(),
        Expired | ExpiredContext { .. } => "its certificate has expired".into(),
        NotValidForName | NotValidForNameContext { .. } => "its certificate is for another name than this one".into(),
        other => format!("its certificate is not valid ({other})"),
    }
}

pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(endpoint: &str) -> Option<String> {
        Remote::new(endpoint).ok().map(|remote| remote.origin())
    }

    #[test]
    fn a_token_never_travels_in_the_clear_off_this_machine() {
        for endpoint in ["http://127.0.0.1:8650", "http://localhost:1", "http://[::1]:8650", "https://gpu.example"] {
            assert_eq!(origin(endpoint).as_deref(), Some(endpoint));
        }
        for endpoint in ["http://gpu.example:8650", "http://10.0.0.1", "ftp://x", "gpu.example:1", "", "https://h/api"]
        {
            assert_eq!(origin(endpoint), None, "{endpoint}");
        }
        assert_eq!(origin("https://user:secret@h"), None);
    }

    #[test]
    fn every_request_goes_to_the_endpoint_whatever_host_a_link_names() {
        let remote = Remote::new("https://gpu.example:8650").expect("an endpoint").with_token(Some("bai_x\n".into()));
        let url = Url::parse("http://evil.example/subscriptions?api-version=1&$skiptoken=2").expect("a url");
        let mut request = Request::new(reqwest::Method::GET, url);
        remote.direct(&mut request);
        assert_eq!(request.url().as_str(), "https://gpu.example:8650/subscriptions?api-version=1&$skiptoken=2");
        assert_eq!(request.headers()[AUTHORIZATION], "Bearer bai_x");
        assert!(!format!("{remote:?} {request:?}").contains("bai_x"));
    }
}
