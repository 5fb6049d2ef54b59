//! `quotas` of server.yaml: what is counted, what is refused, and what a cluster says that has fewer nodes than it wants.

use serde_json::{Value, json};

use crate::support::{Rest, SUBSCRIPTION, Sandbox, wait_until};

fn with(settings: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.home()).expect("a home");
    std::fs::write(sandbox.home().join("server.yaml"), settings).expect("settings");
    sandbox
}

/// Waits until a cluster is steady with so many nodes; answers its errors.
fn settled(sandbox: &Sandbox, cluster: &str, nodes: u32) -> Value {
    wait_until(&format!("{cluster} is steady with {nodes} nodes"), || {
        let shown = sandbox.run(&format!("cluster show {cluster}")).succeeds().json();
        shown["allocationState"] == "steady" && shown["nodeStateCounts"]["idleNodeCount"] == nodes
    });
    sandbox.run(&format!("cluster show {cluster}")).succeeds().json()["errors"].clone()
}

#[test]
fn a_cluster_over_its_quota_has_fewer_nodes_says_why_and_grows_by_itself_later() {
    let sandbox = with("quotas: {dedicated: 12, lowPriority: 1, families: {NC: 6}}\n");
    sandbox.run("cluster create a -t 1 -s STANDARD_D3").succeeds();
    assert_eq!(settled(&sandbox, "a", 1), json!(null));
    sandbox.run("cluster create b -t 3 -s STANDARD_D3").succeeds();
    let errors = settled(&sandbox, "b", 2);
    assert_eq!(errors[0]["code"], "AccountCoreQuotaReached");
    assert!(errors[0]["message"].as_str().is_some_and(|text| text.contains("12 there are, 12 are in use, and 4 more")));
    let details = json!([
        { "name": "limit", "value": "12" }, { "name": "inUse", "value": "12" }, { "name": "needed", "value": "4" },
    ]);
    assert_eq!(errors[0]["details"], details);
    let usages = sandbox.run("list-usages -o table").succeeds().stdout;
    let row = |name: &str| {
        let line = usages.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {usages}"));
        line[name.len()..].split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("Total Cluster Dedicated Regional vCPUs"), "12 12");
    assert_eq!(row("Standard NC Family Cluster Dedicated vCPUs"), "0 6");
    assert_eq!(row("Total Cluster Low Priority Regional vCPUs"), "0 1");
    assert_eq!(row("Clusters"), "2 -1");

    sandbox.run("cluster create low -t 2 --vm-priority lowpriority").succeeds();
    assert_eq!(settled(&sandbox, "low", 1)[0]["code"], "AccountLowPriorityCoreQuotaReached");
    sandbox.run("cluster delete a -y").succeeds();
    assert_eq!(settled(&sandbox, "b", 3), json!(null));
}

#[test]
fn a_job_that_waits_for_a_quota_is_told_so() {
    let sandbox = with("quotas: {dedicated: 2}\n");
    sandbox.run("cluster create c --min 0 --max 4").succeeds();
    for (job, nodes) in [("a", 2), ("b", 1), ("large", 3)] {
        let spec =
            json!({ "cluster": "c", "nodeCount": nodes, "customToolkitSettings": { "commandLine": "sleep 1000" } });
        sandbox.spec("job.json", &spec);
        sandbox.run(&format!("job create -f job.json -n {job}")).succeeds();
    }
    sandbox.wait_for_state("a", "running");
    wait_until("the cluster is short", || sandbox.run("cluster show c").json()["errors"] != json!(null));
    sandbox.run("job explain b").succeeds().prints_part("the quota of dedicated cores is reached (2 of 2 in use)");
    let reason = sandbox.job("b")["queueReason"].as_str().expect("a reason").to_owned();
    assert!(reason.ends_with("; the quota of dedicated cores is reached (2 of 2 in use)"), "{reason}");
    let large = sandbox.run("job explain large -o json").succeeds().json();
    assert_eq!(large["queue"]["canStart"], false, "{large}");
    assert!(large["summary"].as_str().is_some_and(|text| text.contains("allows its cluster 2 nodes")), "{large}");
}

#[test]
fn clusters_beyond_their_quota_are_refused_in_every_api_version() {
    let sandbox = with("quotas: {clusters: 1}\n");
    sandbox.run("cluster create a -t 0").succeeds();
    sandbox
        .run("cluster create a2 -t 0")
        .fails_with(1)
        .says("has 1 clusters in local and may have 1: delete one, or raise");
    let rest = Rest::new(&sandbox, "2018-03-01");
    let flat = |name: &str| {
        let path =
            format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.BatchAI/clusters/{name}");
        let body = json!({ "location": "eastus", "properties": {
            "vmSize": "Standard_D1", "scaleSettings": { "manual": { "targetNodeCount": 0 } },
            "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "secret-pw-1" },
        } });
        rest.put(&path, &body)
    };
    flat("x").is(200);
    flat("x").is(200);
    let refused = flat("y").is(409).json();
    assert_eq!(refused["error"]["code"], "ClusterQuotaExceeded");
    assert!(refused["error"]["message"].as_str().is_some_and(|text| text.contains("eastus")), "regions are apart");
}

