//! `delete` and `terminate` of whatever was named: what goes with it, the question, and the wait.
//!
//! Called by the commands of every noun. With `-y` nothing is asked of the server but what was ordered.

mod contents;
mod question;
mod waiting;

use std::cell::RefCell;

use self::waiting::Waiting;
use super::Outcome;
use super::exit_code::ExitCode;
use super::report::Failure;
use super::session::{Ending, Session};
use super::targets::each;
use crate::api::id::{Child, ResourceId};
use crate::client::resources::Waits;

/// What is done to things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// They go.
    Delete,
    /// Jobs end, and stay as records.
    Terminate,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Terminate => "terminate",
        }
    }
}

impl Session {
    /// Deletes what was named, once the user is sure.
    ///
    /// # Errors
    /// With what to tell the user.
    pub async fn delete(&self, ids: &[ResourceId], ending: &Ending) -> Outcome {
        self.end(ids, Verb::Delete, ending).await
    }

    /// Stops the jobs that were named, once the user is sure.
    ///
    /// # Errors
    /// With what to tell the user.
    pub async fn terminate(&self, ids: &[ResourceId], ending: &Ending) -> Outcome {
        self.end(ids, Verb::Terminate, ending).await
    }

    async fn end(&self, ids: &[ResourceId], verb: Verb, ending: &Ending) -> Outcome {
        let is_sure = self.is_sure(ending);
        if !is_sure {
            question::introduce(self, ids, verb).await?;
        }
        super::confirm::confirm(is_sure, &self.report)?;
        carry_out(self, ids, verb, ending.waits()).await
    }

    /// Whether nobody need be asked: `-y`, or the configuration says so.
    #[must_use]
    pub fn is_sure(&self, ending: &Ending) -> bool {
        ending.yes || self.settings.disable_confirm_prompt == Some(true)
    }
}

/// Ends things, several at once, and says on a terminal what is waited for. Ctrl-C ends the wait alone.
///
/// # Errors
/// When all fail.
pub async fn carry_out(session: &Session, ids: &[ResourceId], verb: Verb, waits: Waits) -> Outcome {
    let left = RefCell::new(ids.to_vec());
    let waiting = Waiting::new(session, verb, &left);
    let act = async |id: ResourceId| {
        let done = match verb {
            Verb::Delete => session.client.delete(&id, waits).await,
            Verb::Terminate => session.client.terminate(&id, waits).await,
        };
        left.borrow_mut().retain(|other| *other != id);
        // Failures are told when all is over, and the line must be gone by then.
        if left.borrow().is_empty() {
            waiting.hide();
        }
        Ok::<(), Failure>(done?)
    };
    tokio::select! {
        biased;
        done = each(session, ids, act) => done.map(|_| ExitCode::Ok.value()),
        Ok(()) = tokio::signal::ctrl_c() => {
            waiting.hide();
            session.report.note(&waiting.interrupted());
            Ok(ExitCode::Interrupted.value())
        }
        never = waiting.tell() => match never {},
    }
}

/// What a thing is, and its name.
fn named(id: &ResourceId) -> (&'static str, &str) {
    match &id.child {
        Child::None => ("workspace", &id.workspace),
        Child::Cluster(name) => ("cluster", name),
        Child::FileServer(name) => ("file server", name),
        Child::Experiment(name) => ("experiment", name),
        Child::Job(_, name) => ("job", name),
    }
}
