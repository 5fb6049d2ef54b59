//! The two older, flat api-versions: 2017-09-01-preview and 2018-03-01.
//!
//! Their clusters, jobs and file servers lie directly in a resource group. Here they are those of the workspaces
//! `migrated-<region>`, where 2018-05-01 sees them too (azure-docs `batch-ai/migrate-to-new-api`). This folder
//! alone knows how the old words differ; the rest of the server sees bodies and answers of 2018-05-01.
//!
//! ```text
//! names     regions, workspaces, flat ids           body      up: an old body to one of 2018-05-01
//! filter    $filter: parser and evaluator            answer    down: an answer of 2018-05-01 to an old one
//! select    $select                                  request   what the handlers ask of a request
//! routes    the handlers                             lists     the handlers of lists
//! file_servers   those of file servers
//! router    every path and method
//! ```

pub mod answer;
pub mod body;
pub mod file_servers;
pub mod filter;
pub mod lists;
pub mod names;
pub mod request;
pub(super) mod router;
pub mod routes;
pub mod select;

/// A kind of flat resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A cluster.
    Cluster,
    /// A job.
    Job,
    /// A file server.
    FileServer,
}

impl Kind {
    /// The word of paths and of `type` since 2018-03-01.
    #[must_use]
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Cluster => "clusters",
            Self::Job => "jobs",
            Self::FileServer => "fileServers",
        }
    }
}
