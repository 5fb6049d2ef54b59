//! `node exec`: a command on a node, a login, or ports of it, by the `ssh` of this machine.
//!
//! [`ExecArgs::work`], [`choose`] and [`words`] decide; [`run`] does. A batchai server says by which key its nodes are
//! known, so nobody has to trust one at first sight; nodes of other services are trusted so.

mod child;
mod files;
mod forward;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use clap::Args;

use self::files::Folder;
use self::forward::Forward;
use super::Outcome;
use super::exit_code::{ExitCode, of_job};
use super::report::Failure;
use super::request::hidden::Hidden;
use crate::api::cluster::{Cluster, UserAccountSettings};
use crate::api::node::RemoteLoginInformation;

/// What is to be done on a node, and how to log in.
#[derive(Debug, Clone, Default, Args)]
pub struct ExecArgs {
    /// A shell command to run on the node; its exit code becomes that of this command. On a terminal, a login when not
    /// given.
    #[arg(long, value_name = "COMMAND")]
    pub exec: Option<String>,
    /// The node; the first one when not given.
    #[arg(long, short = 'n', value_name = "ID")]
    pub node_id: Option<String>,
    /// Forward a port of this machine to what the node reaches as HOST:PORT; may be given several times. Without --exec,
    /// until interrupted.
    #[arg(long, short = 'L', value_name = "LOCAL:HOST:PORT")]
    pub address: Vec<String>,
    /// Password to log in with. Other users of this machine can see it: a key is better.
    #[arg(long, short = 'p', value_name = "PASSWORD")]
    pub password: Option<Hidden>,
    /// File of the private key to log in with; that of the cluster's account in ~/.ssh, else what the SSH agent and ~/.ssh
    /// have, when not given.
    #[arg(long, short = 'k', value_name = "FILE")]
    pub ssh_private_key: Option<PathBuf>,
}

/// What is to be done on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// A command, with ports as long as it runs.
    Command(String),
    /// Only ports.
    Ports,
    /// A shell.
    Login,
}

/// How a node is reached, beyond what it says itself.
#[derive(Debug, Clone, Default)]
pub struct Way<'w> {
    /// Who logs in.
    pub user: &'w str,
    /// File with the key that the node has; `None`: it is believed at first sight.
    pub known_hosts: Option<&'w Path>,
    /// File of the private key.
    pub key: Option<&'w Path>,
    /// Whether somebody sits at a terminal.
    pub has_terminal: bool,
}

impl ExecArgs {
    /// What is asked for, when standard input and output are a terminal or are not.
    ///
    /// # Errors
    /// When nothing is, or a port cannot be forwarded.
    pub fn work(&self, has_terminal: bool) -> Result<Work, Failure> {
        self.forwards()?;
        match &self.exec {
            Some(command) => Ok(Work::Command(command.clone())),
            None if !self.address.is_empty() => Ok(Work::Ports),
            None if has_terminal => Ok(Work::Login),
            None => {
                let message = "there is nothing to do on the node: neither --exec nor -L is given";
                Err(Failure::new(ExitCode::Usage, message).hint(
                    "`--exec 'COMMAND'` runs a command, `-L LOCAL:HOST:PORT` forwards a port; on a terminal, neither of \
                     them logs in",
                ))
            }
        }
    }

    fn forwards(&self) -> Result<Vec<Forward>, Failure> {
        self.address.iter().map(|text| Forward::parse(text)).collect()
    }
}

