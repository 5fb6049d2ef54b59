//! What is said before "are you sure?": which things, in which state, and what goes with them.

use std::io::IsTerminal as _;

use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::contents::Contents;
use super::{Verb, named};
use crate::api::id::{Child, ResourceId};
use crate::cli::report::Failure;
use crate::cli::session::Session;
use crate::client::ClientError;

/// Of so many things is said what goes with them.
const MOST_THINGS: usize = 10;

/// So many are looked at at once.
const AT_ONCE: usize = 10;

/// The state of what is not there.
const MISSING: &str = "not found";

/// Says what will be ended. Where nobody can be asked, nothing is asked of the server either.
///
/// # Errors
/// When the server cannot be reached.
pub async fn introduce(session: &Session, ids: &[ResourceId], verb: Verb) -> Result<(), Failure> {
    let is_asked = std::io::stdin().is_terminal();
    // Of a single thing only what is inside is worth a request.
    if let [only] = ids
        && (!is_asked || matches!(only.child, Child::Job(..) | Child::FileServer(_)))
    {
        return Ok(());
    }
    let states = if is_asked { states(session, ids).await? } else { vec![String::new(); ids.len()] };
    if ids.len() > 1 {
        session.report.note(&format!("This will {} {} things:", verb.word(), ids.len()));
        lines(ids, &states).iter().for_each(|line| session.report.note(line));
    }
    if !is_asked || verb == Verb::Terminate {
        return Ok(());
    }
    let there = ids.iter().zip(&states).filter(|(_, state)| *state != MISSING).map(|(id, _)| id);
    for id in there.take(MOST_THINGS) {
        let contents = Contents::of(&session.client, id).await;
        consequences(id, &contents).iter().for_each(|line| session.report.note(line));
    }
    Ok(())
}

/// The state of each; the requests start a server that is needed in a moment anyway.
async fn states(session: &Session, ids: &[ResourceId]) -> Result<Vec<String>, Failure> {
    let looks = ids.iter().map(async |id| match session.client.get::<Value>(id).await {
        Ok(found) => Ok(state(&found)),
        Err(ClientError::Refused { status: 404, .. }) => Ok(MISSING.to_owned()),
        // Whoever may delete need not be one who may look.
        Err(ClientError::Refused { .. }) => Ok(String::new()),
        Err(error) => Err(error.into()),
    });
    stream::iter(looks).buffered(AT_ONCE).collect::<Vec<_>>().await.into_iter().collect()
}

fn state(found: &Value) -> String {
    let properties = &found["properties"];
    let state = properties["executionState"].as_str().or(properties["provisioningState"].as_str());
    state.unwrap_or_default().to_owned()
}

/// One line per thing: kind, name, state.
fn lines(ids: &[ResourceId], states: &[String]) -> Vec<String> {
    let width = |text: fn(&ResourceId) -> usize| ids.iter().map(text).max().unwrap_or_default();
    let kinds = width(|id| named(id).0.len());
    let names = width(|id| named(id).1.chars().count());
    let line = |(id, state): (&ResourceId, &String)| {
        let (kind, name) = named(id);
        format!("  {kind:kinds$}  {name:names$}  {state}").trim_end().to_owned()
    };
    ids.iter().zip(states).map(line).collect()
}

/// What goes with a thing; nothing is said of things that have nothing inside.
fn consequences(id: &ResourceId, contents: &Contents) -> Vec<String> {
    let (kind, name) = named(id);
    let Some(told) = contents.told() else { return Vec::new() };
    let with = match &id.child {
        Child::Cluster(_) => {
            format!("With {kind} {name} goes: {told}. Jobs that run on it are stopped, and stay as records.")
        }
        Child::None | Child::Experiment(_) | Child::FileServer(_) | Child::Job(..) => {
            format!("With {kind} {name} goes: {told}.")
        }
    };
    let running = contents.running().map(|names| format!("Running now: {names}."));
    std::iter::once(with).chain(running).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_things_are_listed_in_columns() {
        let id = |child| ResourceId { subscription: "s".into(), group: "g".into(), workspace: "ws".into(), child };
        let ids = [id(Child::Job("e".into(), "train".into())), id(Child::Job("e".into(), "b".into()))];
        assert_eq!(
            lines(&ids, &["running".into(), MISSING.into()]),
            ["  job  train  running", "  job  b      not found"]
        );
        assert_eq!(lines(&ids, &[String::new(), String::new()])[1], "  job  b");
    }

    #[test]
    fn the_state_of_a_job_is_how_it_runs_and_that_of_others_how_they_were_made() {
        let properties = serde_json::json!({ "executionState": "queued", "provisioningState": "succeeded" });
        assert_eq!(state(&serde_json::json!({ "properties": properties })), "queued");
        assert_eq!(state(&serde_json::json!({ "properties": { "provisioningState": "deleting" } })), "deleting");
        assert_eq!(state(&Value::Null), "");
    }
}
