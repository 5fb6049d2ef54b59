//! Quotas: how many clusters and cores a subscription may have in a region, and what a cluster that wants more is told.
//!
//! The scheduler deals out what there is; operations refuse and report. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a subscription may have in a region. `None` everywhere: as much as anybody wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quotas {
    /// Clusters.
    pub clusters: Option<u64>,
    /// Cores of dedicated nodes.
    pub dedicated: Option<u64>,
    /// Cores of nodes of low priority.
    pub low_priority: Option<u64>,
    /// Cores of dedicated nodes of one family of VM sizes, by its name in upper case, such as `NCV2`.
    pub families: BTreeMap<String, u64>,
}

impl Quotas {
    /// Whether no quota says anything about nodes.
    #[must_use]
    pub fn leave_nodes_alone(&self) -> bool {
        self.dedicated.is_none() && self.low_priority.is_none() && self.families.is_empty()
    }

    /// The limit of a family; `None`: it has none of its own.
    #[must_use]
    pub fn of_family(&self, family: &str) -> Option<u64> {
        self.families.get(&family.to_uppercase()).copied()
    }

    /// The limits on cores that count for nodes of this priority and family.
    #[must_use]
    pub fn of_nodes(&self, low_priority: bool, family: Option<&str>) -> Vec<(Scarce, u64)> {
        if low_priority {
            return self.low_priority.map(|limit| (Scarce::LowPriority, limit)).into_iter().collect();
        }
        let family = family.and_then(|name| Some((Scarce::Family(name.to_owned()), self.of_family(name)?)));
        self.dedicated.map(|limit| (Scarce::Dedicated, limit)).into_iter().chain(family).collect()
    }
}

/// Something that there is too little of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scarce {
    /// The quota of cores of dedicated nodes.
    Dedicated,
    /// The quota of cores of nodes of low priority.
    LowPriority,
    /// The quota of cores of dedicated nodes of this family of VM sizes.
    Family(String),
    /// The GPUs of the machine: no quota, but as hard.
    Gpus,
}

/// Why a cluster has fewer nodes than were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// Of what.
    pub of: Scarce,
    /// How much of it there is.
    pub limit: u64,
    /// How much of it is in use, by this cluster and others.
    pub in_use: u64,
    /// How much more of it this cluster needs.
    pub needed: u64,
    /// The most nodes this cluster could have if nobody else used any of it.
    pub most_nodes: u32,
}

impl Shortage {
    /// A word a program can compare: those of Azure Batch (azure-docs `batch/error-handling`, "Pool resize errors").
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.of {
            Scarce::Dedicated | Scarce::Family(_) => "AccountCoreQuotaReached",
            Scarce::LowPriority => "AccountLowPriorityCoreQuotaReached",
            Scarce::Gpus => "AllocationFailed",
        }
    }

    /// What there is too little of, as the middle of a sentence.
    #[must_use]
    pub fn what(&self) -> String {
        match &self.of {
            Scarce::Dedicated => "the quota of dedicated cores".into(),
            Scarce::LowPriority => "the quota of low-priority cores".into(),
            Scarce::Family(family) => format!("the quota of dedicated cores of family {family}"),
            Scarce::Gpus => "the number of GPUs of this machine".into(),
        }
    }

    /// The same in a few words.
    #[must_use]
    pub fn short(&self) -> String {
        format!("{} is reached ({} of {} in use)", self.what(), self.in_use, self.limit)
    }

    /// A sentence for people, with what to do.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { limit, in_use, needed, .. } = self;
        let what = self.what();
        if self.of == Scarce::Gpus {
            return format!(
                "nodes have {in_use} of the {limit} GPUs of this machine, and {needed} more are needed, which no nodes \
                 share; the cluster grows by itself when others give some back, up to {} nodes",
                self.most_nodes
            );
        }
        if *limit == 0 {
            return format!(
                "{what} of this region is 0, so no such nodes are allowed: `quotas` of server.yaml says so"
            );
        }
        format!(
            "{what} of this region is reached: {limit} there are, {in_use} are in use, and {needed} more are needed; \
             the cluster grows by itself when others give some back, or when `quotas` of server.yaml has more"
        )
    }

    /// What an administrator can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self.of {
            Scarce::Dedicated | Scarce::LowPriority | Scarce::Family(_) => {
                "raise the limit in `quotas` of server.yaml, and start the server anew"
            }
            Scarce::Gpus => "make other clusters with GPUs smaller, those of VM size `local` included",
        }
    }

    /// Names and values that belong to it.
    #[must_use]
    pub fn details(&self) -> Vec<(&'static str, String)> {
        let mut details = vec![
            ("limit", self.limit.to_string()),
            ("inUse", self.in_use.to_string()),
            ("needed", self.needed.to_string()),
        ];
        if let Scarce::Family(family) = &self.of {
            details.push(("family", family.clone()));
        }
        details
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dedicated_nodes_count_twice_and_those_of_low_priority_once() {
        let quotas = Quotas {
            clusters: None,
            dedicated: Some(10),
            low_priority: Some(4),
            families: BTreeMap::from([("NCV2".into(), 6)]),
        };
        let of = |low, family| quotas.of_nodes(low, family).into_iter().map(|(of, limit)| format!("{of:?} {limit}"));
        assert_eq!(of(false, Some("NCv2")).collect::<Vec<_>>(), ["Dedicated 10", "Family(\"NCv2\") 6"]);
        assert_eq!(of(false, Some("D")).collect::<Vec<_>>(), ["Dedicated 10"]);
        assert_eq!(of(true, Some("NCv2")).collect::<Vec<_>>(), ["LowPriority 4"]);
        assert!(Quotas::default().of_nodes(false, None).is_empty() && Quotas::default().leave_nodes_alone());
    }

    #[test]
    fn a_shortage_has_the_code_of_azure_batch_and_says_what_to_do() {
        let shortage = |of, limit| Shortage { of, limit, in_use: 3, needed: 2, most_nodes: 2 };
        let all =
            [(Scarce::Dedicated, 4), (Scarce::LowPriority, 4), (Scarce::Family("NC".into()), 0), (Scarce::Gpus, 4)];
        let told = all.map(|(of, limit)| {
            let shortage = shortage(of, limit);
            format!("{}: {}\n", shortage.code(), shortage.sentence())
        });
        insta::assert_snapshot!(told.concat(), @r"
        AccountCoreQuotaReached: the quota of dedicated cores of this region is reached: 4 there are, 3 are in use, and 2 more are needed; the cluster grows by itself when others give some back, or when `quotas` of server.yaml has more
        AccountLowPriorityCoreQuotaReached: the quota of low-priority cores of this region is reached: 4 there are, 3 are in use, and 2 more are needed; the cluster grows by itself when others give some back, or when `quotas` of server.yaml has more
        AccountCoreQuotaReached: the quota of dedicated cores of family NC of this region is 0, so no such nodes are allowed: `quotas` of server.yaml says so
        AllocationFailed: nodes have 3 of the 4 GPUs of this machine, and 2 more are needed, which no nodes share; the cluster grows by itself when others give some back, up to 2 nodes
        ");
    }
}
