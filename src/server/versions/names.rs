//! Regions, the workspaces that stand for them, and flat ids.
//!
//! Called by `body`, `answer` and `routes`. Pure; whether something exists is not known here.

use crate::api::PROVIDER;
use crate::api::id::{Child, ResourceId};
use crate::domain::legacy::{EXPERIMENT, WORKSPACE_PREFIX};

/// The name of a region as the service compared it: `East US` is `eastus`.
#[must_use]
pub fn region(location: &str) -> String {
    location.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The name of the workspace of a region.
#[must_use]
pub fn workspace(location: &str) -> String {
    format!("{WORKSPACE_PREFIX}{}", region(location))
}

/// The region of a workspace of ours; `None` for any other workspace.
#[must_use]
pub fn region_of(workspace: &str) -> Option<&str> {
    let at = WORKSPACE_PREFIX.len();
    let is_ours = workspace.get(..at).is_some_and(|prefix| prefix.eq_ignore_ascii_case(WORKSPACE_PREFIX));
    workspace.get(at..).filter(|rest| is_ours && !rest.is_empty())
}

/// A flat id: `/subscriptions/S/resourceGroups/RG/providers/Microsoft.BatchAI/<collection>/<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlatId {
    /// The subscription.
    pub subscription: String,
    /// The resource group, as written.
    pub group: String,
    /// `clusters`, `jobs` or `fileServers`, as written.
    pub collection: String,
    /// The name.
    pub name: String,
}

impl FlatId {
    /// Reads an id; `None` for anything else, ids of 2018-05-01 included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.trim().trim_start_matches('/').split('/').collect();
        let [subscriptions, subscription, groups, group, providers, provider, collection, name] = parts.as_slice()
        else {
            return None;
        };
        let words = [(subscriptions, "subscriptions"), (groups, "resourceGroups"), (providers, "providers")];
        let is_fixed = words.iter().all(|(word, expected)| word.eq_ignore_ascii_case(expected))
            && provider.eq_ignore_ascii_case(PROVIDER)
            && ["clusters", "jobs", "fileServers"].iter().any(|known| known.eq_ignore_ascii_case(collection));
        let is_named = [subscription, group, name].iter().all(|part| !part.is_empty());
        (is_fixed && is_named).then(|| Self {
            subscription: (*subscription).into(),
            group: (*group).into(),
            collection: (*collection).into(),
            name: (*name).into(),
        })
    }

    /// Whether it is the id of a cluster.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.collection.eq_ignore_ascii_case("clusters")
    }

    /// Whether it is the id of a file server.
    #[must_use]
    pub fn is_file_server(&self) -> bool {
        self.collection.eq_ignore_ascii_case("fileServers")
    }

    /// The id of the same thing in a workspace of 2018-05-01.
    #[must_use]
    pub fn in_workspace(&self, workspace: &str) -> String {
        let name = self.name.clone();
        let child = match self.collection.to_ascii_lowercase().as_str() {
            "clusters" => Child::Cluster(name),
            "jobs" => Child::Job(EXPERIMENT.into(), name),
            _ => Child::FileServer(name),
        };
        let Self { subscription, group, .. } = self.clone();
        ResourceId { subscription, group, workspace: workspace.into(), child }.to_string()
    }
}

/// The flat form of an id of 2018-05-01 in a workspace of ours; any other text stays as it is.
#[must_use]
pub fn flat(id: &str) -> String {
    let Some(parsed) = ResourceId::parse(id).filter(|id| region_of(&id.workspace).is_some()) else {
        return id.into();
    };
    let (collection, name) = match parsed.child {
        Child::Cluster(name) => ("clusters", name),
        Child::FileServer(name) => ("fileservers", name),
        Child::Job(_, name) => ("jobs", name),
        Child::None | Child::Experiment(_) => return id.into(),
    };
    let (subscription, group) = (parsed.subscription, parsed.group.to_lowercase());
    format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{PROVIDER}/{collection}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_lower_case_without_blanks_and_names_a_workspace() {
        assert_eq!(workspace("East US 2"), "migrated-eastus2");
        assert_eq!(region_of("Migrated-eastus2"), Some("eastus2"));
        assert_eq!([region_of("migrated-"), region_of("mine"), region_of("")], [None; 3]);
    }

    #[test]
    fn a_flat_id_comes_back_from_its_workspace() {
        for (collection, back) in [("clusters", "clusters"), ("jobs", "jobs"), ("fileServers", "fileservers")] {
            let id = format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/{collection}/a.b");
            let new = FlatId::parse(&id).expect("an id").in_workspace("migrated-eastus");
            assert!(new.contains("/workspaces/migrated-eastus/"), "{new}");
            assert_eq!(flat(&new), id.replace(collection, back));
        }
    }

    #[test]
    fn ids_of_other_workspaces_are_not_flattened_and_other_texts_are_no_flat_ids() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.BatchAI/workspaces/w/clusters/c";
        assert_eq!(flat(id), id);
        for text in [id, "", "c", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/clusters/c"] {
            assert_eq!(FlatId::parse(text), None, "{text}");
        }
    }
}
