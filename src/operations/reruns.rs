//! A job once more under another name: what was asked for is copied, secrets and code included.

use super::jobs::{self, IfExists, JobView};
use super::{Context, OperationError};
use crate::domain::job::Job;
use crate::domain::name::{JobKey, Name};
use crate::store::Reader;

/// Submits the same job as `name`, or under the first of `candidates` that is free. Whether it has ended makes no difference.
///
/// # Errors
/// When it is not there, the name is taken, what it needs is gone, or the store fails.
pub async fn rerun(
    context: &Context,
    key: JobKey,
    name: Option<Name>,
    candidates: impl Iterator<Item = String> + Send + 'static,
) -> Result<JobView, OperationError> {
    context.store.ensure_room()?;
    let (now, uuid) = ((context.clock)(), (context.new_id)());
    let engine = context.engine.clone();
    context
        .store
        .write(move |tx| {
            let old = jobs::find(tx, &key)?.value;
            let name = match name {
                Some(name) => name,
                None => free_name(tx, &key, candidates)?,
            };
            let job = Job::submitted(JobKey { name, ..key }, old.spec, uuid, now);
            jobs::add(tx, engine.as_ref(), job, IfExists::Conflict)
        })
        .await
}

fn free_name(
    reader: &Reader<'_>,
    key: &JobKey,
    candidates: impl Iterator<Item = String>,
) -> Result<Name, OperationError> {
    for candidate in candidates {
        // One that was a name stays one: only digits and a hyphen are added.
        let Ok(name) = Name::parse(&candidate) else { continue };
        if reader.job(&JobKey { name: name.clone(), ..key.clone() })?.is_none() {
            return Ok(name);
        }
    }
    let message = format!("The job {} has no name left that could follow it: give one", key.name);
    Err(OperationError::Invalid { target: "name", message })
}
