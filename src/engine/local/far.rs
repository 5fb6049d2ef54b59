//! Reading the files of volumes that rclone mounts, without mounting them: by rclone.
//!
//! Called by [`super::LocalEngine`], for whoever asks for output of jobs. Blocks for as long as rclone takes.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek};
use std::ops::Range;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::wanted::Wanted;
use crate::domain::job::FarDirectory;
use crate::domain::mount::{Mount, MountSource};
use crate::engine::directories::Layout;
use crate::engine::drivers::{Driver, Remote};
use crate::engine::environment::Host;
use crate::engine::far::{FarBytes, FarEntry};
use crate::engine::secrets::Safe;
use crate::engine::{EngineError, volumes};
use crate::supervisor::run_dir::MountProgram;
use crate::supervisor::{mount_log, tool};

/// How long a listing may take: whoever asked has gone by then.
const PATIENCE: Duration = Duration::from_secs(60);

/// The most bytes of a listing, some hundred thousand files.
const MOST_BYTES: u64 = 64 << 20;

/// What rclone exits with when a folder is not there.
const NOT_THERE: i32 = 3;

/// Fewer tries than rclone makes by itself: somebody waits.
const FLAGS: [&str; 4] = ["--retries", "1", "--low-level-retries", "2"];

/// What rclone says of a file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    name: String,
    size: i64,
    mod_time: Option<Timestamp>,
    is_dir: bool,
}

/// Reads far files.
pub(super) struct Far {
    layout: Layout,
    host: Host,
    safe: Safe,
}

/// rclone for one volume: its name there, and what opens it.
struct Opened {
    remote: String,
    environment: BTreeMap<String, String>,
    hidden: Vec<String>,
}

impl Far {
    pub(super) fn new(layout: Layout, host: Host, safe: Safe) -> Self {
        Self { layout, host, safe }
    }

    /// What is in a folder of a directory, by name. One that is not there is empty.
    pub(super) fn list(&self, directory: &FarDirectory, folder: &str) -> Result<Vec<FarEntry>, EngineError> {
        let opened = self.open(directory)?;
        let place = place(&opened.remote, &directory.path, folder);
        let failed = |why: String| EngineError::Failed {
            action: format!("list the files at {place}"),
            source: io::Error::other(why),
        };
        let mut command = self.command(&opened);
        command.arg("lsjson").args(FLAGS).arg(&place);
        let (code, said, printed) = listened(&mut command, MOST_BYTES).map_err(|error| failed(missing(&error)))?;
        match code {
            Some(0) => {}
            Some(NOT_THERE) => return Ok(Vec::new()),
            _ => return Err(failed(mount_log::said(&said, opened.hidden))),
        }
        let listed: Vec<Listed> = serde_json::from_slice(&printed).map_err(|error| failed(error.to_string()))?;
        let mut entries: Vec<FarEntry> = listed.into_iter().map(entry).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        // A folder may be there twice, by a marker too.
        entries.dedup_by(|a, b| a.name == b.name && a.file.is_none() == b.file.is_none());
        Ok(entries)
    }

    /// A part of a file.
    pub(super) fn read(
        &self,
        directory: &FarDirectory,
        path: &str,
        range: Range<u64>,
    ) -> Result<FarBytes, EngineError> {
        let opened = self.open(directory)?;
        let place = place(&opened.remote, &directory.path, path);
        let mut command = self.command(&opened);
        command.arg("cat").args(FLAGS).args(["--offset", &range.start.to_string()]);
        command.args(["--count", &(range.end - range.start).to_string()]).arg(&place);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let started = command.spawn().and_then(|mut child| {
            let stdout = child.stdout.take().ok_or_else(|| io::Error::other("its output is not there"))?;
            Ok(Reading { child, stdout })
        });
        let reading = started.map_err(|error| EngineError::Failed {
            action: format!("read {place}"),
            source: io::Error::other(missing(&error)),
        })?;
        Ok(Box::new(reading))
    }

