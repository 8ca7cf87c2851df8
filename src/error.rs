//! One error for the whole program and one table of what may be said outside.
//!
//! An [`Error`] is either a [`Problem`], which was expected and may be told to the caller, or a failure
//! of storage or of the program, which is logged with the request's id and never described outside.
//! Every answer with an error status is RFC 9457 `application/problem+json`; `code` is the stable part.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use serde::Serialize;
use utoipa::ToSchema;

/// The program's one result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Declares [`Code`] and the table behind it.
macro_rules! codes {
    ($($variant:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// The stable machine code of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $title] $variant,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// What clients compare with: `snake_case`, never renamed.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status that goes with the code.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// One short sentence for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    MalformedJson = "malformed_json", 400, "The body is not a well-formed JSON object";
    InvalidParameter = "invalid_parameter", 400, "A query parameter cannot be used";
    InvalidCursor = "invalid_cursor", 400, "The cursor is not one that this list gave";
    InvalidHeader = "invalid_header", 400, "A request header cannot be used";
    BadRequest = "bad_request", 400, "The request cannot be understood";
    UnreadableFile = "unreadable_file", 400, "The file cannot be read";
    Unauthenticated = "unauthenticated", 401, "Sign in first";
    InvalidCredentials = "invalid_credentials", 401, "The e-mail address and password do not match";
    TotpRequired = "totp_required", 401, "This account asks for a second factor as well";
    InvalidTotp = "invalid_totp", 401, "The second factor's code is not right, or was used before";
    InvalidToken = "invalid_token", 401, "The token is not valid or no longer valid";
    WrongRole = "wrong_role", 403, "This account cannot do that";
    NotShared = "not_shared", 403, "The share does not open this";
    NotFound = "not_found", 404, "There is nothing here";
    MethodNotAllowed = "method_not_allowed", 405, "This path does not take that method";
    RequestTimeout = "request_timeout", 408, "The request did not arrive in time";
    Conflict = "conflict", 409, "The record exists with other content";
    EmailTaken = "email_taken", 409, "An account with this e-mail address exists";
    TooManyShares = "too_many_shares", 409, "There are too many shares";
    TotpActive = "totp_active", 409, "This account has a second factor already";
    CheckpointInvalid = "checkpoint_invalid", 410, "The journal is not the one this checkpoint is of: pull from 0";
    PreconditionFailed = "precondition_failed", 412, "The record has changed since it was read";
    TooLarge = "too_large", 413, "The body is too large";
    UnsupportedMediaType = "unsupported_media_type", 415, "Send application/json";
    ValidationFailed = "validation_failed", 422, "Some members cannot be accepted";
    WeakPassword = "weak_password", 422, "The password is too easy to guess";
    IdempotencyKeyReused = "idempotency_key_reused", 422, "This Idempotency-Key came with another request";
    WrongPassword = "wrong_password", 422, "The current password is not right";
    InvalidInvitation = "invalid_invitation", 422, "The invitation is not for this address, was used, or is over";
    InvalidLink = "invalid_link", 422, "The link was used, or is over";
    WrongCode = "wrong_code", 422, "The code is not right, or was used before";
    TooManyRequests = "too_many_requests", 429, "Too many requests";
    HeadersTooLarge = "headers_too_large", 431, "The request's headers are too large";
    Internal = "internal", 500, "Something went wrong on our side";
    Overloaded = "overloaded", 503, "The server is busy";
    StorageUnavailable = "storage_unavailable", 503, "The journal cannot be reached";
    StorageFull = "storage_full", 503, "The journal cannot be written";
}

/// One mistake in a body, found at `pointer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Mistake {
    /// JSON pointer (RFC 6901) to the member.
    #[schema(example = "/intensity")]
    pub pointer: String,
    /// Stable machine code of the mistake.
    #[schema(example = "out_of_range")]
    pub code: &'static str,
    /// The mistake in words.
    #[schema(example = "must be a whole number from 0 to 10")]
    pub message: String,
}

/// An expected refusal, told to the caller in full.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Which refusal.
    pub code: Code,
    /// This occurrence in words.
    pub detail: String,
    /// Every mistake of the body, where the body was the reason.
    pub errors: Vec<Mistake>,
    /// The record as it is now (412, 409), as JSON text.
    pub current: Option<String>,
    /// Seconds after which a new try makes sense.
    pub retry_after: Option<u64>,
    /// The limit that was met, as the `RateLimit-Policy` header names it: `"name";q=quota;w=seconds`.
    pub policy: Option<&'static str>,
}

/// Everything that can go wrong.
#[derive(Debug)]
pub enum Error {
    /// Expected, and told to the caller.
    Problem(Box<Problem>),
    /// The database said no.
    Database(DieselError),
    /// A fault of the program or its surroundings; the text goes to the log only.
    Internal(String),
}

