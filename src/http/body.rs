//! Request bodies: read within limits, after the caller is known, into a JSON object.
//!
//! Refuses what is not JSON (415), too large (413), slow (408), malformed, deep, with a member twice or with
//! U+0000 (400).

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use futures_util::{FutureExt as _, StreamExt as _};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use std::future::{Ready, ready};
use tokio::time::{Instant, timeout, timeout_at};

use super::admission::Place;
use super::query::Query;
use crate::error::{Code, Error, Result};

/// Most bytes of an ordinary body.
pub const JSON_LIMIT: usize = 256 * 1024;
/// Most bytes of a form of our pages.
const FORM_LIMIT: usize = 16 * 1024;
/// The least speed: so much of a body, or the rest of it, has to come within [`PATIENCE`].
const STEP: usize = 16 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
/// How long what is left of a refused request is waited for.
const DISCARD: Duration = Duration::from_secs(1);

/// A body that has not been read yet. Taking it as an argument costs nothing: a handler reads it once it
/// knows who is asking.
pub struct Body {
    payload: Payload,
    content_type: Option<String>,
    length: Option<usize>,
    place: Option<Rc<Place>>,
}

impl FromRequest for Body {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        ready(Ok(Self {
            content_type: header(CONTENT_TYPE).map(str::to_owned),
            length: header(actix_web::http::header::CONTENT_LENGTH).and_then(|text| text.parse().ok()),
            payload: payload.take(),
            place: request.extensions().get::<Rc<Place>>().cloned(),
        }))
    }
}

impl Body {
    /// Reads a JSON object.
    pub async fn object(self) -> Result<Map<String, Json>> {
        self.object_within(JSON_LIMIT).await
    }

    /// Reads a JSON object of at most `limit` bytes.
    pub async fn object_within(self, limit: usize) -> Result<Map<String, Json>> {
        self.object_of(&["application/json"], limit).await
    }

    /// Reads a JSON object, or nothing: that is an object without members.
    pub async fn object_or_nothing(self) -> Result<Map<String, Json>> {
        match (&self.content_type, self.length) {
            (None, None) | (_, Some(0)) => Ok(Map::new()),
            _ => self.object().await,
        }
    }

    /// Reads a JSON Merge Patch.
    pub async fn patch(self) -> Result<Map<String, Json>> {
        self.object_of(&["application/merge-patch+json", "application/json"], JSON_LIMIT).await
    }

    /// Reads the members of a form.
    pub async fn form(self) -> Result<Query> {
        let bytes = self.bytes_of(&["application/x-www-form-urlencoded"], FORM_LIMIT).await?;
        let text =
            String::from_utf8(bytes).map_err(|_| Error::new(Code::BadRequest, "the form is no text"))?;
        Query::parse(&text)
    }

    async fn object_of(self, media_types: &[&str], limit: usize) -> Result<Map<String, Json>> {
        match parse(&self.bytes_of(media_types, limit).await?)? {
            Json::Object(object) => Ok(object),
            _ => Err(Error::new(Code::MalformedJson, "the body must be a JSON object")),
        }
    }

    /// Reads a body of one of these media types as it is.
    pub async fn bytes_of(self, media_types: &[&str], limit: usize) -> Result<Vec<u8>> {
        let media_type =
            self.content_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default();
        if !media_types.iter().any(|known| media_type.trim().eq_ignore_ascii_case(known)) {
            return Err(Error::new(Code::UnsupportedMediaType, format!("send {}", media_types.join(" or "))));
        }
        self.bytes(limit).await
    }

    async fn bytes(self, limit: usize) -> Result<Vec<u8>> {
        let too_large = || Error::new(Code::TooLarge, format!("the body may have at most {limit} bytes"));
        if self.length.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut payload = self.payload;
        let mut bytes = Vec::with_capacity(self.length.unwrap_or(1024).min(JSON_LIMIT));
        let (mut step, mut due) = (STEP, Instant::now() + PATIENCE);
        loop {
            let mut next = payload.next();
            let chunk = match (&mut next).now_or_never() {
                Some(chunk) => chunk,
                None => within(self.place.as_deref(), timeout_at(due, next)).await?,
            };
            let Some(chunk) = chunk else { break };
            let chunk = chunk.map_err(|_| Error::new(Code::BadRequest, "the body broke off"))?;
            if bytes.len() + chunk.len() > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
            if bytes.len() >= step {
                (step, due) = (bytes.len() + STEP, Instant::now() + PATIENCE);
            }
        }
        Ok(bytes)
    }
}

/// Waits for a piece of a body without keeping the request's place.
async fn within<T, E>(place: Option<&Place>, piece: impl Future<Output = Result<T, E>>) -> Result<T> {
    let piece = match place {
        Some(place) => place.aside(piece).await?,
        None => piece.await,
    };
    piece.map_err(|_slow| Error::of(Code::RequestTimeout))
}

/// Takes what is left of the body of a request that is refused, if that is little and there already.
pub(super) async fn discard(mut payload: Payload) {
    let rest = async {
        let mut bytes = 0;
        while let Some(Ok(chunk)) = payload.next().await {
            bytes += chunk.len();
            if bytes > FORM_LIMIT {
                break;
            }
        }
    };
    // One that is slow loses its connection instead.
    drop(timeout(DISCARD, rest).await);
}

/// Parses JSON strictly: no member twice, no U+0000, no depth beyond serde's 128.
pub fn parse(bytes: &[u8]) -> Result<Json> {
    let malformed = |error: serde_json::Error| Error::new(Code::MalformedJson, error.to_string());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let json = Strict.deserialize(&mut deserializer).map_err(malformed)?;
    deserializer.end().map_err(malformed)?;
    Ok(json)
}

/// Builds a JSON value and refuses what another reader could take differently.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

fn text<E: serde::de::Error>(text: &str) -> Result<String, E> {
    if text.contains('\0') { Err(E::custom("text holds U+0000")) } else { Ok(text.to_owned()) }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Json, E> {
        text(value).map(Json::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = seq.next_element_seed(Strict)? {
            list.push(entry);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let name = text(&name)?;
            let value = map.next_value_seed(Strict)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("an object has the same member twice"));
            }
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_readers_could_take_differently_is_refused() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for bad in
            [r#"{"a":1,"a":2}"#, r#"{"a":{"b":1,"b":1}}"#, r#"{"a":"x\u0000"}"#, r#"{"\u0000":1}"#, &deep]
        {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
        for bad in [b"\xff{}".as_slice(), b"{} x", b"", b"{\"a\":\"\xff\"}", b"{\"a\":1e999}"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
        let good = parse(br#"{"a":[1,-2,3.5,true,null,{"b":"\u00e9"}]}"#).unwrap();
        assert_eq!(good, serde_json::json!({"a": [1, -2, 3.5, true, null, {"b": "é"}]}));
    }
}
