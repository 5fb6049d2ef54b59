//! Deletions, tick by tick.

use super::stage::{LONG, Stage, experiment, manual, workspace};
use crate::domain::Timestamp;
use crate::domain::cluster::Admin;
use crate::domain::file_server::{Caching, DataDisks, DiskStorage, FileServer, FileServerSpec};
use crate::domain::group::Group;
use crate::domain::mount::{Mount, MountSource};
use crate::domain::name::{FileServerKey, Name};
use crate::domain::provisioning::{Provisioning, ProvisioningState};
use crate::domain::snapshot::SnapshotId;
use crate::engine::Engine;
use crate::engine::simulated::Script;
use crate::store::{StoreError, Window};

#[test]
fn a_deleted_job_is_stopped_then_gone_with_its_output_and_its_code() {
    let mut stage = Stage::new(manual(2));
    let code = SnapshotId::parse(&format!("sha256:{}", "ab".repeat(32))).expect("an id");
    let archive = stage.engine.snapshot_archive(&code);
    std::fs::write(&archive, "archive").expect("written");
    for job in ["a", "b"] {
        stage.engine.script(job, Script { takes: LONG, ..Script::default() });
        stage.submit_with(job, |spec| spec.code = Some(code.clone()));
    }
    stage.settle();
    stage.delete_job("a");
    assert_eq!(stage.state("a"), "terminating");
    stage.settle();
    assert_eq!((stage.state("a").as_str(), archive.exists()), ("gone", true));
    stage.delete_job("b");
    stage.settle();
    assert_eq!((stage.state("b").as_str(), archive.exists()), ("gone", false));
    assert_eq!(stage.engine.removed_outputs(), ["a", "b"]);
    assert!(stage.directory.path().exists());
}

#[test]
fn a_deleted_cluster_ends_its_jobs_and_leaves_their_records() {
    let mut stage = Stage::new(manual(1));
    stage.submit_long("running", 1);
    stage.submit("queued", 1);
    stage.delete_cluster();
    stage.settle();
    assert_eq!(
        [stage.state("running"), stage.state("queued")],
        [
            "JobTerminated: The specified job has been terminated by the user",
            "ClusterDeleted: the cluster of the job was deleted"
        ]
    );
    assert_eq!(stage.cluster(), None);
}

#[test]
fn a_deleted_cluster_waits_for_its_last_run() {
    let mut stage = Stage::new(manual(1));
    stage.engine.script("a", Script { takes: LONG, is_stubborn: true, ..Script::default() });
    stage.submit("a", 1);
    stage.delete_cluster();
    stage.settle();
    assert_eq!((stage.state("a").as_str(), stage.cluster().is_some()), ("terminating", true));
    stage.pass(10);
    assert_eq!(stage.cluster(), None);
}

#[test]
fn a_deleted_experiment_goes_when_its_last_job_has_gone() {
    let mut stage = Stage::new(manual(1));
    stage.engine.script("a", Script { takes: LONG, is_stubborn: true, ..Script::default() });
    stage.submit("a", 1);
    stage.delete_job("a");
    stage.delete_experiment();
    stage.settle();
    let is_there =
        |stage: &Stage| stage.world.store.read(|reader| reader.experiment(&experiment())).expect("read").is_some();
    assert!(is_there(&stage));
    stage.pass(10);
    assert!(!is_there(&stage));
    assert!(stage.cluster().is_some(), "the cluster is not part of the experiment");
}

#[test]
fn a_deleted_file_server_goes_with_its_directory_when_its_last_job_has_gone() {
    let mut stage = Stage::new(manual(1));
    let key = FileServerKey { workspace: experiment().workspace, name: Name::parse("nfs").expect("a name") };
    stage.engine.script("a", Script { takes: LONG, is_stubborn: true, ..Script::default() });
    let source = MountSource::FileServer { server: key.clone(), directory: None, options: None };
    stage.submit_with("a", |spec| spec.mounts = vec![Mount::new("nfs", source.clone())]);
    stage.settle();
    stage.delete_job("a");
    stage.write(move |tx| tx.insert_file_server(&deleted_file_server(key)).map(drop));
    stage.settle();
    let count = |stage: &Stage| {
        let left = stage.world.store.read(|reader| Ok::<_, StoreError>(reader.deleting_file_servers()?.len()));
        left.expect("read")
    };
    assert_eq!((count(&stage), stage.engine.removed_exports()), (1, Vec::new()));
    stage.pass(10);
    assert_eq!((count(&stage), stage.engine.removed_exports()), (0, vec!["nfs".to_owned()]));
}

fn deleted_file_server(key: FileServerKey) -> FileServer {
    let at = Timestamp::UNIX_EPOCH;
    let spec = FileServerSpec {
        vm_size: "local".into(),
        admin: Admin { name: "me".into(), ssh_public_key: None, password: None },
        public_ips: None,
        disks: DataDisks { size_gb: 1, count: 1, storage: DiskStorage::Standard, caching: Caching::None },
        subnet: None,
    };
    let server = FileServer::new(key, spec, "uuid".into(), "/export".into(), at);
    FileServer { provisioning: Provisioning { state: ProvisioningState::Deleting, since: at }, ..server }
}

#[test]
fn a_deleted_workspace_goes_with_everything_in_it() {
    let mut stage = Stage::new(manual(1));
    stage.submit_long("running", 1);
    stage.submit("queued", 1);
    for job in ["running", "queued"] {
        stage.delete_job(job);
    }
    stage.delete_experiment();
    stage.delete_cluster();
    stage.delete_workspace();
    stage.settle();
    let left = stage.world.store.read(|reader| {
        let all = Window { after: 0, limit: 10 };
        Ok::<_, StoreError>((reader.workspaces("s", None, all)?, reader.all_clusters()?, reader.deleting_jobs()?))
    });
    assert_eq!(left.expect("read"), (Vec::new(), Vec::new(), Vec::new()));
}

#[test]
fn a_deleted_group_goes_with_its_last_workspace() {
    let mut stage = Stage::new(manual(0));
    let (key, now) = (workspace().group, stage.now);
    let group = Group {
        provisioning: Provisioning { state: ProvisioningState::Deleting, since: now },
        ..Group::first_used(key.clone(), "here".into(), now)
    };
    stage.write(move |tx| tx.insert_group(&group).map(drop));
    let is_there = |stage: &Stage| stage.world.store.read(|reader| reader.group(&key)).expect("read").is_some();
    stage.settle();
    assert!(is_there(&stage));
    stage.delete_experiment();
    stage.delete_cluster();
    stage.delete_workspace();
    stage.settle();
    assert!(!is_there(&stage));
}
