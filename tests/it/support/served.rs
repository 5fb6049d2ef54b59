//! A server on the network, and somebody else who uses it with a token.

use std::process::Command;

use super::{Done, Network, Sandbox};

/// Whoever runs the server, and whoever uses it.
pub struct Served {
    pub server: Sandbox,
    pub user: Sandbox,
    /// Its address.
    pub url: String,
    /// A contributor's.
    pub token: String,
}

impl Served {
    /// A server with these settings.
    #[track_caller]
    pub fn start(settings: &str) -> Self {
        let (server, user) = (Sandbox::new(), Sandbox::new());
        std::fs::create_dir_all(server.home()).expect("a home");
        std::fs::write(server.home().join("server.yaml"), settings).expect("settings");
        let network = Network::start(&server, "");
        let (url, token) = (network.url.clone(), network.token("ci", "--role contributor"));
        drop(network);
        Self { server, user, url, token }
    }

    /// One that speaks nothing but 2018-05-01.
    #[track_caller]
    pub fn old() -> Self {
        Self::start("apiVersions: [2018-05-01]\n")
    }

    /// The program in the hands of the user.
    pub fn command(&self, words: &str) -> Command {
        let mut command = self.user.command(words.split_whitespace());
        command.env("BATCHAI_ENDPOINT", &self.url).env("BATCHAI_TOKEN", &self.token).env("USER", "somebody");
        command
    }

    /// Runs it.
    pub fn run(&self, words: &str) -> Done {
        Done::of(&self.command(words).output().expect("the program"))
    }
}
