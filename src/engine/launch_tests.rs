//! Also the small job, cluster and mounts that tests of this layer share.

use std::path::Path;

use super::*;
use crate::domain::Timestamp;
use crate::domain::cluster::{ClusterSpec, Deallocation, Scale};
use crate::domain::job::spec::{Input, Output};
use crate::domain::job::{Job, JobSpec, Toolkit};
use crate::domain::mount::{Mount, MountSource};
use crate::domain::name::{ClusterKey, ExperimentKey, GroupKey, JobKey, Name, RunId, WorkspaceKey};
use crate::domain::node::{Node, NodeState};
use crate::domain::secret::{MasterKey, Seal, SecretValue, SecretVariable};
use crate::domain::snapshot::SnapshotId;
use crate::engine::ClusterPlace;
use crate::engine::directories::directories;
use crate::engine::mpi;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn workspace() -> WorkspaceKey {
    WorkspaceKey { group: GroupKey::parse("s", "g").expect("a group"), name: name("w") }
}

pub(in crate::engine) fn job_spec() -> JobSpec {
    JobSpec {
        max_wall_clock_seconds: 3600,
        ..JobSpec::new(
            ClusterKey { workspace: workspace(), name: name("c") },
            Toolkit::Custom { command_line: "python train.py".into() },
        )
    }
}

pub(in crate::engine) fn share(account: &str, share: &str) -> MountSource {
    MountSource::FileShare {
        account: account.into(),
        url: format!("https://{account}.file.core.windows.net/{share}"),
        share: share.into(),
        file_mode: "0777".into(),
        directory_mode: "0777".into(),
    }
}

/// A job that mounts a share `afs`, a container `bfs` and, by command, `gfs`.
pub(in crate::engine) fn mounted_spec() -> JobSpec {
    let mount = |path: &str, source| Mount::new(path, source);
    let container = MountSource::BlobContainer { account: "acc".into(), container: "con".into(), options: None };
    let command = MountSource::Unmanaged { command: "mount -t glusterfs host:/gv0".into() };
    let mounts = vec![mount("afs", share("acc", "data")), mount("bfs", container), mount("gfs", command)];
    JobSpec { mounts, ..job_spec() }
}

pub(in crate::engine) fn cluster_spec() -> ClusterSpec {
    ClusterSpec::local(Scale::Manual { target: 2, deallocation: Deallocation::Requeue })
}

pub(in crate::engine) fn job_of(spec: JobSpec) -> Job {
    let key = JobKey { experiment: ExperimentKey { workspace: workspace(), name: name("e") }, name: name("j") };
    Job::submitted(key, spec, "u1".into(), Timestamp::UNIX_EPOCH)
}

pub(in crate::engine) fn request(layout: &Layout, spec: JobSpec) -> LaunchRequest {
    let node = |index: u32| Node {
        index,
        id: format!("tvm-7_{index}"),
        address: format!("127.70.0.{}", index + 1),
        ssh_port: None,
        gpus: Vec::new(),
        state: NodeState::Ready,
        since: Timestamp::UNIX_EPOCH,
    };
    let nodes = (0..spec.node_count).map(node).collect();
    let mut job = job_of(spec);
    let cluster =
        ClusterPlace { number: 7, spec: cluster_spec(), path_segment: "s/rg/workspaces/w/clusters/c/u".into() };
    job.directories = directories(layout, &job, &cluster.spec).expect("directories");
    LaunchRequest { run: RunId("r1".into()), job, cluster, nodes }
}

pub(in crate::engine) fn host() -> Host {
    let text = str::to_owned;
    Host {
        search_path: text("/usr/bin"),
        home: text("/home/me"),
        user: text("me"),
        shell: text("/bin/bash"),
        language: text("C.UTF-8"),
        gpus: 2,
    }
}

pub(in crate::engine) fn launch_of(spec: JobSpec) -> Launch {
    let layout = Layout::at("/d");
    let mut request = request(&layout, spec);
    request.nodes.iter_mut().for_each(|node| node.gpus = vec![format!("GPU-{}", node.index)]);
    plan(&request, &layout, &host()).expect("a plan")
}

