//! A key vault on the network: one GET for each secret (azure-docs `key-vault`, REST "Get Secret").
//!
//! Called on a thread of its own, which may wait. The token is read anew for each secret, because others rotate it;
//! neither it nor any part of an answer is ever in an error.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Response, StatusCode, Url};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;

use crate::api::server::is_this_machine;
use crate::config::server::VaultSettings;

/// What Key Vault is asked in.
const API_VERSION: &str = "7.4";

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(10);

/// Pauses before further attempts, where the vault could not be reached or was too busy.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];

/// The largest answer that is read, in bytes: a secret, escaped, and what is said about it.
const LARGEST_ANSWER: usize = 256 * 1024;

/// The longest token, in bytes.
const LONGEST_TOKEN: u64 = 64 * 1024;

/// Others may do neither with the file of a token.
const READ_OR_WRITTEN_BY_OTHERS: u32 = 0o006;

/// A key vault on the network.
#[derive(Debug)]
pub(super) struct RemoteVault {
    url: Url,
    token_file: PathBuf,
}

/// What a vault says of a secret, as far as it matters.
#[derive(Deserialize)]
struct Bundle {
    value: String,
}

/// Why an attempt has failed.
struct Failed {
    why: String,
    /// Whether another attempt may do better.
    is_passing: bool,
}

impl RemoteVault {
    /// The vault of these settings; nothing is asked yet.
    ///
    /// # Errors
    /// When its address is none, or one that a token must not travel to in the clear.
    pub(super) fn new(settings: &VaultSettings) -> Result<Self, String> {
        Ok(Self { url: address(&settings.url)?, token_file: settings.token_file.clone() })
    }

    /// Where it is.
    pub(super) fn address(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// The value of a secret; of its current version when none is given.
    ///
    /// # Errors
    /// Why it cannot be had, and what to do.
    pub(super) fn read(&self, name: &str, version: Option<&str>) -> Result<String, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("this server cannot ask for it now: {error}"))?;
        runtime.block_on(self.attempts(name, version))
    }

    async fn attempts(&self, name: &str, version: Option<&str>) -> Result<String, String> {
        for pause in PAUSES {
            match self.ask(name, version).await {
                Ok(value) => return Ok(value),
                Err(Failed { why, is_passing: false }) => return Err(why),
                Err(Failed { why, is_passing: true }) => {
                    tracing::warn!("{why}; it is asked again");
                    tokio::time::sleep(pause).await;
                }
            }
        }
        self.ask(name, version).await.map_err(|failed| failed.why)
    }

    async fn ask(&self, name: &str, version: Option<&str>) -> Result<String, Failed> {
        let authorization = self.token().map_err(|why| Failed { why, is_passing: false })?;
        let mut url = self.url.clone();
        let version = version.map(|version| format!("/{version}")).unwrap_or_default();
        url.set_path(&format!("/secrets/{name}{version}"));
        url.set_query(Some(&format!("api-version={API_VERSION}")));
        let client = client(&url).map_err(|error| self.unreachable(&error))?;
        let sent = client.get(url).header(AUTHORIZATION, authorization).send().await;
        let answer = sent.map_err(|error| self.unreachable(&error))?;
        match answer.status() {
            StatusCode::OK => self.value(answer).await,
            status => Err(self.refused(status)),
        }
    }

    async fn value(&self, mut answer: Response) -> Result<String, Failed> {
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.unreachable(&error))? {
            if bytes.len() + chunk.len() > LARGEST_ANSWER {
                return Err(self.nonsense());
            }
            bytes.extend_from_slice(&chunk);
        }
        // Not the parser's error, which could quote what it has read.
        serde_json::from_slice(&bytes).map(|bundle: Bundle| bundle.value).map_err(|_| self.nonsense())
    }

    fn nonsense(&self) -> Failed {
        let why = format!("what answers at {} is no key vault: look at `vaults` of server.yaml", self.address());
        Failed { why, is_passing: false }
    }

    fn unreachable(&self, error: &dyn std::error::Error) -> Failed {
        let mut innermost = error;
        while let Some(cause) = innermost.source() {
            innermost = cause;
        }
        let why = format!("the key vault at {} cannot be reached: {innermost}", self.address());
        Failed { why, is_passing: true }
    }

    /// What an answer without a value means.
    fn refused(&self, status: StatusCode) -> Failed {
        let (vault, file) = (self.address(), self.token_file.display());
        let is_passing = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        let why = match status {
            StatusCode::UNAUTHORIZED => {
                format!(
                    "the key vault at {vault} does not accept the token in {file}, which may have expired: renew it"
                )
            }
            StatusCode::FORBIDDEN => format!(
                "the key vault at {vault} does not let the token in {file} read it: allow that it gets secrets, and look \
                 whether this one is enabled"
            ),
            StatusCode::NOT_FOUND => {
                format!("the key vault at {vault} has no such secret, or no such version of it: set it there")
            }
            _ if is_passing => format!("the key vault at {vault} answers {status}: run the job again later"),
            _ => return self.nonsense(),
        };
        Failed { why, is_passing }
    }

    /// The header that opens the vault.
    fn token(&self) -> Result<HeaderValue, String> {
        let file = self.token_file.display();
        let token =
            read_private(&self.token_file).map_err(|why| format!("the token in {file} cannot be used: {why}"))?;
        let header = HeaderValue::try_from(format!("Bearer {}", token.trim()));
        let mut header = header.map_err(|_| format!("what stands in {file} is no token: it is one line of text"))?;
        header.set_sensitive(true);
        Ok(header)
    }
}

