//! `list-usages`.

use clap::Args;

use crate::api::path;
use crate::api::usage::Usage;
use crate::cli::Outcome;
use crate::cli::output::Output;
use crate::cli::request::region;
use crate::cli::session::Session;

/// The region of a batchai server's workspaces for which none is named.
const REGION: &str = "local";

/// Arguments of `list-usages`.
#[derive(Debug, Args)]
pub struct UsagesArgs {
    /// Region; when neither given nor configured, the one of a batchai server.
    #[arg(long, short = 'l', value_name = "REGION")]
    location: Option<String>,
}

/// Prints what is in use and how much there is.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: UsagesArgs, session: Session) -> Outcome {
    let given = args.location.or_else(|| session.settings.defaults.location.clone());
    let location = region(given.as_deref().unwrap_or(REGION));
    let path = path::USAGES
        .replace("{subscription}", &path::encode(&session.subscription))
        .replace("{location}", &path::encode(&location));
    let usages: Vec<Usage> = session.client.list(&path).await?;
    session.print(&Output::list(&usages))
}
