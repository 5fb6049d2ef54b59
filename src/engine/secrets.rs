//! Opening the secrets of jobs and set-up tasks, at the moment a supervisor is started that needs them.
//!
//! Called by engines that start supervisors. What is opened here goes to the supervisor and is dropped.

use std::sync::Arc;

use super::EngineError;
use super::environment::is_reserved;
use crate::domain::secret::{Seal, SecretValue, SecretVariable};
use crate::supervisor::secrets::Secrets;

/// Opens every secret of this server, wherever it is kept.
#[derive(Debug, Clone)]
pub struct Safe {
    seal: Arc<Seal>,
}

impl Safe {
    /// What opens secrets that were sealed here; there are no key vaults.
    #[must_use]
    pub fn new(seal: Arc<Seal>) -> Self {
        Self { seal }
    }

    /// The values of secret variables, under exactly the [`names`].
    ///
    /// # Errors
    /// [`EngineError::NotStarted`] when one cannot be opened; the sentence names the variable.
    pub fn variables(&self, secrets: &[SecretVariable]) -> Result<Secrets, EngineError> {
        let one = |secret: &SecretVariable| {
            Ok((secret.name.clone(), self.open(&format!("the secret variable `{}`", secret.name), &secret.value)?))
        };
        passed(secrets).map(one).collect()
    }

    /// One secret. `what` begins the sentence of an error.
    ///
    /// # Errors
    /// [`EngineError::NotStarted`] when it cannot be opened.
    pub fn open(&self, what: &str, secret: &SecretValue) -> Result<String, EngineError> {
        let why = match secret {
            SecretValue::Sealed(sealed) => match self.seal.open(sealed) {
                Ok(value) => return Ok(value),
                Err(_) => {
                    "it was sealed with a key that this server does not have: bring the key file back, or give it anew"
                        .to_owned()
                }
            },
            SecretValue::KeyVault { url, .. } => {
                format!("it is kept in a key vault ({url}), which this server cannot ask: give its value instead")
            }
        };
        Err(EngineError::NotStarted(format!("{what} cannot be opened: {why}")))
    }
}

/// The names of the variables that will be set, in order; those of the service stay what they are.
#[must_use]
pub fn names(secrets: &[SecretVariable]) -> Vec<String> {
    let mut names: Vec<String> = passed(secrets).map(|secret| secret.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn passed(secrets: &[SecretVariable]) -> impl Iterator<Item = &SecretVariable> {
    secrets.iter().filter(|secret| !is_reserved(&secret.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::MasterKey;

    fn seal(key: u8) -> Seal {
        Seal::new(&MasterKey::new([key; 32]))
    }

    fn safe(key: u8) -> Safe {
        Safe::new(Arc::new(seal(key)))
    }

    fn sealed(name: &str, value: &str) -> SecretVariable {
        SecretVariable { name: name.into(), value: SecretValue::Sealed(seal(1).seal(value)) }
    }

    fn refusal(secret: SecretVariable, key: u8) -> String {
        match safe(key).variables(&[secret]) {
            Err(EngineError::NotStarted(why)) => why,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn secrets_open_under_their_names_and_the_variables_of_the_service_stay() {
        let secrets =
            [sealed("B", "$A"), sealed("AZ_BATCHAI_NUM_GPUS", "9"), sealed("A", "old"), sealed("A", "hunter2")];
        let opened = safe(1).variables(&secrets).expect("opens");
        assert_eq!(names(&secrets), ["A", "B"]);
        assert_eq!(opened.names(), names(&secrets));
        let expected = [("A", "hunter2"), ("B", "$A")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert!(opened == expected.into_iter().collect(), "the last of one name counts, and nothing is expanded");
    }

    #[test]
    fn what_cannot_be_opened_is_named_with_what_to_do() {
        assert_eq!(
            refusal(sealed("TOKEN", "hunter2"), 2),
            "the secret variable `TOKEN` cannot be opened: it was sealed with a key that this server does not have: \
             bring the key file back, or give it anew"
        );
        let url = "https://v.vault.azure.net/secrets/t".to_owned();
        let kept = SecretVariable { name: "TOKEN".into(), value: SecretValue::KeyVault { vault: "/v".into(), url } };
        assert_eq!(
            refusal(kept, 1),
            "the secret variable `TOKEN` cannot be opened: it is kept in a key vault \
             (https://v.vault.azure.net/secrets/t), which this server cannot ask: give its value instead"
        );
    }
}
