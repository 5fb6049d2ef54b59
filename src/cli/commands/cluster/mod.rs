//! `cluster create | show | list | delete | resize | auto-scale | node | file`.

pub mod auto_storage;
pub mod create;
pub mod file;
pub mod node;
pub mod scale;

use clap::{Args, Subcommand};

use crate::api::cluster::Cluster;
use crate::api::id::Child;
use crate::api::path;
use crate::cli::Outcome;
use crate::cli::session::{Ending, Session, WorkspaceScope};
use crate::cli::targets::ClusterTargets;
use crate::cli::watch::{self, Watched};

/// Verbs of `cluster`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum ClusterCommand {
    /// Create a cluster.
    #[command(before_help = "Example: batchai cluster create -w ws -n gpu --min 0 --max 4")]
    Create(Box<create::CreateArgs>),
    /// Show a cluster with its nodes by state.
    #[command(before_help = "Example: batchai cluster show -w ws -n gpu")]
    Show(ClusterTargets),
    /// List the clusters of a workspace.
    #[command(before_help = "Example: batchai cluster list -w ws -o table")]
    List(Watched<WorkspaceScope>),
    /// Delete a cluster; its jobs are stopped, their records stay.
    #[command(before_help = "Example: batchai cluster delete -w ws -n gpu -y")]
    Delete(DeleteArgs),
    /// Give a cluster a fixed number of nodes.
    #[command(before_help = "Example: batchai cluster resize -w ws -n gpu --target 2")]
    Resize(scale::ResizeArgs),
    /// Let a cluster have as many nodes as its jobs need, within bounds.
    #[command(before_help = "Example: batchai cluster auto-scale -w ws -n gpu --min 0 --max 4")]
    AutoScale(scale::AutoScaleArgs),
    /// List the nodes of a cluster, run commands on them, and take them away.
    #[command(subcommand, before_help = "Example: batchai cluster node list -w ws -c gpu -o table")]
    Node(node::NodeCommand),
    /// Find the files that the set-up task of a cluster wrote.
    #[command(subcommand, before_help = "Example: batchai cluster file list -w ws -c gpu -o table")]
    File(file::FileCommand),
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    #[command(flatten)]
    targets: ClusterTargets,
    #[command(flatten)]
    ending: Ending,
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: ClusterCommand, session: Session) -> Outcome {
    match command {
        ClusterCommand::Create(args) => create::run(*args, &session).await,
        ClusterCommand::Show(args) => session.show::<Cluster>(&args.resolve(&session)?).await,
        ClusterCommand::List(Watched { scope, watch }) => {
            let any = session.id(&scope, Child::Cluster("any".into()))?;
            watch::list::<Cluster>(&session, &path::collection(&any), watch).await
        }
        ClusterCommand::Delete(args) => {
            let ids = args.targets.resolve(&session)?;
            session.delete(&ids, &args.ending).await
        }
        ClusterCommand::Resize(args) => scale::resize(&args, &session).await,
        ClusterCommand::AutoScale(args) => scale::auto_scale(&args, &session).await,
        ClusterCommand::Node(command) => node::run(command, &session).await,
        ClusterCommand::File(command) => file::run(command, &session).await,
    }
}
