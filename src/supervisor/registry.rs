//! Logging in to the registry of an image, for the one pull that needs it.
//!
//! Engines read who logs in from a file. Here that file is a link to the standard input of whoever reads it, and only
//! the client that pulls has the password there, in memory: no disk, argument or environment ever holds it.

use std::fs::{self, DirBuilder};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::run_dir::{ContainerEngine, ContainerLogin, LaunchContainer};
use super::tool;

/// The name of the file, as docker has it.
const CONFIG: &str = "config.json";

/// A login that is ready to be used; dropping it removes what it left on the disk, which was no secret.
#[derive(Debug)]
pub struct Login {
    engine: ContainerEngine,
    folder: PathBuf,
    config: fs::File,
}

impl Login {
    /// Makes `folder`, which only we may enter. What docker knows besides of how to reach its daemon stays valid.
    ///
    /// # Errors
    /// When the file system or the kernel refuses.
    pub fn open(
        folder: &Path,
        container: &LaunchContainer,
        login: &ContainerLogin,
        password: &str,
    ) -> io::Result<Self> {
        let _ = fs::remove_dir_all(folder);
        DirBuilder::new().mode(0o700).create(folder)?;
        let mut opened =
            Self { engine: container.engine, folder: folder.to_owned(), config: tool::memory("registry login")? };
        let usual = usual_folder(container);
        let known = usual.as_ref().and_then(|folder| fs::read(folder.join(CONFIG)).ok());
        let known = known.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        opened.config.write_all(&serde_json::to_vec(&config(login, password, &known))?)?;
        symlink("/proc/self/fd/0", folder.join(CONFIG))?;
        if let Some(contexts) = usual.map(|folder| folder.join("contexts")).filter(|folder| folder.is_dir()) {
            symlink(contexts, folder.join("contexts"))?;
        }
        Ok(opened)
    }

    /// What tells the engine where the file is: options of docker itself, and of podman's subcommand.
    pub fn words(&self) -> Vec<String> {
        match self.engine {
            ContainerEngine::Docker => vec!["--config".into(), self.folder.display().to_string()],
            ContainerEngine::Podman => vec!["--authfile".into(), self.folder.join(CONFIG).display().to_string()],
        }
    }

    /// The standard input of the client that pulls.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn stdin(&self) -> io::Result<Stdio> {
        let mut file = self.config.try_clone()?;
        file.rewind()?;
        Ok(file.into())
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Where docker has its own settings.
fn usual_folder(container: &LaunchContainer) -> Option<PathBuf> {
    let variable = |name: &str| container.environment.get(name).map(PathBuf::from);
    variable("DOCKER_CONFIG").or_else(|| variable("HOME").map(|home| home.join(".docker")))
}

/// The text of a docker configuration file that logs in; `known` is the usual one, of which only the way to the daemon
/// matters.
fn config(login: &ContainerLogin, password: &str, known: &Value) -> Value {
    let token = STANDARD.encode(format!("{}:{password}", login.username));
    let mut config = json!({ "auths": { login.server.clone(): { "auth": token } } });
    if let Some(context) = known.get("currentContext") {
        config["currentContext"] = context.clone();
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_this_login_and_the_way_to_the_daemon_alone() {
        let login = ContainerLogin { server: "demo.azurecr.io".into(), username: "me".into() };
        let known = json!({ "currentContext": "rootless", "auths": { "other": {} }, "credsStore": "desktop" });
        let expected = json!({
            "auths": { "demo.azurecr.io": { "auth": "bWU6aHVudGVyMg==" } }, "currentContext": "rootless"
        });
        assert_eq!(config(&login, "hunter2", &known), expected);
    }
}
