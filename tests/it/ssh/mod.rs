//! SSH to the nodes of a server: the OpenSSH client and paramiko against what the server offers, and what is left when
//! nodes, clients or servers go.

mod ends;
mod files;
mod forwarding;
mod keeping;
mod login;
mod node_exec;
mod paramiko;
mod sessions;
mod terminal;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Done, Sandbox, is_left_out, wait_for};

/// A cluster `c` to whose nodes one may log in as `me`, with the key in the file `key`; or with the password of
/// [`Login::with_password`].
pub(crate) struct Login {
    pub sandbox: Sandbox,
}

/// A password with everything that a shell could trip over.
pub(crate) const PASSWORD: &str = "pa's \"w$rd\\ ü";

impl Login {
    /// `None` when `tests/run` was told to do without `ssh`. Fails when it is not installed.
    #[track_caller]
    pub(crate) fn new(nodes: u32) -> Option<Self> {
        let login = Self::without_cluster()?;
        login.make_cluster(nodes);
        Some(login)
    }

    #[track_caller]
    pub(crate) fn without_cluster() -> Option<Self> {
        if is_left_out("ssh") {
            return None;
        }
        let sandbox = Sandbox::new();
        let keygen = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"])
            .arg(sandbox.path("key"))
            .output()
            .expect("ssh-keygen, of the Debian package openssh-client: `tests/run` installs it");
        Done::of(&keygen).succeeds();
        Some(Self { sandbox })
    }

    #[track_caller]
    pub(crate) fn make_cluster(&self, nodes: u32) {
        self.sandbox.run(&format!("cluster create -n c -t {nodes} -u me -k key.pub")).succeeds();
        self.sandbox.wait_for_nodes("c", "idleNodeCount", nodes);
    }

    #[track_caller]
    pub(crate) fn with_password(nodes: u32) -> Option<Self> {
        let login = Self::without_cluster()?;
        let words = ["cluster", "create", "-n", "c", "-t", &nodes.to_string(), "-u", "me", "-p", PASSWORD];
        login.sandbox.run_with(words).succeeds();
        login.sandbox.wait_for_nodes("c", "idleNodeCount", nodes);
        Some(login)
    }

    /// The nodes, as the server tells how to log in.
    #[track_caller]
    pub(crate) fn nodes(&self) -> Vec<Value> {
        let list = self.sandbox.run("cluster node list c").succeeds().json();
        list.as_array().expect("a list").clone()
    }

    /// Where the first node listens.
    #[track_caller]
    pub(crate) fn address(&self) -> (String, u16) {
        let node = self.nodes().into_iter().next().expect("a node");
        (text(&node["ipAddress"]), port(&node))
    }

    /// A program of OpenSSH that knows nothing but the key of this test and the host key that the server told.
    #[track_caller]
    pub(crate) fn program(&self, program: &str) -> Command {
        let known: String = self.nodes().iter().map(known_hosts).collect();
        // Never half there: another one may be reading it.
        let known_hosts = self.sandbox.path("known_hosts");
        std::fs::rename(self.sandbox.file("known_hosts.new", &known), &known_hosts).expect("renamed");
        let mut command = Command::new(program);
        command.current_dir(self.sandbox.work()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.sandbox.work());
        let options = [
            "IdentitiesOnly=yes".to_owned(),
            "StrictHostKeyChecking=yes".to_owned(),
            "GlobalKnownHostsFile=none".to_owned(),
            format!("UserKnownHostsFile={}", known_hosts.display()),
            "LogLevel=ERROR".to_owned(),
        ];
        command.args(["-F", "/dev/null", "-i", "key"]);
        for option in &options {
            command.args(["-o", option]);
        }
        command
    }

    /// `ssh` to the first node.
    #[track_caller]
    pub(crate) fn ssh(&self, more: &[&str]) -> Command {
        let (address, port) = self.address();
        let mut command = self.program("ssh");
        command.args(["-o", "BatchMode=yes", "-p", &port.to_string(), "-l", "me"]).args(more).arg(address);
        command
    }

    /// A command on the first node.
    #[track_caller]
    pub(crate) fn runs(&self, text: &str) -> Done {
        Done::of(&self.ssh(&[]).arg(text).output().expect("ssh"))
    }

    /// Processes that logins have begun and that have not ended.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let server = self.sandbox.servers();
        self.sandbox.processes().into_iter().filter(|id| !server.contains(id)).collect()
    }

    /// The id that a command on a node writes into this file of the working folder.
    #[track_caller]
    pub(crate) fn id_in(&self, name: &str) -> i32 {
        self.sandbox.wait_for_id(name)
    }

    /// The path of a file in the working folder, for commands on nodes.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }
}

/// The port that a node tells.
#[track_caller]
pub(crate) fn port(node: &Value) -> u16 {
    let port = node["port"].as_f64().expect("a number");
    (0..=u16::MAX).find(|candidate| f64::from(*candidate) == port).expect("a port")
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn known_hosts(node: &Value) -> String {
    let (address, key) = (text(&node["ipAddress"]), text(&node["hostKey"]));
    let name = if port(node) == 22 { address } else { format!("[{address}]:{}", port(node)) };
    format!("{name} {key}\n")
}

/// Waits until nothing listens there.
#[track_caller]
pub(crate) fn wait_until_closed(address: &(String, u16)) {
    wait_for("nothing listens there any more", || {
        std::net::TcpStream::connect((address.0.as_str(), address.1)).is_err().then_some(())
    });
}

/// Bytes in which no two blocks are alike, and all bytes are.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(count).collect()
}
