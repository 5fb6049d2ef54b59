//! Words about the server itself; ours, not Azure's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Response header on every answer: [`Build`] in text form.
pub const BUILD_HEADER: &str = "batchai-build";

/// What a server says of itself, and what `server status -o json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerStatus {
    /// Process id.
    pub pid: u32,
    /// Version of the program, such as `0.1.0`.
    pub version: String,
    /// When it started, UTC.
    pub started: String,
    /// The Unix socket it listens on.
    pub socket: String,
    /// Other addresses it listens on, such as `https://127.0.0.1:8650`.
    pub addresses: Vec<String>,
    /// SHA-256 of the certificate that vouches for it over TLS, such as `sha256:0123...`.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// Where it keeps everything.
    pub data_directory: String,
    /// Whether it leaves when there has been nothing to do for a while.
    pub leaves_when_idle: bool,
    /// Jobs that have not ended.
    pub active_jobs: u64,
}

/// Version and build of a program: `0.1.0 1700000000000000000`. The build is the modification time of the
/// executable in nanoseconds, which grows with every build and every installation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Build {
    /// Major, minor, patch.
    pub version: [u32; 3],
    /// Nanoseconds since 1970.
    pub build: u64,
}

impl std::fmt::Display for Build {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.version;
        write!(f, "{major}.{minor}.{patch} {}", self.build)
    }
}

impl Build {
    /// Reads the text form; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (version, build) = text.split_once(' ')?;
        let mut numbers = version.split('.').map(|n| n.parse().ok());
        let version = [numbers.next()??, numbers.next()??, numbers.next()??];
        Some(Self { version, build: build.parse().ok()? })
    }

    /// This version, built at that moment: nanoseconds since 1970, 0 where nobody knows.
    #[must_use]
    pub fn of_this_version(build: u64) -> Self {
        let number = |text: &str| text.parse().unwrap_or(0);
        let version = [
            number(env!("CARGO_PKG_VERSION_MAJOR")),
            number(env!("CARGO_PKG_VERSION_MINOR")),
            number(env!("CARGO_PKG_VERSION_PATCH")),
        ];
        Self { version, build }
    }
}

/// Whether the host of an address is this machine itself: what goes there in the clear is seen by nobody else.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<core::net::IpAddr>();
    ip.map_or(host == "localhost", |ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::Build;

    #[test]
    fn version_counts_before_build() {
        let order = ["0.1.0 5", "0.1.0 6", "0.2.0 1", "0.10.0 0"].map(|t| Build::parse(t).expect("a build"));
        assert!(order.is_sorted());
        assert_eq!(order[3].to_string(), "0.10.0 0");
        assert_eq!(Build::parse("0.1 5"), None);
    }
}
