//! The containers of a run: one per node, started after the mounts, in which preparation and processes run; ended and
//! removed before anything else is ended.
//!
//! Commands run inside by clients of the engine, which are our children and end as the commands end. What they started
//! need not descend from us, so whoever is inside is ended from inside, and at last with the container.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::mounting::printed;
use super::{Ending, LEFTOVER_GRACE, Run};
use crate::supervisor::containers;
use crate::supervisor::execution_log::PULLING;
use crate::supervisor::family::{End, Reaped, Whom};
use crate::supervisor::processes;
use crate::supervisor::registry::Login;
use crate::supervisor::run_dir::{ContainerEngine, LaunchContainer, NodeContainer};
use crate::supervisor::shell::{self, How};
use crate::supervisor::watch::Interruption;

/// Longer than any working engine takes to start a container, or to look for an image.
const START_LIMIT: Duration = Duration::from_secs(300);

/// Longer than a working engine takes to say whether a container runs.
const QUESTION_LIMIT: Duration = Duration::from_secs(10);

/// Longer than a working engine takes to remove containers.
const REMOVAL_LIMIT: Duration = Duration::from_secs(30);

/// How long giving back what was made inside may take.
const GIVE_BACK_LIMIT: Duration = Duration::from_secs(120);

/// What to do where GPUs may be why a container does not start.
const WITHOUT_GPUS: &str = "; if it is about the GPUs of this machine: install the NVIDIA Container Toolkit, or write \
                            `gpus: false` into `containers` of server.yaml";

/// So much of what a pull says goes into the execution log.
const MOST_PULL_LINES: usize = 200;

/// Where the containers of a run stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is none.
    None,
    /// Some may be there.
    Starting,
    /// All are there.
    Running,
}

/// What became of clients that were waited for.
enum Clients {
    /// They have ended, in the order in which they were given.
    Ended(Vec<End>),
    Interrupted(Interruption),
    /// They were killed.
    TimedOut,
}

/// A client of the engine to start.
struct Client {
    place: usize,
    words: Vec<String>,
}

