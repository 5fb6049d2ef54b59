//! What is true of every request and every answer of the REST API: paths, versions, headers, bodies, refusals.

use serde_json::{Value, json};

use crate::support::{Answer, Rest, SUBSCRIPTION, Sandbox};

const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g";

fn workspace(name: &str) -> String {
    format!("{GROUP}/providers/Microsoft.BatchAI/workspaces/{name}")
}

fn rest(sandbox: &Sandbox) -> Rest {
    let rest = Rest::new(sandbox, "2018-05-01");
    rest.put(&workspace("w"), &json!({ "location": "eastus" })).is(200);
    rest
}

fn cluster_body(target: u32) -> Value {
    json!({ "properties": {
        "vmSize": "STANDARD_NC6",
        "scaleSettings": { "manual": { "targetNodeCount": target } },
        "userAccountSettings": { "adminUserName": "me", "adminUserSshPublicKey": "ssh-rsa AAAA" },
    } })
}

fn job_body(command: &str) -> Value {
    json!({ "properties": {
        "cluster": { "id": format!("{}/clusters/c", workspace("w")) },
        "nodeCount": 1,
        "stdOutErrPathPrefix": "/tmp",
        "customToolkitSettings": { "commandLine": command },
    } })
}

#[track_caller]
fn refused(answer: Answer, status: u16, code: &str) -> Value {
    let error = answer.is(status).json()["error"].clone();
    assert_eq!(error["code"], code, "{error}");
    assert!(error["message"].as_str().expect("a message").split_whitespace().count() > 2, "{error}");
    error
}

#[test]
fn words_of_a_path_are_matched_in_any_letter_case_and_a_slash_at_the_end_is_nothing() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    let made = rest.get(&workspace("w")).is(200).json();
    for path in [
        workspace("w").to_lowercase(),
        workspace("w") + "/",
        format!("/SUBSCRIPTIONS/{SUBSCRIPTION}/ResourceGroups/G/Providers/MICROSOFT.BATCHAI/WORKSPACES/w"),
    ] {
        assert_eq!(rest.get(&path).is(200).json(), made, "{path}");
    }
    rest.put(&(workspace("w") + "/Clusters/Mixed"), &cluster_body(0)).is(200);
    assert_eq!(rest.get(&(workspace("w") + "/CLUSTERS/Mixed")).is(200).json()["name"], "Mixed");
    let listed = rest.get(&format!("/subscriptions/{SUBSCRIPTION}/providers/microsoft.batchai/Workspaces")).is(200);
    assert_eq!(listed.json()["value"], json!([made]));
}

#[test]
fn a_wrong_path_and_a_wrong_method_are_refused_in_the_shape_of_every_error() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    for path in [
        "/",
        "//",
        "/nothing/here",
        "/subscriptions",
        &(workspace("w") + "/clusters/c/x"),
        &(GROUP.to_owned() + "/%00"),
    ] {
        refused(rest.get(path), 404, "InvalidResourceType");
    }
    let answer = rest.send("POST", &workspace("w"), &[], None);
    let allowed = answer.header("allow").expect("Allow").to_owned();
    refused(answer, 405, "MethodNotAllowed");
    assert!(["GET", "PUT", "DELETE"].iter().all(|method| allowed.contains(method)), "{allowed}");
    refused(rest.get(&(workspace("w") + "/experiments/e/jobs/j/terminate")), 405, "MethodNotAllowed");
    refused(rest.get(&format!("{GROUP}/providers/Microsoft.BatchAI/workspaces/a%20b")), 400, "InvalidParameter");
    refused(rest.get(&format!("{GROUP}/providers/Microsoft.BatchAI/workspaces/%FF")), 400, "InvalidParameter");
    refused(rest.get(&(workspace("w") + "/clusters?maxresults=0")), 400, "InvalidParameter");
    refused(rest.get(&(workspace("w") + "/clusters?maxresults=many")), 400, "InvalidParameter");
}

