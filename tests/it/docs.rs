//! Help, examples and README: what they say is so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::python::{Sdk, install_offline};
use crate::support::{Done, Network, Sandbox, is_left_out, process, wait_until};

/// A command of the program and the words that lead to it.
struct Documented {
    words: Vec<String>,
    command: clap::Command,
}

/// Every command that help shows, groups included.
fn commands() -> Vec<Documented> {
    fn below(words: &[String], command: &clap::Command, found: &mut Vec<Documented>) {
        found.push(Documented { words: words.to_vec(), command: command.clone() });
        for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
            let words: Vec<String> = words.iter().cloned().chain([child.get_name().to_owned()]).collect();
            below(&words, child, found);
        }
    }
    let mut found = Vec::new();
    below(&[], &batchai::cli::definition(), &mut found);
    found
}

/// The example of a command, without the program's name.
fn example(documented: &Documented) -> Vec<String> {
    let shown = documented.command.get_before_help().map(ToString::to_string).unwrap_or_default();
    let example = shown.strip_prefix("Example: batchai ");
    let example = example.unwrap_or_else(|| panic!("`{}` has no example: {shown:?}", documented.words.join(" ")));
    example.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_help_of_every_command_begins_with_its_example() {
    let sandbox = Sandbox::new();
    for documented in commands() {
        let example = example(&documented).join(" ");
        for flag in ["--help", "-h"] {
            let words = documented.words.iter().map(String::as_str).chain([flag]);
            let help = sandbox.run_with(words).succeeds();
            let begins = format!("Example: batchai {example}\n");
            assert!(help.stdout.starts_with(&begins), "{} {flag}:\n{}", documented.words.join(" "), help.stdout);
            assert_eq!(help.stderr, "");
        }
        assert!(documented.words.iter().zip(example.split(' ')).all(|(word, said)| word == said), "{example}");
    }
    assert!(!sandbox.home().exists(), "help leaves nothing behind");
}

#[test]
fn every_example_of_the_help_parses() {
    for documented in commands() {
        let example = example(&documented);
        let words = std::iter::once("batchai".to_owned()).chain(example.iter().cloned());
        let parsed = batchai::cli::definition().try_get_matches_from(words);
        assert!(parsed.is_ok(), "batchai {}: {}", example.join(" "), parsed.expect_err("an error"));
    }
}

#[test]
fn every_flag_and_every_command_says_what_it_is() {
    for documented in commands() {
        let words = documented.words.join(" ");
        assert!(documented.command.get_about().is_some(), "`{words}` does not say what it does");
        for argument in documented.command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            assert!(argument.get_help().is_some(), "`{words} {}` does not say what it is", argument.get_id());
        }
    }
}

/// What the examples name, made before they run.
fn stage(sandbox: &Sandbox, example: &str) {
    sandbox.file("job.yaml", "customToolkitSettings: {commandLine: 'echo trained'}\n");
    if example.starts_with("server token revoke") {
        sandbox.run("server token create ci --role reader").succeeds();
    }
    if example.starts_with("vault delete") {
        sandbox.run_fed("vault set -v demo token", "hunter2").succeeds();
    }
    if example.starts_with("config get") {
        sandbox.run("config set defaults.workspace=ws").succeeds();
    }
    if example.starts_with("storage") && !example.contains("create") {
        sandbox.file("train.py", "print('trained')\n");
        sandbox.run("storage upload train.py -s data --account-name demo -p mnist").succeeds();
    }
    if ["server", "login", "logout", "config", "validate", "schema", "vault", "storage"]
        .iter()
        .any(|word| example.starts_with(word))
    {
        return;
    }
    sandbox.run("workspace create -n ws").succeeds();
    sandbox.run("experiment create -w ws -n exp").succeeds();
    if example.contains("node preempt") {
        sandbox.run("cluster create -w ws -n gpu --target 1 --vm-priority lowpriority").succeeds();
        wait_until("there is a node", || {
            let shown = sandbox.run("cluster show -w ws -n gpu").succeeds().json();
            shown["nodeStateCounts"]["idleNodeCount"] == 1
        });
    } else if !example.starts_with("cluster create") {
        sandbox.run("cluster create -w ws -n gpu --target 1").succeeds();
    }
    if example.starts_with("file-server") {
        let disks = "dataDisks: {diskCount: 1, diskSizeInGB: 10, storageAccountType: Standard_LRS}\n";
        sandbox.file("nfs.yaml", disks);
        sandbox.run("file-server create -w ws data --disk-count 1 --disk-size 1 --storage-sku Standard_LRS").succeeds();
    }
    if example.starts_with("job") {
        sandbox.run("job run -f job.yaml -n train").succeeds();
        sandbox.run("job run -w ws -e exp -f job.yaml -n train").succeeds();
    }
}

