//! The crisis card over HTTP.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value as Json, json};

use super::derived::Derived;
use super::readable::{Answered, Reach};
use crate::auth::Member;
use crate::catalogue::Catalogue;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::http::query::Query;
use crate::http::route::{NamedSchema, Route};
use crate::journal::Reading;
use crate::journal::document::{EXAMPLE_ID, if_none_match_parameter};
use crate::journal::support::{CrisisCard, card};

/// The device keeps it and asks whether it has changed; without a connection it shows what it has, for thirty days.
const CACHE: &str = "private, no-cache, stale-if-error=2592000";

/// The route of the crisis card.
pub fn route() -> Route {
    Route::new(Method::GET, "/v1/support", "get_support", get_support)
        .says("insight", "Read the crisis card")
        .describes(
            "What helps when it gets hard: the person's own plan and contacts, then the help lines of their country. It \
             may be kept on the device (`Cache-Control: private`) and shown without a connection.",
        )
        .parameters([if_none_match_parameter()])
        .answers(200, "The card.", || NamedSchema::of::<CrisisCard>().with_example(example()))
        .answers_empty(304, "The caller has it already.")
}

async fn get_support(
    member: Member,
    db: web::Data<Db>,
    derived: web::Data<Derived>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    Query::of(&request)?.finish()?;
    let make = async |conn: &Conn<'_>, reading: &Reading<'_>| {
        let body = serde_json::to_vec(&card::card(conn, reading).await?).map_err(Error::internal)?;
        Ok(Answered { body, records: 0 })
    };
    let country = member.country.as_deref().unwrap_or_default();
    let mut answer = derived.answer(&db, &member, &request, country, Reach::Few, make).await?;
    answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static(CACHE));
    Ok(answer)
}

/// A card, for the document.
pub fn example() -> Json {
    json!({
        "plan_id": EXAMPLE_ID, "reasons": ["My daughter"], "warning_signs": ["Sleeping badly"],
        "skills": [{"skill_id": "92f2a60d-0b5f-5d88-ac79-8b6b575ba946", "name": "Urge surfing"}],
        "contacts": [{"contact_id": EXAMPLE_ID, "name": "Ruth", "role": "sponsor", "phone": "+1 555 0100"}],
        "help_lines": Catalogue::builtin().help_lines("US").get(..1)
    })
}
