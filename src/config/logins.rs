//! Servers that were logged in to: `logins.yaml`, readable by its user only.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ConfigError, file};

/// What `batchai login` remembers of one server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Login {
    /// What opens it.
    pub token: String,
    /// The certificate (PEM) that vouches for it; `None`: this machine's authorities do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// Shows no secret.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("certificate", &self.certificate.is_some()).finish_non_exhaustive()
    }
}

/// All of them, by the address of the server: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Logins {
    path: PathBuf,
    servers: BTreeMap<String, Login>,
}

impl Logins {
    /// The file at `path`, which may be absent.
    ///
    /// # Errors
    /// When it is there and cannot be used.
    pub fn load(path: PathBuf) -> Result<Self, ConfigError> {
        let servers = match std::fs::read_to_string(&path) {
            Ok(text) if text.trim().is_empty() => BTreeMap::new(),
            // The parser may quote what it cannot read, and that may be a token.
            Ok(text) => serde_yaml::from_str(&text).map_err(|_| ConfigError::Invalid {
                path: path.clone(),
                message: "it is damaged; remove it and log in again".into(),
            })?,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => BTreeMap::new(),
            Err(source) => return Err(ConfigError::Unreadable { path, source }),
        };
        Ok(Self { path, servers })
    }

    /// What is known of the server at this address.
    #[must_use]
    pub fn find(&self, origin: &str) -> Option<&Login> {
        self.servers.get(origin)
    }

    /// The addresses of all that are known.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.servers.keys().map(String::as_str)
    }

    /// Remembers a server; an earlier login to it is replaced.
    ///
    /// # Errors
    /// When the file cannot be written; it is then as it was.
    pub fn add(&mut self, origin: &str, login: Login) -> Result<(), ConfigError> {
        self.servers.insert(origin.to_owned(), login);
        self.save()
    }

    /// Forgets a server; `false` when it was not known.
    ///
    /// # Errors
    /// When the file cannot be written; it is then as it was.
    pub fn remove(&mut self, origin: &str) -> Result<bool, ConfigError> {
        if self.servers.remove(origin).is_none() {
            return Ok(false);
        }
        self.save().map(|()| true)
    }

    fn save(&self) -> Result<(), ConfigError> {
        // JSON is YAML, and needs no rules for the line breaks of a certificate.
        let text = serde_json::to_string_pretty(&self.servers).expect("text can be written as JSON");
        file::write(&self.path, &text).map_err(|source| ConfigError::Unwritable { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_added_is_found_again_by_its_user_only_until_it_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/logins.yaml");
        let login = Login { token: "bai_secret".into(), certificate: Some("-----BEGIN\nx\n".into()) };
        let mut logins = Logins::load(path.clone()).expect("logins");
        logins.add("https://h:1", login.clone()).expect("saved");
        assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        let mut again = Logins::load(path.clone()).expect("logins");
        assert_eq!(again.find("https://h:1"), Some(&login));
        assert!(!format!("{again:?}").contains("bai_secret"));
        assert!(again.remove("https://h:1").expect("saved") && !again.remove("https://h:1").expect("nothing to do"));
        assert_eq!(Logins::load(path).expect("logins").find("https://h:1"), None);
    }

    #[test]
    fn a_damaged_file_is_told_without_showing_what_is_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("logins.yaml");
        std::fs::write(&path, "https://h: {token: [bai_secret]}").expect("a file");
        let error = Logins::load(path).expect_err("an error").to_string();
        assert!(error.contains("logins.yaml") && !error.contains("bai_secret"), "{error}");
    }
}