#[test]
fn quotas_that_are_none_keep_a_server_from_starting_and_say_what_would_be_right() {
    for (settings, why) in [
        ("quotas: {dedicated: many}\n", "a whole number such as 24, `unlimited`, or `machine`"),
        ("quotas: {clusters: machine}\n", "a whole number such as 20, or `unlimited`"),
        ("quotas: {cluster: 1}\n", "cluster"),
    ] {
        with(settings).run("server start").fails_with(4).says("server.yaml").says(why);
    }
}

#[test]
fn older_api_versions_know_nothing_of_idle_times_and_only_the_preview_knows_retries() {
    let sandbox = Sandbox::new();
    let rest = Rest::new(&sandbox, "2018-05-01");
    let workspace = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w");
    rest.put(&workspace, &json!({ "location": "eastus" })).is(200);
    rest.put(&format!("{workspace}/experiments/e"), &json!({})).is(200);
    let auto = json!({ "minimumNodeCount": 0, "maximumNodeCount": 1, "idleTimeBeforeScaleDown": "PT5M" });
    let body = json!({ "properties": {
        "vmSize": "Standard_D1", "scaleSettings": { "autoScale": auto },
        "userAccountSettings": { "adminUserName": "me", "adminUserPassword": "secret-pw-1" },
    } });
    let cluster = format!("{workspace}/clusters/c");
    let idle = |rest: &Rest| {
        rest.get(&cluster).is(200).json()["properties"]["scaleSettings"]["autoScale"]["idleTimeBeforeScaleDown"].clone()
    };
    rest.put(&cluster, &body).is(200);
    let ours = rest.speaking("2026-11-01");
    assert_eq!((idle(&rest), idle(&ours)), (json!(null), json!(null)), "it was passed over");
    let update = json!({ "properties": { "scaleSettings": { "autoScale": auto } } });
    assert_eq!(rest.patch(&cluster, &update).is(200).json()["properties"]["allocationState"], "steady");
    assert_eq!(idle(&ours), json!(null));
    ours.patch(&cluster, &update).is(200);
    assert_eq!((idle(&rest), idle(&ours)), (json!(null), json!("PT5M")));
    let wrong = json!({ "properties": { "scaleSettings": { "autoScale":
        { "minimumNodeCount": 0, "maximumNodeCount": 1, "idleTimeBeforeScaleDown": "5 minutes" } } } });
    assert!(ours.patch(&cluster, &wrong).is(400).json().to_string().contains("must be an ISO 8601 duration"));

    let job = json!({ "properties": {
        "cluster": { "id": cluster }, "nodeCount": 1, "stdOutErrPathPrefix": "$AZ_BATCHAI_JOB_TEMP",
        "constraints": { "maxRetryCount": 3 }, "customToolkitSettings": { "commandLine": "true" },
    } });
    let path = format!("{workspace}/experiments/e/jobs");
    let retries = |rest: &Rest, name: &str| {
        rest.get(&format!("{path}/{name}")).is(200).json()["properties"]["constraints"]["maxRetryCount"].clone()
    };
    rest.put(&format!("{path}/old"), &job).is(200);
    ours.put(&format!("{path}/new"), &job).is(200);
    assert_eq!((retries(&rest, "old"), retries(&ours, "old")), (json!(null), json!(null)));
    assert_eq!((retries(&rest, "new"), retries(&ours, "new")), (json!(null), json!(3)));

    let flat =
        |kind: &str| format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/f/providers/Microsoft.BatchAI/{kind}");
    let mut located = body.clone();
    located["location"] = json!("eastus");
    for (version, expected) in [("2017-09-01-preview", json!(3)), ("2018-03-01", json!(null))] {
        let rest = rest.speaking(version);
        let (cluster, job_path) = (flat(&format!("clusters/{version}")), flat(&format!("jobs/{version}")));
        rest.put(&cluster, &located).is(200);
        let mut job = job.clone();
        job["location"] = json!("eastus");
        job["properties"]["cluster"]["id"] = json!(cluster);
        let made = rest.put(&job_path, &job).is(200).json();
        assert_eq!(made["properties"]["constraints"]["maxRetryCount"], expected, "{version}");
    }
}
