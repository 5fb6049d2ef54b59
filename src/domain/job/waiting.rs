//! Why a job waits, in words: what stands before it, and what would make it start. Pure.

use super::spec::Priority;
use crate::domain::cluster::Scale;
use crate::domain::quota::{Scarce, Shortage};

/// What decides whether and when a queued job starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// Nodes that the job needs at once.
    pub needs: u32,
    /// Its own priority.
    pub priority: Priority,
    /// Its cluster; `None` when that is gone.
    pub cluster: Option<Nodes>,
    /// How many queued jobs go before it.
    pub ahead: u64,
    /// Names of the first of these.
    pub first_ahead: Vec<String>,
    /// Names of jobs that have nodes.
    pub running: Vec<String>,
}

/// A cluster, as much of it as decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nodes {
    /// Its name.
    pub name: String,
    /// The flags that name it to commands: ` -w ws -n gpu`.
    pub flags: String,
    /// How many nodes were asked for.
    pub scale: Scale,
    /// Nodes that could take a job.
    pub idle: u32,
    /// Nodes that run jobs.
    pub busy: u32,
    /// Nodes that are not ready yet.
    pub preparing: u32,
    /// Nodes that never will be.
    pub unusable: u32,
    /// Why it has fewer nodes than were asked for.
    pub shortages: Vec<Shortage>,
}

/// Why a job waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Whether it can ever start on its cluster as it is.
    pub can_start: bool,
    /// The answer in a sentence.
    pub summary: String,
    /// What would make it start, a sentence each.
    pub remedies: Vec<String>,
}

/// Puts it into words.
#[must_use]
pub fn describe(situation: &Situation) -> Described {
    let Some(cluster) = &situation.cluster else {
        let summary = "its cluster is gone, so it can never start".into();
        let remedies = vec!["delete it, and submit it to another cluster".into()];
        return Described { can_start: false, summary, remedies };
    };
    if situation.needs > cluster.scale.most() {
        return never(situation.needs, cluster);
    }
    if let Some(shortage) = cluster.shortages.iter().find(|shortage| shortage.most_nodes < situation.needs) {
        return never_in_quota(situation.needs, shortage);
    }
    let (summary, remedies) =
        if situation.ahead > 0 { behind(situation, cluster) } else { short_of_nodes(situation, cluster) };
    Described { can_start: true, summary, remedies }
}

fn never(needs: u32, cluster: &Nodes) -> Described {
    let has = match cluster.scale {
        Scale::Manual { target, .. } => format!("is fixed at {}", nodes(target)),
        Scale::Auto { maximum, .. } => format!("has at most {}", nodes(maximum)),
    };
    let summary = format!("it can never start: it needs {}, and cluster `{}` {has}", nodes(needs), cluster.name);
    let remedies = vec![grow(cluster, needs), "submit it with a smaller nodeCount, or to a larger cluster".into()];
    Described { can_start: false, summary, remedies }
}

fn never_in_quota(needs: u32, shortage: &Shortage) -> Described {
    let (most, what) = (nodes(shortage.most_nodes), shortage.what());
    let summary = format!("it can never start: it needs {}, and {what} allows its cluster {most}", nodes(needs));
    let raise = (shortage.of != Scarce::Gpus).then(|| shortage.remedy().to_owned());
    let remedies =
        raise.into_iter().chain(["submit it with a smaller nodeCount, or to a cluster of smaller nodes".into()]);
    let remedies = remedies.collect();
    Described { can_start: false, summary, remedies }
}

fn behind(situation: &Situation, cluster: &Nodes) -> (String, Vec<String>) {
    let go = if situation.ahead == 1 { "1 job goes".into() } else { format!("{} jobs go", situation.ahead) };
    let summary =
        format!("{go} before it on cluster `{}`: {}", cluster.name, list(&situation.first_ahead, situation.ahead));
    let mut remedies = vec!["it starts when those before it have started and there are nodes enough".into()];
    if situation.priority < Priority::High {
        remedies.push("submit it again with a higher schedulingPriority to go before them".into());
    }
    (summary, remedies)
}

