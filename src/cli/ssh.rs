//! `node exec`: a command on a node, or ports of it, by the `ssh` of this machine.
//!
//! [`ExecArgs::work`], [`choose`] and [`words`] decide; [`run`] does. Nodes that are reached at a loopback address are
//! those of a batchai server: nothing listens there, and seen from another machine the address would even be that
//! machine itself, so nobody logs in to one.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::Args;

use super::Outcome;
use super::exit_code::{ExitCode, of_job};
use super::report::Failure;
use super::request::hidden::Hidden;
use crate::api::cluster::Cluster;
use crate::api::node::RemoteLoginInformation;

/// What is to be done on a node, and how to log in.
#[derive(Debug, Clone, Default, Args)]
pub struct ExecArgs {
    /// A shell command to run on the node; its exit code becomes that of this command.
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
    /// File of the private key to log in with; what the SSH agent and ~/.ssh have when not given.
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
}

impl ExecArgs {
    /// What is asked for.
    ///
    /// # Errors
    /// When nothing is.
    pub fn work(&self) -> Result<Work, Failure> {
        match &self.exec {
            Some(command) => Ok(Work::Command(command.clone())),
            None if self.address.is_empty() => {
                let message = "there is nothing to do on the node: neither --exec nor -L is given";
                Err(Failure::new(ExitCode::Usage, message)
                    .hint("`--exec 'COMMAND'` runs a command, `-L LOCAL:HOST:PORT` forwards a port"))
            }
            None => Ok(Work::Ports),
        }
    }
}

/// The node that is meant: by its id, else the one that is `preferred`, else the first.
///
/// # Errors
/// When it is not there, or nobody can log in to it.
pub fn choose<'n>(
    nodes: &'n [RemoteLoginInformation],
    wanted: Option<&str>,
    preferred: Option<&str>,
    cluster: &str,
) -> Result<&'n RemoteLoginInformation, Failure> {
    let refused = |message: String| Failure::new(ExitCode::Refused, message);
    if nodes.is_empty() {
        let message = format!("No nodes available in the cluster {cluster}");
        return Err(refused(message).hint("`batchai cluster show` tells what its nodes are doing"));
    }
    let node = match wanted.or(preferred) {
        Some(id) => nodes.iter().find(|node| node.node_id == id).ok_or_else(|| {
            refused(format!("Cannot find a node with id={id} in the cluster {cluster}"))
                .hint("`batchai cluster node list` shows those there are")
        })?,
        None => &nodes[0],
    };
    let is_here = node.ip_address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if is_here || node.ip_address.is_empty() || node.port == 0 {
        let message = format!(
            "the nodes of the cluster {cluster} offer no SSH: they are part of the machine of the batchai server, and \
             nothing listens at {}",
            node.ip_address
        );
        return Err(refused(message).hint("a job runs a command on a node: `batchai job run -f job.yaml -c CLUSTER`"));
    }
    Ok(node)
}

/// The words after `ssh`. No secret is among them.
#[must_use]
pub fn words(work: &Work, args: &ExecArgs, user: &str, node: &RemoteLoginInformation) -> Vec<OsString> {
    let options = ["StrictHostKeyChecking=accept-new", "ServerAliveInterval=15", "LogLevel=ERROR"];
    let mut words: Vec<OsString> = vec!["-p".into(), node.port.to_string().into()];
    words.extend(options.into_iter().flat_map(|option| ["-o".into(), option.into()]));
    if args.password.is_some() {
        words.extend(["-o".into(), "NumberOfPasswordPrompts=1".into()]);
        words.extend(["-o".into(), "PreferredAuthentications=keyboard-interactive,password".into()]);
    } else {
        words.extend(["-o".into(), "BatchMode=yes".into()]);
    }
    if let Some(key) = &args.ssh_private_key {
        words.extend(["-i".into(), key.into(), "-o".into(), "IdentitiesOnly=yes".into()]);
    }
    if !args.address.is_empty() {
        words.extend(["-o".into(), "ExitOnForwardFailure=yes".into()]);
        words.extend(args.address.iter().flat_map(|address| ["-L".into(), address.into()]));
    }
    if *work == Work::Ports {
        words.push("-N".into());
    }
    words.extend(["-l".into(), user.into(), "--".into(), node.ip_address.clone().into()]);
    if let Work::Command(text) = work {
        words.push(format!("bash -lc {}", quoted(text)).into());
    }
    words
}

/// One word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Does the work on a node of the cluster, and answers the exit code of the command.
///
/// # Errors
/// With what to tell the user.
pub fn run(
    work: &Work,
    args: &ExecArgs,
    nodes: &[RemoteLoginInformation],
    preferred: Option<&str>,
    cluster: &Cluster,
) -> Outcome {
    let node = choose(nodes, args.node_id.as_deref(), preferred, &cluster.name)?;
    let account = cluster.properties.spec.user_account_settings.as_ref();
    let Some(user) = account.map(|account| account.admin_user_name.as_str()).filter(|name| !name.is_empty()) else {
        let message =
            format!("nobody can log in to the nodes of the cluster {}: it has no administrator", cluster.name);
        return Err(Failure::new(ExitCode::Refused, message).hint("`batchai cluster create -u NAME -k KEY` gives one"));
    };
    let mut command = Command::new("ssh");
    command.args(words(work, args, user, node));
    if *work == Work::Ports {
        command.stdin(Stdio::null());
    }
    // Lives as long as ssh does.
    let answering = args.password.as_ref().map(|password| answer_with(&mut command, password)).transpose()?;
    let status = command.status().map_err(|error| {
        Failure::new(ExitCode::Refused, format!("cannot run ssh to log in to the node {}: {error}", node.node_id))
            .hint("install it (Debian: `apt-get install openssh-client`)")
    })?;
    drop(answering);
    match status.code() {
        // What ssh itself answers when it cannot connect; a command that ends so looks the same.
        Some(255) => {
            let message = "Connection to remote host failed. Please check provided credentials. ssh says above why.";
            Err(Failure::new(ExitCode::Refused, message))
        }
        Some(code) => Ok(of_job(code)),
        None => Ok(ExitCode::Interrupted.value()),
    }
}

