//! Caffe, whose program trains from a solver, or a Python script; and Caffe2, a Python script once on every node
//! (Swagger 2018-05-01; recipes of Azure/BatchAI).

use super::script::{Script, more, need};
use super::{Site, ToolkitProcess, mpi, pytorch};
use crate::domain::job::spec::CaffeProgram;
use crate::engine::environment::Variables;

/// One process is started as it is; several as the ranks of an MPI launch.
pub(super) fn process(program: &CaffeProgram, arguments: Option<&str>, count: u32, site: &Site<'_>) -> ToolkitProcess {
    let command = match program {
        CaffeProgram::Config(solver) => {
            format!("{}\nexec caffe train --solver={solver}{}", need("Caffe", "caffe"), more(arguments))
        }
        CaffeProgram::Python { script, interpreter } => {
            let (settings, interpreter) = ("caffeSettings", interpreter.as_deref());
            Script { settings, pythons: site.pythons(), script, interpreter, arguments }.command()
        }
    };
    ToolkitProcess::job(if count > 1 { mpi::launch(count, &command, site) } else { command })
}

/// One process per node, which finds its shard in `AZ_BATCHAI_TASK_INDEX`; they meet in the shared job directory.
pub(super) fn shards(script: &Script<'_>, nodes: usize) -> Vec<ToolkitProcess> {
    let command = script.command();
    let shard = |(node, rank): (usize, u32)| ToolkitProcess {
        name: format!("rank {rank}"),
        node,
        command: command.clone(),
        environment: Variables::from([("AZ_BATCHAI_TASK_INDEX".into(), rank.to_string())]),
        is_awaited: true,
        file_suffix: pytorch::suffix(rank),
    };
    (0..nodes).zip(0..).map(shard).collect()
}
