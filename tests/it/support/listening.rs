//! A server that listens on TCP, and the way in.

use super::Sandbox;

/// A server on a loopback address.
pub struct Listening {
    /// Its address, such as `http://127.0.0.1:40123`.
    pub url: String,
    /// A token of an owner.
    pub token: String,
}

impl Listening {
    /// Starts the server of the sandbox on a free port.
    #[track_caller]
    pub fn of(sandbox: &Sandbox) -> Self {
        sandbox.run("server start --listen 127.0.0.1:0").succeeds();
        let status = sandbox.run("server status -o json").succeeds().json();
        let created = sandbox.run("server token create sdk --role owner -o json").succeeds().json();
        Self {
            url: status["addresses"][0].as_str().expect("an address").into(),
            token: created["token"].as_str().expect("a token").into(),
        }
    }
}
