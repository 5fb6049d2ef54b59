//! Job bodies to specs and back.

use super::*;

const CLUSTER: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/clusters/c";

fn body(properties: &str) -> wire::JobCreate {
    let text = format!(r#"{{"properties":{{"cluster":{{"id":"{CLUSTER}"}},"nodeCount":1,{properties}}}}}"#);
    serde_json::from_str(&text).expect("a body")
}

fn spec(body: &wire::JobCreate) -> Result<JobSpec, FieldErrors> {
    let seal = crate::domain::secret::Seal::new(&crate::domain::secret::MasterKey::new([1; 32]));
    super::spec(body, &Rules { version: ApiVersion::Ours, seal: &seal })
}

#[test]
fn all_field_errors_of_a_body_come_at_once() {
    let errors = spec(&body(
        r#""customToolkitSettings":{"commandLine":" "},"constraints":{"maxWallClockTime":"7.00:00:00"},
           "environmentVariables":[{"name":"AZ_BATCHAI_X","value":""}],
           "outputDirectories":[{"id":"A","pathSuffix":"../x"},{"id":"A"},{"id":"b-c"}]"#,
    ))
    .expect_err("errors");
    let text: Vec<String> = errors.0.iter().map(|e| format!("{}: {}", e.target, e.message)).collect();
    insta::assert_snapshot!(text.join("\n"), @r"
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
    let key = crate::domain::name::JobKey {
        experiment: crate::domain::name::ExperimentKey {
            workspace: domain.cluster.workspace.clone(),
            name: domain.cluster.name.clone(),
        },
        name: domain.cluster.name.clone(),
    };
    let back = spec_back(
        &Job::submitted(key, domain.clone(), "u".into(), crate::domain::Timestamp::UNIX_EPOCH),
        ApiVersion::Ours,
    );
    let text = serde_json::to_string(&back).expect("text");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("PT1H30M") && text.contains(r#""fileMode":"0777""#), "{text}");
    assert_eq!(spec(&wire::JobCreate { properties: back }).expect("a spec"), domain);
}

#[test]
fn durations_are_iso_8601() {
    assert_eq!([604_800, 90, 86_461].map(duration), ["P7D", "PT1M30S", "P1DT1M1S"].map(String::from));
}
