//! `cluster resize` and `cluster auto-scale`.

use serde_json::json;

use crate::support::{Sandbox, wait_until};

#[test]
fn a_cluster_is_resized_and_its_nodes_follow() {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 1);
    let resized = sandbox.run("cluster resize c -t 3").succeeds().json();
    let manual = json!({ "nodeDeallocationOption": "requeue", "targetNodeCount": 3 });
    assert_eq!(resized["scaleSettings"], json!({ "autoScale": null, "manual": manual }));
    sandbox.wait_for_nodes("c", "idleNodeCount", 3);
    sandbox.run("cluster resize -n c --target 0").succeeds();
    wait_until("the nodes are gone", || sandbox.run("cluster show c").succeeds().json()["currentNodeCount"] == 0);
}

#[test]
fn bounds_replace_a_number_and_a_number_replaces_bounds() {
    let sandbox = Sandbox::new();
    sandbox.run("cluster create c -t 0").succeeds();
    let scaled = sandbox.run("cluster auto-scale c --min 0 --max 2").succeeds().json();
    let auto = json!({ "initialNodeCount": 0, "maximumNodeCount": 2, "minimumNodeCount": 0 });
    assert_eq!(scaled["scaleSettings"], json!({ "autoScale": auto, "manual": null }));
    sandbox.job_file("echo done");
    sandbox.run("job run -c c -f job.json").succeeds().prints("done\n");
    let back = sandbox.run("cluster resize c -t 1").succeeds().json();
    assert_eq!(back["scaleSettings"]["autoScale"], json!(null));
}

#[test]
fn a_cluster_keeps_idle_nodes_for_as_long_as_its_file_or_its_flags_say() {
    let sandbox = Sandbox::new();
    let auto = |idle: &str| json!({ "autoScale": { "minimumNodeCount": 0, "maximumNodeCount": 1, "idleTimeBeforeScaleDown": idle } });
    sandbox.spec("c.json", &json!({ "scaleSettings": auto("PT0S") }));
    let made = sandbox.run("cluster create -n c -f c.json").succeeds().json();
    assert_eq!(made["scaleSettings"]["autoScale"]["idleTimeBeforeScaleDown"], "PT0S");
    sandbox.job_file("echo done");
    sandbox.run("job run -c c -f job.json").succeeds().prints("done\n");
    // Sooner than after the minute that is usual.
    wait_until("the node is gone", || sandbox.run("cluster show c").succeeds().json()["currentNodeCount"] == 0);
    let longer = sandbox.run("cluster auto-scale c --min 0 --max 1 --idle-time-before-scale-down PT2H").succeeds();
    assert_eq!(longer.json()["scaleSettings"]["autoScale"]["idleTimeBeforeScaleDown"], "PT2H");
    sandbox.spec("wrong.json", &json!({ "scaleSettings": auto("2 hours") }));
    sandbox.run("cluster create -n d -f wrong.json").fails_with(2).says("write `PT5M` for five minutes");
    sandbox.run("cluster create -n d -t 1 --idle-time-before-scale-down 9").fails_with(2).says("is about auto-scale");
}

#[test]
fn several_clusters_are_scaled_by_name_or_id() {
    let sandbox = Sandbox::new();
    let id = |name: &str| {
        let created = sandbox.run(&format!("cluster create {name} -t 0")).succeeds().json();
        created["id"].as_str().expect("an id").to_owned()
    };
    let (a, b) = (id("a"), id("b"));
    let both = sandbox.run("cluster resize a b -t 1").succeeds().json();
    let names: Vec<&str> = both.as_array().expect("a list").iter().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let both = sandbox.run(&format!("cluster auto-scale --ids {a} {b} --min 0 --max 1")).succeeds().json();
    assert_eq!(both[1]["scaleSettings"]["autoScale"]["maximumNodeCount"], 1);
}

#[test]
fn what_cannot_be_is_refused_before_anything_changes() {
    let sandbox = Sandbox::new();
    sandbox.run("cluster create c -t 0").succeeds();
    for (words, code, why) in [
        ("cluster resize c", 2, "--target <NODES>"),
        ("cluster resize -t 1", 2, "no cluster is named: (NAME | --name | --ids) are required"),
        ("cluster resize c -t many", 2, "invalid value 'many' for '--target <NODES>'"),
        ("cluster auto-scale c --min 1", 2, "--max <NODES>"),
        (
            "cluster auto-scale c --min 2 --max 1",
            2,
            "Maximum nodes count must be greater or equal to minimum nodes count",
        ),
        ("cluster resize c -t 101", 1, "a cluster has at most 100 nodes, 101 are asked for"),
        ("cluster resize gone -t 1", 3, "The specified cluster gone is not found"),
    ] {
        sandbox.run(words).fails_with(code).says(why).prints("");
    }
    assert_eq!(sandbox.run("cluster show c").succeeds().json()["scaleSettings"]["manual"]["targetNodeCount"], 0);
}
