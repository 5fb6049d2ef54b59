//! What `create` makes must not be there yet.

use serde_json::Value;

use crate::api::id::{Child, ResourceId};
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;
use crate::cli::session::{Named, Session};
use crate::client::ClientError;

/// Asks whether a thing is there, as `az` does before it makes a cluster or a file server.
///
/// # Errors
/// When it is there, or that cannot be told.
pub async fn ensure_new(session: &Session, id: &ResourceId) -> Result<(), Failure> {
    match session.client.get::<Value>(id).await {
        Ok(_) => Err(taken(id)),
        Err(ClientError::Refused { status: 404, .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Words of what would be made before a thing of a workspace, for a dry run: the workspace, when nobody named it.
///
/// # Errors
/// When it was named and is not there, or that cannot be told.
pub async fn would_make(session: &Session, id: &ResourceId, workspace: &Named) -> Result<Vec<String>, Failure> {
    let above = ResourceId { child: Child::None, ..id.clone() };
    match session.client.get::<Value>(&above).await {
        Ok(_) => Ok(Vec::new()),
        Err(ClientError::Refused { status: 404, .. }) if !workspace.is_given => Ok(vec!["workspace".to_owned()]),
        Err(error) => Err(error.into()),
    }
}

/// In the words of `az`, which said "resource group" where it meant the workspace.
fn taken(id: &ResourceId) -> Failure {
    let ResourceId { group, workspace, child, .. } = id;
    let (noun, name) = match child {
        Child::None => ("workspace", workspace),
        Child::Cluster(name) => ("cluster", name),
        Child::FileServer(name) => ("file-server", name),
        Child::Experiment(name) => ("experiment", name),
        Child::Job(_, name) => ("job", name),
    };
    let message = format!("\"{name}\" already exists in \"{group}\" resource group under {workspace} workspace.");
    let flags = format!("-g {group} -w {workspace} -n {name}");
    Failure::new(ExitCode::Refused, message).hint(format!(
        "`batchai {noun} show {flags}` shows it; give another name, or delete it first: `batchai {noun} delete {flags}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_named_with_its_workspace() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/clusters/c";
        let failure = taken(&ResourceId::parse(id).expect("an id"));
        assert_eq!(failure.message, "\"c\" already exists in \"g\" resource group under w workspace.");
        assert!(failure.hints[0].contains("`batchai cluster delete -g g -w w -n c`"), "{:?}", failure.hints);
    }
}
