//! Sharing over HTTP.

mod clients;
mod disclosures;
mod invitations;
mod shares;

use std::iter::once_with;

use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};

use crate::http::route::{Parameter, Route};

pub use clients::readables;
pub use shares::path_id;

/// Every route of sharing.
pub fn routes() -> impl Iterator<Item = Route> {
    once_with(shares::routes)
        .flatten()
        .chain(once_with(disclosures::routes).flatten())
        .chain(once_with(invitations::routes).flatten())
        .chain(once_with(clients::routes).flatten())
}

/// A share's id in a path.
pub(crate) fn share_parameter(name: &'static str) -> Parameter {
    let uuid = Some(SchemaFormat::Custom("uuid".to_owned()));
    let schema = ObjectBuilder::new().schema_type(Type::String).format(uuid).into();
    Parameter { name, place: "path", schema, about: "The share's id." }
}

/// The id that examples of shares have.
const EXAMPLE_SHARE: &str = "3f2b7a1c-9e10-4c0e-9d8e-5f0c3a526a55";

/// What an example of a share says of its scopes.
fn example_scopes() -> serde_json::Value {
    serde_json::json!([
        {"collection": "cravings", "detail": "entries", "from": "2026-01-01", "to": null},
        {"collection": "insights", "detail": "summary", "from": null, "to": null},
    ])
}

/// What an example says of the consent.
fn example_consent() -> serde_json::Value {
    serde_json::json!({
        "share_id": EXAMPLE_SHARE, "purpose": "Counseling", "question": null, "scopes": example_scopes(),
        "expires_at": "2027-05-01T00:00:00.000000Z",
    })
}
