//! Files of older api-versions, and files that leave their storage account open.

use serde_json::json;

use super::*;
use crate::api::job::Priority;

fn warnings(found: &[FileProblem]) -> Vec<String> {
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn an_old_job_file_is_understood_and_says_what_to_write_now() {
    let job = right_job(
        r#"{
  "location": "eastus",
  "properties": {
    "experimentName": "e",
    "priority": 5,
    "cluster": {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/clusters/c"},
    "nodeCount": 1,
    "customToolkitSettings": {"commandLine": "true"},
    "outputDirectories": [
      {"id": "A", "pathPrefix": "p", "type": "model", "createNew": true},
      {"id": "B", "pathPrefix": "p", "type": "logs"}
    ],
    "mountVolumes": {"azureBlobFileSystems": [
      {"accountName": "a", "containerName": "c", "relativeMountPath": "m", "credentialsInfo": {"accountKey": "k"}}
    ]}
  }
}"#,
    );
    assert_eq!(job.cluster.as_deref(), Some("c"));
    assert_eq!(job.spec.scheduling_priority, Some(Priority::High));
    let blobs = job.spec.mount_volumes.and_then(|volumes| volumes.azure_blob_file_systems).expect("one");
    assert_eq!(blobs[0].credentials.account_key.as_deref(), Some("k"));
    insta::assert_snapshot!(warnings(&job.warnings).join("\n"), @r#"
job.yaml:2:3: ignored: `location`: the workspace says where things are
job.yaml:4:5: ignored: `experimentName`: write `experiment` beside `properties`, or give -e
job.yaml:5:5: `priority` is an old property: write `schedulingPriority: high`
job.yaml:6:23: this id is of an old version and names no workspace: cluster `c` of the same workspace is taken; write `c`, or an id with a workspace
job.yaml:10:38: ignored: `type`: what is in an output directory is not asked any more
job.yaml:10:55: ignored: `createNew`: output directories are always made
job.yaml:14:76: `credentialsInfo` is an old name: write `credentials`
"#);
}

#[test]
fn an_old_cluster_file_is_understood_and_says_what_to_write_now() {
    let text = json!({"properties": {
        "vmPriority": "LowPriority",
        "scaleSettings": {"manual": {"targetNodeCount": 1, "nodeDeallocationOption": "WaitForJobCompletion"}},
        "userAccountSettings": {"adminUserName": "me", "adminUserSSHPublicKey": "ssh-rsa x"},
        "nodeSetup": {
            "setupTask": {"commandLine": "ls", "stdOutErrPathPrefix": "p", "runElevated": true},
            "mountVolumes": {"fileServers": [{"relativeMountPath": "nfs", "fileServer": {
                "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/fileservers/n",
            }}]},
        },
    }});
    let cluster = cluster(&text.to_string()).unwrap_or_else(|error| panic!("{error}"));
    let account = cluster.spec.user_account_settings.expect("an account");
    assert_eq!(account.admin_user_ssh_public_key.as_deref(), Some("ssh-rsa x"));
    let volumes = cluster.spec.node_setup.and_then(|setup| setup.mount_volumes).expect("volumes");
    assert_eq!(volumes.file_servers.expect("one")[0].file_server.id, "n");
    let told: Vec<String> = cluster.warnings.into_iter().map(|warning| warning.message).collect();
    assert_eq!(
        told,
        [
            "words are lower case now: write `vmPriority` as `lowpriority`",
            "words are lower case now: write `nodeDeallocationOption` as `waitforjobcompletion`",
            "`adminUserSSHPublicKey` is an old name: write `adminUserSshPublicKey`",
            "ignored: `runElevated`: a set-up task has the rights of its node",
            "this id is of an old version and names no workspace: file server `n` of the same workspace is taken; write \
             `n`, or an id with a workspace",
        ]
    );
}

#[test]
fn what_stands_in_its_new_form_too_is_not_taken_from_the_old_one() {
    let text = json!({"properties": {
        "priority": -1, "schedulingPriority": "high", "customToolkitSettings": {"commandLine": "true"},
        "mountVolumes": {"azureBlobFileSystems": [{
            "accountName": "a", "containerName": "c", "relativeMountPath": "m",
            "credentialsInfo": {"accountKey": "old"}, "credentials": {"accountKey": "new"},
        }]},
    }});
    let job = right_job(&text.to_string());
    assert_eq!(job.spec.scheduling_priority, Some(Priority::High));
    let blobs = job.spec.mount_volumes.and_then(|volumes| volumes.azure_blob_file_systems).expect("one");
    assert_eq!(blobs[0].credentials.account_key.as_deref(), Some("new"));
    assert!(job.warnings.iter().all(|warning| warning.message.starts_with("ignored: ")), "{:?}", job.warnings);
}

#[test]
fn old_priorities_become_words_by_their_sign_and_others_are_problems() {
    for (priority, word) in [(-1000, Priority::Low), (0, Priority::Normal), (1000, Priority::High)] {
        let text = json!({"properties": {"priority": priority, "customToolkitSettings": {"commandLine": "true"}}});
        assert_eq!(right_job(&text.to_string()).spec.scheduling_priority, Some(word));
    }
    for priority in [json!(1001), json!("urgent"), json!([])] {
        let text = json!({"properties": {"priority": priority, "customToolkitSettings": {"commandLine": "true"}}});
        assert!(first(&text.to_string()).contains("write `schedulingPriority` with `low`, `normal` or `high`"));
    }
}

#[test]
fn what_was_answered_may_be_submitted_again() {
    let text = json!({"id": "/x", "type": "t", "name": "n", "properties": {
        "executionState": "failed", "creationTime": "now", "executionInfo": {"exitCode": 1, "errors": []},
        "customToolkitSettings": {"commandLine": "true"},
    }});
    let job = right_job(&text.to_string());
    let [note] = job.warnings.as_slice() else { panic!("{:?}", job.warnings) };
    assert_eq!(note.severity, Severity::Note);
    assert!(note.message.ends_with("only a server says this"), "{note}");
    assert!(["id", "type", "executionState", "executionInfo"].iter().all(|key| note.message.contains(key)), "{note}");
}

const OPEN: &str = r#"{"properties": {"customToolkitSettings": {"commandLine": "true"}, "mountVolumes": {
  "azureFileShares": [{"azureFileUrl": "https://<AZURE_BATCHAI_STORAGE_ACCOUNT>.file.core.windows.net/s", "relativeMountPath": "a"}],
  "azureBlobFileSystems": [
    {"accountName": "<AZURE_BATCHAI_STORAGE_ACCOUNT>", "containerName": "c", "relativeMountPath": "b",
     "credentials": {"accountKey": "<AZURE_BATCHAI_STORAGE_KEY>"}},
    {"accountName": "other", "containerName": "c", "relativeMountPath": "d"}
]}}}"#;

