//! Starting shell text as a process of the run: with the environment it was given and nothing of ours.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::OFlags;

use super::relay::Relay;
use super::run_dir::RUN_MARKER;
use super::tool;

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
    #[error("cannot start {name} with {program}")]
    Refused {
        /// The process.
        name: String,
        /// What should run it.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The shell of a container takes no such name, and as an argument the value would be seen.
    #[error(
        "cannot start {name}: the secret variable `{variable}` cannot be set inside a container: give it a name of \
             letters, digits and `_`"
    )]
    Variable {
        /// The process.
        name: String,
        /// The variable.
        variable: String,
    },
}

/// Where it starts.
#[derive(Debug)]
pub enum How {
    /// As our child.
    OnHost,
    /// Inside a container, by the engine's command that runs a shell there and hands it its standard input: a script in
    /// memory, so that no value is an argument.
    Inside(Command),
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
pub fn start(order: &Order<'_>, how: How, relay: Option<&Relay>) -> Result<i32, StartError> {
    let output = |path: &Path| {
        let opened = match relay {
            Some(relay) => relay.pipe_to(path).map(Stdio::from),
            None => output_file(path).map(Stdio::from),
        };
        opened.map_err(|source| StartError::Output { name: order.name.to_owned(), path: path.into(), source })
    };
    start_into(order, how, output(order.stdout)?, output(order.stderr)?)
}

/// The same where its output has somewhere to go already.
///
/// # Errors
/// See [`StartError`].
pub fn start_into(order: &Order<'_>, how: How, stdout: Stdio, stderr: Stdio) -> Result<i32, StartError> {
    if !order.directory.is_dir() {
        return Err(StartError::NoDirectory { name: order.name.to_owned(), directory: order.directory.to_owned() });
    }
    let mut command = match how {
        How::OnHost => on_host(order)?,
        How::Inside(client) => inside(order, client)?,
    };
    let child = command.process_group(0).stdout(stdout).stderr(stderr).spawn();
    let child = child.map_err(|source| refused(order, &command, source))?;
    Ok(i32::try_from(child.id()).expect("a Linux pid is below 2^22"))
}

fn on_host(order: &Order<'_>) -> Result<Command, StartError> {
    let shell = SHELLS.into_iter().find(|shell| Path::new(shell).exists());
    let shell = shell.ok_or_else(|| StartError::NoShell { name: order.name.to_owned() })?;
    let mut command = Command::new(shell);
    command.arg("-c").arg(order.command).current_dir(order.directory).stdin(Stdio::null());
    command.env_clear().envs(order.environment.into_iter().flatten()).env(RUN_MARKER, order.run);
    Ok(command)
}

fn inside(order: &Order<'_>, mut client: Command) -> Result<Command, StartError> {
    let odd_name = |variable| StartError::Variable { name: order.name.to_owned(), variable };
    let script = super::inside::script(order).map_err(odd_name)?;
    let stdin = tool::memory("script").and_then(|mut file| {
        file.write_all(script.as_bytes())?;
        file.rewind().map(|()| file)
    });
    let stdin = stdin.map_err(|source| refused(order, &client, source))?;
    client.stdin(stdin);
    Ok(client)
}

fn refused(order: &Order<'_>, command: &Command, source: io::Error) -> StartError {
    let program = command.get_program().to_string_lossy().into_owned();
    StartError::Refused { name: order.name.to_owned(), program, source }
}

/// An empty file to which everybody who has it appends, so that two writers do not overwrite each other. A job may have
/// put something else there: a link, which could lead out of its container, is not followed, and a pipe not waited for.
///
/// # Errors
/// When it cannot be made.
pub fn output_file(path: &Path) -> io::Result<File> {
    open_output(path, true)
}

/// The same, with what an earlier run of the job has put there: whoever follows it reads on.
///
/// # Errors
/// As [`output_file`].
pub fn kept_output_file(path: &Path) -> io::Result<File> {
    open_output(path, false)
}

fn open_output(path: &Path, is_emptied: bool) -> io::Result<File> {
    let flags = OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).expect("low bits");
    let file = File::options().create(true).write(true).truncate(is_emptied).custom_flags(flags).open(path)?;
    if file.metadata()?.file_type().is_fifo() { Err(io::Error::other("it is a pipe")) } else { Ok(file) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    #[test]
    fn output_goes_through_no_link_and_waits_for_no_reader() {
        let folder = tempfile::tempdir().expect("a folder");
        let [file, link, pipe] = ["file", "link", "pipe"].map(|name| folder.path().join(name));
        std::fs::write(&file, "mine").expect("a file");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
        output_file(&link).expect_err("a link");
        output_file(&pipe).expect_err("a pipe that nobody reads");
        let _reader = File::options().read(true).write(true).open(&pipe).expect("a reader");
        output_file(&pipe).expect_err("a pipe that somebody reads");
        assert_eq!(std::fs::read(&file).expect("still there"), b"mine");
        output_file(&file).expect("a file");
        assert_eq!(std::fs::read(&file).expect("still there"), b"");
    }
}