/// Whether somebody sits at a terminal.
#[must_use]
pub fn has_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// The node that is meant: by its id, else the one that is `preferred`, else the first.
///
/// # Errors
/// When it is not there, or nobody can log in to it. `is_near`: the server is on this machine.
pub fn choose<'n>(
    nodes: &'n [RemoteLoginInformation],
    wanted: Option<&str>,
    preferred: Option<&str>,
    cluster: &Cluster,
    is_near: bool,
) -> Result<&'n RemoteLoginInformation, Failure> {
    let refused = |message: String| Failure::new(ExitCode::Refused, message);
    let name = &cluster.name;
    if nodes.is_empty() {
        let message = format!("No nodes available in the cluster {name}");
        return Err(refused(message).hint("`batchai cluster show` tells what its nodes are doing"));
    }
    let node = match wanted.or(preferred) {
        Some(id) => nodes.iter().find(|node| node.node_id == id).ok_or_else(|| {
            refused(format!("Cannot find a node with id={id} in the cluster {name}"))
                .hint("`batchai cluster node list` shows those there are")
        })?,
        None => &nodes[0],
    };
    if user_of(cluster).is_none() {
        let message = format!("nobody can log in to the nodes of the cluster {name}: it has no user account");
        return Err(refused(message).hint(
            "make it with one: `batchai cluster create -n NAME --generate-ssh-keys`, or `-u USER -k KEY`; without SSH, a \
             job runs a command on a node: `batchai job run -f job.yaml`",
        ));
    }
    if node.ip_address.is_empty() || node.port == 0 {
        let message = format!("the node {} of the cluster {name} offers no SSH", node.node_id);
        return Err(refused(message).hint("the log of the server says why: `batchai server logs`"));
    }
    if !is_near && node.ip_address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
        let message = format!(
            "the node {} of the cluster {name} offers SSH at {}, which only the machine of its server reaches",
            node.node_id, node.ip_address
        );
        return Err(refused(message).hint(
            "run this command there, or have the server's nodes listen for others: `ssh: {listen: ADDRESS}` in its \
             server.yaml",
        ));
    }
    Ok(node)
}

fn user_of(cluster: &Cluster) -> Option<&UserAccountSettings> {
    let account = cluster.properties.spec.user_account_settings.as_ref();
    account.filter(|account| !account.admin_user_name.is_empty())
}

/// The words after `ssh`. No secret is among them.
///
/// # Errors
/// When a port cannot be forwarded.
pub fn words(
    work: &Work,
    args: &ExecArgs,
    way: &Way<'_>,
    node: &RemoteLoginInformation,
) -> Result<Vec<OsString>, Failure> {
    let mut words: Vec<OsString> = vec!["-p".into(), node.port.to_string().into()];
    let mut option = |text: OsString| words.extend(["-o".into(), text]);
    match way.known_hosts {
        Some(file) => {
            option("StrictHostKeyChecking=yes".into());
            option(named("UserKnownHostsFile", file));
            option("GlobalKnownHostsFile=none".into());
            option(format!("HostKeyAlias={}", node.node_id).into());
            option("CheckHostIP=no".into());
            option("UpdateHostKeys=no".into());
        }
        None => option("StrictHostKeyChecking=accept-new".into()),
    }
    option("ServerAliveInterval=15".into());
    option("LogLevel=ERROR".into());
    if args.password.is_some() {
        option("NumberOfPasswordPrompts=1".into());
        option("PreferredAuthentications=keyboard-interactive,password".into());
    } else if !way.has_terminal {
        option("BatchMode=yes".into());
    }
    if let Some(key) = way.key {
        words.extend(["-i".into(), key.into(), "-o".into(), "IdentitiesOnly=yes".into()]);
    }
    let forwards = args.forwards()?;
    if !forwards.is_empty() {
        words.extend(["-o".into(), "ExitOnForwardFailure=yes".into()]);
        words.extend(forwards.iter().flat_map(|forward| ["-L".into(), forward.word().into()]));
    }
    match work {
        Work::Ports => words.push("-N".into()),
        Work::Login => words.push("-tt".into()),
        // Programs that draw on a terminal need one there; what goes through pipes must not go through one.
        Work::Command(_) if way.has_terminal => words.push("-tt".into()),
        Work::Command(_) => words.push("-T".into()),
    }
    words.extend(["-l".into(), way.user.into(), "--".into(), node.ip_address.clone().into()]);
    if let Work::Command(text) = work {
        words.push(format!("bash -lc {}", quoted(text)).into());
    }
    Ok(words)
}

/// An option of ssh whose value is a path: there, blanks end a path and `%` begins something else (ssh_config(5)).
fn named(option: &str, path: &Path) -> OsString {
    format!("{option}=\"{}\"", path.display().to_string().replace('%', "%%")).into()
}

