//! Virtual nodes: a directory, a loopback address, the cluster's mounts below it, and its set-up task.
//!
//! `node.json` ([`super::record`]) is what makes a directory a node; it is written when the rest is there. One that a
//! crash left without it is made anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::address::free_address;
use super::preparing::{MountCommand, Preparing};
use super::record::{self, Key, Record, State};
use super::runs::Runs;
use super::setting_up::{Attempt, SetUps};
use super::ssh::Ssh;
use super::{failed, files};
use crate::domain::login::Logins;
use crate::domain::node::Node;
use crate::engine::directories::Layout;
use crate::engine::environment::{self, Host};
use crate::engine::{ClusterPlace, EngineError, NodeFact, NodeName, Waker, volumes};
use crate::supervisor::run_dir::{LaunchMount, MountHow};

#[derive(Debug)]
struct Known {
    record: Record,
    preparing: Option<Preparing>,
}

type KnownNodes = Arc<Mutex<BTreeMap<Key, Known>>>;

/// The nodes of this machine.
pub(super) struct Nodes {
    layout: Layout,
    host: Host,
    boot_id: String,
    waker: Waker,
    set_ups: SetUps,
    ssh: Ssh,
    known: KnownNodes,
    /// One change at a time; never taken by threads that prepare.
    changing: Mutex<()>,
}

impl Nodes {
    /// Reads what is on disk. Directories that are no nodes, or not any more, are left to [`Nodes::resize`].
    pub(super) fn open(
        layout: Layout,
        host: Host,
        boot_id: String,
        runs: Arc<Runs>,
        ssh: Ssh,
        waker: Waker,
    ) -> Result<Self, EngineError> {
        let nodes = layout.nodes();
        let records = record::read_all(&nodes).map_err(failed(|| format!("read the nodes in {}", nodes.display())))?;
        let known = records.into_iter().map(|(key, record)| (key, Known { record, preparing: None })).collect();
        let set_ups = SetUps::new(layout.clone(), host.clone(), runs);
        let (known, changing) = (Arc::new(Mutex::new(known)), Mutex::new(()));
        Ok(Self { layout, host, boot_id, waker, set_ups, ssh, known, changing })
    }

