//! How users log in to nodes.

/// What all nodes have in common for whoever logs in to them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Logins {
    /// Where all nodes are reached; `None`: each at its own address.
    pub address: Option<String>,
    /// By which clients know them: a line such as `ssh-ed25519 AAAA...`; `None`: none of them has offered SSH yet.
    pub host_key: Option<String>,
    /// How many of them offer SSH.
    pub open: usize,
}
