//! `cluster node list | exec | preempt`.

use clap::{Args, Subcommand};

use crate::api::cluster::Cluster;
use crate::api::id::{Child, ResourceId};
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::naming;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::session::{Session, WorkspaceScope};
use crate::cli::ssh::{self, ExecArgs};

/// Verbs of `cluster node`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum NodeCommand {
    /// List the nodes of a cluster: ids, and where they are reached.
    #[command(before_help = "Example: batchai cluster node list -w ws -c gpu -o table")]
    List(ClusterArgs),
    /// Run a command on a node, log in to it, or forward ports from it, by SSH.
    #[command(before_help = "Example: batchai cluster node exec -w ws -c gpu --exec nvidia-smi")]
    Exec(NodeExecArgs),
    /// Take a node of a low-priority cluster away, as Azure did at any time: what runs on it runs again later, and the
    /// cluster gets another node as soon as that one has gone.
    #[command(before_help = "Example: batchai cluster node preempt -w ws -c gpu")]
    Preempt(PreemptArgs),
}

/// Which cluster, in the words of commands about what belongs to it.
#[derive(Debug, Args)]
pub struct ClusterArgs {
    /// Cluster.
    #[arg(value_name = "CLUSTER")]
    pub cluster_name: Option<String>,
    /// Cluster.
    #[arg(long, short = 'c', value_name = "CLUSTER")]
    pub cluster: Option<String>,
    #[command(flatten)]
    pub scope: WorkspaceScope,
}

/// Arguments of `exec`.
#[derive(Debug, Args)]
pub struct NodeExecArgs {
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    exec: ExecArgs,
}

/// Arguments of `preempt`.
#[derive(Debug, Args)]
pub struct PreemptArgs {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// The node; the one made last, at the highest place, when not given.
    #[arg(long, short = 'n', value_name = "NODE")]
    node_id: Option<String>,
}

impl ClusterArgs {
    /// Its id: named, or configured.
    ///
    /// # Errors
    /// When no cluster is named, or two.
    pub fn id(&self, session: &Session) -> Result<ResourceId, Failure> {
        let configured = session.settings.defaults.cluster.as_ref();
        let flag =
            if self.cluster_name.is_some() { self.cluster.as_ref() } else { self.cluster.as_ref().or(configured) };
        let name = naming::one("cluster", self.cluster_name.as_ref(), ("-c", flag))?;
        session.id(&self.scope, Child::Cluster(name))
    }
}

fn elsewhere(session: &Session) -> Failure {
    let message = format!("{} takes no nodes away on request", session.client.server());
    Failure::new(ExitCode::Refused, message).hint("`batchai cluster resize` makes a cluster smaller, and larger again")
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: NodeCommand, session: &Session) -> Outcome {
    match command {
        NodeCommand::List(args) => {
            let nodes = session.client.list_logins(&args.id(session)?).await?;
            session.print(&Output::list(&nodes))
        }
        NodeCommand::Exec(args) => {
            let work = args.exec.work(ssh::has_terminal())?;
            let id = args.cluster.id(session)?;
            let nodes = session.client.list_logins(&id).await?;
            let cluster: Cluster = session.client.get(&id).await?;
            ssh::run(&work, &args.exec, &nodes, None, &cluster, session.is_near()).await
        }
        NodeCommand::Preempt(args) => {
            let id = args.cluster.id(session)?;
            let node = session.client.preempt_node(&id, args.node_id.as_deref()).await?;
            let node = node.ok_or_else(|| elsewhere(session))?;
            session.print(&Output::one(&node))
        }
    }
}
