//! From flags to the parts of a request: accounts, images, scale, volumes, as azure-cli-batchai 0.4.10 built them.
//!
//! Each module has the flags of one part and the decision what they come to, over what a file said. Called by the
//! `create` commands. Knows neither the client nor the session; what has to be looked up is handed in.

pub mod account;
pub mod arm_id;
pub mod disks;
pub mod hidden;
pub mod image;
pub mod mounts;
pub mod scale;
pub mod setup;
pub mod ssh_keys;
pub mod storage;

use super::exit_code::ExitCode;
use super::report::Failure;

/// A command line that cannot be what was meant.
fn wrong(message: impl Into<String>) -> Failure {
    Failure::new(ExitCode::Usage, message)
}

/// A region as Azure writes it in paths: `East US` is `eastus`.
#[must_use]
pub fn region(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}
