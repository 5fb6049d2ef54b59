//! The columns of every table, as `az batchai` 0.4.10 had them.
//!
//! One screenful of trait, then one table per resource. Reads wire values only.

use serde_json::Value;

use super::shape::{self, segment};
use crate::api::cluster::Cluster;
use crate::api::experiment::Experiment;
use crate::api::file::File;
use crate::api::job::Job;
use crate::api::token::Token;
use crate::api::vault::Secret;
use crate::api::workspace::Workspace;

/// A wire value that can be printed in every format.
pub trait Row {
    /// The value as on the wire, absent fields as null.
    ///
    /// # Errors
    ///
    /// Where the value has no JSON form.
    fn wire(&self) -> Result<Value, serde_json::Error>;

    /// The value as it is printed as JSON.
    ///
    /// # Errors
    ///
    /// As [`Row::wire`].
    fn printed(&self) -> Result<Value, serde_json::Error> {
        self.wire().map(shape::shape)
    }

    /// The titles of the columns.
    fn columns(&self) -> &'static [&'static str];

    /// One cell per column; empty where there is nothing to say.
    fn cells(&self) -> Vec<String>;
}

impl Row for Workspace {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Name", "Resource Group", "Location", "State"]
    }

    fn cells(&self) -> Vec<String> {
        let state = &self.properties.provisioning_state;
        vec![self.name.clone(), group(&self.id), self.location.clone(), state.clone()]
    }
}

impl Row for Experiment {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Name", "Resource Group", "Workspace", "State"]
    }

    fn cells(&self) -> Vec<String> {
        let state = &self.properties.provisioning_state;
        vec![self.name.clone(), group(&self.id), workspace(&self.id), state.clone()]
    }
}

impl Row for Cluster {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &[
            "Name",
            "Resource Group",
            "Workspace",
            "VM Size",
            "State",
            "Idle",
            "Running",
            "Preparing",
            "Leaving",
            "Unusable",
        ]
    }

    fn cells(&self) -> Vec<String> {
        let properties = &self.properties;
        let nodes = &properties.node_state_counts;
        let text = [
            self.name.clone(),
            group(&self.id),
            workspace(&self.id),
            properties.spec.vm_size.clone().unwrap_or_default(),
            state(&properties.provisioning_state, &properties.allocation_state),
        ];
        let counts = [
            nodes.idle_node_count,
            nodes.running_node_count,
            nodes.preparing_node_count,
            nodes.leaving_node_count,
            nodes.unusable_node_count,
        ];
        text.into_iter().chain(counts.map(|count| count.to_string())).collect()
    }
}

impl Row for Job {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Name", "Cluster", "Cluster RG", "Cluster Workspace", "Tool", "Nodes", "State", "Exit code"]
    }

    fn cells(&self) -> Vec<String> {
        let properties = &self.properties;
        let cluster = &properties.spec.cluster.id;
        let exit_code = properties.execution_info.as_ref().and_then(|info| info.exit_code);
        vec![
            self.name.clone(),
            cluster.rsplit('/').next().unwrap_or_default().to_owned(),
            group(cluster),
            workspace(cluster),
            properties.tool_type.clone(),
            properties.spec.node_count.to_string(),
            state(&properties.provisioning_state, &properties.execution_state),
            exit_code.map(|code| code.to_string()).unwrap_or_default(),
        ]
    }
}

impl Row for File {
    /// The service leaves the properties of a directory out; the Azure CLI shows them as null all the same.
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

/// The columns of files, wherever they are.
pub const FILE_COLUMNS: [&str; 4] = ["Name", "Type", "Size", "Modified"];

/// What is in these columns; `size` is in bytes, `modified` as the server tells it.
pub fn file_cells(name: &str, file_type: &str, size: Option<u64>, modified: Option<&str>) -> Vec<String> {
    let size = size.filter(|_| file_type != "directory");
    vec![
        name.to_owned(),
        file_type.to_owned(),
        size.map(|bytes| bytes.to_string()).unwrap_or_default(),
        modified.map(shape::timestamp).unwrap_or_default(),
    ]
}

/// Ours. The text of a token is in the answer to its making, and nowhere else.
impl Row for Token {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        match self.token {
            Some(_) => &["Name", "Role", "Resource Group", "Expires", "Token"],
            None => &["Name", "Role", "Resource Group", "Expires", "Created"],
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.role.clone(),
            self.resource_group.clone().unwrap_or_default(),
            self.expires.clone().unwrap_or_default(),
            self.token.clone().unwrap_or_else(|| self.created.clone()),
        ]
    }
}

/// Ours; in the form that Key Vault has, whose values are never there.
impl Row for Secret {
    fn wire(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Vault", "Name", "Version", "Versions", "Created", "Updated"]
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.vault.clone(),
            self.name.clone(),
            self.version.clone(),
            self.versions.len().to_string(),
            self.attributes.created.clone(),
            self.attributes.updated.clone(),
        ]
    }
}

/// Deletion hides whatever else a resource is doing.
fn state(provisioning: &str, otherwise: &str) -> String {
    if provisioning == "deleting" { provisioning.to_owned() } else { otherwise.to_owned() }
}

pub(super) fn group(id: &str) -> String {
    segment(id, "resourceGroups").unwrap_or_default().to_owned()
}

/// Empty for ids of the older api-versions, which had no workspaces.
fn workspace(id: &str) -> String {
    segment(id, "workspaces").unwrap_or_default().to_owned()
}
