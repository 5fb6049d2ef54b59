//! Secrets of the server's own key vaults. No answer has a value.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::Answer;
use crate::api::page::Page;
use crate::api::vault::{Secret, SecretSet};
use crate::domain::vault::VaultSecret;
use crate::operations::{Context, vaults};
use crate::server::convert::vault as wire;
use crate::server::error::ApiError;
use crate::server::extract::{Body, Version, Wire};

/// Path of a vault, and perhaps of a secret in it.
#[derive(Deserialize)]
pub struct VaultPath {
    vault: String,
    #[serde(default)]
    secret: String,
}

impl VaultPath {
    fn vault(&self) -> Answer<String> {
        wire::vault_name(&self.vault).map_err(|message| ApiError::invalid("vault", message))
    }

    fn secret(&self) -> Answer<(String, String)> {
        let name = wire::secret_name(&self.secret).map_err(|message| ApiError::invalid("secret", message))?;
        Ok((self.vault()?, name))
    }
}

/// GET of the list of all vaults together.
pub async fn list_all(State(context): State<Context>, _: Version) -> Answer<Wire<Page<Secret>>> {
    Ok(page(&vaults::list(&context.store, None)?))
}

/// GET of the list of one vault.
pub async fn list(
    State(context): State<Context>,
    _: Version,
    Path(path): Path<VaultPath>,
) -> Answer<Wire<Page<Secret>>> {
    Ok(page(&vaults::list(&context.store, Some(&path.vault()?))?))
}

/// PUT: a new version.
pub async fn set(
    State(context): State<Context>,
    _: Version,
    Path(path): Path<VaultPath>,
    Body(body): Body<SecretSet>,
) -> Answer<Wire<Secret>> {
    let (vault, name) = path.secret()?;
    let value = wire::value(&body, &context.seal)?;
    Ok(Wire(wire::secret(&vaults::set(&context, vault, name, value).await?)))
}

/// DELETE: the secret with all its versions.
pub async fn delete(State(context): State<Context>, _: Version, Path(path): Path<VaultPath>) -> Answer<StatusCode> {
    let (vault, name) = path.secret()?;
    vaults::delete(&context, vault, name).await?;
    Ok(StatusCode::OK)
}

fn page(secrets: &[VaultSecret]) -> Wire<Page<Secret>> {
    Wire(Page { value: secrets.iter().map(wire::secret).collect(), next_link: None })
}
