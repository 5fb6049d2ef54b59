//! The job files of `examples/toolkits`: each does what its comment promises.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Mpi, Sandbox, is_left_out};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/toolkits")
}

fn names() -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).expect("the folder").map(|entry| entry.expect("an entry").file_name());
    entries.map(|name| name.to_string_lossy().into_owned()).filter(|name| !name.starts_with("__")).collect()
}

/// A sandbox with a copy of the folder where the commands of the comments look for it.
fn with_examples() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in names() {
        let text = fs::read_to_string(folder().join(&name)).expect("a file");
        sandbox.file(&format!("examples/toolkits/{name}"), &text);
    }
    sandbox
}

/// An example that has run, and exited with 0.
struct Ran {
    sandbox: Sandbox,
    stdout: String,
    run: String,
    addresses: Vec<String>,
}

impl Ran {
    /// Runs the command of the file's comment. `path`: comes before the PATH of the developer.
    #[track_caller]
    fn file(name: &str, path: Option<&Path>) -> Self {
        let sandbox = with_examples();
        let text = fs::read_to_string(folder().join(name)).expect("a job file");
        let command = text.lines().find_map(|line| line.strip_prefix("#   batchai "));
        let command = command.unwrap_or_else(|| panic!("{name} does not say how it is run"));
        let mut command = sandbox.command(command.split(' ').chain(["-n", "example"]));
        let old = std::env::var_os("PATH").unwrap_or_default();
        let folders = path.map(Path::to_owned).into_iter().chain(std::env::split_paths(&old));
        command.env("PATH", std::env::join_paths(folders).expect("a PATH"));
        let done = crate::support::Done::of(&command.output().expect("the program")).succeeds();
        let lines: Vec<&str> = done.stdout.lines().collect();
        let value = |name: &str| {
            let found =
                lines.iter().find_map(|line| line.split_once(name)).unwrap_or_else(|| panic!("{name}: {lines:?}"));
            found.1.to_owned()
        };
        let addresses = value(": AZ_BATCH_HOST_LIST=").split(',').map(str::to_owned).collect();
        let home = value(": working directory ");
        let run = home.split_once("/nodes/").expect("the directory of a node").0.to_owned();
        assert!(Path::new(&run).starts_with(sandbox.home().canonicalize().expect("a home")), "{run}");
        let ran = Self { sandbox, stdout: done.stdout, run, addresses };
        assert_eq!(ran.addresses.len(), 2, "{}", ran.stdout);
        ran
    }

    /// Asserts that a process says this, under its name.
    #[track_caller]
    fn says(&self, who: &str, text: &str) {
        let is_it = |line: &str| line.ends_with(&format!("{who}: {text}"));
        assert!(self.stdout.lines().any(is_it), "{who} does not say: {text}\n{}", self.stdout);
    }

    /// Asserts that a process says that it is on the node at this place, and in the working directory there.
    #[track_caller]
    fn is_on(&self, who: &str, place: usize) {
        self.says(who, &format!("node {}", self.addresses[place]));
        self.says(who, &format!("working directory {}/nodes/{place}/code", self.run));
        self.says(who, &format!("AZ_BATCH_HOST_LIST={}", self.addresses.join(",")));
    }

    /// Asserts how many lines say this, whoever does.
    #[track_caller]
    fn times(&self, text: &str, times: usize) {
        assert_eq!(self.stdout.matches(text).count(), times, "{text}\n{}", self.stdout);
    }
}

#[test]
fn the_example_of_the_custom_toolkit_runs_once_and_shows_the_nodes() {
    if is_left_out("python3") {
        return;
    }
    let ran = Ran::file("custom.yaml", None);
    ran.is_on("job", 0);
    ran.times(": node ", 1);
    let [first, second] = ran.addresses.as_slice() else { panic!("{:?}", ran.addresses) };
    let shown = ran.stdout.lines().last().expect("a line");
    assert!(shown.contains("start others on 2 nodes: "), "{shown}");
    assert!(shown.contains(&format!(" {first} slots=")) && shown.contains(&format!("; {second} slots=")), "{shown}");
}

/// Runs an example under a real launcher, with so many ranks of which the first `on_first` are on the first node.
#[track_caller]
fn ranks_meet(file: &str, mpi: &Mpi, ranks: usize, on_first: usize, variable: &str) {
    let ran = Ran::file(file, Some(mpi.folder()));
    for rank in 0..ranks {
        let who = format!("rank {rank}");
        ran.is_on(&who, usize::from(rank >= on_first));
        ran.says(&who, &format!("{variable}={rank}"));
        ran.says(&who, &format!("all {ranks} have met in AZ_BATCHAI_SHARED_JOB_TEMP"));
    }
    ran.times(": node ", ranks);
}

#[test]
fn the_example_of_custom_mpi_starts_two_ranks_on_each_node_and_they_meet() {
    if is_left_out("python3") {
        return;
    }
    let launchers = [(Mpi::open_mpi(), "OMPI_COMM_WORLD_RANK"), (Mpi::mpich(), "PMI_RANK")];
    for (mpi, variable) in launchers {
        let Some(mpi) = mpi else { return };
        ranks_meet("custom-mpi.yaml", &mpi, 4, 2, variable);
    }
}

