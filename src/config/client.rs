//! Settings of commands: `config.yaml` and the environment. Flags come on top, in `cli`.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use serde::Deserialize;

use super::{ConfigError, env};

/// What was set; `None` where nothing was, and a flag or a default decides.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ClientSettings {
    /// The server to use instead of the local one, such as `https://gpu.example:8650`.
    pub endpoint: Option<String>,
    /// The default of `--subscription`.
    pub subscription: Option<String>,
    /// The default of `-o`.
    pub output: Option<String>,
    /// Whether commands that delete go ahead without asking.
    pub disable_confirm_prompt: Option<bool>,
    /// Defaults of names.
    pub defaults: Defaults,
    /// The storage account of files that leave it open.
    pub storage: Storage,
}

/// A storage account and its key.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Storage {
    /// The account's name.
    pub account: Option<String>,
    /// Its key; a secret.
    pub key: Option<String>,
}

/// Never shows the key.
impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_ref().map(|_| "<secret>");
        f.debug_struct("Storage").field("account", &self.account).field("key", &key).finish()
    }
}

/// Defaults of names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Defaults {
    /// Of `-g`.
    pub group: Option<String>,
    /// Of `-w`.
    pub workspace: Option<String>,
    /// Of `-e`.
    pub experiment: Option<String>,
    /// Of `-c`.
    pub cluster: Option<String>,
    /// Of `-l`.
    pub location: Option<String>,
}

impl ClientSettings {
    /// The file at `path`, which may be absent, under the environment.
    ///
    /// # Errors
    /// When the file is there and cannot be used, or a variable has an impossible value.
    pub fn load(path: PathBuf) -> Result<Self, ConfigError> {
        let mut settings = match std::fs::read_to_string(&path) {
            Ok(text) if text.trim().is_empty() => Self::default(),
            Ok(text) => serde_yaml::from_str(&text)
                .map_err(|error| ConfigError::Invalid { path, message: error.to_string() })?,
            // Where a file stands in the place of the folder, whoever needs the folder says so.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Self::default(),
            Err(source) => return Err(ConfigError::Unreadable { path, source }),
        };
        settings.overlay(env::get)?;
        Ok(settings)
    }

    fn overlay(&mut self, get: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        if let Some(group) = get(env::DEFAULT_GROUP) {
            self.defaults.group = Some(group);
        }
        if let Some(location) = get(env::DEFAULT_LOCATION) {
            self.defaults.location = Some(location);
        }
        if let Some(endpoint) = get(env::ENDPOINT) {
            self.endpoint = Some(endpoint);
        }
        if let Some(account) = get(env::STORAGE_ACCOUNT) {
            self.storage.account = Some(account);
        }
        if let Some(key) = get(env::STORAGE_KEY) {
            self.storage.key = Some(key);
        }
        if let Some(output) = get(env::OUTPUT) {
            self.output = Some(output);
        }
        if let Some(value) = get(env::DISABLE_CONFIRM_PROMPT) {
            self.disable_confirm_prompt = Some(match value.to_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => true,
                "0" | "false" | "no" | "off" => false,
                _ => {
                    let (name, expected) = (env::DISABLE_CONFIRM_PROMPT, "true or false");
                    return Err(ConfigError::Variable { name, value, expected });
                }
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_over_the_file() {
        let mut settings: ClientSettings =
            serde_yaml::from_str("output: table\ndefaults:\n  group: file\n  workspace: w").expect("settings");
        let set = |name: &str| (name == env::DEFAULT_GROUP).then(|| "variable".to_owned());
        settings.overlay(set).expect("settings");
        assert_eq!(settings.defaults.group.as_deref(), Some("variable"));
        assert_eq!((settings.output.as_deref(), settings.defaults.workspace.as_deref()), (Some("table"), Some("w")));
    }

    #[test]
    fn the_storage_account_comes_from_the_file_or_the_environment_and_its_key_is_not_shown() {
        let mut settings: ClientSettings =
            serde_yaml::from_str("storage: {account: a, key: hunter2}").expect("settings");
        settings.overlay(|name| (name == env::STORAGE_ACCOUNT).then(|| "b".to_owned())).expect("settings");
        assert_eq!(settings.storage, Storage { account: Some("b".into()), key: Some("hunter2".into()) });
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let error = serde_yaml::from_str::<ClientSettings>("ouput: table").expect_err("an error");
        assert!(error.to_string().contains("ouput"), "{error}");
    }
}
