//! A home of its own with a server in it, and the ways in: as processes, and as a client inside this one.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use batchai::api::cluster::Cluster;
use batchai::api::id::{Child, ResourceId};
use batchai::api::server::{Build, ServerStatus};
use batchai::cli::session::{DEFAULT, SUBSCRIPTION};
use batchai::client::local::LocalServer;
use batchai::client::{Client, ClientError};
use tokio::runtime::Runtime;

use crate::support::Sandbox;
use crate::support::sandbox::Done;

/// A home of its own. Dropping it ends the server and removes the folder.
pub struct Stage {
    /// The home.
    pub sandbox: Sandbox,
    runtime: Runtime,
}

impl Stage {
    /// One without a server.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { sandbox: Sandbox::new(), runtime }
    }

    /// One with a server that stays.
    pub fn with_server() -> Self {
        let stage = Self::new();
        stage.sandbox.run("server start").succeeds();
        stage
    }

    /// One with a server and an idle cluster `c` of `nodes` nodes.
    pub fn with_cluster(nodes: u32) -> Self {
        let stage = Self::with_server();
        stage.sandbox.run(&format!("cluster create -n c --target {nodes}")).succeeds();
        let client = stage.client();
        wait("the nodes are idle", || {
            let cluster: Cluster = stage.block_on(client.get(&id(Child::Cluster("c".into())))).expect("the cluster");
            cluster.properties.node_state_counts.idle_node_count == nodes
        });
        stage
    }

    /// Runs a command to its end; its output goes nowhere.
    pub fn run(&self, words: &[&str]) {
        let mut command = self.sandbox.command(words);
        run(command.stderr(Stdio::null()));
    }

    /// A client as the commands have it.
    pub fn client(&self) -> Client {
        let file = |name: &str| self.sandbox.home().join(name);
        let local = LocalServer {
            data: self.sandbox.home().to_owned(),
            socket: file("server.sock"),
            server_lock: file("server.lock"),
            start_lock: file("start.lock"),
            log: file("server.log"),
            // No server is older.
            build: Build::of_this_version(0),
            executable: env!("CARGO_BIN_EXE_batchai").into(),
            arguments: ["server", "run", "--announce"].map(String::from).to_vec(),
            leave_when_idle: "--leave-when-idle".into(),
        };
        Client::new(local).expect("a client")
    }

    /// What sends requests that [`Stage::client`] has no words for.
    pub fn http(&self) -> reqwest::Client {
        // Nothing is encrypted on the socket, but no client is made without a provider. A second one is refused.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let socket = self.sandbox.home().join("server.sock");
        reqwest::Client::builder().unix_socket(socket).no_proxy().build().expect("a client")
    }

    /// Runs what a client does.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// What the server says of itself.
    pub fn status(&self, client: &Client) -> Result<ServerStatus, ClientError> {
        self.block_on(client.server_status())
    }

    /// Returns when no job is queued or runs.
    pub fn wait_until_ended(&self, client: &Client) {
        wait("all jobs have ended", || self.status(client).expect("a status").active_jobs == 0);
    }

    /// How many jobs of the default experiment succeeded.
    pub fn succeeded(&self) -> usize {
        let jobs = self.sandbox.run("job list").succeeds().json();
        let jobs = jobs.as_array().expect("a list");
        jobs.iter().filter(|job| job["executionState"] == "succeeded").count()
    }
}

/// Something in the default workspace.
pub fn id(child: Child) -> ResourceId {
    ResourceId { subscription: SUBSCRIPTION.into(), group: DEFAULT.into(), workspace: DEFAULT.into(), child }
}

/// A job of the default experiment.
pub fn job(name: &str) -> ResourceId {
    id(Child::Job(DEFAULT.into(), name.into()))
}

/// Runs a command to its end.
pub fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).status().expect("a program");
    if !status.success() {
        // Once more, for its reason.
        let again = Done::of(&command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("a program"));
        panic!("{command:?}: {status}; again, it ended with {} and said: {}", again.code, again.stderr);
    }
}

/// Returns within 2 ms of the moment `condition` holds. For rows that take seconds.
pub fn wait(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(300), "still not so after 5 minutes: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
