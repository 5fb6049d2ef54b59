//! The command that starts ranks under an MPI launcher: one process on the first node, which finds out whose
//! launcher it has and starts the ranks on all nodes (azure-docs `batch-ai`; recipes of Azure/BatchAI).
//!
//! Open MPI and the Hydra family (Intel MPI, MPICH) differ in how they are told of hosts and of what goes along with
//! a rank. How a launcher reaches a node is said by variables of every node, not here. A rank runs with the
//! environment of its own node, so that directories and secrets are right everywhere; variables of the launcher's
//! process do not go with it.

use super::Site;
use crate::supervisor::quote::{quoted, quoted_path};

/// Shell text for the first node that starts `count` ranks of `rank`, which is shell text too: it is expanded where
/// the rank runs, and begins in the working directory of that node. The exit code is the launcher's.
pub(super) fn launch(count: u32, rank: &str, site: &Site<'_>) -> String {
    let rank = quoted(&format!("cd \"$AZ_BATCH_TASK_WORKING_DIR\" || exit\n{rank}"));
    let machine_file = quoted_path(site.machine_file);
    format!(
        r#"launcher=$(command -v mpirun || command -v mpiexec) || {{
  echo 'MPI is needed to run this job, and there is neither mpirun nor mpiexec on its PATH: {INSTALL}' >&2
  exit 127
}}
case $("$launcher" --version 2>&1) in
  {OPEN_MPI}) set -- --hostfile "$AZ_BATCHAI_MPI_HOST_FILE" ;;
  {HYDRA}) set -- -genvnone -machinefile {machine_file} ;;
  *)
    echo "$launcher belongs neither to Open MPI nor to Intel MPI nor to MPICH, and this job needs one of them: {INSTALL}" >&2
    exit 127
    ;;
esac
exec "$launcher" "$@" -n {count} "$(command -v bash || command -v sh)" -c {rank}"#
    )
}

/// What Open MPI and its run-time environments, old and new, call themselves.
const OPEN_MPI: &str = "*'Open MPI'* | *OpenRTE* | *prterun* | *PRRTE*";

/// What Intel MPI and MPICH call themselves.
const HYDRA: &str = "*'Intel(R) MPI Library'* | *HYDRA*";

const INSTALL: &str = "install it with apt-get install -y openmpi-bin in jobPreparation";

#[cfg(test)]
pub(super) mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::{Command, Output};

    use super::super::tests::site;
    use super::*;

    /// A folder with a launcher that calls itself so, tells what it was given, and starts one rank here.
    fn launcher(calls_itself: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("mpirun");
        let text = format!(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo '{calls_itself}'; exit; fi\n\
             while [ \"$1\" != -n ]; do echo \"told $1\" >&2; shift; done\necho \"ranks $2\" >&2\nshift 2\nexec \"$@\"\n"
        );
        std::fs::write(&path, text).expect("a script");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("permissions");
        folder
    }

    fn run(text: &str, launchers: &Path, directory: &Path) -> Output {
        let path = format!("{}:/usr/bin:/bin", launchers.display());
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(text).env_clear().env("PATH", path).env("AZ_BATCHAI_MPI_HOST_FILE", "/s/host file");
        shell.env("AZ_BATCH_TASK_WORKING_DIR", directory).env("EPOCHS", "2").output().expect("sh")
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn each_family_of_launchers_is_told_of_hosts_in_its_own_words() {
        let addresses = ["127.1.0.1".to_owned()];
        let site = Site { machine_file: Path::new("/it's/machines"), ..site(&addresses) };
        let command = launch(3, "true", &site);
        let open_mpi = "told --hostfile\ntold /s/host file\nranks 3\n";
        let hydra = "told -genvnone\ntold -machinefile\ntold /it's/machines\nranks 3\n";
        for (calls_itself, expected) in [
            ("mpirun (Open MPI) 4.1.4", open_mpi),
            ("mpirun.openmpi (OpenRTE) 2.1.1", open_mpi),
            ("prterun (PRRTE) 3.0.0", open_mpi),
            ("Intel(R) MPI Library for Linux* OS, Version 2018", hydra),
            ("HYDRA build details:", hydra),
        ] {
            let ran = run(&command, launcher(calls_itself).path(), Path::new("/"));
            assert_eq!((text(&ran.stderr).as_str(), ran.status.code()), (expected, Some(0)), "{calls_itself}");
        }
    }

    #[test]
    fn a_rank_is_expanded_where_it_runs_and_its_code_is_the_launchers() {
        let directory = tempfile::tempdir().expect("a directory");
        let addresses = ["127.1.0.1".to_owned()];
        let site = site(&addresses);
        let rank = "pwd; echo \"$EPOCHS it's\" 'a  $b' `echo ticks` | cat\nexit 7";
        let launchers = launcher("Open MPI");
        let ran = run(&launch(1, rank, &site), launchers.path(), directory.path());
        let expected = format!("{}\n2 it's a  $b ticks\n", directory.path().display());
        assert_eq!((text(&ran.stdout), ran.status.code()), (expected, Some(7)));
        let gone = run(&launch(1, "echo ran", &site), launchers.path(), Path::new("/nowhere"));
        assert_ne!(gone.status.code(), Some(0));
        assert_eq!(text(&gone.stdout), "", "it does not run elsewhere");
    }

    #[test]
    fn without_a_launcher_that_is_known_the_job_says_what_to_install() {
        let addresses = ["127.1.0.1".to_owned()];
        let command = launch(1, "true", &site(&addresses));
        let mut shell = Command::new("/bin/sh");
        let none = shell.arg("-c").arg(&command).env_clear().env("PATH", "/nonexistent").output().expect("sh");
        let other = run(&command, launcher("Some MPI 1.0").path(), Path::new("/"));
        for ran in [none, other] {
            assert_eq!(ran.status.code(), Some(127));
            assert!(text(&ran.stderr).ends_with("apt-get install -y openmpi-bin in jobPreparation\n"), "{ran:?}");
        }
    }
}