fn open(name: Option<&str>, key: Option<&str>) -> Result<JobFile, SpecError> {
    let storage = StorageAccount { name: name.map(str::to_owned), key: key.map(str::to_owned) };
    job_file_with(&named("job.json", OPEN), &Options { set: Vec::new(), storage: Some(storage) })
}

/// The account and the key of every volume.
fn volumes(job: JobFile) -> Vec<(String, Option<String>)> {
    let volumes = job.spec.mount_volumes.expect("volumes");
    let shares = volumes.azure_file_shares.expect("shares").into_iter().map(|s| (s.account_name, s.credentials));
    let blobs = volumes.azure_blob_file_systems.expect("blobs").into_iter().map(|b| (b.account_name, b.credentials));
    shares.chain(blobs).map(|(account, credentials)| (account, credentials.account_key)).collect()
}

#[test]
fn the_storage_account_takes_the_place_of_its_placeholders_and_its_key_goes_to_its_volumes() {
    let job = open(Some("mine"), Some("key")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(job.warnings, []);
    let (mine, key) = ("mine".to_owned(), Some("key".to_owned()));
    assert_eq!(volumes(job), [(mine.clone(), key.clone()), (mine, key), ("other".to_owned(), None)]);
}

#[test]
fn without_a_key_there_are_no_credentials_and_without_an_account_there_is_no_job() {
    let job = open(Some("mine"), None).unwrap_or_else(|error| panic!("{error}"));
    let [note] = job.warnings.as_slice() else { panic!("{:?}", job.warnings) };
    assert_eq!((note.severity, note.line), (Severity::Note, 5));
    assert!(volumes(job).iter().all(|(_, key)| key.is_none()));
    let wrong = open(None, Some("hunter2")).expect_err("there is no account").to_string();
    for way in ["--storage-account-name", "AZURE_BATCHAI_STORAGE_ACCOUNT,", "`storage: {account: NAME}`"] {
        assert!(wrong.contains(way), "{wrong}");
    }
    assert!(wrong.ends_with("1 problem in job.json") && !wrong.contains("hunter2"), "{wrong}");
}

#[test]
fn a_file_that_is_only_looked_at_keeps_its_placeholders() {
    let job = right_job(OPEN);
    let notes = job.warnings.iter().filter(|warning| warning.severity == Severity::Note).count();
    assert_eq!((notes, job.warnings.len()), (2, 2));
}
