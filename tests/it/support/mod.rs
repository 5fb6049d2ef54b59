//! What the tests are written with.

pub mod process;
pub mod sandbox;
pub mod wait;

pub use sandbox::Sandbox;
pub use wait::wait_until;
