//! Cluster bodies to specs and back.

use serde_json::{Value, json};

use super::super::tests::{lines, rules};
use super::*;
use crate::domain::Timestamp;
use crate::domain::name::{ClusterKey, GroupKey, Name, WorkspaceKey};
use crate::server::wire::drop_nulls;

fn read(version: ApiVersion, properties: &Value) -> Result<ClusterSpec, FieldErrors> {
    let body = serde_json::from_value(json!({ "properties": properties })).expect("a body");
    spec(&body, &rules(version))
}

fn wrong(version: ApiVersion, properties: &Value) -> String {
    lines(&read(version, properties).expect_err("errors"))
}

fn answered(spec: ClusterSpec) -> Value {
    let name = |text: &str| Name::parse(text).expect("a name");
    let group = GroupKey::parse("s", "g").expect("a group");
    let key = ClusterKey { workspace: WorkspaceKey { group, name: name("w") }, name: name("c") };
    let cluster = Cluster::new(key, spec, "uuid".into(), Timestamp::UNIX_EPOCH);
    let mut value = serde_json::to_value(spec_back(&cluster, ApiVersion::Ours)).expect("JSON");
    drop_nulls(&mut value);
    value
}

fn everything() -> Value {
    let secret = json!({ "name": "TOKEN", "value": "hunter2" });
    let vault = json!({ "sourceVault": { "id": "/v" }, "secretUrl": "https://v/secrets/s" });
    json!({
        "vmSize": "Standard_NC6", "vmPriority": "lowpriority",
        "scaleSettings": { "autoScale": { "minimumNodeCount": 1, "maximumNodeCount": 4, "initialNodeCount": 2 } },
        "virtualMachineConfiguration": { "imageReference": {
            "publisher": "p", "offer": "o", "sku": "s", "virtualMachineImageId": "/images/i" } },
        "userAccountSettings": {
            "adminUserName": "me", "adminUserSshPublicKey": "ssh-rsa AAAA me\n", "adminUserPassword": "hunter2" },
        "subnet": { "id": "/subnets/n" },
        "nodeSetup": {
            "setupTask": {
                "commandLine": "true", "stdOutErrPathPrefix": "/logs",
                "environmentVariables": [{ "name": "A", "value": "$B" }],
                "secrets": [secret, { "name": "KEPT", "valueSecretReference": vault }],
            },
            "mountVolumes": { "azureBlobFileSystems": [{
                "accountName": "a", "containerName": "c", "relativeMountPath": "bfs",
                "credentials": { "accountKey": "hunter2" } }] },
            "performanceCountersSettings": { "appInsightsReference": {
                "component": { "id": "/components/x" }, "instrumentationKey": "hunter2" } },
        },
    })
}

