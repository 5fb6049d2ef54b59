//! Secrets of the server's own key vaults; ours, with the names and forms of Azure Key Vault (azure-docs `key-vault`,
//! "About keys, secrets, and certificates").

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most bytes of a secret (azure-docs `key-vault`: "maximum size of 25k bytes each").
pub const MOST_BYTES: usize = 25 * 1024;

/// The longest name of a secret, in characters.
const LONGEST_NAME: usize = 127;

/// The lengths that the name of a vault may have, in characters.
const VAULT_LENGTHS: std::ops::RangeInclusive<usize> = 3..=24;

/// What an address of a secret looks like.
const FORM: &str = "https://<vault>.vault.azure.net/secrets/<name>[/<version>]";

/// Body of PUT secret.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretSet {
    /// The secret: text of at most 25,600 bytes; write-only.
    #[schemars(length(min = 1))]
    pub value: String,
}

/// Never shows the secret.
impl fmt::Debug for SecretSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretSet(<secret>)")
    }
}

/// A secret as answered: everything but its value, which never comes back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// Its address, for `secretUrl`: without a version, so that it stands for the current one.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The vault that it is in.
    pub vault: String,
    /// The current version: 32 hexadecimal digits.
    pub version: String,
    /// When it was first set, and when last.
    pub attributes: SecretAttributes,
    /// All versions, the newest first.
    pub versions: Vec<SecretVersion>,
}

/// One version of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretVersion {
    /// Its address, for a `secretUrl` that stays with this version.
    pub id: String,
    /// 32 hexadecimal digits.
    pub version: String,
    /// When it was set.
    pub attributes: SecretAttributes,
}

/// What Key Vault calls the attributes of a secret, as far as there are any here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretAttributes {
    /// Always: a secret that is not to be used is deleted.
    pub enabled: bool,
    /// UTC.
    pub created: String,
    /// UTC.
    pub updated: String,
}

/// The parts of a `secretUrl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUrl {
    /// The first label of its host, lower case: the name of the vault.
    pub vault: String,
    /// The name of the secret.
    pub name: String,
    /// The version; `None` is the current one.
    pub version: Option<String>,
}

impl SecretUrl {
    /// Takes an address apart. The host may be any: who answers for a vault is the server's business.
    ///
    /// # Errors
    /// Says what is wrong with it and what it should look like, without quoting it: what stands there by mistake may
    /// be a secret.
    pub fn parse(url: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("{why}: it must look like {FORM}");
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
            Some(_) | None => return Err(wrong("the address of a secret begins with https://")),
        };
        if let Some(sign) = url.chars().find(|c| c.is_whitespace() || c.is_control() || "?#@\\%".contains(*c)) {
            return Err(wrong(&format!("the address of a secret has no {sign:?}")));
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let vault = vault_of(host).ok_or_else(|| wrong("the host of the address is not one"))?;
        let mut parts = path.strip_suffix('/').unwrap_or(path).split('/');
        if !parts.next().is_some_and(|part| part.eq_ignore_ascii_case("secrets")) {
            return Err(wrong("the path of the address begins with /secrets/"));
        }
        let name = parts.next().unwrap_or_default();
        check_secret_name(name).map_err(|why| wrong(&format!("the name of the secret cannot be one ({why})")))?;
        let version = parts.next();
        if version.is_some_and(|version| check_version(version).is_err()) {
            return Err(wrong("the version of the secret cannot be one (use its letters and digits)"));
        }
        if parts.next().is_some() {
            return Err(wrong("the address goes on behind the version"));
        }
        Ok(Self { vault, name: name.to_owned(), version: version.map(str::to_owned) })
    }
}

/// The first label of a host, which may have a port.
fn vault_of(host: &str) -> Option<String> {
    let (host, port) = host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port)));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    let is_label = |label: &str| {
        let is_sign = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.len() <= 63 && label.chars().all(is_sign)
    };
    let is_host = host.split('.').all(is_label);
    let first = host.split('.').next()?;
    (is_port && is_host).then(|| first.to_ascii_lowercase())
}

/// The address of a secret in a vault of that name; without a version it stands for the current one.
#[must_use]
pub fn secret_url(vault: &str, name: &str, version: Option<&str>) -> String {
    let version = version.map(|version| format!("/{version}")).unwrap_or_default();
    format!("https://{vault}.vault.azure.net/secrets/{name}{version}")
}

/// The name of a vault: 3 to 24 letters, digits and `-`; a letter first, no `-` last and none beside another.
///
/// # Errors
/// Says which rule it breaks.
pub fn check_vault_name(name: &str) -> Result<(), String> {
    check_characters(name)?;
    let length = name.len();
    if !VAULT_LENGTHS.contains(&length) {
        let (least, most) = (VAULT_LENGTHS.start(), VAULT_LENGTHS.end());
        return Err(format!("it has {length} characters; the name of a vault has {least} to {most}"));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err("the name of a vault begins with a letter".into());
    }
    if name.ends_with('-') || name.contains("--") {
        return Err("a `-` stands between letters and digits".into());
    }
    Ok(())
}

