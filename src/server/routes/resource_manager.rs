//! Azure Resource Manager around Batch AI: what SDKs, `az` and portals ask for before they come to Batch AI itself.
//! Also the table of these paths, which `server/router` adds to its own.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde::Deserialize;

use super::{Answer, groups, storage_accounts};
use crate::api::page::Page;
use crate::api::resource_manager as wire;
use crate::api::version::ApiVersion;
use crate::operations::{self, Context};
use crate::server::authorise::Caller;
use crate::server::error::ApiError;
use crate::server::extract::Wire;
use crate::server::unversioned::Subscription;

/// The directory of all users, and the subscription that everybody has: there is no other identity than tokens.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Regions of Batch AI (error messages of the service), and this machine.
const REGIONS: [(&str, &str); 11] = [
    ("eastus", "East US"),
    ("eastus2", "East US 2"),
    ("eastus2euap", "East US 2 EUAP"),
    ("southcentralus", "South Central US"),
    ("westcentralus", "West Central US"),
    ("westus2", "West US 2"),
    ("northeurope", "North Europe"),
    ("westeurope", "West Europe"),
    ("australiaeast", "Australia East"),
    ("southeastasia", "Southeast Asia"),
    ("local", "This machine"),
];

/// A provider, its types, and the versions in which they can be asked for, the oldest first.
type Known = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Every version of Microsoft.Storage is taken; these are those of the time.
const PROVIDERS: [Known; 2] = [
    (
        crate::api::PROVIDER,
        &[
            "workspaces",
            "workspaces/clusters",
            "workspaces/fileServers",
            "workspaces/experiments",
            "workspaces/experiments/jobs",
            "clusters",
            "fileServers",
            "jobs",
            "operations",
            "locations/usages",
            "locations/operationresults",
            "locations/operationstatuses",
        ],
        &[
            ApiVersion::Preview2017.as_str(),
            ApiVersion::V2018March.as_str(),
            ApiVersion::V2018May.as_str(),
            ApiVersion::Ours.as_str(),
        ],
    ),
    (
        "Microsoft.Storage",
        &["storageAccounts", "checkNameAvailability"],
        &["2015-06-15", "2016-01-01", "2016-12-01", "2017-06-01", "2017-10-01", "2018-02-01"],
    ),
];

/// Every path and method.
pub fn routes() -> Router<Context> {
    Router::new()
        .route(wire::TENANTS, get(tenants))
        .route(wire::SUBSCRIPTIONS, get(subscriptions))
        .route(wire::SUBSCRIPTION, get(subscription))
        .route(wire::LOCATIONS, get(locations))
        .route(wire::PROVIDERS, get(providers))
        .route(wire::PROVIDER, get(provider))
        .route(wire::REGISTER, post(provider))
        .route(wire::GROUPS, get(groups::list))
        .route(wire::GROUP, get(groups::get).head(groups::head).put(groups::create).delete(groups::delete))
        .route(wire::GROUP, axum::routing::patch(groups::update))
        .route(wire::ALL_ACCOUNTS, get(storage_accounts::list_all))
        .route(wire::CHECK_NAME, post(storage_accounts::check_name))
        .route(wire::ACCOUNTS, get(storage_accounts::list))
        .route(wire::ACCOUNT, get(storage_accounts::get).put(storage_accounts::create))
        .route(wire::ACCOUNT, axum::routing::delete(storage_accounts::delete))
        .route(wire::LIST_KEYS, post(storage_accounts::list_keys))
}

/// GET: one.
async fn tenants() -> Answer<Wire<Page<wire::Tenant>>> {
    Ok(all(vec![wire::Tenant { id: format!("/tenants/{NOBODY}"), tenant_id: NOBODY.into() }]))
}

/// GET: those that were used, and the one that everybody has.
async fn subscriptions(State(context): State<Context>, caller: Caller) -> Answer<Wire<Page<wire::Subscription>>> {
    let mut used = operations::groups::subscriptions(&context.store, caller.group.as_deref())?;
    used.retain(|id| id != NOBODY);
    Ok(all(std::iter::once(NOBODY.to_owned()).chain(used).map(enabled).collect()))
}

/// GET: any subscription is there.
async fn subscription(Subscription(id): Subscription) -> Answer<Wire<wire::Subscription>> {
    Ok(Wire(enabled(id)))
}

fn enabled(id: String) -> wire::Subscription {
    wire::Subscription {
        id: format!("/subscriptions/{id}"),
        display_name: format!("batchai {id}"),
        subscription_id: id,
        tenant_id: NOBODY.into(),
        state: "Enabled".into(),
    }
}

/// GET. Any other name of a region is taken too.
async fn locations(Subscription(subscription): Subscription) -> Answer<Wire<Page<wire::Location>>> {
    let location = |(name, display): (&str, &str)| wire::Location {
        id: format!("/subscriptions/{subscription}/locations/{name}"),
        name: name.into(),
        display_name: display.into(),
    };
    Ok(all(REGIONS.map(location).into()))
}

/// GET of all providers.
async fn providers(Subscription(subscription): Subscription) -> Answer<Wire<Page<wire::Provider>>> {
    Ok(all(PROVIDERS.iter().map(|known| registered(&subscription, known)).collect()))
}

/// The provider of a path.
#[derive(Deserialize)]
struct Namespace {
    namespace: String,
}

/// GET of one, and POST `register`, which has nothing to do.
async fn provider(
    Subscription(subscription): Subscription,
    Path(Namespace { namespace }): Path<Namespace>,
) -> Answer<Wire<wire::Provider>> {
    match PROVIDERS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(&namespace)) {
        Some(known) => Ok(Wire(registered(&subscription, known))),
        None => {
            let message = format!("The resource namespace '{namespace}' is invalid.");
            Err(ApiError::new(StatusCode::NOT_FOUND, "InvalidResourceNamespace", message))
        }
    }
}

fn registered(subscription: &str, (namespace, types, versions): &Known) -> wire::Provider {
    let resource_type = |name: &&str| wire::ResourceType {
        resource_type: (*name).into(),
        locations: REGIONS.map(|(_, display)| display.to_owned()).into(),
        api_versions: versions.iter().rev().map(|version| (*version).to_owned()).collect(),
    };
    wire::Provider {
        id: format!("/subscriptions/{subscription}/providers/{namespace}"),
        namespace: (*namespace).into(),
        registration_state: "Registered".into(),
        resource_types: types.iter().map(resource_type).collect(),
    }
}

fn all<T>(value: Vec<T>) -> Wire<Page<T>> {
    Wire(Page { value, next_link: None })
}
