//! Every operation of our api-version, a line each: what `openapi` makes its document of.
//!
//! `tests/it/openapi.rs` holds it against the router, both ways: what is routed is here, and what is here is routed.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::cluster::{Cluster, ClusterCreate, ClusterUpdate};
use super::experiment::Experiment;
use super::explanation::JobExplanation;
use super::file::File;
use super::file_server::{FileServer, FileServerCreate};
use super::job::{Job, JobCreate};
use super::long_operation::LongOperation;
use super::node::{NodePreempt, PreemptedNode, RemoteLoginInformation};
use super::operation::Operation as ProviderOperation;
use super::page::Page;
use super::path::{self, below_group as at};
use super::plan::{JobPlan, JobRerun};
use super::server::ServerStatus;
use super::storage::{self, StoredFile, Volume};
use super::token::{Token, TokenCreate};
use super::usage::Usage;
use super::vault::{Secret, SecretSet};
use super::workspace::{Workspace, WorkspaceCreate, WorkspaceUpdate};

/// One method of one path.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The words of the Swagger documents of the service where it has the operation: `Jobs_Create`.
    pub id: &'static str,
    /// In lower case: `put`.
    pub method: &'static str,
    /// As the router has it: `/batchai/server`.
    pub template: String,
    /// What it does, in half a sentence.
    pub summary: &'static str,
    /// Beside those in the path and the api-version.
    pub parameters: &'static [Parameter],
    /// What is sent.
    pub body: Content,
    /// What comes back with 200 or 206.
    pub answer: Content,
    /// Status codes of success.
    pub statuses: &'static [u16],
}

/// What a body is.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// There is none.
    None,
    /// JSON of this form.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// Bytes.
    Bytes,
    /// JSON that describes itself.
    OpenApi,
}

/// A parameter outside of the path.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// `query` or `header`.
    pub place: &'static str,
    /// Its JSON type.
    pub kind: &'static str,
    /// Whether it has to be there.
    pub is_required: bool,
    /// What it does.
    pub description: &'static str,
}

const fn optional(name: &'static str, kind: &'static str, description: &'static str) -> Parameter {
    Parameter { name, place: "query", kind, is_required: false, description }
}

const fn required(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, place: "query", kind: "string", is_required: true, description }
}

const fn header(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, place: "header", kind: "string", is_required: false, description }
}

const MOST: Parameter = optional("maxresults", "integer", "How many elements a page has at most: 1 to 1000");
const SKIP: Parameter = optional("$skiptoken", "integer", "Where a page starts; part of a nextLink");
const PATIENCE: Parameter = optional("waitSeconds", "integer", "For how long to wait until it is done: at most 60");
const GENERATION: Parameter = optional("generation", "integer", "Wait until it is another than this one");
const WAIT_FOR: Parameter = optional(
    "waitFor",
    "string",
    "Wait for a state: of a job `queued`, `running`, `terminating`, `succeeded`, `failed` or `ended`, of a cluster \
     `steady`, `resizing` or `idle`",
);
const WOULD_MAKE: Parameter = optional(
    "wouldMake",
    "string",
    "What may be missing because it would be made first: of `workspace`, `experiment`, `cluster`, with commas",
);
const ONLY_NEW: Parameter = header("If-None-Match", "`*`: any job of that name is a conflict");
const DIRECTORY_ID: Parameter = required("outputdirectoryid", "`stdouterr`, or the id of an output directory");
const FOLDER: Parameter = optional("directory", "string", "A directory below it; default `.`");
const EXPIRY: Parameter =
    optional("linkexpiryinminutes", "integer", "For how long download addresses are good: 5 to 600, default 60");
const OFFSET: Parameter = optional("offset", "integer", "The first byte to send");
const FOLLOW: Parameter = optional("follow", "boolean", "Go on until the job has ended and its last byte was sent");
const OF_ACCOUNT: Parameter = optional("accountName", "string", "Only those of this storage account");
const FIRST_USE: Parameter =
    optional("resourceGroup", "string", "The group that gets the account if nobody has used it yet");
const STORED_FOLDER: Parameter = optional("directory", "string", "A folder of the volume, or one file; default all");
const RECURSIVE: Parameter = optional("recursive", "boolean", "Whether folders are gone into");
const MARKER: Parameter = optional("marker", "string", "Where a page starts; part of a nextLink");
const MOST_FILES: Parameter = optional("maxresults", "integer", "How many elements a page has at most: 1 to 5000");
const EXECUTABLE: Parameter = optional("executable", "boolean", "Whether jobs can run the file");
const RANGE: Parameter = header("Range", "One range of bytes, such as `bytes=100-`");
const IF_RANGE: Parameter = header("If-Range", "The range counts only if the file has still this ETag or date");

