//! `quotas` of `server.yaml`: how many clusters and cores a subscription may have in a region.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};

/// What the settings say; where they say nothing, there is no limit, for virtual nodes share the cores of one machine
/// anyway.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct QuotaSettings {
    /// Clusters.
    pub clusters: Count,
    /// Cores of dedicated nodes.
    pub dedicated: Cores,
    /// Cores of nodes of low priority.
    pub low_priority: Cores,
    /// Cores of dedicated nodes of one family of VM sizes, by its name, such as `NCv2`.
    pub families: BTreeMap<String, Cores>,
}

/// How many; `None`: as many as anybody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count(pub Option<u64>);

/// How many cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cores {
    /// As many as anybody wants.
    #[default]
    Unlimited,
    /// As many as the machine has.
    Machine,
    /// So many; 0: none are allowed.
    Number(u64),
}

impl Cores {
    /// The limit on a machine of so many cores; `None`: there is none.
    #[must_use]
    pub fn limit(self, machine: u32) -> Option<u64> {
        match self {
            Self::Unlimited => None,
            Self::Machine => Some(machine.into()),
            Self::Number(number) => Some(number),
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A bare number reads as text, too.
        let text = String::deserialize(deserializer)?;
        match text.trim() {
            "unlimited" | "-1" => Ok(Self(None)),
            number => number
                .parse()
                .map(|count| Self(Some(count)))
                .map_err(|_| de::Error::custom("a quota of clusters is a whole number such as 20, or `unlimited`")),
        }
    }
}

impl<'de> Deserialize<'de> for Cores {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.trim() {
            "unlimited" | "-1" => Ok(Self::Unlimited),
            "machine" => Ok(Self::Machine),
            number => number.parse().map(Self::Number).map_err(|_| {
                de::Error::custom(
                    "a quota of cores is a whole number such as 24, `unlimited`, or `machine`, as many as this machine has",
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<QuotaSettings, String> {
        serde_yaml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn quotas_are_numbers_or_words() {
        let read = read("{clusters: 20, dedicated: machine, lowPriority: 0, families: {NC: 24, D: unlimited}}");
        let quotas = read.expect("quotas");
        assert_eq!(
            (quotas.clusters, quotas.dedicated, quotas.low_priority),
            (Count(Some(20)), Cores::Machine, Cores::Number(0))
        );
        assert_eq!((quotas.families["NC"].limit(8), quotas.families["D"].limit(8)), (Some(24), None));
        assert_eq!((Cores::Machine.limit(8), Cores::default().limit(8)), (Some(8), None));
        assert_eq!(self::read("{clusters: unlimited, dedicated: -1}"), Ok(QuotaSettings::default()));
    }

    #[test]
    fn what_is_no_quota_is_told_with_what_would_be_one() {
        for (text, right) in [
            ("{clusters: machine}", "a whole number such as 20"),
            ("{dedicated: many}", "a whole number such as 24"),
            ("{dedicated: -2}", "a whole number such as 24"),
            ("{lowPriority: 1.5}", "a whole number such as 24"),
            ("{lowpriority: 1}", "lowpriority"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(right), "{text}: {error}");
        }
    }
}
