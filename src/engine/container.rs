//! The container of a job -> what a supervisor is to make of it. Pure.
//!
//! Called by [`super::launch`]. Which engine there is on this machine is found out by the engine that starts the
//! supervisor ([`super::local`]) and handed in as [`Available`].

use std::path::PathBuf;

use crate::supervisor::run_dir::ContainerEngine;

/// What the administrator says of container engines (`containers` of server.yaml).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContainerSettings {
    /// `docker`, `podman`, or the path of a program that has the command line of one of them; `None`: the first that
    /// is found on the PATH, Docker before Podman.
    pub engine: Option<String>,
    /// Options before the subcommand.
    pub options: Vec<String>,
    /// More options of `run`.
    pub run_options: Vec<String>,
}

/// A container engine of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Available {
    /// Whose command line it has.
    pub engine: ContainerEngine,
    /// Its program. Absolute.
    pub program: PathBuf,
}
