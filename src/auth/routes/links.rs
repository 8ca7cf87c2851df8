//! The routes of what mails are needed for, with their documentation.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::auth::answers::SignedIn;
use crate::auth::bodies::{self, Given};
use crate::auth::{Auth, Caller};
use crate::error::{Code, Result};
use crate::fields::openapi::Side;
use crate::http::body::Body;
use crate::http::reply;
use crate::http::route::{Access, NamedSchema, Route};

async fn confirm_registration(auth: web::Data<Auth>, caller: Caller, body: Body) -> Result<HttpResponse> {
    auth.throttle.admit(caller.0)?;
    let given = Given::whole(bodies::CONFIRM_REGISTRATION, &body.object().await?);
    reply::json_of(StatusCode::CREATED, &auth.confirm_registration(given).await?)
}

async fn ask_for_reset(auth: web::Data<Auth>, caller: Caller, body: Body) -> Result<HttpResponse> {
    auth.throttle.admit(caller.0)?;
    auth.ask_for_reset(Given::whole(bodies::ASK_FOR_RESET, &body.object().await?)).await?;
    Ok(reply::accepted())
}

async fn confirm_reset(auth: web::Data<Auth>, caller: Caller, body: Body) -> Result<HttpResponse> {
    auth.throttle.admit(caller.0)?;
    auth.confirm_reset(Given::whole(bodies::CONFIRM_RESET, &body.object().await?)).await?;
    Ok(reply::no_content())
}

/// As the examples show one.
const EXAMPLE_TOKEN: &str = "bG9uZyBhbmQgb3BhcXVl";

/// Every route that mails lead to.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/v1/auth/register/confirm", "confirm_registration", confirm_registration)
            .says("auth", "Confirm my address and sign in")
            .describes(
                "Where `/v1/meta` says `verified`: opens the account that waits for the link of a mail, which is \
                 good for a day, and once. The link leads to a page of this server; an app that takes such links \
                 itself sends the link's `token` here.",
            )
            .access(Access::Public)
            .takes(|| bodies::schema(
                "RegistrationConfirmation",
                "What the link holds.",
                bodies::CONFIRM_REGISTRATION,
                Side::Write,
                json!({"token": EXAMPLE_TOKEN}),
            ))
            .answers(
                201,
                "The account is open and this device signed in.",
                || NamedSchema::of::<SignedIn>().with_example(bodies::signed_in_example()),
            )
            .refuses(&[Code::InvalidLink, Code::EmailTaken, Code::TooManyRequests]),
        Route::new(Method::POST, "/v1/auth/password-reset", "request_password_reset", ask_for_reset)
            .says("auth", "Ask for a mail to choose a new password")
            .describes(
                "The same answer at the same time, whether or not anybody has the address. Somebody who has an account \
                 gets a mail with a link; at most three such mails an hour go to one address.",
            )
            .access(Access::Public)
            .takes(|| bodies::schema(
                "PasswordResetRequest",
                "The address of the account.",
                bodies::ASK_FOR_RESET,
                Side::Write,
                json!({"email": "ann@example.org"}),
            ))
            .answers_empty(202, "If there is an account, a mail is on its way.")
            .refuses(&[Code::TooManyRequests]),
        Route::new(Method::POST, "/v1/auth/password-reset/confirm", "reset_password", confirm_reset)
            .says("auth", "Choose a new password")
            .describes(
                "By the `token` of the link, which is good for an hour, and once. Signs every device out. An account with \
                 a second factor still asks for it at the next sign-in.",
            )
            .access(Access::Public)
            .takes(|| bodies::schema(
                "PasswordReset",
                "What the link holds, and the password as it shall be.",
                bodies::CONFIRM_RESET,
                Side::Write,
                json!({"token": EXAMPLE_TOKEN, "new_password": "copper heron under eleven bridges"}),
            ))
            .answers_empty(204, "The new password is set.")
            .refuses(&[Code::InvalidLink, Code::WeakPassword, Code::TooManyRequests]),
    ]
}
