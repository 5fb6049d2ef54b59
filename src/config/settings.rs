//! Every setting of commands, once: its name, the names that the Azure CLI has for it, the variables of the
//! environment that win over the file.
//!
//! [`client`](super::client) reads them, `batchai config` shows and changes them. Knows no file and no flag.

use super::client::ClientSettings;
use super::env;

/// Where the value of a setting lives.
pub enum Slot<'s> {
    /// Text.
    Text(&'s mut Option<String>),
    /// True or false.
    Flag(&'s mut Option<bool>),
}

/// One setting.
pub struct Setting {
    /// Its name in commands and, at the dots, its place in `config.yaml`: `defaults.group`.
    pub key: &'static str,
    /// Names that the Azure CLI has for it: `core.output`.
    pub aliases: &'static [&'static str],
    /// Variables that win over the file; the first that is set counts.
    pub variables: &'static [&'static str],
    /// What it is good for.
    pub about: &'static str,
    /// Whether its value is never shown.
    pub is_secret: bool,
    slot: for<'s> fn(&'s mut ClientSettings) -> Slot<'s>,
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.key)
    }
}

impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Setting {
    /// Its value as text; `None` where it is not set.
    #[must_use]
    pub fn value(&self, settings: &ClientSettings) -> Option<String> {
        // A slot is for reading and writing; only a copy can be written without harm.
        let mut settings = settings.clone();
        match (self.slot)(&mut settings) {
            Slot::Text(text) => text.take(),
            Slot::Flag(flag) => flag.map(|flag| flag.to_string()),
        }
    }

    /// Gives it a value.
    ///
    /// # Errors
    /// What the value must be instead.
    pub fn assign(&self, settings: &mut ClientSettings, value: &str) -> Result<(), &'static str> {
        match (self.slot)(settings) {
            Slot::Text(slot) => *slot = Some(value.to_owned()),
            Slot::Flag(slot) => *slot = Some(truth(value).ok_or("true or false")?),
        }
        Ok(())
    }

    /// Gives it a value that it can have, or none.
    pub fn put(&self, settings: &mut ClientSettings, value: Option<&str>) {
        match (self.slot)(settings) {
            Slot::Text(slot) => *slot = value.map(str::to_owned),
            Slot::Flag(slot) => *slot = value.and_then(truth),
        }
    }

    /// Whether its value is true or false.
    #[must_use]
    pub fn is_flag(&self) -> bool {
        matches!((self.slot)(&mut ClientSettings::default()), Slot::Flag(_))
    }

    /// The variable that gives it its value now, and the value.
    #[must_use]
    pub fn variable(&self, get: impl Fn(&str) -> Option<String>) -> Option<(&'static str, String)> {
        self.variables.iter().find_map(|name| Some((*name, get(name)?)))
    }
}

/// The setting of that name, its own or one of the Azure CLI.
#[must_use]
pub fn find(name: &str) -> Option<&'static Setting> {
    ALL.iter().find(|setting| setting.key == name || setting.aliases.contains(&name))
}

