use super::*;
use crate::domain::mount::MountSource;
use crate::engine::launch::tests::{cluster_spec, job_of, job_spec, share};

fn mount(path: &str, source: MountSource) -> Mount {
    Mount::new(path, source)
}

fn unmanaged() -> MountSource {
    MountSource::Unmanaged { command: "mount -t x".into() }
}

/// Cluster: `afs` (share), `nfs/a` (container), `gfs` (unmanaged). Job: `own` (share), `late` (unmanaged).
fn resolve(prefix: Option<&str>, output: Option<&str>) -> Result<Vec<JobDirectory>, EngineError> {
    let mut cluster = cluster_spec();
    let container = MountSource::BlobContainer { account: "acc".into(), container: "con".into(), options: None };
    cluster.mounts = vec![mount("afs", share("acc", "data")), mount("nfs/a", container), mount("gfs", unmanaged())];
    let mut spec = job_spec();
    spec.mounts = vec![mount("own", share("acc", "mine")), mount("late", unmanaged())];
    spec.std_out_err_prefix = prefix.map(str::to_owned);
    let path_prefix = output.map(str::to_owned);
    spec.outputs = vec![Output { id: "MODEL".into(), path_prefix, path_suffix: Some("m/1".into()) }];
    directories(&Layout::at("/d"), &job_of(spec), &cluster)
}

const SEGMENT: &str = "s/g/workspaces/w/experiments/e/jobs/j/u1";

fn stdouterr(prefix: &str) -> String {
    let found = resolve(Some(prefix), None).expect("a prefix that leads somewhere");
    format!(
        "{}{}",
        found[0].path.replace(SEGMENT, "SEGMENT"),
        if found[0].is_listable { "" } else { " (not listable)" }
    )
}

fn refusal(prefix: &str) -> String {
    match resolve(Some(prefix), None) {
        Err(EngineError::NotStarted(why)) => why,
        other => format!("{other:?}"),
    }
}

#[test]
fn without_a_prefix_output_lies_in_storage_of_the_server() {
    let found = resolve(None, None).expect("directories");
    let managed = |id: &str, rest: &str| JobDirectory {
        id: id.into(),
        path: format!("/d/output/{SEGMENT}/{rest}"),
        is_listable: true,
        far: None,
    };
    assert_eq!(found, [managed("stdouterr", "stdouterr"), managed("MODEL", "outputs/m/1")]);
}

#[test]
fn prefixes_lead_to_the_real_directories_behind_volumes() {
    for (prefix, expected) in [
        ("$AZ_BATCHAI_MOUNT_ROOT/afs", "/d/storage/acc/shares/data/SEGMENT/stdouterr"),
        ("$AZ_BATCHAI_MOUNT_ROOT/afs/", "/d/storage/acc/shares/data/SEGMENT/stdouterr"),
        ("${AZ_BATCHAI_MOUNT_ROOT}//afs/logs/./x", "/d/storage/acc/shares/data/logs/x/SEGMENT/stdouterr"),
        ("$AZ_BATCHAI_MOUNT_ROOT/nfs/a/b", "/d/storage/acc/containers/con/b/SEGMENT/stdouterr"),
        ("$AZ_BATCHAI_JOB_MOUNT_ROOT/own", "/d/storage/acc/shares/mine/SEGMENT/stdouterr"),
        ("/home/me//out/", "/home/me/out/SEGMENT/stdouterr"),
        ("$AZ_BATCHAI_JOB_TEMP", "/d/output-temp/SEGMENT/stdouterr (not listable)"),
        ("$AZ_BATCHAI_JOB_TEMP_DIR/x", "/d/output-temp/SEGMENT/x/stdouterr (not listable)"),
        ("$AZ_BATCHAI_MOUNT_ROOT/gfs/x", "$AZ_BATCHAI_MOUNT_ROOT/gfs/x/SEGMENT/stdouterr (not listable)"),
    ] {
        assert_eq!(stdouterr(prefix), expected, "{prefix}");
    }
}

