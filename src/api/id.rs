//! ARM resource ids: `/subscriptions/S/resourceGroups/RG/providers/Microsoft.BatchAI/workspaces/W/...`.
//!
//! Ids are matched without regard to the case of their fixed words, as Azure does. The resource group part
//! of an id that a server returns is lower case.

use super::PROVIDER;

/// The parts of an id of one of our resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceId {
    /// The subscription id.
    pub subscription: String,
    /// The resource group, as written.
    pub group: String,
    /// The workspace every resource lives in.
    pub workspace: String,
    /// What is below the workspace.
    pub child: Child,
}

/// What an id names inside its workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Child {
    /// The workspace itself.
    None,
    /// A cluster of that name.
    Cluster(String),
    /// A file server of that name.
    FileServer(String),
    /// An experiment of that name.
    Experiment(String),
    /// A job: experiment, then job.
    Job(String, String),
}

impl ResourceId {
    /// Reads an id. `None` for anything that is not the id of a Batch AI resource.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.trim().trim_start_matches('/').split('/').collect();
        let word = |at: usize, expected: &str| parts.get(at).is_some_and(|w| w.eq_ignore_ascii_case(expected));
        let name = |at: usize| parts.get(at).filter(|n| !n.is_empty()).map(ToString::to_string);
        let fixed = word(0, "subscriptions")
            && word(2, "resourceGroups")
            && word(4, "providers")
            && word(5, PROVIDER)
            && word(6, "workspaces");
        if !fixed {
            return None;
        }
        let child = match parts.len() {
            8 => Child::None,
            10 if word(8, "clusters") => Child::Cluster(name(9)?),
            10 if word(8, "fileServers") => Child::FileServer(name(9)?),
            10 if word(8, "experiments") => Child::Experiment(name(9)?),
            12 if word(8, "experiments") && word(10, "jobs") => Child::Job(name(9)?, name(11)?),
            _ => return None,
        };
        Some(Self { subscription: name(1)?, group: name(3)?, workspace: name(7)?, child })
    }
}

/// The id as the service returns it: the group lower case, `fileservers` too.
impl std::fmt::Display for ResourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (subscription, group) = (&self.subscription, self.group.to_lowercase());
        write!(
            f,
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/{PROVIDER}/workspaces/{}",
            self.workspace
        )?;
        match &self.child {
            Child::None => Ok(()),
            Child::Cluster(name) => write!(f, "/clusters/{name}"),
            Child::FileServer(name) => write!(f, "/fileservers/{name}"),
            Child::Experiment(name) => write!(f, "/experiments/{name}"),
            Child::Job(experiment, name) => write!(f, "/experiments/{experiment}/jobs/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_round_trip_with_its_group_lower_cased() {
        let text = "/subscriptions/s/resourcegroups/RG/providers/microsoft.batchai/workspaces/w/experiments/e/jobs/j";
        let id = ResourceId::parse(text).expect("an id");
        assert_eq!(id.child, Child::Job("e".into(), "j".into()));
        assert_eq!(
            id.to_string(),
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.BatchAI/workspaces/w/experiments/e/jobs/j"
        );
    }

    #[test]
    fn what_is_no_id_of_ours_is_none() {
        for text in [
            "",
            "name",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/workspaces/w",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/clusters",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/clusters/",
        ] {
            assert_eq!(ResourceId::parse(text), None, "{text}");
        }
    }
}