fn short_of_nodes(situation: &Situation, cluster: &Nodes) -> (String, Vec<String>) {
    let Nodes { name, idle, busy, preparing, unusable, scale, .. } = cluster;
    let mut summary = format!(
        "it waits for {} of cluster `{name}`; idle now: {idle}, running jobs: {busy}, being prepared: {preparing}",
        nodes(situation.needs)
    );
    if !cluster.shortages.is_empty() {
        let short: Vec<String> = cluster.shortages.iter().map(Shortage::short).collect();
        summary.push_str(&format!("; the cluster cannot grow now: {}", short.join(", and ")));
        let remedies = vec![
            "it starts when this or another cluster gives nodes back".into(),
            cluster.shortages[0].remedy().into(),
        ];
        return (summary, remedies);
    }
    let mut remedies = Vec::new();
    let coming = scale.most().saturating_sub(*busy).saturating_sub(*unusable);
    if situation.needs <= coming {
        remedies.push("it starts as soon as the nodes are ready, without anything being done".into());
    } else if *busy > 0 {
        let count = u64::try_from(situation.running.len()).unwrap_or(u64::MAX);
        remedies.push(format!("it starts when enough of these end: {}", list(&situation.running, count)));
        remedies.push(grow(cluster, situation.needs.saturating_add(*busy).saturating_add(*unusable)));
    }
    if *unusable > 0 {
        remedies.push(format!("{} unusable: `batchai cluster show{}` says why", nodes(*unusable), cluster.flags));
    }
    (summary, remedies)
}

fn grow(cluster: &Nodes, to: u32) -> String {
    let (name, flags) = (&cluster.name, &cluster.flags);
    match cluster.scale {
        Scale::Manual { .. } => {
            format!("resize cluster `{name}` to {}: `batchai cluster resize{flags} --target {to}`", nodes(to))
        }
        Scale::Auto { minimum, .. } => format!(
            "let cluster `{name}` grow to {}: `batchai cluster auto-scale{flags} --min {minimum} --max {to}`",
            nodes(to)
        ),
    }
}

fn list(names: &[String], count: u64) -> String {
    let shown: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let more = count.saturating_sub(u64::try_from(names.len()).unwrap_or(u64::MAX));
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    shown.join(", ") + &more
}

