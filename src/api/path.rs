//! Every URL once: the templates the router matches and the paths the client asks for.

use super::id::{Child, ResourceId};

/// Workspaces of a whole subscription.
pub const WORKSPACES_OF_SUBSCRIPTION: &str = "/subscriptions/{subscription}/providers/Microsoft.BatchAI/workspaces";
/// Code snapshots, by content.
pub const SNAPSHOT: &str = "/subscriptions/{subscription}/providers/Microsoft.BatchAI/snapshots/{digest}";
/// What the provider can do.
pub const OPERATIONS: &str = "/providers/Microsoft.BatchAI/operations";
/// How far an operation is that goes on after its request was answered. The words of this and of [`OPERATION_STATUS`]
/// are the reverse of Azure's habit (azure-sdk-for-net recordings, June 2018).
pub const OPERATION_RESULT: &str =
    "/subscriptions/{subscription}/providers/Microsoft.BatchAI/locations/{location}/operationresults/{id}";
/// What such an operation answers in the end.
pub const OPERATION_STATUS: &str =
    "/subscriptions/{subscription}/providers/Microsoft.BatchAI/locations/{location}/operationstatuses/{id}";
/// The word of [`OPERATION_RESULT`].
pub const RESULTS: &str = "operationresults";
/// The word of [`OPERATION_STATUS`].
pub const STATUSES: &str = "operationstatuses";
/// Jobs of a subscription that have not ended.
pub const ACTIVE_JOBS: &str = "/subscriptions/{subscription}/providers/Microsoft.BatchAI/activeJobs";
/// What is in use in a region, and how much there is.
pub const USAGES: &str = "/subscriptions/{subscription}/providers/Microsoft.BatchAI/locations/{location}/usages";
/// What begins like this is about the server, and in no version of Batch AI.
pub const OWN: &str = "/batchai/";
/// The server itself.
pub const SERVER: &str = "/batchai/server";
/// Asks the server to leave; running jobs stay.
pub const SERVER_STOP: &str = "/batchai/server/stop";

/// What the server speaks, as an OpenAPI document.
pub const OPENAPI: &str = "/batchai/openapi.json";
/// One file of a job for whoever has its signed address: job, directory id, then its path in that directory.
pub const DOWNLOAD: &str = "/downloads/{job}/{directory}/{*path}";
/// Resources of the flat api-versions: where they are in a group, and what can be asked of all of a subscription.
pub mod flat {
    /// Clusters of a subscription.
    pub const CLUSTERS_OF_SUBSCRIPTION: &str = "/subscriptions/{subscription}/providers/Microsoft.BatchAI/clusters";
    /// Jobs of a subscription.
    pub const JOBS_OF_SUBSCRIPTION: &str = "/subscriptions/{subscription}/providers/Microsoft.BatchAI/jobs";
    /// File servers of a subscription.
    pub const FILE_SERVERS_OF_SUBSCRIPTION: &str =
        "/subscriptions/{subscription}/providers/Microsoft.BatchAI/fileServers";
    /// The prefix of a group.
    pub const GROUP_PREFIX: &str = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.BatchAI";
    /// Clusters of a group.
    pub const CLUSTERS: &str = "/clusters";
    /// One cluster.
    pub const CLUSTER: &str = "/clusters/{name}";
    /// File servers of a group.
    pub const FILE_SERVERS: &str = "/fileServers";
    /// One file server.
    pub const FILE_SERVER: &str = "/fileServers/{name}";
    /// Jobs of a group.
    pub const JOBS: &str = "/jobs";
    /// One job.
    pub const JOB: &str = "/jobs/{name}";
    /// Stops a job.
    pub const TERMINATE: &str = "/jobs/{name}/terminate";
    /// Lists how to log in to the nodes of a cluster.
    pub const CLUSTER_REMOTE_LOGIN: &str = "/clusters/{name}/listRemoteLoginInformation";
    /// Lists how to log in to the nodes of a job.
    pub const JOB_REMOTE_LOGIN: &str = "/jobs/{name}/listRemoteLoginInformation";
    /// Lists files of a job.
    pub const LIST_OUTPUT_FILES: &str = "/jobs/{name}/listOutputFiles";
}
/// Tokens of those who come over the network.
pub const TOKENS: &str = "/batchai/tokens";
/// One token.
pub const TOKEN: &str = "/batchai/tokens/{name}";
/// Secrets of all the server's own key vaults.
pub const SECRETS: &str = "/batchai/secrets";
/// Secrets of one of them.
pub const VAULT_SECRETS: &str = "/batchai/vaults/{vault}/secrets";
/// One secret.
pub const VAULT_SECRET: &str = "/batchai/vaults/{vault}/secrets/{secret}";

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
    /// Lists how to log in to the nodes of a cluster.
    pub const CLUSTER_REMOTE_LOGIN: &str = "/{workspace}/clusters/{cluster}/listRemoteLoginInformation";
    /// Takes a node of it away.
    pub const PREEMPT_NODE: &str = "/{workspace}/clusters/{cluster}/preemptNode";
    /// Lists what its set-up task wrote.
    pub const SETUP_TASK_FILES: &str = "/{workspace}/clusters/{cluster}/listSetupTaskFiles";
    /// Its file servers.
    pub const FILE_SERVERS: &str = "/{workspace}/fileServers";
    /// One file server.
    pub const FILE_SERVER: &str = "/{workspace}/fileServers/{fileServer}";
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
    /// Lists how to log in to the nodes of a job.
    pub const JOB_REMOTE_LOGIN: &str = "/{workspace}/experiments/{experiment}/jobs/{job}/listRemoteLoginInformation";
    /// Lists files of a job.
    pub const LIST_OUTPUT_FILES: &str = "/{workspace}/experiments/{experiment}/jobs/{job}/listOutputFiles";
    /// What a job of this name would do.
    pub const PLAN: &str = "/{workspace}/experiments/{experiment}/jobs/{job}/plan";
    /// Why a job waits, what it does, or how it ended.
    pub const EXPLANATION: &str = "/{workspace}/experiments/{experiment}/jobs/{job}/explanation";
    /// Submits a job once more.
    pub const RERUN: &str = "/{workspace}/experiments/{experiment}/jobs/{job}/rerun";
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
    format!("{job}/outputFiles/{}/{}", encode(directory), encode_path(path))
}

