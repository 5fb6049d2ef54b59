//! What this machine has that jobs may need, and what it means for them.
//!
//! [`probe`] looks, and changes nothing; [`judge`] says what is seen means. Called by `batchai doctor`. Knows no
//! server: what one does with the machine stands in the sentences of [`judge`].

pub mod judge;
pub mod probe;

use serde::Serialize;

/// How good a finding is for jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing to do.
    Ok,
    /// Some jobs cannot run, or not as well as they could.
    Limited,
    /// No job can run.
    Broken,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What was looked at.
    pub name: &'static str,
    /// How good it is.
    pub level: Level,
    /// What there is.
    pub found: String,
    /// What it means for jobs, and what to do where something should be done.
    pub meaning: String,
}

impl Level {
    /// As it is printed.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Limited => "limited",
            Self::Broken => "broken",
        }
    }
}
