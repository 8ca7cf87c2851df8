//! Access tokens: short-lived JWTs (RFC 9068) that name an account and a session.
//!
//! There is one key that signs, one algorithm and one header; a token whose header is not that one (or, after a
//! rotation, that of the key before), byte for byte, is refused before anything in it is believed, so that `alg`,
//! `typ` and `kid` never come from the caller. One that was found genuine is remembered, so that a device's next
//! requests cost a look instead of a signature; its time is judged at each of them.
//! Refuses tokens that were changed, lack a claim, are meant for somebody else, or are outside their time.
//! Whether the session still lives is judged by `extract`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use foldhash::fast::RandomState;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use moka::sync::Cache;
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
/// Tokens remembered at most; each takes half a kilobyte.
const REMEMBERED: u64 = 20_000;

/// The keys, made once.
pub struct Tokens {
    signing: EncodingKey,
    header: Header,
    /// The key in use, and those before it, whose last tokens are not over yet.
    checking: Vec<Checking>,
    /// Tokens that were found genuine. Nobody else's words are in it, so that a quick hash is good enough.
    genuine: Cache<Box<str>, Genuine, RandomState>,
}

/// What a genuine token says, whenever that counts.
#[derive(Clone, Copy)]
struct Genuine {
    bearer: Bearer,
    from: i64,
    until: i64,
}

/// What a token is checked by.
struct Checking {
    /// The header as it stands in every token of this key, with the dot after it.
    prefix: String,
    key: DecodingKey,
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
    /// Prepares the keys: the first signs, all of them check.
    pub fn new(keys: &[&Secret]) -> Result<Self> {
        let key = keys.first().ok_or_else(|| Error::internal("tokens without a key"))?;
        Ok(Self {
            signing: EncodingKey::from_secret(key.as_slice()),
            header: header_of(key),
            checking: keys.iter().map(|key| Checking::new(key)).collect::<Result<_>>()?,
            genuine: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(Duration::from_secs((LIFETIME + 2 * LEEWAY).unsigned_abs()))
                .build_with_hasher(RandomState::default()),
        })
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
        let known = self.genuine.get(token);
        let Genuine { bearer, from, until } = match known {
            Some(genuine) => genuine,
            None => self.verify(token).inspect(|genuine| self.genuine.insert(token.into(), *genuine))?,
        };
        let now = now.utc().timestamp();
        let begun = from <= now.saturating_add(LEEWAY);
        let over = until <= now.saturating_sub(LEEWAY);
        (begun && !over).then_some(bearer)
    }

    fn verify(&self, token: &str) -> Option<Genuine> {
        let (message, signature) = token.rsplit_once('.')?;
        let (claims, by) = self.checking.iter().find_map(|checking| {
            let claims = message.strip_prefix(checking.prefix.as_str())?;
            Some((claims, checking))
        })?;
        let checked = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &by.key, Algorithm::HS256);
        if !matches!(checked, Ok(true)) {
            return None;
        }
        let mut buffer = [0; CLAIMS_MAX];
        let length = URL_SAFE_NO_PAD.decode_slice(claims, &mut buffer).ok()?;
        let claims: Claims = serde_json::from_slice(buffer.get(..length)?).ok()?;
        let bearer = Bearer { account: claims.sub, session: claims.sid };
        Some(Genuine { bearer, from: claims.iat.max(claims.nbf), until: claims.exp })
    }
}

impl Checking {
    fn new(key: &Secret) -> Result<Self> {
        let signing = EncodingKey::from_secret(key.as_slice());
        let token = jsonwebtoken::encode(&header_of(key), &(), &signing).map_err(Error::internal)?;
        let prefix = token.split_inclusive('.').next().unwrap_or_default().to_owned();
        Ok(Self { prefix, key: DecodingKey::from_secret(key.as_slice()) })
    }
}

fn header_of(key: &Secret) -> Header {
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some("at+jwt".to_owned());
    let [a, b, c, d, ..] = keyed_hash(key, &[b"kid"]);
    header.kid = Some(format!("{:08x}", u32::from_be_bytes([a, b, c, d])));
    header
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
