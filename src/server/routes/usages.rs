//! What is in use.

use axum::extract::{Path, State};
use serde::Deserialize;

use super::Answer;
use crate::api::page::Page;
use crate::api::usage::Usage;
use crate::operations::{Context, usages};
use crate::server::convert::usage as convert;
use crate::server::extract::{Subscription, Wire};

/// The region of a path.
#[derive(Debug, Deserialize)]
pub struct Region {
    location: String,
}

/// GET of all usages of a region, in any version.
pub async fn list(
    State(context): State<Context>,
    Subscription(subscription): Subscription,
    Path(Region { location }): Path<Region>,
) -> Answer<Wire<Page<Usage>>> {
    let usages = usages::list(&context, &subscription, &location)?;
    Ok(Wire(Page { value: usages.iter().map(convert::usage).collect(), next_link: None }))
}
