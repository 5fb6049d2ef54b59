//! `job file list | stream`.

use serde_json::{Value, json};

use crate::support::{Gate, Sandbox, timeless};

/// Names and types of a listing.
fn entries(listing: &Value) -> Vec<(String, String)> {
    let text = |entry: &Value, key: &str| entry[key].as_str().expect("a text").to_owned();
    listing.as_array().expect("a list").iter().map(|entry| (text(entry, "name"), text(entry, "fileType"))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect()
}

#[test]
fn the_files_of_a_job_are_listed_in_the_shape_of_az() {
    let sandbox = Sandbox::new();
    let model = json!({
        "outputDirectories": [{ "id": "MODEL" }],
        "customToolkitSettings": { "commandLine": "cd $AZ_BATCHAI_OUTPUT_MODEL && mkdir sub && echo hi > result.txt" }
    });
    sandbox.spec("job.json", &model);
    sandbox.run("job run -f job.json -n train").succeeds();
    let listed = sandbox.run("job file list -j train -d MODEL").succeeds();
    let url = listed.json()[0]["downloadUrl"].as_str().expect("an address").to_owned();
    let path = url.strip_prefix("file://").expect("a path");
    assert_eq!(std::fs::read_to_string(path).expect("the file"), "hi\n", "{path}");
    insta::assert_snapshot!(timeless(&listed.stdout.replace(path, "/PATH")), @r#"
    [
      {
        "contentLength": 3,
        "downloadUrl": "file:///PATH",
        "fileType": "file",
        "lastModified": "TIME",
        "name": "result.txt"
      },
      {
        "contentLength": null,
        "downloadUrl": null,
        "fileType": "directory",
        "lastModified": null,
        "name": "sub"
      }
    ]
    "#);
    let table = sandbox.run("job file list -j train -d MODEL -o table").succeeds().stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("Name        Type       Size    Modified"), "{table}");
    assert!(lines[2].starts_with("result.txt  file       3       20"), "{table}");
    assert_eq!(lines[3], "sub         directory");
    let standard = sandbox.run("job file list -j train").succeeds().json();
    assert_eq!(entries(&standard), pairs(&[("execution.log", "file"), ("stderr.txt", "file"), ("stdout.txt", "file")]));
    assert_eq!(standard[1]["contentLength"], 0, "an empty file is listed too");
    assert_eq!(sandbox.run("job file list -j train -d stdouterr --path .").succeeds().json(), standard);
}

#[test]
fn a_directory_below_is_listed_one_level_at_a_time() {
    let sandbox = Sandbox::new();
    let command =
        "cd $AZ_BATCHAI_OUTPUT_OUT; mkdir -p logs/1 logs/empty; echo a > logs/a.txt; echo b > 'logs/1/b ü.txt'";
    let job = json!({ "outputDirectories": [{ "id": "OUT" }], "customToolkitSettings": { "commandLine": command } });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -f job.json -n train").succeeds();
    let list = |path: &str| {
        let listing = sandbox.run_with(["job", "file", "list", "-j", "train", "-d", "OUT", "-p", path]);
        entries(&listing.succeeds().json())
    };
    assert_eq!(list("."), pairs(&[("logs", "directory")]));
    for same in ["logs", "./logs", "logs/"] {
        assert_eq!(list(same), pairs(&[("1", "directory"), ("a.txt", "file"), ("empty", "directory")]), "{same}");
    }
    assert_eq!(list("logs/1"), pairs(&[("b ü.txt", "file")]));
    assert_eq!(list("logs/empty"), []);
    assert_eq!(list("logs/nowhere"), [], "a directory that is not there is empty");
    let stream = ["job", "file", "stream", "-j", "train", "-d", "OUT", "-p", "logs/1", "-f", "b ü.txt"];
    sandbox.run_with(stream).succeeds().prints("b\n");
}

#[test]
fn nobody_gets_out_of_the_directory_of_a_job() {
    let sandbox = Sandbox::new();
    sandbox.file("secret/key.txt", "hunter2\n");
    let secret = sandbox.work().join("secret");
    let command =
        format!("ln -s '{}' $AZ_BATCHAI_OUTPUT_OUT/out; echo in > $AZ_BATCHAI_OUTPUT_OUT/in", secret.display());
    let job = json!({ "outputDirectories": [{ "id": "OUT" }], "customToolkitSettings": { "commandLine": command } });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -f job.json -n train").succeeds();
    for path in ["..", "../..", "/etc", "in/../.."] {
        let refused = sandbox.run(&format!("job file list -j train -d OUT -p {path}"));
        assert_ne!(refused.code, 0, "{path}: {}", refused.stdout);
    }
    let listed = sandbox.run("job file list -j train -d OUT").succeeds().json();
    assert_eq!(entries(&listed), pairs(&[("in", "file")]), "a link that leads out is not shown");
    let linked = sandbox.run("job file list -j train -d OUT -p out");
    assert_ne!(linked.code, 0, "{}", linked.stdout);
    let stolen = sandbox.run("job file stream -j train -d OUT -p out -f key.txt");
    assert_ne!(stolen.code, 0);
    assert_eq!(stolen.stdout, "");
}

#[test]
fn a_directory_that_was_not_declared_is_an_error_that_names_those_that_were() {
    let sandbox = Sandbox::new();
    let job = json!({
        "outputDirectories": [{ "id": "MODEL" }, { "id": "LOGS" }], "customToolkitSettings": { "commandLine": "true" }
    });
    sandbox.spec("job.json", &job);
    sandbox.run("job run -f job.json -n train").succeeds();
    for verb in ["list", "stream -f x.txt"] {
        sandbox
            .run(&format!("job file {verb} -j train -d NOPE"))
            .fails_with(1)
            .says("error: The job train has no output directory `NOPE`; it has `stdouterr`, `MODEL`, `LOGS`\n")
            .prints("");
    }
    sandbox.run("job file list -j train -p stdout.txt").fails_with(1).says("`stdout.txt` is a file, not a directory");
    sandbox.run("job file list -j nope").fails_with(3).says("The specified job nope is not found");
    sandbox.run("job file list -j train --expiry 4").fails_with(2).says("4 is not in 5..=600");
}

#[test]
fn a_queued_job_has_no_files_yet() {
    let sandbox = Sandbox::new();
    sandbox.run("cluster create -n none --target 0").succeeds();
    sandbox.job_file("true");
    sandbox.run("job create -c none -f job.json -n waits").succeeds();
    sandbox.run("job file list -j waits").succeeds().prints("[]\n");
    sandbox.run("job file list -j waits -o table").succeeds().prints("\n");
}

#[test]
fn a_stream_after_the_end_is_the_whole_file_byte_for_byte() {
    let sandbox = Sandbox::new();
    sandbox.job_file("printf 'no newline at the end: ü \\377'; printf '\\000' >&2");
    sandbox.run("job create -f job.json -n train").succeeds();
    sandbox.run("job wait -n train").succeeds();
    let mut command = sandbox.command("job file stream -j train -f stdout.txt".split(' '));
    let output = command.output().expect("the program");
    assert_eq!(output.stdout, b"no newline at the end: \xc3\xbc \xff");
    let mut command = sandbox.command("job file stream -j train -f stderr.txt".split(' '));
    assert_eq!(command.output().expect("the program").stdout, [0]);
    sandbox
        .run("job file stream -j train -f nope.txt")
        .fails_with(3)
        .says("error: The file \"nope.txt\" not found for the completed job.\n")
        .prints("");
}

#[test]
fn a_stream_waits_for_its_file_and_ends_with_the_job() {
    let sandbox = Sandbox::new();
    let gate = Gate::new(&sandbox, "write");
    let end = Gate::new(&sandbox, "end");
    let command = format!(
        "{}; echo one > $AZ_BATCHAI_OUTPUT_OUT/late.txt; {}; echo two >> $AZ_BATCHAI_OUTPUT_OUT/late.txt",
        gate.wait(),
        end.wait()
    );
    sandbox.spec(
        "job.json",
        &json!({ "outputDirectories": [{ "id": "OUT" }], "customToolkitSettings": { "commandLine": command } }),
    );
    sandbox.run("job create -f job.json -n train").succeeds();
    let mut stream = sandbox.spawn("job file stream -j train -d OUT -f late.txt");
    read_until(stream.stderr.as_mut().expect("its errors"), "Waiting for the job to generate it.\n");
    gate.open();
    read_until(stream.stdout.as_mut().expect("its output"), "one\n");
    end.open();
    let rest = stream.wait_with_output().expect("the program");
    assert_eq!((rest.status.code(), String::from_utf8_lossy(&rest.stdout).as_ref()), (Some(0), "two\n"));
}

#[test]
fn a_listing_that_needs_more_than_one_page_is_whole() {
    let sandbox = Sandbox::new();
    let command = "cd $AZ_BATCHAI_OUTPUT_OUT; for i in $(seq 1001); do : > $i; done";
    sandbox.spec(
        "job.json",
        &json!({ "outputDirectories": [{ "id": "OUT" }], "customToolkitSettings": { "commandLine": command } }),
    );
    sandbox.run("job run -f job.json -n many").succeeds();
    let listed = entries(&sandbox.run("job file list -j many -d OUT").succeeds().json());
    let names: std::collections::BTreeSet<String> = listed.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!((listed.len(), names.len()), (1001, 1001), "each file once");
}

/// Reads byte for byte until what was read ends in `text`.
#[track_caller]
fn read_until(from: &mut impl std::io::Read, text: &str) {
    let mut read = Vec::new();
    while !read.ends_with(text.as_bytes()) {
        let mut byte = [0];
        from.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&read)));
        read.push(byte[0]);
    }
}

