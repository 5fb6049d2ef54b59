//! What is wrong with what the user gave is told at once, in whole, and before anything is started.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::json;

use crate::support::{Done, Sandbox};

/// Nothing was started, and nothing is left that a command has to clean up.
#[track_caller]
fn nothing_was_started(sandbox: &Sandbox) {
    assert!(sandbox.processes().is_empty(), "something was started");
    for name in ["server.sock", "server.lock", "server.log", "batchai.db"] {
        assert!(!sandbox.home().join(name).exists(), "{name} is there");
    }
}

#[test]
fn a_job_file_with_five_mistakes_reports_all_of_them_and_starts_no_server() {
    let sandbox = Sandbox::new();
    let text = "# A job with mistakes.\nname: my job\nnodeCout: 2\ncustomToolkitSettings:\n  commandLine: [python3, train.py]\n\
                schedulingPriority: urgent\nconstraints:\n  maxWallClockTime: 02:30:00\n";
    sandbox.file("job.yaml", text);
    for verb in ["run", "create"] {
        let done = sandbox.run(&format!("job {verb} -f job.yaml")).fails_with(2).prints("");
        insta::allow_duplicates! {
            insta::assert_snapshot!(done.stderr, @r#"
            error: job.yaml:2:7: "my job" is not a name: use 1 to 64 letters, digits, `-` and `_`
                2 | name: my job
                  |       ^^^^^^
              job.yaml:3:1: unknown property `nodeCout`: did you mean `nodeCount`?
                3 | nodeCout: 2
                  | ^^^^^^^^
              job.yaml:5:16: expected text, found a list
                5 |   commandLine: [python3, train.py]
                  |                ^^^^^^^^^^^^^^^^^^^
              job.yaml:6:21: expected `low`, `normal` or `high`, found "urgent"
                6 | schedulingPriority: urgent
                  |                     ^^^^^^
              job.yaml:8:21: "02:30:00" is not an ISO 8601 duration: write `PT2H30M`
                8 |   maxWallClockTime: 02:30:00
                  |                     ^^^^^^^^
              5 problems in job.yaml
              hint: `batchai validate FILE` looks at a file and sends nothing; `batchai schema job` tells what may be in it
            "#);
        }
    }
    nothing_was_started(&sandbox);
}

#[test]
fn a_json_file_and_standard_input_are_reported_in_the_same_way() {
    let sandbox = Sandbox::new();
    let text = "{\n  \"properties\": {\n    \"nodeCount\": 0,\n    \"customToolkitSettings\": {\"commandline\": \"ls\"},\n    \
                \"outputDirectories\": [{\"id\": \"my-model\"}]\n  }\n}\n";
    let done = sandbox.run_fed("job run -f -", text).fails_with(2).prints("");
    insta::assert_snapshot!(done.stderr, @r#"
    error: standard input:3:18: expected 1 or more, found 0
        3 |     "nodeCount": 0,
          |                  ^
      standard input:4:31: unknown property `commandline`: did you mean `commandLine`?
        4 |     "customToolkitSettings": {"commandline": "ls"},
          |                               ^^^^^^^^^^^^^
      standard input:5:34: "my-model" cannot follow `AZ_BATCHAI_OUTPUT_` in the name of a variable: use letters, digits and `_`
        5 |     "outputDirectories": [{"id": "my-model"}]
          |                                  ^^^^^^^^^^
      3 problems in standard input
      hint: `batchai validate FILE` looks at a file and sends nothing; `batchai schema job` tells what may be in it
    "#);
    nothing_was_started(&sandbox);
}

#[test]
fn a_cluster_file_with_mistakes_is_told_in_whole() {
    let sandbox = Sandbox::new();
    let text = "vmsize: local\nscaleSettings:\n  autoScale: {minimumNodeCount: 3, maximumNodeCount: 2}\n";
    sandbox.file("cluster.yaml", text);
    let done = sandbox.run("cluster create -n c -f cluster.yaml").fails_with(2).prints("");
    insta::assert_snapshot!(done.stderr, @r"
    error: cluster.yaml:1:1: unknown property `vmsize`: did you mean `vmSize`?
        1 | vmsize: local
          | ^^^^^^
      cluster.yaml:3:54: the maximum is below the minimum, which is 3
        3 |   autoScale: {minimumNodeCount: 3, maximumNodeCount: 2}
          |                                                      ^
      2 problems in cluster.yaml
      hint: `batchai validate FILE` looks at a file and sends nothing; `batchai schema job` tells what may be in it
    ");
    nothing_was_started(&sandbox);
}

#[test]
fn what_is_neither_yaml_nor_json_is_told_where_it_ends_to_be() {
    let sandbox = Sandbox::new();
    sandbox.file("job.yaml", "nodeCount: 1\ncustomToolkitSettings: {commandLine: ls\n");
    let done = sandbox.run("job run -f job.yaml").fails_with(2).prints("");
    assert!(done.stderr.starts_with("error: job.yaml:"), "{}", done.stderr);
    assert!(done.stderr.contains("1 problem in job.yaml"), "{}", done.stderr);
    nothing_was_started(&sandbox);
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_what_to_do() {
    let sandbox = Sandbox::new();
    let ask = "give the path of a YAML or JSON file, or `-` for standard input";
    sandbox
        .run("job run -f nope.yaml")
        .fails_with(2)
        .says(&format!("error: cannot read nope.yaml: there is no such file: {ask}\n"));
    sandbox
        .run("job run -f .")
        .fails_with(2)
        .says("error: cannot read .: it is a folder: give the path of a file in it\n");
    std::fs::write(sandbox.work().join("latin.yaml"), b"name: a\n# gr\xfc\xdfe\n").expect("a file");
    sandbox
        .run("job run -f latin.yaml")
        .fails_with(2)
        .says("error: cannot read latin.yaml: line 2 is not UTF-8 text: save the file as UTF-8\n");
    let large = std::fs::File::create(sandbox.work().join("large.yaml")).expect("a file");
    large.set_len(5 << 20).expect("a length");
    sandbox.run("job run -f large.yaml").fails_with(2).says("cannot read large.yaml: it is larger than 4 MiB");
    sandbox.run("job run").fails_with(2).says("--config-file <FILE>");
    nothing_was_started(&sandbox);
}

#[test]
fn a_file_without_permission_is_told_as_such() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("secret.yaml", "customToolkitSettings: {commandLine: ls}\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    let plain = sandbox.command(["job", "run", "-f", "secret.yaml"]);
    // To root permissions mean nothing, unless it is told to do without that.
    let mut command = if std::fs::read(&path).is_ok() { without_override(&plain) } else { plain };
    Done::of(&command.output().expect("the program"))
        .fails_with(2)
        .says("error: cannot read secret.yaml: you are not allowed to: check its permissions\n");
}

#[test]
fn a_code_folder_that_is_missing_or_no_folder_is_told_with_its_place_in_the_file() {
    let sandbox = Sandbox::new();
    sandbox.file("file", "");
    for (code, what) in
        [("nowhere", "the folder ./nowhere is not there"), ("file", "the folder ./file is not a folder")]
    {
        sandbox.file("job.yaml", &format!("code: {code}\ncustomToolkitSettings: {{commandLine: ls}}\n"));
        sandbox.run("job run -f job.yaml").fails_with(2).says(&format!("error: job.yaml:1:7: {what}\n"));
    }
    nothing_was_started(&sandbox);
}

#[test]
fn a_data_directory_that_cannot_be_made_is_told_with_what_to_do() {
    let outside = Sandbox::new();
    let file = outside.file("in-the-way", "");
    for home in [file.clone(), file.join("below")] {
        let sandbox = Sandbox::at(home.clone());
        sandbox.job_file("true");
        for words in ["job run -f job.json", "workspace list", "server status", "server start"] {
            sandbox
                .run(words)
                .fails_with(4)
                .says(&format!("error: the data directory {} cannot be used: ", home.display()))
                .says("hint: set BATCHAI_HOME to a folder that you may write to, with free space\n")
                .prints("");
        }
    }
    assert_eq!(std::fs::read(&file).expect("the file"), b"", "it is as it was");
}

#[test]
fn wrong_words_and_flags_are_usage_errors_with_a_suggestion() {
    let sandbox = Sandbox::new();
    for (words, why) in [
        ("jobs list", "a similar subcommand exists: 'job'"),
        ("job lst", "a similar subcommand exists: 'list'"),
        ("job list --workspce x", "a similar argument exists: '--workspace'"),
        ("job show", "(NAME | --name | --ids) are required"),
        ("job show -n", "a value is required for '--name <NAME>'"),
        ("job run -f a.yaml extra", "unexpected argument 'extra' found"),
    ] {
        sandbox.run(words).fails_with(2).says(why).prints("");
    }
    nothing_was_started(&sandbox);
}

#[test]
fn what_only_the_server_can_know_is_told_with_the_property_and_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let job = json!({
        "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/nowhere", "customToolkitSettings": { "commandLine": "true" }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -f job.json -n lost").fails_with(255).says(
        "Error message: stdOutErrPathPrefix `$AZ_BATCHAI_MOUNT_ROOT/nowhere` leads nowhere: the cluster mounts no volume \
         `nowhere`; it mounts nothing\n",
    );
    assert_eq!(sandbox.job("lost")["executionInfo"]["errors"][0]["code"], "JobStartFailed");
    let job = json!({
        "environmentVariables": [{ "name": "AZ_BATCHAI_NUM_GPUS", "value": "9" }],
        "outputDirectories": [{ "id": "A", "pathSuffix": "../.." }], "customToolkitSettings": { "commandLine": "true" }
    });
    sandbox.spec("job.json", &job);
    sandbox
        .run("job create -f job.json -n wrong")
        .fails_with(1)
        .says("error: The request has 2 invalid properties\n")
        .says("properties.environmentVariables[0].name: `AZ_BATCHAI_NUM_GPUS` is set by batchai and cannot be set by a job")
        .says("properties.outputDirectories[0].pathSuffix: `../..` must be a relative path without `..`");
    sandbox.run("job show -n wrong").fails_with(3);
}

#[test]
fn what_is_too_large_is_told_with_its_place_before_anything_is_sent() {
    let sandbox = Sandbox::new();
    let cases = [
        (format!("environmentVariables: [{{name: A, value: {}}}]", "x".repeat(200_000)), "1:41: it has 200000 bytes"),
        (format!("secrets: [{{name: A, value: hunter2{}}}]", "x".repeat(200_000)), "1:28: it has 200007 bytes"),
        (format!("jobPreparation: {{commandLine: {}}}", "x".repeat(130_000)), "1:31: it has 130000 bytes"),
        (format!("stdOutErrPathPrefix: {}", "x/".repeat(2500)), "1:22: it has 5000 bytes"),
        (
            format!("outputDirectories: [{{id: A, pathSuffix: {}}}]", "x".repeat(256)),
            "1:41: one of its names has 256 bytes",
        ),
    ];
    for (line, said) in cases {
        sandbox.file("job.yaml", &format!("{line}\ncustomToolkitSettings: {{commandLine: ls}}\n"));
        let done = sandbox.run("job run -f job.yaml").fails_with(2).says(&format!("error: job.yaml:{said}"));
        assert!(done.stderr.len() < 1000 && !done.stderr.contains("hunter2"), "{}", done.stderr);
    }
    nothing_was_started(&sandbox);
}

#[test]
fn ten_thousand_variables_reach_the_job() {
    let sandbox = Sandbox::new();
    let variables: Vec<serde_json::Value> =
        (0..10_000).map(|n| json!({ "name": format!("V{n}"), "value": format!("{n}") })).collect();
    sandbox.spec(
        "job.json",
        &json!({
            "environmentVariables": variables, "customToolkitSettings": { "commandLine": "env | grep -c '^V[0-9]*='" }
        }),
    );
    sandbox.run("job run -f job.json").succeeds().prints("10000\n");
}

#[test]
fn variables_that_grow_by_referring_to_each_other_fail_the_job_in_a_sentence() {
    let sandbox = Sandbox::new();
    let growing = (1..64).map(|n| json!({ "name": format!("V{n}"), "value": format!("$V{0}$V{0}", n - 1) }));
    let variables: Vec<serde_json::Value> =
        std::iter::once(json!({ "name": "V0", "value": "0123456789" })).chain(growing).collect();
    sandbox.spec(
        "job.json",
        &json!({
            "environmentVariables": variables, "customToolkitSettings": { "commandLine": "true" }
        }),
    );
    let why = "the variable `V14` has more than 131067 bytes with all that it refers to";
    sandbox.run("job run -f job.json -n j --dry-run").succeeds().says(why);
    sandbox.run("job run -f job.json -n j").fails_with(255).says(why);
    assert_eq!(sandbox.job("j")["executionInfo"]["errors"][0]["code"], "JobStartFailed");
}

#[test]
fn a_path_that_is_too_long_only_where_it_lies_fails_the_job_in_a_sentence() {
    let sandbox = Sandbox::new();
    let prefix = format!("{}/{}", sandbox.work().display(), "x".repeat(254));
    let deep = |count: usize| vec!["y".repeat(250); count].join("/");
    let input = "z".repeat(5000);
    sandbox.spec(
        "job.json",
        &json!({
            "stdOutErrPathPrefix": format!("{prefix}/{}", deep(7)),
            "outputDirectories": [{ "id": "A", "pathPrefix": format!("{prefix}/{}", deep(7)), "pathSuffix": deep(8) }],
            "inputDirectories": [{ "id": "IN", "path": input }],
            "customToolkitSettings": { "commandLine": "echo ${#AZ_BATCHAI_INPUT_IN}" }
        }),
    );
    sandbox.run("job run -f job.json -n long").fails_with(255).says("File name too long");
    sandbox.spec("job.json", &json!({
        "inputDirectories": [{ "id": "IN", "path": input }],
        "pyTorchSettings": { "pythonScriptFilePath": "p".repeat(5000), "pythonInterpreterPath": "cat", "processCount": 1 }
    }));
    sandbox.run("job run -f job.json -n script").fails_with(1);
    let said = sandbox.run("job file stream -j script -f stderr-0.txt").succeeds().stdout;
    assert!(said.contains("File name too long"), "{said}");
}

/// The same command as a root that has to heed permissions.
fn without_override(plain: &Command) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--bounding-set=-dac_override,-dac_read_search").arg(plain.get_program()).args(plain.get_args());
    command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = plain.get_current_dir() {
        command.current_dir(folder);
    }
    command
}
