//! The routes of the second factor, with their documentation.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::auth::answers::{RecoveryCodes, SecondFactor, SecondFactorSetup};
use crate::auth::bodies::{self, Given};
use crate::auth::{Auth, Caller, Signed};
use crate::error::{Code, Result};
use crate::fields::openapi::Side;
use crate::http::body::Body;
use crate::http::reply;
use crate::http::route::{Access, NamedSchema, Route};

async fn get(signed: Signed, auth: web::Data<Auth>) -> Result<HttpResponse> {
    reply::json_of(StatusCode::OK, &auth.second_factor(&signed).await?)
}

async fn begin(signed: Signed, auth: web::Data<Auth>, caller: Caller, body: Body) -> Result<HttpResponse> {
    auth.throttle.admit(caller.0)?;
    let given = Given::whole(bodies::BEGIN_SECOND_FACTOR, &body.object_or_nothing().await?);
    reply::json_of(StatusCode::OK, &auth.begin_second_factor(&signed, given).await?)
}

async fn confirm(signed: Signed, auth: web::Data<Auth>, caller: Caller, body: Body) -> Result<HttpResponse> {
    auth.throttle.admit(caller.0)?;
    let given = Given::whole(bodies::CONFIRM_SECOND_FACTOR, &body.object().await?);
    reply::json_of(StatusCode::OK, &auth.confirm_second_factor(&signed, given).await?)
}

async fn remove(signed: Signed, auth: web::Data<Auth>, caller: Caller, body: Body) -> Result<HttpResponse> {
    auth.throttle.admit(caller.0)?;
    let given = Given::whole(bodies::REMOVE_SECOND_FACTOR, &body.object().await?);
    auth.remove_second_factor(&signed, given).await?;
    Ok(reply::no_content())
}

/// As the examples show one.
const EXAMPLE_PASSWORD: &str = "velvet anchor seven lanterns";

/// Every route of the second factor.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/v1/auth/totp", "get_second_factor", get)
            .says("auth", "Whether I have a second factor")
            .describes("And how many recovery codes are left; with none, remove it and set it up again.")
            .access(Access::Account)
            .answers(
                200,
                "How it is.",
                || NamedSchema::of::<SecondFactor>()
                    .with_example(json!({"active": true, "recovery_codes_left": 9})),
            ),
        Route::new(Method::POST, "/v1/auth/totp", "begin_second_factor", begin)
            .says("auth", "Set up a second factor")
            .describes(
                "Gives a secret for an authenticator (RFC 6238: SHA-1, six digits, thirty seconds). It counts once \
                 its first code was confirmed; until then a new one takes its place. A device that signed in more \
                 than ten minutes ago sends the password; otherwise the body may be left out.",
            )
            .access(Access::Account)
            .may_take(|| bodies::schema(
                "SecondFactorRequest",
                "The password, if this device signed in more than ten minutes ago.",
                bodies::BEGIN_SECOND_FACTOR,
                Side::Write,
                json!({"password": EXAMPLE_PASSWORD}),
            ))
            .answers(
                200,
                "The secret, which is not shown again.",
                || NamedSchema::of::<SecondFactorSetup>().with_example(json!({
                    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
                    "otpauth_uri": "otpauth://totp/Journal:ann@example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
                        &issuer=Journal&algorithm=SHA1&digits=6&period=30",
                })),
            )
            .refuses(&[Code::TotpActive, Code::WrongPassword, Code::TooManyRequests]),
        Route::new(Method::POST, "/v1/auth/totp/confirm", "confirm_second_factor", confirm)
            .says("auth", "Make the second factor count")
            .describes(
                "From now on every sign-in needs `totp_code`: a code of the authenticator, or one of the ten \
                 recovery codes that this answers, each good once. Devices that are signed in go on.",
            )
            .access(Access::Account)
            .takes(|| bodies::schema(
                "SecondFactorConfirmation",
                "A first code.",
                bodies::CONFIRM_SECOND_FACTOR,
                Side::Write,
                json!({"code": "287082"}),
            ))
            .answers(
                200,
                "It counts. The recovery codes are not shown again.",
                || NamedSchema::of::<RecoveryCodes>()
                    .with_example(json!({"recovery_codes": ["k7fm-3qpd-x6wr-2hnv", "a2cd-77qz-m4tb-5lsx"]})),
            )
            .refuses(&[Code::NotFound, Code::TotpActive, Code::WrongCode, Code::TooManyRequests]),
        Route::new(Method::DELETE, "/v1/auth/totp", "remove_second_factor", remove)
            .says("auth", "Remove the second factor")
            .describes("Its recovery codes go with it. One that was never confirmed needs no code.")
            .access(Access::Account)
            .takes(|| bodies::schema(
                "SecondFactorRemoval",
                "The password, and a code of the authenticator or a recovery code.",
                bodies::REMOVE_SECOND_FACTOR,
                Side::Write,
                json!({"password": EXAMPLE_PASSWORD, "code": "k7fm-3qpd-x6wr-2hnv"}),
            ))
            .answers_empty(204, "It is gone.")
            .refuses(&[Code::NotFound, Code::WrongPassword, Code::WrongCode, Code::TooManyRequests]),
    ]
}
