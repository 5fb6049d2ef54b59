//! Mount volumes: what is wrong with them, and what is answered.

use serde_json::{Value, json};

use super::super::tests::{lines, rules};
use super::*;
use crate::api::version::ApiVersion;
use crate::server::wire::drop_nulls;

fn read(version: ApiVersion, volumes: &Value) -> Result<Vec<Mount>, String> {
    let volumes: wire::MountVolumes = serde_json::from_value(volumes.clone()).expect("volumes");
    let mut errors = FieldErrors::default();
    let mounts = mounts("v", Some(&volumes), &rules(version), &mut errors);
    if errors.0.is_empty() { Ok(mounts) } else { Err(lines(&errors)) }
}

fn share(path: &str, url: &str) -> Value {
    json!({ "accountName": "acc", "azureFileUrl": url, "credentials": { "accountKey": "hunter2" }, "relativeMountPath": path })
}

fn server(directory: Option<&str>) -> Value {
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/fileservers/nfs";
    json!({ "fileServers": [{ "fileServer": { "id": id }, "relativeMountPath": "nfs", "sourceDirectory": directory }] })
}

#[test]
fn volumes_are_answered_with_their_defaults_and_without_keys() {
    let vault = json!({ "sourceVault": { "id": "/v" }, "secretUrl": "https://v/secrets/s" });
    let mut given = server(Some("/data/./a"));
    given["azureFileShares"] = json!([share("./afs/", "HTTPS://acc.file.core.windows.net/Share/")]);
    given["azureBlobFileSystems"] = json!([{ "accountName": "acc", "containerName": "c", "relativeMountPath": "bfs",
        "credentials": { "accountKeySecretReference": vault }, "mountOptions": "-o ro" }]);
    given["unmanagedFileSystems"] = json!([{ "mountCommand": "mount -t x y", "relativeMountPath": "gfs" }]);
    let mounts = read(ApiVersion::V2018May, &given).expect("mounts");
    let mut answer = serde_json::to_value(volumes(&mounts)).expect("JSON");
    drop_nulls(&mut answer);
    assert!(!format!("{mounts:?} {answer}").contains("hunter2"), "{answer}");
    insta::assert_snapshot!(answer, @r#"
    {"azureFileShares":[{"accountName":"acc","azureFileUrl":"HTTPS://acc.file.core.windows.net/Share/","credentials":{},"relativeMountPath":"afs","fileMode":"0777","directoryMode":"0777"}],"azureBlobFileSystems":[{"accountName":"acc","containerName":"c","credentials":{},"relativeMountPath":"bfs","mountOptions":"-o ro"}],"fileServers":[{"fileServer":{"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/fileservers/nfs"},"relativeMountPath":"nfs","sourceDirectory":"data/a"}],"unmanagedFileSystems":[{"mountCommand":"mount -t x y","relativeMountPath":"gfs"}]}
    "#);
    assert!(mounts[0].key.is_some() && mounts[1].key.is_some(), "kept for drivers that need them");
    let keyless: Vec<Mount> = mounts.into_iter().map(|mount| Mount { key: None, ..mount }).collect();
    assert_eq!(read(ApiVersion::Ours, &answer), Ok(keyless));
    assert_eq!(volumes(&[]), None);
}

#[test]
fn what_is_wrong_with_volumes_is_told_in_whole() {
    let url = "https://acc.file.core.windows.net/s";
    let mut modes = share("afs/../b", url);
    modes["fileMode"] = json!("0788");
    modes["directoryMode"] = json!("rwx");
    modes["accountName"] = json!(" ");
    let mut both = share("c", url);
    both["credentials"]["accountKeySecretReference"] = json!({ "sourceVault": { "id": "/v" }, "secretUrl": "" });
    let given = json!({
        "azureFileShares": [modes, both, share("a", url), share("a/b", url), share("/d", "acc/s")],
        "azureBlobFileSystems": [{ "accountName": "", "containerName": "", "credentials": {}, "relativeMountPath": "." }],
        "fileServers": [{ "fileServer": { "id": "nfs" }, "relativeMountPath": "a", "sourceDirectory": "../x" }],
        "unmanagedFileSystems": [{ "mountCommand": " ", "relativeMountPath": "e" }],
    });
    insta::assert_snapshot!(read(ApiVersion::V2018May, &given).expect_err("errors"), @r"
    v.azureFileShares[0].accountName: it must not be empty
    v.azureFileShares[0].fileMode: `0788` must be an octal mode, such as 0777
    v.azureFileShares[0].directoryMode: `rwx` must be an octal mode, such as 0777
    v.azureFileShares[0].relativeMountPath: `afs/../b` must be a path below the mount root: relative, without `..`, not empty
    v.azureFileShares[1].credentials.accountKey: accountKey and accountKeySecretReference exclude each other
    v.azureFileShares[3].relativeMountPath: `a/b` overlaps the mount path `a` of another volume
    v.azureFileShares[4].azureFileUrl: `acc/s` must look like https://<account>.file.core.windows.net/<share>
    v.azureFileShares[4].relativeMountPath: `/d` must be a path below the mount root: relative, without `..`, not empty
    v.azureBlobFileSystems[0].credentials.accountKey: either accountKey or accountKeySecretReference must be given
    v.azureBlobFileSystems[0].accountName: it must not be empty
    v.azureBlobFileSystems[0].containerName: it must not be empty
    v.azureBlobFileSystems[0].relativeMountPath: `.` must be a path below the mount root: relative, without `..`, not empty
    v.fileServers[0].fileServer.id: `nfs` is not the id of a file server
    v.fileServers[0].sourceDirectory: `../x` must stay inside the file server's export
    v.fileServers[0].relativeMountPath: `a` overlaps the mount path `a` of another volume
    v.unmanagedFileSystems[0].mountCommand: it must not be empty
    ");
}

#[test]
fn only_our_version_takes_a_volume_without_any_key() {
    let given = || {
        json!({ "azureBlobFileSystems": [
            { "accountName": "a", "containerName": "c", "credentials": {}, "relativeMountPath": "bfs" }] })
    };
    assert!(read(ApiVersion::Ours, &given()).is_ok());
    assert!(read(ApiVersion::V2018May, &given()).is_err());
}

#[test]
fn the_url_of_a_share_names_one_share_of_one_account() {
    for (url, name) in [
        ("https://acc.file.core.windows.net/share", Some("share")),
        ("http://acc.file.core.chinacloudapi.cn:445/share/", Some("share")),
        ("https://acc.file.core.windows.net/", None),
        ("https:///share", None),
        ("ftp://acc.file.core.windows.net/share", None),
        ("https://acc.file.core.windows.net/share/below", None),
        ("https://acc.file.core.windows.net/share?sv=2016", None),
        ("//acc.file.core.windows.net/share", None),
        ("", None),
    ] {
        assert_eq!(share_name(url), name, "{url}");
    }
}

#[test]
fn all_of_an_export_can_be_said_in_several_ways() {
    for all in [None, Some(""), Some("/"), Some("."), Some("//./")] {
        let mounts = read(ApiVersion::Ours, &server(all)).expect("mounts");
        assert!(matches!(&mounts[0].source, MountSource::FileServer { directory: None, .. }), "{all:?}");
    }
    assert!(read(ApiVersion::Ours, &server(Some("/.."))).is_err());
}
