//! PyTorch: one process per rank (Swagger 2018-05-01; the published PyTorch recipes).
//!
//! The rank is `AZ_BATCHAI_TASK_INDEX`; ranks meet through a file of the shared job directory, whose URL is
//! `AZ_BATCHAI_PYTORCH_INIT_METHOD`. World size, backend and the rest are the user's arguments. With the backend MPI
//! the ranks start under an MPI launcher and have the same variables and files; what the launcher itself says goes
//! to `stdout.txt` and `stderr.txt`. Other variables that are made of the rank stay as written there.

use super::script::Script;
use super::{Site, ToolkitProcess, blocks, mpi};
use crate::engine::environment::Variables;
use crate::supervisor::quote::quoted;

/// The name of older recipes for the backend.
const BACKEND: &str = "AZ_BATCHAI_PYTORCH_BACKEND";

/// Whether the ranks start under an MPI launcher.
pub(super) fn is_under_mpi(backend: Option<&str>) -> bool {
    backend.is_some_and(|word| word.eq_ignore_ascii_case("mpi"))
}

/// Ranks fill the nodes in blocks, as MPI launchers deal them.
pub(super) fn processes(
    script: &Script<'_>,
    count: u32,
    backend: Option<&str>,
    site: &Site<'_>,
) -> Vec<ToolkitProcess> {
    if is_under_mpi(backend) {
        return vec![ToolkitProcess::job(under_mpi(script, count, site))];
    }
    let command = script.command();
    let mut shared =
        Variables::from([("AZ_BATCHAI_PYTORCH_INIT_METHOD".into(), format!("file://{}", meeting_point(site)))]);
    shared.extend(backend.map(|word| (BACKEND.to_owned(), word.to_lowercase())));
    let process = |(rank, node): (u32, usize)| {
        let mut environment = shared.clone();
        environment.insert("AZ_BATCHAI_TASK_INDEX".into(), rank.to_string());
        ToolkitProcess {
            name: format!("rank {rank}"),
            node,
            command: command.clone(),
            environment,
            is_awaited: true,
            file_suffix: suffix(rank),
        }
    };
    (0..).zip(blocks::places(count, site.addresses.len())).map(process).collect()
}

/// What stands between `stdout` and `.txt` in the file names of a rank.
pub(super) fn suffix(rank: u32) -> String {
    format!("-{rank}")
}

fn meeting_point(site: &Site<'_>) -> String {
    site.shared.join("pytorch-rendezvous").display().to_string()
}

/// The files of all ranks are there before any rank is, as they are without MPI.
fn under_mpi(script: &Script<'_>, count: u32, site: &Site<'_>) -> String {
    let launch = mpi::launch(count, &rank_under_mpi(script, site), site);
    format!(
        r#"rank=0
while [ "$rank" -lt {count} ]; do
  : >"$AZ_BATCHAI_STDOUTERR_DIR/stdout-$rank.txt" || exit
  : >"$AZ_BATCHAI_STDOUTERR_DIR/stderr-$rank.txt" || exit
  rank=$((rank + 1))
done
{launch}"#
    )
}

fn rank_under_mpi(script: &Script<'_>, site: &Site<'_>) -> String {
    let init_method = quoted(&format!("file://{}", meeting_point(site)));
    format!(
        r#"rank=${{OMPI_COMM_WORLD_RANK:-${{PMIX_RANK:-$PMI_RANK}}}}
if [ -z "$rank" ]; then
  echo 'the MPI launcher tells this process no rank (OMPI_COMM_WORLD_RANK, PMIX_RANK, PMI_RANK): use Open MPI, Intel MPI or MPICH' >&2
  exit 1
fi
export AZ_BATCHAI_TASK_INDEX="$rank" AZ_BATCHAI_PYTORCH_INIT_METHOD={init_method} {BACKEND}=mpi
exec >>"$AZ_BATCHAI_STDOUTERR_DIR/stdout-$rank.txt" 2>>"$AZ_BATCHAI_STDOUTERR_DIR/stderr-$rank.txt"
{}"#,
        script.command()
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::site;
    use super::*;

    const SCRIPT: Script<'_> = Script {
        settings: "pyTorchSettings",
        pythons: super::super::script::OF_HOST,
        script: "t.py",
        interpreter: Some("python3"),
        arguments: None,
    };

    #[test]
    fn every_rank_is_a_process_with_its_index_and_its_files() {
        let addresses = ["a".to_owned(), "b".to_owned()];
        let ranks = processes(&SCRIPT, 3, Some("Gloo"), &site(&addresses));
        let told: Vec<String> = ranks
            .iter()
            .map(|rank| {
                let of = |name: &str| rank.environment[name].as_str();
                format!(
                    "{} on {}: {} {} {} {}",
                    rank.name,
                    rank.node,
                    rank.file_suffix,
                    of("AZ_BATCHAI_TASK_INDEX"),
                    of("AZ_BATCHAI_PYTORCH_INIT_METHOD"),
                    of(BACKEND)
                )
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        rank 0 on 0: -0 0 file:///s/pytorch-rendezvous gloo
        rank 1 on 0: -1 1 file:///s/pytorch-rendezvous gloo
        rank 2 on 1: -2 2 file:///s/pytorch-rendezvous gloo
        ");
        assert!(!processes(&SCRIPT, 1, None, &site(&addresses))[0].environment.contains_key(BACKEND));
    }

    /// Plays both ranks with the variables of a family of launchers.
    fn play(variables: &[(&str, &str)], folder: &std::path::Path) -> std::process::Output {
        let addresses = ["a".to_owned()];
        let script =
            Script { interpreter: Some("echo $AZ_BATCHAI_TASK_INDEX of $AZ_BATCHAI_PYTORCH_BACKEND"), ..SCRIPT };
        let mut shell = std::process::Command::new("/bin/sh");
        shell.arg("-c").arg(rank_under_mpi(&script, &site(&addresses)));
        shell.env_clear().env("PATH", "/usr/bin:/bin").env("AZ_BATCHAI_STDOUTERR_DIR", folder);
        shell.envs(variables.iter().copied()).output().expect("sh")
    }

    #[test]
    fn a_rank_under_mpi_knows_its_index_and_writes_into_its_own_files() {
        let folder = tempfile::tempdir().expect("a directory");
        let families: [&[(&str, &str)]; 3] =
            [&[("OMPI_COMM_WORLD_RANK", "0"), ("PMIX_RANK", "9")], &[("PMIX_RANK", "1")], &[("PMI_RANK", "2")]];
        for (rank, variables) in families.into_iter().enumerate() {
            let ran = play(variables, folder.path());
            assert_eq!((ran.status.code(), ran.stdout.as_slice()), (Some(0), &b""[..]), "{ran:?}");
            let written = std::fs::read_to_string(folder.path().join(format!("stdout-{rank}.txt"))).expect("a file");
            assert_eq!(written, format!("{rank} of mpi t.py\n"));
        }
        let ran = play(&[], folder.path());
        assert_eq!(ran.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&ran.stderr).contains("tells this process no rank"), "{ran:?}");
    }
}
