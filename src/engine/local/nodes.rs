//! Virtual nodes: a directory, a loopback address, and the cluster's mounts below it.
//!
//! `node.json` is what makes a directory a node; it is written when the rest is there. One that a crash left without
//! it is made anew. Addresses differ between nodes of one server, and mostly between servers of one machine: the
//! second number comes from the path of the data directory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::preparing::{self, MountCommand, Preparing};
use super::{failed, files};
use crate::engine::directories::Layout;
use crate::engine::environment::Host;
use crate::engine::{ClusterPlace, EngineError, NodeCondition, NodeFact, Waker, volumes};
use crate::supervisor::run_dir::{LaunchMount, MountHow};

const VERSION: u32 = 1;

/// What is written of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    version: u32,
    index: u32,
    address: String,
    /// The boot that it was prepared in: the next one finds nothing mounted.
    boot_id: String,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Preparing,
    Ready,
    Broken(String),
}

#[derive(Debug)]
struct Known {
    record: Record,
    preparing: Option<Preparing>,
}

type Key = (i64, u32);
type KnownNodes = Arc<Mutex<BTreeMap<Key, Known>>>;

/// The nodes of this machine.
pub(super) struct Nodes {
    layout: Layout,
    host: Host,
    boot_id: String,
    waker: Waker,
    known: KnownNodes,
    /// One change at a time; never taken by threads that prepare.
    changing: Mutex<()>,
}

impl Nodes {
    /// Reads what is on disk. Directories that are no nodes, or not any more, are left to [`Nodes::resize`].
    pub(super) fn open(layout: Layout, host: Host, boot_id: String, waker: Waker) -> Result<Self, EngineError> {
        let nodes = layout.nodes();
        let known = read_all(&nodes).map_err(failed(|| format!("read the nodes in {}", nodes.display())))?;
        Ok(Self { layout, host, boot_id, waker, known: Arc::new(Mutex::new(known)), changing: Mutex::new(()) })
    }

    /// The nodes of a cluster. Goes on with preparations that a crash or a reboot has interrupted.
    pub(super) fn facts(&self, cluster: &ClusterPlace) -> Vec<NodeFact> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = lock(&self.known);
        known.retain(|key, node| {
            key.0 != cluster.number || node.preparing.is_some() || record_path(&self.layout, *key).exists()
        });
        let mut facts = Vec::new();
        for (key, node) in known.range_mut((cluster.number, 0)..=(cluster.number, u32::MAX)) {
            if node.preparing.is_none() && self.is_interrupted(cluster, &node.record) {
                node.record.state = State::Preparing;
                node.record.boot_id.clone_from(&self.boot_id);
                if let Err(e) = self.prepare(cluster, *key, node) {
                    node.record.state = State::Broken(format!("the node could not be prepared again: {e}"));
                }
            }
            facts.push(fact(&node.record));
        }
        facts
    }

    /// See [`crate::engine::Engine::resize`].
    pub(super) fn resize(&self, cluster: &ClusterPlace, places: &[u32]) -> Result<(), EngineError> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted: BTreeSet<u32> = places.iter().copied().collect();
        let mut first_error = None;
        let mut note = |result: Result<(), EngineError>| {
            if let Err(e) = result {
                first_error.get_or_insert(e);
            }
        };
        for index in self.present(cluster.number).difference(&wanted) {
            note(self.remove((cluster.number, *index)));
        }
        for index in &wanted {
            note(self.make(cluster, *index));
        }
        if wanted.is_empty() {
            // Whatever is left in it is no node; a failed removal has been noted above.
            let _kept = fs::remove_dir(self.layout.cluster(cluster.number));
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Nodes that are known, and directories that were to become nodes.
    fn present(&self, cluster: i64) -> BTreeSet<u32> {
        let on_disk = fs::read_dir(self.layout.cluster(cluster)).into_iter().flatten().flatten();
        let mut present: BTreeSet<u32> = on_disk.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        present.extend(lock(&self.known).range((cluster, 0)..=(cluster, u32::MAX)).map(|(key, _)| key.1));
        present
    }

    fn remove(&self, key: Key) -> Result<(), EngineError> {
        let preparing = lock(&self.known).get_mut(&key).and_then(|node| node.preparing.take());
        if let Some(preparing) = preparing {
            preparing.cancel();
        }
        let directory = self.layout.node(key.0, key.1);
        files::remove_tree(&directory).map_err(failed(|| format!("remove the node in {}", directory.display())))?;
        lock(&self.known).remove(&key);
        Ok(())
    }

    fn make(&self, cluster: &ClusterPlace, index: u32) -> Result<(), EngineError> {
        let key = (cluster.number, index);
        if record_path(&self.layout, key).exists() && lock(&self.known).contains_key(&key) {
            return Ok(());
        }
        self.remove(key)?;
        let action = || format!("make the node in {}", self.layout.node(key.0, key.1).display());
        fs::create_dir_all(self.layout.node_mounts(cluster.number, index)).map_err(failed(action))?;
        let mounted = self.link_volumes(cluster, index);
        let mut known = lock(&self.known);
        let address = free_address(&self.layout, &known);
        let has_commands = mounted.is_ok() && !self.commands(cluster, index).is_empty();
        let state = match mounted {
            Err(reason) => State::Broken(reason),
            Ok(()) if has_commands => State::Preparing,
            Ok(()) => State::Ready,
        };
        let record = Record { version: VERSION, index, address, boot_id: self.boot_id.clone(), state };
        write(&record_path(&self.layout, key), &record).map_err(failed(action))?;
        let mut node = Known { record, preparing: None };
        if has_commands {
            self.prepare(cluster, key, &mut node).map_err(failed(action))?;
        }
        known.insert(key, node);
        Ok(())
    }

    /// A volume that cannot appear makes the node unusable, which its user sees; the reason is in the error.
    fn link_volumes(&self, cluster: &ClusterPlace, index: u32) -> Result<(), String> {
        let root = self.layout.node_mounts(cluster.number, index);
        for mount in &cluster.spec.mounts {
            let LaunchMount { path, how } = volumes::launch_mount(&self.layout, &root, mount);
            if let MountHow::Directory(target) = how {
                link(&target, &path).map_err(|e| format!("cannot mount volume `{}`: {e}", mount.path))?;
            }
        }
        Ok(())
    }

    fn commands(&self, cluster: &ClusterPlace, index: u32) -> Vec<MountCommand> {
        let root = self.layout.node_mounts(cluster.number, index);
        let command = |mount| {
            let mount = volumes::launch_mount(&self.layout, &root, mount);
            match mount.how {
                MountHow::Command(command) => Some(MountCommand { command, path: mount.path }),
                MountHow::Directory(_) => None,
            }
        };
        cluster.spec.mounts.iter().filter_map(command).collect()
    }

    fn is_interrupted(&self, cluster: &ClusterPlace, record: &Record) -> bool {
        let is_from_before = record.boot_id != self.boot_id && !self.commands(cluster, record.index).is_empty();
        record.state == State::Preparing || is_from_before
    }

    fn prepare(&self, cluster: &ClusterPlace, key: Key, node: &mut Known) -> io::Result<()> {
        let environment = preparing::environment(&self.host, &self.layout.node_mounts(key.0, key.1));
        let log = self.layout.node(key.0, key.1).join("mount.log");
        let (known, waker) = (Arc::clone(&self.known), Arc::clone(&self.waker));
        let path = record_path(&self.layout, key);
        let on_end = move |result: Result<(), String>| {
            if let Some(node) = lock(&known).get_mut(&key) {
                node.record.state = result.map_or_else(State::Broken, |()| State::Ready);
                if let Err(e) = write(&path, &node.record) {
                    tracing::warn!(path = %path.display(), error = %e, "cannot write down the state of a node");
                }
                node.preparing = None;
            }
            waker();
        };
        let started = Preparing::start(self.commands(cluster, key.1), environment, log, on_end)?;
        node.preparing = Some(started);
        Ok(())
    }
}

