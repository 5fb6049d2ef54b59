//! A place at which a job stops until the test lets it go on.

use std::path::PathBuf;

use super::Sandbox;

/// Closed until [`Gate::open`].
pub struct Gate {
    path: PathBuf,
}

impl Gate {
    /// A closed one.
    pub fn new(sandbox: &Sandbox, name: &str) -> Self {
        Self { path: sandbox.work().join(format!("gate-{name}")) }
    }

    /// Shell text that ends when the gate opens.
    pub fn wait(&self) -> String {
        format!("until [ -e '{}' ]; do sleep 0.01; done", self.path.display())
    }

    /// Lets everybody through.
    pub fn open(&self) {
        std::fs::write(&self.path, "").expect("a file");
    }
}
