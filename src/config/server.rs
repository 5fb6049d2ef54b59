//! Settings of a server.

use std::path::PathBuf;
use std::time::Duration;

use super::home::Home;
use super::{ConfigError, env};

/// Everything a server needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// Where everything is.
    pub home: Home,
    /// This program, which is also the supervisor of jobs.
    pub executable: PathBuf,
    /// Without work for so long, it leaves; `None`: it stays.
    pub leave_when_idle: Option<Duration>,
}

/// How long a server that a command started waits for work.
const IDLE: Duration = Duration::from_secs(600);

/// How long a server that a command started waits for work before it leaves.
///
/// # Errors
/// When the variable has an impossible value.
pub fn idle_time() -> Result<Duration, ConfigError> {
    let Some(value) = env::get(env::IDLE_SECONDS) else { return Ok(IDLE) };
    match value.parse() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => Err(ConfigError::Variable { name: env::IDLE_SECONDS, value, expected: "a whole number of seconds" }),
    }
}
