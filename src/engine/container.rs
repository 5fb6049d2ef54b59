//! The container of a job -> what a supervisor is to make of it. Pure.
//!
//! Called by engines that start supervisors, with the plan that [`super::launch`] made. Which container engine there is
//! on this machine is found out by them ([`super::local`]) and handed in as [`Available`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::LaunchRequest;
use super::directories::Layout;
use super::environment;
use super::volumes;
use crate::domain::job::Container;
use crate::supervisor::execution_log::PULLING;
use crate::supervisor::run_dir::{ContainerEngine, ContainerLogin, Launch, LaunchContainer, MountHow, NodeContainer};

/// The registry of names without one (Docker's reference documentation, "image references").
const DOCKER_HUB: &str = "docker.io";

/// The key of Docker Hub in a docker configuration file.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// Folders that belong to the image: an input directory there is the image's, not the host's.
const OF_THE_IMAGE: [&str; 12] =
    ["bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "proc", "run", "sbin", "sys", "usr"];

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
    /// Whether containers see no GPUs although the machine has some.
    pub without_gpus: bool,
}

/// A container engine of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Available {
    /// Whose command line it has.
    pub engine: ContainerEngine,
    /// Its program. Absolute; a mere name when it is not there, which the supervisor then says.
    pub program: PathBuf,
    /// The whole environment of the program itself.
    pub environment: BTreeMap<String, String>,
    /// Whether the machine has GPUs: then each container is told which of them are its own.
    pub has_gpus: bool,
}

/// The containers that the processes of `launch`, the plan of `request`, run in; `None` when they run on the host.
#[must_use]
pub fn plan(
    request: &LaunchRequest,
    launch: &Launch,
    layout: &Layout,
    settings: &ContainerSettings,
    available: impl FnOnce() -> Available,
) -> Option<LaunchContainer> {
    let container = request.job.spec.container.as_ref()?;
    let Available { engine, program, environment, has_gpus } = available();
    let nodes = (0..launch.nodes.len()).map(|place| NodeContainer {
        name: container_name(&launch.run, place),
        gpus: request.nodes[place].gpus.clone(),
        binds: binds(request, launch, layout, place),
    });
    Some(LaunchContainer {
        engine,
        program,
        options: settings.options.clone(),
        run_options: settings.run_options.clone(),
        environment,
        image: image(engine, &container.image),
        login: login(engine, container),
        shm_size: container.shm_size.clone(),
        has_gpus,
        nodes: nodes.collect(),
    })
}

/// The request with the GPUs that its job sees of those that its nodes have: containers none where the administrator
/// says so.
#[must_use]
pub fn with_visible_gpus<'r>(request: &'r LaunchRequest, settings: &ContainerSettings) -> Cow<'r, LaunchRequest> {
    if request.job.spec.container.is_none() || !settings.without_gpus {
        return Cow::Borrowed(request);
    }
    let mut request = request.clone();
    request.nodes.iter_mut().for_each(|node| node.gpus.clear());
    Cow::Owned(request)
}

/// The image that is being pulled when this is the last line of a node's execution log.
#[must_use]
pub fn being_pulled(line: &str) -> Option<&str> {
    let (_time, text) = line.split_once(' ')?;
    text.strip_prefix(PULLING)
}

/// Engines take letters, digits, `_`, `.` and `-`.
fn container_name(run: &str, place: usize) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' };
    format!("batchai-{}-{place}", run.chars().map(plain).collect::<String>())
}

/// What Podman is to pull for a name without a registry, which Batch AI looked for on Docker Hub (azure-docs
/// `batch-ai`); Docker does so by itself. Names with a registry stay as they are.
fn image(engine: ContainerEngine, name: &str) -> String {
    match (engine, name.split_once('/')) {
        (ContainerEngine::Docker, _) => name.to_owned(),
        (ContainerEngine::Podman, Some((first, _))) if is_registry(first) => name.to_owned(),
        (ContainerEngine::Podman, Some(_)) => format!("{DOCKER_HUB}/{name}"),
        (ContainerEngine::Podman, None) => format!("{DOCKER_HUB}/library/{name}"),
    }
}

/// Whether the first part of a name is a registry: Docker's own rule.
fn is_registry(part: &str) -> bool {
    part == "localhost" || part.contains(['.', ':'])
}