#[test]
fn everything_that_can_be_said_of_a_cluster_is_answered_and_no_secret_of_it() {
    let spec = read(ApiVersion::V2018May, &everything()).expect("a spec");
    let kept = format!("{spec:?} {}", serde_json::to_string(&spec).expect("JSON"));
    let answer = answered(spec);
    assert!(!format!("{kept} {answer}").contains("hunter2"), "{kept} {answer}");
    insta::assert_snapshot!(answer, @r#"
    {"vmSize":"STANDARD_NC6","vmPriority":"lowpriority","scaleSettings":{"autoScale":{"minimumNodeCount":1,"maximumNodeCount":4,"initialNodeCount":2}},"virtualMachineConfiguration":{"imageReference":{"publisher":"p","offer":"o","sku":"s","version":"latest","virtualMachineImageId":"/images/i"}},"nodeSetup":{"setupTask":{"commandLine":"true","environmentVariables":[{"name":"A","value":"$B"}],"secrets":[{"name":"TOKEN"},{"name":"KEPT"}],"stdOutErrPathPrefix":"/logs","stdOutErrPathSuffix":"s/g/workspaces/w/clusters/c/uuid"},"mountVolumes":{"azureBlobFileSystems":[{"accountName":"a","containerName":"c","credentials":{},"relativeMountPath":"bfs"}]},"performanceCountersSettings":{"appInsightsReference":{"component":{"id":"/components/x"}}}},"userAccountSettings":{"adminUserName":"me","adminUserSshPublicKey":"ssh-rsa AAAA me"},"subnet":{"id":"/subnets/n"}}
    "#);
}

#[test]
fn no_secret_is_in_what_a_body_shows_of_itself() {
    let body: wire::ClusterCreate = serde_json::from_value(json!({ "properties": everything() })).expect("a body");
    let shown = format!("{body:?}");
    assert!(shown.contains("adminUserName") || shown.contains("admin_user_name"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn what_is_left_out_is_filled_in_as_the_service_did_it() {
    let admin = json!({ "adminUserName": "me", "adminUserPassword": "x" });
    let least = json!({ "vmSize": "standard_d1", "userAccountSettings": admin });
    let azure = answered(read(ApiVersion::V2018May, &least).expect("a spec"));
    let scale = json!({ "manual": { "targetNodeCount": 1 } });
    let ours = answered(read(ApiVersion::Ours, &json!({ "scaleSettings": scale })).expect("a spec"));
    insta::assert_snapshot!(format!("{azure}\n{ours}"), @r#"
    {"vmSize":"STANDARD_D1","vmPriority":"dedicated","scaleSettings":{"manual":{"targetNodeCount":0,"nodeDeallocationOption":"requeue"}},"virtualMachineConfiguration":{"imageReference":{"publisher":"Canonical","offer":"UbuntuServer","sku":"16.04-LTS","version":"latest"}},"userAccountSettings":{"adminUserName":"me"}}
    {"vmSize":"local","vmPriority":"dedicated","scaleSettings":{"manual":{"targetNodeCount":1,"nodeDeallocationOption":"requeue"}}}
    "#);
}

#[test]
fn what_only_our_version_may_leave_out_is_told_in_whole() {
    insta::assert_snapshot!(wrong(ApiVersion::V2018May, &json!({})), @r"
    properties.vmSize: it is required, such as STANDARD_NC6
    properties.userAccountSettings: it is required
    ");
    let nobody = json!({ "vmSize": "STANDARD_D1", "userAccountSettings": { "adminUserName": "", "adminUserSshPublicKey": " " } });
    insta::assert_snapshot!(wrong(ApiVersion::V2018May, &nobody), @r"
    properties.userAccountSettings.adminUserName: it must not be empty
    properties.userAccountSettings.adminUserSshPublicKey: at least one of adminUserSshPublicKey and adminUserPassword must be given
    ");
    assert_eq!(
        wrong(ApiVersion::Ours, &json!({})),
        "properties.scaleSettings: either manual or autoScale must be given"
    );
}

#[test]
fn what_is_wrong_with_a_cluster_is_told_in_whole() {
    let task = json!({
        "commandLine": " ", "stdOutErrPathPrefix": "",
        "environmentVariables": [{ "name": "A=B", "value": "" }, { "name": "C", "value": "" }, { "name": "C", "value": "" }],
        "secrets": [{ "name": "D" }, { "name": "C", "value": "x" }, { "name": "D", "value": "x" }],
    });
    let counters = json!({ "appInsightsReference": { "component": { "id": "" }, "instrumentationKey": "x",
        "instrumentationKeySecretReference": { "sourceVault": { "id": "" }, "secretUrl": "" } } });
    let body = json!({
        "vmSize": "Standard_DS2_v2",
        "scaleSettings": { "autoScale": { "minimumNodeCount": 102, "maximumNodeCount": 101, "initialNodeCount": 103 } },
        "virtualMachineConfiguration": { "imageReference": { "publisher": "", "offer": "o", "sku": " " } },
        "userAccountSettings": { "adminUserName": "me", "adminUserSshPublicKey": "ssh-rsa A\nssh-rsa B" },
        "subnet": { "id": "" },
        "nodeSetup": { "setupTask": task, "performanceCountersSettings": counters },
    });
    insta::assert_snapshot!(wrong(ApiVersion::V2018May, &body), @r"
    properties.scaleSettings.autoScale.maximumNodeCount: it is 101, but must be at least minimumNodeCount, which is 102
    properties.scaleSettings.autoScale.maximumNodeCount: a cluster has at most 100 nodes, 101 are asked for
    properties.scaleSettings.autoScale.initialNodeCount: it is 103, but must be at most maximumNodeCount, which is 101
    properties.vmSize: `Standard_DS2_v2` cannot be used: neither STANDARD_A0 nor sizes with premium storage can
    properties.virtualMachineConfiguration.imageReference.publisher: it must not be empty
    properties.virtualMachineConfiguration.imageReference.sku: it must not be empty
    properties.userAccountSettings.adminUserSshPublicKey: it must be one public key, on one line
    properties.nodeSetup.setupTask.commandLine: it must not be empty
    properties.nodeSetup.setupTask.stdOutErrPathPrefix: it must not be empty
    properties.nodeSetup.setupTask.environmentVariables[0].name: `A=B` cannot be the name of an environment variable
    properties.nodeSetup.setupTask.environmentVariables[2].name: `C` is given twice
    properties.nodeSetup.setupTask.secrets[0].value: either value or valueSecretReference must be given
    properties.nodeSetup.setupTask.secrets[1].name: `C` is given twice
    properties.nodeSetup.setupTask.secrets[2].name: `D` is given twice
    properties.subnet.id: it must not be empty
    properties.nodeSetup.performanceCountersSettings.appInsightsReference.component.id: it must not be empty
    properties.nodeSetup.performanceCountersSettings.appInsightsReference.instrumentationKey: instrumentationKey and instrumentationKeySecretReference exclude each other
    ");
    let both =
        json!({ "manual": { "targetNodeCount": 101 }, "autoScale": { "minimumNodeCount": 0, "maximumNodeCount": 1 } });
    insta::assert_snapshot!(wrong(ApiVersion::Ours, &json!({ "vmSize": "a b", "scaleSettings": both })), @r"
    properties.scaleSettings: manual and autoScale exclude each other
    properties.vmSize: `a b` must be a VM size, such as STANDARD_NC6
    ");
}

#[test]
fn sizes_with_premium_storage_are_refused_as_by_the_service() {
    let scale = json!({ "manual": { "targetNodeCount": 0 } });
    let size =
        |size: &str| read(ApiVersion::Ours, &json!({ "vmSize": size, "scaleSettings": scale })).map(|s| s.vm_size);
    for refused in ["STANDARD_A0", "standard_gs1", "Standard_DS3", "STANDARD_DS3_V2", ""] {
        assert!(size(refused).is_err(), "{refused}");
    }
    for (given, kept) in
        [("LOCAL", "local"), ("Standard_A1", "STANDARD_A1"), ("Standard_M64-32ms", "STANDARD_M64-32MS")]
    {
        assert_eq!(size(given).as_deref(), Ok(kept));
    }
}

#[test]
fn a_new_scale_has_no_initial_number_of_nodes() {
    let auto = json!({ "minimumNodeCount": 0, "maximumNodeCount": 2, "initialNodeCount": 9 });
    let body = json!({ "properties": { "scaleSettings": { "autoScale": auto } } });
    let body: wire::ClusterUpdate = serde_json::from_value(body).expect("a body");
    assert_eq!(
        new_scale(&body, ApiVersion::V2018May),
        Ok(Scale::Auto { minimum: 0, maximum: 2, initial: 0, idle: None })
    );
    assert!(new_scale(&wire::ClusterUpdate::default(), ApiVersion::V2018May).is_err());
}
