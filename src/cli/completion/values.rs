//! What the value of an argument may be. Decided by the argument's name and that of its command, for the whole tree at
//! once: a new command whose arguments are called as elsewhere is completed without a word about it here.

use std::sync::Arc;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::candidate::{DIRECTORIES, FILES};
use super::live::{self, Wanted};
use super::typed::Typed;
use super::{settings, vm_sizes};

/// What the value of an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The name of something, which the server knows.
    Live(Wanted),
    /// A path of the user's.
    File,
    /// A folder of the user's.
    Directory,
    /// A published VM size, or `local`.
    VmSize,
    /// A word for an image.
    Image,
    /// The name of a setting.
    Setting,
    /// A setting and its value.
    Assignment,
    /// A setting below `defaults` and its value.
    Default,
    /// The address of a server that was logged in to.
    Endpoint,
    /// Whatever the user likes.
    Free,
}

/// Names for images (azure-cli-batchai 0.4.10).
const IMAGES: [&str; 2] = ["UbuntuLTS", "UbuntuDSVM"];

/// Arguments of which nobody can guess the value.
const FREE: [&str; 21] = [
    "query",
    "expiry",
    "fingerprint",
    "listen",
    "host_name",
    "set",
    "exec",
    "address",
    "password",
    "user_name",
    "ssh_key",
    "subnet",
    "custom_image",
    "setup_task",
    "afs_mount_path",
    "bfs_mount_path",
    "nfs_mount_path",
    "storage_account_key",
    "account_key",
    "setup_task_output",
    "user",
];

/// Value names of which nobody can guess the value: numbers, moments, expressions.
const FREE_VALUES: [&str; 15] = [
    "GLOB",
    "SECONDS",
    "MINUTES",
    "DAYS",
    "DURATION",
    "TIME",
    "NODES",
    "LINES",
    "COUNT",
    "GB",
    "JMESPATH",
    "COMMAND",
    "TEXT",
    "PATH=VALUE",
    "USER",
];

/// What the value of `arg` of the command at `path` (without the program's name) is; `None`: nobody has thought of it.
#[must_use]
pub fn kind(path: &[&str], arg: &Arg) -> Option<Kind> {
    let id = arg.get_id().as_str();
    let value_name = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    of_id(path, id).or_else(|| FREE.contains(&id).then_some(Kind::Free)).or_else(|| of_value_name(value_name))
}

fn of_id(path: &[&str], id: &str) -> Option<Kind> {
    let own = noun(path);
    let is_new = matches!(path.last(), Some(&("create" | "run"))) && own.is_some();
    Some(match id {
        "new_name" => Kind::Free,
        "name" | "names" if is_new => Kind::Free,
        "workspace" if is_new && own == Some(Wanted::Workspace) => Kind::Free,
        "name" | "names" => Kind::Live(own?),
        "ids" => Kind::Live(Wanted::Ids),
        "resource_group" => Kind::Live(Wanted::Group),
        "subscription" => Kind::Live(Wanted::Subscription),
        "location" => Kind::Live(Wanted::Location),
        "workspace" | "workspace_name" => Kind::Live(Wanted::Workspace),
        "experiment" | "experiment_name" => Kind::Live(Wanted::Experiment),
        "cluster" | "cluster_name" => Kind::Live(Wanted::Cluster),
        "job" | "job_name" => Kind::Live(Wanted::Job),
        "nfs" | "nfs_name" | "file_server" => Kind::Live(Wanted::FileServer),
        "vault" => Kind::Live(Wanted::Vault),
        "node" | "node_id" => Kind::Live(Wanted::Node),
        "output_directory_id" if own == Some(Wanted::Job) => Kind::Live(Wanted::OutputDirectory),
        "file_name" | "file" if own == Some(Wanted::Job) => Kind::Live(Wanted::File),
        "path" if own == Some(Wanted::Job) => Kind::Live(Wanted::Folder),
        "path" if own == Some(Wanted::Cluster) => Kind::Free,
        "share_name" | "afs_name" => Kind::Live(Wanted::Share),
        "container_name" | "bfs_name" => Kind::Live(Wanted::Container),
        "account_name" | "storage_account_name" => Kind::Live(Wanted::Account),
        "path" if path == ["storage", "upload"] => Kind::Live(Wanted::StoredFolder),
        "path" | "stored" if path.first() == Some(&"storage") => Kind::Live(Wanted::Stored),
        "vm_size" => Kind::VmSize,
        "image" => Kind::Image,
        "endpoint" | "url" => Kind::Endpoint,
        "key" | "keys" if path.first() == Some(&"config") => Kind::Setting,
        "settings" if path.first() == Some(&"config") => Kind::Assignment,
        "defaults" if path == ["configure"] => Kind::Default,
        "certificate" | "key" => Kind::File,
        _ => return None,
    })
}

