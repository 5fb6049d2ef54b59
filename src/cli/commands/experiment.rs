//! `experiment create | show | list | delete`.

use clap::{Args, Subcommand};

use crate::api::experiment::Experiment;
use crate::api::id::{Child, ResourceId};
use crate::api::path;
use crate::cli::Outcome;
use crate::cli::naming;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::session::{Ending, Session, WorkspaceScope};
use crate::cli::targets::ExperimentTargets;
use crate::cli::watch::{self, Watched};

/// Verbs of `experiment`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum ExperimentCommand {
    /// Create an experiment; one that exists is shown as it is.
    #[command(before_help = "Example: batchai experiment create -w ws -n exp")]
    Create(ExperimentArgs),
    /// Show an experiment.
    #[command(before_help = "Example: batchai experiment show -w ws -n exp")]
    Show(ExperimentTargets),
    /// List the experiments of a workspace.
    #[command(before_help = "Example: batchai experiment list -w ws -o table")]
    List(Watched<WorkspaceScope>),
    /// Delete an experiment and its jobs, stopping those that run.
    #[command(before_help = "Example: batchai experiment delete -w ws -n exp -y")]
    Delete(DeleteArgs),
}

/// Which experiment.
#[derive(Debug, Args)]
pub struct ExperimentArgs {
    /// Experiment.
    #[arg(value_name = "NAME")]
    new_name: Option<String>,
    /// Experiment.
    #[arg(long, short = 'n', value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    scope: WorkspaceScope,
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    #[command(flatten)]
    targets: ExperimentTargets,
    #[command(flatten)]
    ending: Ending,
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: ExperimentCommand, session: Session) -> Outcome {
    match command {
        ExperimentCommand::Create(args) => {
            let (id, workspace) = (id(&session, &args)?, session.workspace(&args.scope));
            let experiment =
                super::job::ensure::with_workspace(&session, &id, &workspace, || session.client.put_experiment(&id));
            session.print(&Output::one(&experiment.await?))
        }
        ExperimentCommand::Show(args) => session.show::<Experiment>(&args.resolve(&session)?).await,
        ExperimentCommand::List(Watched { scope, watch }) => {
            let any = session.id(&scope, Child::Experiment("any".into()))?;
            watch::list::<Experiment>(&session, &path::collection(&any), watch).await
        }
        ExperimentCommand::Delete(args) => {
            let ids = args.targets.resolve(&session)?;
            session.delete(&ids, &args.ending).await
        }
    }
}

fn id(session: &Session, args: &ExperimentArgs) -> Result<ResourceId, Failure> {
    let name = naming::one("experiment", args.new_name.as_ref(), ("-n", args.name.as_ref()))?;
    session.id(&args.scope, Child::Experiment(name))
}
