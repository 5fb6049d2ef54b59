//! The examples beside the Swagger documents, sent in the order of a life: what they ask for is done, and what they
//! ask about is answered.

use serde_json::Value;

use crate::support::swagger::{Operation, read};
use crate::support::{Checked, Sandbox, wait_until};

/// A life, by the names of the examples' files.
const LIFE: [&str; 18] = [
    "PutWorkspace",
    "GetWorkspace",
    "ListWorkspace",
    "ListWorkspaceByResourceGroup",
    "PutExperiment",
    "GetExperiment",
    "ListExperimentByWorkspace",
    "PutCluster",
    "GetCluster",
    "ListClusterByWorkspace",
    "PutJob",
    "GetJob",
    "ListJobByExperiment",
    "ListOutputFiles",
    "TerminateJob",
    "DeleteJob",
    "DeleteCluster",
    "DeleteWorkspace",
];

/// What is sent in place of what an example says, and why.
const REPLACED: [(&str, &str, &str); 4] = [
    ("/workspace/demo_workspace/clusters", "/workspaces/demo_workspace/clusters", "a slip in the id of the cluster"),
    ("demo_workspaces/fileservers/fileservercedd134b", "demo_workspace/fileservers/demo_nfs", "the one that is made"),
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

#[test]
fn the_examples_of_2018_05_01_are_a_life() {
    let sandbox = Sandbox::new();
    let service = Checked::new(&sandbox, "2018-05-01");
    for name in LIFE {
        let example = Example::read(&service, name);
        service.done(service.send(&example.method, &example.path, example.body.as_ref()));
        if example.method == "DELETE" {
            wait_until(&format!("{} is gone", example.path), || service.get(&example.path).status == 404);
        }
    }
}

#[test]
fn every_replacement_in_the_examples_is_needed() {
    let names = ["PutCluster", "PutJob", "ListJobByExperiment"];
    let texts = names.map(|name| read(&format!("examples-2018-05-01/{name}.json"))["parameters"].to_string());
    for (from, _, why) in REPLACED {
        assert!(texts.iter().any(|text| text.contains(from)), "{from}: {why}");
    }
}
