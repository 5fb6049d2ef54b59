//! The key by which clients know the nodes of this data directory again: one for all, so that nodes and servers may come
//! and go.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use russh::keys::PrivateKey;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};

/// Reads the key, or makes one when there is none. Its folder and its file are nobody else's.
///
/// # Errors
/// When it cannot be read, written, or understood: another key in its place would look like an attack to every client.
pub(super) fn load_or_make(path: &Path) -> io::Result<PrivateKey> {
    match fs::read_to_string(path) {
        Ok(text) => PrivateKey::from_openssh(text).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
        Err(error) => Err(error),
    }
}

fn make(path: &Path) -> io::Result<PrivateKey> {
    let mut seed = [0; 32];
    SystemRandom::new().fill(&mut seed).map_err(|_| io::Error::other("this machine gives no random numbers"))?;
    let pair = KeypairData::from(Ed25519Keypair::from_seed(&seed));
    let key = PrivateKey::new(pair, "batchai").map_err(io::Error::other)?;
    let text = key.to_openssh(LineEnding::LF).map_err(io::Error::other)?;
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let beside = path.with_extension("new");
    // What a crash left beside it was never used.
    let _ = fs::remove_file(&beside);
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    Ok(key)
}

/// The line of it for a `known_hosts` file, without the host.
///
/// # Errors
/// When it cannot be written as text.
pub(super) fn public_line(key: &PrivateKey) -> io::Result<String> {
    let mut public = key.public_key().clone();
    public.set_comment("");
    Ok(public.to_openssh().map_err(io::Error::other)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ssh/host_key");
        let line = public_line(&load_or_make(&path).expect("made")).expect("text");
        assert!(line.starts_with("ssh-ed25519 AAAA") && line.split(' ').count() == 2, "{line}");
        assert_eq!(public_line(&load_or_make(&path).expect("read")).expect("text"), line);
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700));
    }

    #[test]
    fn a_damaged_key_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("host_key");
        fs::write(&path, "half of a k").expect("a file");
        assert!(load_or_make(&path).is_err());
        assert_eq!(fs::read_to_string(&path).expect("a file"), "half of a k");
    }
}
