//! Which container engine this machine has. Found out when a job needs one: it may come and go while a server runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::{Access, access};

use crate::engine::container::{Available, ContainerSettings};
use crate::engine::environment::Host;
use crate::supervisor::run_dir::ContainerEngine;
use crate::supervisor::tool;

/// In the order in which they are preferred.
const KNOWN: [(&str, ContainerEngine); 2] = [("docker", ContainerEngine::Docker), ("podman", ContainerEngine::Podman)];

/// A daemon that does not answer within this time is not preferred.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the programs look for in their environment, beside PATH and HOME: where their daemon is, where they keep their
/// things, and how they reach registries.
const INHERITED: [&str; 30] = [
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "DOCKER_API_VERSION",
    "CONTAINER_HOST",
    "CONTAINER_CONNECTION",
    "CONTAINER_SSHKEY",
    "CONTAINERS_CONF",
    "CONTAINERS_STORAGE_CONF",
    "CONTAINERS_REGISTRIES_CONF",
    "REGISTRY_AUTH_FILE",
    "STORAGE_DRIVER",
    "STORAGE_OPTS",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "USER",
    "TMPDIR",
];

/// What is used: what the settings name, else the first that is there and whose daemon, if it needs one, answers. A
/// mere name when nothing is there.
pub(super) fn available(settings: &ContainerSettings, host: &Host) -> Available {
    let environment = environment(host);
    let (engine, program) = match &settings.engine {
        Some(engine) => named(engine, &host.search_path),
        None => first(&host.search_path, &environment),
    };
    Available { engine, program, environment, has_gpus: host.gpus > 0 }
}

/// One that the settings name, by its name or its path. A program of another name is taken to be like Docker.
fn named(engine: &str, search_path: &str) -> (ContainerEngine, PathBuf) {
    let path = Path::new(engine);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let kind = if name.contains("podman") { ContainerEngine::Podman } else { ContainerEngine::Docker };
    let program = if path.is_absolute() { Some(path.to_owned()) } else { find(engine, search_path) };
    (kind, program.unwrap_or_else(|| path.to_owned()))
}

fn first(search_path: &str, environment: &BTreeMap<String, String>) -> (ContainerEngine, PathBuf) {
    let mut there: Vec<(ContainerEngine, PathBuf)> =
        KNOWN.iter().filter_map(|(name, engine)| Some((*engine, find(name, search_path)?))).collect();
    // Docker's program says nothing of its daemon; where there is a choice, that is asked.
    if there.len() > 1 && !answers(&there[0].1, environment) {
        there.swap(0, 1);
    }
    there.into_iter().next().unwrap_or((ContainerEngine::Docker, "docker".into()))
}

fn answers(program: &Path, environment: &BTreeMap<String, String>) -> bool {
    let mut command = std::process::Command::new(program);
    command.args(["version", "--format", "{{.Server.Version}}"]).env_clear().envs(environment);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    tool::run(&mut command, PATIENCE).is_ok_and(|status| status.success())
}

fn find(name: &str, search_path: &str) -> Option<PathBuf> {
    let folders = std::env::split_paths(search_path).filter(|folder| folder.is_absolute());
    let is_program = |path: &PathBuf| path.is_file() && access(path, Access::EXEC_OK).is_ok();
    folders.map(|folder| folder.join(name)).find(is_program)
}

fn environment(host: &Host) -> BTreeMap<String, String> {
    let own = [("PATH", &host.search_path), ("HOME", &host.home)];
    let own = own.map(|(name, value)| (name.to_owned(), value.clone()));
    let inherited = INHERITED.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
    inherited.chain(own).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder with these programs, each of which exits so.
    fn programs(programs: &[(&str, i32)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, code) in programs {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\nexit {code}\n")).expect("a file");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
        }
        folder
    }

    fn found(programs: &tempfile::TempDir, engine: Option<&str>) -> (ContainerEngine, String) {
        let host = Host {
            search_path: programs.path().display().to_string(),
            home: "/home/me".into(),
            user: "me".into(),
            shell: "/bin/sh".into(),
            language: "C".into(),
            gpus: 0,
        };
        let settings = ContainerSettings { engine: engine.map(str::to_owned), ..ContainerSettings::default() };
        let found = available(&settings, &host);
        let folder = format!("{}/", programs.path().display());
        (found.engine, found.program.display().to_string().replace(&folder, "FOLDER/"))
    }

    #[test]
    fn docker_is_preferred_unless_its_daemon_is_down_and_there_is_another() {
        use ContainerEngine::{Docker, Podman};
        let at = |engine, path: &str| (engine, path.to_owned());
        assert_eq!(found(&programs(&[("docker", 0), ("podman", 0)]), None), at(Docker, "FOLDER/docker"));
        assert_eq!(found(&programs(&[("docker", 1), ("podman", 0)]), None), at(Podman, "FOLDER/podman"));
        assert_eq!(found(&programs(&[("docker", 1)]), None), at(Docker, "FOLDER/docker"));
        assert_eq!(found(&programs(&[("podman", 1)]), None), at(Podman, "FOLDER/podman"));
        assert_eq!(found(&programs(&[]), None), at(Docker, "docker"));
    }

    #[test]
    fn what_the_settings_name_is_used_whatever_it_answers() {
        use ContainerEngine::{Docker, Podman};
        let both = programs(&[("docker", 1), ("podman", 0)]);
        let at = |engine, path: &str| (engine, path.to_owned());
        assert_eq!(found(&both, Some("docker")), at(Docker, "FOLDER/docker"));
        assert_eq!(found(&both, Some("podman")), at(Podman, "FOLDER/podman"));
        assert_eq!(found(&both, Some("/opt/podman-remote")), at(Podman, "/opt/podman-remote"));
        assert_eq!(found(&both, Some("nerdctl")), at(Docker, "nerdctl"));
    }
}