/// Where one file of a job is for whoever has the signature that goes with it. `job` as in [`DOWNLOAD`]; `path` is
/// relative to the directory; each of its parts is percent-encoded.
#[must_use]
pub fn download(job: &str, directory: &str, path: &str) -> String {
    format!("/downloads/{}/{}/{}", encode(job), encode(directory), encode_path(path))
}

/// Where a code snapshot is.
#[must_use]
pub fn snapshot(subscription: &str, digest: &str) -> String {
    format!("/subscriptions/{}/providers/Microsoft.BatchAI/snapshots/{}", encode(subscription), encode(digest))
}

/// Where an operation is that goes on after its request was answered; `word` is [`RESULTS`] or [`STATUSES`].
#[must_use]
pub fn long_operation(subscription: &str, region: &str, word: &str, id: &str) -> String {
    let (subscription, region, id) = (encode(subscription), encode(region), encode(id));
    format!("/subscriptions/{subscription}/providers/Microsoft.BatchAI/locations/{region}/{word}/{id}")
}

/// Percent-encodes each part of a path.
pub(super) fn encode_path(path: &str) -> String {
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}

/// Where a token is.
#[must_use]
pub fn token(name: &str) -> String {
    format!("{TOKENS}/{}", encode(name))
}

/// Where the secrets of a key vault are.
#[must_use]
pub fn vault_secrets(vault: &str) -> String {
    VAULT_SECRETS.replace("{vault}", &encode(vault))
}

/// Where a secret is.
#[must_use]
pub fn vault_secret(vault: &str, name: &str) -> String {
    format!("{}/{}", vault_secrets(vault), encode(name))
}

/// Percent-encodes one part of a path, or one value of a query.
#[must_use]
pub fn encode(part: &str) -> String {
    encode_bytes(part.as_bytes(), b"-._~")
}

/// The `file://` URL of an absolute path, whose bytes need not be text (RFC 8089).
#[must_use]
pub fn file_url(path: &[u8]) -> String {
    format!("file://{}", encode_bytes(path, b"-._~/"))
}

/// Percent-encodes all but letters, digits and `kept`.
fn encode_bytes(bytes: &[u8], kept: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
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
        assert_eq!(download("7-u", "MODEL", "a b/ü?.txt"), "/downloads/7-u/MODEL/a%20b/%C3%BC%3F.txt");
        assert_eq!(file_url(b"/a b/\xff.txt"), "file:///a%20b/%FF.txt");
        assert!(collection(&job).ends_with("/experiments/e/jobs"));
    }
}
