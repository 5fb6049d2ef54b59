//! The words in which container engines are spoken to, and the removal of containers whose supervisor is gone.
//!
//! Docker and Podman have one command line as far as it is needed here. The supervisor starts and ends the containers
//! of a run in these words; engines call [`remove_all`]. Secrets are never among the words.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::run_dir::{ContainerEngine, Launch, LaunchContainer, NodeContainer, RUN_MARKER};
use super::tool;

/// Podman does not remove a container whose monitor was killed, but it does when it is asked again.
pub const MOST_REMOVALS: u32 = 3;

/// How long engines may take to remove containers whose supervisor is gone: the server waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The label that says which run a container belongs to.
const LABEL: &str = "batchai.run";

/// What the first process of a container does: nothing, but it takes in orphans. It outlives a TERM to all processes,
/// and ends at once at one to itself. An image without `sleep` must not make it a loop that never rests.
const INIT: &str =
    "trap 'exit 0' TERM; while :; do (trap '' TERM; exec sleep 86400) & wait $!; [ $? -ne 127 ] || exit 127; done";

/// Ends politely whoever is inside but the first process and its `sleep`, and waits until they are gone. Leaves a file
/// that tells, by its owner, who root of the container is outside.
const END_POLITELY: &str = ": > \"$1\"; kill -TERM -1 2>/dev/null; kill -CONT -1 2>/dev/null; \
    while set -- /proc/[0-9]*; [ $# -gt 3 ]; do sleep 0.1 2>/dev/null || sleep 1; done";

/// The engine's program with these words after its own options; its environment is that of the plan.
pub fn command<'w>(container: &LaunchContainer, run: &str, words: impl IntoIterator<Item = &'w str>) -> Command {
    let mut command = Command::new(&container.program);
    command.args(&container.options).args(words).env_clear().envs(&container.environment).env(RUN_MARKER, run);
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// What the engine is called in messages.
pub fn name(container: &LaunchContainer) -> String {
    container.program.file_name().unwrap_or(container.program.as_os_str()).to_string_lossy().into_owned()
}

/// Why there can be no container: the program is not there. `None` when it is.
#[must_use]
pub fn no_engine(container: &LaunchContainer) -> Option<String> {
    let LaunchContainer { program, image, .. } = container;
    let advice = "install Docker or Podman, or name the program as `engine` in `containers` of server.yaml";
    (!program.is_absolute()).then(|| {
        let program = program.display();
        format!(
            "this machine has no container engine for image {image}: `{program}` is not on the PATH of the server: \
             {advice}"
        )
    })
}

/// The names under which the image may be there already. Podman keeps what was built here as `localhost/...`, and a
/// name without a registry means that first.
pub fn local_names(container: &LaunchContainer) -> Vec<String> {
    let image = &container.image;
    let hub = image.strip_prefix("docker.io/").map(|rest| rest.strip_prefix("library/").unwrap_or(rest));
    let built = hub.filter(|_| container.engine == ContainerEngine::Podman).map(|name| format!("localhost/{name}"));
    std::iter::once(image.clone()).chain(built).collect()
}

/// Starts a container and leaves it running.
pub fn run(container: &LaunchContainer, node: &NodeContainer, run: &str, image: &str) -> Vec<String> {
    let (label, marker) = (format!("{LABEL}={run}"), format!("{RUN_MARKER}={run}"));
    // Commands of Batch AI ran as root of the container, whatever user the image names; `--rm` is for the day on which
    // nobody is left to remove it; engines that know SELinux would have the volumes relabelled; no other limit than
    // those of the host, as for jobs on the host.
    let fixed = [
        "run",
        "--detach",
        "--rm",
        "--name",
        &node.name,
        "--label",
        &label,
        "--env",
        &marker,
        "--network",
        "host",
        "--user",
        "0",
        "--stop-timeout",
        "0",
        "--no-healthcheck",
        "--pids-limit",
        "-1",
        "--security-opt",
        "label=disable",
    ];
    let mut words: Vec<String> = fixed.map(str::to_owned).into();
    words.extend(node.binds.iter().flat_map(|path| bind(path)));
    words.extend(container.shm_size.iter().flat_map(|size| ["--shm-size".to_owned(), size.clone()]));
    if container.has_gpus {
        words.extend(gpus(container.engine, &node.gpus));
    }
    words.extend(container.run_options.iter().cloned());
    words.extend(["--entrypoint", "/bin/sh", image, "-c", INIT].map(str::to_owned));
    words
}

fn bind(path: &Path) -> [String; 2] {
    let path = path.display().to_string();
    // A colon would end the path in the short form, a comma in the long one.
    if path.contains(':') {
        ["--mount".into(), format!("type=bind,source={path},target={path}")]
    } else {
        ["--volume".into(), format!("{path}:{path}")]
    }
}

/// Only these GPUs. Without the variable, images made by NVIDIA would have all of them where its runtime is the usual one
/// (documentation of the NVIDIA Container Toolkit).
fn gpus(engine: ContainerEngine, own: &[String]) -> Vec<String> {
    if own.is_empty() {
        return vec!["--env".into(), "NVIDIA_VISIBLE_DEVICES=void".into()];
    }
    match engine {
        // The value is a line of comma-separated values itself, hence the quotes (Docker's documentation of `--gpus`).
        ContainerEngine::Docker => vec!["--gpus".into(), format!("\"device={}\"", own.join(","))],
        ContainerEngine::Podman => {
            own.iter().flat_map(|gpu| ["--device".into(), format!("nvidia.com/gpu={gpu}")]).collect()
        }
    }
}

/// Runs shell text that comes on standard input.
pub fn exec(node: &NodeContainer) -> [&str; 6] {
    ["exec", "--interactive", "--user", "0", &node.name, "/bin/sh"]
}

/// Ends politely whoever is inside, and returns when they are gone. Makes `owned`, a file of the run.
pub fn end_politely<'w>(node: &'w NodeContainer, owned: &'w str) -> [&'w str; 9] {
    ["exec", "--user", "0", &node.name, "/bin/sh", "-c", END_POLITELY, "sh", owned]
}