    fn open(&self, directory: &FarDirectory) -> Result<Opened, EngineError> {
        let FarDirectory { source, key, path: _ } = directory;
        let (account, volume) = match source {
            MountSource::FileShare { account, share, .. } => (account, share),
            MountSource::BlobContainer { account, container, .. } => (account, container),
            MountSource::FileServer { .. } | MountSource::Unmanaged { .. } => return Err(changed()),
        };
        let Some(Driver::Rclone(remote)) = volumes::driver(&self.layout, source) else { return Err(changed()) };
        let mount = Mount { key: key.clone(), ..Mount::new(volume, source.clone()) };
        let wanted = Wanted { volumes: volumes::credentials(&self.layout, &[mount]), ..Wanted::default() };
        let secrets = wanted.open(&self.safe)?;
        Ok(opened(&remote, account, volume, secrets.volumes()))
    }

    fn command(&self, opened: &Opened) -> Command {
        let mut command = Command::new("rclone");
        command.env_clear().env("PATH", &self.host.search_path).env("HOME", &self.host.home);
        command.envs(&opened.environment).current_dir("/").stdin(Stdio::null());
        command
    }
}

fn opened(remote: &Remote, account: &str, volume: &str, secrets: &BTreeMap<String, String>) -> Opened {
    let mut environment = remote.environment(account);
    for (variable, _) in remote.openers() {
        if let Some(value) = secrets.get(&MountProgram::secret_name(0, variable)) {
            environment.insert(variable.to_owned(), value.clone());
        }
    }
    Opened { remote: remote.name(volume), environment, hidden: secrets.values().cloned().collect() }
}

fn changed() -> EngineError {
    EngineError::NotStarted(
        "the settings of the server have another driver for the volume than when the job ran: look where it is now"
            .into(),
    )
}

fn place(remote: &str, directory: &str, path: &str) -> String {
    let rest = format!("{directory}/{path}");
    let rest: Vec<&str> = rest.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let slash = if remote.ends_with([':', '/']) { "" } else { "/" };
    format!("{remote}{slash}{}", rest.join("/"))
}

fn entry(listed: Listed) -> FarEntry {
    let Listed { name, size, mod_time, is_dir } = listed;
    let file = (!is_dir).then(|| (u64::try_from(size).unwrap_or(0), mod_time.unwrap_or_default()));
    FarEntry { name, file }
}

fn missing(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "rclone is not there: install the package rclone".into(),
        io::ErrorKind::TimedOut => format!("rclone did not answer within {} s", PATIENCE.as_secs()),
        _ => format!("rclone: {error}"),
    }
}

/// Exit code, standard error and standard output of a program.
fn listened(command: &mut Command, most: u64) -> io::Result<(Option<i32>, String, Vec<u8>)> {
    let (mut out, mut err) = (tool::memory("out")?, tool::memory("err")?);
    let status = tool::run(command.stdout(out.try_clone()?).stderr(err.try_clone()?), PATIENCE)?;
    if out.metadata()?.len() > most {
        return Err(io::Error::other("it lists more than anybody can read: ask for a folder of it"));
    }
    let (mut printed, mut said) = (Vec::new(), Vec::new());
    out.rewind()?;
    out.read_to_end(&mut printed)?;
    err.rewind()?;
    err.take(1 << 20).read_to_end(&mut said)?;
    Ok((status.code(), String::from_utf8_lossy(&said).into_owned(), printed))
}

/// A file that is being read; dropping it ends whoever reads it for us.
struct Reading {
    child: Child,
    stdout: ChildStdout,
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stdout.read(buffer)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_as_rclone_has_it() {
        assert_eq!(place(":azureblob:models", "logs/s", "."), ":azureblob:models/logs/s");
        assert_eq!(place("s3:", "/logs", "a/b.txt"), "s3:logs/a/b.txt");
    }

    #[test]
    fn a_listing_of_rclone_is_understood() {
        let text = r#"[{"Path":"a.txt","Name":"a.txt","Size":5,"MimeType":"x","ModTime":"2026-11-21T18:41:40.5Z","IsDir":false},
            {"Path":"d","Name":"d","Size":-1,"MimeType":"inode/directory","ModTime":"2026-11-21T18:41:40Z","IsDir":true}]"#;
        let listed: Vec<Listed> = serde_json::from_str(text).expect("a listing");
        let entries: Vec<FarEntry> = listed.into_iter().map(entry).collect();
        let at = "2026-11-21T18:41:40.5Z".parse().expect("a time");
        assert_eq!(entries[0], FarEntry { name: "a.txt".into(), file: Some((5, at)) });
        assert_eq!(entries[1], FarEntry { name: "d".into(), file: None });
    }
}
