//! File shares, blob containers and the files in them, as our api-version tells of them. The service left them to
//! Azure Storage, whose words these are where it had any.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::{encode, encode_path};

/// Shares and containers of all storage accounts of a subscription.
pub const VOLUMES: &str = "/subscriptions/{subscription}/providers/Microsoft.BatchAI/storage";
/// One of them.
pub const VOLUME: &str = "/subscriptions/{subscription}/providers/Microsoft.BatchAI/storage/{account}/{kind}/{volume}";
/// What lies in it.
pub const FILES: &str =
    "/subscriptions/{subscription}/providers/Microsoft.BatchAI/storage/{account}/{kind}/{volume}/files";
/// One file or folder of it.
pub const FILE: &str =
    "/subscriptions/{subscription}/providers/Microsoft.BatchAI/storage/{account}/{kind}/{volume}/files/{*path}";

/// A file share, on the wire, and the word of all of them in paths.
pub const SHARE: (&str, &str) = ("share", "shares");
/// A blob container, on the wire, and the word of all of them in paths.
pub const CONTAINER: (&str, &str) = ("container", "containers");

/// The most entries that a page of files has.
pub const MOST_FILES: u32 = 5000;

/// A share or container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// The storage account that it belongs to.
    pub account_name: String,
    /// `share` or `container`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The last change of what lies directly in it, UTC; none when it is kept elsewhere.
    pub last_modified: Option<String>,
}

/// A file or folder in a share or container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredFile {
    /// Its path from the root of the volume, as blobs are named.
    pub name: String,
    /// `file` or `directory`.
    pub file_type: String,
    /// Size and time; files only.
    pub properties: Option<StoredProperties>,
}

/// What there is to know of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredProperties {
    /// Last change, UTC.
    pub last_modified: Option<String>,
    /// Size in bytes.
    pub content_length: Option<u64>,
    /// Whether its owner may run it.
    #[serde(default)]
    pub is_executable: bool,
}

/// Where a share or container is on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumePlace {
    /// The subscription.
    pub subscription: String,
    /// The storage account.
    pub account: String,
    /// [`SHARE`] or [`CONTAINER`].
    pub kind: (&'static str, &'static str),
    /// Its name.
    pub name: String,
}

impl VolumePlace {
    /// Path of the volume.
    #[must_use]
    pub fn path(&self) -> String {
        VOLUME
            .replace("{subscription}", &encode(&self.subscription))
            .replace("{account}", &encode(&self.account))
            .replace("{kind}", self.kind.1)
            .replace("{volume}", &encode(&self.name))
    }

    /// Path of the list of what lies in it.
    #[must_use]
    pub fn files(&self) -> String {
        format!("{}/files", self.path())
    }

    /// Path of one file or folder; each part of `path` is percent-encoded.
    #[must_use]
    pub fn file(&self, path: &str) -> String {
        format!("{}/files/{}", self.path(), encode_path(path))
    }
}

/// Path of the list of volumes; of one account, or of all.
#[must_use]
pub fn volumes(subscription: &str, account: Option<&str>) -> String {
    let path = VOLUMES.replace("{subscription}", &encode(subscription));
    account.map_or(path.clone(), |account| format!("{path}?accountName={}", encode(account)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_part_by_part() {
        let place = VolumePlace { subscription: "s".into(), account: "acc".into(), kind: SHARE, name: "a b".into() };
        let at = "/subscriptions/s/providers/Microsoft.BatchAI/storage/acc/shares/a%20b";
        assert_eq!(place.path(), at);
        assert_eq!(place.file("d/ü ?.txt"), format!("{at}/files/d/%C3%BC%20%3F.txt"));
        assert!(volumes("s", Some("a&b")).ends_with("/storage?accountName=a%26b"));
    }
}
