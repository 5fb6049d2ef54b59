//! A job once more under another name: what was asked for is copied, secrets and code included.

use super::jobs::{self, IfExists, JobView};
use super::{Context, OperationError};
use crate::domain::job::Job;
use crate::domain::name::{JobKey, Name};
use crate::store::Reader;

/// The longest name of a job (Swagger 2018-05-01: `maxLength: 64`).
const LONGEST: usize = 64;

/// A number at the end of a name with more digits than these is part of the name: a year, or a time.
const MOST_DIGITS: usize = 3;

/// Submits the same job as `name`, or under the next free name. Whether it has ended makes no difference.
///
/// # Errors
/// When it is not there, the name is taken, what it needs is gone, or the store fails.
pub async fn rerun(context: &Context, key: JobKey, name: Option<Name>) -> Result<JobView, OperationError> {
    context.store.ensure_room()?;
    let (now, uuid) = ((context.clock)(), (context.new_id)());
    let engine = context.engine.clone();
    context
        .store
        .write(move |tx| {
            let old = jobs::find(tx, &key)?.value;
            let name = match name {
                Some(name) => name,
                None => free_name(tx, &key)?,
            };
            let job = Job::submitted(JobKey { name, ..key }, old.spec, uuid, now);
            jobs::add(tx, engine.as_ref(), job, IfExists::Conflict)
        })
        .await
}

fn free_name(reader: &Reader<'_>, key: &JobKey) -> Result<Name, OperationError> {
    for candidate in successors(key.name.as_str()) {
        // One that was a name stays one: only digits and a hyphen are added.
        let Ok(name) = Name::parse(&candidate) else { continue };
        if reader.job(&JobKey { name: name.clone(), ..key.clone() })?.is_none() {
            return Ok(name);
        }
    }
    let message = format!("The job {} has no name left that could follow it: give one", key.name);
    Err(OperationError::Invalid { target: "name", message })
}

/// `train` -> `train-2`, `train-3` ...; `train-2` -> `train-3` ...
fn successors(name: &str) -> impl Iterator<Item = String> {
    let numbered = name.rsplit_once('-').filter(|(base, digits)| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        !base.is_empty() && is_number && digits.len() <= MOST_DIGITS && !digits.starts_with('0')
    });
    let (base, from) = match numbered {
        Some((base, digits)) => (base.to_owned(), digits.parse().unwrap_or(1)),
        None => (name.to_owned(), 1_u32),
    };
    (from + 1..=99_999).map(move |number| {
        let end = format!("-{number}");
        let base: String = base.chars().take(LONGEST - end.len()).collect();
        base + &end
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(name: &str) -> String {
        successors(name).next().expect("a name")
    }

    #[test]
    fn a_name_is_followed_by_its_number_and_a_numbered_one_by_the_next() {
        for (name, expected) in [
            ("train", "train-2"),
            ("train-2", "train-3"),
            ("train-9", "train-10"),
            ("train-2018", "train-2018-2"),
            ("train-007", "train-007-2"),
            ("train-3f9a2c", "train-3f9a2c-2"),
            ("-5", "-5-2"),
            ("a-b", "a-b-2"),
        ] {
            assert_eq!(next(name), expected, "{name}");
        }
        let long = next(&"x".repeat(64));
        assert!(long.len() == 64 && long.ends_with("x-2"), "{long}");
        assert_eq!(successors("a").take(3).collect::<Vec<_>>(), ["a-2", "a-3", "a-4"]);
    }
}
