//! What is true of every request and every answer of the REST API: paths, versions, headers, bodies, refusals.

use serde_json::{Value, json};

use crate::support::{Answer, Rest, SUBSCRIPTION, Sandbox, wait_until};

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

fn job_body(sandbox: &Sandbox, command: &str) -> Value {
    json!({ "properties": {
        "cluster": { "id": format!("{}/clusters/c", workspace("w")) },
        "nodeCount": 1,
        "stdOutErrPathPrefix": sandbox.work().display().to_string(),
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
        "/subscriptions/s/nothing",
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
        tags(&rest.put(&(experiment.clone() + "/jobs/j"), &job_body(&sandbox, "true")).is(200)),
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
    rest.put(&job, &job_body(&sandbox, "true")).is(200);
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
    let mut body = job_body(&sandbox, "true");
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

#[test]
fn tags_of_a_workspace_are_replaced() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    let made = rest.patch(&workspace("w"), &json!({ "tags": { "a": "1" } })).is(200);
    let etag = made.header("etag").expect("a tag").to_owned();
    assert_eq!(made.json()["tags"], json!({ "a": "1" }));
    let changed = rest.patch(&workspace("w"), &json!({ "tags": { "b": "2" }, "location": "westus" })).is(200);
    assert_ne!(changed.header("etag"), Some(etag.as_str()));
    assert_eq!((&changed.json()["tags"], &changed.json()["location"]), (&json!({ "b": "2" }), &json!("eastus")));
    let same = rest.patch(&workspace("w"), &json!({ "tags": null })).is(200);
    assert_eq!(same.json(), changed.json());
    assert_eq!(rest.get(&workspace("w")).header("etag"), changed.header("etag"));
    refused(rest.patch(&workspace("w"), &json!({ "tags": ["b"] })), 400, "InvalidParameter");
    refused(rest.patch(&workspace("none"), &json!({ "tags": {} })), 404, "WorkspaceNotFound");
    assert!(rest.patch(&workspace("w"), &json!({ "tags": {} })).is(200).json().get("tags").is_none());
}

#[test]
fn a_cluster_is_scaled_and_answers_with_its_old_state() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    let ours = rest.speaking("2026-11-01");
    let cluster = workspace("w") + "/clusters/c";
    let scale = |settings: Value| json!({ "properties": { "scaleSettings": settings } });
    rest.put(&cluster, &cluster_body(0)).is(200);
    ours.get(&(cluster.clone() + "?waitFor=steady&waitSeconds=30")).is(200);
    let answer = rest.patch(&cluster, &scale(json!({ "manual": { "targetNodeCount": 2 } }))).is(200).json();
    let properties = &answer["properties"];
    assert_eq!(properties["allocationState"], "steady", "{answer}");
    assert_eq!(properties["scaleSettings"]["manual"]["targetNodeCount"], 2);
    assert_eq!(properties["scaleSettings"]["manual"]["nodeDeallocationOption"], "requeue");
    let idle = ours.get(&(cluster.clone() + "?waitFor=idle&waitSeconds=30")).is(200).json();
    assert_ne!(idle["properties"]["nodeStateCounts"]["idleNodeCount"], 0, "{idle}");

    let auto = json!({ "autoScale": { "minimumNodeCount": 0, "maximumNodeCount": 3, "initialNodeCount": 2 } });
    let answer = rest.patch(&cluster, &scale(auto)).is(200).json();
    let expected = json!({ "autoScale": { "minimumNodeCount": 0, "maximumNodeCount": 3, "initialNodeCount": 0 } });
    assert_eq!(answer["properties"]["scaleSettings"], expected);
    rest.patch(&cluster, &scale(json!({ "manual": { "targetNodeCount": 0 } }))).is(200);
    wait_until("all nodes are gone", || rest.get(&cluster).json()["properties"]["currentNodeCount"] == 0);

    let manual = json!({ "targetNodeCount": 1 });
    let both = json!({ "manual": manual, "autoScale": { "minimumNodeCount": 0, "maximumNodeCount": 1 } });
    for wrong in [json!({}), Value::Null, both, json!({ "manual": { "targetNodeCount": 101 } })] {
        refused(rest.patch(&cluster, &scale(wrong)), 400, "InvalidParameter");
    }
    refused(rest.patch(&(cluster + "x"), &scale(json!({ "manual": manual }))), 404, "ClusterNotFound");
}

#[test]
fn scaling_down_leaves_a_job_its_node() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    let (cluster, job) = (workspace("w") + "/clusters/c", workspace("w") + "/experiments/e/jobs/j");
    rest.put(&cluster, &cluster_body(1)).is(200);
    rest.put(&(workspace("w") + "/experiments/e"), &json!({})).is(200);
    let gate = sandbox.gate("end");
    rest.put(&job, &job_body(&sandbox, &gate.wait())).is(200);
    let ours = rest.speaking("2026-11-01");
    ours.get(&(job.clone() + "?waitFor=running&waitSeconds=30")).is(200);
    let none = json!({ "properties": { "scaleSettings": { "manual": {
        "targetNodeCount": 0, "nodeDeallocationOption": "waitForJobCompletion" } } } });
    rest.patch(&cluster, &none).is(200);
    wait_until("it is resizing", || rest.get(&cluster).json()["properties"]["allocationState"] == "resizing");
    gate.open();
    let ended = ours.get(&(job + "?waitFor=ended&waitSeconds=30")).is(200).json();
    assert_eq!(ended["properties"]["executionState"], "succeeded", "{ended}");
    wait_until("the node is gone", || rest.get(&cluster).json()["properties"]["currentNodeCount"] == 0);
}

#[test]
fn a_repeated_put_answers_what_is_there_and_another_is_a_conflict() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    let made = rest.get(&workspace("w")).json();
    assert_eq!(rest.put(&workspace("w"), &json!({ "location": "westus", "tags": { "a": "b" } })).is(200).json(), made);
    let (cluster, job) = (workspace("w") + "/clusters/c", workspace("w") + "/experiments/e/jobs/j");
    let made = rest.put(&cluster, &cluster_body(0)).is(200).json();
    assert_eq!(
        rest.put(&cluster, &cluster_body(0)).is(200).json()["properties"]["creationTime"],
        made["properties"]["creationTime"]
    );
    refused(rest.put(&cluster, &cluster_body(1)), 409, "ResourceAlreadyExists");
    rest.put(&(workspace("w") + "/experiments/e"), &json!({})).is(200);
    let made = rest.put(&job, &job_body(&sandbox, "true")).is(200).json();
    assert_eq!(rest.put(&job, &job_body(&sandbox, "true")).is(200).json(), made);
    refused(rest.put(&job, &job_body(&sandbox, "false")), 409, "ResourceAlreadyExists");
    refused(rest.put(&(workspace("none") + "/clusters/c"), &cluster_body(0)), 404, "WorkspaceNotFound");
}