/// Makes `target` appear at `path`. It may be there already: volumes inside of volumes are shared by nodes.
fn link(target: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match symlink(target, path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && fs::read_link(path).is_ok_and(|to| to == target) => {
            Ok(())
        }
        other => other,
    }
}

impl Drop for Nodes {
    /// The commands of an orderly shut-down end with us; the next server begins them again.
    fn drop(&mut self) {
        let running: Vec<Preparing> = lock(&self.known).values_mut().filter_map(|node| node.preparing.take()).collect();
        running.into_iter().for_each(Preparing::cancel);
    }
}

fn lock(known: &Mutex<BTreeMap<Key, Known>>) -> MutexGuard<'_, BTreeMap<Key, Known>> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fact(record: &Record) -> NodeFact {
    let condition = match &record.state {
        State::Preparing => NodeCondition::Preparing,
        State::Ready => NodeCondition::Ready,
        State::Broken(reason) => NodeCondition::Broken(reason.clone()),
    };
    NodeFact { index: record.index, address: record.address.clone(), condition }
}

fn record_path(layout: &Layout, key: Key) -> std::path::PathBuf {
    layout.node(key.0, key.1).join("node.json")
}

fn read_all(nodes: &Path) -> io::Result<BTreeMap<Key, Known>> {
    let mut known = BTreeMap::new();
    let clusters = match fs::read_dir(nodes) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(known),
        other => other?,
    };
    for cluster in clusters {
        let cluster = cluster?;
        let Some(number) = cluster.file_name().to_str().and_then(|name| name.parse::<i64>().ok()) else { continue };
        for node in fs::read_dir(cluster.path())? {
            let path = node?.path();
            let record = fs::read(path.join("node.json")).ok().and_then(|text| serde_json::from_slice(&text).ok());
            let record = record.filter(|record: &Record| record.version <= VERSION);
            if let Some(record) = record.filter(|record| path.ends_with(record.index.to_string())) {
                known.insert((number, record.index), Known { record, preparing: None });
            }
        }
    }
    Ok(known)
}

fn write(path: &Path, record: &Record) -> io::Result<()> {
    let beside = path.with_extension("json.new");
    fs::write(&beside, serde_json::to_vec(record)?)?;
    fs::rename(beside, path)
}

/// The first free address of this server's block 127.x.0.0/16, without those that end in 0 or 255.
fn free_address(layout: &Layout, known: &BTreeMap<Key, Known>) -> String {
    let used: BTreeSet<&str> = known.values().map(|node| node.record.address.as_str()).collect();
    let block = block(&layout.nodes());
    let address = |number: usize| format!("127.{block}.{}.{}", number / 254 % 256, 1 + number % 254);
    // With more nodes than addresses, they share: a machine of that size is not a thing of this engine.
    (0..=used.len()).map(address).find(|address| !used.contains(address.as_str())).unwrap_or_else(|| address(0))
}

/// 64 to 254: above what programs and distributions use for themselves.
fn block(path: &Path) -> u8 {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    64 + digest[0] % 191
}