impl Run<'_> {
    /// Gets the image and starts the containers of all nodes, if the run has any.
    pub(super) fn start_containers(&mut self) -> Result<(), Ending> {
        let launch = self.launch;
        let Some(container) = &launch.container else { return Ok(()) };
        self.stop_if_interrupted()?;
        if let Some(why) = containers::no_engine(container) {
            return Err(Ending::container_failed(why));
        }
        let image = self.image(container)?;
        self.stage = Stage::Starting;
        let nodes: Vec<NodeContainer> =
            container.nodes.iter().enumerate().map(|(place, node)| self.with_what_is_there(place, node)).collect();
        let clients = nodes.iter().enumerate();
        let clients =
            clients.map(|(place, node)| Client { place, words: containers::run(container, node, &launch.run, &image) });
        self.ask(container, clients.collect(), "start a container from", &image)?;
        for (place, node) in container.nodes.iter().enumerate() {
            self.logs[place].say(&format!("container {} started from image {image}", node.name));
        }
        self.stage = Stage::Running;
        Ok(())
    }

    /// Without directories that the host does not have: Podman would start no container, Docker would make them. The
    /// image may have them.
    fn with_what_is_there(&mut self, place: usize, node: &NodeContainer) -> NodeContainer {
        let (binds, missing): (Vec<_>, Vec<_>) = node.binds.iter().cloned().partition(|path| path.exists());
        for path in missing {
            let path = path.display();
            self.logs[place].say(&format!("{path} is not on this machine: the container has what its image has there"));
        }
        NodeContainer { binds, ..node.clone() }
    }

    /// The name under which the image is there; pulled when it is not.
    fn image(&mut self, container: &LaunchContainer) -> Result<String, Ending> {
        for name in containers::local_names(container) {
            let words = ["image", "inspect", "--format", "{{.Id}}", &name].map(str::to_owned).into();
            let pids = self.spawn_clients(container, vec![Client { place: 0, words }])?;
            match self.wait_for_clients(&pids, START_LIMIT, true) {
                Clients::Ended(ends) if ends == [End::Code(0)] => return Ok(name),
                Clients::Ended(_) => {}
                Clients::Interrupted(why) => return Err(Ending::interrupted(why)),
                Clients::TimedOut => return Err(silent(container, START_LIMIT)),
            }
        }
        self.say_to_all(&format!("{PULLING}{}", container.image));
        self.pull(container)?;
        self.say_to_all(&format!("image {} pulled", container.image));
        Ok(container.image.clone())
    }

    fn pull(&mut self, container: &LaunchContainer) -> Result<(), Ending> {
        let output = self.dir.container_output(0);
        let failed = |why: String| Ending::container_failed(format!("cannot pull image {}: {why}", container.image));
        let login = match (&container.login, self.secrets.registry_password()) {
            (Some(login), Some(password)) => Some(Login::open(&self.dir.login(), container, login, password)),
            (None | Some(_), _) => None,
        };
        let login = login.transpose().map_err(|error| failed(format!("cannot prepare its login: {error}")))?;
        let words = login.as_ref().map_or_else(Vec::new, Login::words);
        let words = match container.engine {
            // An option of the program, not of the subcommand.
            ContainerEngine::Docker => [words, vec!["pull".into()]].concat(),
            ContainerEngine::Podman => [vec!["pull".into()], words].concat(),
        };
        let words = words.iter().map(String::as_str).chain([container.image.as_str()]);
        let mut command = containers::command(container, &self.launch.run, words);
        if let Some(login) = &login {
            command.stdin(login.stdin().map_err(|error| failed(error.to_string()))?);
        }
        let pid = spawn(command, &output)
            .map_err(|error| failed(format!("cannot start {}: {error}", containers::name(container))))?;
        let end = match self.wait_for_clients(&[pid], Duration::MAX, true) {
            Clients::Ended(ends) => ends[0],
            Clients::Interrupted(why) => return Err(Ending::interrupted(why)),
            Clients::TimedOut => unreachable!("no limit was given"),
        };
        self.log_pull(&output);
        if end == End::Code(0) {
            return Ok(());
        }
        let advice = if container.login.is_some() {
            "check its name, and the serverUrl and credentials of imageSourceRegistry"
        } else {
            "check its name; an image of a private registry needs credentials in imageSourceRegistry"
        };
        Err(failed(format!("{}: {advice}", gist(&printed(&output)))))
    }

    fn log_pull(&mut self, output: &Path) {
        let text = fs::read_to_string(output).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        self.say_to_all(&lines[lines.len().saturating_sub(MOST_PULL_LINES)..].join("\n"));
    }

    /// How processes are started on a node: in its container once there is one.
    pub(super) fn how(&self, place: usize) -> How {
        match &self.launch.container {
            Some(container) if self.stage == Stage::Running => {
                let words = containers::exec(&container.nodes[place]);
                How::Inside(containers::command(container, &self.launch.run, words))
            }
            Some(_) | None => How::OnHost,
        }
    }

    /// The ending of a run of which a process failed because its container is gone; `None` when that is not why.
    pub(super) fn lost_container(&mut self, place: usize) -> Option<Ending> {
        let container = self.launch.container.as_ref().filter(|_| self.stage == Stage::Running)?;
        let node = &container.nodes[place];
        let words = containers::is_running(node).map(str::to_owned).into();
        let asked = self.spawn_clients(container, vec![Client { place, words }]);
        let ended = asked.map(|pids| self.wait_for_clients(&pids, QUESTION_LIMIT, false));
        let output = self.dir.container_output(place);
        let said = printed(&output);
        if matches!(&ended, Ok(Clients::Ended(ends)) if ends == &[End::Code(0)]) && said == "true" {
            return None;
        }
        let (engine, name) = (containers::name(container), &node.name);
        let why = "somebody removed or stopped it, or the engine did; run the job again";
        Some(Ending::container_failed(format!(
            "container {name} was gone before its command had ended ({engine}: {said}): {why}"
        )))
    }

    /// Ends whoever is in the containers and removes them. What the engine does not do in time is left, and said.
    pub(super) fn end_containers(&mut self, ending: &mut Ending) {
        let launch = self.launch;
        let Some(container) = &launch.container else { return };
        match self.stage {
            Stage::None => return,
            // Before its removal: a client that is still at work could make one after it.
            Stage::Starting => self.end_processes(ending),
            Stage::Running => self.end_inside(container, ending),
        }
        self.stage = Stage::None;
        match (0..containers::MOST_REMOVALS).find_map(|_| self.remove(container).transpose()) {
            Some(Ok(())) => self.say_to_all("containers removed"),
            failed => {
                let said = failed.and_then(Result::err).unwrap_or_else(|| printed(&self.dir.container_output(0)));
                let by_hand = containers::by_hand(container);
                self.complain(ending, &format!("the containers of the job could not be removed: {said}; {by_hand}"));
            }
        }
        // Podman has a process beside each container, which ends by itself.
        self.family.wait_for_all(Whom::AllButKept, &mut self.watch, LEFTOVER_GRACE);
    }

    /// Whether they are gone; `None` when it is worth another try.
    fn remove(&mut self, container: &LaunchContainer) -> Result<Option<()>, String> {
        let words = containers::remove(container).into_iter().map(str::to_owned).collect();
        let pids = self.spawn_clients(container, vec![Client { place: 0, words }]);
        let pids = pids.map_err(|ending| ending.reason(self.launch))?;
        match self.wait_for_clients(&pids, REMOVAL_LIMIT, false) {
            Clients::Ended(ends) => {
                let is_gone = || containers::says_it_is_gone(&printed(&self.dir.container_output(0)));
                Ok((ends == [End::Code(0)] || is_gone()).then_some(()))
            }
            Clients::Interrupted(_) | Clients::TimedOut => {
                Err(format!("{} did not answer in {} s", containers::name(container), REMOVAL_LIMIT.as_secs()))
            }
        }
    }

    fn end_inside(&mut self, container: &LaunchContainer, ending: &Ending) {
        self.say_to_all(&format!("ending what runs in the containers: {}", ending.reason(self.launch)));
        let full = Duration::from_secs(self.launch.grace_seconds);
        let grace = if ending.are_others_left { full } else { full.min(LEFTOVER_GRACE) };
        let owned: Vec<PathBuf> = (0..container.nodes.len()).map(|place| self.dir.container_owned(place)).collect();
        let clients = container.nodes.iter().enumerate().map(|(place, node)| {
            let path = owned[place].display().to_string();
            Client { place, words: containers::end_politely(node, &path).map(str::to_owned).into() }
        });
        if let Ok(pids) = self.spawn_clients(container, clients.collect()) {
            self.wait_for_clients(&pids, grace, false);
        }
        self.give_back(container, &owned);
    }

    /// An engine that runs as root leaves files of root, which a server of an ordinary user could not even remove.
    fn give_back(&mut self, container: &LaunchContainer, owned: &[PathBuf]) {
        let me = rustix::process::getuid().as_raw();
        let owner = format!("{me}:{}", rustix::process::getgid().as_raw());
        let is_strange = |path: &PathBuf| fs::metadata(path).is_ok_and(|file| file.uid() != me);
        let paths: Vec<String> =
            self.launch.directories.iter().chain(owned).map(|path| path.display().to_string()).collect();
        let strange = container.nodes.iter().enumerate().filter(|(place, _)| is_strange(&owned[*place]));
        let client = |(place, node): (usize, &NodeContainer)| Client {
            place,
            words: containers::give_back(node, &owner, &paths).into_iter().map(str::to_owned).collect(),
        };
        let clients: Vec<Client> = strange.map(client).collect();
        if !clients.is_empty()
            && let Ok(pids) = self.spawn_clients(container, clients)
        {
            self.wait_for_clients(&pids, GIVE_BACK_LIMIT, false);
        }
    }

    /// Has the engine do something with the image on several nodes at once; `action` begins the sentence of an error.
    fn ask(
        &mut self,
        container: &LaunchContainer,
        clients: Vec<Client>,
        action: &str,
        image: &str,
    ) -> Result<(), Ending> {
        let places: Vec<usize> = clients.iter().map(|client| client.place).collect();
        let pids = self.spawn_clients(container, clients)?;
        match self.wait_for_clients(&pids, START_LIMIT, true) {
            Clients::Ended(ends) => {
                let failed = places.iter().zip(ends).find(|(_, end)| *end != End::Code(0));
                failed.map_or(Ok(()), |(place, _)| {
                    let said = printed(&self.dir.container_output(*place));
                    let has_gpus = container.has_gpus && !container.nodes[*place].gpus.is_empty();
                    let gpus = if has_gpus { WITHOUT_GPUS } else { "" };
                    Err(Ending::container_failed(format!("cannot {action} image {image}: {}{gpus}", gist(&said))))
                })
            }
            Clients::Interrupted(why) => Err(Ending::interrupted(why)),
            Clients::TimedOut => Err(silent(container, START_LIMIT)),
        }
    }

    fn spawn_clients(&mut self, container: &LaunchContainer, clients: Vec<Client>) -> Result<Vec<i32>, Ending> {
        let one = |client: Client| {
            let command = containers::command(container, &self.launch.run, client.words.iter().map(String::as_str));
            spawn(command, &self.dir.container_output(client.place)).map_err(|error| {
                let program = container.program.display();
                Ending::container_failed(format!("cannot start {program}, the container engine: {error}"))
            })
        };
        clients.into_iter().map(one).collect()
    }

    /// Waits until these have ended, and at most so long; those that have not are killed.
    fn wait_for_clients(&mut self, pids: &[i32], limit: Duration, may_be_interrupted: bool) -> Clients {
        let until = Instant::now().checked_add(limit);
        let mut left: BTreeSet<i32> = pids.iter().copied().collect();
        let mut ends = BTreeMap::new();
        loop {
            while let Reaped::Ended(pid, end) = self.family.reap() {
                if left.remove(&pid) {
                    ends.insert(pid, end);
                }
            }
            if left.is_empty() {
                return Clients::Ended(pids.iter().map(|pid| ends[pid]).collect());
            }
            if let Some(why) = self.watch.interruption().filter(|_| may_be_interrupted) {
                return Clients::Interrupted(why);
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                for process in left.into_iter().filter_map(processes::look) {
                    let _ = processes::signal(&process, Signal::KILL);
                }
                return Clients::TimedOut;
            }
            if may_be_interrupted {
                self.watch.wait(until);
            } else {
                self.watch.pause(until);
            }
        }
    }
}

