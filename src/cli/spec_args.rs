//! `--set`, and what else commands with a file do alike: its storage account, its file servers, its warnings.

use clap::Args;

use super::report::Report;
use super::request::storage::StorageArgs;
use super::session::Session;
use super::spec::{FileProblem, Options, Severity, StorageAccount};
use crate::api::id::{Child, ResourceId};
use crate::api::mount::MountVolumes;

/// `--set`.
#[derive(Debug, Clone, Default, Args)]
pub struct SetArgs {
    /// Another value for a place of the file, such as `nodeCount=4` or `environmentVariables[0].value=x`, or a new
    /// element, such as `environmentVariables[+]='{name: A, value: b}'`; may be given several times.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

impl SetArgs {
    /// How a file is read that is going to be submitted. `storage` is [`storage`]'s answer.
    #[must_use]
    pub fn options(&self, storage: StorageAccount) -> Options {
        Options { set: self.set.clone(), storage: Some(storage) }
    }

    /// The same of a file that is only looked at: placeholders of an account that nobody gave stay.
    #[must_use]
    pub fn options_of_look(&self, storage: StorageAccount) -> Options {
        let storage = storage.name.is_some().then_some(storage);
        Options { set: self.set.clone(), storage }
    }
}

/// The storage account of flags, else of the environment and `config.yaml`, for the placeholders of a file.
#[must_use]
pub fn storage(args: &StorageArgs, session: &Session) -> StorageAccount {
    match args.account(&session.settings.storage) {
        Some(account) => StorageAccount { name: Some(account.name), key: account.key },
        None => StorageAccount::default(),
    }
}

/// Tells the user what there is to be said of a file that is fine.
pub fn tell(report: &Report, warnings: &[FileProblem]) {
    for warning in warnings {
        match warning.severity {
            Severity::Error | Severity::Warning => report.warn(&warning.to_string()),
            Severity::Note => report.note(&warning.to_string()),
        }
    }
}

/// File servers that a file names by their names alone are those of the workspace that `beside` lies in.
pub fn place_file_servers(volumes: Option<&mut MountVolumes>, beside: &ResourceId) {
    let servers = volumes.and_then(|volumes| volumes.file_servers.as_mut()).into_iter().flatten();
    for reference in servers.map(|server| &mut server.file_server).filter(|reference| !reference.id.contains('/')) {
        let child = Child::FileServer(std::mem::take(&mut reference.id));
        reference.id = ResourceId { child, ..beside.clone() }.to_string();
    }
}
