use std::path::Path;

use serde_json::json;

use super::*;
use crate::api::cluster::ScaleSettings;
use crate::api::file_server::StorageAccountType;

#[test]
fn recipes_of_azure_batchai_parse() {
    let gloo = right_job(include_str!("../../../../tests/fixtures/recipes/PyTorch-GPU-Distributed-Gloo/job.json"));
    assert_eq!(gloo.spec.node_count, 2);
    let shares = gloo.spec.mount_volumes.and_then(|volumes| volumes.azure_file_shares).expect("two shares");
    assert_eq!(shares[0].account_name, "<AZURE_BATCHAI_STORAGE_ACCOUNT>");
    assert_eq!(shares[0].azure_file_url, "https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/logs");
    assert_eq!(shares[0].credentials, Default::default());
    let cntk = right_job(include_str!("../../../../tests/fixtures/recipes/CNTK-GPU-BrainScript/job.json"));
    assert_eq!(cntk.spec.output_directories.expect("one").len(), 1);
    let keras = right_job(include_str!("../../../../tests/fixtures/recipes/Keras-GPU/job_tensorflow.json"));
    assert!(keras.spec.tensor_flow_settings.is_some());
    assert_eq!((keras.name, keras.cluster, keras.code), (None, None, None));
}

#[test]
fn a_flat_file_says_everything_about_a_job() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("src")).expect("a folder in it");
    let path = folder.path().join("job.yaml");
    let text = r"
name: digits
cluster: my-cluster
workspace: w
experiment: e
resourceGroup: my.group
nodeCount: '2'
code: ./src
outputDirectories:
  - id: MODEL                 # a comment
environmentVariables:
  - {name: VERSION, value: 1.10}
  - {name: DEBUG, value: True}
  - {name: MODE, value: 0777}
customToolkitSettings:
  commandLine: |
    exec python3 train.py --min-accuracy 0.93
";
    std::fs::write(&path, text).expect("a file");
    let job = job_file(&Source::Path(path)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(job.name.as_deref(), Some("digits"));
    assert_eq!(job.cluster.as_deref(), Some("my-cluster"));
    assert_eq!((job.workspace.as_deref(), job.experiment.as_deref()), (Some("w"), Some("e")));
    assert_eq!(job.resource_group.as_deref(), Some("my.group"));
    assert_eq!(job.code, Some(folder.path().join("src")));
    assert_eq!((job.spec.node_count, job.spec.cluster.id.as_str()), (2, ""));
    let values: Vec<String> = job.spec.environment_variables.into_iter().flatten().map(|v| v.value).collect();
    assert_eq!(values, ["1.10", "True", "0777"]);
    let command = job.spec.custom_toolkit_settings.and_then(|settings| settings.command_line);
    assert_eq!(command.as_deref(), Some("exec python3 train.py --min-accuracy 0.93\n"));
}

#[test]
fn a_quickstart_file_needs_no_names_and_no_node_count() {
    let job = right_job(
        "code: .   # travels with the job ...\noutputDirectories:\n  - id: MODEL\npyTorchSettings:\n  \
         pythonScriptFilePath: train.py\n  commandLineArgs: --rank $AZ_BATCHAI_TASK_INDEX\n  communicationBackend: TCP\n",
    );
    assert_eq!((job.spec.node_count, job.code.as_deref()), (1, Some(Path::new("."))));
}

#[test]
fn the_arm_form_may_have_what_az_skipped_and_names_beside_it() {
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/clusters/c";
    let text = json!({
        "$schema": "https://example.org/job.json", "type": "t", "location": "eastus", "tags": {"a": 1}, "name": "n",
        "workspace": "w", "comment": "x", "properties": {
            "comment": "y", "priority": 5, "toolType": "custom", "experimentName": "e", "creationTime": null,
            "nodeCount": 3, "cluster": {"id": id}, "customToolkitSettings": {"commandLine": "true"},
            "outputDirectories": [{"id": "MODEL", "pathPrefix": "p", "type": "model", "createNew": true}],
            "mountVolumes": {"azureBlobFileSystems": [
                {"accountName": "a", "containerName": "c", "relativeMountPath": "m", "credentialsInfo": {"accountKey": "k"}},
            ]},
        },
    });
    let job = right_job(&text.to_string());
    assert_eq!((job.name.as_deref(), job.cluster.as_deref()), (Some("n"), Some(id)));
    assert_eq!(job.spec.node_count, 3);
}

#[test]
fn a_cluster_file_has_either_form_and_leaves_room_for_flags() {
    let flat = cluster("name: c\nvmSize: local\nscaleSettings: {manual: {targetNodeCount: 2}}\n").expect("a cluster");
    assert_eq!(flat.name.as_deref(), Some("c"));
    let manual = flat.spec.scale_settings.and_then(|settings| settings.manual).expect("a fixed size");
    assert_eq!(manual.target_node_count, 2);
    let arm = cluster(r#"{"properties": {"userAccountSettings": {"adminUserPassword": "p"}, "nodeStateCounts": {}}}"#);
    let arm = arm.expect("a cluster");
    assert_eq!(arm.spec.scale_settings, None::<ScaleSettings>);
    assert_eq!(arm.spec.user_account_settings.expect("an account").admin_user_name, "");
    assert_eq!(cluster("{}").expect("an empty cluster").spec, Default::default());
}

#[test]
fn a_file_server_file_has_either_form_and_leaves_room_for_flags() {
    let file = |text: &str| file_server_file(&named("nfs.yaml", text));
    let empty = file("{}").expect("an empty file server");
    assert_eq!((empty.spec.data_disks.disk_count, empty.spec.data_disks.disk_size_in_gb), (0, 0));
    assert_eq!(empty.spec.ssh_configuration.user_account_settings.admin_user_name, "");
    assert_eq!((empty.storage_account_type, empty.spec.vm_size), (None, None));
    let flat = file(
        "name: nfs\nworkspace: w\nvmSize: STANDARD_D1\nsshConfiguration: {userAccountSettings: {adminUserName: me}}\n\
         dataDisks: {diskCount: '2', diskSizeInGB: 10, storageAccountType: Premium_LRS}\n",
    );
    let flat = flat.expect("a file server");
    assert_eq!((flat.name.as_deref(), flat.workspace.as_deref()), (Some("nfs"), Some("w")));
    assert_eq!((flat.spec.data_disks.disk_count, flat.storage_account_type), (2, Some(StorageAccountType::Premium)));
    assert_eq!(flat.spec.ssh_configuration.user_account_settings.admin_user_name, "me");
    let arm = file(
        r#"{"properties": {"dataDisks": {"diskCount": 3, "storageAccountType": null}, "provisioningState": "x"}}"#,
    );
    let arm = arm.expect("a file server");
    assert_eq!((arm.spec.data_disks.disk_count, arm.storage_account_type), (3, None));
    let wrong = file("dataDisks:\n  diskCount: 0\n  diskSize: 1\n").expect_err("it is wrong").to_string();
    assert!(wrong.contains("nfs.yaml:2:14: expected 1 or more, found 0"), "{wrong}");
    assert!(wrong.contains("nfs.yaml:3:3: unknown property `diskSize`: did you mean `diskSizeInGB`?"), "{wrong}");
}
