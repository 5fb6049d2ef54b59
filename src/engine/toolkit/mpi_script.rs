//! Chainer and Horovod: a Python script as every rank of an MPI launch (Swagger 2018-05-01; recipes of
//! Azure/BatchAI).

use super::script::Script;
use super::{Site, ToolkitProcess, mpi};
use crate::domain::job::spec::MpiScript;

/// Also a single rank runs under the launcher: both initialise MPI, which fails without one in some
/// implementations.
pub(super) fn process(settings: &'static str, toolkit: &MpiScript, site: &Site<'_>) -> ToolkitProcess {
    let MpiScript { script, interpreter, arguments, process_count } = toolkit;
    let (interpreter, arguments) = (interpreter.as_deref(), arguments.as_deref());
    let script = Script { settings, pythons: site.pythons(), script, interpreter, arguments };
    ToolkitProcess::job(mpi::launch(*process_count, &script.command(), site))
}
