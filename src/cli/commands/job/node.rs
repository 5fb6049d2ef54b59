//! `job node list | exec`.

use clap::{Args, Subcommand};

use crate::api::cluster::Cluster;
use crate::api::id::ResourceId;
use crate::api::job::Job;
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::naming;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::session::{ExperimentScope, Session};
use crate::cli::ssh::{self, ExecArgs};

/// Verbs of `job node`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum NodeCommand {
    /// List the nodes on which a job runs: ids, and where they are reached.
    #[command(before_help = "Example: batchai job node list -j train -o table")]
    List(JobArgs),
    /// Run a command on a node of a job, log in to it, or forward ports from it, by SSH.
    #[command(before_help = "Example: batchai job node exec -j train --exec nvidia-smi")]
    Exec(NodeExecArgs),
}

/// Which job, in the words of commands about what belongs to it.
#[derive(Debug, Args)]
pub struct JobArgs {
    /// Job.
    #[arg(value_name = "JOB")]
    pub job_name: Option<String>,
    /// Job.
    #[arg(long, short = 'j', value_name = "JOB")]
    pub job: Option<String>,
    #[command(flatten)]
    pub scope: ExperimentScope,
}

/// Arguments of `exec`.
#[derive(Debug, Args)]
pub struct NodeExecArgs {
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    exec: ExecArgs,
}

impl JobArgs {
    /// Its name.
    ///
    /// # Errors
    /// When no job is named, or two.
    pub fn name(&self) -> Result<String, Failure> {
        naming::one("job", self.job_name.as_ref(), ("-j", self.job.as_ref()))
    }

    /// Its id.
    ///
    /// # Errors
    /// When no job is named, or two.
    pub fn id(&self, session: &Session) -> Result<ResourceId, Failure> {
        session.job(&self.scope, &self.name()?)
    }
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
        NodeCommand::Exec(args) => exec(&args, session).await,
    }
}

async fn exec(args: &NodeExecArgs, session: &Session) -> Outcome {
    let work = args.exec.work(ssh::has_terminal())?;
    let id = args.job.id(session)?;
    let first = match args.exec.node_id {
        Some(_) => None,
        None => session.client.list_logins(&id).await?.into_iter().next().map(|node| node.node_id),
    };
    let job: Job = session.client.get(&id).await?;
    if args.exec.node_id.is_none() && first.is_none() {
        let state = &job.properties.execution_state;
        let message = format!("No nodes available: the job {} is {state}, and runs on none", job.name);
        return Err(Failure::new(ExitCode::Refused, message).hint(
            "`batchai cluster node list` shows the nodes of its cluster; `-n NODE` names one of them all the same",
        ));
    }
    let cluster = &job.properties.spec.cluster.id;
    let cluster = ResourceId::parse(cluster).ok_or_else(|| {
        Failure::new(ExitCode::Refused, format!("the job {} names a cluster that is none: {cluster}", job.name))
    })?;
    let nodes = session.client.list_logins(&cluster).await?;
    let cluster: Cluster = session.client.get(&cluster).await?;
    ssh::run(&work, &args.exec, &nodes, first.as_deref(), &cluster, session.is_near()).await
}