#[test]
fn a_prefix_that_leads_nowhere_is_refused_with_what_is_wrong() {
    for (prefix, why) in [
        ("$AZ_BATCHAI_MOUNT_ROOT/afz", "the cluster mounts no volume `afz`; it mounts `afs`, `nfs/a`, `gfs`"),
        ("$AZ_BATCHAI_MOUNT_ROOT/afsx", "the cluster mounts no volume `afsx`; it mounts `afs`, `nfs/a`, `gfs`"),
        ("$AZ_BATCHAI_MOUNT_ROOT", "it names no volume; the cluster mounts `afs`, `nfs/a`, `gfs`"),
        ("$AZ_BATCHAI_JOB_MOUNT_ROOT/afs", "the job mounts no volume `afs`; it mounts `own`, `late`"),
        ("$AZ_BATCHAI_MOUNT_ROOT/afs/../../x", "it climbs with `..`"),
        ("/a/../b", "it names no directory, or climbs with `..`"),
        ("/", "it names no directory, or climbs with `..`"),
        ("/a/$HOME", "a variable can only be its beginning"),
        ("$AZ_BATCHAI_MOUNT_ROOT/afs/$X", "a variable can only be its beginning"),
        ("logs", "it must be an absolute path or begin with a variable such as $AZ_BATCHAI_MOUNT_ROOT"),
        ("", "it must be an absolute path or begin with a variable such as $AZ_BATCHAI_MOUNT_ROOT"),
        (
            "$HOME/x",
            "`$HOME` is unknown here; use $AZ_BATCHAI_MOUNT_ROOT, $AZ_BATCHAI_JOB_MOUNT_ROOT or $AZ_BATCHAI_JOB_TEMP",
        ),
    ] {
        assert_eq!(refusal(prefix), format!("stdOutErrPathPrefix `{prefix}` leads nowhere: {why}"));
    }
}

#[test]
fn files_on_a_volume_that_the_job_mounts_itself_are_where_only_its_nodes_see_them() {
    let logs = resolve(Some("$AZ_BATCHAI_JOB_MOUNT_ROOT/late"), None).expect("directories");
    assert_eq!(logs[0].path, format!("$AZ_BATCHAI_JOB_MOUNT_ROOT/late/{SEGMENT}/stdouterr"));
    let found = resolve(None, Some("$AZ_BATCHAI_JOB_MOUNT_ROOT/late")).expect("directories");
    assert_eq!(found[1].path, format!("$AZ_BATCHAI_JOB_MOUNT_ROOT/late/{SEGMENT}/outputs/m/1"));
    assert!(!found[1].is_listable);
}

#[test]
fn a_refused_output_directory_is_named() {
    let Err(EngineError::NotStarted(why)) = resolve(None, Some("$AZ_BATCHAI_MOUNT_ROOT/no")) else {
        panic!("such a prefix leads nowhere")
    };
    assert!(
        why.starts_with("pathPrefix of output directory `MODEL` `$AZ_BATCHAI_MOUNT_ROOT/no` leads nowhere"),
        "{why}"
    );
}

#[test]
fn names_from_requests_become_single_file_names() {
    assert_eq!(safe_name("data-1_x.y"), "data-1_x.y");
    assert_eq!(safe_name(".."), "%2E.");
    assert_eq!(safe_name("a/b\0"), "a%2Fb%00");
    assert_eq!(safe_name(""), "%");
    let long = "x".repeat(4000);
    assert_ne!(safe_name(&long), safe_name(&format!("{long}y")));
    assert!(safe_name(&long).len() < 255);
}

proptest::proptest! {
    #[test]
    fn no_name_climbs_or_nests(text in ".*") {
        let name = safe_name(&text);
        proptest::prop_assert!(!name.contains('/') && !name.starts_with('.') && !name.is_empty() && name.len() < 255);
    }

    #[test]
    fn no_prefix_makes_a_panic_or_leaves_its_volume(rest in ".*") {
        if let Ok(found) = resolve(Some(&format!("$AZ_BATCHAI_MOUNT_ROOT/afs/{rest}")), None) {
            proptest::prop_assert!(found[0].path.starts_with("/d/storage/acc/shares/data"));
            proptest::prop_assert!(!found[0].path.split('/').any(|part| part == ".."));
        }
    }
}
