//! What the tests are written with.

pub mod azurite;
pub mod bodies;
pub mod checked;
pub mod gate;
pub mod leaks;
pub mod mpi;
pub mod network;
pub mod podman;
pub mod process;
pub mod python;
pub mod rest;
pub mod running;
pub mod sandbox;
pub mod served;
pub mod shape;
pub mod swagger;
pub mod terminal;
pub mod vault;
pub mod wait;

pub use azurite::Azurite;
pub use checked::Checked;
pub use gate::Gate;
pub use mpi::Mpi;
pub use network::Network;
pub use podman::Podman;
pub use rest::{Answer, Rest, SUBSCRIPTION};
pub use running::Running;
pub use sandbox::{Done, Sandbox};
pub use served::Served;
pub use shape::timeless;
pub use terminal::OnTerminal;
pub use vault::Vault;
pub use wait::{wait_for, wait_until};

/// Whether `tests/run --without` left this requirement out; then says that the test is skipped.
pub fn is_left_out(requirement: &str) -> bool {
    let list = std::env::var("BATCHAI_TESTS_WITHOUT").unwrap_or_default();
    let is_left_out = list.split_whitespace().any(|left_out| left_out == requirement);
    if is_left_out {
        skipped(&format!("tests/run was told to do without {requirement}"));
    }
    is_left_out
}

/// Says why a test has nothing to check on this machine.
#[expect(clippy::print_stdout, reason = "the test runner shows it")]
pub fn skipped(why: &str) {
    println!("skipped: {why}");
}
