//! What goes to standard output, in which form, and what never goes there.

use std::process::Stdio;

use crate::support::{Done, OnTerminal, Sandbox, skipped};

fn with_variable(sandbox: &Sandbox, words: &str, name: &str, value: &str) -> Done {
    let mut command = sandbox.command(words.split_whitespace());
    command.env(name, value);
    Done::of(&command.output().expect("the program"))
}

#[test]
fn json_is_the_default_and_flags_win_over_the_environment_over_the_configuration() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    let json = sandbox.run("workspace list").succeeds().stdout;
    assert!(json.starts_with("[\n  {\n    \"creationTime\""), "{json}");
    sandbox.run("workspace list -o json").succeeds().prints(&json);
    let table = sandbox.run("workspace list --output table").succeeds().stdout;
    assert!(table.starts_with("Name    Resource Group"), "{table}");
    sandbox.run("workspace list -o none").succeeds().prints("");

    std::fs::write(sandbox.home().join("config.yaml"), "output: table\n").expect("a configuration");
    sandbox.run("workspace list").succeeds().prints(&table);
    with_variable(&sandbox, "workspace list", "AZURE_CORE_OUTPUT", "none").succeeds().prints("");
    with_variable(&sandbox, "workspace list -o json", "AZURE_CORE_OUTPUT", "none").succeeds().prints(&json);
}

#[test]
fn an_unknown_format_is_a_usage_error_that_lists_the_known_ones() {
    let sandbox = Sandbox::new();
    sandbox
        .run("workspace list -o xml")
        .fails_with(2)
        .says("invalid value 'xml' for '--output <FORMAT>'")
        .says("[possible values: json, jsonc, yaml, yamlc, table, tsv, none]")
        .prints("");
    with_variable(&sandbox, "workspace list", "AZURE_CORE_OUTPUT", "xml")
        .fails_with(2)
        .says("error: the configured output format `xml` is unknown: use one of json, jsonc, yaml, yamlc, table, tsv, none\n")
        .prints("");
    std::fs::create_dir_all(sandbox.home()).expect("a folder");
    std::fs::write(sandbox.home().join("config.yaml"), "ouput: table\n").expect("a configuration");
    sandbox.run("workspace list").fails_with(2).says("config.yaml cannot be used").says("ouput");
    assert!(!sandbox.home().join("server.sock").exists(), "a server was started");
}

#[test]
fn an_empty_list_is_empty_in_every_format() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace list").succeeds().prints("[]\n");
    sandbox.run("workspace list -o table").succeeds().prints("\n");
    sandbox.run("workspace list -o none").succeeds().prints("");
    sandbox.run("workspace list -o jsonc").succeeds().prints("[]\n");
    sandbox.run("workspace list -o yaml").succeeds().prints("[]\n");
    sandbox.run("workspace list -o yamlc").succeeds().prints("[]\n");
    sandbox.run("workspace list -o tsv").succeeds().prints("");
}

#[test]
fn yaml_says_what_json_says_in_the_same_order() {
    let sandbox = Sandbox::new();
    sandbox.job_file("echo \"$HOME: #yes\"; echo a long line, which goes on and on for a while, so that it could be folded, and once more");
    sandbox.run("job run -f job.json -n train").succeeds();
    for words in ["job show -n train", "job list", "cluster list", "server status"] {
        let json = sandbox.run(words).succeeds().json();
        let yaml = sandbox.run(&format!("{words} -o yaml")).succeeds().stdout;
        let read: serde_json::Value = serde_yaml::from_str(&yaml).expect("YAML");
        if words != "server status" {
            assert_eq!(read, json, "{words}");
        }
        check_sorted(&read, words);
        sandbox.run(&format!("{words} -o yamlc")).succeeds().prints(&yaml);
    }
}

#[test]
fn tab_separated_values_are_a_line_per_resource() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n one").succeeds();
    sandbox.run("workspace create -n two").succeeds();
    let lines = sandbox.run("workspace list -o tsv").succeeds().stdout;
    let names: Vec<&str> = lines.lines().filter_map(|line| line.split('\t').nth(3)).collect();
    assert_eq!(names, ["one", "two"], "{lines}");
    assert_eq!(sandbox.run("workspace show -n two -o tsv").succeeds().stdout.lines().count(), 1);
}

