//! Files of a job, as listOutputFiles tells of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The directory id of standard output and logs.
pub const STDOUTERR: &str = "stdouterr";

/// One file or directory; one level, no recursion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct File {
    /// Its base name.
    pub name: String,
    /// `file` or `directory`.
    pub file_type: String,
    /// Where to fetch it; files only.
    pub download_url: Option<String>,
    /// Size and time; files only.
    pub properties: Option<FileProperties>,
}

/// Size and time of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileProperties {
    /// Last change, UTC.
    pub last_modified: Option<String>,
    /// Size in bytes.
    pub content_length: Option<u64>,
}
