//! Jobs whose ranks real launchers start on several nodes, by the launch agent: Open MPI, and MPICH's Hydra, which is
//! the launcher of Intel MPI too.

use std::fs;

use serde_json::json;

use crate::support::leaks::{holders, shows};
use crate::support::mpi::two_nodes;
use crate::support::{Done, Mpi, Sandbox, process, wait_until};

/// Runs a job on cluster `c`.
fn run(sandbox: &Sandbox, job: &serde_json::Value) -> Done {
    sandbox.spec("job.json", job);
    sandbox.run("job run -c c -f job.json -n mpi")
}

/// Lines of ranks, in the order of their ranks.
fn ranks(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().filter(|line| line.starts_with("rank ")).collect();
    lines.sort_unstable();
    lines
}

const ALL_WELL: [&str; 4] = [
    "rank 0 of 4 on node 0: the sum, at home, token hunter2",
    "rank 1 of 4 on node 0: the sum, at home, token hunter2",
    "rank 2 of 4 on node 1: the sum, at home, token hunter2",
    "rank 3 of 4 on node 1: the sum, at home, token hunter2",
];

#[track_caller]
fn reduces(mpi: &Mpi) {
    let done = run(&two_nodes(), &mpi.four("")).succeeds();
    assert_eq!(ranks(&done.stdout), ALL_WELL, "{}", done.stderr);
}

#[test]
fn ranks_of_open_mpi_on_two_nodes_reduce_over_both_and_are_at_home() {
    if let Some(mpi) = Mpi::open_mpi() {
        reduces(&mpi);
    }
}

#[test]
fn ranks_of_mpich_on_two_nodes_reduce_over_both_and_are_at_home() {
    if let Some(mpi) = Mpi::mpich() {
        reduces(&mpi);
    }
}

/// The last rank fails; all the others wait for it for ever.
#[track_caller]
fn fails(mpi: &Mpi, how: &str) {
    let sandbox = two_nodes();
    run(&sandbox, &mpi.four(how)).fails_with(3);
    assert_eq!(sandbox.job_processes(), [] as [i32; 0]);
    let job = sandbox.job("mpi");
    assert_eq!((&job["executionState"], &job["executionInfo"]["exitCode"]), (&json!("failed"), &json!(3)));
}

#[test]
fn a_rank_of_open_mpi_that_fails_decides_the_exit_code_and_nobody_is_left() {
    if let Some(mpi) = Mpi::open_mpi() {
        fails(&mpi, "exit");
        fails(&mpi, "abort");
    }
}

#[test]
fn a_rank_of_mpich_that_fails_decides_the_exit_code_and_nobody_is_left() {
    if let Some(mpi) = Mpi::mpich() {
        // Hydra 4.0 does not notice a rank that only exits, while other nodes have ranks: they wait for it.
        fails(&mpi, "abort");
    }
}

/// A job of four ranks that wait for ever; all of them have met.
#[track_caller]
fn waiting(mpi: &Mpi) -> (Sandbox, Vec<i32>) {
    let sandbox = two_nodes();
    let folder = sandbox.path("ranks");
    fs::create_dir(&folder).expect("a folder");
    sandbox.spec("job.json", &mpi.four(&format!("wait {}", folder.display())));
    sandbox.run("job create -c c -f job.json -n mpi").succeeds();
    let ids = (0..4).map(|rank| sandbox.wait_for_id(&format!("ranks/{rank}"))).collect();
    (sandbox, ids)
}

#[track_caller]
fn terminates(mpi: &Mpi) {
    let (sandbox, ids) = waiting(mpi);
    sandbox.run("job terminate -n mpi -y").succeeds();
    assert_eq!(sandbox.job_processes(), [] as [i32; 0]);
    assert!(!ids.iter().any(|id| process::is_running(*id)), "a rank is left");
}

#[test]
fn terminating_a_job_of_open_mpi_leaves_no_process_on_any_node() {
    if let Some(mpi) = Mpi::open_mpi() {
        terminates(&mpi);
    }
}

#[test]
fn terminating_a_job_of_mpich_leaves_no_process_on_any_node() {
    if let Some(mpi) = Mpi::mpich() {
        terminates(&mpi);
    }
}