#[test]
fn a_version_is_required_and_known_and_has_the_resources_of_the_path() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    let error = refused(rest.get(&(workspace("w") + "?api-version=2019-01-01")), 400, "NoRegisteredProviderFound");
    let message = error["message"].as_str().expect("a message");
    for version in ["2019-01-01", "2017-09-01-preview", "2018-03-01", "2018-05-01", "2026-11-01"] {
        assert!(message.contains(version), "{message}");
    }
    refused(rest.get(&(workspace("w") + "?api-version=")), 400, "NoRegisteredProviderFound");
    for flat in ["2018-03-01", "2017-09-01-preview"] {
        refused(rest.speaking(flat).get(&workspace("w")), 404, "InvalidResourceType");
        let all = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.BatchAI/workspaces");
        refused(rest.speaking(flat).get(&all), 404, "InvalidResourceType");
    }
    // `Rest` adds a version where none is asked for, so this one hides in another parameter.
    refused(rest.get(&(workspace("w") + "?not-api-version=2018-05-01")), 400, "MissingApiVersionParameter");
}

#[test]
fn every_answer_has_the_headers_of_the_service() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    for answer in [rest.get(&workspace("w")), rest.get(&workspace("none")), rest.get("/nowhere")] {
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        for (name, value) in [
            ("cache-control", "no-cache"),
            ("pragma", "no-cache"),
            ("expires", "-1"),
            ("vary", "Accept-Encoding"),
            ("x-content-type-options", "nosniff"),
            ("x-ms-ratelimit-remaining-subscription-reads", "11999"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
        let id = answer.header("x-ms-request-id").expect("an id");
        assert_eq!(answer.header("request-id"), Some(id));
        assert_eq!(answer.header("x-ms-correlation-request-id"), Some(id));
        let route = answer.header("x-ms-routing-request-id").expect("a route");
        assert!(route.starts_with("LOCAL:2") && route.ends_with(id), "{route}");
        assert_eq!(answer.header("server"), None);
        assert_eq!(answer.header("x-ms-client-request-id"), None);
    }
    let asked = [("x-ms-client-request-id", "mine"), ("x-ms-return-client-request-id", "true")];
    assert_eq!(rest.send("GET", &workspace("w"), &asked, None).header("x-ms-client-request-id"), Some("mine"));
    let chain = rest.send("GET", &workspace("w"), &[("x-ms-correlation-request-id", "chain")], None);
    assert_eq!(chain.header("x-ms-correlation-request-id"), Some("chain"));
    assert!(rest.delete(&workspace("none")).header("x-ms-ratelimit-remaining-subscription-deletes").is_some());
}

#[test]
fn what_is_not_there_is_said_in_the_status_line_too() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    let answer = rest.get(&(workspace("w") + "/clusters/none"));
    assert_eq!(answer.reason, "The specified cluster none is not found");
    refused(answer, 404, "ClusterNotFound");
    assert_eq!(rest.put(&workspace("x"), &json!([])).is(400).reason, "Bad Request");
}

#[test]
fn the_tag_of_a_resource_does_not_follow_its_state() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    let cluster = workspace("w") + "/clusters/c";
    let experiment = workspace("w") + "/experiments/e";
    let tags = |answer: &Answer| ["etag", "last-modified"].map(|name| answer.header(name).map(str::to_owned));
    let made = [
        tags(&rest.put(&cluster, &cluster_body(1)).is(200)),
        tags(&rest.send("PUT", &experiment, &[], None).is(200)),
        tags(&rest.put(&(experiment.clone() + "/jobs/j"), &job_body("true")).is(200)),
    ];
    let [etag, date] = &made[0];
    assert!(etag.as_ref().is_some_and(|tag| tag.starts_with("\"0x8D") || tag.starts_with("\"0x8E")), "{etag:?}");
    assert!(date.as_ref().is_some_and(|date| date.ends_with(" GMT")), "{date:?}");
    let job = rest.speaking("2026-11-01").get(&(experiment.clone() + "/jobs/j?waitFor=ended&waitSeconds=30")).json();
    assert_eq!(job["properties"]["executionState"], "succeeded", "{job}");
    let now = [
        tags(&rest.get(&cluster)),
        tags(&rest.send("PUT", &experiment, &[], Some(b"{}"))),
        tags(&rest.get(&(experiment.clone() + "/jobs/j"))),
    ];
    assert_eq!(now, made);
    assert_eq!(tags(&rest.get(&(experiment + "/jobs"))), [None, None]);
}

