//! `storage upload | download | list | delete`, `storage share create`, `storage container create`: files in and out
//! of the volumes that clusters and jobs mount. The words are those of `az storage`, where it had any.

mod delete;
mod download;
mod list;
mod make;
mod place;
mod upload;

use clap::Subcommand;

use crate::cli::Outcome;
use crate::cli::session::Session;

/// Verbs of `storage`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum StorageCommand {
    /// Send files and folders into a file share or container; it is made when it is not there.
    ///
    /// A folder arrives under its own name; `FOLDER/.` is what is in it. Files that are there are replaced, each when
    /// the new one is whole. Links are followed as long as they stay in the folder; executable files stay executable.
    #[command(before_help = "Example: batchai storage upload train.py --share-name data --path mnist")]
    Upload(upload::UploadArgs),
    /// Fetch files and folders from a file share or container.
    ///
    /// A folder arrives under its own name; `FOLDER/.` is what is in it, and `.` all of the volume. What was broken off
    /// goes on where it ended.
    #[command(before_help = "Example: batchai storage download --share-name data --path mnist -d results")]
    Download(download::DownloadArgs),
    /// List file shares and containers, or what is in one.
    #[command(before_help = "Example: batchai storage list --share-name data -r -o table")]
    List(list::ListArgs),
    /// Delete files and folders of a share or container, or all of it.
    #[command(before_help = "Example: batchai storage delete --share-name data --path mnist -y")]
    Delete(delete::DeleteArgs),
    /// File shares.
    #[command(subcommand, before_help = "Example: batchai storage share create -n data --account-name demo")]
    Share(ShareCommand),
    /// Blob containers.
    #[command(subcommand, before_help = "Example: batchai storage container create -n models --account-name demo")]
    Container(ContainerCommand),
}

/// Verbs of `storage share`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum ShareCommand {
    /// Make a file share; one that is there stays as it is.
    #[command(before_help = "Example: batchai storage share create -n data --account-name demo")]
    Create(make::MakeArgs),
}

/// Verbs of `storage container`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum ContainerCommand {
    /// Make a blob container; one that is there stays as it is.
    #[command(before_help = "Example: batchai storage container create -n models --account-name demo")]
    Create(make::MakeArgs),
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: StorageCommand, session: Session) -> Outcome {
    match command {
        StorageCommand::Upload(args) => upload::run(&args, &session).await,
        StorageCommand::Download(args) => download::run(&args, &session).await,
        StorageCommand::List(args) => list::run(&args, &session).await,
        StorageCommand::Delete(args) => delete::run(&args, &session).await,
        StorageCommand::Share(ShareCommand::Create(args)) => make::run(&args, place::Kind::Share, &session).await,
        StorageCommand::Container(ContainerCommand::Create(args)) => {
            make::run(&args, place::Kind::Container, &session).await
        }
    }
}
