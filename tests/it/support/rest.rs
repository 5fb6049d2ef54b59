//! Raw HTTP to the server of a sandbox: what no client of ours would send, and every byte of the answer.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use serde_json::Value;

use super::Sandbox;

/// The subscription that commands use unless told otherwise.
pub const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// The server of a sandbox.
pub struct Rest {
    socket: PathBuf,
    version: String,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// Headers as sent, in their order.
    pub headers: Vec<(String, String)>,
    /// The body, chunks put together.
    pub body: Vec<u8>,
}

impl Rest {
    /// Speaks `version`; starts the server if need be.
    #[track_caller]
    pub fn new(sandbox: &Sandbox, version: &str) -> Self {
        sandbox.run("server start").succeeds();
        Self { socket: sandbox.home().join("server.sock"), version: version.into() }
    }

    /// The same server in the words of another version.
    pub fn speaking(&self, version: &str) -> Self {
        Self { socket: self.socket.clone(), version: version.into() }
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, &[], Some(body.to_string().as_bytes()))
    }

    #[track_caller]
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, &[], Some(body.to_string().as_bytes()))
    }

    #[track_caller]
    pub fn post(&self, path: &str) -> Answer {
        self.send("POST", path, &[], None)
    }

    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None)
    }

    /// One request. `path` may be an absolute URL of this server, and gets the api-version unless it has one.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
        let path = path.split_once("://").map_or(path, |(_, rest)| &rest[rest.find('/').unwrap_or(rest.len())..]);
        let path = match (path.contains("api-version="), path.contains('?')) {
            (true, _) => path.to_owned(),
            (false, true) => format!("{path}&api-version={}", self.version),
            (false, false) => format!("{path}?api-version={}", self.version),
        };
        let length = body.map_or(0, <[u8]>::len);
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head.push_str("Host: localhost\r\n");
        }
        if body.is_some() {
            head.push_str("Content-Type: application/json; charset=utf-8\r\n");
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = UnixStream::connect(&self.socket).expect("the server");
        // A server that refuses early may close before it has read everything: its answer counts.
        let _ = stream.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| stream.write_all(body.unwrap_or(b"")));
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        Answer::read(&bytes)
    }
}

impl Answer {
    #[track_caller]
    pub(super) fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of the headers");
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status_line = lines.next().expect("a status line");
        let mut words = status_line.splitn(3, ' ').skip(1);
        let status = words.next().and_then(|word| word.parse().ok()).expect("a status");
        let reason = words.next().unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        let is_chunked = headers.iter().any(|(n, v)| n.eq_ignore_ascii_case("transfer-encoding") && v == "chunked");
        let body = &bytes[end + 4..];
        let body = if is_chunked { unchunked(body) } else { body.to_vec() };
        Self { status, reason, headers, body }
    }

    /// A header by its name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// Itself, if it has this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        let Ok(length) = usize::from_str_radix(line.trim(), 16) else { break };
        if length == 0 {
            break;
        }
        let start = end + 2;
        let stop = (start + length).min(rest.len());
        body.extend_from_slice(&rest[start..stop]);
        rest = rest.get(stop + 2..).unwrap_or_default();
    }
    body
}
