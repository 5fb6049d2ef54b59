//! Beginning to listen on the network: which addresses, with TLS or without.
//!
//! Called by the composition root. Everything is bound before anything is served, so that a server either listens on
//! all it was asked for, or says why not and does not start.

use std::net::{IpAddr, SocketAddr};

use super::certificates::{self, CertificateError, Identity};
use super::tcp::Listener;
use crate::config::home::Home;
use crate::config::server::Listening;
use crate::domain::Timestamp;

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// It is none.
    #[error("`{text}` is no address to listen on: write HOST:PORT, such as 127.0.0.1:8650")]
    Address {
        /// As given.
        text: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is taken, or not one of this machine.
    #[error("cannot listen on {address}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// There is no certificate for it.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// One of the two is missing.
    #[error("a certificate and its key go together: give both, or neither")]
    HalfACertificate,
}

/// What is listened on.
pub(super) struct Open {
    /// Ready to serve.
    pub(super) listeners: Vec<Listener>,
    /// Their URLs, in the order in which they were asked for.
    pub(super) addresses: Vec<String>,
    /// SHA-256 of the certificate to pin, where TLS is spoken.
    pub(super) fingerprint: Option<String>,
}

/// Listens on every address that the settings name.
///
/// # Errors
/// See [`ListenError`].
pub(super) async fn open(settings: &Listening, home: &Home, now: Timestamp) -> Result<Open, ListenError> {
    let mut addresses = Vec::new();
    for text in &settings.addresses {
        addresses.push(resolved(text).await?);
    }
    let is_tls = addresses.iter().any(|address| needs_tls(*address, settings.tls));
    let identity = if is_tls { Some(identity(settings, home, &addresses, now)?) } else { None };
    let mut open = Open { listeners: Vec::new(), addresses: Vec::new(), fingerprint: None };
    for address in addresses {
        let tls = identity.as_ref().filter(|_| needs_tls(address, settings.tls)).map(|known| known.config.clone());
        let bound = Listener::bind(address, tls).await;
        let listener = bound.map_err(|source| ListenError::Bind { address, source })?;
        open.addresses.push(listener.url().map_err(|source| ListenError::Bind { address, source })?);
        open.listeners.push(listener);
    }
    open.fingerprint = identity.map(|identity| identity.fingerprint);
    Ok(open)
}

async fn resolved(text: &str) -> Result<SocketAddr, ListenError> {
    let failed = |source| ListenError::Address { text: text.to_owned(), source };
    let mut found = tokio::net::lookup_host(text).await.map_err(failed)?;
    found.next().ok_or_else(|| failed(std::io::Error::other("it has no address")))
}

/// A token must not travel in the clear over a network that others are on.
fn needs_tls(address: SocketAddr, is_forced: bool) -> bool {
    is_forced || !address.ip().to_canonical().is_loopback()
}

fn identity(
    settings: &Listening,
    home: &Home,
    addresses: &[SocketAddr],
    now: Timestamp,
) -> Result<Identity, ListenError> {
    match (&settings.certificate, &settings.key) {
        (Some(certificate), Some(key)) => Ok(certificates::given(certificate, key)?),
        (None, None) => {
            let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
            let names = names(addresses, &host, &settings.host_names);
            Ok(certificates::self_made(&home.tls(), names, now)?)
        }
        (Some(_), None) | (None, Some(_)) => Err(ListenError::HalfACertificate),
    }
}

/// Every name and address by which clients may call this server.
fn names(addresses: &[SocketAddr], host: &str, more: &[String]) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let own = addresses.iter().map(|address| address.ip().to_canonical());
    names.extend(own.filter(|ip| !ip.is_unspecified()).map(|ip: IpAddr| ip.to_string()));
    // A host may have a name that no certificate can have.
    names.extend(Some(host.to_owned()).filter(|name| name.is_ascii() && !name.is_empty()));
    names.extend(more.iter().cloned());
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_loopback_addresses_may_do_without_tls() {
        for text in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(!needs_tls(at(text), false), "{text}");
            assert!(needs_tls(at(text), true), "{text}");
        }
        for text in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[fe80::1]:1", "[::ffff:10.0.0.1]:1"] {
            assert!(needs_tls(at(text), false), "{text}");
        }
    }

    #[test]
    fn a_certificate_is_for_every_name_once() {
        let found = names(&[at("10.0.0.1:1"), at("0.0.0.0:1"), at("127.0.0.1:2")], "node1", &["gpu.example".into()]);
        assert_eq!(found, ["localhost", "127.0.0.1", "::1", "10.0.0.1", "node1", "gpu.example"]);
    }
}
