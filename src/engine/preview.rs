//! The plan of a run as somebody reads it who does not run it: every environment whole, and no secret in it.
//!
//! Pure. Engines make it of what [`super::launch`] plans; operations hand it on.

use std::path::Path;

use super::environment::Variables;
use crate::domain::node::Node;
use crate::supervisor::containers;
use crate::supervisor::quote::quoted;
use crate::supervisor::run_dir::{Launch, LaunchMount, LaunchNode, MountHow, MountProgram, Process};

/// What stands for the value of a secret variable.
const SECRET: &str = "***";

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Directories that are made before anything else.
    pub directories: Vec<String>,
    /// Its nodes, the master first.
    pub nodes: Vec<PreviewNode>,
    /// Command, files for standard output, files for standard error; the files by node.
    pub preparation: Option<(String, Vec<String>, Vec<String>)>,
    /// Its processes, in the order of their ranks.
    pub processes: Vec<PreviewProcess>,
    /// What stands in the host file of MPI launchers.
    pub host_file: String,
    /// Seconds until it is ended.
    pub max_wall_clock_seconds: u64,
    /// Seconds between the polite and the impolite signal.
    pub grace_seconds: u64,
    /// Why it would fail as things are on this machine.
    pub obstacle: Option<String>,
}

/// A node of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewNode {
    /// Its id.
    pub id: String,
    /// Where programs on other nodes reach it.
    pub address: String,
    /// Where commands start.
    pub working_directory: String,
    /// Where a volume appears, the directory behind it or else the command that mounts it.
    pub mounts: Vec<(String, Result<String, String>)>,
    /// The environment of the preparation.
    pub environment: Variables,
    /// The log of what was done on it.
    pub execution_log: String,
    /// What its commands run in; `None`: the host.
    pub container: Option<PreviewContainer>,
}

/// The container of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewContainer {
    /// Its name.
    pub name: String,
    /// The image, as it would be pulled.
    pub image: String,
    /// The program that would make it.
    pub engine: String,
    /// Directories of the host that it sees under the same path.
    pub binds: Vec<String>,
    /// The words after the program that would start it.
    pub arguments: Vec<String>,
}

/// A process of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewProcess {
    /// `job`, `rank 1`, `worker 1`, or `ps 0`.
    pub name: String,
    /// Its rank, where it has one.
    pub rank: Option<u32>,
    /// The place of its node.
    pub node: usize,
    /// Shell text.
    pub command: String,
    /// All of its environment.
    pub environment: Variables,
    /// Whether the run goes on until it has ended.
    pub is_awaited: bool,
    /// The file for its standard output.
    pub stdout: String,
    /// The file for its standard error.
    pub stderr: String,
}

/// What `launch` would do on `nodes`, those of its request, with this text in its host file.
#[must_use]
pub fn preview(launch: &Launch, nodes: &[Node], host_file: String) -> Preview {
    let environments: Vec<Variables> =
        launch.nodes.iter().map(|node| with_secrets(&node.environment, &launch.secrets)).collect();
    Preview {
        directories: launch.directories.iter().map(|path| text(path)).collect(),
        nodes: launch
            .nodes
            .iter()
            .zip(nodes)
            .zip(&environments)
            .enumerate()
            .map(|(place, parts)| PreviewNode { container: container_of(launch, place), ..node_of(parts) })
            .collect(),
        preparation: launch.preparation.as_ref().map(|preparation| {
            let texts = |files: &[std::path::PathBuf]| files.iter().map(|path| text(path)).collect();
            (preparation.command.clone(), texts(&preparation.stdout), texts(&preparation.stderr))
        }),
        processes: launch.processes.iter().map(|process| process_of(process, launch)).collect(),
        host_file,
        max_wall_clock_seconds: launch.max_wall_clock_seconds,
        grace_seconds: launch.grace_seconds,
        obstacle: launch.container.as_ref().and_then(containers::no_engine),
    }
}

fn node_of(((launch, node), environment): ((&LaunchNode, &Node), &Variables)) -> PreviewNode {
    PreviewNode {
        id: launch.id.clone(),
        address: node.address.clone(),
        working_directory: text(&launch.working_directory),
        mounts: launch.mounts.iter().map(mount_of).collect(),
        environment: environment.clone(),
        execution_log: text(&launch.execution_log),
        container: None,
    }
}

fn container_of(launch: &Launch, place: usize) -> Option<PreviewContainer> {
    let container = launch.container.as_ref()?;
    let node = container.nodes.get(place)?;
    let words = containers::run(container, node, &launch.run, &container.image);
    Some(PreviewContainer {
        name: node.name.clone(),
        image: container.image.clone(),
        engine: text(&container.program),
        binds: node.binds.iter().map(|path| text(path)).collect(),
        arguments: container.options.iter().cloned().chain(words).collect(),
    })
}

fn mount_of(mount: &LaunchMount) -> (String, Result<String, String>) {
    let how = match &mount.how {
        MountHow::Directory(path) => Ok(text(path)),
        MountHow::Command(command) => Err(command.clone()),
        MountHow::Program(program) => Err(line_of(program)),
    };
    (text(&mount.path), how)
}

/// As one would type it, with its own variables.
fn line_of(program: &MountProgram) -> String {
    let variables = program.environment.iter().map(|(name, value)| format!("{name}={}", word(value)));
    let words = std::iter::once(&program.program).chain(&program.arguments).map(|text| word(text));
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

/// Quoted where the shell would make something else of it.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@%+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { quoted(text) }
}

fn process_of(process: &Process, launch: &Launch) -> PreviewProcess {
    let mut environment = launch.nodes[process.node].environment.clone();
    environment.extend(process.environment.clone());
    PreviewProcess {
        name: process.name.clone(),
        rank: process.name.strip_prefix("rank ").and_then(|rank| rank.parse().ok()),
        node: process.node,
        command: process.command.clone(),
        environment: with_secrets(&environment, &launch.secrets),
        is_awaited: process.is_awaited,
        stdout: text(&process.stdout),
        stderr: text(&process.stderr),
    }
}

/// Secrets are over all others, as the supervisor sets them.
fn with_secrets(variables: &Variables, secrets: &[String]) -> Variables {
    let mut all = variables.clone();
    all.extend(secrets.iter().map(|name| (name.clone(), SECRET.to_owned())));
    all
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::launch::tests::{job_spec, launch_of};

    #[test]
    fn environments_are_whole_and_secrets_are_hidden_in_all_of_them() {
        let spec = crate::domain::job::JobSpec { environment: vec![("MODE".into(), "fast".into())], ..job_spec() };
        let launch = Launch { secrets: vec!["KEY".into(), "MODE".into()], ..launch_of(spec) };
        let preview = preview(&launch, &[], String::new());
        assert!(preview.nodes.is_empty(), "they come from the request");
        let environment = &preview.processes[0].environment;
        assert_eq!(environment["KEY"], "***");
        assert_eq!(environment["MODE"], "***", "a secret is over a variable");
        for name in launch.nodes[0].environment.keys() {
            assert!(environment.contains_key(name), "{name}");
        }
    }
}
