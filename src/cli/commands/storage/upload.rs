//! `storage upload`.

use std::path::PathBuf;

use clap::Args;

use super::make::{described, made};
use super::place::{VolumeArgs, stored_path};
use crate::api::storage::VolumePlace;
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::session::Session;
use crate::cli::upload::plan::{Found, find};
use crate::cli::upload::send::Send;
use crate::cli::upload::{Sent, Wanted};

/// What stands for standard input.
const STDIN: &str = "-";

/// So many things that were left out are told one by one.
const TOLD: usize = 10;

/// Arguments.
#[derive(Debug, Args)]
pub struct UploadArgs {
    /// Files and folders; `-` alone is standard input, and --path then the file that it becomes.
    #[arg(value_name = "LOCAL", required_unless_present = "source")]
    files: Vec<PathBuf>,
    /// A file or folder, likewise.
    #[arg(long, value_name = "LOCAL")]
    source: Vec<PathBuf>,
    #[command(flatten)]
    volume: VolumeArgs,
    /// The folder that they are put into; made when it is not there.
    #[arg(long, short = 'p', default_value = "")]
    path: String,
    /// Only files whose path is like this: `*` (across folders), `?`, `[seq]`, `[!seq]`.
    #[arg(long, value_name = "GLOB")]
    pattern: Option<String>,
    /// Say what would be sent, and send nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Sends them.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: &UploadArgs, session: &Session) -> Outcome {
    let folder = stored_path(&args.path)?;
    let sources: Vec<PathBuf> = args.files.iter().chain(&args.source).cloned().collect();
    let from_input = sources.iter().any(|source| source.as_os_str() == STDIN);
    if from_input && (sources.len() > 1 || folder.is_empty() || args.path.ends_with('/')) {
        let message = "standard input is one file, and needs a name: give `-` alone, and --path FOLDER/FILE";
        return Err(Failure::new(ExitCode::Usage, message).hint("a file that is called `-` is `./-`"));
    }
    let Found { files, left_out } =
        if from_input { Found::default() } else { find(&sources, &folder, args.pattern.as_deref())? };
    tell(&left_out, session);
    let place = args.volume.place(session).await?;
    if args.dry_run {
        return preview(&place, &files, from_input.then_some(folder.as_str()), session).await;
    }
    let send = Send { client: &session.client, place: &place, report: session.report };
    let sent = async {
        made(&place, &args.volume.account, session).await?;
        if from_input {
            return send.stream(Box::new(std::io::stdin()), &folder).await.map(|sent| vec![sent]);
        }
        send.all(&files).await
    };
    tokio::select! {
        sent = sent => {
            let sent = sent?;
            if sent.is_empty() {
                session.report.note("There was nothing to upload.");
            }
            session.print(&Output::list(&sent))
        }
        Ok(()) = tokio::signal::ctrl_c() => {
            session.report.note("Broken off. Files that were sent whole are there, and nothing of the others.");
            Ok(ExitCode::Interrupted.value())
        }
    }
}

fn tell(left_out: &[String], session: &Session) {
    for why in left_out.iter().take(TOLD) {
        session.report.warn(why);
    }
    if left_out.len() > TOLD {
        session.report.warn(&format!("{} more were left out", left_out.len() - TOLD));
    }
}

async fn preview(place: &VolumePlace, files: &[Wanted], input: Option<&str>, session: &Session) -> Outcome {
    match session.client.get_volume(place).await {
        Ok(_) => {}
        Err(error) if error.is_missing() => {
            session.report.note(&format!("Would be made first: {}.", described(place)));
        }
        Err(error) => return Err(error.into()),
    }
    let status = "would be uploaded";
    let planned: Vec<Sent> = match input {
        Some(name) => vec![Sent { name: name.to_owned(), path: STDIN.into(), size: 0, status }],
        None => files
            .iter()
            .map(|Wanted { local, remote, size, .. }| Sent {
                name: remote.clone(),
                path: local.display().to_string(),
                size: *size,
                status,
            })
            .collect(),
    };
    session.print(&Output::list(&planned))
}
