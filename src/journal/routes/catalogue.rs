//! `GET /v1/catalogue`: the built-in vocabularies, for everybody, cacheable.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value as Json;

use crate::catalogue::Catalogue;
use crate::http::reply;
use crate::http::route::{Access, NamedSchema, Route};
use crate::journal::document;

/// A client may use it for an hour without asking; then the entity tag says whether anything is new.
const CACHE: &str = "public, max-age=3600";

/// The route of the catalogue.
pub fn route() -> Route {
    Route::new(Method::GET, "/v1/catalogue", "get_catalogue", get_catalogue)
        .access(Access::Public)
        .says("catalogue", "Read the built-in vocabularies")
        .describes(
            "Triggers, coping skills, fellowships, meeting codes, instruments, milestones, symptoms, and help lines \
             by country. Ids are stable: offline clients may refer to them.",
        )
        .parameters([document::if_none_match_parameter()])
        .answers(200, "The catalogue.", || NamedSchema::of::<Catalogue>().with_example(example()))
        .answers_empty(304, "The caller has it already.")
}

async fn get_catalogue(request: HttpRequest) -> HttpResponse {
    let etag = Catalogue::etag();
    let known = reply::none_match(request.headers(), etag);
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((header::ETAG, etag)).insert_header((header::CACHE_CONTROL, CACHE));
    if known {
        return answer.finish();
    }
    answer.content_type("application/json").body(Catalogue::body())
}

/// The real catalogue with one entry a list.
fn example() -> Json {
    fn shorten(json: &mut Json) {
        match json {
            Json::Array(entries) => {
                entries.truncate(1);
                entries.iter_mut().for_each(shorten);
            }
            Json::Object(members) => members.values_mut().for_each(shorten),
            _ => {}
        }
    }
    let mut all = serde_json::from_slice(Catalogue::body()).unwrap_or_default();
    shorten(&mut all);
    all
}
