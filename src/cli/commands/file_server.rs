//! `file-server create | show | list | delete`.

use clap::{Args, Subcommand};

use super::administrator::{KEY_PAIR, account, account_of_look};
use super::fresh::{ensure_new, would_make};
use super::job::ensure::with_workspace;
use crate::api::ResourceReference;
use crate::api::file_server::{FileServer, FileServerCreate};
use crate::api::id::Child;
use crate::api::path;
use crate::cli::Outcome;
use crate::cli::dry_run::DryRun;
use crate::cli::exit_code::ExitCode;
use crate::cli::naming;
use crate::cli::output::Output;
use crate::cli::report::Failure;
use crate::cli::request::account::{AccountArgs, Needs};
use crate::cli::request::arm_id::subnet;
use crate::cli::request::disks::DiskArgs;
use crate::cli::request::storage::StorageArgs;
use crate::cli::session::{Ending, Session, WorkspaceScope};
use crate::cli::spec::{self, Source};
use crate::cli::spec_args::{SetArgs, storage, tell};
use crate::cli::targets::FileServerTargets;
use crate::cli::watch::{self, Watched};

/// Verbs of `file-server`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum FileServerCommand {
    /// Create a file server: a directory that clusters and jobs mount with --nfs.
    #[command(before_help = "Example: batchai file-server create -w ws -n nfs -f nfs.yaml")]
    Create(CreateArgs),
    /// Show a file server and where it is mounted from.
    #[command(before_help = "Example: batchai file-server show -w ws -n data")]
    Show(FileServerTargets),
    /// List the file servers of a workspace.
    #[command(before_help = "Example: batchai file-server list -w ws -o table")]
    List(Watched<WorkspaceScope>),
    /// Delete a file server and all that is stored on it.
    #[command(before_help = "Example: batchai file-server delete -w ws -n data -y")]
    Delete(DeleteArgs),
}

/// Arguments of `create`. Flags win over the file.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// File server; or `name` in the file.
    #[arg(value_name = "NAME")]
    new_name: Option<String>,
    /// File server; or `name` in the file.
    #[arg(long, short = 'n', value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    scope: WorkspaceScope,
    /// File server file, YAML or JSON; `-` is standard input.
    #[arg(long, short = 'f', value_name = "FILE")]
    config_file: Option<String>,
    /// VM size; `local`, this machine, when not given.
    #[arg(long, short = 's', value_name = "SIZE")]
    vm_size: Option<String>,
    /// Id of a subnet. A batchai server keeps it and makes no network.
    #[arg(long, value_name = "ID")]
    subnet: Option<String>,
    /// Do not wait until it is made, and print nothing.
    #[arg(long)]
    no_wait: bool,
    /// Make nothing; print the request, and what would be made first.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    set: SetArgs,
    #[command(flatten)]
    disks: DiskArgs,
    #[command(flatten)]
    account: AccountArgs,
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    #[command(flatten)]
    targets: FileServerTargets,
    #[command(flatten)]
    ending: Ending,
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub async fn run(command: FileServerCommand, session: Session) -> Outcome {
    match command {
        FileServerCommand::Create(args) => create(args, &session).await,
        FileServerCommand::Show(args) => session.show::<FileServer>(&args.resolve(&session)?).await,
        FileServerCommand::List(Watched { scope, watch }) => {
            let any = session.id(&scope, Child::FileServer("any".into()))?;
            watch::list::<FileServer>(&session, &path::collection(&any), watch).await
        }
        FileServerCommand::Delete(args) => {
            let ids = args.targets.resolve(&session)?;
            session.delete(&ids, &args.ending).await
        }
    }
}

async fn create(args: CreateArgs, session: &Session) -> Outcome {
    let storage = storage(&StorageArgs::default(), session);
    let options = if args.dry_run { args.set.options_of_look(storage) } else { args.set.options(storage) };
    let source = args.config_file.as_deref().map_or(Ok(Source::nothing()), Source::from_argument)?;
    let file = spec::file_server_file_with(&source, &options)?;
    tell(&session.report, &file.warnings);
    let scope = WorkspaceScope {
        resource_group: args
            .scope
            .resource_group
            .clone()
            .or(file.resource_group)
            .or_else(|| session.settings.defaults.file_server_group.clone()),
        workspace: args.scope.workspace.clone().or(file.workspace),
    };
    let name = naming::either("file server", args.new_name.as_ref(), ("-n", args.name.as_ref()))?.or(file.name);
    let Some(name) = name else {
        let message = "the file server has no name: give one with -n, or with `name` in the file";
        return Err(Failure::new(ExitCode::Usage, message));
    };
    let (id, workspace) = (session.id(&scope, Child::FileServer(name))?, session.workspace(&scope));
    let mut properties = file.spec;
    properties.vm_size = args.vm_size.or(properties.vm_size);
    properties.data_disks = args.disks.over(&properties.data_disks, file.storage_account_type)?;
    if let Some(id) = subnet(args.subnet.as_deref())? {
        properties.subnet = Some(ResourceReference { id });
    }
    ensure_new(session, &id).await?;
    let is_ours = session.client.speaks_ours();
    if properties.vm_size.is_none() && !is_ours {
        return Err(Failure::new(ExitCode::Usage, "Please provide VM size.").hint("-s gives it, such as STANDARD_D1"));
    }
    let needs = if is_ours { Needs::Name } else { Needs::Everything };
    let ssh = &mut properties.ssh_configuration;
    let of_file = Some(ssh.user_account_settings.clone());
    if args.dry_run {
        let mut made = would_make(session, &id, &workspace).await?;
        let (administrator, would_make_key) = account_of_look(&args.account, of_file, needs)?;
        made.extend(would_make_key.then(|| KEY_PAIR.to_owned()));
        ssh.user_account_settings = administrator.unwrap_or_default();
        return DryRun::new(&id, &FileServerCreate { properties }, made)?.print(session);
    }
    ssh.user_account_settings = account(&args.account, of_file, needs, session)?.unwrap_or_default();
    let body = FileServerCreate { properties };
    let made = with_workspace(session, &id, &workspace, || session.client.put_file_server(&id, &body)).await?;
    if args.no_wait {
        return Ok(ExitCode::Ok.value());
    }
    session.print(&Output::one(&made))
}
