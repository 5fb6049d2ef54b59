//! Workspaces, experiments, clusters and nodes: what goes in comes out.

use super::*;
use crate::domain::cluster::Admin;
use crate::domain::file_server::{Caching, DataDisks, DiskStorage, FileServer, FileServerSpec};
use crate::domain::mount::{Mount, MountSource};
use crate::domain::name::FileServerKey;
use crate::domain::node::{Node, NodeState};
use crate::store::Stored;

fn node(index: u32, state: NodeState) -> Node {
    Node {
        index,
        id: format!("tvm-{index}"),
        address: format!("127.0.0.{index}"),
        ssh_port: None,
        gpus: Vec::new(),
        state,
        since: AT,
    }
}

#[test]
fn every_value_comes_back_as_it_was_given() {
    let home = Home::new();
    let cluster_number = home.furnish();
    let job_number = home.do_write(move |tx| tx.insert_job(cluster_number, &started(job("j"))));
    home.do_read(|view| {
        let stored = |number, generation| (number, generation);
        let found = view.workspace(&workspace_key("w"))?.expect("the workspace");
        assert_eq!((stored(found.number, found.generation), found.value), ((1, 1), workspace("w")));
        let found = view.experiment(&experiment_key("e"))?.expect("the experiment");
        assert_eq!((stored(found.number, found.generation), found.value), ((1, 1), experiment("e")));
        let found = view.cluster(&cluster_key("c"))?.expect("the cluster");
        assert_eq!((stored(found.number, found.generation), &found.value), ((1, 1), &cluster("c")));
        assert_eq!(view.all_clusters()?, vec![found]);
        let found = view.job(&job_key("j"))?.expect("the job");
        assert_eq!(found, Stored { number: job_number, generation: 1, value: started(job("j")) });
        assert_eq!(view.job_by_number(job_number)?, Some(found));
        Ok(())
    });
}

#[test]
fn what_is_not_there_is_not_found_and_not_an_error() {
    let home = Home::new();
    home.do_read(|view| {
        assert_eq!(view.workspace(&workspace_key("w"))?, None);
        assert_eq!(view.experiment(&experiment_key("e"))?, None);
        assert_eq!(view.cluster(&cluster_key("c"))?, None);
        assert_eq!(view.job(&job_key("j"))?, None);
        assert_eq!(view.job_by_number(7)?, None);
        assert_eq!(view.jobs(&experiment_key("e"), ALL)?, vec![]);
        assert_eq!(view.clusters(&workspace_key("w"), ALL)?, vec![]);
        assert_eq!(view.nodes(7)?, vec![]);
        Ok(())
    });
}

#[test]
fn names_are_the_same_in_any_case_and_kept_as_first_written() {
    let home = Home::new();
    home.do_write(|tx| {
        tx.insert_workspace(&workspace("Vision"))?;
        assert!(matches!(tx.insert_workspace(&workspace("VISION")), Err(StoreError::Taken { .. })));
        Ok(())
    });
    let found = home.do_read(|view| view.workspace(&workspace_key("vIsIoN"))).expect("the workspace");
    assert_eq!(found.value.key.name.as_str(), "Vision");
}

#[test]
fn a_generation_grows_with_every_change() {
    let home = Home::new();
    let number = home.furnish();
    home.do_write(move |tx| {
        let mut changed = cluster("c");
        changed.allocation.since = Timestamp::MAX;
        tx.update_cluster(number, &cluster("c"))?;
        tx.update_cluster(number, &changed)
    });
    let found = home.do_read(|view| view.cluster(&cluster_key("c"))).expect("the cluster");
    assert_eq!((found.generation, found.value.allocation.since), (3, Timestamp::MAX));
}

#[test]
fn a_number_is_never_used_again() {
    let home = Home::new();
    home.do_write(|tx| {
        let first = tx.insert_workspace(&workspace("a"))?;
        tx.delete_workspace(first)?;
        tx.delete_workspace(first)?;
        assert!(tx.insert_workspace(&workspace("a"))? > first);
        Ok(())
    });
}

#[test]
fn what_a_value_belongs_to_must_be_there_and_stay() {
    let home = Home::new();
    let refused = |change: fn(&Tx<'_>) -> Result<i64, StoreError>| {
        home.store.write_blocking(change).expect_err("nothing to put it into").to_string()
    };
    assert_eq!(
        refused(|tx| tx.insert_experiment(&experiment("e"))),
        "cannot add `e`: there is no workspace `w` in resource group `g`"
    );
    assert_eq!(
        refused(|tx| tx.insert_job(1, &job("j"))),
        "cannot add `j` to table jobs: there is no experiment `e` in workspace `w`"
    );
    home.furnish();
    let dangling = home.store.write_blocking(|tx| tx.insert_job(99, &job("j")));
    assert!(matches!(dangling, Err(StoreError::ForeignKey { .. })), "{dangling:?}");
    let not_empty = home.store.write_blocking(|tx| tx.delete_workspace(1));
    assert!(matches!(not_empty, Err(StoreError::ForeignKey { .. })), "{not_empty:?}");
    let absent = home.store.write_blocking(|tx| tx.update_experiment(99, &experiment("e")));
    assert!(matches!(absent, Err(StoreError::Missing { .. })), "{absent:?}");
}