#[test]
fn ranks_do_not_outlive_their_supervisor() {
    let Some(mpi) = Mpi::open_mpi() else { return };
    let (sandbox, ids) = waiting(&mpi);
    for supervisor in process::supervisors(sandbox.home()) {
        process::signal(supervisor, rustix::process::Signal::KILL);
    }
    wait_until("no rank is left", || !ids.iter().any(|id| process::is_running(*id)));
    sandbox.run("job wait -n mpi").fails_with(255);
    wait_until("no process of the job is left", || sandbox.job_processes().is_empty());
}

#[test]
fn secrets_reach_the_ranks_of_all_nodes_and_stand_nowhere_else() {
    for mpi in [Mpi::open_mpi(), Mpi::mpich()].into_iter().flatten() {
        let (sandbox, ids) = waiting(&mpi);
        fs::remove_file(sandbox.path("job.json")).expect("the only file that may hold it");
        assert!(ids.iter().all(|id| shows(*id, "environ", "hunter2")), "a rank lacks it");
        assert!(!sandbox.processes().iter().any(|id| shows(*id, "cmdline", "hunter2")), "it is an argument");
        // What the ranks themselves print is theirs.
        let left: Vec<String> =
            holders(sandbox.home(), "hunter2").into_iter().filter(|file| !file.ends_with("stdout.txt")).collect();
        assert_eq!(left, [] as [String; 0]);
        sandbox.run("job terminate -n mpi -y").succeeds();
    }
}

#[test]
fn ranks_start_also_where_the_data_directory_has_blanks_and_quotes_in_its_path() {
    for mpi in [Mpi::open_mpi(), Mpi::mpich()].into_iter().flatten() {
        let mut sandbox = Sandbox::new();
        sandbox.move_home(sandbox.path("my data's $x"));
        sandbox.cluster("c", 2);
        let done = run(&sandbox, &mpi.four("")).succeeds();
        assert_eq!(ranks(&done.stdout), ALL_WELL, "{}", done.stderr);
    }
}

#[test]
fn a_custom_job_may_call_the_launcher_itself() {
    let Some(mpi) = Mpi::open_mpi() else { return };
    let rank = mpi.rank("").replace('\'', "");
    // Four ranks on two nodes of one slot each; all of them begin where the launcher does.
    let command = format!(
        "mpirun --hostfile $AZ_BATCHAI_MPI_HOST_FILE --oversubscribe -npernode 2 sh -c \
         'cd $AZ_BATCH_TASK_WORKING_DIR && {rank}'"
    );
    let done = run(&two_nodes(), &mpi.custom(&command)).succeeds();
    assert_eq!(ranks(&done.stdout), ALL_WELL, "{}", done.stderr);
}

#[test]
fn a_job_of_one_node_may_call_the_launcher_too() {
    for mpi in [Mpi::open_mpi(), Mpi::mpich()].into_iter().flatten() {
        let sandbox = two_nodes();
        let mut job = mpi.four("");
        job["nodeCount"] = 1.into();
        job["customMpiSettings"]["processCount"] = 2.into();
        let done = run(&sandbox, &job).succeeds();
        assert_eq!(ranks(&done.stdout), [0, 1].map(|rank| ALL_WELL[rank].replace("of 4", "of 2")), "{}", done.stderr);
    }
}

#[test]
fn what_a_launcher_cannot_reach_or_start_is_in_the_output_of_the_job() {
    for (mpi, hosts) in [(Mpi::open_mpi(), "--host"), (Mpi::mpich(), "-hosts")] {
        let Some(mpi) = mpi else { return };
        let sandbox = two_nodes();
        // Hydra would wait for its proxy, whatever the agent says.
        let done = run(&sandbox, &mpi.custom(&format!("timeout 5 mpirun {hosts} 10.0.0.9 -n 1 hostname")));
        assert_ne!(done.code, 0);
        done.says("cannot start a command on 10.0.0.9: the job has no such node; its nodes are 127.");
    }
    let Some(mpi) = Mpi::open_mpi() else { return };
    let command = "mpirun --mca orte_launch_agent no-such-orted --hostfile $AZ_BATCHAI_MPI_HOST_FILE -n 2 hostname";
    let done = run(&two_nodes(), &mpi.custom(command));
    assert_ne!(done.code, 0);
    done.says("no-such-orted");
}