#[test]
fn the_examples_of_scripts_under_mpi_start_a_rank_on_each_node_and_they_meet() {
    if is_left_out("python3") {
        return;
    }
    let Some(mpi) = Mpi::open_mpi() else { return };
    for file in ["horovod.yaml", "chainer.yaml", "cntk.yaml", "caffe.yaml"] {
        ranks_meet(file, &mpi, 2, 1, "OMPI_COMM_WORLD_RANK");
    }
}

#[test]
fn the_example_of_pytorch_meets_by_the_file_that_it_is_given() {
    if is_left_out("python3") {
        return;
    }
    let ran = Ran::file("pytorch.yaml", None);
    for (rank, place) in [0, 0, 1].into_iter().enumerate() {
        let who = format!("[{rank}] rank {rank}");
        ran.is_on(&who, place);
        ran.says(&who, &format!("AZ_BATCHAI_TASK_INDEX={rank}"));
        ran.says(&who, &format!("AZ_BATCHAI_PYTORCH_INIT_METHOD=file://{}/shared/pytorch-rendezvous", ran.run));
        ran.says(&who, "ranks 0, 1, 2 have met in the file");
    }
    ran.times(": node ", 3);
}

#[test]
fn the_example_of_caffe2_is_one_shard_on_each_node_and_they_meet() {
    if is_left_out("python3") {
        return;
    }
    let ran = Ran::file("caffe2.yaml", None);
    for shard in 0..2 {
        let who = format!("[{shard}] shard {shard}");
        ran.is_on(&who, shard);
        ran.says(&who, "all 2 have met in AZ_BATCHAI_SHARED_JOB_TEMP");
    }
    ran.times(": node ", 2);
}

#[test]
fn the_example_of_tensorflow_ends_with_its_master_though_its_parameter_server_never_does() {
    if is_left_out("python3") {
        return;
    }
    let ran = Ran::file("tensorflow.yaml", None);
    let [first, second] = ran.addresses.as_slice() else { panic!("{:?}", ran.addresses) };
    let server = format!("{first}:2222");
    // The nodes are those of the addresses that end in 1 and 2, and share the ports of the machine.
    let workers = [format!("{first}:2223"), format!("{second}:2350")];
    for (source, who, place, role) in
        [("wk-0", "worker 0", 0, "master"), ("wk-1", "worker 1", 1, "worker"), ("ps-0", "ps 0", 0, "ps")]
    {
        let who = format!("[{source}] {who}");
        ran.is_on(&who, place);
        let line = ran.stdout.lines().find_map(|line| line.strip_prefix(&format!("{who}: TF_CONFIG=")));
        let given: Value = serde_json::from_str(line.expect("its TF_CONFIG")).expect("JSON");
        assert_eq!(given["cluster"], json!({ "ps": [server], "worker": workers }));
        assert_eq!(given["task"]["type"], role);
    }
    ran.says("[ps-0] ps 0", "serves worker 0, worker 1");
    for worker in ["[wk-0] worker 0", "[wk-1] worker 1"] {
        ran.says(worker, &format!("ps 0 at {server} says: all are here"));
    }
    assert_eq!(ran.sandbox.job_processes(), [] as [i32; 0], "the parameter server is gone");
}

/// Tests have no connection to pull its image by: what it would do is the same as `pytorch.yaml`, inside containers.
#[test]
fn the_example_with_containers_would_do_the_same_as_that_of_pytorch_in_two_containers() {
    let sandbox = with_examples();
    let planned = |file: &str| {
        let file = format!("examples/toolkits/{file}");
        sandbox.run_with(["validate", &file]).succeeds();
        let words = ["job", "create", "-n", "example", "--dry-run", "-f", &file];
        sandbox.run_with(words).succeeds().json()["plan"].clone()
    };
    let (contained, plain) = (planned("container.yaml"), planned("pytorch.yaml"));
    assert!(contained.get("unsupported").is_none(), "{contained}");
    // The ids of nodes that are not there yet tell the second of their plan; their places stay.
    let processes = |plan: &Value| -> Vec<(Value, Option<usize>, String)> {
        let nodes = plan["nodes"].as_array().expect("nodes");
        let list = plan["processes"].as_array().expect("processes").iter();
        list.map(|process| {
            let line = process["commandLine"].as_str().expect("a command").lines().last().expect("a line");
            let place = nodes.iter().position(|node| node["id"] == process["node"]);
            (process["name"].clone(), place, line.to_owned())
        })
        .collect()
    };
    assert_eq!(processes(&contained), processes(&plain));
    let places: Vec<Option<usize>> = processes(&plain).into_iter().map(|(_, place, _)| place).collect();
    assert_eq!(places, [Some(0), Some(0), Some(1)]);
    let nodes = contained["nodes"].as_array().expect("nodes");
    assert_eq!(nodes.len(), 2);
    for node in nodes {
        assert!(node["container"].to_string().contains("docker.io/library/python:3-slim"), "{node}");
    }
}

#[test]
fn the_readme_names_every_example_of_a_toolkit() {
    let readme = fs::read_to_string(folder().join("../../README.md")).expect("the README");
    let section = readme.split("\n## Toolkits").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    for name in names() {
        assert!(section.contains(&format!("{name}`")), "{name} is not in the README");
    }
    assert!(names().len() >= 11, "{:?}", names());
}
