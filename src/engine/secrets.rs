//! Opening the secrets of jobs and set-up tasks, at the moment a supervisor is started that needs them.
//!
//! Called by engines that start supervisors. What is opened here goes to the supervisor and is dropped: a job that has
//! waited long gets what its key vault has now. Whoever asks a vault that is [far](Vaults::is_far) does so on a thread
//! of its own.

use std::fmt;
use std::sync::Arc;

use super::EngineError;
use super::environment::is_reserved;
use crate::domain::secret::{Seal, SecretValue, SecretVariable};
use crate::supervisor::secrets::Secrets;

/// Key vaults, by the addresses of the secrets in them. The composition root knows which there are.
pub trait Vaults: fmt::Debug + Send + Sync {
    /// Whether the secret of this address comes over a network, so that it may take its time.
    fn is_far(&self, url: &str) -> bool;

    /// The value of the secret of this address, as it is now. Blocks until it has come.
    ///
    /// # Errors
    /// Why it cannot be had and what to do about it: the end of a sentence, without the address and without any part
    /// of a value.
    fn read(&self, url: &str) -> Result<String, String>;
}

/// Opens every secret of this server, wherever it is kept.
#[derive(Debug, Clone)]
pub struct Safe {
    seal: Arc<Seal>,
    vaults: Option<Arc<dyn Vaults>>,
}

impl Safe {
    /// What opens secrets that were sealed here; there are no key vaults.
    #[must_use]
    pub fn new(seal: Arc<Seal>) -> Self {
        Self { seal, vaults: None }
    }

    /// The same with these key vaults.
    #[must_use]
    pub fn with_vaults(self, vaults: Arc<dyn Vaults>) -> Self {
        Self { vaults: Some(vaults), ..self }
    }

    /// Whether opening this secret may take its time, because it is asked for over a network.
    #[must_use]
    pub fn is_far(&self, secret: &SecretValue) -> bool {
        match (secret, &self.vaults) {
            (SecretValue::KeyVault { url, .. }, Some(vaults)) => vaults.is_far(url),
            (SecretValue::KeyVault { .. }, None) | (SecretValue::Sealed(_), _) => false,
        }
    }

    /// The same for the variables that [`Safe::variables`] opens.
    #[must_use]
    pub fn any_is_far(&self, secrets: &[SecretVariable]) -> bool {
        passed(secrets).any(|secret| self.is_far(&secret.value))
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
            SecretValue::KeyVault { url, .. } => match self.vaults.as_ref().map(|vaults| vaults.read(url)) {
                Some(Ok(value)) if value.contains('\0') => {
                    format!("{url} holds a NUL character, which no variable can")
                }
                Some(Ok(value)) => return Ok(value),
                Some(Err(why)) => format!("{url}: {why}"),
                None => {
                    format!("it is kept in a key vault ({url}), which this server cannot ask: give its value instead")
                }
            },
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

    /// One that is near and has the secret `t`, one that is far.
    #[derive(Debug)]
    struct Fixed;

    impl Vaults for Fixed {
        fn is_far(&self, url: &str) -> bool {
            url.contains("far")
        }

        fn read(&self, url: &str) -> Result<String, String> {
            match url.rsplit('/').next() {
                Some("t") => Ok("hunter2".into()),
                Some("nul") => Ok("a\0b".into()),
                _ => Err("there is none: set it".into()),
            }
        }
    }

    fn kept(name: &str, url: &str) -> SecretVariable {
        let value = SecretValue::KeyVault { vault: "/v".into(), url: url.into() };
        SecretVariable { name: name.into(), value }
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
        assert_eq!(
            refusal(kept("TOKEN", "https://v.vault.azure.net/secrets/t"), 1),
            "the secret variable `TOKEN` cannot be opened: it is kept in a key vault \
             (https://v.vault.azure.net/secrets/t), which this server cannot ask: give its value instead"
        );
    }

    #[test]
    fn a_secret_of_a_key_vault_is_read_when_it_is_opened() {
        let safe = safe(1).with_vaults(Arc::new(Fixed));
        let opened = safe.variables(&[kept("A", "https://v/secrets/t"), sealed("B", "b")]).expect("opens");
        assert!(opened == [("A", "hunter2"), ("B", "b")].map(|(n, v)| (n.into(), v.into())).into_iter().collect());
        let why = |url: &str| safe.variables(&[kept("A", url)]).expect_err("no value").to_string();
        assert_eq!(
            why("https://v/secrets/x"),
            "the secret variable `A` cannot be opened: https://v/secrets/x: there is none: set it"
        );
        assert_eq!(
            why("https://v/secrets/nul"),
            "the secret variable `A` cannot be opened: https://v/secrets/nul holds a NUL character, which no variable can"
        );
    }

    #[test]
    fn only_what_is_asked_for_over_a_network_is_far() {
        let vaults = safe(1).with_vaults(Arc::new(Fixed));
        let far = kept("A", "https://far/secrets/t");
        assert!(vaults.is_far(&far.value) && vaults.any_is_far(&[sealed("B", "b"), far.clone()]));
        assert!(!vaults.any_is_far(&[sealed("B", "b"), kept("A", "https://v/secrets/t")]));
        assert!(!safe(1).is_far(&far.value), "there are no vaults");
        let ours = kept("AZ_BATCHAI_NUM_GPUS", "https://far/secrets/t");
        assert!(!vaults.any_is_far(&[ours]), "a variable that will not be set is not asked for");
    }
}