/// The name of a secret: 1 to 127 letters, digits and `-`.
///
/// # Errors
/// Says which rule it breaks.
pub fn check_secret_name(name: &str) -> Result<(), String> {
    check_characters(name)?;
    match name.len() {
        0 => Err("it is empty".into()),
        1..=LONGEST_NAME => Ok(()),
        length => Err(format!("it has {length} characters; the name of a secret has at most {LONGEST_NAME}")),
    }
}

/// The version of a secret: Key Vault's have 32 hexadecimal digits; those of others are taken as they are.
fn check_version(version: &str) -> Result<(), String> {
    check_secret_name(version)
}

fn check_characters(name: &str) -> Result<(), String> {
    match name.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
        Some(wrong) => Err(format!("{wrong:?} is not allowed: use letters, digits and `-`")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> Option<(String, String, Option<String>)> {
        SecretUrl::parse(url).ok().map(|url| (url.vault, url.name, url.version))
    }

    #[test]
    fn an_address_is_taken_apart_whatever_host_it_names() {
        let found = |vault: &str, name: &str, version: Option<&str>| {
            Some((vault.to_owned(), name.to_owned(), version.map(str::to_owned)))
        };
        for (url, expected) in [
            ("https://demo.vault.azure.net/secrets/token", found("demo", "token", None)),
            ("https://demo.vault.azure.net/secrets/token/", found("demo", "token", None)),
            ("HTTPS://Demo.vault.azure.net:443/Secrets/To-ken/0af3", found("demo", "To-ken", Some("0af3"))),
            ("https://keys.example.com/secrets/t", found("keys", "t", None)),
            ("https://v/secrets/t", found("v", "t", None)),
        ] {
            assert_eq!(parts(url), expected, "{url}");
        }
        let made = secret_url("demo", "token", Some("0af3"));
        assert_eq!(parts(&made), found("demo", "token", Some("0af3")));
    }

    #[test]
    fn what_is_no_address_is_told_and_never_quoted() {
        for (url, why) in [
            ("hunter2", "the address of a secret begins with https://"),
            ("http://demo.vault.azure.net/secrets/hunter2", "the address of a secret begins with https://"),
            ("https:///secrets/hunter2", "the host of the address is not one"),
            ("https://de mo/secrets/t", "the address of a secret has no ' '"),
            ("https://me:hunter2@demo.vault.azure.net/secrets/t", "the address of a secret has no '@'"),
            ("https://demo.vault.azure.net:x/secrets/t", "the host of the address is not one"),
            ("https://demo.vault.azure.net", "the path of the address begins with /secrets/"),
            ("https://demo.vault.azure.net/keys/hunter2", "the path of the address begins with /secrets/"),
            ("https://demo.vault.azure.net/secrets", "the name of the secret cannot be one (it is empty)"),
            ("https://demo.vault.azure.net/secrets//1", "the name of the secret cannot be one (it is empty)"),
            (
                "https://demo.vault.azure.net/secrets/a_b",
                "the name of the secret cannot be one ('_' is not allowed: use letters, digits and `-`)",
            ),
            ("https://demo.vault.azure.net/secrets/t/a_b", "the version of the secret cannot be one"),
            ("https://demo.vault.azure.net/secrets/t/1/hunter2", "the address goes on behind the version"),
            ("https://demo.vault.azure.net/secrets/t?api-version=7.4", "the address of a secret has no '?'"),
            ("https://demo.vault.azure.net/secrets/t%00", "the address of a secret has no '%'"),
        ] {
            let error = SecretUrl::parse(url).expect_err(url);
            assert!(error.starts_with(why) && error.ends_with(FORM) && !error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn names_follow_the_rules_of_key_vault() {
        for (name, is_one) in [
            ("abc", true),
            ("my-vault-1", true),
            (&"a".repeat(24), true),
            ("ab", false),
            (&"a".repeat(25), false),
            ("1ab", false),
            ("ab-", false),
            ("a--b", false),
            ("a_b", false),
            ("vält", false),
            ("", false),
        ] {
            assert_eq!(check_vault_name(name).is_ok(), is_one, "{name}");
        }
        for (name, is_one) in
            [("1", true), ("a-", true), (&"x".repeat(127), true), (&"x".repeat(128), false), ("", false)]
        {
            assert_eq!(check_secret_name(name).is_ok(), is_one, "{name}");
        }
    }

    #[test]
    fn a_body_does_not_show_its_secret() {
        assert!(!format!("{:?}", SecretSet { value: "hunter2".into() }).contains("hunter2"));
    }
}
