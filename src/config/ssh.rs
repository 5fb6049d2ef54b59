//! How nodes offer SSH: `ssh` in server.yaml.

use std::net::IpAddr;

use serde::Deserialize;

/// Settings of the SSH servers of nodes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct SshSettings {
    /// Whether nodes of clusters with a user account offer SSH.
    pub enabled: bool,
    /// The address of this machine on which all nodes listen, each at a port of its own; `None`: each listens at its own
    /// loopback address, which only this machine reaches.
    pub listen: Option<IpAddr>,
    /// The name or address that clients are told instead, such as that of a gateway.
    pub address: Option<String>,
    /// The first port, where nodes share an address; 50000 as in the service (recordings of azure-sdk-for-python, June 2018).
    pub first_port: u16,
}

impl Default for SshSettings {
    fn default() -> Self {
        Self { enabled: true, listen: None, address: None, first_port: 50000 }
    }
}

impl SshSettings {
    /// What is wrong with them, as the end of a sentence.
    ///
    /// # Errors
    /// When clients could not reach a node by what they are told.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.first_port == 0 {
            return Err("`firstPort` of `ssh` must be a port, from 1 to 65535");
        }
        match (self.listen, &self.address) {
            (_, Some(address)) if address.is_empty() || address.contains(char::is_whitespace) => {
                Err("`address` of `ssh` must be a name or an address")
            }
            (None, Some(_)) => Err("`ssh` has an `address` that clients are told, but no `listen`: give both"),
            (Some(listen), None) if listen.is_unspecified() => {
                Err("`ssh` listens on all addresses: say in its `address` which one clients are told")
            }
            (Some(_) | None, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SshSettings, String> {
        super::super::parse(text)
    }

    #[test]
    fn nodes_stay_on_this_machine_unless_somebody_says_otherwise() {
        assert_eq!(read(""), Ok(SshSettings::default()));
        let settings = read("{listen: 0.0.0.0, address: gpu.example.org, firstPort: 40000}").expect("settings");
        assert_eq!((settings.listen, settings.first_port), (Some(IpAddr::from([0, 0, 0, 0])), 40000));
        assert_eq!(settings.check(), Ok(()));
        assert!(read("listen: here").is_err() && read("port: 1").is_err() && read("firstPort: 70000").is_err());
    }

    #[test]
    fn clients_are_told_what_they_can_reach() {
        let why = |text: &str| read(text).expect("settings").check().expect_err(text);
        assert!(why("listen: 0.0.0.0").contains("say in its `address`"));
        assert!(why("listen: '::'").contains("say in its `address`"));
        assert!(why("address: a").contains("no `listen`"));
        assert!(why("{listen: 10.0.0.1, address: 'a b'}").contains("a name or an address"));
        assert!(why("firstPort: 0").contains("firstPort"));
        assert_eq!(read("listen: 10.0.0.1").expect("settings").check(), Ok(()));
    }
}
