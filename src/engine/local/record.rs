//! What is written of a node: `node.json` in its directory.
//!
//! Called by [`super::nodes`]. Knows the file and its format, and nothing of how a node comes to a state.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::holding::Hold;
use super::setting_up::Attempt;
use crate::engine::directories::Layout;
use crate::engine::{NodeCondition, NodeFact, NodeName};

const VERSION: u32 = 1;

/// The number of a cluster and the place of a node in it.
pub(super) type Key = (i64, u32);

/// A node as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    pub index: u32,
    /// Empty where a server wrote it that did not know ids.
    #[serde(default)]
    pub id: String,
    pub address: String,
    /// The port of its SSH server, kept for as long as the node is there; `None`: it offers none.
    #[serde(default)]
    pub ssh_port: Option<u16>,
    /// The GPUs that are its own, for as long as it is there.
    #[serde(default)]
    pub gpus: Vec<String>,
    /// Whether there were GPUs to deal when it got its own; else it gets them as soon as there are some.
    #[serde(default)]
    pub is_dealt: bool,
    /// Who holds its volumes, where something has to.
    #[serde(default)]
    pub hold: Option<Hold>,
    /// The data directory that it was prepared in: when that is moved, nothing of the node is where it was. Empty where a
    /// server wrote it that did not know.
    #[serde(default)]
    pub data: PathBuf,
    /// The boot that it was prepared in: the next one finds nothing mounted, and sets it up again.
    pub boot_id: String,
    pub state: State,
}

/// ```text
/// Preparing -> Mounted -> SettingUp -> Ready
/// ```
/// `Broken` from each of them; from the beginning again after a restart of the machine, or when its volumes are lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    /// Its volumes are being mounted.
    Preparing,
    /// All volumes are there, and the set-up task has not begun.
    Mounted,
    /// The set-up task runs.
    SettingUp(Attempt),
    Ready,
    Broken(String),
}

impl Record {
    /// A node that is new.
    pub(super) fn new(name: &NodeName, address: String, (data, boot_id): (PathBuf, String), state: State) -> Self {
        Self {
            version: VERSION,
            index: name.index,
            id: name.id.clone(),
            address,
            ssh_port: None,
            gpus: Vec::new(),
            is_dealt: false,
            hold: None,
            data,
            boot_id,
            state,
        }
    }

    /// Its place and id.
    pub(super) fn name(&self) -> NodeName {
        NodeName { index: self.index, id: self.id.clone() }
    }

    /// What the scheduler is told.
    pub(super) fn fact(&self) -> NodeFact {
        let condition = match &self.state {
            State::Preparing | State::Mounted | State::SettingUp(_) => NodeCondition::Preparing,
            State::Ready => NodeCondition::Ready,
            State::Broken(reason) => NodeCondition::Broken(reason.clone()),
        };
        NodeFact {
            index: self.index,
            id: self.id.clone(),
            address: self.address.clone(),
            ssh_port: self.ssh_port,
            gpus: self.gpus.clone(),
            condition,
        }
    }

    /// Writes it when it has changed. What cannot be written is done again by the next server.
    pub(super) fn note(&self, layout: &Layout, key: Key) {
        let path = path(layout, key);
        if let Err(e) = self.write(&path) {
            tracing::warn!(path = %path.display(), error = %e, "cannot write down the state of a node");
        }
    }

    /// Writes it so that a reader finds the old one or the new one.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("json.new");
        fs::write(&beside, serde_json::to_vec(self)?)?;
        fs::rename(beside, path)
    }
}

/// Where the record of a node is.
pub(super) fn path(layout: &Layout, key: Key) -> PathBuf {
    layout.node(key.0, key.1).join("node.json")
}

/// All that can be read; a directory without a record is no node.
pub(super) fn read_all(nodes: &Path) -> io::Result<BTreeMap<Key, Record>> {
    let mut records = BTreeMap::new();
    let clusters = match fs::read_dir(nodes) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(records),
        other => other?,
    };
    for cluster in clusters {
        let cluster = cluster?;
        let Some(number) = cluster.file_name().to_str().and_then(|name| name.parse::<i64>().ok()) else { continue };
        for node in fs::read_dir(cluster.path())? {
            let path = node?.path();
            let record = fs::read(path.join("node.json")).ok().and_then(|text| serde_json::from_slice(&text).ok());
            let record = record.filter(|record: &Record| record.version <= VERSION);
            if let Some(mut record) = record.filter(|record| path.ends_with(record.index.to_string())) {
                if record.id.is_empty() {
                    record.id = format!("tvm-{number:010}_{}", record.index);
                }
                records.insert((number, record.index), record);
            }
        }
    }
    Ok(records)
}