fn nodes(count: u32) -> String {
    if count == 1 { "1 node".into() } else { format!("{count} nodes") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cluster::Deallocation;

    fn manual(target: u32) -> Scale {
        Scale::Manual { target, deallocation: Deallocation::Requeue }
    }

    fn cluster(scale: Scale, idle: u32, busy: u32, preparing: u32, unusable: u32) -> Option<Nodes> {
        let (name, flags) = ("c".into(), " -w w -n c".into());
        Some(Nodes { name, flags, scale, idle, busy, preparing, unusable, shortages: Vec::new() })
    }

    fn needs(needs: u32, cluster: Option<Nodes>) -> Situation {
        let (first_ahead, running) = (Vec::new(), vec!["a".to_owned()]);
        Situation { needs, priority: Priority::Normal, cluster, ahead: 0, first_ahead, running }
    }

    #[test]
    fn every_situation_says_what_stands_in_the_way_and_what_helps() {
        let auto = Scale::Auto { minimum: 0, maximum: 2, initial: 0, idle: None };
        let behind = |ahead, priority| Situation {
            ahead,
            priority,
            first_ahead: vec!["b".into(), "d".into()],
            ..needs(1, cluster(manual(1), 0, 1, 0, 0))
        };
        let short = |most_nodes| {
            let shortage = Shortage { of: Scarce::Dedicated, limit: 6, in_use: 6, needed: 6, most_nodes };
            cluster(manual(2), 0, 1, 0, 0).map(|nodes| Nodes { shortages: vec![shortage], ..nodes })
        };
        let situations = [
            ("no cluster", needs(1, None)),
            ("too large, fixed", needs(4, cluster(manual(2), 2, 0, 0, 0))),
            ("too large, auto-scale", needs(4, cluster(auto, 2, 0, 0, 0))),
            ("nothing fits", needs(1, cluster(manual(0), 0, 0, 0, 0))),
            ("behind two", behind(2, Priority::Normal)),
            ("behind five, high", behind(5, Priority::High)),
            ("nodes busy, fixed", needs(2, cluster(manual(2), 1, 1, 0, 0))),
            ("nodes busy, auto-scale", needs(2, cluster(auto, 0, 1, 0, 0))),
            ("nodes come", needs(2, cluster(auto, 0, 0, 2, 0))),
            ("over quota", needs(1, short(1))),
            ("over any quota", needs(2, short(1))),
            ("nodes broken", needs(2, cluster(manual(2), 1, 0, 0, 1))),
        ];
        let lines = situations.iter().map(|(what, situation)| {
            let Described { can_start, summary, remedies } = describe(situation);
            let can = if can_start { "waits" } else { "never" };
            format!("{what}: {can}: {summary}\n{}", remedies.iter().map(|r| format!("  - {r}\n")).collect::<String>())
        });
        insta::assert_snapshot!(lines.collect::<String>(), @r"
        no cluster: never: its cluster is gone, so it can never start
          - delete it, and submit it to another cluster
        too large, fixed: never: it can never start: it needs 4 nodes, and cluster `c` is fixed at 2 nodes
          - resize cluster `c` to 4 nodes: `batchai cluster resize -w w -n c --target 4`
          - submit it with a smaller nodeCount, or to a larger cluster
        too large, auto-scale: never: it can never start: it needs 4 nodes, and cluster `c` has at most 2 nodes
          - let cluster `c` grow to 4 nodes: `batchai cluster auto-scale -w w -n c --min 0 --max 4`
          - submit it with a smaller nodeCount, or to a larger cluster
        nothing fits: never: it can never start: it needs 1 node, and cluster `c` is fixed at 0 nodes
          - resize cluster `c` to 1 node: `batchai cluster resize -w w -n c --target 1`
          - submit it with a smaller nodeCount, or to a larger cluster
        behind two: waits: 2 jobs go before it on cluster `c`: `b`, `d`
          - it starts when those before it have started and there are nodes enough
          - submit it again with a higher schedulingPriority to go before them
        behind five, high: waits: 5 jobs go before it on cluster `c`: `b`, `d` and 3 more
          - it starts when those before it have started and there are nodes enough
        nodes busy, fixed: waits: it waits for 2 nodes of cluster `c`; idle now: 1, running jobs: 1, being prepared: 0
          - it starts when enough of these end: `a`
          - resize cluster `c` to 3 nodes: `batchai cluster resize -w w -n c --target 3`
        nodes busy, auto-scale: waits: it waits for 2 nodes of cluster `c`; idle now: 0, running jobs: 1, being prepared: 0
          - it starts when enough of these end: `a`
          - let cluster `c` grow to 3 nodes: `batchai cluster auto-scale -w w -n c --min 0 --max 3`
        nodes come: waits: it waits for 2 nodes of cluster `c`; idle now: 0, running jobs: 0, being prepared: 2
          - it starts as soon as the nodes are ready, without anything being done
        over quota: waits: it waits for 1 node of cluster `c`; idle now: 0, running jobs: 1, being prepared: 0; the cluster cannot grow now: the quota of dedicated cores is reached (6 of 6 in use)
          - it starts when this or another cluster gives nodes back
          - raise the limit in `quotas` of server.yaml, and start the server anew
        over any quota: never: it can never start: it needs 2 nodes, and the quota of dedicated cores allows its cluster 1 node
          - raise the limit in `quotas` of server.yaml, and start the server anew
          - submit it with a smaller nodeCount, or to a cluster of smaller nodes
        nodes broken: waits: it waits for 2 nodes of cluster `c`; idle now: 1, running jobs: 0, being prepared: 0
          - 1 node unusable: `batchai cluster show -w w -n c` says why
        ");
    }
}
