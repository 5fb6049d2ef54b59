//! `cluster create`.

use clap::{Args, ValueEnum};

use super::auto_storage;
use crate::api::ResourceReference;
use crate::api::cluster::{Cluster, ClusterCreate, ClusterSpec, VirtualMachineConfiguration, VmPriority};
use crate::api::file_server::FileServer;
use crate::api::id::{Child, ResourceId};
use crate::cli::Outcome;
use crate::cli::commands::administrator::{KEY_PAIR, account, account_of_look};
use crate::cli::commands::fresh::{ensure_new, would_make};
use crate::cli::commands::job::ensure::with_workspace;
use crate::cli::commands::mounted::file_server_id;
use crate::cli::commands::storage_keys;
use crate::cli::dry_run::DryRun;
use crate::cli::exit_code::ExitCode;
use crate::cli::naming;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::request::account::{AccountArgs, Needs};
use crate::cli::request::arm_id::subnet;
use crate::cli::request::image::image;
use crate::cli::request::mounts::MountArgs;
use crate::cli::request::scale::ScaleArgs;
use crate::cli::request::setup::SetupArgs;
use crate::cli::session::{Named, Session, WorkspaceScope};
use crate::cli::spec::{self, Source};
use crate::cli::spec_args::{SetArgs, place_file_servers, storage, tell};

/// Arguments of `create`. Flags win over the file.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Cluster; or `name` in the file.
    #[arg(value_name = "NAME")]
    new_name: Option<String>,
    /// Cluster; or `name` in the file.
    #[arg(long, short = 'n', value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    scope: WorkspaceScope,
    /// Cluster file, YAML or JSON; `-` is standard input.
    #[arg(long, short = 'f', value_name = "FILE")]
    config_file: Option<String>,
    /// VM size; `local`, this machine, when not given.
    #[arg(long, short = 's', value_name = "SIZE", help_heading = "Nodes")]
    vm_size: Option<String>,
    /// Make nothing; print the request, and what would be made first.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    set: SetArgs,
    #[command(flatten)]
    scale: ScaleArgs,
    /// Whether nodes may be taken away.
    #[arg(long, value_enum, help_heading = "Nodes")]
    vm_priority: Option<VmPriorityArg>,
    /// Image: UbuntuLTS, UbuntuDSVM, or publisher:offer:sku:version. A batchai server keeps it and uses none.
    #[arg(long, short = 'i', value_name = "IMAGE", help_heading = "Nodes")]
    image: Option<String>,
    /// Id of a VM image of your own; --image then names what it was made from.
    #[arg(long, value_name = "ID", help_heading = "Nodes")]
    custom_image: Option<String>,
    /// Id of a subnet. A batchai server keeps it and makes no network.
    #[arg(long, value_name = "ID", help_heading = "Nodes")]
    subnet: Option<String>,
    #[command(flatten)]
    mounts: MountArgs,
    /// Mount a file share at `autoafs` and a container at `autobfs`, of a storage account that is made for that.
    #[arg(long, help_heading = "Volumes")]
    use_auto_storage: bool,
    #[command(flatten)]
    setup: SetupArgs,
    #[command(flatten)]
    account: AccountArgs,
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

/// Makes a cluster that must be new, and prints it; does not wait for its nodes.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: CreateArgs, session: &Session) -> Outcome {
    let storage = storage(&args.mounts.storage, session);
    let options = if args.dry_run { args.set.options_of_look(storage) } else { args.set.options(storage) };
    let source = args.config_file.as_deref().map_or(Ok(Source::nothing()), Source::from_argument)?;
    let file = spec::cluster_file_with(&source, &options)?;
    tell(&session.report, &file.warnings);
    let scope = WorkspaceScope {
        resource_group: args.scope.resource_group.clone().or(file.resource_group),
        workspace: args.scope.workspace.clone().or(file.workspace),
    };
    let name = naming::either("cluster", args.new_name.as_ref(), ("-n", args.name.as_ref()))?.or(file.name);
    let Some(name) = name else {
        let message = "the cluster has no name: give one with -n, or with `name` in the file";
        return Err(Failure::new(ExitCode::Usage, message));
    };
    let (id, workspace) = (session.id(&scope, Child::Cluster(name))?, session.workspace(&scope));
    let mut described = file.spec;
    let administrator = described.user_account_settings.clone();
    let volumes = described.node_setup.as_mut().and_then(|setup| setup.mount_volumes.as_mut());
    place_file_servers(volumes, &id);
    let mut properties = properties(&args, described, &scope, session)?;
    ensure_new(session, &id).await?;
    let is_ours = session.client.speaks_ours();
    if properties.vm_size.is_none() && !is_ours {
        return Err(Failure::new(ExitCode::Usage, "Please provide VM size").hint("-s gives it, such as STANDARD_NC6"));
    }
    let needs = if is_ours { Needs::Nothing } else { Needs::Everything };
    if args.dry_run {
        let (administrator, would_make_key) = account_of_look(&args.account, administrator, needs)?;
        properties.user_account_settings = administrator;
        return look(&args, &id, (&workspace, would_make_key), properties, &scope, session).await;
    }
    properties.user_account_settings = account(&args.account, administrator, needs, session)?;
    let cluster = make(&args, &id, &workspace, properties, &scope, session).await?;
    cluster.properties.warnings.iter().flatten().for_each(|warning| session.report.warn(warning));
    session.print(&Output::one(&cluster))
}

