//! What the user types and sees.

pub mod confirm;
pub mod exit_code;
pub mod output;
pub mod report;
