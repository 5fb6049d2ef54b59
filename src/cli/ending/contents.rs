//! What is inside of something that is to be deleted: gathered with a few requests, told in a few words.
//!
//! Called before the question and while a deletion is waited for. First pages only: whoever is asked "are you sure?"
//! does not wait for all of ten thousand jobs. What the server does not tell is not counted.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::api::cluster::Cluster;
use crate::api::experiment::Experiment;
use crate::api::id::{Child, ResourceId};
use crate::api::job::Job;
use crate::api::page::Page;
use crate::api::path;
use crate::client::Client;

/// Of so many experiments of a workspace the jobs are counted.
const MOST_EXPERIMENTS: usize = 50;

/// So many lists are asked for at once.
const AT_ONCE: usize = 10;

/// So many running jobs are named.
const MOST_NAMES: usize = 5;

/// What is inside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    clusters: Count,
    nodes: u32,
    file_servers: Count,
    experiments: Count,
    jobs: Count,
    states: BTreeMap<String, usize>,
    running: Vec<String>,
}

/// How many there are, and whether there are more than were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Count {
    number: usize,
    is_more: bool,
}

impl Count {
    fn of<T>(page: &Page<T>) -> Self {
        Self { number: page.value.len(), is_more: page.next_link.is_some() }
    }

    /// `1 cluster`, `2 clusters`, `1000+ clusters`; `None` of nothing.
    fn told(self, noun: &str) -> Option<String> {
        let more = if self.is_more { "+" } else { "" };
        let plural = if self.number == 1 && !self.is_more { "" } else { "s" };
        (self.number > 0).then(|| format!("{}{more} {noun}{plural}", self.number))
    }
}

impl Contents {
    /// What is inside a workspace, an experiment or a cluster; of a cluster, the jobs that have not ended.
    pub async fn of(client: &Client, id: &ResourceId) -> Self {
        match &id.child {
            Child::None => Self::of_workspace(client, id).await,
            Child::Experiment(_) => {
                let mut contents = Self::default();
                contents.add_jobs(client, id).await;
                contents
            }
            Child::Cluster(_) => Self::of_cluster(client, id).await,
            Child::FileServer(_) | Child::Job(..) => Self::default(),
        }
    }

    async fn of_workspace(client: &Client, id: &ResourceId) -> Self {
        let mut contents = Self::default();
        let within = |child| ResourceId { child, ..id.clone() };
        let clusters: Page<Cluster> = page(client, &within(Child::Cluster("any".into()))).await;
        contents.clusters = Count::of(&clusters);
        contents.nodes = clusters.value.iter().map(nodes).sum();
        contents.file_servers = Count::of(&page::<Value>(client, &within(Child::FileServer("any".into()))).await);
        let experiments: Page<Experiment> = page(client, &within(Child::Experiment("any".into()))).await;
        contents.experiments = Count::of(&experiments);
        let names = experiments.value.iter().take(MOST_EXPERIMENTS).map(|one| one.name.clone());
        let ids: Vec<ResourceId> = names.map(|name| within(Child::Experiment(name))).collect();
        let lists = ids.iter().map(|experiment| jobs(client, experiment));
        let mut lists = stream::iter(lists).buffered(AT_ONCE);
        while let Some(jobs) = lists.next().await {
            contents.count(&jobs);
        }
        contents.jobs.is_more |= experiments.value.len() > MOST_EXPERIMENTS;
        contents
    }

    async fn of_cluster(client: &Client, id: &ResourceId) -> Self {
        let mut contents = Self::default();
        if let Ok(cluster) = client.glance_at::<Cluster>(id).await {
            contents.nodes = nodes(&cluster);
        }
        let active = client.active_jobs(&id.subscription).await.ok().flatten().unwrap_or_default();
        let is_here = |job: &Job| ResourceId::parse(&job.properties.spec.cluster.id).is_some_and(|at| same(&at, id));
        contents.count(&Page { value: active.into_iter().filter(is_here).collect(), next_link: None });
        contents
    }

    async fn add_jobs(&mut self, client: &Client, experiment: &ResourceId) {
        self.count(&jobs(client, experiment).await);
    }

    fn count(&mut self, jobs: &Page<Job>) {
        self.jobs.number += jobs.value.len();
        self.jobs.is_more |= jobs.next_link.is_some();
        for job in &jobs.value {
            let state = &job.properties.execution_state;
            *self.states.entry(state.clone()).or_default() += 1;
            if state == "running" {
                self.running.push(job.name.clone());
            }
        }
    }