#[test]
fn every_example_of_the_help_does_what_it_says() {
    let examples: BTreeSet<String> = commands().iter().map(|documented| example(documented).join(" ")).collect();
    for example in examples {
        let sandbox = Sandbox::new();
        stage(&sandbox, &example);
        if example == "server run" {
            let mut server = sandbox.spawn(&example);
            wait_until("it serves", || sandbox.run("server status").code == 0);
            process::signal(i32::try_from(server.id()).expect("a process id"), rustix::process::Signal::TERM);
            assert!(server.wait().expect("it ends").success(), "{example}");
        } else if example.starts_with("server status") {
            sandbox.run(&example).fails_with(4);
            sandbox.run("server start").succeeds();
            sandbox.run(&example).succeeds();
        } else if example.starts_with("vault set") {
            sandbox.run_fed(&example, "hunter2\n").succeeds();
        } else if example.starts_with("login") {
            sandbox.run_fed(&example, "bai_x\n").fails_with(4).says("cannot reach the server");
        } else if example.contains("node exec") {
            wait_until("the cluster has its node", || {
                let shown = sandbox.run("cluster show -w ws -n gpu").succeeds().json();
                shown["nodeStateCounts"]["idleNodeCount"] == 1
            });
            let why = if example.starts_with("job") { "No nodes" } else { "no user account" };
            sandbox.run(&example).fails_with(1).says(why);
        } else if example.starts_with("logout") {
            sandbox.run(&example).fails_with(3).says("nobody is logged in");
        } else {
            let done = sandbox.run(&example);
            assert_eq!(done.code, 0, "batchai {example}\n{}{}", done.stdout, done.stderr);
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of the quickstart, where the README has it.
fn quickstart(sandbox: &Sandbox) {
    copy(&root().join("examples/quickstart"), &sandbox.work().join("examples/quickstart"));
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name");
        if path.is_dir() && name != "__pycache__" {
            copy(&path, &to.join(name));
        } else if path.is_file() {
            std::fs::copy(&path, to.join(name)).expect("a copy");
        }
    }
}

/// The accuracy that a job file asks for.
fn stated_accuracy(file: &str) -> f64 {
    let text = std::fs::read_to_string(root().join("examples").join(file)).expect("a job file");
    let after = text.split("--min-accuracy ").nth(1).expect("a stated accuracy");
    after.split_whitespace().next().expect("a number").parse().expect("a number")
}

/// Runs a job of the quickstart and checks what it promises.
#[track_caller]
fn trains(file: &str) {
    let sandbox = Sandbox::new();
    quickstart(&sandbox);
    let run = sandbox.run(&format!("job run -f examples/quickstart/{file} -n train")).succeeds();
    let epochs: Vec<&str> = run.stdout.lines().filter(|line| line.contains("epoch")).collect();
    assert!(epochs.len() >= 10, "{}", run.stdout);
    for line in &epochs {
        assert!(line.contains("  loss "), "{line}");
    }
    let reached = epochs.last().and_then(|line| line.rsplit_once("held-out accuracy "));
    let reached: f64 = reached.expect("an accuracy").1.parse().expect("a number");
    assert!(reached >= stated_accuracy(&format!("quickstart/{file}")), "{reached} in {}", run.stdout);

    let listed = sandbox.run("job file list -j train -d MODEL").succeeds().json();
    let names: Vec<&str> = listed.as_array().expect("a list").iter().filter_map(|file| file["name"].as_str()).collect();
    assert_eq!(names, ["model.json"]);
    let model = sandbox.run("job file stream -j train -d MODEL -f model.json").succeeds().json();
    let kept = model["accuracy"].as_f64().expect("an accuracy");
    assert!((kept - reached).abs() < 0.0001, "the model says {kept}, the output {reached}");
    let left = std::fs::read_dir(sandbox.work().join("examples/quickstart")).expect("the folder");
    let expected = std::fs::read_dir(root().join("examples/quickstart")).expect("the folder");
    let tracked = expected.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name() != "__pycache__"));
    assert_eq!(left.count(), tracked.count(), "the job wrote into the user's folder");
}