/// The line in which an engine says what went wrong, among what it tried and what may help; all of it when none does.
fn gist(said: &str) -> &str {
    said.lines().rev().find(|line| line.to_lowercase().contains("error")).unwrap_or(said)
}

/// Starts a client whose output is for us.
fn spawn(mut command: Command, output: &Path) -> std::io::Result<i32> {
    let file = shell::output_file(output)?;
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.stdout(file.try_clone()?).stderr(Stdio::from(file)).spawn()?;
    Ok(i32::try_from(child.id()).expect("a Linux pid is below 2^22"))
}

fn silent(container: &LaunchContainer, limit: Duration) -> Ending {
    Ending::container_failed(format!(
        "cannot start a container from image {}: {} did not answer in {} s: see whether `{} info` does",
        container.image,
        container.program.display(),
        limit.as_secs(),
        containers::name(container)
    ))
}

#[cfg(test)]
mod tests {
    use super::gist;

    #[test]
    fn the_last_line_that_tells_of_an_error_is_what_an_engine_says() {
        let podman = "Trying to pull localhost/x:9...\nlevel=warning msg=\"Failed, retrying. Error: refused\"\n\
                      Error: initializing source: refused";
        assert_eq!(gist(podman), "Error: initializing source: refused");
        let docker =
            "docker: Error response from daemon: no such option.\n\nRun 'docker run --help' for more information";
        assert_eq!(gist(docker), "docker: Error response from daemon: no such option.");
        assert_eq!(gist("it printed nothing"), "it printed nothing");
    }
}