#[test]
fn a_list_is_read_in_windows_oldest_first() {
    let home = Home::new();
    home.do_write(|tx| {
        for text in ["b", "a", "d", "c"] {
            tx.insert_workspace(&workspace(text))?;
        }
        let mut elsewhere = workspace("z");
        elsewhere.key.group = GroupKey::parse("s", "other").expect("a group");
        tx.insert_workspace(&elsewhere)
    });
    let page = |group, after, limit| {
        let found = home.do_read(|view| view.workspaces("s", group, Window { after, limit }));
        found.iter().map(|w| (w.number, w.value.key.name.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(page(Some("g"), 0, 3), [(1, "b".into()), (2, "a".into()), (3, "d".into())]);
    assert_eq!(page(Some("g"), 3, 3), [(4, "c".into())]);
    assert_eq!(page(None, 3, 3), [(4, "c".into()), (5, "z".into())]);
    assert_eq!(page(Some("g"), 0, 0), []);
}

#[test]
fn nodes_are_kept_by_place_and_go_with_their_cluster() {
    let home = Home::new();
    let number = home.furnish();
    home.do_write(move |tx| {
        for node in [node(2, NodeState::Ready), node(0, NodeState::Preparing), node(1, NodeState::Ready)] {
            tx.put_node(number, &node)?;
        }
        tx.put_node(number, &node(0, NodeState::Ready))?;
        tx.delete_node(number, 1)?;
        tx.delete_node(number, 1)
    });
    let nodes = home.do_read(|view| view.nodes(number));
    assert_eq!(nodes, vec![node(0, NodeState::Ready), node(2, NodeState::Ready)]);
    home.do_write(move |tx| tx.delete_cluster(number));
    assert_eq!(home.do_read(|view| view.nodes(number)), vec![]);
}

#[test]
fn records_being_deleted_are_listed_once_they_are_empty() {
    let home = Home::new();
    let cluster_number = home.furnish();
    let job_number = home.do_write(move |tx| {
        tx.update_workspace(1, &Workspace { provisioning: deleting(), ..workspace("w") })?;
        tx.update_experiment(1, &Experiment { provisioning: deleting(), ..experiment("e") })?;
        tx.insert_job(cluster_number, &job("j"))
    });
    let empty =
        || home.do_read(|view| Ok((view.empty_deleting_experiments()?.len(), view.empty_deleting_workspaces()?.len())));
    assert_eq!(empty(), (0, 0));
    home.do_write(move |tx| tx.delete_job(job_number));
    assert_eq!(empty(), (1, 0));
    home.do_write(|tx| tx.delete_experiment(1));
    assert_eq!(empty(), (0, 0), "the cluster is still there");
    home.do_write(move |tx| tx.delete_cluster(cluster_number));
    assert_eq!(empty(), (0, 1));
    let number = home.do_write(|tx| tx.insert_file_server(&file_server("nfs")));
    assert_eq!(empty(), (0, 0), "a file server is there");
    home.do_write(move |tx| tx.delete_file_server(number));
    assert_eq!(empty(), (0, 1));
}

fn file_server(text: &str) -> FileServer {
    let spec = FileServerSpec {
        vm_size: "local".into(),
        admin: Admin { name: "me".into(), ssh_public_key: None, password: None },
        public_ips: None,
        disks: DataDisks { size_gb: 1, count: 1, storage: DiskStorage::Standard, caching: Caching::None },
        subnet: None,
    };
    FileServer::new(file_server_key(text), spec, "uuid".into(), "/export".into(), AT)
}

fn file_server_key(text: &str) -> FileServerKey {
    FileServerKey { workspace: workspace_key("w"), name: name(text) }
}

#[test]
fn file_servers_come_back_and_are_found_below_a_workspace_and_when_they_go() {
    let home = Home::new();
    home.furnish();
    let number = home.do_write(|tx| tx.insert_file_server(&file_server("Nfs")));
    let found = home.do_read(|view| view.file_server(&file_server_key("NFS"))).expect("the file server");
    assert_eq!(found, Stored { number, generation: 1, value: file_server("Nfs") });
    home.do_read(|view| {
        let below = |prefix| view.file_server_below(&workspace_key("w").group, prefix, &name("nfs"));
        assert_eq!((below("w")?, below("x")?), (Some(found.clone()), None));
        assert_eq!(view.file_servers_below(("s", Some("g")), "w", ALL)?, vec![found.clone()]);
        assert_eq!(view.file_servers_below(("s", Some("other")), "w", ALL)?, vec![]);
        assert_eq!(view.file_servers(&workspace_key("W"), ALL)?, vec![found]);
        assert_eq!(view.deleting_file_servers()?, vec![]);
        Ok(())
    });
    let going = FileServer { provisioning: deleting(), ..file_server("Nfs") };
    home.do_write(move |tx| tx.update_file_server(number, &going));
    assert_eq!(home.do_read(|view| Ok(view.deleting_file_servers()?.len())), 1);
}

#[test]
fn queued_jobs_that_mount_a_file_server_are_told_from_those_that_only_name_one() {
    let home = Home::new();
    let cluster = home.furnish();
    let source = MountSource::FileServer { server: file_server_key("nfs"), directory: None, options: None };
    let mut mounts = job("mounts");
    mounts.spec.mounts = vec![Mount::new("nfs", source)];
    let mut names = job("names");
    names.spec.toolkit = Toolkit::Custom { command_line: r#"echo "FileServer""#.into() };
    home.do_write(move |tx| {
        for job in [&mounts, &names, &job("plain")] {
            tx.insert_job(cluster, job)?;
        }
        Ok(())
    });
    let found = home.do_read(|view| {
        let jobs = view.queued_jobs_with_file_servers()?;
        Ok(jobs.into_iter().map(|job| job.value.key.name.to_string()).collect::<Vec<_>>())
    });
    assert_eq!(found, ["mounts"]);
}