#[test]
fn a_state_is_waited_for_in_our_version_only() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    let ours = rest.speaking("2026-11-01");
    let (cluster, job) = (workspace("w") + "/clusters/c", workspace("w") + "/experiments/e/jobs/j");
    rest.put(&cluster, &cluster_body(1)).is(200);
    rest.put(&(workspace("w") + "/experiments/e"), &json!({})).is(200);
    rest.put(&job, &job_body(&sandbox, "exit 3")).is(200);
    let ended = ours.get(&(job.clone() + "?waitFor=ended&waitSeconds=30")).is(200).json();
    assert_eq!(ended["properties"]["executionState"], "failed", "{ended}");
    ours.get(&(job.clone() + "?waitFor=Failed&waitSeconds=30")).is(200);
    // What never comes is not waited for longer than asked.
    assert_eq!(ours.get(&(job.clone() + "?waitFor=queued")).is(200).json(), ended);
    let steady = ours.get(&(cluster.clone() + "?waitFor=steady&waitSeconds=30")).is(200).json();
    assert_eq!(steady["properties"]["allocationState"], "steady");
    let generation = steady["properties"]["generation"].as_u64().expect("a generation");
    let other = generation - 1;
    let same = ours.get(&(cluster.clone() + &format!("?generation={other}&waitSeconds=30"))).is(200).json();
    assert_eq!(same["properties"]["generation"], generation);
    for (path, words) in [(&job, "terminating, succeeded, failed, ended"), (&cluster, "steady, resizing, idle")] {
        let error = refused(ours.get(&format!("{path}?waitFor=done")), 400, "InvalidParameter");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(words)), "{error}");
        refused(ours.get(&format!("{path}?waitFor=steady&waitSeconds=soon")), 400, "InvalidParameter");
        rest.get(&format!("{path}?waitFor=done&waitSeconds=soon&generation=x")).is(200);
    }
}

#[test]
fn the_operations_of_the_provider_are_listed() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2018-05-01");
    let listed = rest.get("/providers/microsoft.batchai/operations").is(200).json();
    let operations = listed["value"].as_array().expect("a list");
    assert_eq!(operations.len(), 26);
    let names: Vec<&str> = operations.iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.contains(&"Microsoft.BatchAI/workspaces/experiments/jobs/terminate/action"));
    assert!(operations.iter().all(|one| one["display"]["provider"] == "Microsoft Batch AI"));
    refused(rest.get("/providers/Microsoft.BatchAI/operations?api-version=1"), 400, "NoRegisteredProviderFound");
}

#[test]
fn pages_link_to_each_other_with_the_host_and_the_version_of_the_client() {
    let sandbox = Sandbox::new();
    let rest = rest(&sandbox);
    rest.put(&workspace("x"), &json!({ "location": "eastus" })).is(200);
    let list = format!("{GROUP}/providers/Microsoft.BatchAI/workspaces?maxresults=1");
    let first = rest.send("GET", &list, &[("Host", "batchai.example:1")], None).is(200).json();
    let link = first["nextLink"].as_str().expect("a link");
    assert!(link.starts_with("http://batchai.example:1/subscriptions/"), "{link}");
    assert!(link.contains("api-version=2018-05-01"), "{link}");
    let second = rest.get(link).is(200).json();
    assert_eq!((&second["value"][0]["name"], second.get("nextLink")), (&json!("x"), None));
}