#[test]
fn the_quickstart_trains_a_model_of_the_stated_accuracy() {
    if !is_left_out("python3") {
        trains("job.yaml");
    }
}

#[test]
fn the_quickstart_on_two_nodes_trains_a_model_of_the_stated_accuracy() {
    if !is_left_out("python3") {
        trains("job-2-nodes.yaml");
    }
}

#[test]
fn the_data_parallel_example_trains_equal_networks_of_the_stated_accuracy_on_two_nodes() {
    if is_left_out("python3") || is_left_out("jax") {
        return;
    }
    let sandbox = Sandbox::new();
    copy(&root().join("examples"), &sandbox.work().join("examples"));
    install_offline(&sandbox, "data-parallel", "jax");
    let run = sandbox.run("job run -f examples/data-parallel/job.yaml -n train").succeeds();
    let equal: Vec<&str> = run.stdout.lines().filter_map(|line| line.split("network, checksum ").nth(1)).collect();
    assert!(equal.len() == 4 && equal.iter().all(|checksum| checksum == &equal[0]), "{}", run.stdout);
    let result = sandbox.run("job file stream -j train -d MODEL -f result.json").succeeds().json();
    assert_eq!((&result["processes"], &result["checksum"]), (&Value::from(4), &Value::from(equal[0])));
    let accuracy = result["accuracy"].as_f64().expect("an accuracy");
    assert!(accuracy >= stated_accuracy("data-parallel/job.yaml"), "{accuracy}");
    let listed = sandbox.run("job file list -j train -d MODEL").succeeds().json();
    let names: Vec<&str> = listed.as_array().expect("a list").iter().filter_map(|file| file["name"].as_str()).collect();
    assert_eq!(names, ["model.npz", "result.json"]);
}

#[test]
fn without_python_the_data_parallel_example_says_what_is_missing() {
    let sandbox = Sandbox::new();
    copy(&root().join("examples"), &sandbox.work().join("examples"));
    let programs = sandbox.work().join("programs");
    std::fs::create_dir(&programs).expect("a folder");
    std::os::unix::fs::symlink("/bin/mkdir", programs.join("mkdir")).expect("a link");
    let mut command = sandbox.command(["job", "run", "-f", "examples/data-parallel/job.yaml"]);
    command.env("PATH", &programs);
    Done::of(&command.output().expect("the program")).fails_with(127).says("Python 3.11");
}

#[test]
fn without_python_the_quickstart_says_what_is_missing() {
    let sandbox = Sandbox::new();
    quickstart(&sandbox);
    let empty = sandbox.work().join("no-programs");
    std::fs::create_dir(&empty).expect("a folder");
    for file in ["job.yaml", "job-2-nodes.yaml"] {
        let path = format!("examples/quickstart/{file}");
        let mut command = sandbox.command(["job", "run", "-f", &path]);
        command.env("PATH", &empty);
        Done::of(&command.output().expect("the program")).fails_with(127).prints("").says("Python");
    }
}

#[test]
fn every_job_file_of_the_examples_is_accepted() {
    let sandbox = Sandbox::new();
    copy(&root().join("examples"), &sandbox.work().join("examples"));
    sandbox.run("cluster create -n none --target 0").succeeds();
    let folders = ["quickstart", "data-parallel", "toolkits"].map(|name| sandbox.work().join("examples").join(name));
    let files = folders.into_iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder"));
    let mut accepted = 0;
    for path in files.map(|entry| entry.expect("an entry").path()) {
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let file = path.display().to_string();
            let job = sandbox.run_with(["job", "create", "-c", "none", "-f", &file]).succeeds().json();
            assert_eq!(job["executionState"], Value::from("queued"), "{file}");
            accepted += 1;
        }
    }
    assert!(accepted >= 13, "{accepted} job files");
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("the README")
}

