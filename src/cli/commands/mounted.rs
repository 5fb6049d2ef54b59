//! What `--nfs` names, for everything that mounts volumes.

use crate::api::id::{Child, ResourceId};
use crate::cli::exit_code::ExitCode;
use crate::cli::report::Failure;
use crate::cli::session::{Session, WorkspaceScope, checked};

/// The id of the file server: a name in the same workspace, or an id. Nobody is asked whether it is there.
///
/// # Errors
/// When it is neither.
pub fn file_server_id(
    given: Option<&str>,
    scope: &WorkspaceScope,
    session: &Session,
) -> Result<Option<ResourceId>, Failure> {
    let Some(text) = given else { return Ok(None) };
    if !text.contains('/') {
        return session.id(scope, Child::FileServer(text.to_owned())).map(Some);
    }
    match ResourceId::parse(text) {
        Some(id @ ResourceId { child: Child::FileServer(_), .. }) => checked(id).map(Some),
        Some(_) | None => {
            let message = format!("`{text}` of --nfs is neither the name nor the id of a file server");
            Err(Failure::new(ExitCode::Usage, message)
                .hint("`batchai file-server list -w WORKSPACE` shows those there are"))
        }
    }
}
