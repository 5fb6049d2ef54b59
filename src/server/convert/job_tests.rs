//! Job bodies to specs and back.

use super::super::tests::{lines, rules};
use super::*;
use crate::domain::Timestamp;
use crate::domain::mount::Mount;
use crate::domain::name::{ExperimentKey, Name};
use crate::server::wire::drop_nulls;

const CLUSTER: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/clusters/c";

fn body(properties: &str) -> wire::JobCreate {
    let text = format!(r#"{{"properties":{{"cluster":{{"id":"{CLUSTER}"}},"nodeCount":1,{properties}}}}}"#);
    serde_json::from_str(&text).expect("a body")
}

fn spec(body: &wire::JobCreate) -> Result<JobSpec, FieldErrors> {
    super::spec(body, &rules(ApiVersion::Ours))
}

fn wrong(version: ApiVersion, properties: &str) -> String {
    lines(&super::spec(&body(properties), &rules(version)).expect_err("errors"))
}

fn answered(spec: JobSpec) -> wire::JobSpec {
    let name = |text: &str| Name::parse(text).expect("a name");
    let experiment = ExperimentKey { workspace: spec.cluster.workspace.clone(), name: name("e") };
    let key = JobKey { experiment, name: name("j") };
    spec_back(&Job::submitted(key, spec, "u".into(), Timestamp::UNIX_EPOCH), ApiVersion::Ours)
}

#[test]
fn all_field_errors_of_a_body_come_at_once() {
    let errors = spec(&body(
        r#""customToolkitSettings":{"commandLine":" "},"constraints":{"maxWallClockTime":"7.00:00:00"},
           "environmentVariables":[{"name":"AZ_BATCHAI_X","value":""}],
           "outputDirectories":[{"id":"A","pathSuffix":"../x"},{"id":"A"},{"id":"b-c"}]"#,
    ))
    .expect_err("errors");
    insta::assert_snapshot!(lines(&errors), @r"
    properties.environmentVariables[0].name: `AZ_BATCHAI_X` is set by batchai and cannot be set by a job
    properties.customToolkitSettings.commandLine: it must not be empty
    properties.outputDirectories[1].id: `A` is used twice
    properties.outputDirectories[2].id: `b-c` must be letters, digits and `_`: it becomes part of a variable's name
    properties.outputDirectories[0].pathSuffix: `../x` must be a relative path without `..`
    properties.constraints.maxWallClockTime: `7.00:00:00` must be an ISO 8601 duration of at least a second, such as PT2H or P7D
    ");
}

#[test]
fn a_toolkit_that_cannot_run_here_is_still_a_job() {
    let horovod = spec(&body(r#""horovodSettings":{"pythonScriptFilePath":"a.py"}"#)).expect("a spec");
    assert_eq!(horovod.toolkit.tool_type(), "horovod");
    assert!(spec(&body(r#""secrets":[]"#)).is_err(), "no toolkit at all");
}

#[test]
fn a_spec_survives_the_way_to_the_domain_and_back() {
    let given = body(
        r#""schedulingPriority":"high","pyTorchSettings":{"pythonScriptFilePath":"a.py","communicationBackend":"gloo"},
           "constraints":{"maxWallClockTime":"PT90M"},"inputDirectories":[{"id":"IN","path":"/data"}],
           "mountVolumes":{"azureFileShares":[{"accountName":"a","azureFileUrl":"https://a.file.core.windows.net/s",
           "credentials":{"accountKey":"hunter2"},"relativeMountPath":"afs"}]}"#,
    );
    let domain = spec(&given).expect("a spec");
    let back = answered(domain.clone());
    let text = serde_json::to_string(&back).expect("text");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("PT1H30M") && text.contains(r#""fileMode":"0777""#), "{text}");
    let keyless = domain.mounts.iter().map(|mount| Mount { key: None, ..mount.clone() }).collect();
    let expected = JobSpec { mounts: keyless, ..domain };
    assert_eq!(spec(&wire::JobCreate { properties: back }).expect("a spec"), expected);
}

const VAULT: &str = r#"{"sourceVault":{"id":"/v"},"secretUrl":"https://v/secrets/s"}"#;

#[test]
fn secrets_and_passwords_are_sealed_on_the_way_in_and_are_not_on_the_way_out() {
    let given = format!(
        r#""customToolkitSettings":{{"commandLine":"true"}},
           "secrets":[{{"name":"TOKEN","value":"hunter2"}},{{"name":"KEPT","valueSecretReference":{VAULT}}}],
           "containerSettings":{{"shmSize":"16g","imageSourceRegistry":{{"image":"x.azurecr.io/i","serverUrl":"x.azurecr.io",
           "credentials":{{"username":"me","password":"hunter2"}}}}}}"#
    );
    let given = body(&given);
    assert!(!format!("{given:?}").contains("hunter2"), "{given:?}");
    let domain = spec(&given).expect("a spec");
    assert_eq!(spec(&given).as_ref(), Ok(&domain), "a repeated body is the same job");
    let kept = format!("{domain:?} {}", serde_json::to_string(&domain).expect("JSON"));
    let mut answer = serde_json::to_value(answered(domain)).expect("JSON");
    drop_nulls(&mut answer);
    assert!(!format!("{kept} {answer}").contains("hunter2"), "{kept} {answer}");
    insta::assert_snapshot!(format!("{}\n{}", answer["secrets"], answer["containerSettings"]), @r#"
    [{"name":"TOKEN"},{"name":"KEPT"}]
    {"imageSourceRegistry":{"serverUrl":"x.azurecr.io","image":"x.azurecr.io/i","credentials":{"username":"me"}},"shmSize":"16g"}
    "#);
}

#[test]
fn what_is_wrong_with_secrets_and_containers_is_told_in_whole() {
    let given = format!(
        r#""customToolkitSettings":{{"commandLine":"true"}},
           "environmentVariables":[{{"name":"A","value":""}},{{"name":"A","value":""}},{{"name":"","value":""}}],
           "secrets":[{{"name":"A","value":"x"}},{{"name":"B"}},{{"name":"B","value":"x","valueSecretReference":{VAULT}}},
           {{"name":"AZ_BATCHAI_X","value":"x"}}],
           "containerSettings":{{"shmSize":"much","imageSourceRegistry":{{"image":"",
           "credentials":{{"username":" ","password":"x","passwordSecretReference":{VAULT}}}}}}}"#
    );
    insta::assert_snapshot!(wrong(ApiVersion::Ours, &given), @r"
    properties.environmentVariables[1].name: `A` is given twice
    properties.environmentVariables[2].name: `` cannot be the name of an environment variable
    properties.containerSettings.imageSourceRegistry.image: it must not be empty
    properties.containerSettings.shmSize: `much` must be a size in the words of docker, such as 16g
    properties.containerSettings.imageSourceRegistry.credentials.username: it must not be empty
    properties.containerSettings.imageSourceRegistry.credentials.password: password and passwordSecretReference exclude each other
    properties.secrets[0].name: `A` is given twice
    properties.secrets[1].value: either value or valueSecretReference must be given
    properties.secrets[2].name: `B` is given twice
    properties.secrets[2].value: value and valueSecretReference exclude each other
    properties.secrets[3].name: `AZ_BATCHAI_X` is set by batchai and cannot be set by a job
    ");
}

#[test]
fn what_only_our_version_may_leave_out_is_told_with_all_the_rest() {
    let given = r#""customToolkitSettings":{"commandLine":"true"},"jobPreparation":{"commandLine":" "},
        "inputDirectories":[{"id":"stdouterr","path":""},{"id":"","path":""}],
        "outputDirectories":[{"id":"A"},{"id":"StdOutErr","pathPrefix":""}]"#;
    insta::assert_snapshot!(wrong(ApiVersion::V2018May, given), @r"
    properties.jobPreparation.commandLine: it must not be empty
    properties.stdOutErrPathPrefix: it is required, such as $AZ_BATCHAI_MOUNT_ROOT/afs
    properties.inputDirectories[1].id: `` must be letters, digits and `_`: it becomes part of a variable's name
    properties.outputDirectories[0].pathPrefix: it is required, such as $AZ_BATCHAI_MOUNT_ROOT/afs
    properties.outputDirectories[1].id: `StdOutErr` is the id of the standard output directory: choose another
    properties.outputDirectories[1].pathPrefix: it must not be empty
    ");
    let ours = wrong(ApiVersion::Ours, r#""customToolkitSettings":{"commandLine":"true"},"stdOutErrPathPrefix":" ""#);
    assert_eq!(ours, "properties.stdOutErrPathPrefix: it must not be empty");
    let mut many = body(r#""customToolkitSettings":{"commandLine":"true"}"#);
    for (count, why) in [(0, "it must be at least 1"), (101, "it is 101, but a cluster has at most 100 nodes")] {
        many.properties.node_count = count;
        assert_eq!(lines(&spec(&many).expect_err("an error")), format!("properties.nodeCount: {why}"));
    }
}

#[test]
fn a_cluster_is_named_by_its_whole_id() {
    for id in ["c", "", "/subscriptions/s", &CLUSTER.replace("clusters", "experiments"), &CLUSTER.replace("/w/", "/ä/")]
    {
        let mut given = body(r#""customToolkitSettings":{"commandLine":"true"}"#);
        id.clone_into(&mut given.properties.cluster.id);
        let errors = spec(&given).expect_err("an error");
        assert_eq!(errors.0.len(), 1, "{id}");
        assert_eq!(errors.0[0].target, "properties.cluster.id");
    }
}

#[test]
fn durations_are_iso_8601() {
    assert_eq!([604_800, 90, 86_461].map(duration::text), ["P7D", "PT1M30S", "P1DT1M1S"].map(String::from));
}

#[test]
fn what_would_break_later_is_refused_with_its_property() {
    let custom = r#""customToolkitSettings":{"commandLine":"true"}"#;
    let long = |count: usize| "x".repeat(count);
    let mount = |path: &str| {
        format!(r#""mountVolumes":{{"unmanagedFileSystems":[{{"mountCommand":"true","relativeMountPath":"{path}"}}]}}"#)
    };
    let variable =
        |name: &str, value: &str| format!(r#""environmentVariables":[{{"name":"{name}","value":"{value}"}}]"#);
    let below = "must be a path below the mount root";
    for (properties, target, why) in [
        (String::new(), "properties", "a job needs the settings of one toolkit"),
        (
            format!(r#"{custom},"horovodSettings":{{"pythonScriptFilePath":"a.py"}}"#),
            "properties",
            "a job has exactly one toolkit, this one has customToolkitSettings and horovodSettings",
        ),
        (
            r#""horovodSettings":{"pythonScriptFilePath":"a.py","processCount":0}"#.into(),
            "properties.horovodSettings.processCount",
            "it must be at least 1",
        ),
        (
            r#""customMpiSettings":{"commandLine":"a","processCount":65}"#.into(),
            "properties.customMpiSettings.processCount",
            "it is 65, but at most 64 per node are possible",
        ),
        (
            r#""tensorFlowSettings":{"pythonScriptFilePath":"a.py","parameterServerCount":2}"#.into(),
            "properties.tensorFlowSettings.parameterServerCount",
            "it is 2, but must be at most nodeCount",
        ),
        (mount("../x"), "properties.mountVolumes.unmanagedFileSystems[0].relativeMountPath", below),
        (mount("/x"), "properties.mountVolumes.unmanagedFileSystems[0].relativeMountPath", below),
        (mount(""), "properties.mountVolumes.unmanagedFileSystems[0].relativeMountPath", below),
        (mount("."), "properties.mountVolumes.unmanagedFileSystems[0].relativeMountPath", below),
        (
            mount(
                r#"a/../a"},{"mountCommand":"true","relativeMountPath":"b"},{"mountCommand":"true","relativeMountPath":"b/c"#,
            ),
            "properties.mountVolumes.unmanagedFileSystems[0].relativeMountPath",
            below,
        ),
        (
            mount(r#"b"},{"mountCommand":"true","relativeMountPath":"./b/"#),
            "properties.mountVolumes.unmanagedFileSystems[1].relativeMountPath",
            "`b` overlaps the mount path `b` of another volume",
        ),
        (
            mount(&long(256)),
            "properties.mountVolumes.unmanagedFileSystems[0].relativeMountPath",
            "one of its names has 256",
        ),
        (variable("", "x"), "properties.environmentVariables[0].name", "`` cannot be the name"),
        (variable("A=B", "x"), "properties.environmentVariables[0].name", "`A=B` cannot be the name"),
        (variable("A", &long(200_000)), "properties.environmentVariables[0].value", "it has 200000 bytes"),
        (format!(r#""stdOutErrPathPrefix":"{}""#, long(5000)), "properties.stdOutErrPathPrefix", "it has 5000 bytes"),
        (
            format!(r#""jobPreparation":{{"commandLine":"{}"}}"#, long(130_000)),
            "properties.jobPreparation.commandLine",
            "it has 130000 bytes",
        ),
    ] {
        let has_toolkit = properties.contains("Settings") || properties.is_empty();
        let whole = if properties.is_empty() { r#""secrets":[]"#.into() } else { properties };
        let whole = if has_toolkit { whole } else { format!("{custom},{whole}") };
        let errors = spec(&body(&whole)).expect_err(&whole);
        let first = &errors.0[0];
        assert!(first.target == target && first.message.contains(why), "{target}: {why}\n{}", lines(&errors));
    }
    let fine = format!(r#"{custom},"inputDirectories":[{{"id":"A","path":"{}"}}]"#, long(5000));
    assert!(spec(&body(&fine)).is_ok(), "nothing is made of it");
}