fn of_value_name(name: &str) -> Option<Kind> {
    Some(match name {
        "FILE" | "PATH" | "LOCAL" => Kind::File,
        "DIR" | "DIRECTORY" | "FOLDER" => Kind::Directory,
        name if FREE_VALUES.contains(&name) => Kind::Free,
        _ => return None,
    })
}

/// What the names are that a command is about.
fn noun(path: &[&str]) -> Option<Wanted> {
    Some(match path {
        ["job", ..] => Wanted::Job,
        ["cluster", ..] => Wanted::Cluster,
        ["experiment", ..] => Wanted::Experiment,
        ["workspace", ..] => Wanted::Workspace,
        ["file-server", ..] => Wanted::FileServer,
        ["server", "token", ..] => Wanted::Token,
        ["vault", ..] => Wanted::Secret,
        _ => return None,
    })
}

/// The definition with a completer at every argument that has one.
#[must_use]
pub fn attached(definition: Command, typed: &Arc<Typed>) -> Command {
    below(&[], definition, typed)
}

fn below(path: &[&str], command: Command, typed: &Arc<Typed>) -> Command {
    let command = command.mut_args(|arg| {
        let takes_word = arg.get_action().takes_values() && arg.get_possible_values().is_empty();
        match kind(path, &arg).filter(|_| takes_word) {
            Some(kind) => with_completer(arg, kind, path, typed),
            None => arg,
        }
    });
    command.mut_subcommands(|child| {
        let name = child.get_name().to_owned();
        let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
        below(&path, child, typed)
    })
}

fn with_completer(arg: Arg, kind: Kind, path: &[&str], typed: &Arc<Typed>) -> Arg {
    let (id, typed, own) = (arg.get_id().to_string(), Arc::clone(typed), noun(path));
    arg.add(ArgValueCompleter::new(move |current: &std::ffi::OsStr| {
        let Some(current) = current.to_str() else { return Vec::new() };
        // What was given once is not to be given twice.
        let is_new = |found: &CompletionCandidate| !typed.values(&id).any(|given| found.get_value() == given);
        candidates(kind, own, &typed, current).into_iter().filter(is_new).collect()
    }))
}

/// The values of that kind that begin with `current`, best first.
fn candidates(kind: Kind, own: Option<Wanted>, typed: &Typed, current: &str) -> Vec<CompletionCandidate> {
    let fixed = |words: &[&str]| {
        // Azure knows these names in any letter case.
        let begins = |word: &&&str| word.get(..current.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(current));
        words.iter().filter(begins).map(|word| CompletionCandidate::new(*word)).collect()
    };
    match kind {
        Kind::Live(wanted) => live::names(wanted, own, typed, current),
        Kind::File => vec![CompletionCandidate::new(FILES)],
        Kind::Directory => vec![CompletionCandidate::new(DIRECTORIES)],
        Kind::VmSize => fixed(vm_sizes::ALL),
        Kind::Image => fixed(&IMAGES),
        Kind::Setting => settings::keys(current),
        Kind::Assignment => settings::assignments("", typed, current),
        Kind::Default => settings::assignments("defaults.", typed, current),
        Kind::Endpoint => settings::endpoints(current),
        Kind::Free => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn untold(path: &[&str], command: &Command, found: &mut Vec<String>) {
        for arg in command.get_arguments().filter(|arg| arg.get_action().takes_values()) {
            if arg.get_possible_values().is_empty() && kind(path, arg).is_none() {
                found.push(format!("batchai {} {}", path.join(" "), arg.get_id()));
            }
        }
        for child in command.get_subcommands() {
            let path: Vec<&str> = path.iter().copied().chain([child.get_name()]).collect();
            untold(&path, child, found);
        }
    }

    #[test]
    fn of_every_argument_somebody_has_thought_what_its_value_may_be() {
        let mut found = Vec::new();
        untold(&[], &crate::cli::definition(), &mut found);
        assert!(
            found.is_empty(),
            "no values for these; give them a kind, or put them with the free ones:\n{}",
            found.join("\n")
        );
    }

    #[test]
    fn the_same_flag_means_another_thing_with_another_command() {
        let kind = |path: &[&str], id: &'static str| kind(path, &Arg::new(id));
        assert_eq!(kind(&["job", "show"], "name"), Some(Kind::Live(Wanted::Job)));
        assert_eq!(kind(&["job", "run"], "name"), Some(Kind::Free));
        assert_eq!(kind(&["cluster", "delete"], "names"), Some(Kind::Live(Wanted::Cluster)));
        assert_eq!(kind(&["workspace", "create"], "workspace"), Some(Kind::Free));
        assert_eq!(kind(&["cluster", "create"], "workspace"), Some(Kind::Live(Wanted::Workspace)));
        assert_eq!(kind(&["config", "get"], "key"), Some(Kind::Setting));
        assert_eq!(kind(&["server", "run"], "key"), Some(Kind::File));
        assert_eq!(kind(&["job", "show"], "surprise"), None);
    }
}