    /// The nodes of a cluster. Goes on with preparations that a crash or a reboot has interrupted, and with set-up
    /// tasks.
    ///
    /// # Errors
    /// When it cannot be known now where a set-up task stands.
    pub(super) fn facts(&self, cluster: &ClusterPlace) -> Result<Vec<NodeFact>, EngineError> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = lock(&self.known);
        let is_gone = |key: &Key, node: &Known| {
            key.0 == cluster.number && node.preparing.is_none() && !record::path(&self.layout, *key).exists()
        };
        for (key, node) in known.extract_if(.., |key, node| is_gone(key, node)) {
            if let Err(error) = self.ssh.withdraw(key, &node.record) {
                tracing::warn!(node = %node.record.id, %error, "cannot end the logins to a node that is gone");
            }
        }
        let ports = ports(&known);
        let mut facts = Vec::new();
        for (key, node) in known.range_mut((cluster.number, 0)..=(cluster.number, u32::MAX)) {
            if node.preparing.is_none() {
                self.go_on(cluster, *key, node)?;
            }
            self.offer_ssh(cluster, *key, &mut node.record, &ports);
            facts.push(node.record.fact());
        }
        Ok(facts)
    }

    /// See [`crate::engine::Engine::resize`].
    pub(super) fn resize(&self, cluster: &ClusterPlace, nodes: &[NodeName]) -> Result<(), EngineError> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted: BTreeSet<u32> = nodes.iter().map(|node| node.index).collect();
        let mut first_error = None;
        let mut note = |result: Result<(), EngineError>| {
            if let Err(e) = result {
                first_error.get_or_insert(e);
            }
        };
        let leaving: Vec<Key> =
            self.present(cluster.number).difference(&wanted).map(|index| (cluster.number, *index)).collect();
        // All are asked before the first is waited for.
        for (key, attempt) in leaving.iter().filter_map(|key| Some((key, self.set_up_of(*key)?))) {
            note(self.set_ups.ask_to_end(key.0, key.1, &attempt));
        }
        leaving.into_iter().for_each(|key| note(self.remove(key)));
        nodes.iter().for_each(|node| note(self.make(cluster, node)));
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
        if let Some(attempt) = self.set_up_of(key) {
            self.set_ups.end(key.0, key.1, &attempt)?;
        }
        let directory = self.layout.node(key.0, key.1);
        if let Some(record) = lock(&self.known).get(&key).map(|node| node.record.clone()) {
            self.ssh.withdraw(key, &record).map_err(failed(|| format!("end the logins to the node {}", record.id)))?;
        }
        files::remove_tree(&directory).map_err(failed(|| format!("remove the node in {}", directory.display())))?;
        lock(&self.known).remove(&key);
        Ok(())
    }

    /// Has the node listen, also after a restart of the server. Whoever made its cluster may log in to it from now on, ready
    /// or not: one that is not is looked at most.
    fn offer_ssh(&self, cluster: &ClusterPlace, key: Key, record: &mut Record, taken: &BTreeSet<u16>) {
        let Some(admin) = &cluster.spec.admin else { return };
        let environment = || environment::of_node(&self.host, &self.layout.node_mounts(key.0, key.1));
        if self.ssh.offer(key, admin, record, taken, environment) {
            record.note(&self.layout, key);
        }
    }

    /// How users log in to nodes.
    pub(super) fn logins(&self) -> Logins {
        self.ssh.logins()
    }

    fn set_up_of(&self, key: Key) -> Option<Attempt> {
        match &lock(&self.known).get(&key)?.record.state {
            State::SettingUp(attempt) => Some(attempt.clone()),
            State::Preparing | State::Mounted | State::Ready | State::Broken(_) => None,
        }
    }

    /// Gives nodes that are not there yet the addresses that they would get now.
    pub(super) fn foresee(&self, nodes: &mut [Node]) {
        let known = lock(&self.known);
        let mut used: BTreeSet<String> = known.values().map(|node| node.record.address.clone()).collect();
        for node in nodes.iter_mut().filter(|node| node.address.is_empty()) {
            node.address = free_address(&self.layout, &used.iter().map(String::as_str).collect());
            used.insert(node.address.clone());
        }
    }

    fn make(&self, cluster: &ClusterPlace, name: &NodeName) -> Result<(), EngineError> {
        let index = name.index;
        let key = (cluster.number, index);
        if record::path(&self.layout, key).exists() && lock(&self.known).contains_key(&key) {
            return Ok(());
        }
        self.remove(key)?;
        let action = || format!("make the node in {}", self.layout.node(key.0, key.1).display());
        fs::create_dir_all(self.layout.node_mounts(cluster.number, index)).map_err(failed(action))?;
        let mounted = self.link_volumes(cluster, index);
        let mut known = lock(&self.known);
        let used = known.values().map(|node| node.record.address.as_str()).collect();
        let address = free_address(&self.layout, &used);
        let state = match mounted {
            Err(reason) => State::Broken(reason),
            Ok(()) if !self.commands(cluster, index).is_empty() => State::Preparing,
            Ok(()) => mounted_state(cluster),
        };
        let mut record = Record::new(name, address, self.boot_id.clone(), state);
        let ports = ports(&known);
        self.offer_ssh(cluster, key, &mut record, &ports);
        record.write(&record::path(&self.layout, key)).map_err(failed(action))?;
        let mut node = Known { record, preparing: None };
        let begun = self.go_on(cluster, key, &mut node);
        known.insert(key, node);
        begun
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

    /// Does what can be done now for a node that nobody prepares at this moment.
    fn go_on(&self, cluster: &ClusterPlace, key: Key, node: &mut Known) -> Result<(), EngineError> {
        let has_commands = !self.commands(cluster, key.1).is_empty();
        if node.record.boot_id != self.boot_id && (has_commands || cluster.spec.setup.is_some()) {
            node.record.boot_id.clone_from(&self.boot_id);
            node.record.state = if has_commands { State::Preparing } else { mounted_state(cluster) };
        }
        if node.record.state == State::Preparing {
            if let Err(e) = self.prepare(cluster, key, node) {
                node.record.state = State::Broken(format!("the node could not be prepared: {e}"));
            }
            return Ok(());
        }
        self.set_ups.go_on(cluster, &mut node.record)
    }

    fn prepare(&self, cluster: &ClusterPlace, key: Key, node: &mut Known) -> io::Result<()> {
        let environment = environment::of_node(&self.host, &self.layout.node_mounts(key.0, key.1));
        let log = self.layout.node(key.0, key.1).join("mount.log");
        let (known, waker) = (Arc::clone(&self.known), Arc::clone(&self.waker));
        let layout = self.layout.clone();
        let mounted = mounted_state(cluster);
        let on_end = move |result: Result<(), String>| {
            if let Some(node) = lock(&known).get_mut(&key) {
                node.record.state = result.map_or_else(State::Broken, |()| mounted);
                node.record.note(&layout, key);
                node.preparing = None;
            }
            waker();
        };
        let started = Preparing::start(self.commands(cluster, key.1), environment, log, on_end)?;
        node.preparing = Some(started);
        Ok(())
    }
}

/// The ports of SSH that nodes have.
fn ports(known: &BTreeMap<Key, Known>) -> BTreeSet<u16> {
    known.values().filter_map(|node| node.record.ssh_port).collect()
}

/// The state of a node whose volumes are there.
fn mounted_state(cluster: &ClusterPlace) -> State {
    if cluster.spec.setup.is_some() { State::Mounted } else { State::Ready }
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
