//! The certificate of this server: one that it was given, or one that it makes itself.
//!
//! A self-made one is signed by an authority of this installation, `ca.pem`, made once: that is what clients pin, so
//! that the certificate proper can be made anew at every start, for the names and addresses of the day. Called by the
//! composition root before anything listens.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::domain::Timestamp;

/// The beginning of a day. A macro, because the type it has is of a crate that rcgen does not show.
macro_rules! start_of {
    ($day:expr) => {{
        let day = $day;
        rcgen::date_time_ymd(i32::from(day.year()), day.month().unsigned_abs(), day.day().unsigned_abs())
    }};
}

/// How long the authority is good for, in years.
const AUTHORITY_YEARS: i32 = 10;

/// How long a certificate is good for, in days; more than 825 some clients refuse.
const LEAF_DAYS: i32 = 824;

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be used.
    #[error("cannot {action} {}: {reason}", path.display())]
    File {
        /// `read`, `write` ...
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Key and certificate do not belong together, or cannot be used for TLS.
    #[error("the certificate cannot be used: {0}")]
    Unusable(String),
}

/// What TLS needs.
pub(super) struct Identity {
    /// Certificate and key.
    pub(super) config: Arc<rustls::ServerConfig>,
    /// SHA-256 of the last certificate of the chain, which is the one to pin: `sha256:` and hexadecimal digits.
    pub(super) fingerprint: String,
}

/// The certificate and the key in these PEM files.
///
/// # Errors
/// Says which file cannot be used and why.
pub(super) fn given(certificate: &Path, key: &Path) -> Result<Identity, CertificateError> {
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| failed("read the certificate in", certificate)(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| failed("read the key in", key)(error.to_string()))?;
    identity(chain, key)
}

/// A certificate for these names and addresses, signed by the authority of `folder`, which is made when it is not
/// there.
///
/// # Errors
/// When a file cannot be read or written, or a name cannot be that of a server.
pub(super) fn self_made(folder: &Path, names: Vec<String>, now: Timestamp) -> Result<Identity, CertificateError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| failed("make the folder", folder)(error.to_string()))?;
    let (authority, issuer) = authority(folder, now)?;
    let key = KeyPair::generate().map_err(|error| CertificateError::Unusable(error.to_string()))?;
    let mut params = CertificateParams::new(names).map_err(|error| CertificateError::Unusable(error.to_string()))?;
    params.distinguished_name.push(DnType::CommonName, "batchai server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let day = now.to_zoned(TimeZone::UTC);
    params.not_before = start_of!(day.saturating_sub(1.day()));
    params.not_after = start_of!(day.saturating_add(LEAF_DAYS.days()));
    let leaf = params.signed_by(&key, &issuer).map_err(|error| CertificateError::Unusable(error.to_string()))?;
    write(&folder.join("server.key"), &key.serialize_pem(), 0o600)?;
    write(&folder.join("server.pem"), &leaf.pem(), 0o644)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|why| CertificateError::Unusable(why.into()))?;
    identity(vec![leaf.der().clone(), authority], key)
}

/// The authority of the installation: read, or made.
fn authority(
    folder: &Path,
    now: Timestamp,
) -> Result<(CertificateDer<'static>, Issuer<'static, KeyPair>), CertificateError> {
    let (pem, key) = (folder.join("ca.pem"), folder.join("ca.key"));
    if !pem.exists() {
        make_authority(&pem, &key, now)?;
    }
    let text = std::fs::read_to_string(&key).map_err(|error| failed("read", &key)(error.to_string()))?;
    let pair = KeyPair::from_pem(&text).map_err(|error| failed("read the key in", &key)(error.to_string()))?;
    let der = CertificateDer::from_pem_file(&pem);
    let der = der.map_err(|error| failed("read the certificate in", &pem)(error.to_string()))?;
    Ok((der, Issuer::new(authority_params(now), pair)))
}

fn make_authority(pem: &Path, key: &Path, now: Timestamp) -> Result<(), CertificateError> {
    let pair = KeyPair::generate().map_err(|error| CertificateError::Unusable(error.to_string()))?;
    let made = authority_params(now).self_signed(&pair);
    let made = made.map_err(|error| CertificateError::Unusable(error.to_string()))?;
    // The certificate goes last: as long as it is not there, the key is nothing.
    write(key, &pair.serialize_pem(), 0o600)?;
    write(pem, &made.pem(), 0o644)
}

fn authority_params(now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "batchai certificate authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let day = now.to_zoned(TimeZone::UTC);
    params.not_before = start_of!(day.saturating_sub(1.day()));
    params.not_after = start_of!(day.saturating_add(AUTHORITY_YEARS.years()));
    params
}

fn identity(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Identity, CertificateError> {
    let last = chain.last().ok_or_else(|| CertificateError::Unusable("the file holds none".into()))?;
    let digest = ring::digest::digest(&ring::digest::SHA256, last);
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| CertificateError::Unusable(error.to_string()))?;
    Ok(Identity { config: Arc::new(config), fingerprint: format!("sha256:{hex}") })
}

/// Writes beside and renames.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), CertificateError> {
    let beside = path.with_extension("new");
    let written = (|| -> io::Result<()> {
        let _ = std::fs::remove_file(&beside);
        let mut file = File::options().create_new(true).write(true).mode(mode).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    })();
    written.map_err(|error| failed("write", path)(error.to_string()))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(String) -> CertificateError + use<> {
    let path = path.to_owned();
    move |reason| CertificateError::File { action, path, reason }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_authority_stays_and_keys_are_for_this_user_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let tls = folder.path().join("tls");
        let names = || vec!["localhost".to_owned(), "127.0.0.1".into(), "::1".into()];
        let now = || "2026-11-21T08:00:00Z".parse().expect("a time");
        let one = self_made(&tls, names(), now()).expect("a certificate");
        let leaf = std::fs::read(tls.join("server.pem")).expect("a file");
        let other = self_made(&tls, names(), now()).expect("a certificate");
        assert_eq!(one.fingerprint, other.fingerprint);
        assert_ne!(leaf, std::fs::read(tls.join("server.pem")).expect("a file"));
        for name in ["ca.key", "server.key"] {
            let mode = std::fs::metadata(tls.join(name)).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let given = given(&tls.join("server.pem"), &tls.join("server.key")).expect("a certificate");
        assert_ne!(given.fingerprint, one.fingerprint);
    }

    #[test]
    fn a_name_that_can_be_none_and_a_file_that_is_none_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let now = Timestamp::UNIX_EPOCH;
        assert!(self_made(folder.path(), vec!["größe".into()], now).is_err());
        let missing = given(&folder.path().join("no.pem"), &folder.path().join("no.key")).map(|_| ());
        assert!(missing.expect_err("an error").to_string().contains("no.pem"));
    }
}