/// The text of a file that not everybody can read.
fn read_private(path: &Path) -> Result<String, String> {
    let mut file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    })?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if metadata.permissions().mode() & READ_OR_WRITTEN_BY_OTHERS != 0 {
        return Err(format!("everybody can read or change it: `chmod o-rwx {}`", path.display()));
    }
    let mut text = String::new();
    let read = Read::by_ref(&mut file).take(LONGEST_TOKEN).read_to_string(&mut text);
    match read {
        Ok(_) if text.trim().is_empty() => Err("it is empty".into()),
        Ok(_) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err("it is no text".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// A scheme, a host and a port; in the clear on this machine only.
fn address(text: &str) -> Result<Url, String> {
    let wrong = |why: &str| format!("`{text}` cannot be its url: {why}");
    let url = Url::parse(text).map_err(|_| wrong("write https://<vault>.vault.azure.net"))?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_bare || !url.username().is_empty() || url.password().is_some() {
        return Err("its url is a scheme, a host and a port, and nothing else".into());
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if url.host_str().is_some_and(is_this_machine) => Ok(url),
        "http" => Err(wrong("a token must not travel in the clear: use https")),
        _ => Err(wrong("its scheme must be https, or http on this machine")),
    }
}

fn client(url: &Url) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder().timeout(ATTEMPT).redirect(reqwest::redirect::Policy::none());
    // A second one changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    if url.scheme() == "https" {
        return builder.build();
    }
    // On this machine nothing is encrypted, so that nobody's certificate has to be known.
    let nobody = ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    builder.no_proxy().tls_backend_preconfigured(nobody).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(token_file: &Path) -> RemoteVault {
        let url = "https://demo.vault.azure.net".to_owned();
        RemoteVault::new(&VaultSettings { url, token_file: token_file.to_owned() }).expect("a vault")
    }

    #[test]
    fn a_token_never_travels_in_the_clear_off_this_machine() {
        for url in [
            "https://demo.vault.azure.net",
            "https://v:8443/",
            "http://127.0.0.1:1",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(address(url).is_ok(), "{url}");
        }
        for url in [
            "http://demo.vault.azure.net",
            "http://10.0.0.1",
            "ftp://x",
            "demo",
            "",
            "https://h/secrets",
            "https://h?a=b",
        ] {
            assert!(address(url).is_err(), "{url}");
        }
        let error = address("https://me:hunter2@h").expect_err("an error");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn every_refusal_says_what_to_do_and_only_a_passing_one_is_tried_again() {
        let vault = vault(Path::new("/run/token"));
        let told: Vec<String> = [401, 403, 404, 429, 503, 302, 204]
            .map(|status| {
                let Failed { why, is_passing } = vault.refused(StatusCode::from_u16(status).expect("a status"));
                format!("{status} {is_passing} {why}")
            })
            .to_vec();
        insta::assert_snapshot!(told.join("\n"), @r"
        401 false the key vault at https://demo.vault.azure.net does not accept the token in /run/token, which may have expired: renew it
        403 false the key vault at https://demo.vault.azure.net does not let the token in /run/token read it: allow that it gets secrets, and look whether this one is enabled
        404 false the key vault at https://demo.vault.azure.net has no such secret, or no such version of it: set it there
        429 true the key vault at https://demo.vault.azure.net answers 429 Too Many Requests: run the job again later
        503 true the key vault at https://demo.vault.azure.net answers 503 Service Unavailable: run the job again later
        302 false what answers at https://demo.vault.azure.net is no key vault: look at `vaults` of server.yaml
        204 false what answers at https://demo.vault.azure.net is no key vault: look at `vaults` of server.yaml
        ");
    }

    #[test]
    fn a_token_that_everybody_can_read_is_not_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        let told = |text: &str, mode: u32| {
            std::fs::write(&file, text).expect("a file");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("permissions");
            let token = vault(&file).token();
            token.map(|header| header.to_str().expect("text").to_owned()).map_err(|why| {
                assert!(!why.contains("hunter2"), "{why}");
                why.replace(&*folder.path().to_string_lossy(), "FOLDER")
            })
        };
        assert_eq!(told("hunter2\n", 0o640), Ok("Bearer hunter2".into()));
        let why = [told("hunter2", 0o644), told("hunter2", 0o602), told(" \n", 0o600), told("hunter2\nx", 0o600)];
        let why: Vec<String> = why.into_iter().map(|told| told.expect_err("no token")).collect();
        insta::assert_snapshot!(why.join("\n"), @r"
        the token in FOLDER/token cannot be used: everybody can read or change it: `chmod o-rwx FOLDER/token`
        the token in FOLDER/token cannot be used: everybody can read or change it: `chmod o-rwx FOLDER/token`
        the token in FOLDER/token cannot be used: it is empty
        what stands in FOLDER/token is no token: it is one line of text
        ");
        let why = vault(&folder.path().join("absent")).token().expect_err("no token");
        assert!(why.ends_with("cannot be used: there is no such file"), "{why}");
    }
}
