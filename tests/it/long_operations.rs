//! Deletions and terminations that take longer than their request, as clients of 2018-05-01 poll for them.

use serde_json::{Value, json};

use crate::support::{Answer, Rest, Sandbox, wait_for, wait_until};

const WORKSPACE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g\
                         /providers/Microsoft.BatchAI/workspaces/w";

fn at(path: &str) -> String {
    format!("{WORKSPACE}{path}")
}

/// A server with the job `j` that runs on the cluster `c` and hears no signal that can be ignored.
pub fn with_a_deaf_job(sandbox: &Sandbox) -> Rest {
    let rest = Rest::new(sandbox, "2018-05-01");
    rest.put(WORKSPACE, &json!({ "location": "East US" })).is(200);
    let cluster = json!({ "properties": {
        "vmSize": "STANDARD_NC6",
        "scaleSettings": { "manual": { "targetNodeCount": 1 } },
        "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "p" },
    } });
    rest.put(&at("/clusters/c"), &cluster).is(200);
    rest.put(&at("/experiments/e"), &json!({})).is(200);
    submit(sandbox, &rest, "j");
    rest
}

fn submit(sandbox: &Sandbox, rest: &Rest, name: &str) {
    // A job of the same name may have been here before.
    let _ = std::fs::remove_file(sandbox.path(name));
    let heard = sandbox.path(name).display().to_string();
    let command = format!("trap '' TERM INT HUP; echo $$ > {heard}; while :; do sleep 0.1; done");
    let job = json!({ "properties": {
        "cluster": { "id": at("/clusters/c") },
        "nodeCount": 1,
        "stdOutErrPathPrefix": sandbox.work().display().to_string(),
        "customToolkitSettings": { "commandLine": command },
    } });
    rest.put(&at(&format!("/experiments/e/jobs/{name}")), &job).is(200);
    sandbox.wait_for_id(name);
}

/// The addresses in a 202: of the status and of the result.
#[track_caller]
fn addresses(answer: Answer) -> [String; 2] {
    let answer = answer.is(202);
    assert_eq!((answer.text(), answer.header("content-length")), (String::new(), Some("0")));
    assert_eq!(answer.header("retry-after"), Some("1"));
    ["azure-asyncoperation", "location"].map(|name| answer.header(name).expect("an address").to_owned())
}

/// Polls until it is over; answers the last status.
#[track_caller]
fn polled(rest: &Rest, address: &str) -> Value {
    wait_for("the operation is over", || {
        let answer = rest.get(address).is(200);
        let status = answer.json();
        let is_over = status["status"] != "InProgress";
        assert_eq!(answer.header("retry-after").is_none(), is_over, "{status}");
        assert_eq!(status["endTime"].is_null(), !is_over, "{status}");
        is_over.then_some(status)
    })
}

#[test]
fn a_termination_that_takes_long_can_be_polled_for() {
    let sandbox = Sandbox::new();
    let rest = with_a_deaf_job(&sandbox);
    let host = [("Host", "batchai.example:8443")];
    let [status, result] = addresses(rest.send("POST", &at("/experiments/e/jobs/j/terminate"), &host, None));
    let locations = "http://batchai.example:8443/subscriptions/00000000-0000-0000-0000-000000000000\
                     /providers/Microsoft.BatchAI/locations/eastus/";
    let id = status.strip_prefix(&format!("{locations}operationresults/")).expect("an absolute address");
    let id = id.strip_suffix("?api-version=2018-05-01").expect("a version");
    assert_eq!(result, format!("{locations}operationstatuses/{id}?api-version=2018-05-01"));
    let again = addresses(rest.get(&result));
    assert!(again[0].ends_with(&format!("/operationresults/{id}?api-version=2018-05-01")), "{}", again[0]);

    let over = polled(&rest, &status);
    assert_eq!((&over["status"], &over["name"]), (&json!("Succeeded"), &json!(id)));
    assert_eq!(over["properties"]["resourceId"], "00000000-0000-0000-0000-000000000000$g$w$e$j");
    assert!(over["id"].as_str().is_some_and(|text| text.ends_with(&format!("/operationresults/{id}"))), "{over}");
    let job = rest.get(&at("/experiments/e/jobs/j")).is(200).json();
    assert_eq!(over["endTime"], job["properties"]["executionInfo"]["endTime"], "{job}");
    assert_eq!(rest.get(&result).is(200).text(), "");
    rest.post(&at("/experiments/e/jobs/j/terminate")).is(200);

    rest.delete(&at("/experiments/e/jobs/j")).is(200);
    assert_eq!(rest.get(&status).is(200).json()["status"], "Succeeded");
}

