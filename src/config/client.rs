//! Settings of commands: `config.yaml` and the environment. Flags come on top, in `cli`.

use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::{ConfigError, env, settings};

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
    /// Whether things named by `--ids` are taken one after the other.
    pub disable_concurrent_ids: Option<bool>,
    /// Defaults of names.
    pub defaults: Defaults,
    /// The storage account that is mounted.
    pub storage: Storage,
}

/// The storage account of file shares and containers that are mounted.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Storage {
    /// Its name.
    pub account: Option<String>,
    /// What opens it.
    pub key: Option<String>,
}

/// Shows no secret.
impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage").field("account", &self.account).finish_non_exhaustive()
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
    /// Of `-g` of `file-server create`, before `group`.
    pub file_server_group: Option<String>,
}

impl ClientSettings {
    /// The file at `path`, which may be absent, under the environment.
    ///
    /// # Errors
    /// When the file is there and cannot be used, or a variable has an impossible value.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let mut settings = Self::of_file(path)?;
        settings.overlay(env::get)?;
        Ok(settings)
    }

    /// What the file at `path` alone says; nothing where there is none.
    ///
    /// # Errors
    /// When the file is there and cannot be used.
    pub fn of_file(path: &Path) -> Result<Self, ConfigError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|message| ConfigError::Invalid { path: path.to_owned(), message }),
            // Where a file stands in the place of the folder, whoever needs the folder says so.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(Self::default()),
            Err(source) => Err(ConfigError::Unreadable { path: path.to_owned(), source }),
        }
    }

    /// What a text says that is the content of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        super::parse(text)
    }

    fn overlay(&mut self, get: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        for setting in settings::ALL {
            let Some((name, value)) = setting.variable(&get) else { continue };
            let assigned = setting.assign(self, &value);
            assigned.map_err(|expected| ConfigError::Variable { name, value, expected })?;
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
