//! Every URL once: the templates the router matches and the paths the client asks for.

use super::id::{Child, ResourceId};

/// Workspaces of a whole subscription.
pub const WORKSPACES_OF_SUBSCRIPTION: &str = "/subscriptions/{subscription}/providers/Microsoft.BatchAI/workspaces";
/// Code snapshots, by content.
pub const SNAPSHOT: &str = "/subscriptions/{subscription}/providers/Microsoft.BatchAI/snapshots/{digest}";
/// The server itself.
pub const SERVER: &str = "/batchai/server";
/// Asks the server to leave; running jobs stay.
pub const SERVER_STOP: &str = "/batchai/server/stop";

/// Tokens of those who come over the network.
pub const TOKENS: &str = "/batchai/tokens";
/// One token.
pub const TOKEN: &str = "/batchai/tokens/{name}";

/// Below `/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.BatchAI/workspaces`.
pub mod below_group {
    /// Workspaces of a group.
    pub const WORKSPACES: &str = "/";
    /// One workspace.
    pub const WORKSPACE: &str = "/{workspace}";
    /// Its clusters.
    pub const CLUSTERS: &str = "/{workspace}/clusters";
    /// One cluster.
    pub const CLUSTER: &str = "/{workspace}/clusters/{cluster}";
    /// Its experiments.
    pub const EXPERIMENTS: &str = "/{workspace}/experiments";
    /// One experiment.
    pub const EXPERIMENT: &str = "/{workspace}/experiments/{experiment}";
    /// Its jobs.
    pub const JOBS: &str = "/{workspace}/experiments/{experiment}/jobs";
    /// One job.
    pub const JOB: &str = "/{workspace}/experiments/{experiment}/jobs/{job}";
    /// Stops a job.
    pub const TERMINATE: &str = "/{workspace}/experiments/{experiment}/jobs/{job}/terminate";
    /// Lists files of a job.
    pub const LIST_OUTPUT_FILES: &str = "/{workspace}/experiments/{experiment}/jobs/{job}/listOutputFiles";
    /// One file of a job: directory id, then its path in that directory.
    pub const OUTPUT_FILE: &str = "/{workspace}/experiments/{experiment}/jobs/{job}/outputFiles/{directory}/{*path}";
}

/// The prefix of everything in a resource group.
pub const GROUP_PREFIX: &str =
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.BatchAI/workspaces";

/// The collection that holds `id`, without the id's own name: where lists are.
#[must_use]
pub fn collection(id: &ResourceId) -> String {
    let own = id.to_string();
    own.rsplit_once('/').map_or(own.clone(), |(parent, _)| parent.to_owned())
}

/// Where one file of a job is. `path` is relative to the directory; each of its parts is percent-encoded.
#[must_use]
pub fn output_file(job: &ResourceId, directory: &str, path: &str) -> String {
    debug_assert!(matches!(job.child, Child::Job(..)), "only jobs have output files");
    let path: Vec<String> = path.split('/').map(encode).collect();
    format!("{job}/outputFiles/{}/{}", encode(directory), path.join("/"))
}

/// Where a code snapshot is.
#[must_use]
pub fn snapshot(subscription: &str, digest: &str) -> String {
    format!("/subscriptions/{}/providers/Microsoft.BatchAI/snapshots/{}", encode(subscription), encode(digest))
}

/// Where a token is.
#[must_use]
pub fn token(name: &str) -> String {
    format!("{TOKENS}/{}", encode(name))
}

/// Percent-encodes one part of a path, or one value of a query.
#[must_use]
pub fn encode(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_odd_characters_has_a_clean_address() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/experiments/e/jobs/j";
        let job = ResourceId::parse(id).expect("an id");
        assert_eq!(output_file(&job, "MODEL", "a b/ü?.txt"), format!("{id}/outputFiles/MODEL/a%20b/%C3%BC%3F.txt"));
        assert!(collection(&job).ends_with("/experiments/e/jobs"));
    }
}