const LIST: &[Parameter] = &[MOST, SKIP];
const WAIT: &[Parameter] = &[PATIENCE];
const SIGNED: &[Parameter] = &[
    required("sv", "Part of the signed address"),
    required("sr", "Part of the signed address"),
    required("sig", "The signature"),
    required("se", "When the address expires, UTC"),
    required("sp", "Part of the signed address"),
    RANGE,
    IF_RANGE,
];

const GONE: &[u16] = &[200, 202, 204];

/// All of them, in the order of the document.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let mut all = vec![
        get(path::WORKSPACES_OF_SUBSCRIPTION, "Workspaces_List", "Workspaces of a subscription")
            .with(LIST)
            .json::<Page<Workspace>>(),
        get(path::ACTIVE_JOBS, "Jobs_ListActive", "Jobs of a subscription that have not ended, running ones first")
            .json::<Page<Job>>(),
        get(path::OPERATIONS, "Operations_List", "What the provider can do").json::<Page<ProviderOperation>>(),
        get(path::USAGES, "Usages_List", "What is in use in a region, and how much there is").json::<Page<Usage>>(),
        get(path::OPERATION_RESULT, "LongOperations_Get", "How far an operation is that another version began")
            .json::<LongOperation>(),
        get(path::OPERATION_STATUS, "LongOperations_GetResult", "202 while such an operation goes on")
            .statuses(&[200, 202, 204]),
        head(path::SNAPSHOT, "Snapshots_Exists", "Whether a code snapshot is there"),
        put(path::SNAPSHOT, "Snapshots_Create", "Sends a code snapshot: a tar archive").sends_bytes(),
        get(storage::VOLUMES, "Storage_ListVolumes", "File shares and blob containers that have been made")
            .with(&[OF_ACCOUNT])
            .json::<Page<Volume>>(),
        get(storage::VOLUME, "Storage_GetVolume", "A file share (`shares`) or blob container (`containers`)")
            .json::<Volume>(),
        put(storage::VOLUME, "Storage_MakeVolume", "Makes a file share or blob container; 201 when it was not there")
            .with(&[FIRST_USE])
            .statuses(&[200, 201])
            .json::<Volume>(),
        delete(storage::VOLUME, "Storage_DeleteVolume", "Deletes a share or container with all that is in it")
            .with(&[])
            .statuses(&[200, 204]),
        get(storage::FILES, "Storage_ListFiles", "What lies in a share or container")
            .with(&[STORED_FOLDER, RECURSIVE, MARKER, MOST_FILES])
            .json::<Page<StoredFile>>(),
        get(storage::FILE, "Storage_ReadFile", "A file of a share or container")
            .with(&[RANGE, IF_RANGE])
            .bytes(&[200, 206]),
        head(storage::FILE, "Storage_DescribeFile", "Size and state of a file of a share or container"),
        put(storage::FILE, "Storage_WriteFile", "Sends a file; it is there when it is whole. 201 when it is new")
            .with(&[EXECUTABLE])
            .sends_bytes()
            .statuses(&[200, 201]),
        delete(storage::FILE, "Storage_RemoveFile", "Deletes a file, or a folder with all that is in it")
            .with(&[])
            .statuses(&[200, 204]),
        get(path::SERVER, "Server_Get", "Who the server is and how it is").json::<ServerStatus>(),
        post(path::SERVER_STOP, "Server_Stop", "Asks the server to leave; running jobs stay"),
        get(path::TOKENS, "Tokens_List", "Tokens of those who come over the network").json::<Page<Token>>(),
        post(path::TOKENS, "Tokens_Create", "Makes a token; the only answer that has its text")
            .sends::<TokenCreate>()
            .json::<Token>(),
        delete(path::TOKEN, "Tokens_Revoke", "Revokes a token").with(&[]).statuses(&[200]),
        get(path::SECRETS, "Secrets_List", "Secrets of all key vaults of this server, without their values")
            .json::<Page<Secret>>(),
        get(path::VAULT_SECRETS, "Secrets_ListByVault", "Secrets of a key vault, without their values")
            .json::<Page<Secret>>(),
        put(path::VAULT_SECRET, "Secrets_Set", "Makes a new version of a secret; no answer has its value")
            .sends::<SecretSet>()
            .json::<Secret>(),
        delete(path::VAULT_SECRET, "Secrets_Delete", "Deletes a secret with all its versions")
            .with(&[])
            .statuses(&[200]),
        get(path::OPENAPI, "Server_Describe", "This document").answers_with(Content::OpenApi),
        get(path::DOWNLOAD, "Downloads_Get", "A file of a job, by signed address").with(SIGNED).bytes(&[200, 206]),
        head(path::DOWNLOAD, "Downloads_Describe", "Size and state of a file of a job, by signed address").with(SIGNED),
    ];
    all.extend(below_group().into_iter().map(|operation| {
        let template = format!("{}{}", path::GROUP_PREFIX, operation.template.trim_end_matches('/'));
        Operation { template, ..operation }
    }));
    all
}

