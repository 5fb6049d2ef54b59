//! Keys of `~/.ssh`: found, read, and made by the system's `ssh-keygen`.
//!
//! The private key is never read here, and never in an argument.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::account::Defaults;
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;

/// What the machine says of its user. A default key that is not there is none.
///
/// # Errors
/// When the key is there and cannot be read.
pub fn defaults() -> Result<Defaults, Failure> {
    let names = ["LOGNAME", "USER", "LNAME", "USERNAME"];
    let user = names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let key = match default_public_key() {
        Some(path) if path.is_file() => Some(read(&path)?),
        Some(_) | None => None,
    };
    Ok(Defaults { user, key })
}

/// The text of a key that is given by itself or by the path of its file.
///
/// # Errors
/// When it is a file that cannot be read.
pub fn text(given: &str) -> Result<String, Failure> {
    let path = Path::new(given);
    if path.is_file() { read(path) } else { Ok(given.trim().to_owned()) }
}

/// Makes `~/.ssh/id_rsa` and `~/.ssh/id_rsa.pub` as far as they are missing. Answers what was made, as a sentence.
///
/// # Errors
/// When there is no home folder or no `ssh-keygen`, or that fails.
pub fn generate() -> Result<Option<String>, Failure> {
    let Some(public) = default_public_key() else {
        let message = "cannot make a key pair: there is no home folder to put it into";
        return Err(Failure::new(ExitCode::Refused, message).hint("set HOME, or give a public key with -k"));
    };
    if public.exists() {
        return Ok(None);
    }
    let private = public.with_extension("");
    let folder = public.parent().unwrap_or(Path::new("."));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        Failure::new(ExitCode::Refused, format!("cannot make the folder {} for a key pair: {error}", folder.display()))
    })?;
    if private.exists() {
        let line = keygen(Command::new("ssh-keygen").args(["-y", "-P", "", "-f"]).arg(&private))?;
        std::fs::write(&public, line).map_err(|error| {
            Failure::new(ExitCode::Refused, format!("cannot write the public key {}: {error}", public.display()))
        })?;
        return Ok(Some(format!("The public key {} was made of {}", public.display(), private.display())));
    }
    let make = ["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f"];
    keygen(Command::new("ssh-keygen").args(make).arg(&private))?;
    Ok(Some(format!(
        "SSH key files {} and {} have been generated; keep the first, it opens the nodes",
        private.display(),
        public.display()
    )))
}

/// What the program prints.
fn keygen(command: &mut Command) -> Result<Vec<u8>, Failure> {
    let install = "install it (Debian: `apt-get install openssh-client`), or give a public key with -k";
    let output = command.stdin(Stdio::null()).output().map_err(|error| {
        Failure::new(ExitCode::Refused, format!("cannot run ssh-keygen to make a key pair: {error}")).hint(install)
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let message = format!("ssh-keygen could not make a key pair: {}", said.trim());
    Err(Failure::new(ExitCode::Refused, message).hint("give a public key with -k"))
}

fn default_public_key() -> Option<PathBuf> {
    Some(dirs::home_dir()?.join(".ssh").join("id_rsa.pub"))
}

fn read(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::new(ExitCode::Usage, format!("cannot read the public key {}: {error}", path.display()))
    })?;
    Ok(text.trim().to_owned())
}
