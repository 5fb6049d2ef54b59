//! `schema`: what it takes and what it refuses, held against what is read.

use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::Sandbox;
use crate::validate::recipes;

fn validator(sandbox: &Sandbox, kind: &str) -> Validator {
    let schema = sandbox.run(&format!("schema {kind}")).succeeds().json();
    assert!(jsonschema::draft202012::meta::is_valid(&schema), "{kind}");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

/// A file as a value, read as YAML like the examples are.
fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a file");
    serde_yaml::from_str(&text).expect("it is YAML")
}

#[track_caller]
fn takes(schema: &Validator, file: &Value, name: &str) {
    let wrong: Vec<String> =
        schema.iter_errors(file).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
}

#[test]
fn the_schema_of_jobs_takes_every_recipe_and_every_example() {
    let schema = validator(&Sandbox::new(), "job");
    for path in recipes() {
        takes(&schema, &read(&path), &path.display().to_string());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let files = std::fs::read_dir(folder).expect("the examples").map(|entry| entry.expect("an entry").path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    assert!(files.len() >= 2);
    for path in files {
        takes(&schema, &read(&path), &path.display().to_string());
    }
}

/// What is read and what the schema takes is the same, as far as a schema can say it.
fn agrees(kind: &str, files: &[(Value, bool)]) {
    let sandbox = Sandbox::new();
    let schema = validator(&sandbox, kind);
    for (file, is_right) in files {
        for form in [file.clone(), json!({"name": "n", "properties": file})] {
            sandbox.file("file.json", &form.to_string());
            let read = sandbox.run(&format!("validate --kind {kind} file.json"));
            assert_eq!(read.code == 0, *is_right, "{form}\n{}", read.stderr);
            assert_eq!(schema.is_valid(&form), *is_right, "{form}");
        }
    }
}

#[test]
fn a_job_is_right_for_the_schema_when_it_is_right_to_us() {
    let command = json!({"commandLine": "ls"});
    let job = |more: Value| {
        let mut job = json!({"customToolkitSettings": command});
        job.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        job
    };
    let share = |more: Value| json!({"mountVolumes": {"azureFileShares": [more]}});
    agrees(
        "job",
        &[
            (job(json!({})), true),
            (job(json!({"nodeCount": "2", "comment": ["x"], "schedulingPriority": null})), true),
            (job(json!({"environmentVariables": [{"name": "A", "value": 1}, {"name": "B", "value": true}]})), true),
            (
                job(
                    json!({"cluster": {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/clusters/c"}}),
                ),
                true,
            ),
            (job(json!({"cluster": "c", "executionState": "failed", "pyTorchSettings": null})), true),
            (job(share(json!({"azureFileUrl": "https://a.file.core.windows.net/s", "relativeMountPath": "m"}))), true),
            (json!({"nodeCount": 1}), false),
            (json!({"customToolkitSettings": command, "customMpiSettings": command}), false),
            (job(json!({"nodeCout": 1})), false),
            (job(json!({"nodeCount": 0})), false),
            (job(json!({"nodeCount": "two"})), false),
            (job(json!({"schedulingPriority": "urgent"})), false),
            (job(json!({"environmentVariables": [{"name": "A"}]})), false),
            (job(share(json!({"azureFileUrl": "https://a.file.core.windows.net/s"}))), false),
            (job(json!({"containerSettings": {"shmSize": "1g"}})), false),
            (json!([]), false),
        ],
    );
}

#[test]
fn clusters_and_file_servers_are_right_for_the_schema_when_they_are_right_to_us() {
    let manual = json!({"targetNodeCount": 2});
    agrees(
        "cluster",
        &[
            (json!({}), true),
            (json!({"scaleSettings": {"manual": manual}, "userAccountSettings": {"adminUserPassword": "p"}}), true),
            (json!({"scaleSettings": {}}), false),
            (
                json!({"scaleSettings": {"manual": manual, "autoScale": {"minimumNodeCount": 0, "maximumNodeCount": 1}}}),
                false,
            ),
            (json!({"vmPriority": "cheap"}), false),
            (json!({"nodeCount": 1}), false),
        ],
    );
    agrees(
        "file-server",
        &[
            (json!({}), true),
            (json!({"dataDisks": {"diskCount": 2, "storageAccountType": "Premium_LRS"}, "mountSettings": {}}), true),
            (json!({"dataDisks": {"diskCount": 0}}), false),
            (json!({"dataDisks": {"storageAccountType": "Premium"}}), false),
            (json!({"disks": 1}), false),
        ],
    );
}

#[test]
fn old_files_are_right_for_the_schema_too() {
    let schema = validator(&Sandbox::new(), "job");
    let blob = json!({"accountName": "a", "containerName": "c", "relativeMountPath": "m", "credentialsInfo": {"accountKey": "k"}});
    let old = json!({"$schema": "x", "location": "eastus", "properties": {
        "priority": 1, "experimentName": "e", "customToolkitSettings": {"commandLine": "ls"},
        "outputDirectories": [{"id": "A", "pathPrefix": "p", "type": "model", "createNew": true}],
        "mountVolumes": {"azureBlobFileSystems": [blob]},
    }});
    takes(&schema, &old, "an old file");
}

#[test]
fn the_examples_of_the_swagger_documents_are_files() {
    let sandbox = Sandbox::new();
    for (kind, example) in [("job", "PutJob"), ("cluster", "PutCluster"), ("file-server", "PutFileServer")] {
        let schema = validator(&sandbox, kind);
        for version in ["2018-03-01", "2018-05-01"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/swagger");
            let body =
                read(&folder.join(format!("examples-{version}/{example}.json")))["parameters"]["parameters"].take();
            // The id of the cluster has a misprint in it: `workspace` for `workspaces`.
            let text = body.to_string().replace("/workspace/", "/workspaces/");
            takes(&schema, &body, example);
            sandbox.file("file.json", &text);
            let told = sandbox.run("validate file.json -o json").succeeds().json();
            let told = told.as_array().expect("a list");
            assert!(told.iter().all(|found| found["kind"] == kind), "{told:?}");
            assert_eq!(told.iter().any(|found| found["severity"] == "warning"), version == "2018-03-01", "{told:?}");
        }
    }
}
