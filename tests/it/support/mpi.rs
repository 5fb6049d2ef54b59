//! Real launchers of MPI, and a Python that speaks their MPI: what `tests/run` installs for the requirement `mpi`.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::python::environment;
use super::{Sandbox, is_left_out};

/// One family of launchers, first on the PATH of a job.
pub struct Mpi {
    python: PathBuf,
    /// What mpi4py calls it.
    name: &'static str,
    /// Links by which its programs and its library have their usual names: Debian installs several families at once.
    links: tempfile::TempDir,
}

impl Mpi {
    /// Open MPI; `None` when `tests/run` was told to do without MPI.
    #[track_caller]
    pub fn open_mpi() -> Option<Self> {
        Self::of("openmpi", "mpirun.openmpi", "openmpi-bin")
    }

    /// MPICH, whose launcher is Hydra as that of Intel MPI.
    #[track_caller]
    pub fn mpich() -> Option<Self> {
        let mpi = Self::of("mpich", "mpirun.mpich", "mpich")?;
        let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
        let library = folders.map(|folder| folder.join("libmpich.so.12")).find(|path| path.exists());
        let library = library.expect("libmpich.so.12 below /usr/lib, of the Debian package mpich");
        symlink(library, mpi.links.path().join("libmpi.so.12")).expect("a link");
        // Hydra looks for it beside the launcher.
        symlink("/usr/bin/hydra_pmi_proxy", mpi.links.path().join("hydra_pmi_proxy")).expect("a link");
        Some(mpi)
    }

    #[track_caller]
    fn of(name: &'static str, launcher: &str, package: &str) -> Option<Self> {
        if is_left_out("mpi") {
            return None;
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let launchers = std::env::split_paths(&path).map(|folder| folder.join(launcher));
        let launcher = launchers.into_iter().find(|path| path.is_file()).unwrap_or_else(|| {
            panic!(
                "{launcher} of the Debian package {package} is not on the PATH: `tests/run` installs it, `tests/run \
                 --without mpi` goes on without it"
            )
        });
        let links = tempfile::tempdir().expect("a folder");
        symlink(launcher, links.path().join("mpirun")).expect("a link");
        Some(Self { python: environment("mpi", "mpi", "mpi4py").join("bin/python"), name, links })
    }

    /// Where its launcher has the usual name.
    pub fn folder(&self) -> &Path {
        self.links.path()
    }

    /// The command of a rank: `ranks.py` of the fixtures with these arguments.
    pub fn rank(&self, arguments: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mpi/ranks.py");
        format!("exec '{}' '{}' {arguments}", self.python.display(), script.display())
    }

    /// A job on two nodes with these settings of a toolkit.
    pub fn job(&self, toolkit: &str, settings: &Value) -> Value {
        let links = self.links.path().display();
        let variables = [
            ("PATH", format!("{links}:$PATH")),
            ("LD_LIBRARY_PATH", links.to_string()),
            ("MPI4PY_MPIABI", self.name.into()),
        ];
        let variables: Vec<Value> =
            variables.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        json!({
            "nodeCount": 2,
            "environmentVariables": variables,
            "secrets": [{ "name": "TOKEN", "value": "hunter2" }],
            toolkit: settings,
        })
    }

    /// Four ranks on two nodes.
    pub fn four(&self, arguments: &str) -> Value {
        self.job("customMpiSettings", &json!({ "commandLine": self.rank(arguments), "processCount": 4 }))
    }

    /// A job whose own command calls the launcher.
    pub fn custom(&self, command: &str) -> Value {
        self.job("customToolkitSettings", &json!({ "commandLine": command }))
    }
}

/// A home with a cluster of two nodes that are ready.
pub fn two_nodes() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.cluster("c", 2);
    sandbox
}
