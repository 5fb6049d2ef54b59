//! `job run | create | show | list | delete | terminate | wait | file`.

pub mod create;
pub mod dry_run;
pub mod ensure;
pub mod explain;
pub mod file;
pub mod interrupt;
pub mod live;
pub mod rerun;
pub mod run;
pub mod submit;
pub mod wait;

use clap::{Args, Subcommand};

use crate::api::id::{Child, ResourceId};
use crate::api::job::Job;
use crate::api::path;
use crate::cli::Outcome;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::session::{Ending, ExperimentScope, Session};
use crate::cli::targets::JobTargets;

/// Verbs of `job`.
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// Submit a job, show its output as it is written, and exit with its exit code.
    #[command(before_help = "Example: batchai job run -f job.yaml")]
    Run(run::RunArgs),
    /// Submit a job.
    #[command(before_help = "Example: batchai job create -w ws -e exp -f job.yaml")]
    Create(submit::SubmitArgs),
    /// Show a job: its state, why it waits, how it ended.
    #[command(before_help = "Example: batchai job show -w ws -e exp -n train")]
    Show(JobTargets),
    /// List the jobs of an experiment.
    #[command(before_help = "Example: batchai job list -w ws -e exp -o table")]
    List(ExperimentScope),
    /// Delete a job, stopping it first.
    #[command(before_help = "Example: batchai job delete -w ws -e exp -n train -y")]
    Delete(EndingArgs),
    /// Stop a job; its record and its files stay.
    #[command(before_help = "Example: batchai job terminate -w ws -e exp -n train -y")]
    Terminate(EndingArgs),
    /// Wait until a job has ended, and exit with its exit code.
    #[command(before_help = "Example: batchai job wait -w ws -e exp -n train")]
    Wait(wait::WaitArgs),
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
}

/// Which job.
#[derive(Debug, Args)]
pub struct JobArgs {
    /// Job.
    #[arg(long, short = 'n')]
    pub name: String,
    #[command(flatten)]
    pub scope: ExperimentScope,
}

/// Arguments of `delete` and `terminate`.
#[derive(Debug, Args)]
pub struct EndingArgs {
    #[command(flatten)]
    targets: JobTargets,
    #[command(flatten)]
    ending: Ending,
}

impl JobArgs {
    fn id(&self, session: &Session) -> Result<ResourceId, Failure> {
        session.job(&self.scope, &self.name)
    }
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
        JobCommand::List(scope) => {
            let any = session.id(&scope.workspace, Child::Job(session.experiment(&scope).name, "any".into()))?;
            let jobs: Vec<Job> = session.client.list(&path::collection(&any)).await?;
            session.print(&Output::list(&jobs))
        }
        JobCommand::Delete(args) => {
            let ids = args.targets.resolve(&session)?;
            session.delete(&ids, &args.ending).await
        }
        JobCommand::Terminate(args) => {
            let ids = args.targets.resolve(&session)?;
            session.terminate(&ids, &args.ending).await
        }
        JobCommand::Wait(args) => wait::run(&args, &session).await,
        JobCommand::Explain(args) => explain::run(&args, &session).await,
        JobCommand::Rerun(args) => rerun::run(&args, &session).await,
        JobCommand::File(command) => file::run(command, &session).await,
    }
}