/// A small program that tells ssh the password; gone with the value.
struct Asked(PathBuf);

impl Drop for Asked {
    fn drop(&mut self) {
        // Nothing secret is in it, so one that stays harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Has ssh ask a small program for the password, which finds it in its environment: neither an argument nor a file
/// has it.
#[cfg(unix)]
fn answer_with(command: &mut Command, password: &Hidden) -> Result<Asked, Failure> {
    use std::io::Write;
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    let failed =
        |error: std::io::Error| Failure::new(ExitCode::Refused, format!("cannot hand the password to ssh: {error}"));
    let folder = std::env::temp_dir().join(format!("batchai-ask-{}", uuid::Uuid::new_v4().simple()));
    std::fs::DirBuilder::new().mode(0o700).create(&folder).map_err(failed)?;
    let asked = Asked(folder);
    let program = asked.0.join("password");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o700).open(&program).map_err(failed)?;
    file.write_all(b"#!/bin/sh\nprintf '%s\\n' \"$BATCHAI_SSH_PASSWORD\"\n").map_err(failed)?;
    command
        .env("SSH_ASKPASS", &program)
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env("BATCHAI_SSH_PASSWORD", password.reveal());
    Ok(asked)
}

#[cfg(not(unix))]
fn answer_with(_: &mut Command, _: &Hidden) -> Result<Asked, Failure> {
    let message = "a password cannot be handed to ssh on this system";
    Err(Failure::new(ExitCode::Usage, message).hint("log in with a key: -k FILE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, address: &str) -> RemoteLoginInformation {
        RemoteLoginInformation { node_id: id.into(), ip_address: address.into(), port: 50001 }
    }

    fn text(work: &Work, args: &ExecArgs) -> String {
        let words = words(work, args, "me", &node("a", "10.1.2.3"));
        words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_command_goes_to_the_node_as_one_word_whatever_is_in_it() {
        let work = Work::Command("echo 'it'\"s\" $HOME".into());
        let words = words(&work, &ExecArgs::default(), "me", &node("a", "10.1.2.3"));
        assert_eq!(words.last().expect("a word"), r#"bash -lc 'echo '\''it'\''"s" $HOME'"#);
        assert!(text(&work, &ExecArgs::default()).starts_with("-p 50001 -o StrictHostKeyChecking=accept-new"));
        assert!(text(&work, &ExecArgs::default()).contains("-o BatchMode=yes -l me -- 10.1.2.3 bash"));
    }

    #[test]
    fn ports_are_forwarded_as_given_and_a_password_is_in_no_word() {
        let args = ExecArgs {
            address: vec!["8080:localhost:80".into(), "9:h:9".into()],
            password: Some("hunter2".parse().expect("any text")),
            ssh_private_key: Some("/k".into()),
            ..ExecArgs::default()
        };
        let words = text(&Work::Ports, &args);
        assert!(words.contains("-i /k -o IdentitiesOnly=yes"), "{words}");
        assert!(words.ends_with("-L 8080:localhost:80 -L 9:h:9 -N -l me -- 10.1.2.3"), "{words}");
        assert!(!words.contains("hunter2") && !format!("{args:?}").contains("hunter2"));
    }

    #[test]
    fn the_node_is_the_one_that_is_named_or_the_first() {
        let nodes = [node("a", "10.0.0.1"), node("b", "10.0.0.2")];
        let id = |wanted, preferred| {
            choose(&nodes, wanted, preferred, "c").map(|node| node.node_id.clone()).map_err(|failure| failure.message)
        };
        assert_eq!(id(None, None), Ok("a".into()));
        assert_eq!(id(None, Some("b")), Ok("b".into()));
        assert_eq!(id(Some("a"), Some("b")), Ok("a".into()));
        assert_eq!(id(Some("x"), None), Err("Cannot find a node with id=x in the cluster c".into()));
        let message = |nodes: &[RemoteLoginInformation]| choose(nodes, None, None, "c").expect_err("a failure").message;
        assert_eq!(message(&[]), "No nodes available in the cluster c");
        for address in ["127.3.4.5", "::1", ""] {
            assert!(message(&[node("a", address)]).starts_with("the nodes of the cluster c offer no SSH"), "{address}");
        }
    }

    #[test]
    fn something_has_to_be_done() {
        let failure = ExecArgs::default().work().expect_err("a failure");
        assert_eq!(failure.code, ExitCode::Usage);
        let ports = ExecArgs { address: vec!["1:h:1".into()], ..ExecArgs::default() };
        assert_eq!(ports.work(), Ok(Work::Ports));
        let both = ExecArgs { exec: Some("ls".into()), ..ports };
        assert_eq!(both.work(), Ok(Work::Command("ls".into())));
    }
}
