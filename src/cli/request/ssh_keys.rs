//! Keys of `~/.ssh`: found, read, and made by the system's `ssh-keygen`.
//!
//! The private key is never read here, and never in an argument.

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
    let user = user.or_else(user_of_this_process);
    let key = match default_public_key() {
        Some(path) if path.is_file() => Some(read(&path)?),
        Some(_) | None => None,
    };
    Ok(Defaults { user, key, is_key_to_come: false })
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
    make_private(folder).map_err(|error| {
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

/// Makes a folder that only its owner may enter.
#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes a folder; home folders of other systems are their owner's anyway.
#[cfg(not(unix))]
fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// Who the system says we are, where the environment does not.
#[cfg(unix)]
fn user_of_this_process() -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    user_in(&users, rustix::process::getuid().as_raw()).map(str::to_owned)
}

#[cfg(not(unix))]
fn user_of_this_process() -> Option<String> {
    None
}

/// The name of a user in the form of passwd(5).
#[cfg(unix)]
fn user_in(users: &str, id: u32) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(id) && !name.is_empty()).then_some(name)
    })
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/bash\nbroken\nme:x:1000:1000::/home/me:/bin/sh\n";
        assert_eq!(user_in(users, 0), Some("root"));
        assert_eq!(user_in(users, 1000), Some("me"));
        assert_eq!(user_in(users, 1), None);
    }

    #[test]
    fn a_key_is_given_by_itself_or_by_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key.pub");
        std::fs::write(&file, "ssh-rsa AAAA me\n").expect("a file");
        assert_eq!(text(&file.to_string_lossy()), Ok("ssh-rsa AAAA me".into()));
        assert_eq!(text(" ssh-rsa BBBB me\n"), Ok("ssh-rsa BBBB me".into()));
    }
}
