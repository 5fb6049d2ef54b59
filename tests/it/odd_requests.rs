//! Bodies, queries and paths with something odd in them: refused in the shape of every error, and never by the server
//! giving up.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Answer, Rest, SUBSCRIPTION, Sandbox};

/// The versions whose bodies have the form of 2018-05-01.
const VERSIONS: [&str; 2] = ["2018-05-01", "2026-11-01"];

fn workspace() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w")
}

/// A job that would need a node of a cluster that has none: nothing of it ever runs.
fn job() -> Value {
    json!({ "properties": {
        "cluster": { "id": format!("{}/clusters/none", workspace()) }, "nodeCount": 1, "schedulingPriority": "low",
        "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/logs",
        "pyTorchSettings": { "pythonScriptFilePath": "a.py", "commandLineArgs": "-v", "processCount": 2,
                             "communicationBackend": "gloo" },
        "jobPreparation": { "commandLine": "true" },
        "containerSettings": { "shmSize": "1g", "imageSourceRegistry": { "image": "i", "serverUrl": "r",
            "credentials": { "username": "u", "password": "hunter2" } } },
        "environmentVariables": [{ "name": "A", "value": "1" }],
        "secrets": [{ "name": "B", "value": "hunter2" }],
        "inputDirectories": [{ "id": "I", "path": "/i" }],
        "outputDirectories": [{ "id": "O", "pathPrefix": "/o", "pathSuffix": "s" }],
        "constraints": { "maxWallClockTime": "PT1H" },
        "mountVolumes": {
            "azureBlobFileSystems": [{ "accountName": "a", "containerName": "c", "relativeMountPath": "b",
                                       "credentials": { "accountKey": "hunter2" } }],
            "unmanagedFileSystems": [{ "mountCommand": "true", "relativeMountPath": "u" }],
        },
    } })
}

fn cluster() -> Value {
    json!({ "properties": {
        "vmSize": "STANDARD_NC6", "vmPriority": "dedicated",
        "scaleSettings": { "manual": { "targetNodeCount": 0, "nodeDeallocationOption": "requeue" } },
        "virtualMachineConfiguration": { "imageReference": { "publisher": "p", "offer": "o", "sku": "s" } },
        "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "hunter2" },
        "subnet": { "id": "/subnet" },
        "nodeSetup": {
            "setupTask": { "commandLine": "true", "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/afs",
                           "secrets": [{ "name": "B", "value": "hunter2" }] },
            "mountVolumes": { "azureFileShares": [{ "accountName": "a", "relativeMountPath": "afs", "fileMode": "0777",
                "azureFileUrl": "https://a.file.core.windows.net/s", "credentials": { "accountKey": "hunter2" } }] },
            "performanceCountersSettings": { "appInsightsReference": { "component": { "id": "/i" },
                                                                       "instrumentationKey": "hunter2" } },
        },
    } })
}

/// Every place in a value, as JSON pointers.
fn places(value: &Value, here: &str) -> Vec<String> {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(all) => all.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(all) => all.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let below = inside.into_iter().flat_map(|(name, value)| places(value, &format!("{here}/{name}")));
    std::iter::once(here.to_owned()).chain(below).collect()
}

