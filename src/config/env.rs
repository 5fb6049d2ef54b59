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
/// The default of `-l`, as for `az`.
pub const DEFAULT_LOCATION: &str = "AZURE_DEFAULTS_LOCATION";
/// The default of `-o`, as for `az`.
pub const OUTPUT: &str = "AZURE_CORE_OUTPUT";
/// `true`: commands that delete do not ask, as for `az`.
pub const DISABLE_CONFIRM_PROMPT: &str = "AZURE_CORE_DISABLE_CONFIRM_PROMPT";
/// The storage account of job and cluster files, as for `az batchai`.
pub const STORAGE_ACCOUNT: &str = "AZURE_BATCHAI_STORAGE_ACCOUNT";
/// Its key.
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
