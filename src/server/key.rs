//! The key file of an installation: made once, read at every start.
//!
//! Called by the composition root. Without this file the secrets in the database are lost, and nothing else.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};

use crate::domain::secret::MasterKey;

/// The key in the file at `path`, which is made (mode 0600, written beside and renamed) when it is not there.
///
/// # Errors
/// When it cannot be read or made, or is not 32 bytes long: then somebody has to look.
pub(super) fn load_or_make(path: &Path) -> io::Result<MasterKey> {
    match File::open(path) {
        Ok(file) => read(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
        Err(error) => Err(error),
    }
}

fn read(file: File) -> io::Result<MasterKey> {
    let mut bytes = Vec::new();
    file.take(33).read_to_end(&mut bytes)?;
    let bytes = <[u8; 32]>::try_from(bytes.as_slice())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not a key of 32 bytes"))?;
    Ok(MasterKey::new(bytes))
}

fn make(path: &Path) -> io::Result<MasterKey> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system has no random bytes"))?;
    let beside = path.with_extension("key.new");
    let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    std::fs::rename(beside, path)?;
    Ok(MasterKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_for_this_user_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret.key");
        let key = load_or_make(&path).expect("a key");
        assert_eq!(load_or_make(&path).expect("a key").derive("x"), key.derive("x"));
        assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "short").expect("a file");
        assert_eq!(load_or_make(&path).map(drop).map_err(|e| e.kind()), Err(io::ErrorKind::InvalidData));
    }
}