/// One word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Does the work on a node of the cluster, and answers the exit code of the command. `is_near`: the server is on this
/// machine.
///
/// # Errors
/// With what to tell the user.
pub async fn run(
    work: &Work,
    args: &ExecArgs,
    nodes: &[RemoteLoginInformation],
    preferred: Option<&str>,
    cluster: &Cluster,
    is_near: bool,
) -> Outcome {
    let node = choose(nodes, args.node_id.as_deref(), preferred, cluster, is_near)?;
    let account = user_of(cluster);
    let folder = Folder::make()?;
    let known_hosts = node.host_key.as_ref().map(|key| folder.known_hosts(&node.node_id, key)).transpose()?;
    let public = account.and_then(|account| account.admin_user_ssh_public_key.as_deref());
    let own = || public.filter(|_| args.password.is_none()).and_then(files::private_key_of);
    let key = args.ssh_private_key.clone().or_else(own);
    let way = Way {
        user: account.map(|account| account.admin_user_name.as_str()).unwrap_or_default(),
        known_hosts: known_hosts.as_deref(),
        key: key.as_deref(),
        has_terminal: has_terminal(),
    };
    let mut command = Command::new("ssh");
    command.args(words(work, args, &way, node)?);
    if *work == Work::Ports {
        command.stdin(Stdio::null());
    }
    if let Some(password) = &args.password {
        folder.answer_with(&mut command, password)?;
    }
    let status = child::run(&mut command).await.map_err(|error| {
        Failure::new(ExitCode::Refused, format!("cannot run ssh to log in to the node {}: {error}", node.node_id))
            .hint("install it (Debian: `apt-get install openssh-client`)")
    })?;
    ended(status)
}