/// Gives what was made inside to the user that the run belongs to outside.
pub fn give_back<'w>(node: &'w NodeContainer, owner: &'w str, paths: &'w [String]) -> Vec<&'w str> {
    let mut words = vec!["exec", "--user", "0", &node.name, "chown", "-R", "-h", owner];
    words.extend(paths.iter().map(String::as_str));
    words
}

/// Asks whether a container runs; prints `true`.
pub fn is_running(node: &NodeContainer) -> [&str; 5] {
    ["container", "inspect", "--format", "{{.State.Running}}", &node.name]
}

/// Removes the containers of a run at once, whatever runs in them.
pub fn remove(container: &LaunchContainer) -> Vec<&str> {
    let names = container.nodes.iter().map(|node| node.name.as_str());
    ["rm", "--force", "--volumes"].into_iter().chain(names).collect()
}

/// What to do by hand when they could not be removed.
pub fn by_hand(container: &LaunchContainer) -> String {
    let words: Vec<&str> = container.options.iter().map(String::as_str).chain(remove(container)).collect();
    format!("`{} {}` removes what is left", container.program.display(), words.join(" "))
}

/// Whether an engine that failed to remove a container only said that it is not there.
pub fn says_it_is_gone(printed: &str) -> bool {
    let mut lines = printed.lines().filter(|line| !line.trim().is_empty()).peekable();
    lines.peek().is_some() && lines.all(|line| line.to_lowercase().contains("no such container"))
}

