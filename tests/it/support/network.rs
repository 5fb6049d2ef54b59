//! A server that listens on TCP, and raw requests to it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::{Answer, Done, Sandbox};

/// The server of a sandbox, on a port of its own.
pub struct Network<'s> {
    sandbox: &'s Sandbox,
    /// Its first address, such as `http://127.0.0.1:4711`.
    pub url: String,
    /// What to pin, where it speaks TLS.
    pub fingerprint: Option<String>,
}

impl<'s> Network<'s> {
    /// Starts it; `words` are more flags of `server start`.
    #[track_caller]
    pub fn start(sandbox: &'s Sandbox, words: &str) -> Self {
        sandbox.run(&format!("server start --listen 127.0.0.1:0 {words}")).succeeds();
        let status = sandbox.run("server status").succeeds().json();
        let url = status["addresses"][0].as_str().expect("an address").to_owned();
        Self { sandbox, url, fingerprint: status["fingerprint"].as_str().map(str::to_owned) }
    }

    /// Makes a token; `words` are its flags.
    #[track_caller]
    pub fn token(&self, name: &str, words: &str) -> String {
        let made = self.sandbox.run(&format!("server token create {name} {words}")).succeeds().json();
        made["token"].as_str().expect("a token").to_owned()
    }

    /// Its host and port.
    pub fn host(&self) -> &str {
        self.url.split_once("://").expect("a scheme").1
    }

    /// A connection to it.
    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(self.host()).expect("a connection")
    }

    /// One request in the clear.
    #[track_caller]
    pub fn send(&self, token: Option<&str>, method: &str, path: &str, body: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(self.request(token, method, path, body).as_bytes()).expect("sent");
        received(stream)
    }

    /// The same over TLS, believing the server's own authority.
    #[track_caller]
    pub fn send_encrypted(&self, token: Option<&str>, method: &str, path: &str, body: &str) -> Answer {
        let pem = self.sandbox.home().join("tls/ca.pem");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(pem).expect("a certificate")).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = versions.expect("versions").with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        let session = ClientConnection::new(Arc::new(config), name).expect("a session");
        let mut stream = StreamOwned::new(session, self.connect());
        stream.write_all(self.request(token, method, path, body).as_bytes()).expect("sent");
        received(stream)
    }

    /// The text of a request.
    pub fn request(&self, token: Option<&str>, method: &str, path: &str, body: &str) -> String {
        let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let version = match (path.contains("api-version="), path.contains('?')) {
            (true, _) => "",
            (false, true) => "&api-version=2026-11-01",
            (false, false) => "?api-version=2026-11-01",
        };
        format!(
            "{method} {path}{version} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{bearer}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host(),
            body.len()
        )
    }

    /// The program in the hands of somebody else, who uses this server.
    pub fn command(&self, user: &Sandbox, words: &str, token: Option<&str>) -> Command {
        let mut command = user.command(words.split_whitespace());
        command.env("BATCHAI_ENDPOINT", &self.url);
        if let Some(token) = token {
            command.env("BATCHAI_TOKEN", token);
        }
        command
    }

    /// Runs it.
    pub fn run(&self, user: &Sandbox, words: &str, token: Option<&str>) -> Done {
        Done::of(&self.command(user, words, token).output().expect("the program"))
    }
}

/// The whole answer on a connection that the server closes.
#[track_caller]
pub fn received(mut stream: impl Read) -> Answer {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    Answer::read(&bytes)
}
