//! Who read what: the member's list of disclosures.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::EXAMPLE_SHARE;
use crate::auth::Member;
use crate::error::Result;
use crate::http::query::Query;
use crate::http::reply;
use crate::http::route::{NamedSchema, Route};
use crate::journal::document;
use crate::sharing::Sharing;
use crate::sharing::disclosures::Asked;
use crate::sharing::ledger::Disclosure;

/// A page of disclosures.
#[derive(Serialize, ToSchema)]
struct DisclosurePage {
    /// The newest first.
    items: Vec<Disclosure>,
    /// Pass it as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    let example = || {
        json!({"items": [{
        "at": "2026-11-04T15:02:11.000000Z", "share_id": EXAMPLE_SHARE, "recipient": "counselor@example.org",
        "collection": "cravings", "path": "cravings", "detail": "entries", "from": "2026-01-01", "to": null,
        "records": 14, "outcome": "allowed", "request_id": "1f0a3c55-2a",
    }], "next_cursor": null})
    };
    vec![
        Route::new(Method::GET, "/v1/disclosures", "list_disclosures", list)
            .says("sharing", "See who read what")
            .describes(
                "Each read under a share is here before anything was shown, and so are tries that were denied: of one share \
                 and one kind, the first of a day (UTC). Nothing in this list is ever changed or removed while the account \
                 is there. `from` and `to` are dates of the account's zone.",
            )
            .parameters(document::page_parameters(["First date, inclusive.", "Last date, inclusive."]))
            .answers(200, "A page of disclosures.", move || NamedSchema::of::<DisclosurePage>().with_example(example())),
    ]
}

async fn list(member: Member, sharing: web::Data<Sharing>, request: HttpRequest) -> Result<HttpResponse> {
    let asked = Asked::of(Query::of(&request)?)?;
    let (items, next_cursor) = sharing.disclosures(&member, asked).await?;
    reply::json_of(StatusCode::OK, &DisclosurePage { items, next_cursor })
}