/// Under which key the engine looks for who logs in: the registry as given, else that of the image.
fn login(engine: ContainerEngine, container: &Container) -> Option<ContainerLogin> {
    let login = container.login.as_ref()?;
    let of_image = container.image.split_once('/').map(|(first, _)| first).filter(|first| is_registry(first));
    let given = container.registry.as_deref().or(of_image).unwrap_or(DOCKER_HUB);
    let host = given.trim_start_matches("https://").trim_start_matches("http://");
    let host = host.split('/').next().unwrap_or(host);
    let is_hub = [DOCKER_HUB, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com"]
        .contains(&host);
    let server = match engine {
        ContainerEngine::Docker if is_hub => DOCKER_HUB_KEY.to_owned(),
        ContainerEngine::Podman if is_hub => DOCKER_HUB.to_owned(),
        ContainerEngine::Docker | ContainerEngine::Podman => host.to_owned(),
    };
    Some(ContainerLogin { server, username: login.username.clone() })
}

/// What appears in the container of a node under its own path: what processes of the run need of its directory, the
/// cluster's volumes and the job's, with what is behind them, the directories of the job, and its inputs. Not what
/// engine and supervisor tell each other: root of a container could have them run other programs outside.
fn binds(request: &LaunchRequest, launch: &Launch, layout: &Layout, place: usize) -> Vec<PathBuf> {
    let node = &launch.nodes[place];
    let cluster = &request.cluster;
    let run = layout.run(&request.run);
    let of_cluster = layout.node_mounts(cluster.number, request.nodes[place].index);
    let mut paths = vec![run.nodes(), run.remote(), run.shared(), of_cluster];
    paths.extend(cluster.spec.mounts.iter().filter_map(|mount| volumes::real_directory(layout, &mount.source)));
    paths.extend(node.mounts.iter().filter_map(|mount| match &mount.how {
        MountHow::Directory(path) => Some(path.clone()),
        MountHow::Command(_) | MountHow::Program(_) => None,
    }));
    paths.extend(launch.directories.iter().cloned());
    let inputs = request.job.spec.inputs.iter();
    let inputs = inputs.map(|input| PathBuf::from(environment::expand(&input.path, &node.environment)));
    paths.extend(inputs.filter(|path| is_of_the_host(path)));
    without_nested(paths)
}

/// Whether an input directory may lie over what the image has there.
fn is_of_the_host(path: &Path) -> bool {
    let parts: Vec<Component<'_>> = path.components().collect();
    match &parts[..] {
        [Component::RootDir, Component::Normal(first), ..] => {
            let is = |folders: &[&str]| folders.iter().any(|folder| first == folder);
            let is_too_much = parts.len() == 2 && is(&["home", "opt", "root", "tmp", "var"]);
            !is(&OF_THE_IMAGE) && !is_too_much && !parts.contains(&Component::ParentDir)
        }
        _ => false,
    }
}

/// Each path once, and none that another one holds.
fn without_nested(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.sort();
    paths.dedup();
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in paths {
        if !kept.iter().any(|outer| path.starts_with(outer)) {
            kept.push(path);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::JobSpec;
    use crate::domain::job::spec::{Input, RegistryLogin};
    use crate::domain::mount::Mount;
    use crate::domain::secret::{MasterKey, Seal, SecretValue};
    use crate::engine::launch;
    use crate::engine::launch::tests::{host, mounted_spec, request, share};

    fn container(image: &str, registry: Option<&str>) -> Container {
        let password = SecretValue::Sealed(Seal::new(&MasterKey::new([1; 32])).seal("hunter2"));
        Container {
            image: image.into(),
            registry: registry.map(str::to_owned),
            login: Some(RegistryLogin { username: "me".into(), password }),
            shm_size: Some("16gb".into()),
        }
    }

    fn available() -> Available {
        Available {
            engine: ContainerEngine::Podman,
            program: "/usr/bin/podman".into(),
            environment: BTreeMap::new(),
            has_gpus: false,
        }
    }

    fn input(path: &str) -> Input {
        Input { id: "I".into(), path: path.into() }
    }

    #[test]
    fn every_place_that_a_job_can_name_is_bound_once() {
        let inputs = ["/data/mnist", "/etc/ssl", "$AZ_BATCHAI_MOUNT_ROOT/x", "relative", "/home"].map(input).into();
        let spec = JobSpec { container: Some(container("ubuntu", None)), inputs, ..mounted_spec() };
        let layout = Layout::at("/d");
        let mut request = request(&layout, spec);
        request.cluster.spec.mounts = vec![Mount::new("c", share("acc", "of-cluster"))];
        let launch = launch::plan(&request, &layout, &host()).expect("a plan");
        let planned = plan(&request, &launch, &layout, &ContainerSettings::default(), available).expect("a container");
        let shown: Vec<String> = planned
            .nodes
            .iter()
            .map(|node| {
                format!(
                    "{}: {}",
                    node.name,
                    node.binds.iter().map(|b| b.display().to_string()).collect::<Vec<_>>().join(" ")
                )
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @"batchai-r1-0: /d/nodes/7/0/mounts /d/output/s/g/workspaces/w/experiments/e/jobs/j/u1/stdouterr /d/runs/r1/nodes /d/runs/r1/remote /d/runs/r1/shared /d/storage/acc/containers/con /d/storage/acc/shares/data /d/storage/acc/shares/of-cluster /data/mnist");
        let on_host = JobSpec { container: None, ..request.job.spec.clone() };
        request.job.spec = on_host;
        assert_eq!(plan(&request, &launch, &layout, &ContainerSettings::default(), available), None);
    }

    #[test]
    fn a_name_without_a_registry_means_docker_hub() {
        for (name, podman) in [
            ("ubuntu", "docker.io/library/ubuntu"),
            ("ubuntu:18.04", "docker.io/library/ubuntu:18.04"),
            ("tensorflow/tensorflow:1.8.0", "docker.io/tensorflow/tensorflow:1.8.0"),
            ("demo.azurecr.io/x", "demo.azurecr.io/x"),
            ("localhost/x", "localhost/x"),
            ("registry:5000/x", "registry:5000/x"),
        ] {
            assert_eq!(image(ContainerEngine::Podman, name), podman);
            assert_eq!(image(ContainerEngine::Docker, name), name);
        }
    }

    #[test]
    fn the_engine_finds_the_login_under_the_key_of_the_registry() {
        let server =
            |engine, image: &str, registry| login(engine, &container(image, registry)).expect("a login").server;
        for (image, registry, docker, podman) in [
            ("ubuntu", None, DOCKER_HUB_KEY, "docker.io"),
            ("me/private", Some("https://index.docker.io/v1/"), DOCKER_HUB_KEY, "docker.io"),
            ("demo.azurecr.io/x", Some("https://demo.azurecr.io/"), "demo.azurecr.io", "demo.azurecr.io"),
            ("demo.azurecr.io/x", None, "demo.azurecr.io", "demo.azurecr.io"),
            ("127.0.0.1:5000/x", Some("http://127.0.0.1:5000"), "127.0.0.1:5000", "127.0.0.1:5000"),
        ] {
            assert_eq!(server(ContainerEngine::Docker, image, registry), docker);
            assert_eq!(server(ContainerEngine::Podman, image, registry), podman);
        }
    }

    #[test]
    fn only_containers_lose_their_gpus() {
        let settings = |without_gpus| ContainerSettings { without_gpus, ..ContainerSettings::default() };
        let seen = |container, without_gpus| {
            let spec = JobSpec { container, ..mounted_spec() };
            let mut request = request(&Layout::at("/d"), spec);
            request.nodes[0].gpus = vec!["GPU-1".into(), "GPU-2".into()];
            with_visible_gpus(&request, &settings(without_gpus)).nodes[0].gpus.len()
        };
        let container = || Some(container("a", None));
        assert_eq!([seen(container(), true), seen(None, true), seen(container(), false)], [0, 2, 2]);
    }

    #[test]
    fn an_image_is_being_pulled_until_the_log_says_something_else() {
        assert_eq!(being_pulled("2018-06-07T09:15:00Z pulling image a/b:1"), Some("a/b:1"));
        assert_eq!(being_pulled("2018-06-07T09:15:00Z image a/b:1 pulled"), None);
        assert_eq!(being_pulled("2018-06-07T09:15:00Z running pulling image a"), None);
        assert_eq!(being_pulled("pulling image a/b:1"), None, "the time is missing");
    }

    #[test]
    fn names_are_what_engines_take() {
        assert_eq!(container_name("0b8e43e5-9c", 1), "batchai-0b8e43e5-9c-1");
        assert_eq!(container_name("a/b c", 0), "batchai-a-b-c-0");
    }
}
