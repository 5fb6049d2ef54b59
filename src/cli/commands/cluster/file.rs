//! `cluster file list`: what the set-up task of a cluster wrote.

use clap::{Args, Subcommand};

use super::node::ClusterArgs;
use crate::api::cluster::{Cluster, SetupTask};
use crate::api::file::File;
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::Output;
use crate::cli::output::machine_rows::SetupFile;
use crate::cli::report::Failure;
use crate::cli::session::Session;

/// Verbs of `cluster file`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum FileCommand {
    /// List the files of the set-up task of a cluster: the output of every node.
    #[command(before_help = "Example: batchai cluster file list -w ws -c gpu -o table")]
    List(ListArgs),
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// A directory below that of the set-up task.
    #[arg(long, short = 'p', default_value = ".")]
    path: String,
    /// Minutes for which download URLs are good; the local server's are paths, which do not expire.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(5..=600))]
    expiry: u32,
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: FileCommand, session: &Session) -> Outcome {
    let FileCommand::List(args) = command;
    let id = args.cluster.id(session)?;
    let cluster: Cluster = session.client.get(&id).await?;
    let Some(task) = cluster.properties.spec.node_setup.and_then(|setup| setup.setup_task) else {
        return session.print(&Output::list::<SetupFile>(&[]));
    };
    if !session.client.speaks_ours() {
        return Err(elsewhere(&task, session));
    }
    let files = session.client.list_setup_files(&id, &args.path, args.expiry).await?;
    let files: Vec<SetupFile> = files.into_iter().map(shown).collect();
    session.print(&Output::list(&files))
}

/// Other servers leave the files to their storage account, which is none of ours to read.
fn elsewhere(task: &SetupTask, session: &Session) -> Failure {
    let suffix = task.std_out_err_path_suffix.as_deref().unwrap_or_default();
    let place = format!("{}/{suffix}", task.std_out_err_path_prefix.trim_end_matches('/'));
    let message = format!("{} does not list what set-up tasks wrote", session.client.server());
    Failure::new(ExitCode::Refused, message).hint(format!("the files are on the volume of the cluster, at {place}"))
}

fn shown(file: File) -> SetupFile {
    SetupFile {
        is_directory: file.file_type == "directory",
        size: file.properties.and_then(|properties| properties.content_length),
        name: file.name,
        download_url: file.download_url,
    }
}