#[test]
fn several_nodes_and_ranks_have_files_of_their_own() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 2);
    sandbox.file("code/rank.sh", "echo rank $AZ_BATCHAI_TASK_INDEX; echo rank $AZ_BATCHAI_TASK_INDEX >&2");
    let job = json!({
        "nodeCount": 2, "code": "code", "jobPreparation": { "commandLine": "echo prepared" },
        "pyTorchSettings": { "pythonScriptFilePath": "rank.sh", "pythonInterpreterPath": "/bin/sh", "processCount": 3 }
    });
    sandbox.spec("job.json", &job);
    let run = sandbox.run("job run -c c -f job.json -n ranks").succeeds();
    let mut lines: Vec<&str> = run.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["[0] rank 0", "[1] rank 1", "[2] rank 2"], "on a shared terminal every line names its rank");
    let listed = sandbox.run("job file list -j ranks").succeeds().json();
    let names: Vec<String> = entries(&listed).into_iter().map(|(name, _)| name).collect();
    let node = |name: &str| name.split_once("tvm-").map(|(before, _)| format!("{before}NODE"));
    let names: Vec<String> = names.into_iter().map(|name| node(&name).unwrap_or(name)).collect();
    assert_eq!(
        names,
        [
            "execution-NODE",
            "execution-NODE",
            "stderr-0.txt",
            "stderr-1.txt",
            "stderr-2.txt",
            "stderr-job_prep-NODE",
            "stderr-job_prep-NODE",
            "stdout-0.txt",
            "stdout-1.txt",
            "stdout-2.txt",
            "stdout-job_prep-NODE",
            "stdout-job_prep-NODE",
        ]
    );
    sandbox.run("job file stream -j ranks -f stdout-2.txt").succeeds().prints("rank 2\n");
}
