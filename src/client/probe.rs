//! Which certificates a server shows, before anybody believes them.
//!
//! For `batchai login` only, which shows them to the user or compares them with what the user knows. Nothing is sent
//! over such a connection; it is closed after the handshake.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::ClientError;
use super::remote::Remote;

/// The longest time that connecting and the handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A certificate that a server showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `sha256:` and hexadecimal digits.
    pub fingerprint: String,
    /// Itself.
    pub pem: String,
}

/// What the server shows, its own certificate first, the one of whoever vouches for it last.
///
/// # Errors
/// When it does not answer, or does not speak TLS.
pub async fn certificates(remote: &Remote) -> Result<Vec<Shown>, ClientError> {
    let failed = |reason: String| ClientError::Unreachable { endpoint: remote.origin(), reason };
    match tokio::time::timeout(PATIENCE, handshake(remote)).await {
        Ok(Ok(chain)) => Ok(chain.iter().map(shown).collect()),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed("it did not finish a TLS handshake in time".into())),
    }
}

async fn handshake(remote: &Remote) -> std::io::Result<Vec<CertificateDer<'static>>> {
    let url = remote.url();
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let witness = Arc::new(Witness { provider: provider.clone(), chain: Mutex::default() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(witness.clone())
        .with_no_client_auth();
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    let name = ServerName::try_from(host).map_err(std::io::Error::other)?;
    drop(TlsConnector::from(Arc::new(config)).connect(name, stream).await?);
    let chain = witness.chain.lock().map(|chain| chain.clone());
    Ok(chain.unwrap_or_default())
}

fn shown(certificate: &CertificateDer<'static>) -> Shown {
    let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let text = BASE64.encode(certificate);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    Shown { fingerprint: format!("sha256:{hex}"), pem }
}

/// Writes down what it is shown. Whoever shows a certificate still has to prove that the key is theirs.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    chain: Mutex<Vec<CertificateDer<'static>>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = std::iter::once(end_entity).chain(intermediates).map(|seen| seen.clone().into_owned());
        if let Ok(mut chain) = self.chain.lock() {
            *chain = all.collect();
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_survives_its_way_through_text() {
        for length in [1, 48, 49, 700] {
            let certificate = CertificateDer::from(vec![7; length]);
            let pem = shown(&certificate).pem;
            assert!(pem.lines().all(|line| line.len() <= 64), "{pem}");
            let read: Vec<_> = rustls::pki_types::pem::PemObject::pem_slice_iter(pem.as_bytes())
                .collect::<Result<Vec<CertificateDer<'_>>, _>>()
                .expect("PEM");
            assert_eq!(read, [certificate]);
        }
    }
}
