//! One file per noun; a folder where a noun has many verbs. The words are `az batchai`'s.

pub mod administrator;
pub mod cluster;
pub mod completion;
pub mod config;
#[cfg(target_os = "linux")]
pub mod doctor;
pub mod experiment;
pub mod file_server;
pub mod fresh;
pub mod job;
pub mod landing;
pub mod login;
#[cfg(target_os = "linux")]
pub mod login_session;
pub mod man;
pub mod mounted;
pub mod schema;
#[cfg(target_os = "linux")]
pub mod serve;
pub mod server;
pub mod storage;
pub mod storage_keys;
#[cfg(target_os = "linux")]
pub mod supervise;
pub mod token;
pub mod usages;
pub mod validate;
pub mod vault;
pub mod workspace;

use clap::Subcommand;

use super::report::Report;
use super::session::{Reach, with_session, with_session_of};
use super::{Global, Outcome};

/// Every command there is.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Submit, follow and manage jobs.
    #[command(subcommand, before_help = "Example: batchai job run -f job.yaml")]
    Job(job::JobCommand),
    /// Manage clusters: the nodes that jobs run on.
    #[command(subcommand, before_help = "Example: batchai cluster create -n gpu --min 0 --max 4")]
    Cluster(cluster::ClusterCommand),
    /// Manage experiments: groups of jobs.
    #[command(subcommand, before_help = "Example: batchai experiment create -w ws -n exp")]
    Experiment(experiment::ExperimentCommand),
    /// Manage workspaces: folders of clusters and experiments.
    #[command(subcommand, before_help = "Example: batchai workspace create -n ws")]
    Workspace(workspace::WorkspaceCommand),
    /// Manage file servers: directories that clusters and jobs mount.
    #[command(subcommand, before_help = "Example: batchai file-server list -w ws -o table")]
    FileServer(file_server::FileServerCommand),
    /// List how much of what a region has is in use: clusters, and cores by kind of node.
    #[command(before_help = "Example: batchai list-usages -o table")]
    ListUsages(usages::UsagesArgs),
    /// Move files in and out of the file shares and containers that clusters and jobs mount.
    #[command(subcommand, before_help = "Example: batchai storage upload train.py --share-name data --path mnist")]
    Storage(storage::StorageCommand),
    /// Keep secrets that jobs refer to by address: passwords, keys, tokens.
    #[command(subcommand, before_help = "Example: batchai vault set -v demo token")]
    Vault(vault::VaultCommand),
    /// The server behind the other commands; they start it when they need it.
    #[command(subcommand, before_help = "Example: batchai server status")]
    Server(server::ServerCommand),
    /// Remember a server on the network: whom to believe that it is the one, and what opens it.
    #[command(before_help = "Example: batchai login https://127.0.0.1:8650")]
    Login(login::LoginArgs),
    /// Forget a server on the network.
    #[command(before_help = "Example: batchai logout https://127.0.0.1:8650")]
    Logout(login::LogoutArgs),
    /// Show and change settings: defaults of names, output, endpoint.
    #[command(subcommand, before_help = "Example: batchai config set defaults.workspace=ws output=table")]
    Config(config::ConfigCommand),
    /// Set defaults of names, as `az configure` does.
    #[command(before_help = "Example: batchai configure --defaults group=rg workspace=ws experiment=exp")]
    Configure(config::ConfigureArgs),
    /// Check what this machine has that jobs may need, and say what it means for them.
    #[cfg(target_os = "linux")]
    #[command(before_help = "Example: batchai doctor")]
    Doctor,
    /// Print a script that teaches a shell to complete commands, flags and names.
    #[command(before_help = "Example: batchai completion bash")]
    Completion(completion::CompletionArgs),
    /// Look at files of jobs, clusters and file servers, and tell everything that is wrong with them; nothing is sent.
    #[command(before_help = "Example: batchai validate job.yaml")]
    Validate(validate::ValidateArgs),
    /// Print the JSON Schema of a file, with which editors complete and check it.
    #[command(before_help = "Example: batchai schema job")]
    Schema(schema::SchemaArgs),
    /// Write a manual page of every command, for `man`.
    #[command(before_help = "Example: batchai man share/man/man1")]
    Man(man::ManArgs),
}

/// Runs one.
///
/// # Errors
/// With what to tell the user.
pub fn run(command: Command, global: &Global, report: Report) -> Outcome {
    match command {
        Command::Job(command) => with_session(global, report, |session| job::run(command, session)),
        Command::Cluster(command) => with_session(global, report, |session| cluster::run(command, session)),
        Command::Experiment(command) => with_session(global, report, |session| experiment::run(command, session)),
        Command::Workspace(command) => with_session(global, report, |session| workspace::run(command, session)),
        Command::FileServer(command) => with_session(global, report, |session| file_server::run(command, session)),
        Command::ListUsages(args) => with_session(global, report, |session| usages::run(args, session)),
        Command::Storage(command) => with_session(global, report, |session| storage::run(command, session)),
        Command::Vault(command) => with_session(global, report, |session| vault::run(command, session)),
        #[cfg(target_os = "linux")]
        Command::Server(server::ServerCommand::Run(args)) => serve::run_here(&args),
        Command::Server(command) => {
            with_session_of(command.reach(), global, report, |session| server::run(command, session))
        }
        Command::Login(args) => with_session_of(Reach::Local, global, report, |session| login::login(args, session)),
        Command::Logout(args) => {
            with_session_of(Reach::Local, global, report, |session| async move { login::logout(&args, &session) })
        }
        Command::Config(command) => config::run(command, global, report),
        Command::Configure(args) => config::configure(&args, global, report),
        #[cfg(target_os = "linux")]
        Command::Doctor => doctor::run(global, report),
        Command::Validate(args) => validate::run(&args, global, report),
        Command::Schema(args) => schema::run(&args),
        Command::Completion(args) => completion::run(&args, report),
        Command::Man(args) => man::run(&args, report),
    }
}