fn below_group() -> Vec<Operation> {
    vec![
        get(at::WORKSPACES, "Workspaces_ListByResourceGroup", "Workspaces of a resource group")
            .with(LIST)
            .json::<Page<Workspace>>(),
        get(at::WORKSPACE, "Workspaces_Get", "A workspace").json::<Workspace>(),
        put(at::WORKSPACE, "Workspaces_Create", "Makes a workspace").sends::<WorkspaceCreate>().json::<Workspace>(),
        patch(at::WORKSPACE, "Workspaces_Update", "Replaces the tags of a workspace")
            .sends::<WorkspaceUpdate>()
            .json::<Workspace>(),
        delete(at::WORKSPACE, "Workspaces_Delete", "Deletes a workspace and all that is in it"),
        get(at::CLUSTERS, "Clusters_ListByWorkspace", "Clusters of a workspace").with(LIST).json::<Page<Cluster>>(),
        get(at::CLUSTER, "Clusters_Get", "A cluster, as soon as it has changed or is in a state")
            .with(&[GENERATION, WAIT_FOR, PATIENCE])
            .json::<Cluster>(),
        put(at::CLUSTER, "Clusters_Create", "Makes a cluster").sends::<ClusterCreate>().json::<Cluster>(),
        patch(at::CLUSTER, "Clusters_Update", "Changes how many nodes a cluster has")
            .sends::<ClusterUpdate>()
            .json::<Cluster>(),
        delete(at::CLUSTER, "Clusters_Delete", "Deletes a cluster"),
        get(
            at::CLUSTER_REMOTE_LOGIN,
            "Clusters_ListRemoteLoginInformationPage",
            "How to log in to the nodes of a cluster, for clients that GET",
        )
        .json::<Page<RemoteLoginInformation>>(),
        post(
            at::CLUSTER_REMOTE_LOGIN,
            "Clusters_ListRemoteLoginInformation",
            "How to log in to the nodes of a cluster",
        )
        .json::<Page<RemoteLoginInformation>>(),
        post(at::PREEMPT_NODE, "Clusters_PreemptNode", "Takes away a node of low priority; what ran on it runs again")
            .sends::<NodePreempt>()
            .json::<PreemptedNode>(),
        get(at::SETUP_TASK_FILES, "Clusters_ListSetupTaskFilesPage", "Files of a set-up task, for a nextLink")
            .with(&[FOLDER, EXPIRY, MOST, SKIP])
            .json::<Page<File>>(),
        post(at::SETUP_TASK_FILES, "Clusters_ListSetupTaskFiles", "Files of a set-up task, one directory at a time")
            .with(&[FOLDER, EXPIRY, MOST, SKIP])
            .json::<Page<File>>(),
        get(at::FILE_SERVERS, "FileServers_ListByWorkspace", "File servers of a workspace")
            .with(LIST)
            .json::<Page<FileServer>>(),
        get(at::FILE_SERVER, "FileServers_Get", "A file server").json::<FileServer>(),
        put(at::FILE_SERVER, "FileServers_Create", "Makes a file server")
            .sends::<FileServerCreate>()
            .json::<FileServer>(),
        delete(at::FILE_SERVER, "FileServers_Delete", "Deletes a file server and all that is stored on it"),
        get(at::EXPERIMENTS, "Experiments_ListByWorkspace", "Experiments of a workspace")
            .with(LIST)
            .json::<Page<Experiment>>(),
        get(at::EXPERIMENT, "Experiments_Get", "An experiment").json::<Experiment>(),
        put(at::EXPERIMENT, "Experiments_Create", "Makes an experiment").json::<Experiment>(),
        delete(at::EXPERIMENT, "Experiments_Delete", "Deletes an experiment and its jobs"),
        get(at::JOBS, "Jobs_ListByExperiment", "Jobs of an experiment").with(LIST).json::<Page<Job>>(),
        get(at::JOB, "Jobs_Get", "A job, as soon as it has changed or is in a state")
            .with(&[GENERATION, WAIT_FOR, PATIENCE])
            .json::<Job>(),
        put(at::JOB, "Jobs_Create", "Submits a job").with(&[ONLY_NEW]).sends::<JobCreate>().json::<Job>(),
        delete(at::JOB, "Jobs_Delete", "Stops a job and deletes it"),
        post(at::TERMINATE, "Jobs_Terminate", "Stops a job").with(WAIT).statuses(&[200, 202]),
        post(at::PLAN, "Jobs_Plan", "What a job would do; nothing is submitted")
            .with(&[WOULD_MAKE])
            .sends::<JobCreate>()
            .json::<JobPlan>(),
        get(at::EXPLANATION, "Jobs_Explain", "Why a job waits, what it does, or how it ended").json::<JobExplanation>(),
        post(at::RERUN, "Jobs_Rerun", "Submits a job once more under another name").sends::<JobRerun>().json::<Job>(),
        get(
            at::JOB_REMOTE_LOGIN,
            "Jobs_ListRemoteLoginInformationPage",
            "How to log in to the nodes of a job, for clients that GET",
        )
        .json::<Page<RemoteLoginInformation>>(),
        post(at::JOB_REMOTE_LOGIN, "Jobs_ListRemoteLoginInformation", "How to log in to the nodes of a job")
            .json::<Page<RemoteLoginInformation>>(),
        get(at::LIST_OUTPUT_FILES, "Jobs_ListOutputFilesPage", "Files of a job, for clients that GET a nextLink")
            .with(&[DIRECTORY_ID, FOLDER, EXPIRY, MOST, SKIP])
            .json::<Page<File>>(),
        post(at::LIST_OUTPUT_FILES, "Jobs_ListOutputFiles", "Files of a job, one directory at a time")
            .with(&[DIRECTORY_ID, FOLDER, EXPIRY, MOST, SKIP])
            .json::<Page<File>>(),
        get(at::OUTPUT_FILE, "Jobs_ReadOutputFile", "A file of a job from an offset, or as it is written")
            .with(&[OFFSET, FOLLOW])
            .bytes(&[200]),
    ]
}