/// A plan as lines, without the variables of MPI; `SEG` stands for the job's segment.
fn render(launch: &Launch) -> String {
    let mut text =
        format!("run {} within {} s, grace {} s\n", launch.run, launch.max_wall_clock_seconds, launch.grace_seconds);
    for path in &launch.directories {
        text.push_str(&format!("make {}\n", path.display()));
    }
    for node in &launch.nodes {
        text.push_str(&format!("node {}: in {}\n", node.id, node.working_directory.display()));
        text.push_str(&format!("  log {}\n", node.execution_log.display()));
        if let Some(code) = &node.code {
            text.push_str(&format!("  code {}\n", code.display()));
        }
        for mount in &node.mounts {
            text.push_str(&format!("  mount {} {:?}\n", mount.path.display(), mount.how));
        }
        let of_mpi = mpi::variables(Path::new(""), launch.nodes.len());
        for (name, value) in node.environment.iter().filter(|(name, _)| !of_mpi.contains_key(*name)) {
            text.push_str(&format!("  {name}={value}\n"));
        }
    }
    for path in &launch.mounted_directories {
        text.push_str(&format!("make on a volume {}\n", path.display()));
    }
    if let Some(preparation) = &launch.preparation {
        text.push_str(&format!("prepare {:?}\n", preparation.command));
        text.push_str(&format!("  {:?}\n  {:?}\n", preparation.stdout, preparation.stderr));
    }
    for process in &launch.processes {
        text.push_str(&format!("{} on {}: {:?}\n", process.name, process.node, process.command));
        text.push_str(&format!("  {} {}\n", process.stdout.display(), process.stderr.display()));
        for (name, value) in &process.environment {
            text.push_str(&format!("  {name}={value}\n"));
        }
    }
    text.replace("s/g/workspaces/w/experiments/e/jobs/j/u1", "SEG")
}

fn output(id: &str, prefix: &str) -> Output {
    Output { id: id.into(), path_prefix: Some(prefix.into()), path_suffix: None }
}

