//! `storage list`.

use clap::Args;
use serde_json::Value;

use super::place::{VolumeArgs, stored_path};
use crate::api::storage::{StoredFile, Volume};
use crate::cli::Outcome;
use crate::cli::exit_code::ExitCode;
use crate::cli::output::rows::{FILE_COLUMNS, Row, file_cells};
use crate::cli::output::{Output, shape};
use crate::cli::report::Failure;
use crate::cli::session::Session;
use crate::cli::upload::Sent;

/// Arguments.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    volume: VolumeArgs,
    /// A folder of the share or container, or a file.
    #[arg(long, short = 'p', default_value = "")]
    path: String,
    /// Also what is in folders.
    #[arg(long, short = 'r')]
    recursive: bool,
}

/// Lists.
///
/// # Errors
/// With what to tell the user.
pub async fn run(args: &ListArgs, session: &Session) -> Outcome {
    let path = stored_path(&args.path)?;
    if args.volume.named().is_none() {
        if !path.is_empty() || args.recursive {
            let message = "a path is in a share or container: name it with --share-name or --container-name";
            return Err(Failure::new(ExitCode::Usage, message));
        }
        let account = args.volume.account.account_name.as_deref();
        let volumes = session.client.list_volumes(&session.subscription, account).await?;
        return session.print(&Output::list(&volumes));
    }
    let place = args.volume.place(session).await?;
    let files = session.client.list_stored(&place, &path, args.recursive).await?;
    session.print(&Output::list(&files))
}

impl Row for Volume {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Account", "Kind", "Name", "Modified"]
    }

    fn cells(&self) -> Vec<String> {
        let modified = self.last_modified.as_deref().map(shape::timestamp).unwrap_or_default();
        vec![self.account_name.clone(), self.kind.clone(), self.name.clone(), modified]
    }
}

/// The columns of `job file list`.
impl Row for StoredFile {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        let mut whole = self.clone();
        whole.properties.get_or_insert_default();
        serde_json::to_value(whole)
    }

    fn columns(&self) -> &'static [&'static str] {
        &FILE_COLUMNS
    }

    fn cells(&self) -> Vec<String> {
        let properties = self.properties.clone().unwrap_or_default();
        file_cells(&self.name, &self.file_type, properties.content_length, properties.last_modified.as_deref())
    }
}

/// The columns of a download.
impl Row for Sent {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Name", "Size", "Status", "Path"]
    }

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), self.size.to_string(), self.status.to_owned(), self.path.clone()]
    }
}
