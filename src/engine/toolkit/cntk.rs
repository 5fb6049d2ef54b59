//! The Microsoft Cognitive Toolkit: its own program with a BrainScript configuration, or a Python script (Swagger
//! 2018-05-01; recipes of Azure/BatchAI).

use super::script::{Script, more, need};
use super::{Site, ToolkitProcess, mpi};
use crate::domain::job::spec::CntkProgram;

/// One process is started as it is; several as the ranks of an MPI launch.
pub(super) fn process(program: &CntkProgram, arguments: Option<&str>, count: u32, site: &Site<'_>) -> ToolkitProcess {
    let command = match program {
        CntkProgram::BrainScript { config } => {
            format!("{}\nexec cntk configFile={config}{}", need("CNTK", "cntk"), more(arguments))
        }
        CntkProgram::Python { script, interpreter } => {
            let (settings, interpreter) = ("cntkSettings", interpreter.as_deref());
            Script { settings, pythons: site.pythons(), script, interpreter, arguments }.command()
        }
    };
    ToolkitProcess::job(if count > 1 { mpi::launch(count, &command, site) } else { command })
}
