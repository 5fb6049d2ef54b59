use serde_json::json;

use super::*;
use crate::api::cluster::Cluster;
use crate::api::experiment::Experiment;
use crate::api::file::File;
use crate::api::job::Job;
use crate::api::workspace::Workspace;

const WORKSPACE: &str =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.BatchAI/workspaces/ws";

fn printed(format: Format, value: &Output<'_>) -> String {
    let printer = Printer { format, query: None };
    printer.render(value, &Screen::default()).expect("a result").expect("a format that shows something")
}

fn typed<T: serde::de::DeserializeOwned>(wire: Value) -> T {
    serde_json::from_value(wire).expect("a wire value")
}

/// After the example GetJob of the Swagger document 2018-05-01, ended, with our additions.
fn job() -> Job {
    typed(json!({
        "id": format!("{WORKSPACE}/experiments/exp/jobs/train"),
        "name": "train",
        "type": "Microsoft.BatchAI/workspaces/experiments/jobs",
        "properties": {
            "experimentName": "exp",
            "schedulingPriority": "normal",
            "cluster": {"id": format!("{WORKSPACE}/clusters/nc6")},
            "nodeCount": 2,
            "containerSettings": {"imageSourceRegistry": {"image": "ubuntu"}},
            "toolType": "custom",
            "customToolkitSettings": {"commandLine": "echo Grüße | tee $AZ_BATCHAI_OUTPUT_MODEL/hi.txt"},
            "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/azfiles",
            "jobOutputDirectoryPathSegment": "00000000-0000-0000-0000-000000000000/rg/workspaces/ws/jobs/train/1",
            "inputDirectories": [{"id": "INPUT", "path": "$AZ_BATCHAI_MOUNT_ROOT/azfiles/input"}],
            "outputDirectories": [{"id": "MODEL", "pathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/azfiles"}],
            "environmentVariables": [],
            "secrets": [{"name": "KEY", "valueSecretReference": {
                "sourceVault": {"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v"},
                "secretUrl": "https://v.vault.azure.net/secrets/key"
            }}],
            "constraints": {"maxWallClockTime": "P7D"},
            "creationTime": "2018-06-13T00:35:47.573Z",
            "provisioningState": "succeeded",
            "provisioningStateTransitionTime": "2018-06-13T00:35:48.1Z",
            "executionState": "failed",
            "executionStateTransitionTime": "2018-06-13T00:36:01Z",
            "executionInfo": {
                "startTime": "2018-06-13T00:35:50.25Z",
                "endTime": "2018-06-13T00:36:01Z",
                "exitCode": 3,
                "errors": [{"code": "JobFailed", "message": "job failed with non-zero exit code"}]
            },
            "queueReason": "waits for 2 nodes",
            "outputStreams": [],
            "generation": 7,
            "codeSnapshot": "sha256:00",
            "searchPath": "/usr/bin"
        }
    }))
}

fn cluster() -> Cluster {
    typed(json!({
        "id": format!("{WORKSPACE}/clusters/nc6"),
        "name": "nc6",
        "type": "Microsoft.BatchAI/workspaces/clusters",
        "properties": {
            "provisioningState": "succeeded",
            "provisioningStateTransitionTime": "2018-06-12T21:50:03.828Z",
            "creationTime": "2018-06-12T21:50:02.377Z",
            "allocationState": "resizing",
            "allocationStateTransitionTime": "2018-06-12T21:50:04Z",
            "currentNodeCount": 15,
            "nodeStateCounts": {
                "idleNodeCount": 1, "runningNodeCount": 2, "preparingNodeCount": 3,
                "unusableNodeCount": 5, "leavingNodeCount": 4
            },
            "vmSize": "STANDARD_NC6",
            "vmPriority": "dedicated",
            "scaleSettings": {"manual": {"targetNodeCount": 15, "nodeDeallocationOption": "requeue"}},
            "userAccountSettings": {"adminUserName": "alice"},
            "nodeSetup": {"mountVolumes": {"azureFileShares": [{
                "accountName": "account",
                "azureFileUrl": "https://account.file.core.windows.net/share",
                "credentials": {},
                "relativeMountPath": "azfiles"
            }]}}
        }
    }))
}