#[test]
fn the_readme_names_every_variable_that_is_read_and_no_other() {
    let text = std::fs::read_to_string(root().join("src/config/env.rs")).expect("a source file");
    let mut read: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("pub const ")?.split('"').nth(1)).collect();
    read.insert("NO_COLOR");
    let readme = readme();
    let named: BTreeSet<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .flat_map(|cell| cell.split(", ").map(|name| name.trim_matches('`')))
        .filter(|name| name.contains('_') && name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    assert_eq!(named, read);
}

#[test]
fn the_readme_names_every_exit_code() {
    let text = std::fs::read_to_string(root().join("src/cli/exit_code.rs")).expect("a source file");
    let codes = text.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" => "));
    let codes: BTreeSet<String> = codes
        .map(|(_, code)| code.trim_end_matches(',').to_owned())
        .filter(|code| code.parse::<u8>().is_ok())
        .collect();
    assert!(codes.len() >= 8, "{codes:?}");
    let readme = readme();
    let table = readme.split("## Exit codes").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the table");
    // 255 stands with the job's own codes.
    for code in codes.iter().filter(|code| *code != "255") {
        assert!(table.contains(&format!("| {code} |")), "exit code {code} is not in the README");
    }
    assert!(table.contains("255"), "255 is not in the README");
}

#[test]
fn the_readme_names_every_command() {
    let readme = readme();
    let table =
        readme.split("## From `az batchai`").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the table");
    for documented in commands().iter().filter(|documented| documented.command.get_subcommands().next().is_none()) {
        let (verb, group) = documented.words.split_last().expect("a command");
        let has = |line: &&str| line.contains(&group.join(" ")) && line.contains(verb.as_str());
        assert!(table.lines().any(|line| has(&line)), "`{}` is not in the README", documented.words.join(" "));
    }
}

#[test]
fn the_transcripts_of_the_readme_show_what_the_examples_print() {
    if is_left_out("python3") {
        return;
    }
    let sandbox = Sandbox::new();
    quickstart(&sandbox);
    let run = sandbox.run("job run -f examples/quickstart/job.yaml -n train").succeeds();
    let readme = readme();
    let transcript =
        readme.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a transcript");
    let first = run.stdout.lines().next().expect("a line");
    assert!(transcript.contains(&format!("\n{first}\n")), "{first:?} is not in the README");
    let epoch = transcript.lines().find(|line| line.starts_with("epoch 20/20")).expect("the last epoch");
    let shown = run.stdout.lines().find(|line| line.starts_with("epoch 20/20")).expect("the last epoch");
    let words = |line: &str| {
        line.split_whitespace().filter(|word| word.parse::<f64>().is_err()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(words(epoch), words(shown), "only the numbers may differ between versions of Python");

    let file = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a job file");
    sandbox.file("examples/quickstart/readme.yaml", file);
    sandbox.run("job run -f examples/quickstart/readme.yaml").succeeds();

    let report = readme.split("```console\n").nth(2).and_then(|rest| rest.split("```").next()).expect("a report");
    let report = report.strip_prefix("$ batchai job run -f job.yaml\n").expect("the command");
    sandbox.file("job.yaml", "nodeCout: 1\ncustomToolkitSettings: {commandLine: ls}\n");
    let wrong = sandbox.run("job run -f job.yaml").fails_with(2);
    assert_eq!(wrong.stderr, report);
}

#[test]
fn the_program_of_the_readme_runs_with_the_sdk() {
    let Some(sdk) = Sdk::of("2.0.0") else { return };
    let sandbox = Sandbox::new();
    let server = Network::start(&sandbox, "");
    let readme = readme();
    let program = readme.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a program");
    let address = "http://127.0.0.1:8650";
    assert!(program.contains(address), "{address} is not in the program");
    let prefix = sandbox.work().display().to_string();
    let program = program.replace(address, &server.url).replace("\"/tmp\"", &format!("{prefix:?}"));
    let file = sandbox.file("readme.py", &program);
    let done = Done::of(&sdk.script(file, &server).output().expect("python"));
    done.succeeds().prints("hello succeeded 0\n");
}
