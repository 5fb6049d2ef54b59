//! The near end of the wire.

pub mod snapshot;