#[test]
fn a_job_is_printed_as_the_azure_cli_printed_it() {
    insta::assert_snapshot!(printed(Format::Json, &Output::one(&job())), @r#"
    {
      "caffe2Settings": null,
      "caffeSettings": null,
      "chainerSettings": null,
      "cluster": {
        "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.BatchAI/workspaces/ws/clusters/nc6",
        "resourceGroup": "rg"
      },
      "cntkSettings": null,
      "codeSnapshot": "sha256:00",
      "constraints": {
        "maxWallClockTime": "7 days, 0:00:00"
      },
      "containerSettings": {
        "imageSourceRegistry": {
          "credentials": null,
          "image": "ubuntu",
          "serverUrl": null
        },
        "shmSize": null
      },
      "creationTime": "2018-06-13T00:35:47.573000+00:00",
      "customMpiSettings": null,
      "customToolkitSettings": {
        "commandLine": "echo Grüße | tee $AZ_BATCHAI_OUTPUT_MODEL/hi.txt"
      },
      "environmentVariables": [],
      "executionInfo": {
        "endTime": "2018-06-13T00:36:01+00:00",
        "errors": [
          {
            "code": "JobFailed",
            "details": null,
            "message": "job failed with non-zero exit code"
          }
        ],
        "exitCode": 3,
        "startTime": "2018-06-13T00:35:50.250000+00:00"
      },
      "executionState": "failed",
      "executionStateTransitionTime": "2018-06-13T00:36:01+00:00",
      "horovodSettings": null,
      "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.BatchAI/workspaces/ws/experiments/exp/jobs/train",
      "inputDirectories": [
        {
          "id": "INPUT",
          "path": "$AZ_BATCHAI_MOUNT_ROOT/azfiles/input"
        }
      ],
      "jobOutputDirectoryPathSegment": "00000000-0000-0000-0000-000000000000/rg/workspaces/ws/jobs/train/1",
      "jobPreparation": null,
      "mountVolumes": null,
      "name": "train",
      "nodeCount": 2,
      "outputDirectories": [
        {
          "id": "MODEL",
          "pathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/azfiles",
          "pathSuffix": null
        }
      ],
      "provisioningState": "succeeded",
      "provisioningStateTransitionTime": "2018-06-13T00:35:48.100000+00:00",
      "pyTorchSettings": null,
      "queueReason": "waits for 2 nodes",
      "resourceGroup": "rg",
      "schedulingPriority": "normal",
      "secrets": [
        {
          "name": "KEY",
          "value": null,
          "valueSecretReference": {
            "secretUrl": "https://v.vault.azure.net/secrets/key",
            "sourceVault": {
              "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v"
            }
          }
        }
      ],
      "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/azfiles",
      "tensorFlowSettings": null,
      "toolType": "custom",
      "type": "Microsoft.BatchAI/workspaces/experiments/jobs"
    }
    "#);
}

#[test]
fn a_cluster_is_printed_as_the_azure_cli_printed_it() {
    insta::assert_snapshot!(printed(Format::Json, &Output::one(&cluster())), @r#"
    {
      "allocationState": "resizing",
      "allocationStateTransitionTime": "2018-06-12T21:50:04+00:00",
      "creationTime": "2018-06-12T21:50:02.377000+00:00",
      "currentNodeCount": 15,
      "errors": null,
      "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.BatchAI/workspaces/ws/clusters/nc6",
      "name": "nc6",
      "nodeSetup": {
        "mountVolumes": {
          "azureBlobFileSystems": null,
          "azureFileShares": [
            {
              "accountName": "account",
              "azureFileUrl": "https://account.file.core.windows.net/share",
              "credentials": {
                "accountKey": null,
                "accountKeySecretReference": null
              },
              "directoryMode": null,
              "fileMode": null,
              "relativeMountPath": "azfiles"
            }
          ],
          "fileServers": null,
          "unmanagedFileSystems": null
        },
        "performanceCountersSettings": null,
        "setupTask": null
      },
      "nodeStateCounts": {
        "idleNodeCount": 1,
        "leavingNodeCount": 4,
        "preparingNodeCount": 3,
        "runningNodeCount": 2,
        "unusableNodeCount": 5
      },
      "provisioningState": "succeeded",
      "provisioningStateTransitionTime": "2018-06-12T21:50:03.828000+00:00",
      "resourceGroup": "rg",
      "scaleSettings": {
        "autoScale": null,
        "manual": {
          "nodeDeallocationOption": "requeue",
          "targetNodeCount": 15
        }
      },
      "subnet": null,
      "type": "Microsoft.BatchAI/workspaces/clusters",
      "userAccountSettings": {
        "adminUserName": "alice",
        "adminUserPassword": null,
        "adminUserSshPublicKey": null
      },
      "virtualMachineConfiguration": null,
      "vmPriority": "dedicated",
      "vmSize": "STANDARD_NC6"
    }
    "#);
}

#[test]
fn a_job_table_has_the_columns_of_the_azure_cli() {
    let mut queued = job();
    queued.name = "next".into();
    queued.properties.execution_info = None;
    queued.properties.execution_state = "queued".into();
    let mut deleting = job();
    deleting.properties.provisioning_state = "deleting".into();
    insta::assert_snapshot!(printed(Format::Table, &Output::list(&[job(), queued, deleting])), @r"
    Name    Cluster    Cluster RG    Cluster Workspace    Tool    Nodes    State     Exit code
    ------  ---------  ------------  -------------------  ------  -------  --------  -----------
    train   nc6        rg            ws                   custom  2        failed    3
    next    nc6        rg            ws                   custom  2        queued
    train   nc6        rg            ws                   custom  2        deleting  3
    ");
}

#[test]
fn a_cluster_table_has_the_columns_of_the_azure_cli() {
    insta::assert_snapshot!(printed(Format::Table, &Output::one(&cluster())), @r"
    Name    Resource Group    Workspace    VM Size       State     Idle    Running    Preparing    Leaving    Unusable
    ------  ----------------  -----------  ------------  --------  ------  ---------  -----------  ---------  ----------
    nc6     rg                ws           STANDARD_NC6  resizing  1       2          3            4          5
    ");
}

#[test]
fn workspaces_and_experiments_have_their_tables() {
    let state = json!({
        "creationTime": "2018-06-12T21:50:02Z",
        "provisioningState": "succeeded",
        "provisioningStateTransitionTime": "2018-06-12T21:50:02Z"
    });
    let workspace: Workspace =
        typed(json!({"id": WORKSPACE, "name": "ws", "type": "t", "location": "eastus", "properties": state}));
    let id = format!("{WORKSPACE}/experiments/exp");
    let experiment: Experiment = typed(json!({"id": id, "name": "exp", "type": "t", "properties": state}));
    insta::assert_snapshot!(printed(Format::Table, &Output::one(&workspace)), @r"
    Name    Resource Group    Location    State
    ------  ----------------  ----------  ---------
    ws      rg                eastus      succeeded
    ");
    insta::assert_snapshot!(printed(Format::Table, &Output::one(&experiment)), @r"
    Name    Resource Group    Workspace    State
    ------  ----------------  -----------  ---------
    exp     rg                ws           succeeded
    ");
}

#[test]
fn files_have_a_size_and_directories_have_nulls() {
    let files: Vec<File> = typed(json!([
        {"name": "stdout.txt", "fileType": "file", "downloadUrl": "http://localhost/f",
         "properties": {"lastModified": "2017-09-28T00:22:19Z", "contentLength": 0}},
        {"name": "counters", "fileType": "directory"}
    ]));
    insta::assert_snapshot!(printed(Format::Table, &Output::list(&files)), @r"
    Name        Type       Size    Modified
    ----------  ---------  ------  -------------------------
    stdout.txt  file       0       2017-09-28T00:22:19+00:00
    counters    directory
    ");
    insta::assert_snapshot!(printed(Format::Json, &Output::list(&files[1..])), @r#"
    [
      {
        "contentLength": null,
        "downloadUrl": null,
        "fileType": "directory",
        "lastModified": null,
        "name": "counters"
      }
    ]
    "#);
}

#[test]
fn an_empty_list_is_an_empty_line_or_an_empty_array() {
    assert_eq!(printed(Format::Table, &Output::list::<Job>(&[])), "");
    assert_eq!(printed(Format::Json, &Output::list::<Job>(&[])), "[]");
}

#[test]
fn the_format_none_shows_nothing() {
    let printer = Printer { format: Format::None, query: None };
    assert_eq!(printer.render(&Output::one(&job()), &Screen::default()).expect("a result"), None);
}

#[test]
fn a_closed_standard_output_is_quiet_and_a_full_one_is_not() {
    struct Failing(io::ErrorKind);
    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    assert!(!write_to(&mut Failing(io::ErrorKind::BrokenPipe), b"x").expect("quiet"));
    assert!(matches!(write_to(&mut Failing(io::ErrorKind::StorageFull), b"x"), Err(OutputError::Write(_))));
    assert!(write_to(&mut Vec::new(), b"x").expect("written"));
}

#[test]
fn yaml_is_read_as_what_was_written() {
    let texts = [
        "",
        " ",
        "\n",
        "a\n",
        "a\n\n",
        " a\nb",
        "\n a",
        "a\tb",
        "yes",
        "null",
        "~",
        "1",
        "1e3",
        "0x1",
        "- a",
        "a: b",
        "#",
        "'",
        "\"",
        "\\",
        "\u{1b}[31m",
        "\u{85}",
        "\u{feff}",
        "Grüße",
        "2018-06-13",
        "---",
        "...",
        "a #b",
        "*a",
        "&a",
        "!a",
        "%a",
    ];
    let value: Value = texts.iter().map(|text| json!({"text": text, *text: 50000.0})).collect();
    let text = yaml(&value).expect("YAML");
    assert_eq!(serde_yaml::from_str::<Value>(&text).expect("the same"), value, "{text}");
    let long = json!("word ".repeat(50));
    assert_eq!(yaml(&long).expect("YAML").lines().count(), 1);
}

#[test]
fn a_query_chooses_before_the_format_does() {
    let queried = |query: &str, format| {
        let printer = Printer { format, query: Some(Query::parse(query).expect("a query")) };
        printer.render(&Output::list(&[job()]), &Screen::default())
    };
    let text = |query: &str, format| queried(query, format).expect("a result").expect("something");
    assert_eq!(text("[].{Nodes: nodeCount, Job: name}", Format::Tsv), "2\ttrain");
    insta::assert_snapshot!(text("[].{Nodes: nodeCount, Job: name, Cluster: cluster}", Format::Table), @r"
    Nodes    Job
    -------  -----
    2        train
    ");
    assert_eq!(text("[?name == 'x']", Format::Table), "");
    assert_eq!(queried("[0].nothing", Format::Json).expect("a result"), None);
    assert!(matches!(queried("[].{c: cluster}", Format::Table), Err(OutputError::NoTable)));
    assert!(matches!(queried("length(`1`)", Format::Table), Err(OutputError::Query(_))));
}
