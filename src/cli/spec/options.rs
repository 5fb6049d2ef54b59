//! What a caller lays over a file while it is read.

use std::fmt;

/// How a file is read. The default reads it as it is, and leaves placeholders in it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Places of the file that get other values, each `PATH=VALUE`, in this order.
    pub set: Vec<String>,
    /// What placeholders of a storage account stand for; `None` leaves them, with a note.
    pub storage: Option<StorageAccount>,
}

/// The storage account of `<AZURE_BATCHAI_STORAGE_ACCOUNT>` and `<AZURE_BATCHAI_STORAGE_KEY>` (azure-cli-batchai
/// 0.4.10): from a flag, the environment or `config.yaml`. Its key also goes to every volume of the account that
/// has no credentials.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StorageAccount {
    /// The account's name; `None` makes a file that has the placeholder a bad one.
    pub name: Option<String>,
    /// Its key; `None` leaves the credentials empty, which our own server takes.
    pub key: Option<String>,
}

/// Never shows the key.
impl fmt::Debug for StorageAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_ref().map(|_| "<secret>");
        f.debug_struct("StorageAccount").field("name", &self.name).field("key", &key).finish()
    }
}