const COLOUR: &str = "\u{1b}[";

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let sandbox = Sandbox::new();
    sandbox.run("workspace create -n ws").succeeds();
    let plain = sandbox.run("workspace list -o json").succeeds().stdout;
    sandbox.run("workspace list -o jsonc").succeeds().prints(&plain);
    sandbox.run("workspace list -o json --color always").succeeds().prints(&plain);
    for format in ["jsonc", "yamlc", "table"] {
        let coloured = sandbox.run(&format!("workspace list -o {format} --color always")).succeeds().stdout;
        assert!(coloured.contains(COLOUR), "{format}: {coloured}");
        let shown = |more: &[&str], is_without: bool| {
            let words = ["workspace", "list", "-o", format].into_iter().chain(more.iter().copied());
            let mut command = sandbox.command(words);
            command.env("TERM", "xterm");
            if is_without {
                command.env("NO_COLOR", "1");
            }
            let mut terminal = OnTerminal::start(&command);
            assert_eq!(terminal.exit_code(), 0);
            terminal.shows("succeeded");
            terminal.screen()
        };
        assert!(shown(&[], false).contains(COLOUR), "{format} on a terminal");
        assert!(!shown(&[], true).contains(COLOUR), "{format} on a terminal with NO_COLOR");
        assert!(!shown(&["--color", "never"], false).contains(COLOUR), "{format} with --color never");
        assert!(shown(&["--color", "always"], true).contains(COLOUR), "the flag wins over NO_COLOR");
    }
    let failed = sandbox.run("workspace show -n nope --color always").fails_with(3);
    assert!(failed.stderr.starts_with(COLOUR), "{}", failed.stderr);
}

#[test]
fn on_a_terminal_moments_are_told_as_people_tell_them() {
    let sandbox = Sandbox::new();
    sandbox.run("server token create ci --role reader").succeeds();
    let elsewhere = sandbox.run("server token list -o table").succeeds().stdout;
    assert!(elsewhere.contains("Z\n") && !elsewhere.contains("ago"), "{elsewhere}");
    let terminal = OnTerminal::start(&sandbox.command(["server", "token", "list", "-o", "table"]));
    terminal.shows("Created");
    terminal.shows("reader");
    let tells = || terminal.screen().contains("ago") || terminal.screen().contains("now");
    crate::support::wait_until("it is told how long ago", tells);
}

#[test]
fn keys_are_sorted_at_every_depth_and_nothing_of_ours_alone_is_shown() {
    let parsed: serde_json::Value = serde_json::from_str(r#"{"b":1,"a":2}"#).expect("JSON");
    let order: Vec<&String> = parsed.as_object().expect("an object").keys().collect();
    assert_eq!(order, ["b", "a"], "this test sees order only while the parser keeps it");
    let sandbox = Sandbox::new();
    sandbox.job_file("true");
    sandbox.run("job run -f job.json -n train").succeeds();
    for words in ["job show -n train", "job list", "cluster list", "job file list -j train", "server status"] {
        let text = sandbox.run(words).succeeds().stdout;
        check_sorted(&serde_json::from_str(&text).expect("JSON"), words);
        for ours in ["generation", "outputStreams", "searchPath", "experimentName", "\"properties\""] {
            assert!(!text.contains(ours), "{words} shows {ours}");
        }
    }
}

fn check_sorted(value: &serde_json::Value, words: &str) {
    match value {
        serde_json::Value::Object(fields) => {
            assert!(fields.keys().is_sorted(), "{words}: {:?}", fields.keys().collect::<Vec<_>>());
            fields.values().for_each(|field| check_sorted(field, words));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| check_sorted(item, words)),
        _ => {}
    }
}

#[test]
fn notes_and_colours_stay_away_from_standard_output() {
    let sandbox = Sandbox::new();
    sandbox.job_file("echo out; echo err >&2");
    let done = sandbox.run("job run -f job.json -n train").succeeds().prints("out\n");
    assert!(!done.stderr.contains('\u{1b}'), "colours without a terminal: {}", done.stderr);
    assert_eq!(done.stderr.lines().count(), 3, "submitted, the job's own line, succeeded: {}", done.stderr);
    let quiet = sandbox.run("job run -f job.json --only-show-errors").succeeds().prints("out\n");
    assert_eq!(quiet.stderr, "err\n");
    let waited = sandbox.run("job wait -n train --only-show-errors").succeeds().prints("");
    assert_eq!(waited.stderr, "");
    let missing = sandbox.run("job show -n nope --only-show-errors").fails_with(3);
    assert!(missing.stderr.starts_with("error: The specified job nope is not found\n"), "{}", missing.stderr);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sandbox = Sandbox::new();
    sandbox.job_file("yes | head -n 200000");
    sandbox.run("job create -f job.json -n loud").succeeds();
    sandbox.run("job wait -n loud").succeeds();
    for words in ["job list", "job file stream -j loud -f stdout.txt"] {
        let mut command = sandbox.command(words.split(' '));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        drop(child.stdout.take());
        let done = Done::of(&child.wait_with_output().expect("the program"));
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{words}");
    }
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let sandbox = Sandbox::new();
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
        skipped("there is no /dev/full");
        return;
    };
    let mut command = sandbox.command(["workspace", "list"]);
    let output = command.stdout(full).stderr(Stdio::piped()).output().expect("the program");
    Done::of(&output).fails_with(1).says("error: cannot write to standard output\n");
}

#[test]
fn the_version_is_one_line() {
    let sandbox = Sandbox::new();
    let version = format!("batchai {}\n", env!("CARGO_PKG_VERSION"));
    sandbox.run("--version").succeeds().prints(&version);
    sandbox.run("-V").succeeds().prints(&version);
    assert!(!sandbox.home().exists(), "asking for the version leaves nothing behind");
}
