//! The identity of a code snapshot: the SHA-256 of its archive.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SnapshotId(String);

impl SnapshotId {
    /// Reads the text form; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        let fits = hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        fits.then(|| Self(hex.to_owned()))
    }

    /// The 64 digits, the name of the archive on disk.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::SnapshotId;

    #[test]
    fn only_a_whole_digest_is_an_identity() {
        let hex = "0123456789abcdef".repeat(4);
        let id = SnapshotId::parse(&format!("sha256:{hex}")).expect("an id");
        assert_eq!((id.hex(), id.to_string()), (hex.as_str(), format!("sha256:{hex}")));
        for wrong in [hex.clone(), format!("sha256:{}", &hex[1..]), format!("sha256:../{}", &hex[3..])] {
            assert_eq!(SnapshotId::parse(&wrong), None);
        }
    }
}
