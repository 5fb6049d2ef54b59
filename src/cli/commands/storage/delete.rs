//! `storage delete`.

use clap::Args;

use super::make::described;
use super::place::{VolumeArgs, stored_path};
use crate::cli::Outcome;
use crate::cli::confirm::confirm;
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;
use crate::cli::session::Session;

/// Arguments.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Files and folders of the share or container; all of it when none is named.
    #[arg(value_name = "STORED")]
    stored: Vec<String>,
    /// A file or folder, likewise.
    #[arg(long, short = 'p')]
    path: Vec<String>,
    #[command(flatten)]
    volume: VolumeArgs,
    /// Do not ask for confirmation.
    #[arg(long, short)]
    yes: bool,
}

/// Deletes.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: &DeleteArgs, session: &Session) -> Outcome {
    let mut paths = Vec::new();
    for path in args.stored.iter().chain(&args.path) {
        let path = stored_path(path)?;
        if path.is_empty() {
            return Err(Failure::new(ExitCode::Usage, "the path is that of the whole share or container")
                .hint("name no path to delete the share or container itself"));
        }
        paths.push(path);
    }
    let place = args.volume.place(session).await?;
    let is_sure = args.yes || session.settings.disable_confirm_prompt == Some(true);
    if !is_sure {
        let of = described(&place);
        session.report.note(&match paths.as_slice() {
            [] => format!("This will delete the {of} and everything in it."),
            paths => format!("This will delete {} of the {of}.", paths.join(", ")),
        });
    }
    confirm(is_sure, &session.report)?;
    if paths.is_empty() {
        if !session.client.delete_volume(&place).await? {
            return Err(missing(format!("there is no {}", described(&place))));
        }
        return Ok(ExitCode::Ok.value());
    }
    let mut gone = Vec::new();
    for path in paths {
        if !session.client.delete_stored(&place, &path).await? {
            gone.push(path);
        }
    }
    if gone.is_empty() {
        return Ok(ExitCode::Ok.value());
    }
    Err(missing(format!("not found in the {}: {}", described(&place), gone.join(", "))))
}

fn missing(message: String) -> Failure {
    Failure::new(ExitCode::Missing, message).hint("`batchai storage list` shows what there is")
}
