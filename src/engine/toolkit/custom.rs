//! Any command: custom runs it once, on the first node, however many nodes there are; custom MPI runs it as every
//! rank of an MPI launch (Swagger 2018-05-01).

use super::{Site, ToolkitProcess, mpi};

pub(super) fn process(command_line: &str) -> ToolkitProcess {
    ToolkitProcess::job(command_line.to_owned())
}

/// Also a single rank runs under the launcher: a program that is written for MPI asks it who it is.
pub(super) fn under_mpi(command_line: &str, count: u32, site: &Site<'_>) -> ToolkitProcess {
    ToolkitProcess::job(mpi::launch(count, command_line, site))
}
