//! What the tests are written with.

pub mod gate;
pub mod process;
pub mod sandbox;
pub mod shape;
pub mod wait;

pub use gate::Gate;
pub use sandbox::{Done, Sandbox};
pub use shape::timeless;
pub use wait::{wait_for, wait_until};
