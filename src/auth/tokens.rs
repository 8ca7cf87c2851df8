//! Access tokens: short-lived JWTs (RFC 9068) that name an account and a session.
//!
//! There is one key, one algorithm and one header; a token whose header is not that one, byte for byte, is
//! refused before anything in it is believed, so that `alg`, `typ` and `kid` never come from the caller.
//! Refuses tokens that were changed, lack a claim, are meant for somebody else, or are outside their time.
//! Whether the session still lives is judged by `extract`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::{Deserialize, Serialize};

use crate::db::seal::{Secret, keyed_hash};
use crate::db::types::{Id, Time};
use crate::error::{Error, Result};

/// How long a token is good for, in seconds.
pub const LIFETIME: i64 = 600;
/// How far the clocks of our processes may be apart, in seconds.
const LEEWAY: i64 = 30;
/// More bytes than our claims have.
const CLAIMS_MAX: usize = 512;

/// The keys, made once.
pub struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    header: Header,
    /// The header as it stands in every token, with the dot after it.
    prefix: String,
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    /// Whose token it is.
    pub account: Id,
    /// Which device it was given to.
    pub session: Id,
}

/// All claims are required. Those that have one value only are types of one value: nothing else parses.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: Issuer,
    aud: Audience,
    sub: Id,
    sid: Id,
    iat: i64,
    nbf: i64,
    exp: i64,
}

#[derive(Serialize, Deserialize)]
enum Issuer {
    #[serde(rename = "recovery-journal")]
    This,
}

#[derive(Serialize, Deserialize)]
enum Audience {
    #[serde(rename = "recovery-journal/v1")]
    This,
}

impl Tokens {
    /// Prepares the key.
    pub fn new(key: &Secret) -> Result<Self> {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some("at+jwt".to_owned());
        let [a, b, c, d, ..] = keyed_hash(key, &[b"kid"]);
        header.kid = Some(format!("{:08x}", u32::from_be_bytes([a, b, c, d])));
        let signing = EncodingKey::from_secret(key.as_slice());
        let token = jsonwebtoken::encode(&header, &(), &signing).map_err(Error::internal)?;
        let prefix = token.split_inclusive('.').next().unwrap_or_default().to_owned();
        Ok(Self { signing, checking: DecodingKey::from_secret(key.as_slice()), header, prefix })
    }

    /// Makes a token that is good from `now` for [`LIFETIME`] seconds.
    pub fn issue(&self, bearer: Bearer, now: Time) -> Result<String> {
        let now = now.utc().timestamp();
        let claims = Claims {
            iss: Issuer::This,
            aud: Audience::This,
            sub: bearer.account,
            sid: bearer.session,
            iat: now,
            nbf: now,
            exp: now + LIFETIME,
        };
        jsonwebtoken::encode(&self.header, &claims, &self.signing).map_err(Error::internal)
    }

    /// What a genuine token says; `None` for every other text.
    #[must_use]
    pub fn check(&self, token: &str, now: Time) -> Option<Bearer> {
        let (message, signature) = token.rsplit_once('.')?;
        let claims = message.strip_prefix(&self.prefix)?;
        let checked =
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.checking, Algorithm::HS256);
        if !matches!(checked, Ok(true)) {
            return None;
        }
        let mut buffer = [0; CLAIMS_MAX];
        let length = URL_SAFE_NO_PAD.decode_slice(claims, &mut buffer).ok()?;
        let claims: Claims = serde_json::from_slice(buffer.get(..length)?).ok()?;
        let now = now.utc().timestamp();
        let begun = claims.iat.max(claims.nbf) <= now.saturating_add(LEEWAY);
        let over = claims.exp <= now.saturating_sub(LEEWAY);
        (begun && !over).then_some(Bearer { account: claims.sub, session: claims.sid })
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
