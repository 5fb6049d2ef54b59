//! The examples beside the Swagger documents, sent in the order of a life: what they ask for is done, and what they
//! ask about is answered.

use serde_json::Value;

use crate::support::swagger::{Operation, read};
use crate::support::{Checked, Sandbox, wait_until};

/// A life in 2018-05-01, by the names of the examples' files.
const MAY: [&str; 29] = [
    "ListOperation",
    "ListUsages",
    "PutWorkspace",
    "GetWorkspace",
    "PatchWorkspace",
    "ListWorkspace",
    "ListWorkspaceByResourceGroup",
    "PutExperiment",
    "GetExperiment",
    "ListExperimentByWorkspace",
    "PutFileServer",
    "GetFileServer",
    "ListFileServerByWorkspace",
    "PutCluster",
    "GetCluster",
    "ListClusterByWorkspace",
    "ClusterListRemoteLoginInfo",
    "PutJob",
    "GetJob",
    "ListJobByExperiment",
    "ListOutputFiles",
    "JobListRemoteLoginInfo",
    "TerminateJob",
    "PatchCluster",
    "DeleteJob",
    "DeleteCluster",
    "DeleteFileServer",
    "DeleteExperiment",
    "DeleteWorkspace",
];

/// The same in 2018-03-01.
const MARCH: [&str; 22] = [
    "OperationList",
    "ListUsages",
    "PutFileServer",
    "GetFileServer",
    "ListFileServer",
    "ListFileServerByResourceGroup",
    "PutCluster",
    "GetCluster",
    "ListCluster",
    "ListClusterByResourceGroup",
    "ClusterListRemoteLoginInfo",
    "PutJob",
    "GetJob",
    "ListJob",
    "ListJobByResourceGroup",
    "ListOutputFiles",
    "JobListRemoteLoginInfo",
    "TerminateJob",
    "PatchCluster",
    "DeleteJob",
    "DeleteCluster",
    "DeleteFileServer",
];

/// What is sent in place of what an example says, and why.
const REPLACED: [(&str, &str, &str); 5] = [
    ("/workspace/demo_workspace/clusters", "/workspaces/demo_workspace/clusters", "a slip in the id of the cluster"),
    ("demo_workspaces/fileservers/fileservercedd134b", "demo_workspace/fileservers/demo_nfs", "the one that is made"),
    (
        "Microsoft.BatchAI/fileservers/fileservercedd134b",
        "Microsoft.BatchAI/fileservers/demo_nfs",
        "the one that is made",
    ),
    ("demo_experimnet", "demo_experiment", "a slip"),
    (r#""containerSettings":{"imageSourceRegistry":{"image":"ubuntu"}},"#, "", "containers are refused"),
];

/// A request as an example has it.
struct Example {
    method: String,
    path: String,
    body: Option<Value>,
}

impl Example {
    #[track_caller]
    fn read(service: &Checked, name: &str) -> Self {
        let file = format!("{name}.json");
        let version = &service.swagger.version;
        let operation = service.swagger.operations().find(|operation| operation.examples().contains(&file.as_str()));
        let operation = operation.unwrap_or_else(|| panic!("{version}: nobody has the example {name}"));
        let mut text = read(&format!("examples-{version}/{file}"))["parameters"].to_string();
        for (from, to, _) in REPLACED {
            text = text.replace(from, to);
        }
        let values: Value = serde_json::from_str(&text).expect("JSON");
        Self {
            method: operation.method.into(),
            path: path(service, operation, &values),
            body: values.get("parameters").cloned(),
        }
    }
}

fn path(service: &Checked, operation: Operation<'_>, values: &Value) -> String {
    let (mut path, mut query) = (operation.path.to_owned(), Vec::new());
    for (place, name) in operation.parameters(&service.swagger) {
        match (place, values[name].as_str()) {
            ("path", Some(value)) => path = path.replace(&format!("{{{name}}}"), value),
            ("query", Some(value)) => query.push(format!("{name}={value}")),
            _ => {}
        }
    }
    assert!(!path.contains('{'), "{}: {path} lacks a value", operation.id);
    format!("{path}?{}", query.join("&"))
}

/// Sends the examples of a version in this order.
#[track_caller]
fn live(version: &str, life: &[&str]) {
    let sandbox = Sandbox::new();
    let service = Checked::new(&sandbox, version);
    for name in life {
        let example = Example::read(&service, name);
        let answer = service.done(service.send(&example.method, &example.path, example.body.as_ref()));
        assert!(answer.status < 300, "{name}: {}", answer.text());
        if example.method == "DELETE" {
            wait_until(&format!("{} is gone", example.path), || service.get(&example.path).status == 404);
        }
    }
    assert_eq!(service.not_called(), Vec::<&str>::new());
}

#[test]
fn the_examples_of_2018_05_01_are_a_life() {
    live("2018-05-01", &MAY);
}

#[test]
fn the_examples_of_2018_03_01_are_a_life() {
    live("2018-03-01", &MARCH);
}

#[test]
fn every_replacement_in_the_examples_is_needed() {
    let files = ["05-01/PutCluster", "05-01/PutJob", "05-01/ListJobByExperiment", "03-01/PutCluster"];
    let texts = files.map(|file| read(&format!("examples-2018-{file}.json"))["parameters"].to_string());
    for (from, _, why) in REPLACED {
        assert!(texts.iter().any(|text| text.contains(from)), "{from}: {why}");
    }
}