/// What one mutation does to the value at its place.
#[derive(Debug, Clone)]
enum Change {
    Remove,
    Replace(Value),
    Add(&'static str, Value),
}

fn change() -> impl Strategy<Value = Change> {
    let odd = prop_oneof![
        prop::sample::select(vec![
            json!(null),
            json!(true),
            json!(-1),
            json!(0),
            json!(1e300),
            json!(u64::MAX),
            json!(4_294_967_296_u64),
            json!(2.5),
            json!(""),
            json!(" "),
            json!("\u{0}"),
            json!("../.."),
            json!("P99999999999999D"),
            json!("x".repeat(70_000)),
            json!([]),
            json!({}),
            json!([[[[{}]]]]),
            json!({ "id": [] }),
        ]),
        ".{0,6}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
    ];
    prop_oneof![
        Just(Change::Remove),
        odd.prop_map(Change::Replace),
        prop::sample::select(vec![
            Change::Add("horovodSettings", json!({ "pythonScriptFilePath": "a.py" })),
            Change::Add("unheardOf", json!({ "a": [1] })),
            Change::Add("name", json!("AZ_BATCHAI_X")),
        ]),
    ]
}

fn changed(mut body: Value, place: &str, change: &Change) -> Value {
    match change {
        Change::Replace(odd) => {
            if let Some(value) = body.pointer_mut(place) {
                *value = odd.clone();
            }
        }
        Change::Add(name, value) => {
            if let Some(Value::Object(all)) = body.pointer_mut(place) {
                all.insert((*name).into(), value.clone());
            }
        }
        Change::Remove => {
            let (parent, name) = place.rsplit_once('/').unwrap_or_default();
            match body.pointer_mut(parent) {
                Some(Value::Object(all)) => drop(all.remove(name)),
                Some(Value::Array(all)) => all.clear(),
                _ => {}
            }
        }
    }
    body
}

/// Taken, or refused in the words of errors; no secret is told back.
fn check(answer: &Answer, what: &str) -> Result<(), TestCaseError> {
    let text = answer.text();
    prop_assert!(!text.contains("hunter2"), "{}: {}", what, text);
    if answer.status == 200 {
        return Ok(());
    }
    prop_assert!([400, 404, 405, 409, 413].contains(&answer.status), "{}: {} {}", what, answer.status, text);
    let error = &answer.json()["error"];
    let is_said = |name: &str| error[name].as_str().is_some_and(|text| !text.is_empty());
    prop_assert!(is_said("code") && is_said("message"), "{}: {}", what, text);
    Ok(())
}

fn server(sandbox: &Sandbox) -> Rest {
    let rest = Rest::new(sandbox, VERSIONS[0]);
    rest.put(&workspace(), &json!({ "location": "eastus" })).is(200);
    rest.put(&format!("{}/experiments/e", workspace()), &json!({})).is(200);
    let none = json!({ "properties": { "vmSize": "local", "scaleSettings": { "manual": { "targetNodeCount": 0 } },
                                       "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "x" } } });
    rest.put(&format!("{}/clusters/none", workspace()), &none).is(200);
    rest
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 50, ..Config::default() })
}

#[test]
fn a_body_with_something_odd_in_it_is_taken_or_refused_and_the_server_goes_on() {
    let sandbox = Sandbox::new();
    let rest = server(&sandbox);
    let bodies =
        [(format!("{}/experiments/e/jobs", workspace()), job()), (format!("{}/clusters", workspace()), cluster())];
    for (path, body) in &bodies {
        for version in VERSIONS {
            rest.speaking(version).put(&format!("{path}/{version}"), body).is(200);
        }
        let odd = (prop::sample::select(places(body, "")), change(), prop::sample::select(VERSIONS.to_vec()));
        let tried = runner(500).run(&odd, |(place, change, version)| {
            let body = changed(body.clone(), &place, &change);
            // One name for all: what differs is a conflict, which is looked at after the form.
            check(&rest.speaking(version).put(&format!("{path}/odd"), &body), &format!("{version} {place} {change:?}"))
        });
        tried.unwrap_or_else(|error| panic!("{error}"));
    }
    rest.get(&workspace()).is(200);
}

#[test]
fn what_is_certainly_wrong_is_refused_with_its_place() {
    let sandbox = Sandbox::new();
    let rest = server(&sandbox);
    let jobs = format!("{}/experiments/e/jobs/j", workspace());
    for (place, change, target) in [
        ("/properties/cluster", Change::Remove, "properties.cluster"),
        ("/properties/nodeCount", Change::Remove, "properties.nodeCount"),
        ("/properties/nodeCount", Change::Replace(json!(-1)), "properties.nodeCount"),
        ("/properties/nodeCount", Change::Replace(json!(1e300)), "properties.nodeCount"),
        ("/properties/nodeCount", Change::Replace(json!([])), "properties.nodeCount"),
        ("/properties/schedulingPriority", Change::Replace(json!("urgent")), "properties.schedulingPriority"),
        ("/properties/pyTorchSettings", Change::Remove, "properties"),
        ("/properties", Change::Add("horovodSettings", json!({ "pythonScriptFilePath": "a.py" })), "properties"),
        ("/properties/secrets/0/value", Change::Remove, "properties.secrets[0].value"),
        ("/properties/secrets/0", Change::Add("name", json!("A")), "properties.secrets[0].name"),
        (
            "/properties/mountVolumes/unmanagedFileSystems/0/relativeMountPath",
            Change::Replace(json!("b/c")),
            "properties.mountVolumes.unmanagedFileSystems[0].relativeMountPath",
        ),
    ] {
        for version in VERSIONS {
            let answer = rest.speaking(version).put(&jobs, &changed(job(), place, &change)).is(400).json();
            assert_eq!(answer["error"]["target"], target, "{place} {change:?}: {answer}");
        }
    }
    rest.get(&jobs).is(404);
}

#[test]
fn a_body_that_is_no_object_or_has_no_end_is_refused() {
    let sandbox = Sandbox::new();
    let rest = server(&sandbox);
    let path = format!("{}/clusters/c", workspace());
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let deeper = format!("{{\"properties\":{}1{}}}", "{\"properties\":".repeat(10_000), "}".repeat(10_000));
    for body in [
        "",
        "null",
        "1",
        "\"x\"",
        "[]",
        "[{}]",
        "{",
        "{}",
        "{\"properties\":null}",
        "\u{0}",
        "{\"properties\":{}} x",
        &deep,
        &deeper,
    ] {
        for version in VERSIONS {
            let answer = rest.speaking(version).send("PUT", &path, &[], Some(body.as_bytes()));
            let shown: String = body.chars().take(20).collect();
            assert_eq!(answer.status, 400, "{shown}: {}", answer.text());
            assert!(answer.json()["error"]["message"].is_string(), "{shown}: {}", answer.text());
        }
    }
    rest.send("PUT", &path, &[], Some(b"\xff\xfe{}")).is(400);
    rest.get(&workspace()).is(200);
}

#[test]
fn odd_paths_queries_and_headers_are_refused_and_the_server_goes_on() {
    let sandbox = Sandbox::new();
    let rest = server(&sandbox);
    let part = || "[a-zA-Z0-9.%_~$&=+:@-]{0,12}";
    let base = prop::sample::select(vec![
        workspace(),
        format!("{}/clusters", workspace()),
        format!("{}/experiments/e/jobs/j", workspace()),
        "/subscriptions/s".to_owned(),
        String::new(),
    ]);
    let method = prop::sample::select(vec!["GET", "PUT", "DELETE", "POST", "PATCH", "HEAD", "OPTIONS", "BREW"]);
    let odd = (base, part(), part(), part(), "[ -~]{0,20}", method);
    let tried = runner(300).run(&odd, |(base, more, name, value, header, method)| {
        // Never the workspace itself, which the others need.
        let path = format!("{base}/x{more}?{name}={value}&api-version=2018-05-01");
        let answer = rest.send(method, &path, &[("x-ms-client-request-id", &header), ("If-None-Match", &header)], None);
        prop_assert!(answer.status < 500, "{} {}: {} {}", method, path, answer.status, answer.text());
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
    rest.get(&workspace()).is(200);
}
