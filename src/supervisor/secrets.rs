//! Secrets on their way to a supervisor: by a pipe that is its standard input, and by nothing else.
//!
//! They are variables, what opens volumes, and the password of the registry of a container. `launch.json` tells which, so that a pipe that was cut off is noticed. No file holds a value, and neither do
//! the supervisor's own environment and arguments: only the processes that the secrets are for have them. An engine
//! writes, [`super::run`] reads, both in the form that this file alone knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Read, Write};

use super::run_dir::{Launch, MountHow, MountProgram};

/// Under which name the password travels: no variable can have it.
const REGISTRY_PASSWORD: &str = "=registry password";

/// Values of variables by name, what opens volumes, and the password of a registry. Does not show itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    variables: BTreeMap<String, String>,
    /// By [`MountProgram::secret_name`].
    volumes: BTreeMap<String, String>,
    registry_password: Option<String>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.variables.len() + self.volumes.len() + usize::from(self.registry_password.is_some());
        write!(f, "Secrets({count})")
    }
}

impl FromIterator<(String, String)> for Secrets {
    /// The last of several values of one name counts.
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        Self { variables: pairs.into_iter().collect(), ..Self::default() }
    }
}

impl Secrets {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.volumes.is_empty() && self.registry_password.is_none()
    }

    /// The names of the variables, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.variables.keys().cloned().collect()
    }

    /// The same with the password that logs in to the registry of the container.
    #[must_use]
    pub fn with_registry_password(self, password: Option<String>) -> Self {
        Self { registry_password: password, ..self }
    }

    /// The same with what opens volumes, by [`MountProgram::secret_name`].
    #[must_use]
    pub fn with_volumes(self, volumes: BTreeMap<String, String>) -> Self {
        Self { volumes, ..self }
    }

    /// What opens volumes, by [`MountProgram::secret_name`].
    #[must_use]
    pub const fn volumes(&self) -> &BTreeMap<String, String> {
        &self.volumes
    }

    /// What logs in to the registry of the container.
    pub(super) fn registry_password(&self) -> Option<&str> {
        self.registry_password.as_deref()
    }

    /// As variables of a process.
    pub(super) const fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// Sends them: a JSON object, names to values, until the end of the pipe. Blocks while the pipe is full.
    ///
    /// # Errors
    /// When the supervisor has gone without reading them.
    pub fn send(&self, mut pipe: impl Write) -> io::Result<()> {
        let password = self.registry_password.iter().map(|password| (REGISTRY_PASSWORD, password));
        let variables = self.variables.iter().chain(&self.volumes).map(|(name, value)| (name.as_str(), value));
        pipe.write_all(&serde_json::to_vec(&variables.chain(password).collect::<BTreeMap<_, _>>())?)
    }

    /// Receives the secrets of this plan; reads nothing where there are none.
    ///
    /// # Errors
    /// When the pipe ends before all of them have come: their sender is gone.
    pub(super) fn receive(launch: &Launch, pipe: impl Read) -> io::Result<Self> {
        let has_login = launch.container.as_ref().is_some_and(|container| container.login.is_some());
        Self::receive_these(&launch.secrets, &of_volumes(launch), has_login, pipe)
    }

    fn receive_these(
        names: &[String],
        of_volumes: &BTreeSet<String>,
        has_password: bool,
        mut pipe: impl Read,
    ) -> io::Result<Self> {
        if names.is_empty() && of_volumes.is_empty() && !has_password {
            return Ok(Self::default());
        }
        let mut text = Vec::new();
        pipe.read_to_end(&mut text)?;
        // Not the parser's error, which could quote what it has read.
        let cut_off = |_| io::Error::new(io::ErrorKind::UnexpectedEof, "the secrets of the run have not come");
        let mut variables: BTreeMap<String, String> = serde_json::from_slice(&text).map_err(cut_off)?;
        let registry_password = variables.remove(REGISTRY_PASSWORD);
        let (volumes, variables) = variables.into_iter().partition(|(name, _)| of_volumes.contains(name));
        let all = Self { variables, volumes, registry_password };
        if all.names() != names || !all.volumes.keys().eq(of_volumes) || all.registry_password.is_some() != has_password
        {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "other secrets came than those of the plan"));
        }
        Ok(all)
    }
}

/// The names under which what opens the volumes of a plan travels; the volumes of all nodes are alike.
fn of_volumes(launch: &Launch) -> BTreeSet<String> {
    let mounts = launch.nodes.first().map_or(&[][..], |node| &node.mounts).iter().enumerate();
    let names = mounts.flat_map(|(number, mount)| {
        let variables = match &mount.how {
            MountHow::Program(program) => &program.secrets[..],
            MountHow::Directory(_) | MountHow::Command(_) => &[],
        };
        variables.iter().map(move |variable| MountProgram::secret_name(number, variable))
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        [("B", "$HOME \"hunter2\"\n"), ("A", "ü")].map(|(n, v)| (n.to_owned(), v.to_owned())).into_iter().collect()
    }

    fn none() -> BTreeSet<String> {
        BTreeSet::new()
    }

    #[test]
    fn what_opens_volumes_is_no_variable() {
        let name = MountProgram::secret_name(1, "PASSWD");
        let volumes = BTreeMap::from([(name.clone(), "hunter2".to_owned())]);
        let given = secrets().with_volumes(volumes.clone());
        let names = ["A".into(), "B".into()];
        let received = Secrets::receive_these(&names, &[name.clone()].into(), false, &*sent(&given)).expect("whole");
        assert_eq!((received.names(), received.volumes()), (names.to_vec(), &volumes));
        Secrets::receive_these(&names, &[name].into(), false, &*sent(&secrets())).expect_err("nothing opens it");
    }

    fn sent(secrets: &Secrets) -> Vec<u8> {
        let mut pipe = Vec::new();
        secrets.send(&mut pipe).expect("memory takes it");
        pipe
    }

    #[test]
    fn what_was_sent_arrives_as_it_was() {
        let names = ["A".into(), "B".into()];
        let received = Secrets::receive_these(&names, &none(), false, &*sent(&secrets())).expect("whole");
        assert!(received == secrets());
        assert_eq!(format!("{received:?}"), "Secrets(2)");
        let with_password = secrets().with_registry_password(Some("hunter3".into()));
        let received = Secrets::receive_these(&names, &none(), true, &*sent(&with_password)).expect("whole");
        assert_eq!(received.registry_password(), Some("hunter3"));
        assert_eq!(format!("{received:?}"), "Secrets(3)");
        Secrets::receive_these(&names, &none(), true, &*sent(&secrets())).expect_err("no password");
    }

    #[test]
    fn a_pipe_that_was_cut_off_anywhere_is_an_error_that_quotes_nothing() {
        let whole = sent(&secrets());
        for length in 0..whole.len() {
            let error = Secrets::receive_these(&["A".into(), "B".into()], &none(), false, &whole[..length])
                .expect_err("cut off");
            assert_eq!(error.to_string(), "the secrets of the run have not come", "after {length} bytes");
        }
        Secrets::receive_these(&["A".into()], &none(), false, &*whole).expect_err("other names");
    }

    #[test]
    fn nothing_is_read_where_nothing_is_to_come() {
        struct Untouchable;
        impl Read for Untouchable {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                panic!("nobody may read this")
            }
        }
        assert!(Secrets::receive_these(&[], &none(), false, Untouchable).expect("nothing to do").is_empty());
    }
}
