//! `server run | start | stop | status | token | logs`.

use clap::Subcommand;

#[cfg(target_os = "linux")]
use super::serve;
use super::token::{self, TokenCommand};
use crate::cli::Outcome;
use crate::cli::output::Output;
use crate::cli::session::{Reach, Session};

/// Verbs of `server`.
#[derive(Debug, Subcommand)]
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
            let status = session.client.server_status().await?;
            session.print(&Output::one(&status))
        }
        ServerCommand::Token(command) => token::run(command, &session).await,
        #[cfg(target_os = "linux")]
        ServerCommand::Logs => serve::logs(&session),
    }
}