impl Error {
    /// A refusal with its own words.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Problem {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            current: None,
            retry_after: None,
            policy: None,
        }
        .into()
    }

    /// A refusal that the code's title says in full.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self::new(code, code.title())
    }

    /// Nothing there, or nothing that the caller may know of: both look the same.
    #[must_use]
    pub fn not_found() -> Self {
        Self::of(Code::NotFound)
    }

    /// A body with mistakes in it.
    #[must_use]
    pub fn invalid(errors: Vec<Mistake>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!("{} {}", one.pointer, one.message),
            many => format!("{} members cannot be accepted", many.len()),
        };
        Problem {
            code: Code::ValidationFailed,
            detail,
            errors,
            current: None,
            retry_after: None,
            policy: None,
        }
        .into()
    }

    /// Try again after `seconds`.
    pub fn later(code: Code, detail: impl Into<String>, seconds: u64) -> Self {
        let retry_after = Some(seconds);
        let detail = detail.into();
        Problem { code, detail, errors: Vec::new(), current: None, retry_after, policy: None }.into()
    }

    /// A limit was met, whose `RateLimit-Policy` is `policy`; try again after `seconds`.
    pub fn limited(policy: &'static str, detail: impl Into<String>, seconds: u64) -> Self {
        let code = Code::TooManyRequests;
        let retry_after = Some(seconds);
        let detail = detail.into();
        Problem { code, detail, errors: Vec::new(), current: None, retry_after, policy: Some(policy) }.into()
    }

    /// A fault to log; outside it is only "internal".
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }

    /// What the caller is told.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let code = match self {
            Self::Problem(problem) => return (**problem).clone(),
            Self::Database(error) => storage_code(error),
            Self::Internal(_) => Code::Internal,
        };
        let retry_after = (code.status() == 503).then_some(1);
        let detail = code.title().to_owned();
        Problem { code, detail, errors: Vec::new(), current: None, retry_after, policy: None }
    }

    /// The reason that belongs in the log, if outsiders are not told the whole of it.
    #[must_use]
    pub fn hidden_reason(&self) -> Option<String> {
        match self {
            Self::Problem(_) => None,
            Self::Database(error) => Some(error.to_string()),
            Self::Internal(reason) => Some(reason.clone()),
        }
    }

    /// Whether the same transaction may succeed when it is run again at once (PostgreSQL 40001, 40P01).
    #[must_use]
    pub fn is_transient_conflict(&self) -> bool {
        match self {
            Self::Database(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
            Self::Database(DieselError::DatabaseError(_, info)) => {
                info.message().contains("deadlock detected")
            }
            _ => false,
        }
    }

    /// Whether a unique key was already taken.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Database(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }
}

/// Tells a full or unreachable store (come back later) from a fault of ours. SQLite gives its result codes
/// only as the fixed texts of `sqlite3_errstr`, so the texts are compared.
fn storage_code(error: &DieselError) -> Code {
    let DieselError::DatabaseError(kind, info) = error else {
        return match error {
            DieselError::BrokenTransactionManager => Code::StorageUnavailable,
            _ => Code::Internal,
        };
    };
    if matches!(kind, DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand) {
        return Code::StorageUnavailable;
    }
    let message = info.message();
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if says(&["is full", "No space left", "could not extend file"]) {
        Code::StorageFull
    } else if says(&[
        "readonly database",
        "disk I/O error",
        "unable to open database",
        "database is locked",
        "connection closed",
        "terminating connection",
        "the database system is",
        "statement timeout",
        "too many clients",
        "read-only transaction",
    ]) {
        Code::StorageUnavailable
    } else {
        Code::Internal
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => write!(out, "{}: {}", problem.code.as_str(), problem.detail),
            Self::Database(error) => write!(out, "database: {error}"),
            Self::Internal(reason) => out.write_str(reason),
        }
    }
}

impl std::error::Error for Error {}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        Self::Database(error)
    }
}

/// The body of a problem (RFC 9457).
#[derive(Debug, Serialize)]
struct ProblemBody<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Mistake],
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<serde_json::Value>,
}

impl Problem {
    /// What names the kind of problem on the web.
    #[must_use]
    pub fn type_urn(&self) -> String {
        format!("urn:recovery-journal:problem:{}", self.code.as_str())
    }

    /// The answer, with the request's id in it.
    #[must_use]
    pub fn respond(&self, request_id: &str) -> HttpResponse {
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = ProblemBody {
            r#type: self.type_urn(),
            title: self.code.title(),
            status: self.code.status(),
            detail: &self.detail,
            code: self.code.as_str(),
            request_id,
            errors: &self.errors,
            current: self.current.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        };
        let mut answer = HttpResponse::build(status);
        answer.content_type("application/problem+json");
        if let Some(seconds) = self.retry_after {
            answer.insert_header(("Retry-After", seconds.to_string()));
        }
        if let Some((policy, name)) = self.policy.and_then(|policy| Some((policy, policy.split(';').next()?)))
        {
            let seconds = self.retry_after.unwrap_or_default();
            answer.insert_header(("RateLimit-Policy", policy));
            answer.insert_header(("RateLimit", format!("{name};r=0;t={seconds}")));
        }
        if status == StatusCode::UNAUTHORIZED {
            answer.insert_header(("WWW-Authenticate", "Bearer"));
        }
        answer.body(serde_json::to_vec(&body).unwrap_or_default())
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.problem().code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Bare: the envelope around every request (`http::envelope`) writes the body, because it knows the
    /// request's id.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
