//! Every environment variable that is read, once. README has the same table.

/// Moves everything: data, socket, configuration.
pub const HOME: &str = "BATCHAI_HOME";
/// The server to use instead of the local one.
pub const ENDPOINT: &str = "BATCHAI_ENDPOINT";
/// What opens a server on the network.
pub const TOKEN: &str = "BATCHAI_TOKEN";
/// Certificates (PEM) of the only authorities to believe about a server on the network.
pub const CA_FILE: &str = "BATCHAI_CA_FILE";
/// The default of `-g`, as for `az`.
pub const DEFAULT_GROUP: &str = "AZURE_DEFAULTS_GROUP";
/// The default of `-o`, as for `az`.
pub const OUTPUT: &str = "AZURE_CORE_OUTPUT";
/// `true`: commands that delete do not ask, as for `az`.
pub const DISABLE_CONFIRM_PROMPT: &str = "AZURE_CORE_DISABLE_CONFIRM_PROMPT";
/// `true`: things named by `--ids` are taken one after the other, as for `az`.
pub const DISABLE_CONCURRENT_IDS: &str = "AZURE_CORE_DISABLE_CONCURRENT_IDS";
/// The default of `-w`.
pub const DEFAULT_WORKSPACE: &str = "AZURE_DEFAULTS_WORKSPACE";
/// The default of `-w` too: the name that `az batchai file-server create` read.
pub const DEFAULT_WORKSPACE_NAME: &str = "AZURE_DEFAULTS_DEFAULT_WORKSPACE_NAME";
/// The default of `-e`.
pub const DEFAULT_EXPERIMENT: &str = "AZURE_DEFAULTS_EXPERIMENT";
/// The default of `-c`.
pub const DEFAULT_CLUSTER: &str = "AZURE_DEFAULTS_CLUSTER";
/// The default of `-l`, as for `az`.
pub const DEFAULT_LOCATION: &str = "AZURE_DEFAULTS_LOCATION";
/// The default of `-g` of `file-server create`, as for `az`.
pub const DEFAULT_FILE_SERVER_GROUP: &str = "AZURE_DEFAULTS_DEFAULT_WORKSPACE_RESOURCE_GROUP";
/// The storage account of what is mounted, as for `az batchai`.
pub const STORAGE_ACCOUNT: &str = "AZURE_BATCHAI_STORAGE_ACCOUNT";
/// Its key, as for `az batchai`.
pub const STORAGE_KEY: &str = "AZURE_BATCHAI_STORAGE_KEY";
/// Seconds without work after which a server that was started by a command leaves.
pub const IDLE_SECONDS: &str = "BATCHAI_IDLE_SECONDS";
/// What the server logs: `error`, `warn`, `info`, `debug`.
pub const LOG: &str = "BATCHAI_LOG";

/// The value of a variable; an empty one counts as not set.
#[must_use]
pub fn get(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