    /// `2 clusters (3 nodes), 1 experiment, 3 jobs (1 running, 2 succeeded)`; `None` when nothing is there.
    #[must_use]
    pub fn told(&self) -> Option<String> {
        let nodes = Count { number: self.nodes as usize, is_more: false }.told("node");
        let (clusters, nodes) = match (self.clusters.told("cluster"), nodes) {
            (Some(clusters), Some(nodes)) => (Some(format!("{clusters} ({nodes})")), None),
            apart => apart,
        };
        let states: Vec<String> = self.states.iter().map(|(state, number)| format!("{number} {state}")).collect();
        let jobs = self.jobs.told("job").map(|jobs| format!("{jobs} ({})", states.join(", ")));
        let parts = [clusters, nodes, self.file_servers.told("file server"), self.experiments.told("experiment"), jobs];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The names of jobs that run, the first few of them; `None` when none runs.
    #[must_use]
    pub fn running(&self) -> Option<String> {
        let names = self.running.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
        match self.running.len() {
            0 => None,
            number if number > MOST_NAMES => Some(format!("{names} and {} more", number - MOST_NAMES)),
            _ => Some(names),
        }
    }
}

/// Nodes that a cluster has, whatever they do.
fn nodes(cluster: &Cluster) -> u32 {
    let counts = &cluster.properties.node_state_counts;
    counts.idle_node_count
        + counts.running_node_count
        + counts.preparing_node_count
        + counts.unusable_node_count
        + counts.leaving_node_count
}

/// Ids that a server and a user wrote.
fn same(one: &ResourceId, other: &ResourceId) -> bool {
    one.to_string().eq_ignore_ascii_case(&other.to_string())
}

async fn jobs(client: &Client, experiment: &ResourceId) -> Page<Job> {
    let Child::Experiment(name) = &experiment.child else { return nothing() };
    page(client, &ResourceId { child: Child::Job(name.clone(), "any".into()), ..experiment.clone() }).await
}

/// The first page of the list that a thing is in.
async fn page<T: DeserializeOwned>(client: &Client, any: &ResourceId) -> Page<T> {
    client.glance(&path::collection(any)).await.unwrap_or_else(|_| nothing())
}

fn nothing<T>() -> Page<T> {
    Page { value: Vec::new(), next_link: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::job::JobProperties;

    fn jobs_of(names: &[&str], state: &str, next_link: Option<&str>) -> Page<Job> {
        let job = |name: &&str| Job {
            id: String::new(),
            name: (*name).to_owned(),
            kind: String::new(),
            properties: JobProperties { execution_state: state.to_owned(), ..JobProperties::default() },
        };
        Page { value: names.iter().map(job).collect(), next_link: next_link.map(str::to_owned) }
    }

    #[test]
    fn what_is_inside_is_told_with_the_states_of_jobs() {
        let mut contents = Contents::default();
        assert_eq!((contents.told(), contents.running()), (None, None));
        contents.count(&jobs_of(&["a", "b"], "succeeded", None));
        contents.count(&jobs_of(&["c"], "running", None));
        contents.experiments = Count { number: 1, is_more: false };
        assert_eq!(contents.told().as_deref(), Some("1 experiment, 3 jobs (1 running, 2 succeeded)"));
        contents.nodes = 2;
        assert_eq!(contents.told().as_deref(), Some("2 nodes, 1 experiment, 3 jobs (1 running, 2 succeeded)"));
        contents.clusters = Count { number: 2, is_more: false };
        let told = contents.told().expect("something");
        assert!(told.starts_with("2 clusters (2 nodes), 1 experiment, "), "{told}");
        assert_eq!(contents.running().as_deref(), Some("c"));
    }

    #[test]
    fn more_than_a_page_is_not_counted_and_more_than_a_few_are_not_named() {
        let mut contents = Contents::default();
        contents.count(&jobs_of(&["a", "b", "c", "d", "e"], "running", Some("next")));
        assert_eq!(contents.told().as_deref(), Some("5+ jobs (5 running)"));
        assert_eq!(contents.running().as_deref(), Some("a, b, c, d, e"));
        contents.count(&jobs_of(&["f", "g"], "running", None));
        assert_eq!(contents.running().as_deref(), Some("a, b, c, d, e and 2 more"));
    }
}
