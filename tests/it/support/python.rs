//! Packages for Python in the environments that `tests/run` makes, such as Microsoft's SDKs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Network, Sandbox, is_left_out};

/// One version of azure-mgmt-batchai.
pub struct Sdk {
    python: PathBuf,
}

fn scripts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python")
}

/// The environment of that name, which holds `what`. Fails when it is not installed as its requirements have it.
#[track_caller]
pub fn environment(name: &str, requirement: &str, what: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let environment = target.join("python").join(name);
    let file = match name {
        "data-parallel" => "examples/data-parallel/requirements.txt".to_owned(),
        _ => format!("tests/python/requirements-{name}.txt"),
    };
    let wanted = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).expect("what it needs");
    let installed = std::fs::read(environment.join("requirements.txt")).ok();
    assert!(
        installed == Some(wanted),
        "{what} with what {file} pins is not in {}: `tests/run` installs it, `tests/run --without \
         {requirement}` goes on without it",
        environment.display()
    );
    environment
}

/// Makes pip of the jobs of a sandbox install from what `tests/run` downloaded for an example, and nothing else.
#[track_caller]
pub fn install_offline(sandbox: &Sandbox, example: &str, requirement: &str) {
    let wheels = environment(example, requirement, &format!("the wheels of examples/{example}")).join("wheels");
    let text = format!("[global]\nno-index = true\nfind-links = {}\n", wheels.display());
    sandbox.file("../.config/pip/pip.conf", &text);
}

impl Sdk {
    /// That version; `None` when `tests/run` was told to do without the SDKs. Fails when it is not installed.
    #[track_caller]
    pub fn of(version: &str) -> Option<Self> {
        if is_left_out("azure-sdk") {
            return None;
        }
        let what = format!("azure-mgmt-batchai {version}");
        let environment = environment(version, "azure-sdk", &what);
        Some(Self { python: environment.join("bin/python") })
    }

    /// A script of `tests/python`, or of any other folder, for a server.
    pub fn script(&self, path: impl AsRef<Path>, server: &Network<'_>) -> Command {
        let mut command = Command::new(&self.python);
        command
            .arg(scripts().join(path))
            .env_clear()
            .env("BATCHAI_ENDPOINT", &server.url)
            .env("BATCHAI_TOKEN", server.token("sdk", "--role owner"))
            // The folder of the scripts belongs to whoever works on them.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null());
        command
    }
}