#[test]
fn a_body_is_read_as_its_version_asks() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    let cluster = workspace("w") + "/clusters/c";
    let mut body = cluster_body(0);
    body["location"] = json!("eastus");
    body["properties"]["scaleSettings"]["manual"]["more"] = json!(true);
    body["properties"]["scaleSettings"]["autoScale"] = Value::Null;
    body["properties"]["vmPriority"] = json!("Dedicated");
    let error = refused(rest.speaking("2026-11-01").put(&cluster, &body), 400, "InvalidParameter");
    assert_eq!(error["details"].as_array().map(Vec::len), Some(2), "{error}");
    let made = rest.put(&cluster, &body).is(200).json();
    assert_eq!(made["properties"]["vmPriority"], "dedicated");
    assert_eq!(made["properties"]["scaleSettings"]["manual"]["nodeDeallocationOption"], "requeue");

    let wrong = json!({ "properties": { "vmSize": [], "scaleSettings": { "manual": { "targetNodeCount": "two" } } } });
    let error = refused(rest.put(&cluster, &wrong), 400, "InvalidParameter");
    let targets: Vec<&str> =
        error["details"].as_array().expect("details").iter().filter_map(|one| one["target"].as_str()).collect();
    assert_eq!(targets, ["properties.vmSize", "properties.scaleSettings.manual.targetNodeCount"]);
    refused(rest.send("PUT", &cluster, &[], Some(b"{\"properties\":")), 400, "InvalidRequestContent");
    refused(rest.send("PUT", &cluster, &[], Some(b"\xff\xfe")), 400, "InvalidRequestContent");
    refused(rest.send("PUT", &cluster, &[], None), 400, "InvalidRequestContent");
    refused(rest.put(&workspace("x"), &json!({ "tags": {} })), 400, "InvalidParameter");
    rest.speaking("2026-11-01").put(&workspace("x"), &json!({})).is(200);
}

#[test]
fn a_body_that_is_too_large_is_refused_and_the_server_goes_on() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    let large = vec![b' '; (4 << 20) + 1];
    refused(rest.send("PUT", &workspace("x"), &[], Some(&large)), 413, "RequestEntityTooLarge");
    rest.get(&workspace("w")).is(200);
}

#[test]
fn requests_without_a_meaning_for_bodies_may_have_one_or_none() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    rest.put(&(workspace("w") + "/clusters/c"), &cluster_body(0)).is(200);
    let experiment = workspace("w") + "/experiments/e";
    let made = rest.send("PUT", &experiment, &[("Content-Type", "text/plain")], None).is(200).json();
    assert_eq!(rest.put(&experiment, &json!({ "any": "thing" })).is(200).json(), made);
    let job = experiment + "/jobs/j";
    rest.put(&job, &job_body("true")).is(200);
    for body in [None, Some(b"{}".as_slice()), Some(b"no json")] {
        rest.send("POST", &(job.clone() + "/terminate"), &[], body).is(200);
        rest.send("POST", &(job.clone() + "/listOutputFiles?outputdirectoryid=stdouterr"), &[], body).is(200);
    }
}

#[test]
fn nothing_of_ours_is_in_an_answer_of_2018_05_01() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    rest.put(&(workspace("w") + "/clusters/c"), &cluster_body(0)).is(200);
    rest.put(&(workspace("w") + "/experiments/e"), &json!({})).is(200);
    let job = workspace("w") + "/experiments/e/jobs/j";
    let mut body = job_body("true");
    body["properties"]["searchPath"] = json!("/bin");
    let ours = rest.speaking("2026-11-01");
    ours.put(&job, &body).is(200);
    let additions = ["queueReason", "outputStreams", "generation", "codeSnapshot", "searchPath"];
    let of = |answer: Answer| {
        let properties = answer.is(200).json()["properties"].clone();
        additions.into_iter().filter(|name| !properties[name].is_null()).collect::<Vec<_>>()
    };
    assert_eq!(of(rest.get(&job)), [""; 0]);
    assert_eq!(of(ours.get(&job)), ["queueReason", "outputStreams", "generation", "searchPath"]);
    // What is not part of a version is not read in it either.
    body["properties"]["codeSnapshot"] = json!("nonsense");
    rest.put(&job.replace("/j", "/k"), &body).is(404);
    rest.put(&(job.clone() + "2"), &body).is(200);
    assert_eq!(of(ours.get(&(job + "2"))), ["queueReason", "outputStreams", "generation"]);
}
