//! The secrets that a run needs: which they are, whether they are near, and opening them.
//!
//! Called by [`super::runs`]. What is opened goes to a supervisor, and nowhere else.

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::secret::{SecretValue, SecretVariable};
use crate::engine::EngineError;
use crate::engine::secrets::Safe;
use crate::engine::volumes::{Credential, Held};
use crate::supervisor::secrets::Secrets;

/// More than any key or address of a container has.
const MOST_BYTES: u64 = 64 * 1024;

/// Secrets that a run needs, as they are kept.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Of its processes.
    pub variables: Vec<SecretVariable>,
    /// What opens its volumes.
    pub volumes: Vec<Credential>,
    /// What logs in to the registry of its container.
    pub registry_password: Option<SecretValue>,
}

impl Wanted {
    /// Whether one of them is asked for over a network.
    pub(super) fn is_far(&self, safe: &Safe) -> bool {
        let is_far = |held: &Held| match held {
            Held::Given(secret) => safe.is_far(secret),
            Held::Missing | Held::File(_) => false,
        };
        safe.any_is_far(&self.variables)
            || self.registry_password.as_ref().is_some_and(|password| safe.is_far(password))
            || self.volumes.iter().any(|credential| is_far(&credential.from))
    }

    /// Their values.
    ///
    /// # Errors
    /// [`EngineError::NotStarted`] that names the first which cannot be had, and what to do.
    pub(super) fn open(&self, safe: &Safe) -> Result<Secrets, EngineError> {
        let password = self.registry_password.as_ref();
        let password = password.map(|sealed| safe.open("the password of the registry", sealed)).transpose()?;
        let mut volumes = BTreeMap::new();
        for Credential { name, what, from } in &self.volumes {
            let value = match from {
                Held::Given(sealed) => safe.open(what, sealed)?,
                Held::File(path) => read(path).map_err(|why| {
                    EngineError::NotStarted(format!("{what} cannot be read from {}: {why}", path.display()))
                })?,
                Held::Missing => {
                    return Err(EngineError::NotStarted(format!(
                        "{what} is missing: give it in `credentials`, or let server.yaml open the volume otherwise"
                    )));
                }
            };
            volumes.insert(name.clone(), value);
        }
        Ok(safe.variables(&self.variables)?.with_volumes(volumes).with_registry_password(password))
    }
}

/// What stands in a file, without blanks around it.
fn read(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > MOST_BYTES {
        return Err(format!("it has {length} bytes, which no key or address has"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    match text.trim() {
        "" => Err("it is empty".into()),
        text if text.contains(['\0', '\n']) => Err("it must hold one line of text".into()),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::secret::{MasterKey, Seal};

    fn opened(from: Held) -> Result<Secrets, String> {
        let safe = Safe::new(Arc::new(Seal::new(&MasterKey::new([1; 32]))));
        let credential = Credential { name: "=mount 0 KEY".into(), what: "the key".into(), from };
        Wanted { volumes: vec![credential], ..Wanted::default() }.open(&safe).map_err(|error| error.to_string())
    }

    #[test]
    fn what_opens_a_volume_is_opened_or_named_with_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("sas");
        let value = |text: &str| {
            std::fs::write(&file, text).expect("a file");
            opened(Held::File(file.clone())).map_err(|why| why.replace(&file.display().to_string(), "FILE"))
        };
        let expected =
            Secrets::default().with_volumes([("=mount 0 KEY".to_owned(), "https://c?sig=x".to_owned())].into());
        assert!(value(" https://c?sig=x\n").expect("a value") == expected);
        assert_eq!(value(" \n").expect_err("empty"), "the key cannot be read from FILE: it is empty");
        assert_eq!(value("a\nb").expect_err("two"), "the key cannot be read from FILE: it must hold one line of text");
        let sealed = SecretValue::Sealed(Seal::new(&MasterKey::new([1; 32])).seal("hunter2"));
        assert!(!opened(Held::Given(sealed)).expect("opens").is_empty());
        assert_eq!(
            opened(Held::Missing).expect_err("none"),
            "the key is missing: give it in `credentials`, or let server.yaml open the volume otherwise"
        );
    }
}
