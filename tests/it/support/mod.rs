//! What the tests are written with.

pub mod process;
pub mod running;
pub mod sandbox;
pub mod terminal;
pub mod wait;

pub use running::Running;
pub use sandbox::{Done, Sandbox};
pub use terminal::OnTerminal;
pub use wait::{wait_for, wait_until};
