//! Loopback addresses of virtual nodes: different between nodes of one server, and mostly between servers of one
//! machine, because the second number comes from the path of the data directory.
//!
//! Called by [`super::nodes`]. Knows nothing of nodes.

use std::collections::BTreeSet;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::engine::directories::Layout;

/// The first free address of this server's block 127.x.0.0/16, without those that end in 0 or 255.
pub(super) fn free_address(layout: &Layout, used: &BTreeSet<&str>) -> String {
    let block = block(&layout.nodes());
    let address = |number: usize| format!("127.{block}.{}.{}", number / 254 % 256, 1 + number % 254);
    // With more nodes than addresses, they share: a machine of that size is not a thing of this engine.
    (0..=used.len()).map(address).find(|address| !used.contains(address.as_str())).unwrap_or_else(|| address(0))
}

/// 64 to 254: above what programs and distributions use for themselves.
fn block(path: &Path) -> u8 {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    64 + digest[0] % 191
}
