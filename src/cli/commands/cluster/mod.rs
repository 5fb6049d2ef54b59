//! `cluster create | show | list | delete`.

use clap::{Args, Subcommand, ValueEnum};

use crate::api::cluster::{
    AutoScale, Cluster, ClusterCreate, DeallocationOption, ManualScale, ScaleSettings, VmPriority,
};
use crate::api::id::Child;
use crate::api::path;
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::session::{Ending, Named, Session, WorkspaceScope};
use crate::cli::spec::{self, ClusterFile, Source};
use crate::cli::targets::ClusterTargets;

/// Verbs of `cluster`.
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Create a cluster.
    #[command(before_help = "Example: batchai cluster create -w ws -n gpu --min 0 --max 4")]
    Create(CreateArgs),
    /// Show a cluster with its nodes by state.
    #[command(before_help = "Example: batchai cluster show -w ws -n gpu")]
    Show(ClusterTargets),
    /// List the clusters of a workspace.
    #[command(before_help = "Example: batchai cluster list -w ws -o table")]
    List(WorkspaceScope),
    /// Delete a cluster; its jobs are stopped, their records stay.
    #[command(before_help = "Example: batchai cluster delete -w ws -n gpu -y")]
    Delete(DeleteArgs),
}

/// Arguments of `create`. Flags win over the file.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Cluster; or `name` in the file.
    #[arg(long, short = 'n')]
    name: Option<String>,
    #[command(flatten)]
    scope: WorkspaceScope,
    /// Cluster file, YAML or JSON; `-` is standard input.
    #[arg(long, short = 'f', value_name = "FILE")]
    config_file: Option<String>,
    /// VM size; `local`, this machine, when not given.
    #[arg(long, short = 's')]
    vm_size: Option<String>,
    /// A fixed number of nodes.
    #[arg(long, short = 't', value_name = "NODES")]
    target: Option<u32>,
    /// Auto-scale: at least so many nodes.
    #[arg(long, value_name = "NODES")]
    min: Option<u32>,
    /// Auto-scale: at most so many nodes.
    #[arg(long, value_name = "NODES")]
    max: Option<u32>,
    /// Whether nodes may be taken away.
    #[arg(long, value_enum)]
    vm_priority: Option<VmPriorityArg>,
}

/// The values of `--vm-priority`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum VmPriorityArg {
    /// Nodes stay.
    Dedicated,
    /// Nodes may be taken at any time.
    #[value(name = "lowpriority")]
    LowPriority,
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
        ClusterCommand::Create(args) => create(args, &session).await,
        ClusterCommand::Show(args) => session.show::<Cluster>(&args.resolve(&session)?).await,
        ClusterCommand::List(scope) => {
            let any = session.id(&scope, Child::Cluster("any".into()))?;
            let clusters: Vec<Cluster> = session.client.list(&path::collection(&any)).await?;
            session.print(&Output::list(&clusters))
        }
        ClusterCommand::Delete(args) => {
            let ids = args.targets.resolve(&session)?;
            session.delete(&ids, &args.ending).await
        }
    }
}

async fn create(args: CreateArgs, session: &Session) -> Outcome {
    let file = match &args.config_file {
        Some(argument) => spec::cluster_file(&Source::from_argument(argument)?)?,
        None => ClusterFile::default(),
    };
    let scope = WorkspaceScope {
        resource_group: args.scope.resource_group.clone().or(file.resource_group),
        workspace: args.scope.workspace.clone().or(file.workspace),
    };
    let Some(name) = args.name.clone().or(file.name) else {
        let message = "the cluster has no name: give one with -n, or with `name` in the file";
        return Err(Failure::new(ExitCode::Usage, message));
    };
    let (id, workspace): (_, Named) = (session.id(&scope, Child::Cluster(name))?, session.workspace(&scope));
    let mut properties = file.spec;
    if let Some(scale) = scale(&args)? {
        properties.scale_settings = Some(scale);
    }
    if properties.scale_settings.is_none() {
        let message =
            "the cluster has no number of nodes: give --target, or --min and --max, or `scaleSettings` in the file";
        return Err(Failure::new(ExitCode::Usage, message));
    }
    properties.vm_size = args.vm_size.or(properties.vm_size);
    if let Some(priority) = args.vm_priority {
        properties.vm_priority = Some(match priority {
            VmPriorityArg::Dedicated => VmPriority::Dedicated,
            VmPriorityArg::LowPriority => VmPriority::LowPriority,
        });
    }
    let body = ClusterCreate { properties };
    let cluster =
        super::job::ensure::with_workspace(session, &id, &workspace, || session.client.put_cluster(&id, &body));
    session.print(&Output::one(&cluster.await?))
}

/// `--target`, `--min` and `--max`, as `az` has them; `None` when none was given.
fn scale(args: &CreateArgs) -> Result<Option<ScaleSettings>, Failure> {
    let usage = |message: &str| Err(Failure::new(ExitCode::Usage, message));
    let manual = |target| {
        let node_deallocation_option = Some(DeallocationOption::Requeue);
        let manual = ManualScale { target_node_count: target, node_deallocation_option };
        Ok(Some(ScaleSettings { manual: Some(manual), auto_scale: None }))
    };
    match (args.target, args.min, args.max) {
        (None, None, None) => Ok(None),
        (_, Some(_), None) | (_, None, Some(_)) => {
            usage("You need to either provide both min and max node counts or not provide any of them")
        }
        (_, Some(min), Some(max)) if min > max => {
            usage("Maximum nodes count must be greater or equal to minimum nodes count")
        }
        (Some(target), None, None) => manual(target),
        (None, Some(min), Some(max)) if min == max => manual(min),
        (Some(target), Some(min), Some(max)) if min == max && target == min => manual(target),
        (target, Some(min), Some(max)) => Ok(Some(ScaleSettings {
            manual: None,
            auto_scale: Some(AutoScale {
                minimum_node_count: min,
                maximum_node_count: max,
                initial_node_count: Some(target.unwrap_or(0)),
            }),
        })),
    }
}
