//! A place at which a job stops until the test lets it go on.

use std::path::PathBuf;

use super::Sandbox;

impl Sandbox {
    /// The gate of that name.
    pub fn gate(&self, name: &str) -> Gate {
        Gate::new(self, name)
    }
}

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
        format!("until {}; do sleep 0.01; done", self.is_open())
    }

    /// Shell text that asks whether the gate is open.
    pub fn is_open(&self) -> String {
        format!("[ -e '{}' ]", self.path.display())
    }

    /// Lets everybody through.
    pub fn open(&self) {
        std::fs::write(&self.path, "").expect("a file");
    }
}
