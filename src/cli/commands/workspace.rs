//! `workspace create | show | list | delete`. Here `-n` and `--workspace` are the same flag, as in `az`.

use clap::{Args, Subcommand};

use crate::api::id::{Child, ResourceId};
use crate::api::path;
use crate::api::workspace::{Workspace, WorkspaceCreate};
use crate::cli::Outcome;
use crate::cli::naming;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::request::region;
use crate::cli::session::{Ending, Session, checked};
use crate::cli::targets::WorkspaceTargets;
use crate::cli::watch::{self, Watch};

/// Verbs of `workspace`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum WorkspaceCommand {
    /// Create a workspace; one that exists is shown as it is.
    #[command(before_help = "Example: batchai workspace create -n ws")]
    Create(CreateArgs),
    /// Show a workspace.
    #[command(before_help = "Example: batchai workspace show -n ws")]
    Show(WorkspaceTargets),
    /// List workspaces, of one resource group with -g.
    #[command(before_help = "Example: batchai workspace list -o table")]
    List(ListArgs),
    /// Delete a workspace and everything in it.
    #[command(before_help = "Example: batchai workspace delete -n ws -y")]
    Delete(DeleteArgs),
}

/// Which workspace.
#[derive(Debug, Args)]
pub struct WorkspaceArgs {
    /// Workspace.
    #[arg(value_name = "NAME")]
    new_name: Option<String>,
    /// Workspace.
    #[arg(long, short = 'n', value_name = "NAME")]
    workspace: Option<String>,
    /// Resource group; `default` when not configured.
    #[arg(long, short = 'g', value_name = "GROUP")]
    resource_group: Option<String>,
}

/// Arguments of `create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    #[command(flatten)]
    workspace: WorkspaceArgs,
    /// Region; when neither given nor configured, that of the resource group. Any name is accepted, blanks go.
    #[arg(long, short = 'l', value_name = "REGION")]
    location: Option<String>,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those of this resource group.
    #[arg(long, short = 'g', value_name = "GROUP")]
    resource_group: Option<String>,
    #[command(flatten)]
    watch: Watch,
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    #[command(flatten)]
    targets: WorkspaceTargets,
    #[command(flatten)]
    ending: Ending,
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: WorkspaceCommand, session: Session) -> Outcome {
    match command {
        WorkspaceCommand::Create(args) => {
            let id = id(&session, &args.workspace)?;
            let location = args.location.or_else(|| session.settings.defaults.location.clone());
            let body = WorkspaceCreate { location: location.map(|name| region(&name)), tags: None };
            session.print(&Output::one(&session.client.put_workspace(&id, &body).await?))
        }
        WorkspaceCommand::Show(args) => session.show::<Workspace>(&args.resolve(&session)?).await,
        WorkspaceCommand::List(args) => list(args, &session).await,
        WorkspaceCommand::Delete(args) => {
            let ids = args.targets.resolve(&session)?;
            session.delete(&ids, &args.ending).await
        }
    }
}

async fn list(args: ListArgs, session: &Session) -> Outcome {
    let narrowed = args.resource_group.or_else(|| session.settings.defaults.group.clone());
    let collection = match narrowed {
        Some(group) => {
            let any = checked(ResourceId {
                subscription: session.subscription.clone(),
                group,
                workspace: "any".into(),
                child: Child::None,
            })?;
            path::collection(&any)
        }
        None => path::WORKSPACES_OF_SUBSCRIPTION.replace("{subscription}", &session.subscription),
    };
    watch::list::<Workspace>(session, &collection, args.watch).await
}

fn id(session: &Session, args: &WorkspaceArgs) -> Result<ResourceId, Failure> {
    let name = naming::one("workspace", args.new_name.as_ref(), ("-n", args.workspace.as_ref()))?;
    checked(ResourceId {
        subscription: session.subscription.clone(),
        group: session.group(args.resource_group.as_ref()),
        workspace: name,
        child: Child::None,
    })
}
