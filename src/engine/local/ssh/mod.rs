//! SSH to the nodes of clusters that have a user account.
//!
//! [`super::nodes`] says which node offers it ([`Ssh::offer`]) and which goes ([`Ssh::withdraw`]); everything else happens
//! on the thread of [`server`], which is there from the first offer on. A connection belongs to one node and is handled in
//! [`connection`]; its sessions ([`session`]) are processes that `batchai __session` begins
//! ([`crate::supervisor::login`]), as the user that jobs run as and with what commands see on that node. Knows nothing of
//! clusters but their administrator.

mod account;
mod connection;
mod forwarding;
mod guard;
mod host_key;
mod inflow;
mod ports;
mod process;
mod server;
mod session;
mod terminal;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

pub use ports::SshPlace;

use self::account::Account;
use self::guard::Guard;
use self::process::Setting;
use self::server::{Node, Server};
use super::record::{Key, Record};
use crate::domain::cluster::Admin;
use crate::domain::login::Logins;
use crate::engine::directories::Layout;
use crate::engine::environment::{Host, Variables};
use crate::engine::secrets::Safe;
use crate::supervisor::orphans::end_orphans;
use crate::supervisor::run_dir::RUN_MARKER;

/// What the SSH servers of all nodes have in common.
pub(super) struct Common {
    pub layout: Layout,
    pub host: Host,
    pub executable: PathBuf,
    pub safe: Safe,
    pub place: SshPlace,
}

/// The SSH servers of nodes.
pub(super) struct Ssh {
    common: Common,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    server: Option<Server>,
    host_key: Option<String>,
    /// The ports of the nodes that listen.
    ports: BTreeMap<Key, u16>,
    /// What could not be done is said once, not with every look at the nodes.
    complained: BTreeSet<Key>,
}

impl Ssh {
    /// Nothing listens yet.
    pub(super) fn new(common: Common) -> Self {
        Self { common, state: Mutex::default() }
    }

    /// Has a node listen, unless it does. Notes the port in its record, and returns whether that has changed. One that
    /// cannot listen now may be able to the next time: until then it keeps its port, and the log says why.
    pub(super) fn offer(
        &self,
        key: Key,
        admin: &Admin,
        record: &mut Record,
        taken: &BTreeSet<u16>,
        environment: impl FnOnce() -> Variables,
    ) -> bool {
        let mut state = self.lock();
        if !self.common.place.is_on {
            return self.close_for_good(record);
        }
        if let Some(port) = state.ports.get(&key) {
            return record.ssh_port.replace(*port) != Some(*port);
        }
        match self.begin(&mut state, key, admin, record, taken, environment()) {
            Ok(port) => {
                state.complained.remove(&key);
                record.ssh_port.replace(port) != Some(port)
            }
            Err(error) => {
                if state.complained.insert(key) {
                    tracing::warn!(node = %record.id, %error, "the node cannot offer SSH");
                }
                false
            }
        }
    }

    /// A node that a server before this one had listen, which had other settings.
    fn close_for_good(&self, record: &mut Record) -> bool {
        if record.ssh_port.take().is_none() {
            return false;
        }
        if let Err(error) = end_orphans(&self.marker(&record.id), None) {
            tracing::warn!(node = %record.id, %error, "cannot end what logins to a node have left");
        }
        true
    }

    fn begin(
        &self,
        state: &mut State,
        key: Key,
        admin: &Admin,
        record: &Record,
        taken: &BTreeSet<u16>,
        environment: Variables,
    ) -> io::Result<u16> {
        let taken = state.ports.values().chain(taken).copied().collect();
        let listener = self.common.place.listen(&record.address, record.ssh_port, &taken)?;
        let port = listener.local_addr()?.port();
        let node = Node {
            id: record.id.clone(),
            address: record.address.clone(),
            port,
            account: Account::open(admin, &self.common.safe),
            setting: Arc::new(self.setting(record, environment)),
            is_closed: AtomicBool::new(false),
        };
        self.server(state)?.open(key, listener, Arc::new(node));
        state.ports.insert(key, port);
        Ok(port)
    }

    fn setting(&self, record: &Record, mut environment: Variables) -> Setting {
        let marker = self.marker(&record.id);
        environment.insert(RUN_MARKER.to_owned(), marker.clone());
        Setting { executable: self.common.executable.clone(), host: self.common.host.clone(), environment, marker }
    }

    fn server<'s>(&self, state: &'s mut State) -> io::Result<&'s Server> {
        if state.server.is_none() {
            let key = host_key::load_or_make(&self.common.layout.ssh_host_key())?;
            state.host_key = Some(host_key::public_line(&key)?);
            state.server = Some(Server::start(key, self.guard())?);
        }
        state.server.as_ref().ok_or_else(|| io::Error::other("the thread of SSH is not there"))
    }

    fn guard(&self) -> Guard {
        Guard::new(self.common.executable.clone(), self.common.layout.root().to_owned())
    }

    /// What a node that offered SSH leaves goes: listener, connections, and every process that a session began, of this
    /// server or of one before it.
    ///
    /// # Errors
    /// When some do not end.
    pub(super) fn withdraw(&self, key: Key, record: &Record) -> io::Result<()> {
        let mut state = self.lock();
        state.complained.remove(&key);
        if let (Some(_), Some(server)) = (state.ports.remove(&key), &state.server) {
            server.close(key);
        }
        drop(state);
        if record.ssh_port.is_none() {
            return Ok(());
        }
        end_orphans(&self.marker(&record.id), None).map(|_| ())
    }

    /// Marks the processes of sessions on a node. Two servers of one machine may have nodes of the same name.
    fn marker(&self, node: &str) -> String {
        let digest = Sha256::digest(self.common.layout.nodes().as_os_str().as_encoded_bytes());
        let ours: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("ssh-{node}-{ours}")
    }

    /// How users log in to nodes.
    pub(super) fn logins(&self) -> Logins {
        let state = self.lock();
        Logins { address: self.common.place.told(), host_key: state.host_key.clone(), open: state.ports.len() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