/// What the end of ssh means.
fn ended(status: ExitStatus) -> Outcome {
    match status.code() {
        // What ssh itself answers when it cannot connect; a command without an exit code ends so too.
        Some(255) => {
            let message = "Connection to remote host failed. Please check provided credentials. ssh says above why.";
            Err(Failure::new(ExitCode::NoExitCode, message)
                .hint("a command that was ended by a signal, or with the exit code 255, ends so too"))
        }
        Some(code) => Ok(of_job(code)),
        None => Ok(ExitCode::Interrupted.value()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, address: &str) -> RemoteLoginInformation {
        RemoteLoginInformation { node_id: id.into(), ip_address: address.into(), port: 50001, host_key: None }
    }

    fn text(work: &Work, args: &ExecArgs, way: &Way<'_>) -> String {
        let words = words(work, args, way, &node("a", "10.1.2.3")).expect("words");
        words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    fn me() -> Way<'static> {
        Way { user: "me", ..Way::default() }
    }

    fn cluster(account: bool) -> Cluster {
        let account = if account { serde_json::json!({ "adminUserName": "me" }) } else { serde_json::Value::Null };
        let time = "2018-06-12T21:50:02Z";
        serde_json::from_value(serde_json::json!({ "id": "/c", "name": "c", "type": "t", "properties": {
            "provisioningState": "succeeded", "provisioningStateTransitionTime": time, "creationTime": time,
            "allocationState": "steady", "allocationStateTransitionTime": time, "currentNodeCount": 2,
            "nodeStateCounts": { "idleNodeCount": 2, "runningNodeCount": 0, "preparingNodeCount": 0,
                "unusableNodeCount": 0, "leavingNodeCount": 0 },
            "userAccountSettings": account,
        } }))
        .expect("a cluster")
    }

    #[test]
    fn a_command_goes_to_the_node_as_one_word_whatever_is_in_it() {
        let work = Work::Command("echo 'it'\"s\" $HOME".into());
        let said = text(&work, &ExecArgs::default(), &me());
        assert!(said.ends_with(r#" -T -l me -- 10.1.2.3 bash -lc 'echo '\''it'\''"s" $HOME'"#), "{said}");
        assert!(said.starts_with("-p 50001 -o StrictHostKeyChecking=accept-new") && said.contains("BatchMode=yes"));
        let terminal = Way { has_terminal: true, ..me() };
        let said = text(&work, &ExecArgs::default(), &terminal);
        assert!(said.contains(" -tt -l me") && !said.contains("BatchMode"), "{said}");
        assert!(text(&Work::Login, &ExecArgs::default(), &terminal).ends_with(" -tt -l me -- 10.1.2.3"));
    }

    #[test]
    fn a_node_whose_key_is_known_is_believed_for_nothing_else() {
        let way = Way { known_hosts: Some(Path::new("/tmp/a b/100%")), ..me() };
        let said = text(&Work::Login, &ExecArgs::default(), &way);
        assert!(said.contains(r#"-o StrictHostKeyChecking=yes -o UserKnownHostsFile="/tmp/a b/100%%""#), "{said}");
        assert!(said.contains("-o HostKeyAlias=a ") && said.contains("-o GlobalKnownHostsFile=none "), "{said}");
    }

    #[test]
    fn ports_are_forwarded_for_this_machine_and_a_password_is_in_no_word() {
        let args = ExecArgs {
            address: vec!["8080:localhost:80".into(), "9:h:9".into()],
            password: Some("hunter2".parse().expect("any text")),
            ..ExecArgs::default()
        };
        let words = text(&Work::Ports, &args, &Way { key: Some(Path::new("/k")), ..me() });
        assert!(words.contains("-i /k -o IdentitiesOnly=yes"), "{words}");
        let tail = "-L 127.0.0.1:8080:localhost:80 -L 127.0.0.1:9:h:9 -N -l me -- 10.1.2.3";
        assert!(words.ends_with(tail), "{words}");
        assert!(!words.contains("hunter2") && !format!("{args:?}").contains("hunter2"));
    }

    #[test]
    fn the_node_is_the_one_that_is_named_or_the_first() {
        let nodes = [node("a", "10.0.0.1"), node("b", "10.0.0.2")];
        let id = |wanted, preferred| {
            let chosen = choose(&nodes, wanted, preferred, &cluster(true), true);
            chosen.map(|node| node.node_id.clone()).map_err(|failure| failure.message)
        };
        assert_eq!(id(None, None), Ok("a".into()));
        assert_eq!(id(None, Some("b")), Ok("b".into()));
        assert_eq!(id(Some("a"), Some("b")), Ok("a".into()));
        assert_eq!(id(Some("x"), None), Err("Cannot find a node with id=x in the cluster c".into()));
    }

    #[test]
    fn who_cannot_log_in_is_told_why() {
        let why = |nodes: &[RemoteLoginInformation], account, is_near| {
            choose(nodes, None, None, &cluster(account), is_near).expect_err("a failure").message
        };
        assert_eq!(why(&[], true, true), "No nodes available in the cluster c");
        assert!(why(&[node("a", "127.1.1.1")], false, true).ends_with("it has no user account"));
        let closed = RemoteLoginInformation { port: 0, ..node("a", "127.1.1.1") };
        assert_eq!(why(&[closed], true, true), "the node a of the cluster c offers no SSH");
        for address in ["127.3.4.5", "::1"] {
            let why = why(&[node("a", address)], true, false);
            assert!(why.ends_with("which only the machine of its server reaches"), "{why}");
        }
        assert!(choose(&[node("a", "127.3.4.5")], None, None, &cluster(true), true).is_ok());
    }

    #[test]
    fn something_has_to_be_done() {
        let failure = ExecArgs::default().work(false).expect_err("a failure");
        assert_eq!(failure.code, ExitCode::Usage);
        assert_eq!(ExecArgs::default().work(true), Ok(Work::Login));
        let ports = ExecArgs { address: vec!["1:h:1".into()], ..ExecArgs::default() };
        assert_eq!(ports.work(true), Ok(Work::Ports));
        let both = ExecArgs { exec: Some("ls".into()), ..ports };
        assert_eq!(both.work(false), Ok(Work::Command("ls".into())));
        let wrong = ExecArgs { exec: Some("ls".into()), address: vec!["1".into()], ..ExecArgs::default() };
        assert_eq!(wrong.work(false).expect_err("a failure").code, ExitCode::Usage);
    }
}
