//! Lists of flat resources, of a group or of a subscription, with `$filter`, `$select` and `maxresults`.

use axum::extract::State;
use serde_json::Value;

use super::file_servers;
use super::request::Listing;
use super::routes::{cluster_answer, job_answer};
use crate::api::page::Page;
use crate::operations::{Context, Listed, OperationError, Window, migrated};
use crate::server::error::ApiError;
use crate::server::extract::Wire;

/// What a list answers.
type Answer = Result<Wire<Page<Value>>, ApiError>;

/// How many elements are read at a time when a filter leaves some out.
const CHUNK: u32 = 1000;

/// GET of clusters.
pub async fn clusters(State(context): State<Context>, listing: Listing) -> Answer {
    let scope = (listing.subscription.as_str(), listing.group.as_deref());
    page(
        &listing,
        |window| migrated::clusters(&context.store, scope, window),
        |view| (view.cluster.number, cluster_answer(view, listing.version)),
    )
}

/// GET of file servers.
pub async fn file_servers(State(context): State<Context>, listing: Listing) -> Answer {
    let scope = (listing.subscription.as_str(), listing.group.as_deref());
    page(
        &listing,
        |window| migrated::file_servers(&context.store, scope, window),
        |stored| (stored.number, file_servers::answer(&stored.value, listing.version)),
    )
}

/// GET of jobs.
pub async fn jobs(State(context): State<Context>, listing: Listing) -> Answer {
    let scope = (listing.subscription.as_str(), listing.group.as_deref());
    page(
        &listing,
        |window| migrated::jobs(&context.store, scope, window),
        |view| (view.job.number, job_answer(view, listing.version)),
    )
}

/// Reads on until the page is full or there is no more: a filter may leave out any number of elements.
fn page<T>(
    listing: &Listing,
    read: impl Fn(Window) -> Result<Listed<T>, OperationError>,
    answer: impl Fn(&T) -> (i64, Value),
) -> Answer {
    let limit = listing.paging.window.limit as usize;
    let mut value: Vec<Value> = Vec::new();
    let mut after = listing.paging.window.after;
    loop {
        let chunk = if listing.filter.is_some() { CHUNK } else { listing.paging.window.limit };
        let listed = read(Window { after, limit: chunk })?;
        let count = listed.items.len();
        for (at, item) in listed.items.iter().enumerate() {
            let (number, element) = answer(item);
            if listing.filter.as_ref().is_none_or(|filter| filter.matches(&element)) {
                value.push(listing.select.as_ref().map_or_else(|| element.clone(), |select| select.apply(&element)));
            }
            let is_last = at + 1 == count && listed.next.is_none();
            if value.len() == limit && !is_last {
                return Ok(Wire(Page { value, next_link: Some(listing.next_link(number)) }));
            }
        }
        match listed.next {
            Some(next) => after = next,
            None => return Ok(Wire(Page { value, next_link: None })),
        }
    }
}
