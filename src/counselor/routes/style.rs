//! The one style sheet. Its address has its fingerprint in it, so that a browser keeps it for good and never has
//! an old one.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::error::{Error, Result};
use crate::http::reply::fingerprint;
use crate::http::router::PathPart;

const SHEET: &str = include_str!("../style.css");
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// Where it is.
static ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let print = fingerprint(SHEET.as_bytes());
    format!("/counselor/style/{}.css", print.get(..16).unwrap_or_default())
});

/// Where the style sheet is.
pub fn address() -> &'static str {
    &ADDRESS
}

/// GET `/counselor/style/{fingerprint}.css`
pub async fn get(name: PathPart) -> Result<HttpResponse> {
    if !ADDRESS.ends_with(&format!("/{}", &*name)) {
        return Err(Error::not_found());
    }
    let kept = (header::CACHE_CONTROL, FOR_GOOD);
    Ok(HttpResponse::Ok().content_type("text/css; charset=utf-8").insert_header(kept).body(SHEET))
}
