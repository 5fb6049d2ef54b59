//! Virtual nodes: a directory, a loopback address, GPUs of its own, the cluster's mounts below it, and its set-up task.
//!
//! `node.json` ([`super::record`]) is what makes a directory a node; it is written when the rest is there. One that a
//! crash left without it is made anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::address::free_address;
use super::devices::Devices;
use super::holding::{Hold, Holders, Volumes};
use super::record::{self, Key, Record, State};
use super::runs::{Runs, end_limit};
use super::setting_up::{Attempt, SetUps};
use super::ssh::Ssh;
use super::{failed, files};
use crate::domain::login::Logins;
use crate::domain::node::Node;
use crate::engine::directories::{Layout, below};
use crate::engine::environment::{self, Host};
use crate::engine::{ClusterPlace, EngineError, NodeFact, NodeName, gpus, volumes};

type KnownNodes = Mutex<BTreeMap<Key, Record>>;

/// The nodes of this machine.
pub(super) struct Nodes {
    layout: Layout,
    host: Host,
    devices: Devices,
    boot_id: String,
    holders: Holders,
    set_ups: SetUps,
    ssh: Ssh,
    known: KnownNodes,
    /// One change at a time.
    changing: Mutex<()>,
}

impl Nodes {
    /// Reads what is on disk. Directories that are no nodes, or not any more, are left to [`Nodes::resize`].
    pub(super) fn open(
        layout: Layout,
        host: Host,
        boot_id: String,
        runs: Arc<Runs>,
        devices: Devices,
        ssh: Ssh,
    ) -> Result<Self, EngineError> {
        let nodes = layout.nodes();
        let records = record::read_all(&nodes).map_err(failed(|| format!("read the nodes in {}", nodes.display())))?;
        let holders = Holders::new(layout.clone(), host.clone(), Arc::clone(&runs));
        let set_ups = SetUps::new(layout.clone(), host.clone(), runs);
        let (known, changing) = (Mutex::new(records), Mutex::new(()));
        Ok(Self { layout, host, devices, boot_id, holders, set_ups, ssh, known, changing })
    }

