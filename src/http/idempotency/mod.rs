//! Requests that may come again: with an `Idempotency-Key` a POST that is repeated within a day is answered as it
//! was the first time, and nothing is done twice.
//!
//! Refuses a key that came with another request (422 `idempotency_key_reused`).

pub mod store;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use serde_json::{Map, Value as Json};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::route::Parameter;
use crate::db::seal::sha256;
use crate::error::{Code, Error, Result};

/// Longest key.
const LONGEST: usize = 255;
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// A key, and the request that it came with.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key_hash: [u8; 32],
    request_hash: [u8; 32],
}

/// An answer that can be given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// HTTP status.
    pub status: u16,
    /// JSON.
    pub body: String,
}

impl IdempotencyKey {
    /// Reads the header of a request with this body.
    pub fn of(request: &HttpRequest, body: &Map<String, Json>) -> Result<Option<Self>> {
        let Some(value) = request.headers().get(HEADER) else { return Ok(None) };
        let key = value.to_str().ok().filter(|key| (1..=LONGEST).contains(&key.len()));
        let key = key.ok_or_else(|| {
            Error::new(Code::InvalidHeader, "Idempotency-Key must be 1 to 255 visible ASCII characters")
        })?;
        let request = serde_json::to_vec(&(request.path(), body)).map_err(Error::internal)?;
        Ok(Some(Self { key_hash: sha256(key.as_bytes()), request_hash: sha256(&request) }))
    }
}

/// `Idempotency-Key` in the document.
#[must_use]
pub fn parameter() -> Parameter {
    Parameter {
        name: "Idempotency-Key",
        place: "header",
        schema: ObjectBuilder::new().schema_type(Type::String).max_length(Some(LONGEST)).into(),
        about: "Any text of the client's own, new for each request: sent again within 24 hours with the same body, \
                it brings the same answer and nothing is done twice.",
    }
}
