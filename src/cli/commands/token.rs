//! `server token create | list | revoke`.

use clap::{Subcommand, ValueEnum};

use crate::api::path;
use crate::api::token::{Token, TokenCreate};
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::session::{Session, check_name};
use crate::client::ClientError;

/// Verbs of `server token`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum TokenCommand {
    /// Make a token and print it: nobody can ask for it again.
    #[command(before_help = "Example: batchai server token create ci --role contributor --expires 30")]
    Create {
        /// What it is called.
        #[arg(value_name = "NAME")]
        name: String,
        /// What its holder may do.
        #[arg(long, value_enum)]
        role: Role,
        /// The only resource group that it opens; all of them when left out.
        #[arg(long, short = 'g', value_name = "GROUP")]
        resource_group: Option<String>,
        /// After so many days it opens nothing; it does not expire when left out.
        #[arg(long, value_name = "DAYS")]
        expires: Option<u32>,
    },
    /// List the tokens there are, without their text.
    #[command(before_help = "Example: batchai server token list")]
    List,
    /// Take a token away: it opens nothing from then on.
    #[command(before_help = "Example: batchai server token revoke ci")]
    Revoke {
        /// Which one.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// What the holder of a token may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Role {
    /// Everything, tokens and the server itself included.
    Owner,
    /// Everything but tokens and the server itself: has a shell as the user that jobs run as.
    Contributor,
    /// Look, and change nothing.
    Reader,
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: TokenCommand, session: &Session) -> Outcome {
    match command {
        TokenCommand::Create { name, role, resource_group, expires } => {
            let role = role.to_possible_value().expect("no role is hidden").get_name().to_owned();
            create(TokenCreate { name, role, resource_group, expires_in_days: expires }, session).await
        }
        TokenCommand::List => {
            let tokens: Vec<Token> = session.client.list(path::TOKENS).await?;
            session.print(&Output::list(&tokens))
        }
        TokenCommand::Revoke { name } => {
            check_name("token", &name)?;
            session.client.revoke_token(&name).await?;
            session.report.note(&format!("The token {name} opens nothing any more."));
            Ok(ExitCode::Ok.value())
        }
    }
}

async fn create(body: TokenCreate, session: &Session) -> Outcome {
    check_name("token", &body.name)?;
    let made = session.client.create_token(&body).await;
    let mut token = made.map_err(|error| {
        let is_taken = matches!(&error, ClientError::Refused { status: 409, .. });
        let failure = Failure::from(error);
        if is_taken { failure.hint(format!("`batchai server token revoke {}` revokes it", body.name)) } else { failure }
    })?;
    if let Some(warning) = token.warning.take() {
        session.report.warn(&warning);
    }
    session.print(&Output::one(&token))
}