/// Removes the containers of a run without a supervisor; those that are not there are fine. For engines, before
/// [`super::orphans::end_orphans`] and again after it: a client of the container engine could still be making one.
///
/// # Errors
/// A sentence that says which may be left, and what to do.
pub fn remove_all(launch: &Launch) -> Result<(), String> {
    let Some(container) = launch.container.as_ref().filter(|container| container.program.is_absolute()) else {
        return Ok(());
    };
    let mut problem = String::new();
    for _ in 0..MOST_REMOVALS {
        let mut command = command(container, &launch.run, remove(container));
        match tool::run_and_listen(&mut command, PATIENCE) {
            Ok((status, said)) if status.success() || says_it_is_gone(&said) => return Ok(()),
            Ok((status, said)) => problem = format!("{} ended with {status}: {}", name(container), said.trim()),
            // It would not come sooner another time.
            Err(error) => {
                problem = format!("{}: {error}", name(container));
                break;
            }
        }
    }
    Err(format!("cannot remove the containers of run {}: {problem}; {}", launch.run, by_hand(container)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn container(engine: ContainerEngine) -> LaunchContainer {
        LaunchContainer {
            engine,
            program: "/usr/bin/engine".into(),
            options: vec!["--runtime".into(), "runc".into()],
            run_options: vec!["--ulimit".into(), "nofile=1024:1024".into()],
            environment: BTreeMap::new(),
            image: "docker.io/library/ubuntu:18.04".into(),
            login: None,
            shm_size: Some("16gb".into()),
            has_gpus: true,
            nodes: vec![NodeContainer {
                name: "batchai-r-0".into(),
                binds: vec!["/d/runs/r".into(), "/a:b".into()],
                gpus: vec!["GPU-1".into(), "GPU-2".into()],
            }],
        }
    }

    #[test]
    fn a_container_is_started_in_the_words_of_its_engine() {
        let words = |engine| {
            let container = container(engine);
            run(&container, &container.nodes[0], "r", &container.image).join(" ")
        };
        let docker = words(ContainerEngine::Docker);
        insta::assert_snapshot!(docker.replace(INIT, "INIT"), @r#"run --detach --rm --name batchai-r-0 --label batchai.run=r --env BATCHAI_RUN_ID=r --network host --user 0 --stop-timeout 0 --no-healthcheck --pids-limit -1 --security-opt label=disable --volume /d/runs/r:/d/runs/r --mount type=bind,source=/a:b,target=/a:b --shm-size 16gb --gpus "device=GPU-1,GPU-2" --ulimit nofile=1024:1024 --entrypoint /bin/sh docker.io/library/ubuntu:18.04 -c INIT"#);
        let podman = "--device nvidia.com/gpu=GPU-1 --device nvidia.com/gpu=GPU-2";
        assert_eq!(docker.replace("--gpus \"device=GPU-1,GPU-2\"", podman), words(ContainerEngine::Podman));
    }

    #[test]
    fn a_container_without_gpus_sees_none_of_a_machine_that_has_some() {
        let words = |has_gpus| {
            let mut container = LaunchContainer { has_gpus, ..container(ContainerEngine::Docker) };
            container.nodes[0].gpus.clear();
            run(&container, &container.nodes[0], "r", &container.image).join(" ")
        };
        assert!(words(true).contains("--env NVIDIA_VISIBLE_DEVICES=void ") && !words(true).contains("--gpus"));
        assert!(!words(false).contains("NVIDIA"));
    }

    #[test]
    fn an_image_that_was_built_here_is_found_under_its_short_name() {
        let names = |engine, image: &str| local_names(&LaunchContainer { image: image.into(), ..container(engine) });
        let podman = |image| names(ContainerEngine::Podman, image);
        assert_eq!(podman("docker.io/library/mine:1"), ["docker.io/library/mine:1", "localhost/mine:1"]);
        assert_eq!(podman("docker.io/me/mine"), ["docker.io/me/mine", "localhost/me/mine"]);
        assert_eq!(podman("demo.azurecr.io/mine"), ["demo.azurecr.io/mine"]);
        assert_eq!(names(ContainerEngine::Docker, "mine"), ["mine"]);
    }

    #[test]
    fn only_an_engine_that_knows_of_no_container_has_none() {
        for (printed, expected) in [
            ("Error: No such container: batchai-r-0\n", true),
            ("Error: no container with ID or name \"x\" found: no such container\n", true),
            ("Error: No such container: a\nError: No such container: b\n", true),
            ("Error: No such container: a\npermission denied\n", false),
            ("", false),
        ] {
            assert_eq!(says_it_is_gone(printed), expected, "{printed}");
        }
    }
}
