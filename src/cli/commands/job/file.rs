//! `job file list | stream`.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::api::error::code;
use crate::api::file::STDOUTERR;
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output;
use crate::cli::report::Failure;
use crate::cli::session::{ExperimentScope, Session};
use crate::cli::watch::{self, Watch};
use crate::client::ClientError;

/// Verbs of `job file`.
#[derive(Debug, Subcommand)]
pub enum FileCommand {
    /// List the files of a job: standard output and logs, or an output directory.
    #[command(before_help = "Example: batchai job file list -j train -o table")]
    List(ListArgs),
    /// Print a file of a job as it is written, until the job has ended.
    #[command(before_help = "Example: batchai job file stream -j train -f stdout.txt")]
    Stream(StreamArgs),
}

/// Which directory of which job.
#[derive(Debug, Args)]
pub struct DirectoryArgs {
    /// Job.
    #[arg(long, short = 'j')]
    job: String,
    #[command(flatten)]
    scope: ExperimentScope,
    /// `stdouterr` for standard output and logs, or the id of an output directory.
    #[arg(long, short = 'd', value_name = "ID", default_value = STDOUTERR)]
    output_directory_id: String,
    /// A directory below it.
    #[arg(long, short = 'p', default_value = ".")]
    path: String,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    directory: DirectoryArgs,
    /// Minutes for which download URLs are good; the local server's are paths, which do not expire.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(5..=600))]
    expiry: u32,
    #[command(flatten)]
    watch: Watch,
}

/// Arguments of `stream`.
#[derive(Debug, Args)]
pub struct StreamArgs {
    #[command(flatten)]
    directory: DirectoryArgs,
    /// The file; it need not exist yet.
    #[arg(long, short = 'f')]
    file_name: String,
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: FileCommand, session: &Session) -> Outcome {
    match command {
        FileCommand::List(ListArgs { directory, expiry, watch }) => {
            let job = session.job(&directory.scope, &directory.job)?;
            let (id, path) = (&directory.output_directory_id, &directory.path);
            watch::show(session, watch, async || Ok(session.client.list_files(&job, id, path, expiry).await?)).await
        }
        FileCommand::Stream(args) => stream(&args, session).await,
    }
}

/// How long a file may be missing before that is worth a word.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

async fn stream(args: &StreamArgs, session: &Session) -> Outcome {
    let directory = &args.directory;
    let job = session.job(&directory.scope, &directory.job)?;
    let file = match directory.path.trim_start_matches("./").trim_matches('/') {
        "" | "." => args.file_name.clone(),
        folder => format!("{folder}/{}", args.file_name),
    };
    let mut follow = session.client.follow(&job, &directory.output_directory_id, &file);
    {
        let mut opened = std::pin::pin!(follow.open());
        let opened = match tokio::time::timeout(WORTH_A_WORD, &mut opened).await {
            Ok(opened) => opened,
            Err(_) => {
                session.report.note(&format!("The file \"{file}\" not found. Waiting for the job to generate it."));
                opened.await
            }
        };
        opened.map_err(|error| missing(error, &file))?;
    }
    let mut chunk = follow.next().await?;
    while let Some(bytes) = chunk {
        if !output::raw(&bytes)? {
            return Ok(ExitCode::Ok.value());
        }
        chunk = follow.next().await?;
    }
    Ok(ExitCode::Ok.value())
}

fn missing(error: ClientError, file: &str) -> Failure {
    if error.code() == Some(code::OUTPUT_FILE_NOT_FOUND) {
        let message = format!("The file \"{file}\" not found for the completed job.");
        return Failure::new(ExitCode::Missing, message)
            .hint("`batchai job file list -j JOB` shows the files there are");
    }
    error.into()
}
