//! The operations of the provider. Their names are those that the service listed for 2018-05-01.

use super::Answer;
use crate::api::PROVIDER;
use crate::api::operation::{Operation, OperationDisplay};
use crate::api::page::Page;
use crate::server::extract::{Version, Wire};

/// Name after the provider, kind of resource, what is done.
const OPERATIONS: [(&str, &str, &str); 26] = [
    ("workspaces/read", "Workspaces", "List or get workspaces"),
    ("workspaces/write", "Workspaces", "Create or update a workspace"),
    ("workspaces/delete", "Workspaces", "Delete a workspace and everything in it"),
    ("workspaces/experiments/read", "Experiments", "List or get experiments"),
    ("workspaces/experiments/write", "Experiments", "Create an experiment"),
    ("workspaces/experiments/delete", "Experiments", "Delete an experiment and its jobs"),
    ("clusters/read", "Clusters", "List or get clusters"),
    ("workspaces/clusters/read", "Clusters", "List or get clusters"),
    ("workspaces/clusters/write", "Clusters", "Create or update a cluster"),
    ("workspaces/clusters/delete", "Clusters", "Delete a cluster"),
    ("workspaces/clusters/remoteLoginInformation/action", "Clusters", "List how to log in to the nodes of a cluster"),
    ("workspaces/experiments/jobs/read", "Jobs", "List or get jobs"),
    ("workspaces/experiments/jobs/write", "Jobs", "Create a job"),
    ("workspaces/experiments/jobs/delete", "Jobs", "Delete a job"),
    ("workspaces/experiments/jobs/terminate/action", "Jobs", "Terminate a job"),
    ("workspaces/experiments/jobs/remoteLoginInformation/action", "Jobs", "List how to log in to the nodes of a job"),
    ("workspaces/experiments/jobs/listoutputfiles/action", "Jobs", "List output files of a job"),
    ("fileservers/read", "File Servers", "List or get file servers"),
    ("workspaces/fileservers/read", "File Servers", "List or get file servers"),
    ("workspaces/fileservers/write", "File Servers", "Create a file server"),
    ("workspaces/fileservers/delete", "File Servers", "Delete a file server"),
    ("locations/usages/read", "Usages", "Get usage and limits in a region"),
    ("register/action", "Resource Provider", "Register a subscription for the provider"),
    ("unregister/action", "Resource Provider", "Unregister a subscription from the provider"),
    ("locations/operationresults/read", "Operation Results", "Get how far a long-running operation is"),
    ("locations/operationstatuses/read", "Operation Statuses", "Get the result of a long-running operation"),
];

/// GET: all of them.
pub async fn list(_: Version) -> Answer<Wire<Page<Operation>>> {
    let value = OPERATIONS.map(|(name, resource, what)| Operation {
        name: format!("{PROVIDER}/{name}"),
        display: OperationDisplay {
            description: format!("{what} (Batch AI)"),
            operation: what.into(),
            provider: "Microsoft Batch AI".into(),
            resource: format!("Batch AI {resource}"),
        },
        origin: "user,system".into(),
    });
    Ok(Wire(Page { value: value.into(), next_link: None }))
}
