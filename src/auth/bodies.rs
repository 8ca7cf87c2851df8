//! What the routes of accounts take. Every mistake of a body is named at once; members that are not in its
//! list are refused, server-owned ones (`id`, `created_at` …) too.

use serde_json::{Map, Value as Json, json};
use utoipa::openapi::schema::{ObjectBuilder, Schema};

use super::passwords::{Fault, WEAK};
use crate::error::{Code, Error, Result};
use crate::fields::openapi::{Side, properties};
use crate::fields::patterns::{COUNTRY, EMAIL, LOCALE, SECRET, SHORT};
use crate::fields::read;
use crate::fields::{Field, Kind, Mistakes, Need, Value};
use crate::http::route::NamedSchema;

const EMAIL_ADDRESS: Field = Field::required(
    "email",
    Kind::Formed(&EMAIL),
    "The address to sign in with; upper and lower case are one.",
);
const PASSWORD: Field = Field::required("password", Kind::Formed(&SECRET), "The password.");
const DEVICE_NAME: Field =
    Field::optional("device_name", Kind::Formed(&SHORT), "What to call this device in the list of sessions.");
const TIME_ZONE: Field = Field::required("time_zone", Kind::TimeZone, "IANA time zone, for \"today\".");
const DISPLAY_NAME: Field =
    Field::optional("display_name", Kind::Formed(&SHORT), "What the person wants to be called.");
const COUNTRY_CODE: Field =
    Field::optional("country", Kind::Formed(&COUNTRY), "ISO 3166-1 code, for help lines.");
const LANGUAGE: Field = Field {
    name: "locale",
    kind: Kind::Formed(&LOCALE),
    need: Need::Default("en"),
    about: "Language tag, for texts from the server.",
};
const TOTP_CODE: Field = Field::optional(
    "totp_code",
    Kind::Formed(&SHORT),
    "The six digits of the authenticator, or a recovery code; for accounts with a second factor.",
);
const LINK_TOKEN: Field = Field::required("token", Kind::Formed(&SECRET), "The `token` of the mail's link.");
const NEW_PASSWORD: &str = "10 to 128 characters, at most 512 bytes, hard to guess. No rules of composition.";

/// POST `/v1/auth/register`
pub static REGISTER: &[Field] = &[
    EMAIL_ADDRESS,
    Field::required("password", Kind::Formed(&SECRET), NEW_PASSWORD),
    TIME_ZONE,
    Field::default(
        "role",
        &["member", "counselor"],
        "member",
        "A member keeps a journal; a counselor reads what members share.",
    ),
    DISPLAY_NAME,
    COUNTRY_CODE,
    LANGUAGE,
    DEVICE_NAME,
    Field::optional(
        "invitation_code",
        Kind::Formed(&SHORT),
        "The code that whoever runs the server gave; needed where `/v1/meta` says `invite`.",
    ),
];

/// POST `/v1/auth/register/confirm`
pub static CONFIRM_REGISTRATION: &[Field] = &[LINK_TOKEN];

/// POST `/v1/auth/password-reset`
pub static ASK_FOR_RESET: &[Field] = &[EMAIL_ADDRESS];

/// POST `/v1/auth/password-reset/confirm`
pub static CONFIRM_RESET: &[Field] =
    &[LINK_TOKEN, Field::required("new_password", Kind::Formed(&SECRET), NEW_PASSWORD)];

/// POST `/v1/auth/login`
pub static LOGIN: &[Field] = &[EMAIL_ADDRESS, PASSWORD, DEVICE_NAME, TOTP_CODE];

/// POST `/v1/auth/refresh` and `/v1/auth/logout`
pub static REFRESH: &[Field] =
    &[Field::required("refresh_token", Kind::Formed(&SECRET), "The refresh token that was given last.")];

/// POST `/v1/auth/password`
pub static CHANGE_PASSWORD: &[Field] = &[
    Field::required("current_password", Kind::Formed(&SECRET), "The password as it is."),
    Field::required("new_password", Kind::Formed(&SECRET), NEW_PASSWORD),
];

/// PATCH `/v1/account`
pub static UPDATE_ACCOUNT: &[Field] = &[
    DISPLAY_NAME,
    TIME_ZONE,
    Field::required(
        "day_starts_at",
        Kind::TimeOfDay { max: 360 },
        "When the person's day begins, 00:00 to 06:00.",
    ),
    COUNTRY_CODE,
    LANGUAGE,
];

/// DELETE `/v1/account`
pub static DELETE_ACCOUNT: &[Field] =
    &[Field::required("password", Kind::Formed(&SECRET), "The password, once more.")];

