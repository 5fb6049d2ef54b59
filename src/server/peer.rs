//! How a request came in.
//!
//! Every listener puts one into the extensions of its requests; `authorise` and whoever builds absolute URLs read
//! it.

/// The kind of connection that a request came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// The Unix socket: only the owner of the installation can open it.
    Socket,
    /// The network.
    Tcp {
        /// Whether it is encrypted.
        tls: bool,
    },
}

impl Peer {
    /// The scheme of URLs that lead back to this listener.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Tcp { tls: true } => "https",
            Self::Tcp { tls: false } | Self::Socket => "http",
        }
    }
}