/// What flags and file come to, as far as it can be told without asking anybody.
fn properties(
    args: &CreateArgs,
    file: ClusterSpec,
    scope: &WorkspaceScope,
    session: &Session,
) -> Result<ClusterSpec, Failure> {
    let mut properties = file;
    properties.vm_size = args.vm_size.clone().or(properties.vm_size);
    properties.scale_settings = args.scale.settings()?.or(properties.scale_settings);
    if properties.scale_settings.is_none() {
        let message = "Please provide scale setting for the cluster via command line or configuration file";
        return Err(Failure::new(ExitCode::Usage, message)
            .hint("give --target, or --min and --max, or `scaleSettings` in the file"));
    }
    if let Some(priority) = args.vm_priority {
        properties.vm_priority = Some(match priority {
            VmPriorityArg::Dedicated => VmPriority::Dedicated,
            VmPriorityArg::LowPriority => VmPriority::LowPriority,
        });
    }
    if let Some(reference) = image(args.image.as_deref(), args.custom_image.as_deref())? {
        properties.virtual_machine_configuration =
            Some(VirtualMachineConfiguration { image_reference: Some(reference) });
    }
    if let Some(id) = subnet(args.subnet.as_deref())? {
        properties.subnet = Some(ResourceReference { id });
    }
    let file_server = file_server_id(args.mounts.nfs.as_deref(), scope, session)?;
    let mut setup = properties.node_setup.unwrap_or_default();
    setup.mount_volumes = args.mounts.over(setup.mount_volumes, file_server.as_ref(), &session.settings.storage)?;
    setup.setup_task = args.setup.over(setup.setup_task)?;
    properties.node_setup = Some(setup).filter(|setup| *setup != Default::default());
    Ok(properties)
}

async fn make(
    args: &CreateArgs,
    id: &ResourceId,
    workspace: &Named,
    mut properties: ClusterSpec,
    scope: &WorkspaceScope,
    session: &Session,
) -> Result<Cluster, Failure> {
    if args.use_auto_storage {
        let setup = properties.node_setup.get_or_insert_default();
        auto_storage::add(setup.mount_volumes.get_or_insert_default(), id, workspace, session).await?;
    }
    if let Some(volumes) = properties.node_setup.as_mut().and_then(|setup| setup.mount_volumes.as_mut()) {
        storage_keys::fill_in(volumes, session).await?;
    }
    ensure_same_subnet(args, scope, session).await?;
    let body = ClusterCreate { properties };
    Ok(with_workspace(session, id, workspace, || session.client.put_cluster(id, &body)).await?)
}

/// What [`make`] would do, asking only what changes nothing.
async fn look(
    args: &CreateArgs,
    id: &ResourceId,
    (workspace, would_make_key): (&Named, bool),
    mut properties: ClusterSpec,
    scope: &WorkspaceScope,
    session: &Session,
) -> Outcome {
    let mut made = would_make(session, id, workspace).await?;
    made.extend(would_make_key.then(|| KEY_PAIR.to_owned()));
    if args.use_auto_storage {
        let setup = properties.node_setup.get_or_insert_default();
        made.extend(auto_storage::look(setup.mount_volumes.get_or_insert_default(), id, session).await?);
    }
    ensure_same_subnet(args, scope, session).await?;
    DryRun::new(id, &ClusterCreate { properties }, made)?.print(session)
}

/// Nodes reach a file server only in its own subnet.
async fn ensure_same_subnet(args: &CreateArgs, scope: &WorkspaceScope, session: &Session) -> Result<(), Failure> {
    let server = file_server_id(args.mounts.nfs.as_deref(), scope, session)?;
    let (Some(subnet), Some(server)) = (&args.subnet, server) else { return Ok(()) };
    let server: FileServer = session.client.get(&server).await?;
    match server.properties.spec.subnet {
        Some(theirs) if !theirs.id.eq_ignore_ascii_case(subnet) => {
            let message = "Cluster and mounted NFS must be in the same subnet.";
            let hint = format!("the file server {} is in {}", server.name, theirs.id);
            Err(Failure::new(ExitCode::Usage, message).hint(hint))
        }
        Some(_) | None => Ok(()),
    }
}
