//! Every answer against the service's own Swagger documents (Azure/azure-rest-api-specs).

mod answers;
mod document;
mod examples;
mod older;
