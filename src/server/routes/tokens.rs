//! Tokens of those who come over the network.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::Answer;
use super::server::Identity;
use crate::api::page::Page;
use crate::api::token::{Token, TokenCreate};
use crate::domain::token::Role;
use crate::operations::{Context, tokens};
use crate::server::convert::{self, token as wire};
use crate::server::error::ApiError;
use crate::server::extract::{Body, Version, Wire};

/// Path of a token.
#[derive(Deserialize)]
pub struct TokenPath {
    name: String,
}

/// POST: a new token; the only answer that has its text.
pub async fn create(
    State(context): State<Context>,
    Extension(identity): Extension<Identity>,
    _: Version,
    Body(body): Body<TokenCreate>,
) -> Answer<Wire<Token>> {
    let new = wire::new_token(&body, (context.clock)())?;
    let (token, text) = tokens::create(&context, new).await?;
    let warning = (token.role != Role::Reader)
        .then(|| format!("jobs run as {}: whoever holds this token has a shell as this user", identity.user));
    Ok(Wire(Token { token: Some(text), warning, ..wire::token(&token) }))
}

/// GET of the list.
pub async fn list(State(context): State<Context>, _: Version) -> Answer<Wire<Page<Token>>> {
    let tokens = tokens::list(&context.store)?;
    Ok(Wire(Page { value: tokens.iter().map(wire::token).collect(), next_link: None }))
}

/// DELETE.
pub async fn revoke(State(context): State<Context>, _: Version, Path(path): Path<TokenPath>) -> Answer<StatusCode> {
    let name = convert::name("token", &path.name).map_err(|message| ApiError::invalid("name", message))?;
    tokens::revoke(&context, name).await?;
    Ok(StatusCode::OK)
}
