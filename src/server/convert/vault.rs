//! Secrets of key vaults: sealed on the way in, without their values on the way out.

use super::{FieldErrors, time};
use crate::api::vault as wire;
use crate::domain::secret::{Seal, Sealed};
use crate::domain::vault::{SecretVersion, VaultSecret};

/// The value of a body, sealed.
///
/// # Errors
/// When it is empty or longer than Key Vault takes.
pub fn value(body: &wire::SecretSet, seal: &Seal) -> Result<Sealed, FieldErrors> {
    let mut errors = FieldErrors::default();
    let length = body.value.len();
    if length == 0 {
        errors.add("value", "it must not be empty");
    } else if length > wire::MOST_BYTES {
        errors.add("value", format!("it has {length} bytes, but a secret has at most {}", wire::MOST_BYTES));
    }
    errors.finish(Some(seal.seal(&body.value)))
}

/// The name of a vault out of a path, lower case.
///
/// # Errors
/// Says what is wrong with it.
pub fn vault_name(text: &str) -> Result<String, String> {
    wire::check_vault_name(text).map_err(|why| format!("vault name `{text}`: {why}"))?;
    Ok(text.to_ascii_lowercase())
}

/// The name of a secret out of a path.
///
/// # Errors
/// Says what is wrong with it.
pub fn secret_name(text: &str) -> Result<String, String> {
    wire::check_secret_name(text).map_err(|why| format!("secret name `{text}`: {why}"))?;
    Ok(text.to_owned())
}

/// A secret as answered.
#[must_use]
pub fn secret(value: &VaultSecret) -> wire::Secret {
    let SecretVersion { vault, name, created: first, .. } = value.first();
    let SecretVersion { version, created: last, .. } = value.current();
    let version_back = |found: &SecretVersion| wire::SecretVersion {
        id: wire::secret_url(vault, name, Some(&found.version)),
        version: found.version.clone(),
        attributes: attributes(time(found.created), time(found.created)),
    };
    wire::Secret {
        id: wire::secret_url(vault, name, None),
        name: name.clone(),
        vault: vault.clone(),
        version: version.clone(),
        attributes: attributes(time(*first), time(*last)),
        versions: value.newest_first().map(version_back).collect(),
    }
}

fn attributes(created: String, updated: String) -> wire::SecretAttributes {
    wire::SecretAttributes { enabled: true, created, updated }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::secret::MasterKey;

    fn seal() -> Seal {
        Seal::new(&MasterKey::new([1; 32]))
    }

    #[test]
    fn a_value_is_some_text_of_at_most_25_kilobytes() {
        let told = |text: String| value(&wire::SecretSet { value: text }, &seal()).map_err(|errors| errors.0);
        assert!(told("x".repeat(25_600)).is_ok() && told("\n".into()).is_ok());
        for (text, why) in [("", "it must not be empty"), (&"ü".repeat(12_801), "it has 25602 bytes")] {
            let errors = told(text.to_owned()).expect_err("an error");
            assert!(errors[0].target == "value" && errors[0].message.starts_with(why), "{errors:?}");
        }
    }

    #[test]
    fn an_answer_has_every_version_newest_first_and_no_value() {
        let version = |version: &str, second: i64| SecretVersion {
            vault: "demo".into(),
            name: "token".into(),
            version: version.into(),
            value: seal().seal("hunter2"),
            created: Timestamp::from_second(second).expect("a time"),
        };
        let secrets = VaultSecret::group(vec![version("0a", 1), version("0b", 2)]);
        let answer = serde_json::to_string_pretty(&secret(&secrets[0])).expect("JSON");
        insta::assert_snapshot!(answer, @r#"
        {
          "id": "https://demo.vault.azure.net/secrets/token",
          "name": "token",
          "vault": "demo",
          "version": "0b",
          "attributes": {
            "enabled": true,
            "created": "1970-01-01T00:00:01Z",
            "updated": "1970-01-01T00:00:02Z"
          },
          "versions": [
            {
              "id": "https://demo.vault.azure.net/secrets/token/0b",
              "version": "0b",
              "attributes": {
                "enabled": true,
                "created": "1970-01-01T00:00:02Z",
                "updated": "1970-01-01T00:00:02Z"
              }
            },
            {
              "id": "https://demo.vault.azure.net/secrets/token/0a",
              "version": "0a",
              "attributes": {
                "enabled": true,
                "created": "1970-01-01T00:00:01Z",
                "updated": "1970-01-01T00:00:01Z"
              }
            }
          ]
        }
        "#);
    }
}