#[test]
fn a_deletion_that_takes_long_can_be_polled_for_after_the_server_was_killed() {
    let sandbox = Sandbox::new();
    let rest = with_a_deaf_job(&sandbox);
    let [status, result] = addresses(rest.delete(WORKSPACE));
    let [same, _] = addresses(rest.delete(WORKSPACE));
    assert_ne!(same, status);
    let scale = json!({ "properties": { "scaleSettings": { "manual": { "targetNodeCount": 0 } } } });
    for refused in [
        rest.put(WORKSPACE, &json!({ "location": "East US" })),
        rest.put(&at("/experiments/e"), &json!({})),
        rest.patch(&at("/clusters/c"), &scale),
        rest.patch(WORKSPACE, &json!({ "tags": {} })),
    ] {
        assert_eq!(refused.is(409).json()["error"]["code"], "ResourceIsBeingDeleted");
    }
    assert_eq!(rest.get(WORKSPACE).is(200).json()["properties"]["provisioningState"], "deleting");
    sandbox.kill_server();
    let rest = Rest::new(&sandbox, "2018-05-01");
    for address in [&status, &same] {
        let over = polled(&rest, address);
        assert_eq!(over["status"], "Succeeded");
        assert_eq!(over["properties"]["resourceId"], "00000000-0000-0000-0000-000000000000$g$w");
    }
    assert_eq!(rest.get(&result).is(204).text(), "");
    rest.get(WORKSPACE).is(404);
    rest.delete(WORKSPACE).is(204);
    assert_eq!(sandbox.job_processes().len(), 0);
}

#[test]
fn what_another_request_makes_anew_is_not_what_was_deleted() {
    let sandbox = Sandbox::new();
    let rest = with_a_deaf_job(&sandbox);
    let [first, _] = addresses(rest.delete(&at("/experiments/e/jobs/j")));
    wait_until("the job is gone", || rest.get(&at("/experiments/e/jobs/j")).status == 404);
    submit(&sandbox, &rest, "j");
    assert_eq!(polled(&rest, &first)["status"], "Succeeded");
    let [second, _] = addresses(rest.delete(&at("/experiments/e/jobs/j")));
    assert_eq!(rest.get(&first).json()["status"], "Succeeded");
    assert_eq!(polled(&rest, &second)["status"], "Succeeded");
}

#[test]
fn two_clients_may_delete_at_once() {
    let sandbox = Sandbox::new();
    let rest = with_a_deaf_job(&sandbox);
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let clients = [(); 2].map(|()| scope.spawn(|| rest.delete(&at("/clusters/c")).status));
        clients.into_iter().map(|client| client.join().expect("an answer")).collect()
    });
    assert!(answers.iter().all(|status| [200, 202, 204].contains(status)), "{answers:?}");
    wait_until("the cluster is gone", || rest.get(&at("/clusters/c")).status == 404);
    let job = rest.get(&at("/experiments/e/jobs/j")).is(200).json();
    assert_eq!(job["properties"]["executionState"], "failed");
}

#[test]
fn what_is_done_quickly_is_done_at_once() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2018-05-01");
    rest.put(WORKSPACE, &json!({ "location": "eastus" })).is(200);
    rest.put(&at("/experiments/e"), &json!({})).is(200);
    assert_eq!(rest.delete(&at("/experiments/e")).is(200).text(), "");
    rest.delete(&at("/experiments/e")).is(204);
    rest.delete(&at("/experiments/none/jobs/none")).is(204);
    rest.delete(WORKSPACE).is(200);
    rest.delete(&at("/clusters/c")).is(204);
}

#[test]
fn an_operation_that_never_was_is_not_found() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2018-05-01");
    for word in ["operationresults", "OperationStatuses"] {
        let path = format!(
            "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.BatchAI/locations/eastus/{word}/x"
        );
        assert_eq!(rest.get(&path).is(404).json()["error"]["code"], "OperationNotFound");
    }
}