/// POST `/v1/auth/totp`
pub static BEGIN_SECOND_FACTOR: &[Field] = &[Field::optional(
    "password",
    Kind::Formed(&SECRET),
    "The password, once more; needed on a device that signed in more than ten minutes ago.",
)];

/// POST `/v1/auth/totp/confirm`
pub static CONFIRM_SECOND_FACTOR: &[Field] =
    &[Field::required("code", Kind::Formed(&SHORT), "The six digits that the authenticator shows now.")];

/// DELETE `/v1/auth/totp`
pub static REMOVE_SECOND_FACTOR: &[Field] = &[
    Field::required("password", Kind::Formed(&SECRET), "The password, once more."),
    Field::optional(
        "code",
        Kind::Formed(&SHORT),
        "The six digits of the authenticator, or a recovery code; needed if the second factor is active.",
    ),
];

/// A body that was read; its mistakes are told by [`finish`](Self::finish), after what else can be wrong
/// was looked at.
pub struct Given {
    fields: Vec<Field>,
    values: Vec<Value>,
    mistakes: Mistakes,
}

impl Given {
    /// Reads a whole body.
    #[must_use]
    pub fn whole(fields: &[Field], object: &Map<String, Json>) -> Self {
        let mut mistakes = Mistakes::default();
        let values = read::body(fields, object, &mut mistakes);
        Self { fields: fields.to_vec(), values, mistakes }
    }

    /// Reads a merge patch: only what it names is looked at, and what must be there cannot be cleared.
    #[must_use]
    pub fn patch(fields: &[Field], object: &Map<String, Json>) -> Self {
        let named: Vec<Field> =
            fields.iter().filter(|field| object.contains_key(field.name)).copied().collect();
        Self::whole(&named, object)
    }

    /// A member's value; none when the body does not have it (a patch), null when it is cleared.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        let index = self.fields.iter().position(|field| field.name == name)?;
        self.values.get(index)
    }

    /// A member's text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.text()
    }

    /// A member's text that [`finish`](Self::finish) has found to be there.
    pub fn required(&self, name: &str) -> Result<&str> {
        self.text(name).ok_or_else(|| Error::internal(format!("{name} was not read")))
    }

    /// Notes what is wrong with a member that was looked at elsewhere, such as a new password.
    pub fn refuse(&mut self, name: &str, (code, message): Fault) {
        self.mistakes.add(name, code, message);
    }

    /// Nothing, or 422 that names every mistake: `weak_password` when there is no other.
    pub fn finish(&mut self) -> Result<()> {
        let mistakes = std::mem::take(&mut self.mistakes).into_vec();
        if mistakes.is_empty() {
            return Ok(());
        }
        let only_weak = mistakes.iter().all(|mistake| mistake.code == WEAK);
        Err(if only_weak { with_code(Code::WeakPassword, mistakes) } else { Error::invalid(mistakes) })
    }
}

/// 422 with a code of its own, for the one member that was looked up and is not right.
pub fn refused(code: Code, name: &str, message: &str) -> Error {
    let mut mistakes = Mistakes::default();
    mistakes.add(name, code.as_str(), message);
    with_code(code, mistakes.into_vec())
}

fn with_code(code: Code, mistakes: Vec<crate::error::Mistake>) -> Error {
    let mut error = Error::invalid(mistakes);
    if let Error::Problem(problem) = &mut error {
        problem.code = code;
    }
    error
}

/// A body for the document.
#[must_use]
pub fn schema(name: &str, about: &'static str, fields: &[Field], side: Side, example: Json) -> NamedSchema {
    let object = properties(ObjectBuilder::new().description(Some(about)), fields, side);
    let parts = vec![(name.to_owned(), Schema::from(object).into())];
    NamedSchema { name: name.to_owned(), parts, example: Some(example) }
}

/// The answer of a sign-in, as the document shows it.
#[must_use]
pub fn signed_in_example() -> Json {
    json!({
        "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiIsImtpZCI6IjE2YjNkMGE0In0.eyJzdWIiOiIifQ.c2ln",
        "token_type": "Bearer",
        "expires_in": 600,
        "refresh_token": "bG9uZyBhbmQgb3BhcXVl",
        "account": profile_example(),
    })
}

/// An account, as the document shows it.
#[must_use]
pub fn profile_example() -> Json {
    json!({
        "id": "5f0c3a52-6a55-4c0e-9d8e-3f2b7a1c9e10",
        "email": "ann@example.org",
        "role": "member",
        "display_name": "Ann",
        "time_zone": "America/New_York",
        "day_starts_at": "00:00",
        "country": "US",
        "locale": "en",
        "created_at": "2026-08-01T12:00:00.000000Z",
    })
}
