//! `job run | create | show | list | delete | terminate | wait | file | node`.

pub mod bulk;
pub mod create;
pub mod dry_run;
pub mod ensure;
pub mod explain;
pub mod file;
pub mod interrupt;
pub mod live;
pub mod logs;
pub mod node;
pub mod rerun;
pub mod run;
pub mod sink;
pub mod submit;
pub mod tail;
pub mod wait;

use clap::{Args, Subcommand};

use crate::api::id::Child;
use crate::api::job::Job;
use crate::api::path;
use crate::cli::Outcome;
use crate::cli::session::{Ending, ExperimentScope, Session};
use crate::cli::targets::JobTargets;
use crate::cli::watch::{self, Watched};

/// Verbs of `job`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum JobCommand {
    /// Submit a job, show its output as it is written, and exit with its exit code.
    #[command(before_help = "Example: batchai job run -f job.yaml")]
    Run(run::RunArgs),
    /// Submit a job.
    #[command(before_help = "Example: batchai job create -w ws -e exp -f job.yaml")]
    Create(create::CreateArgs),
    /// Show a job: its state, why it waits, how it ended.
    #[command(before_help = "Example: batchai job show -w ws -e exp -n train")]
    Show(JobTargets),
    /// List the jobs of an experiment.
    #[command(before_help = "Example: batchai job list -w ws -e exp -o table")]
    List(Watched<ExperimentScope>),
    /// Delete a job, stopping it first.
    #[command(before_help = "Example: batchai job delete -w ws -e exp -n train -y")]
    Delete(DeleteArgs),
    /// Stop a job; its record and its files stay.
    #[command(before_help = "Example: batchai job terminate -w ws -e exp -n train -y")]
    Terminate(EndingArgs),
    /// Wait until a job has ended, and exit with its exit code.
    #[command(before_help = "Example: batchai job wait -w ws -e exp -n train")]
    Wait(wait::WaitArgs),
    /// Show what the processes of a job wrote to their standard output.
    #[command(before_help = "Example: batchai job logs train --tail 20")]
    Logs(logs::LogsArgs),
    /// Say why a job waits, what it does, or why it failed. Text for people, unless -o or the configuration asks for
    /// a format.
    #[command(before_help = "Example: batchai job explain -w ws -e exp -n train")]
    Explain(explain::ExplainArgs),
    /// Submit a job once more: the same parameters, secrets and code, under another name.
    #[command(before_help = "Example: batchai job rerun -w ws -e exp -n train")]
    Rerun(rerun::RerunArgs),
    /// Find and follow the files of a job.
    #[command(subcommand, before_help = "Example: batchai job file stream -j train -f stdout.txt")]
    File(file::FileCommand),
    /// List the nodes of a job, and run commands on them.
    #[command(subcommand, before_help = "Example: batchai job node list -j train -o table")]
    Node(node::NodeCommand),
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    #[command(flatten)]
    ending: EndingArgs,
    #[command(flatten)]
    choice: bulk::Choice,
}

/// Arguments of `delete` and `terminate`.
#[derive(Debug, Args)]
pub struct EndingArgs {
    #[command(flatten)]
    targets: JobTargets,
    #[command(flatten)]
    ending: Ending,
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: JobCommand, session: Session) -> Outcome {
    match command {
        JobCommand::Run(args) => run::run(args, &session).await,
        JobCommand::Create(args) => create::run(&args, &session).await,
        JobCommand::Show(args) => session.show::<Job>(&args.resolve(&session)?).await,
        JobCommand::List(Watched { scope, watch }) => {
            let any = session.id(&scope.workspace, Child::Job(session.experiment(&scope).name, "any".into()))?;
            watch::list::<Job>(&session, &path::collection(&any), watch).await
        }
        JobCommand::Delete(DeleteArgs { ending: args, choice }) if choice.is_made() => {
            bulk::delete(&session, &args.targets, choice, &args.ending).await
        }
        JobCommand::Delete(DeleteArgs { ending: args, .. }) => {
            let ids = args.targets.resolve(&session)?;
            session.delete(&ids, &args.ending).await
        }
        JobCommand::Terminate(args) => {
            let ids = args.targets.resolve(&session)?;
            session.terminate(&ids, &args.ending).await
        }
        JobCommand::Wait(args) => wait::run(&args, &session).await,
        JobCommand::Logs(args) => logs::run(&args, &session).await,
        JobCommand::Explain(args) => explain::run(&args, &session).await,
        JobCommand::Rerun(args) => rerun::run(&args, &session).await,
        JobCommand::File(command) => file::run(command, &session).await,
        JobCommand::Node(command) => node::run(command, &session).await,
    }
}
