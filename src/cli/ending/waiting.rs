//! The line on a terminal that says what a deletion or a termination waits for, and what is said when the user does
//! not want to wait.

use std::cell::RefCell;
use std::convert::Infallible;

use super::contents::Contents;
use super::{Verb, named};
use crate::api::cluster::Cluster;
use crate::api::id::{Child, ResourceId};
use crate::api::job::Job;
use crate::cli::commands::job::submit::flags;
use crate::cli::progress::{Spinner, WORTH_A_WORD, is_shown};
use crate::cli::session::Session;

/// What is waited for.
pub struct Waiting<'w> {
    session: &'w Session,
    verb: Verb,
    left: &'w RefCell<Vec<ResourceId>>,
    spinner: Spinner,
}

impl<'w> Waiting<'w> {
    /// Says nothing yet. `left`: the things whose end has not come.
    pub fn new(session: &'w Session, verb: Verb, left: &'w RefCell<Vec<ResourceId>>) -> Self {
        Self { session, verb, left, spinner: Spinner::new(session.report) }
    }

    /// Looks again and again at the first that is left, and says how it is. Never ends; off a terminal it does nothing.
    pub async fn tell(&self) -> Infallible {
        if !is_shown(self.session.report) {
            std::future::pending::<()>().await;
        }
        loop {
            tokio::time::sleep(WORTH_A_WORD).await;
            let Some(first) = self.left.borrow().first().cloned() else { continue };
            // To a user who sees every request, ours would hide the one that matters.
            let detail = if self.session.report.is_verbose { None } else { self.detail(&first).await };
            let left = self.left.borrow();
            if left.contains(&first) {
                self.spinner.say(sentence(self.verb, &first, detail.as_deref(), left.len() - 1));
            }
        }
    }

    /// Takes the line away.
    pub fn hide(&self) {
        self.spinner.hide();
    }

    /// What is said after Ctrl-C.
    pub fn interrupted(&self) -> String {
        let left = self.left.borrow();
        let look = left.first().map(|id| format!(" To look: `batchai {}`", look(id))).unwrap_or_default();
        format!("Not waiting any more. What has begun goes on at the server.{look}")
    }

    /// How it is now; `None` when the server does not say, as of what has just gone.
    async fn detail(&self, id: &ResourceId) -> Option<String> {
        let client = &self.session.client;
        match &id.child {
            Child::Job(..) => {
                let job: Job = client.glance_at(id).await.ok()?;
                Some(format!("it is {}", job.properties.execution_state))
            }
            Child::Cluster(_) => {
                let cluster: Cluster = client.glance_at(id).await.ok()?;
                let leaving = cluster.properties.node_state_counts.leaving_node_count;
                match leaving {
                    0 => Contents::of(client, id).await.told().map(|told| format!("{told} left")),
                    1 => Some("1 node leaves".to_owned()),
                    more => Some(format!("{more} nodes leave")),
                }
            }
            Child::None | Child::Experiment(_) => {
                Contents::of(client, id).await.told().map(|told| format!("{told} left"))
            }
            Child::FileServer(_) => None,
        }
    }
}

fn sentence(verb: Verb, id: &ResourceId, detail: Option<&str>, others: usize) -> String {
    let (kind, name) = named(id);
    let doing = match verb {
        Verb::Delete => "Deleting",
        Verb::Terminate => "Stopping",
    };
    let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
    let others = if others == 0 { String::new() } else { format!("; {others} more are waited for") };
    format!("{doing} {kind} {name}{detail}{others}")
}

/// The command that shows a thing.
fn look(id: &ResourceId) -> String {
    let place = flags(id);
    match &id.child {
        Child::None => format!("workspace show{}", place.replacen(" -w ", " -n ", 1)),
        Child::Cluster(name) => format!("cluster show{place} -n {name}"),
        Child::FileServer(name) => format!("file-server show{place} -n {name}"),
        Child::Experiment(name) => format!("experiment show{place} -n {name}"),
        Child::Job(..) => format!("job show{place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(group: &str, child: Child) -> ResourceId {
        ResourceId { subscription: "s".into(), group: group.into(), workspace: "ws".into(), child }
    }

    #[test]
    fn the_line_says_what_is_done_to_what_and_how_it_is() {
        let job = id("default", Child::Job("e".into(), "a".into()));
        assert_eq!(sentence(Verb::Terminate, &job, Some("it is terminating"), 0), "Stopping job a: it is terminating");
        assert_eq!(sentence(Verb::Delete, &job, None, 2), "Deleting job a; 2 more are waited for");
    }

    #[test]
    fn the_command_that_shows_a_thing_is_one() {
        let all = [
            Child::None,
            Child::Cluster("c".into()),
            Child::FileServer("f".into()),
            Child::Experiment("e".into()),
            Child::Job("e".into(), "j".into()),
        ];
        for child in all {
            for group in ["default", "research"] {
                let command = format!("batchai {}", look(&id(group, child.clone())));
                let parsed = crate::cli::definition().try_get_matches_from(command.split(' '));
                assert!(parsed.is_ok(), "{command}: {parsed:?}");
            }
        }
    }
}