#[test]
fn the_plan_of_a_custom_job_with_code_mounts_and_preparation() {
    let mut spec = mounted_spec();
    spec.mounts.remove(1);
    spec.preparation = Some("pip install x".into());
    spec.code = SnapshotId::parse(&format!("sha256:{}", "0".repeat(64)));
    spec.inputs = vec![Input { id: "DATA".into(), path: "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs/in".into() }];
    spec.outputs =
        vec![output("MODEL", "$AZ_BATCHAI_JOB_MOUNT_ROOT/afs"), output("LATE", "$AZ_BATCHAI_JOB_MOUNT_ROOT/gfs")];
    spec.environment = vec![("EPOCHS".into(), "2".into()), ("WHERE".into(), "$AZ_BATCHAI_INPUT_DATA/$EPOCHS".into())];
    insta::assert_snapshot!(render(&launch_of(spec)), @r#"
    run r1 within 3600 s, grace 10 s
    make /d/runs/r1/shared
    make /d/runs/r1/nodes/0/temp
    make /d/runs/r1/nodes/0/mounts
    make /d/runs/r1/nodes/0/code
    make /d/output/SEG/stdouterr
    make /d/storage/acc/shares/data/SEG/outputs
    node tvm-7_0: in /d/runs/r1/nodes/0/code
      log /d/output/SEG/stdouterr/execution.log
      code /d/snapshots/0000000000000000000000000000000000000000000000000000000000000000.tar
      mount /d/runs/r1/nodes/0/mounts/afs Directory("/d/storage/acc/shares/data")
      mount /d/runs/r1/nodes/0/mounts/gfs Command("mount -t glusterfs host:/gv0")
      AZ_BATCHAI_INPUT_DATA=/d/runs/r1/nodes/0/mounts/afs/in
      AZ_BATCHAI_JOB_MOUNT_ROOT=/d/runs/r1/nodes/0/mounts
      AZ_BATCHAI_JOB_TEMP=/d/runs/r1/nodes/0/temp
      AZ_BATCHAI_JOB_TEMP_DIR=/d/runs/r1/nodes/0/temp
      AZ_BATCHAI_MOUNT_ROOT=/d/nodes/7/0/mounts
      AZ_BATCHAI_MPI_HOST_FILE=/d/runs/r1/shared/hostfile
      AZ_BATCHAI_NUM_GPUS=1
      AZ_BATCHAI_OUTPUT_LATE=/d/runs/r1/nodes/0/mounts/gfs/SEG/outputs
      AZ_BATCHAI_OUTPUT_MODEL=/d/storage/acc/shares/data/SEG/outputs
      AZ_BATCHAI_SHARED_JOB_TEMP=/d/runs/r1/shared
      AZ_BATCHAI_STDOUTERR_DIR=/d/output/SEG/stdouterr
      AZ_BATCH_HOST_LIST=127.70.0.1
      AZ_BATCH_TASK_WORKING_DIR=/d/runs/r1/nodes/0/code
      BATCHAI_RUN_ID=r1
      CUDA_VISIBLE_DEVICES=GPU-0
      EPOCHS=2
      HOME=/home/me
      LANG=C.UTF-8
      LOGNAME=me
      NVIDIA_VISIBLE_DEVICES=GPU-0
      PATH=/d/runs/r1/remote/bin/0:/usr/bin
      SHELL=/bin/bash
      TMPDIR=/d/runs/r1/nodes/0/temp
      USER=me
      WHERE=/d/runs/r1/nodes/0/mounts/afs/in/2
    make on a volume /d/runs/r1/nodes/0/mounts/gfs/SEG/outputs
    prepare "pip install x"
      ["/d/output/SEG/stdouterr/stdout-job_prep.txt"]
      ["/d/output/SEG/stdouterr/stderr-job_prep.txt"]
    job on 0: "python train.py"
      /d/output/SEG/stdouterr/stdout.txt /d/output/SEG/stdouterr/stderr.txt
    "#);
}

#[test]
fn the_plan_of_a_pytorch_job_on_two_nodes() {
    let mut spec = job_spec();
    spec.node_count = 2;
    spec.preparation = Some("true".into());
    spec.search_path = Some("/opt/bin".into());
    spec.environment = vec![("MY_RANK".into(), "rank $AZ_BATCHAI_TASK_INDEX".into())];
    spec.toolkit = Toolkit::PyTorch {
        script: "train.py".into(),
        interpreter: Some("python3".into()),
        arguments: Some("--rank $AZ_BATCHAI_TASK_INDEX".into()),
        process_count: 2,
        backend: Some("gloo".into()),
    };
    insta::assert_snapshot!(render(&launch_of(spec)), @r#"
    run r1 within 3600 s, grace 10 s
    make /d/runs/r1/shared
    make /d/runs/r1/nodes/0/temp
    make /d/runs/r1/nodes/0/mounts
    make /d/output/SEG/stdouterr
    make /d/runs/r1/nodes/1/temp
    make /d/runs/r1/nodes/1/mounts
    node tvm-7_0: in /d/runs/r1/nodes/0/temp
      log /d/output/SEG/stdouterr/execution-tvm-7_0.log
      AZ_BATCHAI_JOB_MOUNT_ROOT=/d/runs/r1/nodes/0/mounts
      AZ_BATCHAI_JOB_TEMP=/d/runs/r1/nodes/0/temp
      AZ_BATCHAI_JOB_TEMP_DIR=/d/runs/r1/nodes/0/temp
      AZ_BATCHAI_MOUNT_ROOT=/d/nodes/7/0/mounts
      AZ_BATCHAI_MPI_HOST_FILE=/d/runs/r1/shared/hostfile
      AZ_BATCHAI_NUM_GPUS=1
      AZ_BATCHAI_SHARED_JOB_TEMP=/d/runs/r1/shared
      AZ_BATCHAI_STDOUTERR_DIR=/d/output/SEG/stdouterr
      AZ_BATCH_HOST_LIST=127.70.0.1,127.70.0.2
      AZ_BATCH_TASK_WORKING_DIR=/d/runs/r1/nodes/0/temp
      BATCHAI_RUN_ID=r1
      CUDA_VISIBLE_DEVICES=GPU-0
      HOME=/home/me
      LANG=C.UTF-8
      LOGNAME=me
      MY_RANK=rank $AZ_BATCHAI_TASK_INDEX
      NVIDIA_VISIBLE_DEVICES=GPU-0
      PATH=/d/runs/r1/remote/bin/0:/opt/bin
      SHELL=/bin/bash
      TMPDIR=/d/runs/r1/nodes/0/temp
      USER=me
    node tvm-7_1: in /d/runs/r1/nodes/1/temp
      log /d/output/SEG/stdouterr/execution-tvm-7_1.log
      AZ_BATCHAI_JOB_MOUNT_ROOT=/d/runs/r1/nodes/1/mounts
      AZ_BATCHAI_JOB_TEMP=/d/runs/r1/nodes/1/temp
      AZ_BATCHAI_JOB_TEMP_DIR=/d/runs/r1/nodes/1/temp
      AZ_BATCHAI_MOUNT_ROOT=/d/nodes/7/1/mounts
      AZ_BATCHAI_MPI_HOST_FILE=/d/runs/r1/shared/hostfile
      AZ_BATCHAI_NUM_GPUS=1
      AZ_BATCHAI_SHARED_JOB_TEMP=/d/runs/r1/shared
      AZ_BATCHAI_STDOUTERR_DIR=/d/output/SEG/stdouterr
      AZ_BATCH_HOST_LIST=127.70.0.1,127.70.0.2
      AZ_BATCH_TASK_WORKING_DIR=/d/runs/r1/nodes/1/temp
      BATCHAI_RUN_ID=r1
      CUDA_VISIBLE_DEVICES=GPU-1
      HOME=/home/me
      LANG=C.UTF-8
      LOGNAME=me
      MY_RANK=rank $AZ_BATCHAI_TASK_INDEX
      NVIDIA_VISIBLE_DEVICES=GPU-1
      PATH=/d/runs/r1/remote/bin/1:/opt/bin
      SHELL=/bin/bash
      TMPDIR=/d/runs/r1/nodes/1/temp
      USER=me
    prepare "true"
      ["/d/output/SEG/stdouterr/stdout-job_prep-tvm-7_0.txt", "/d/output/SEG/stdouterr/stdout-job_prep-tvm-7_1.txt"]
      ["/d/output/SEG/stdouterr/stderr-job_prep-tvm-7_0.txt", "/d/output/SEG/stdouterr/stderr-job_prep-tvm-7_1.txt"]
    rank 0 on 0: "exec python3 train.py --rank $AZ_BATCHAI_TASK_INDEX"
      /d/output/SEG/stdouterr/stdout-0.txt /d/output/SEG/stdouterr/stderr-0.txt
      AZ_BATCHAI_PYTORCH_BACKEND=gloo
      AZ_BATCHAI_PYTORCH_INIT_METHOD=file:///d/runs/r1/shared/pytorch-rendezvous
      AZ_BATCHAI_TASK_INDEX=0
      MY_RANK=rank 0
    rank 1 on 1: "exec python3 train.py --rank $AZ_BATCHAI_TASK_INDEX"
      /d/output/SEG/stdouterr/stdout-1.txt /d/output/SEG/stdouterr/stderr-1.txt
      AZ_BATCHAI_PYTORCH_BACKEND=gloo
      AZ_BATCHAI_PYTORCH_INIT_METHOD=file:///d/runs/r1/shared/pytorch-rendezvous
      AZ_BATCHAI_TASK_INDEX=1
      MY_RANK=rank 1
    "#);
}

#[test]
fn users_may_narrow_what_their_programs_see_of_the_gpus() {
    let mut spec = job_spec();
    spec.environment = vec![("CUDA_VISIBLE_DEVICES".into(), "GPU-9".into())];
    let node = launch_of(spec).nodes.remove(0).environment;
    assert_eq!((node["CUDA_VISIBLE_DEVICES"].as_str(), node["NVIDIA_VISIBLE_DEVICES"].as_str()), ("GPU-9", "GPU-0"));
}

#[test]
fn a_plan_names_secrets_and_holds_none() {
    let seal = Seal::new(&MasterKey::new([1; 32]));
    let value = seal.seal("hunter2");
    let mut spec = job_spec();
    spec.environment = vec![("SEEN".into(), "$TOKEN".into())];
    spec.secrets = vec![SecretVariable { name: "TOKEN".into(), value: SecretValue::Sealed(value.clone()) }];
    let launch = launch_of(spec);
    assert_eq!(launch.secrets, ["TOKEN"]);
    assert_eq!(launch.nodes[0].environment["SEEN"], "$TOKEN", "no other variable shows it");
    let text = serde_json::to_string(&launch).expect("text");
    let sealed = serde_json::to_string(&value).expect("text");
    assert!(!text.contains("hunter2") && !text.contains(sealed.trim_matches('"')), "{text}");
}

/// Both host files on a machine of 8 cores without GPUs.
fn hosts(node_count: u32, toolkit: Toolkit, vm_size: &str) -> String {
    hosts_with(&[0; 2], node_count, toolkit, vm_size)
}

/// The same where the nodes have so many GPUs.
fn hosts_with(gpus: &[usize], node_count: u32, toolkit: Toolkit, vm_size: &str) -> String {
    let mut request = request(&Layout::at("/d"), JobSpec { node_count, toolkit, ..job_spec() });
    request.cluster.spec.vm_size = vm_size.into();
    for (node, number) in request.nodes.iter_mut().zip(gpus) {
        node.gpus = vec!["GPU".into(); *number];
    }
    format!("{}{}", host_file_text(&request, 8), machine_file_text(&request, 8))
}

#[test]
fn the_host_file_of_a_job_has_a_slot_per_gpu_or_core_of_its_nodes() {
    let custom = || Toolkit::Custom { command_line: "true".into() };
    let two = "127.70.0.1 slots=8 max_slots=8\n127.70.0.2 slots=8 max_slots=8\n127.70.0.1:8\n127.70.0.2:8\n";
    assert_eq!(hosts(2, custom(), "local"), two);
    assert_eq!(hosts(1, custom(), "STANDARD_NC24R"), "127.70.0.1 slots=4 max_slots=4\n127.70.0.1:4\n");
    assert_eq!(hosts(1, custom(), "STANDARD_D3_V2"), "127.70.0.1 slots=4 max_slots=4\n127.70.0.1:4\n");
    assert_eq!(hosts(1, custom(), "STANDARD_X99"), "127.70.0.1 slots=8 max_slots=8\n127.70.0.1:8\n");
    let own = "127.70.0.1 slots=2 max_slots=2\n127.70.0.2 slots=8 max_slots=8\n127.70.0.1:2\n127.70.0.2:8\n";
    assert_eq!(hosts_with(&[2, 0], 2, custom(), "local"), own);
}

#[test]
fn the_host_file_of_ranks_under_mpi_has_as_many_slots_as_each_node_gets_ranks() {
    let mpi = |process_count| Toolkit::CustomMpi { command_line: "true".into(), process_count };
    let two = "127.70.0.1 slots=3 max_slots=3\n127.70.0.2 slots=2 max_slots=2\n127.70.0.1:3\n127.70.0.2:2\n";
    assert_eq!(hosts(2, mpi(5), "STANDARD_NC6"), two);
    assert_eq!(hosts(2, mpi(1), "local"), "127.70.0.1 slots=1 max_slots=1\n127.70.0.1:1\n", "the other has no rank");
}

#[test]
fn what_cannot_run_is_refused_before_anything_is_made() {
    let layout = Layout::at("/d");
    let why = |request: &LaunchRequest| match plan(request, &layout, &host()) {
        Err(EngineError::NotStarted(why)) => why,
        other => format!("{other:?}"),
    };
    let mut without_nodes = request(&layout, job_spec());
    without_nodes.nodes.clear();
    assert_eq!(why(&without_nodes), "the run has no nodes to start on");
    let mut without_directories = request(&layout, job_spec());
    without_directories.job.directories.clear();
    assert_eq!(why(&without_directories), "nobody knows where directory `stdouterr` of the job is");
    let toolkit = Toolkit::PyTorch {
        script: "t.py".into(),
        interpreter: None,
        arguments: None,
        process_count: u32::MAX,
        backend: None,
    };
    let too_many = request(&layout, JobSpec { toolkit, ..job_spec() });
    assert!(why(&too_many).contains("at most 4096"), "{}", why(&too_many));
}
