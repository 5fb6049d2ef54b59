//! `job file list | stream | download`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::node::JobArgs;

use crate::api::error::code;
use crate::api::file::STDOUTERR;
use crate::api::job::Job;
use crate::cli::Outcome;
use crate::cli::download::Fetched;
use crate::cli::download::fetch::Fetch;
use crate::cli::download::source::Source;
use crate::cli::exit_code::ExitCode;
use crate::cli::naming;
use crate::cli::output::rows::Row;
use crate::cli::output::{self, Output};
use crate::cli::report::Failure;
use crate::cli::session::Session;
use crate::cli::watch::{self, Watch};
use crate::client::ClientError;

/// Verbs of `job file`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum FileCommand {
    /// List the files of a job: standard output and logs, or an output directory.
    #[command(before_help = "Example: batchai job file list -j train -o table")]
    List(ListArgs),
    /// Print a file of a job as it is written, until the job has ended.
    #[command(before_help = "Example: batchai job file stream -j train -f stdout.txt")]
    Stream(StreamArgs),
    /// Fetch a file of a job, or a directory with all that is in it.
    #[command(before_help = "Example: batchai job file download -j train --to results")]
    Download(DownloadArgs),
}

/// Which directory of which job.
#[derive(Debug, Args)]
pub struct DirectoryArgs {
    #[command(flatten)]
    job: JobArgs,
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
    #[arg(value_name = "PATH")]
    file: Option<String>,
    /// The file; it need not exist yet.
    #[arg(long, short = 'f', value_name = "PATH")]
    file_name: Option<String>,
}

/// Arguments of `download`.
#[derive(Debug, Args)]
pub struct DownloadArgs {
    #[command(flatten)]
    directory: DirectoryArgs,
    /// Only this file of the directory.
    #[arg(value_name = "PATH")]
    file: Option<String>,
    /// Only this file of the directory.
    #[arg(long, short = 'f', value_name = "PATH")]
    file_name: Option<String>,
    /// The folder to write to, made when it is not there; without it one that is called like the job, or, for one
    /// file, the folder you are in.
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    /// Replace other files that are in the way.
    #[arg(long)]
    force: bool,
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: FileCommand, session: &Session) -> Outcome {
    match command {
        FileCommand::List(ListArgs { directory, expiry, watch }) => {
            let job = directory.job.id(session)?;
            let (id, path) = (&directory.output_directory_id, &directory.path);
            watch::show(session, watch, async || Ok(session.client.list_files(&job, id, path, expiry).await?)).await
        }
        FileCommand::Stream(args) => stream(&args, session).await,
        FileCommand::Download(args) => download(&args, session).await,
    }
}

async fn download(args: &DownloadArgs, session: &Session) -> Outcome {
    let directory = &args.directory;
    let name = directory.job.name()?;
    let id = directory.job.id(session)?;
    let wanted = naming::either("file", args.file.as_ref(), ("-f", args.file_name.as_ref()))?;
    let here = if wanted.is_some() { "." } else { name.as_str() };
    let fetch = Fetch {
        source: Source::Job(&session.client, &id, &directory.output_directory_id),
        to: args.to.as_deref().unwrap_or(Path::new(here)),
        force: args.force,
        other_folder: "--to",
        report: session.report,
    };
    let fetched = async {
        let mut files = fetch.source.list(&directory.path).await?;
        if let Some(wanted) = &wanted {
            files.retain(|file| file.below == wanted.trim_start_matches("./"));
            if files.is_empty() {
                let message = format!("cannot download {wanted}: the directory has no such file");
                let hint = format!("`batchai job file list {name}` shows the files there are");
                return Err(Failure::new(ExitCode::Missing, message).hint(hint));
            }
        }
        fetch.all(&files).await
    };
    tokio::select! {
        fetched = fetched => {
            let fetched = fetched?;
            let job: Job = session.client.get(&id).await?;
            if !job.is_ended() {
                session.report.note("The job is still running: its files may grow. The same command fetches what is new.");
            }
            session.print(&Output::list(&fetched))
        }
        Ok(()) = tokio::signal::ctrl_c() => {
            session.report.note("Broken off. What was fetched stays; the same command goes on where it ended.");
            Ok(ExitCode::Interrupted.value())
        }
    }
}

impl Row for Fetched {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Name", "Size", "Status", "Path"]
    }

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), self.size.to_string(), self.status.to_owned(), self.path.clone()]
    }
}

/// How long a file may be missing before that is worth a word.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

async fn stream(args: &StreamArgs, session: &Session) -> Outcome {
    let directory = &args.directory;
    let job = directory.job.id(session)?;
    let name = naming::one("file", args.file.as_ref(), ("-f", args.file_name.as_ref()))?;
    let file = match directory.path.trim_start_matches("./").trim_matches('/') {
        "" | "." => name,
        folder => format!("{folder}/{name}"),
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
