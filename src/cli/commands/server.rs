//! `server run | start | stop | status | token | logs`.

use clap::Subcommand;
use serde::Serialize;
use serde_json::Value;

#[cfg(target_os = "linux")]
use super::serve;
use super::token::{self, TokenCommand};
use crate::api::server::ServerStatus;
use crate::cli::Outcome;
use crate::cli::output::Output;
use crate::cli::output::rows::Row;
use crate::cli::session::{Reach, Session};
use crate::client::remote::Remote;

/// Verbs of `server`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum ServerCommand {
    #[cfg(target_os = "linux")]
    /// Run a server here, in the foreground, until Ctrl-C.
    #[command(before_help = "Example: batchai server run")]
    Run(serve::RunArgs),
    #[cfg(target_os = "linux")]
    /// Start a server in the background that stays.
    #[command(before_help = "Example: batchai server start")]
    Start(serve::ListenArgs),
    #[cfg(target_os = "linux")]
    /// Stop the server; running jobs go on.
    #[command(before_help = "Example: batchai server stop")]
    Stop,
    /// Show whether the server runs, and where it keeps everything. Never starts one.
    #[command(before_help = "Example: batchai server status -o table")]
    Status,
    /// Tokens: who may use the server over the network.
    #[command(subcommand, before_help = "Example: batchai server token list")]
    Token(TokenCommand),
    #[cfg(target_os = "linux")]
    /// Print what a server in the background had to say.
    #[command(before_help = "Example: batchai server logs")]
    Logs,
}

impl ServerCommand {
    /// Whether the command is about the local server only.
    #[must_use]
    pub fn reach(&self) -> Reach {
        match self {
            #[cfg(target_os = "linux")]
            Self::Run(_) | Self::Start(_) | Self::Stop | Self::Logs => Reach::Local,
            Self::Status | Self::Token(_) => Reach::Anywhere,
        }
    }
}

/// Runs one that talks to a server.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: ServerCommand, session: Session) -> Outcome {
    match command {
        #[cfg(target_os = "linux")]
        ServerCommand::Run(args) => serve::run_here(&args),
        #[cfg(target_os = "linux")]
        ServerCommand::Start(args) => serve::start(&session, &args).await,
        #[cfg(target_os = "linux")]
        ServerCommand::Stop => serve::stop(&session).await,
        ServerCommand::Status => {
            let server = session.client.server_status().await?;
            let endpoint = session.client.remote().map_or_else(|| server.socket.clone(), Remote::origin);
            let client_version = env!("CARGO_PKG_VERSION").to_owned();
            session.print(&Output::one(&Talk { client_version, endpoint, chosen_by: session.chosen_by, server }))
        }
        ServerCommand::Token(command) => token::run(command, &session).await,
        #[cfg(target_os = "linux")]
        ServerCommand::Logs => serve::logs(&session),
    }
}

/// What is talking to what: this program, the server, and why it is that one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Talk {
    client_version: String,
    endpoint: String,
    chosen_by: &'static str,
    #[serde(flatten)]
    server: ServerStatus,
}

impl Row for Talk {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["PID", "Version", "Started", "Active Jobs", "Chosen By", "Addresses", "Data Directory"]
    }

    fn cells(&self) -> Vec<String> {
        let server = &self.server;
        vec![
            server.pid.to_string(),
            server.version.clone(),
            server.started.clone(),
            server.active_jobs.to_string(),
            self.chosen_by.to_owned(),
            server.addresses.join(", "),
            server.data_directory.clone(),
        ]
    }
}
