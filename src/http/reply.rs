//! Answers: JSON bodies, entity tags, not-modified, event streams.

use std::convert::Infallible;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, ETAG, HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH,
};
pub use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder, http::StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{Stream, StreamExt as _};
use serde::Serialize;

use crate::db::seal::sha256;
use crate::error::{Code, Error, Result};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A JSON answer about somebody: never kept by a cache.
pub fn json(status: StatusCode, body: impl Into<Vec<u8>>) -> HttpResponse {
    personal(status).body(body.into())
}

/// A JSON answer from anything serde can write.
pub fn json_of(status: StatusCode, body: &impl Serialize) -> Result<HttpResponse> {
    Ok(json(status, serde_json::to_vec(body).map_err(Error::internal)?))
}

/// A JSON answer with its entity tag, or 304 (and no body made) when the caller has it already.
pub fn tagged<B: Into<Bytes>>(headers: &HeaderMap, etag: &str, body: impl FnOnce() -> B) -> HttpResponse {
    if none_match(headers, etag) {
        return not_modified(etag);
    }
    personal(StatusCode::OK).insert_header((ETAG, etag)).body(body().into())
}

/// A file to keep, in pieces as they are made. One that breaks off ends the connection, so that nobody takes
/// a part for the whole.
pub fn download(
    media_type: &'static str,
    name: &str,
    pieces: impl Stream<Item = Result<Vec<u8>>> + 'static,
) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((CACHE_CONTROL, NO_STORE))
        .streaming(pieces.map(|piece| piece.map(Bytes::from)))
}

/// An event stream that goes on for as long as it has something to say. Proxies are asked not to hold it back.
pub fn events(events: impl Stream<Item = String> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, NO_STORE))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(events.map(|text| Ok::<_, Infallible>(Bytes::from(text))))
}

/// 304 with its tag.
pub fn not_modified(etag: &str) -> HttpResponse {
    HttpResponse::NotModified().insert_header((ETAG, etag)).insert_header((CACHE_CONTROL, NO_STORE)).finish()
}

/// Done, and nothing to show.
pub fn no_content() -> HttpResponse {
    HttpResponse::NoContent().insert_header((CACHE_CONTROL, NO_STORE)).finish()
}

/// Taken on, and nothing to show yet.
pub fn accepted() -> HttpResponse {
    HttpResponse::Accepted().insert_header((CACHE_CONTROL, NO_STORE)).finish()
}

fn personal(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.content_type("application/json").insert_header((CACHE_CONTROL, NO_STORE));
    answer
}

/// Whether `If-None-Match` names this tag (or any).
#[must_use]
pub fn none_match(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
    })
}

/// What `If-Match` asks of the record's revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// No header: anything goes.
    Absent,
    /// `*`: the record must be there.
    Any,
    /// The record must have one of these tags.
    OneOf(Vec<String>),
}

impl IfMatch {
    /// Reads the header.
    pub fn of(headers: &HeaderMap) -> Result<Self> {
        let mut tags = Vec::new();
        for value in headers.get_all(IF_MATCH) {
            let text =
                value.to_str().map_err(|_| Error::new(Code::InvalidHeader, "If-Match is not readable"))?;
            tags.extend(text.split(',').map(|tag| tag.trim().to_owned()));
        }
        match tags.as_slice() {
            [] => Ok(Self::Absent),
            [any] if any == "*" => Ok(Self::Any),
            _ => Ok(Self::OneOf(tags)),
        }
    }

    /// Whether a record with this revision (`None` = no record) is the one that was meant.
    #[must_use]
    pub fn admits(&self, revision: Option<i64>) -> bool {
        match (self, revision) {
            (Self::Absent, _) | (Self::Any, Some(_)) => true,
            (Self::Any | Self::OneOf(_), None) => false,
            (Self::OneOf(tags), Some(revision)) => tags.contains(&etag(revision)),
        }
    }
}

/// What tells bytes from all others, in letters that stand in a header or an address as they are.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(sha256(bytes))
}

/// A record's entity tag.
#[must_use]
pub fn etag(revision: i64) -> String {
    format!("\"{revision}\"")
}
