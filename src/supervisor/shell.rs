//! Starting shell text as a process of the run: with the environment it was given and nothing of ours.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::OFlags;

use super::relay::Relay;
use super::run_dir::RUN_MARKER;

/// The first that is there runs all commands.
const SHELLS: [&str; 2] = ["/bin/bash", "/bin/sh"];

/// Why a process did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The machine has no shell.
    #[error("cannot start {name}: there is neither /bin/bash nor /bin/sh to run its command")]
    NoShell {
        /// The process.
        name: String,
    },
    /// It has nowhere to start.
    #[error("cannot start {name}: its working directory {} is not there", directory.display())]
    NoDirectory {
        /// The process.
        name: String,
        /// Where it should start.
        directory: PathBuf,
    },
    /// Its output has nowhere to go.
    #[error("cannot make {} for the output of {name}", path.display())]
    Output {
        /// The process.
        name: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The kernel refused.
    #[error("cannot start {name} with {shell}")]
    Refused {
        /// The process.
        name: String,
        /// The shell that should run it.
        shell: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// What to start.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// What it is called in errors.
    pub name: &'a str,
    /// Shell text.
    pub command: &'a str,
    /// Where it starts.
    pub directory: &'a Path,
    /// The whole environment; later ones win.
    pub environment: [&'a BTreeMap<String, String>; 3],
    /// Marks the process whatever the environment says.
    pub run: &'a str,
    /// Made empty.
    pub stdout: &'a Path,
    /// Made empty.
    pub stderr: &'a Path,
}

/// Starts it in a process group of its own, with nothing to read, and returns its id. Ended children are reaped by
/// `family`. Output goes through `relay`, or straight into the files.
///
/// # Errors
/// See [`StartError`].
pub fn start(order: &Order<'_>, relay: Option<&Relay>) -> Result<i32, StartError> {
    let output = |path: &Path| {
        let opened = match relay {
            Some(relay) => relay.pipe_to(path).map(Stdio::from),
            None => output_file(path).map(Stdio::from),
        };
        opened.map_err(|source| StartError::Output { name: order.name.to_owned(), path: path.into(), source })
    };
    start_into(order, output(order.stdout)?, output(order.stderr)?)
}

/// The same where its output has somewhere to go already.
///
/// # Errors
/// See [`StartError`].
pub fn start_into(order: &Order<'_>, stdout: Stdio, stderr: Stdio) -> Result<i32, StartError> {
    let name = || order.name.to_owned();
    let shell = SHELLS.into_iter().find(|shell| Path::new(shell).exists());
    let shell = shell.ok_or_else(|| StartError::NoShell { name: name() })?;
    if !order.directory.is_dir() {
        return Err(StartError::NoDirectory { name: name(), directory: order.directory.to_owned() });
    }
    let mut command = Command::new(shell);
    command.arg("-c").arg(order.command).current_dir(order.directory).process_group(0);
    command.env_clear().envs(order.environment.into_iter().flatten()).env(RUN_MARKER, order.run);
    command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
    let child = command.spawn().map_err(|source| StartError::Refused { name: name(), shell, source })?;
    Ok(i32::try_from(child.id()).expect("a Linux pid is below 2^22"))
}

/// An empty file to which everybody who has it appends, so that two writers do not overwrite each other.
fn output_file(path: &Path) -> io::Result<File> {
    let append = i32::try_from(OFlags::APPEND.bits()).expect("O_APPEND is a low bit");
    File::options().create(true).write(true).truncate(true).custom_flags(append).open(path)
}

/// A path as one word of shell text.
pub fn quote(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn a_quoted_path_is_one_word_to_the_shell(path in "/[ -~]{0,20}") {
            let text = format!("printf %s {}", quote(Path::new(&path)));
            let printed = Command::new("/bin/sh").arg("-c").arg(text).output().expect("a shell");
            prop_assert_eq!(String::from_utf8_lossy(&printed.stdout), path);
        }
    }
}
