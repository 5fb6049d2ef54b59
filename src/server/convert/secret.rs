//! Secrets: sealed on the way in, names only on the way out.

use std::collections::HashSet;

use super::{FieldErrors, Rules};
use crate::api::vault::SecretUrl;
use crate::api::{EnvironmentVariable, EnvironmentVariableWithSecretValue, KeyVaultSecretReference};
use crate::domain::secret::{SecretValue, SecretVariable};

/// The two forms in which a secret may be given.
pub(super) struct Given<'w> {
    /// The property of the secret itself, such as `value`, and what is in it.
    pub clear: (&'static str, Option<&'w str>),
    /// The property of the reference, and what is in it.
    pub reference: (&'static str, Option<&'w KeyVaultSecretReference>),
}

/// Exactly one of both forms; `None` when that is not so, and noted.
pub(super) fn value(
    target: &str,
    given: &Given<'_>,
    rules: &Rules<'_>,
    errors: &mut FieldErrors,
) -> Option<SecretValue> {
    let Given { clear: (name, clear), reference: (reference_name, reference) } = given;
    match (clear, reference) {
        (Some(text), None) => Some(SecretValue::Sealed(rules.seal.seal(text))),
        (None, Some(reference)) => key_vault(&format!("{target}.{reference_name}"), reference, errors),
        (None, None) => {
            errors.add(format!("{target}.{name}"), format!("either {name} or {reference_name} must be given"));
            None
        }
        (Some(_), Some(_)) => {
            errors.add(format!("{target}.{name}"), format!("{name} and {reference_name} exclude each other"));
            None
        }
    }
}

/// The form of the address is checked, and not whether the secret is there: it is read when a process needs it.
fn key_vault(target: &str, reference: &KeyVaultSecretReference, errors: &mut FieldErrors) -> Option<SecretValue> {
    let KeyVaultSecretReference { source_vault, secret_url } = reference;
    let before = errors.0.len();
    super::check_filled(format!("{target}.sourceVault.id"), &source_vault.id, errors);
    errors.take(&format!("{target}.secretUrl"), SecretUrl::parse(secret_url));
    (errors.0.len() == before)
        .then(|| SecretValue::KeyVault { vault: source_vault.id.clone(), url: secret_url.clone() })
}

/// Secret variables; their names follow the rules of ordinary ones, and none may have the name of one of `others`.
pub(super) fn variables(
    target: &str,
    secrets: &[EnvironmentVariableWithSecretValue],
    others: &[EnvironmentVariable],
    rules: &Rules<'_>,
    errors: &mut FieldErrors,
) -> Vec<SecretVariable> {
    let mut found: Vec<SecretVariable> = Vec::new();
    let mut seen: HashSet<&str> = others.iter().map(|other| other.name.as_str()).collect();
    for (at, secret) in secrets.iter().enumerate() {
        let target = format!("{target}[{at}]");
        let EnvironmentVariableWithSecretValue { name, value: clear, value_secret_reference } = secret;
        super::check_name(&target, name, &mut seen, errors);
        let given = Given {
            clear: ("value", clear.as_deref()),
            reference: ("valueSecretReference", value_secret_reference.as_ref()),
        };
        if let Some(value) = value(&target, &given, rules, errors) {
            found.push(SecretVariable { name: name.clone(), value });
        }
    }
    found
}

/// Secret variables as answered: their names (recordings of azure-sdk-for-python, June 2018).
pub(super) fn variables_back(secrets: &[SecretVariable]) -> Option<Vec<EnvironmentVariableWithSecretValue>> {
    let name = |secret: &SecretVariable| EnvironmentVariableWithSecretValue {
        name: secret.name.clone(),
        value: None,
        value_secret_reference: None,
    };
    (!secrets.is_empty()).then(|| secrets.iter().map(name).collect())
}