/// As Python's `configparser` reads it, which is what the Azure CLI used.
fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// All of them, in the order in which they are listed.
pub const ALL: &[Setting] = &[
    Setting {
        key: "endpoint",
        aliases: &[],
        variables: &[env::ENDPOINT],
        about: "The server to use instead of the local one.",
        is_secret: false,
        slot: |settings| Slot::Text(&mut settings.endpoint),
    },
    Setting {
        key: "subscription",
        aliases: &["defaults.subscription"],
        variables: &[],
        about: "The default of --subscription.",
        is_secret: false,
        slot: |settings| Slot::Text(&mut settings.subscription),
    },
    Setting {
        key: "output",
        aliases: &["core.output"],
        variables: &[env::OUTPUT],
        about: "The default of -o.",
        is_secret: false,
        slot: |settings| Slot::Text(&mut settings.output),
    },
    Setting {
        key: "disableConfirmPrompt",
        aliases: &["core.disable_confirm_prompt"],
        variables: &[env::DISABLE_CONFIRM_PROMPT],
        about: "Whether delete and terminate go ahead without asking.",
        is_secret: false,
        slot: |settings| Slot::Flag(&mut settings.disable_confirm_prompt),
    },
    Setting {
        key: "disableConcurrentIds",
        aliases: &["core.disable_concurrent_ids"],
        variables: &[env::DISABLE_CONCURRENT_IDS],
        about: "Whether things named by --ids are taken one after the other.",
        is_secret: false,
        slot: |settings| Slot::Flag(&mut settings.disable_concurrent_ids),
    },
    Setting {
        key: "defaults.group",
        aliases: &[],
        variables: &[env::DEFAULT_GROUP],
        about: "The default of -g.",
        is_secret: false,
        slot: |settings| Slot::Text(&mut settings.defaults.group),
    },
    Setting {
        key: "defaults.workspace",
        aliases: &["defaults.default_workspace_name"],
        variables: &[env::DEFAULT_WORKSPACE, env::DEFAULT_WORKSPACE_NAME],
        about: "The default of -w.",
        is_secret: false,
        slot: |settings| Slot::Text(&mut settings.defaults.workspace),
    },
    Setting {
        key: "defaults.experiment",
        aliases: &[],
        variables: &[env::DEFAULT_EXPERIMENT],
        about: "The default of -e.",
        is_secret: false,
        slot: |settings| Slot::Text(&mut settings.defaults.experiment),
    },
    Setting {
        key: "defaults.cluster",
        aliases: &[],
        variables: &[env::DEFAULT_CLUSTER],
        about: "The default of -c.",
        is_secret: false,
        slot: |settings| Slot::Text(&mut settings.defaults.cluster),
    },
    Setting {
        key: "defaults.location",
        aliases: &[],
        variables: &[env::DEFAULT_LOCATION],
        about: "The default of -l.",
        is_secret: false,
        slot: |settings| Slot::Text(&mut settings.defaults.location),
    },
    Setting {
        key: "defaults.fileServerGroup",
        aliases: &["defaults.default_workspace_resource_group"],
        variables: &[env::DEFAULT_FILE_SERVER_GROUP],
        about: "The default of -g of file-server create, before that of other commands.",
        is_secret: false,
        slot: |settings| Slot::Text(&mut settings.defaults.file_server_group),
    },
    Setting {
        key: "storage.account",
        aliases: &["batchai.storage_account"],
        variables: &[env::STORAGE_ACCOUNT],
        about: "The storage account of file shares and containers that are mounted.",
        is_secret: false,
        slot: |settings| Slot::Text(&mut settings.storage.account),
    },
    Setting {
        key: "storage.key",
        aliases: &["batchai.storage_key"],
        variables: &[env::STORAGE_KEY],
        about: "Its key.",
        is_secret: true,
        slot: |settings| Slot::Text(&mut settings.storage.key),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_leads_to_one_setting() {
        let names: Vec<&str> = ALL.iter().flat_map(|s| s.aliases.iter().copied().chain([s.key])).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        assert_eq!(find("core.output"), find("output"));
        assert_eq!(find("ouput"), None);
    }

    #[test]
    fn what_is_assigned_is_the_value_and_nothing_else_changes() {
        for setting in ALL {
            let mut settings = ClientSettings::default();
            assert_eq!(setting.value(&settings), None);
            setting.assign(&mut settings, "true").expect("a value that every setting takes");
            let set: Vec<&str> = ALL.iter().filter(|s| s.value(&settings).is_some()).map(|s| s.key).collect();
            assert_eq!(set, [setting.key]);
        }
    }

    #[test]
    fn a_flag_is_true_or_false() {
        let flag = find("disableConfirmPrompt").expect("a setting");
        let mut settings = ClientSettings::default();
        assert_eq!(flag.assign(&mut settings, "perhaps"), Err("true or false"));
        flag.assign(&mut settings, "Yes").expect("a truth");
        assert_eq!(settings.disable_confirm_prompt, Some(true));
    }
}
