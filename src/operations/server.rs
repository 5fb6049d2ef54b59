//! The server itself.

use super::{Context, OperationError};

/// How many jobs have not ended.
///
/// # Errors
/// When the store fails.
pub fn active_jobs(context: &Context) -> Result<u64, OperationError> {
    context.store.read(|reader| {
        let count = reader.active_job_count()?;
        Ok(count)
    })
}

/// Whether there is anything to stay for: a job, or a node that somebody may log in to. A store that cannot tell may hold
/// work.
#[must_use]
pub fn has_work(context: &Context) -> bool {
    context.engine.logins().open > 0 || active_jobs(context).map_or(true, |count| count > 0)
}
