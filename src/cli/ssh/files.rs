//! What `ssh` is handed in files for one call: whom to believe, and how to ask for a password.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;
use crate::cli::request::hidden::Hidden;

/// A folder for one call; gone with the value.
pub struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing secret is in it, so one that stays harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    /// Makes one that only its owner may enter.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn make() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("batchai-ssh-{}", uuid::Uuid::new_v4().simple()));
        private(&path).map_err(|error| failed(&error))?;
        Ok(Self(path))
    }

    /// Writes down the one key that the host of this name has.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn known_hosts(&self, name: &str, key: &str) -> Result<PathBuf, Failure> {
        let path = self.0.join("known_hosts");
        std::fs::write(&path, format!("{name} {key}\n")).map_err(|error| failed(&error))?;
        Ok(path)
    }

    /// Has ssh ask a small program for the password, which finds it in its environment: neither an argument nor a file
    /// has it.
    ///
    /// # Errors
    /// When the program cannot be written.
    pub fn answer_with(&self, command: &mut Command, password: &Hidden) -> Result<(), Failure> {
        let program = self.0.join("password");
        executable(&program, b"#!/bin/sh\nprintf '%s\\n' \"$BATCHAI_SSH_PASSWORD\"\n")?;
        command
            .env("SSH_ASKPASS", &program)
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("BATCHAI_SSH_PASSWORD", password.reveal());
        Ok(())
    }
}

fn failed(error: &io::Error) -> Failure {
    Failure::new(ExitCode::Refused, format!("cannot make the files that ssh is to be called with: {error}"))
        .hint("TMPDIR names the folder for them")
}

#[cfg(unix)]
fn private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private(path: &Path) -> io::Result<()> {
    std::fs::create_dir(path)
}

#[cfg(unix)]
fn executable(path: &Path, text: &[u8]) -> Result<(), Failure> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o700).open(path);
    file.and_then(|mut file| file.write_all(text)).map_err(|error| failed(&error))
}

#[cfg(not(unix))]
fn executable(_: &Path, _: &[u8]) -> Result<(), Failure> {
    let message = "a password cannot be handed to ssh on this system";
    Err(Failure::new(ExitCode::Usage, message).hint("log in with a key: -k FILE"))
}

/// The private key in the user's `~/.ssh` that belongs to this public key. The path of its file; nobody reads it here.
#[must_use]
pub fn private_key_of(public: &str) -> Option<PathBuf> {
    let folder = std::env::home_dir()?.join(".ssh");
    let same = |text: &str| text.split_whitespace().take(2).eq(public.split_whitespace().take(2));
    let entries = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|end| end == "pub"))
        .filter(|path| std::fs::read_to_string(path).is_ok_and(|text| same(&text)))
        .map(|path| path.with_extension(""))
        .filter(|path| path.is_file())
        .collect();
    found.sort_unstable();
    found.into_iter().next()
}
