//! What the flat api-versions (2017-09-01-preview, 2018-03-01) know of a resource and 2018-05-01 has dropped.
//!
//! Stored beside the spec so that an old client reads back what it wrote; `server/versions` alone looks inside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The workspace that holds the flat resources of a region is this and the region's name (azure-docs
/// `batch-ai/migrate-to-new-api`).
pub const WORKSPACE_PREFIX: &str = "migrated-";
/// The experiment of that workspace that holds the flat jobs.
pub const EXPERIMENT: &str = "migrated";

/// What an old client wrote that the current version has no place for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Legacy {
    /// The region, as written.
    pub location: String,
    /// Free labels.
    pub tags: Option<BTreeMap<String, String>>,
    /// Jobs: a word of the user's; it made no experiment.
    pub experiment_name: Option<String>,
    /// Jobs: -1000 to 1000.
    pub priority: Option<i32>,
    /// Jobs: what was said of output directories, in their order.
    pub output_directories: Vec<LegacyOutputDirectory>,
    /// Clusters: whether the set-up task asked to run as root.
    pub run_elevated: Option<bool>,
    /// Jobs: whether the path of its output has a part of its own for this run; 2017-09-01-preview had none
    /// (recordings of azure-cli, 2017).
    pub segment_has_uuid: bool,
}

/// What an old client said of an output directory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LegacyOutputDirectory {
    /// `model`, `logs`, `summary` or `custom`.
    pub kind: Option<String>,
    /// Whether it should be made.
    pub create_new: Option<bool>,
}