fn get(template: &str, id: &'static str, summary: &'static str) -> Operation {
    operation("get", template, id, summary)
}

fn head(template: &str, id: &'static str, summary: &'static str) -> Operation {
    operation("head", template, id, summary)
}

fn put(template: &str, id: &'static str, summary: &'static str) -> Operation {
    operation("put", template, id, summary)
}

fn patch(template: &str, id: &'static str, summary: &'static str) -> Operation {
    operation("patch", template, id, summary)
}

fn post(template: &str, id: &'static str, summary: &'static str) -> Operation {
    operation("post", template, id, summary)
}

fn delete(template: &str, id: &'static str, summary: &'static str) -> Operation {
    operation("delete", template, id, summary).with(WAIT).statuses(GONE)
}

fn operation(method: &'static str, template: &str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        id,
        method,
        template: template.into(),
        summary,
        parameters: &[],
        body: Content::None,
        answer: Content::None,
        statuses: &[200],
    }
}

fn json<T: JsonSchema>() -> Content {
    Content::Json(SchemaGenerator::subschema_for::<T>)
}

impl Operation {
    fn with(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    fn sends<T: JsonSchema>(self) -> Self {
        Self { body: json::<T>(), ..self }
    }

    fn sends_bytes(self) -> Self {
        Self { body: Content::Bytes, ..self }
    }

    fn json<T: JsonSchema>(self) -> Self {
        self.answers_with(json::<T>())
    }

    fn answers_with(self, answer: Content) -> Self {
        Self { answer, ..self }
    }

    fn bytes(self, statuses: &'static [u16]) -> Self {
        Self { answer: Content::Bytes, statuses, ..self }
    }

    fn statuses(self, statuses: &'static [u16]) -> Self {
        Self { statuses, ..self }
    }
}