    /// The nodes of a cluster. Goes on with preparations that a crash or a reboot has interrupted, and with set-up
    /// tasks.
    ///
    /// # Errors
    /// When it cannot be known now where a set-up task stands.
    pub(super) fn facts(&self, cluster: &ClusterPlace) -> Result<Vec<NodeFact>, EngineError> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = lock(&self.known);
        let is_gone = |key: &Key| key.0 == cluster.number && !record::path(&self.layout, *key).exists();
        for (key, node) in known.extract_if(.., |key, _| is_gone(key)) {
            if let Err(error) = self.ssh.withdraw(key, &node) {
                tracing::warn!(node = %node.id, %error, "cannot end the logins to a node that is gone");
            }
        }
        self.deal_late(cluster, &mut known);
        let ports = ports(&known);
        let mut facts = Vec::new();
        for (key, node) in known.range_mut((cluster.number, 0)..=(cluster.number, u32::MAX)) {
            self.go_on(cluster, *key, node)?;
            self.offer_ssh(cluster, *key, node, &ports);
            facts.push(node.fact());
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
        for key in &leaving {
            note(self.ask_to_end(*key));
        }
        let until = end_limit();
        leaving.into_iter().for_each(|key| note(self.remove(key, until)));
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

    fn remove(&self, key: Key, until: Instant) -> Result<(), EngineError> {
        // Before its volumes go: whoever is logged in may have files open there.
        if let Some(record) = lock(&self.known).get(&key).cloned() {
            self.ssh.withdraw(key, &record).map_err(failed(|| format!("end the logins to the node {}", record.id)))?;
        }
        if let Some(attempt) = self.set_up_of(key) {
            self.set_ups.end(key.0, key.1, &attempt, until)?;
        }
        if let Some(hold) = self.hold_of(key) {
            self.holders.end(key.0, key.1, &hold, until)?;
        }
        let directory = self.layout.node(key.0, key.1);
        files::remove_tree(&directory).map_err(failed(|| format!("remove the node in {}", directory.display())))?;
        lock(&self.known).remove(&key);
        Ok(())
    }

    /// Begins to end what prepares a node and holds its volumes.
    fn ask_to_end(&self, key: Key) -> Result<(), EngineError> {
        if let Some(attempt) = self.set_up_of(key) {
            self.set_ups.ask_to_end(key.0, key.1, &attempt)?;
        }
        self.hold_of(key).map_or(Ok(()), |hold| self.holders.ask_to_end(key.0, key.1, &hold))
    }

    fn hold_of(&self, key: Key) -> Option<Hold> {
        let known = lock(&self.known).get(&key).map(|record| record.hold.clone());
        known.unwrap_or_else(|| self.holders.found(key.0, key.1))
    }

    /// Has the node listen, also after a restart of the server. Whoever made its cluster may log in to it from now on, ready
    /// or not: one that is not is looked at most.
    fn offer_ssh(&self, cluster: &ClusterPlace, key: Key, record: &mut Record, taken: &BTreeSet<u16>) {
        let Some(admin) = &cluster.spec.admin else { return };
        let gpus = record.gpus.clone();
        let environment = || environment::of_node(&self.host, &self.layout.node_mounts(key.0, key.1), &gpus);
        if self.ssh.offer(key, admin, record, taken, environment) {
            record.note(&self.layout, key);
        }
    }

    /// How users log in to nodes.
    pub(super) fn logins(&self) -> Logins {
        self.ssh.logins()
    }

    fn set_up_of(&self, key: Key) -> Option<Attempt> {
        match &lock(&self.known).get(&key)?.state {
            State::SettingUp(attempt) => Some(attempt.clone()),
            State::Preparing | State::Mounted | State::Ready | State::Broken(_) => None,
        }
    }

    /// Gives nodes that are not there yet the addresses and GPUs that they would get now.
    pub(super) fn foresee(&self, cluster: &ClusterPlace, nodes: &mut [Node]) {
        let known = lock(&self.known);
        let mut taken: Vec<String> = dealt(&known).into_iter().map(str::to_owned).collect();
        let mut used: BTreeSet<String> = known.values().map(|node| node.address.clone()).collect();
        for node in nodes.iter_mut().filter(|node| node.address.is_empty()) {
            node.address = free_address(&self.layout, &used.iter().map(String::as_str).collect());
            used.insert(node.address.clone());
            // A node that would not be made is shown without.
            let taken_now = taken.iter().map(String::as_str).collect();
            node.gpus = gpus::deal(&self.devices.all(), &taken_now, gpus::wish(&cluster.spec)).unwrap_or_default();
            taken.extend(node.gpus.iter().cloned());
        }
    }

    /// Nodes that were made when there was nothing to deal get what is free now.
    fn deal_late(&self, cluster: &ClusterPlace, known: &mut BTreeMap<Key, Record>) {
        let of_cluster = (cluster.number, 0)..=(cluster.number, u32::MAX);
        if known.range(of_cluster.clone()).all(|(_, node)| node.is_dealt) {
            return;
        }
        let all = self.devices.all();
        if all.is_empty() {
            return;
        }
        let late: Vec<Key> = known.range(of_cluster).filter(|(_, node)| !node.is_dealt).map(|(key, _)| *key).collect();
        for key in late {
            let Ok(gpus) = gpus::deal(&all, &dealt(known), gpus::wish(&cluster.spec)) else { return };
            if let Some(node) = known.get_mut(&key) {
                (node.gpus, node.is_dealt) = (gpus, true);
                node.note(&self.layout, key);
            }
        }
    }

    fn make(&self, cluster: &ClusterPlace, name: &NodeName) -> Result<(), EngineError> {
        let index = name.index;
        let key = (cluster.number, index);
        if record::path(&self.layout, key).exists() && lock(&self.known).contains_key(&key) {
            return Ok(());
        }
        self.remove(key, end_limit())?;
        let all = self.devices.all();
        let gpus = gpus::deal(&all, &dealt(&lock(&self.known)), gpus::wish(&cluster.spec))
            .map_err(|short| EngineError::NotStarted(short.sentence()))?;
        let action = || format!("make the node in {}", self.layout.node(key.0, key.1).display());
        fs::create_dir_all(self.layout.node_mounts(cluster.number, index)).map_err(failed(action))?;
        let state = self.linked_state(cluster, index);
        let mut known = lock(&self.known);
        let used = known.values().map(|node| node.address.as_str()).collect();
        let address = free_address(&self.layout, &used);
        let mut record = Record::new(name, address, (self.layout.root().to_owned(), self.boot_id.clone()), state);
        (record.gpus, record.is_dealt) = (gpus, !all.is_empty());
        let ports = ports(&known);
        self.offer_ssh(cluster, key, &mut record, &ports);
        record.write(&record::path(&self.layout, key)).map_err(failed(action))?;
        let begun = self.go_on(cluster, key, &mut record);
        known.insert(key, record);
        begun
    }

    /// The state of a node in which everything appears that needs nobody to mount it.
    fn linked_state(&self, cluster: &ClusterPlace, index: u32) -> State {
        match self.link_volumes(cluster, index) {
            Err(reason) => State::Broken(reason),
            Ok(()) if self.holders.are_needed(cluster) => State::Preparing,
            Ok(()) => mounted_state(cluster),
        }
    }

    /// A volume that cannot appear makes the node unusable, which its user sees; the reason is in the error.
    fn link_volumes(&self, cluster: &ClusterPlace, index: u32) -> Result<(), String> {
        let root = self.layout.node_mounts(cluster.number, index);
        for mount in &cluster.spec.mounts {
            if let Some(target) = volumes::real_directory(&self.layout, &mount.source) {
                let path = below(&root, &mount.path);
                let linked = files::make_volume(&target, &self.layout).and_then(|()| link(&target, &path));
                let shown = target.display();
                linked.map_err(|e| format!("cannot mount volume `{}`, which is {shown}: {e}", mount.path))?;
            }
        }
        Ok(())
    }

    /// Does what can be done now for a node.
    fn go_on(&self, cluster: &ClusterPlace, key: Key, node: &mut Record) -> Result<(), EngineError> {
        self.settle(cluster, key, node)?;
        let needs_holder = self.holders.are_needed(cluster);
        if node.boot_id != self.boot_id && (needs_holder || cluster.spec.setup.is_some()) {
            node.boot_id.clone_from(&self.boot_id);
            node.hold = None;
            node.state = if needs_holder { State::Preparing } else { mounted_state(cluster) };
        }
        if needs_holder {
            // A set-up task that runs while its volumes go begins again when they are back.
            let before_again = |state: &State| match state {
                State::SettingUp(attempt) => self.set_ups.end(key.0, key.1, attempt, end_limit()),
                State::Preparing | State::Mounted | State::Ready | State::Broken(_) => Ok(()),
            };
            match self.holders.go_on(cluster, node, mounted_state(cluster), before_again)? {
                Volumes::There => {}
                Volumes::Missing => return Ok(()),
            }
        }
        self.set_ups.go_on(cluster, node)
    }

    /// A node whose data directory was moved while no server ran is prepared anew: everybody who serves it, and every
    /// link in it, knows the paths of before.
    fn settle(&self, cluster: &ClusterPlace, key: Key, node: &mut Record) -> Result<(), EngineError> {
        let here = self.layout.root();
        if node.data == here {
            return Ok(());
        }
        if !node.data.as_os_str().is_empty() {
            tracing::info!(node = %node.id, from = %node.data.display(), "a node was moved; preparing it anew");
            if let State::SettingUp(attempt) = &node.state {
                self.set_ups.end(key.0, key.1, attempt, end_limit())?;
            }
            let mounts = self.layout.node_mounts(key.0, key.1);
            // Their holder would look for them where they were; without them it leaves.
            files::unmount_below(&mounts).map_err(failed(|| format!("unmount what is in {}", mounts.display())))?;
            if let Some(hold) = &node.hold {
                self.holders.end(key.0, key.1, hold, end_limit())?;
            }
            node.hold = None;
            files::remove_tree(&mounts)
                .and_then(|()| fs::create_dir_all(&mounts))
                .map_err(failed(|| format!("empty {}", mounts.display())))?;
            node.state = self.linked_state(cluster, key.1);
        }
        here.clone_into(&mut node.data);
        node.note(&self.layout, key);
        Ok(())
    }
}

/// The ports of SSH that nodes have.
fn ports(known: &BTreeMap<Key, Record>) -> BTreeSet<u16> {
    known.values().filter_map(|node| node.ssh_port).collect()
}

/// The state of a node whose volumes are there.
fn mounted_state(cluster: &ClusterPlace) -> State {
    if cluster.spec.setup.is_some() { State::Mounted } else { State::Ready }
}

/// Makes `target` appear at `path`. It may be there already: volumes inside of volumes are shared by nodes.
fn link(target: &Path, path: &Path) -> io::Result<()> {
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

/// The GPUs that nodes have, of this cluster and all others.
fn dealt(known: &BTreeMap<Key, Record>) -> BTreeSet<&str> {
    known.values().flat_map(|node| &node.gpus).map(String::as_str).collect()
}

fn lock(known: &KnownNodes) -> MutexGuard<'_, BTreeMap<Key, Record>> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
