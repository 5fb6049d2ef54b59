//! What goes another way when the server knows no api-version but those of the service: operations that are polled
//! for, changes that are looked for, files that are fetched piece by piece, and bodies without our additions.
//!
//! The typed methods of [`super::resources`] and [`super::follow`] come here once [`super::Client::speaks_ours`] is
//! false; nobody else does. What the service did is taken from azure-cli-batchai 0.4.10 and msrestazure 0.6, which
//! spoke to it, and from the recordings of their tests.

pub(super) mod body;
pub(super) mod changes;
mod download;
pub(super) mod follow;
mod polling;
mod puts;

use std::time::Duration;

use super::{Client, ClientError};

/// Between two looks at something: the first ones are short, because most of what is waited for takes little.
#[derive(Debug, Clone, Copy)]
struct Pauses {
    next: Duration,
    longest: Duration,
}

impl Pauses {
    /// The longest of them is `longest`.
    fn up_to(longest: Duration) -> Self {
        Self { next: Duration::from_millis(100).min(longest), longest }
    }

    /// The next one.
    fn grow(&mut self) -> Duration {
        let now = self.next;
        self.next = (now * 3 / 2).min(self.longest);
        now
    }
}

impl Client {
    /// Why something of ours cannot be done.
    pub(super) fn lacks(&self, lack: impl Into<String>, instead: impl Into<String>) -> ClientError {
        let (server, version) = (self.server(), self.speaks.get());
        ClientError::Older { server, version, lack: lack.into(), instead: instead.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_no_further() {
        let mut pauses = Pauses::up_to(Duration::from_millis(180));
        let all: Vec<u128> = std::iter::repeat_with(|| pauses.grow().as_millis()).take(4).collect();
        assert_eq!(all, [100, 150, 180, 180]);
    }
}
