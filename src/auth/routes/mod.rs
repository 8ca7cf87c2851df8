//! The routes of accounts and sessions, with their documentation.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};

mod links;
mod second_factor;

use super::answers::{LoginSessionList, Profile, SignedIn};
use super::bodies::{self, Given};
use super::extract::Caller;
use super::{Auth, Signed};
use crate::db::types::Id;
use crate::error::{Code, Error, Result};
use crate::fields::openapi::Side;
use crate::http::body::Body;
use crate::http::reply;
use crate::http::route::{Access, NamedSchema, Parameter, Route};
use crate::http::router::PathPart;

async fn register(auth: web::Data<Auth>, caller: Caller, body: Body) -> Result<HttpResponse> {
    auth.throttle.admit(caller.0)?;
    let given = Given::whole(bodies::REGISTER, &body.object().await?);
    match auth.register(given).await? {
        Some(signed_in) => reply::json_of(StatusCode::CREATED, &signed_in),
        None => Ok(reply::accepted()),
    }
}

async fn login(auth: web::Data<Auth>, caller: Caller, body: Body) -> Result<HttpResponse> {
    auth.throttle.admit(caller.0)?;
    let given = Given::whole(bodies::LOGIN, &body.object().await?);
    reply::json_of(StatusCode::OK, &auth.login(given).await?)
}

async fn refresh(auth: web::Data<Auth>, caller: Caller, body: Body) -> Result<HttpResponse> {
    auth.throttle.admit(caller.0)?;
    let given = Given::whole(bodies::REFRESH, &body.object().await?);
    reply::json_of(StatusCode::OK, &auth.refresh(given).await?)
}

async fn logout(auth: web::Data<Auth>, body: Body) -> Result<HttpResponse> {
    auth.logout(Given::whole(bodies::REFRESH, &body.object().await?)).await?;
    Ok(reply::no_content())
}

async fn list_sessions(signed: Signed, auth: web::Data<Auth>) -> Result<HttpResponse> {
    reply::json_of(StatusCode::OK, &auth.login_sessions(&signed).await?)
}

async fn end_session(signed: Signed, auth: web::Data<Auth>, id: PathPart) -> Result<HttpResponse> {
    let session = Id::parse(&id).ok_or_else(Error::not_found)?;
    if auth.end_session(signed.id, session).await? {
        Ok(reply::no_content())
    } else {
        Err(Error::not_found())
    }
}

async fn change_password(
    signed: Signed,
    auth: web::Data<Auth>,
    caller: Caller,
    body: Body,
) -> Result<HttpResponse> {
    auth.throttle.admit(caller.0)?;
    let given = Given::whole(bodies::CHANGE_PASSWORD, &body.object().await?);
    auth.change_password(&signed, given).await?;
    Ok(reply::no_content())
}

async fn get_account(signed: Signed, auth: web::Data<Auth>) -> Result<HttpResponse> {
    reply::json_of(StatusCode::OK, &auth.profile(&signed).await?)
}

async fn update_account(signed: Signed, auth: web::Data<Auth>, body: Body) -> Result<HttpResponse> {
    let given = Given::patch(bodies::UPDATE_ACCOUNT, &body.patch().await?);
    reply::json_of(StatusCode::OK, &auth.update(&signed, given).await?)
}

async fn delete_account(
    signed: Signed,
    auth: web::Data<Auth>,
    caller: Caller,
    body: Body,
) -> Result<HttpResponse> {
    auth.throttle.admit(caller.0)?;
    let given = Given::whole(bodies::DELETE_ACCOUNT, &body.object().await?);
    auth.erase(&signed, given).await?;
    Ok(reply::no_content())
}

/// Every route of this module.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut routes = signing_in();
    routes.extend(signed_in());
    routes.extend(second_factor::routes());
    routes.extend(links::routes());
    routes
}

fn signing_in() -> Vec<Route> {
    let signed_in = || NamedSchema::of::<SignedIn>().with_example(bodies::signed_in_example());
    let refresh_body = |name| {
        let example = json!({"refresh_token": "bG9uZyBhbmQgb3BhcXVl"});
        bodies::schema(
            name,
            "The token that this device was given last.",
            bodies::REFRESH,
            Side::Write,
            example,
        )
    };
    vec![
        Route::new(Method::POST, "/v1/auth/register", "register", register)
            .says("auth", "Open an account and sign in")
            .describes(
                "Who may open one is for the server to say (`registration` of `/v1/meta`): anybody (`open`), who has \
                 an `invitation_code` for their address (`invite`), or who shows by the link in a mail that the \
                 address is theirs (`verified`: 202, the same whether or not somebody has the address). It never \
                 grants more than `member` or `counselor`. The password must be hard to guess for somebody who \
                 knows the person's name and address.",
            )
            .access(Access::Public)
            .takes(|| bodies::schema(
                "Registration",
                "A new account.",
                bodies::REGISTER,
                Side::Write,
                json!({
                    "email": "ann@example.org", "password": "velvet anchor seven lanterns",
                    "time_zone": "America/New_York", "display_name": "Ann", "country": "US",
                    "device_name": "Ann's phone",
                }),
            ))
            .answers(201, "The account is open and this device signed in.", signed_in)
            .answers_empty(202, "A mail is on its way to the address.")
            .refuses(&[
                Code::EmailTaken,
                Code::WeakPassword,
                Code::InvalidInvitation,
                Code::TooManyRequests,
            ]),
        Route::new(Method::POST, "/v1/auth/login", "login", login)
            .says("auth", "Sign in")
            .describes(
                "A wrong password and an unknown address get the same answer. After five wrong passwords an \
                 address has to wait 1, 2, 4 … 900 seconds between tries; devices that are signed in go on. An \
                 account with a second factor answers a right password with `totp_required`: send the same \
                 again with `totp_code`.",
            )
            .access(Access::Public)
            .takes(|| bodies::schema(
                "Login",
                "Address and password.",
                bodies::LOGIN,
                Side::Write,
                json!({
                    "email": "ann@example.org", "password": "velvet anchor seven lanterns",
                    "device_name": "Ann's phone",
                }),
            ))
            .answers(200, "This device is signed in.", signed_in)
            .refuses(&[
                Code::InvalidCredentials,
                Code::TotpRequired,
                Code::InvalidTotp,
                Code::TooManyRequests,
            ]),
        Route::new(Method::POST, "/v1/auth/refresh", "refresh", refresh)
            .says("auth", "Exchange a refresh token for new tokens")
            .describes(
                "Keep the new refresh token: each is good for one exchange. Two exchanges at once, and one \
                 whose answer was lost, do no harm: within 30 seconds the same successor is given again, \
                 within a day another one. Any older token ends the session, because somebody has a copy. A \
                 session ends after 30 days without an exchange, and after 90 days in any case.",
            )
            .access(Access::Public)
            .takes(move || refresh_body("RefreshRequest"))
            .answers(200, "New tokens.", signed_in)
            .refuses(&[Code::InvalidToken, Code::TooManyRequests]),
        Route::new(Method::POST, "/v1/auth/logout", "logout", logout)
            .says("auth", "Sign this device out")
            .describes(
                "Ends the session of the refresh token, whichever token of the session it is; again 204 when \
                 it has ended already. 401 only for a text that this server never gave out.",
            )
            .access(Access::Public)
            .takes(move || refresh_body("LogoutRequest"))
            .answers_empty(204, "The session has ended, now or before.")
            .refuses(&[Code::InvalidToken]),
    ]
}

fn signed_in() -> Vec<Route> {
    let profile = || NamedSchema::of::<Profile>().with_example(bodies::profile_example());
    let uuid = SchemaFormat::Custom("uuid".to_owned());
    let id = Parameter {
        name: "id",
        place: "path",
        schema: ObjectBuilder::new().schema_type(Type::String).format(Some(uuid)).into(),
        about: "The session's id.",
    };
    vec![
        Route::new(Method::GET, "/v1/auth/sessions", "list_login_sessions", list_sessions)
            .says("auth", "List my signed-in devices")
            .describes("Every session that lives, the one that asks among them.")
            .access(Access::Account)
            .answers(200, "Every signed-in device, the one last used first.", || {
                NamedSchema::of::<LoginSessionList>().with_example(json!({"items": [{
                    "id": "9b2f6c1e-52a7-4f0b-8d65-1f6f5d3a7c21", "device_name": "Ann's phone",
                    "created_at": "2026-11-01T08:00:00.000000Z",
                    "last_used_at": "2026-11-02T21:40:00.000000Z", "current": true,
                }]}))
            }),
        Route::new(Method::DELETE, "/v1/auth/sessions/{id}", "end_login_session", end_session)
            .says("auth", "Sign one of my devices out")
            .describes("Its tokens count for nothing from now on; what it has not sent yet stays on it.")
            .access(Access::Account)
            .parameters([id])
            .answers_empty(204, "The device is signed out."),
        Route::new(Method::POST, "/v1/auth/password", "change_password", change_password)
            .says("auth", "Change my password")
            .describes("Signs every other device out.")
            .access(Access::Account)
            .takes(|| {
                bodies::schema(
                    "PasswordChange",
                    "The password as it is and as it shall be.",
                    bodies::CHANGE_PASSWORD,
                    Side::Write,
                    json!({
                        "current_password": "velvet anchor seven lanterns",
                        "new_password": "copper heron under eleven bridges",
                    }),
                )
            })
            .answers_empty(204, "The new password is set.")
            .refuses(&[Code::WeakPassword, Code::WrongPassword, Code::TooManyRequests]),
        Route::new(Method::GET, "/v1/account", "get_account", get_account)
            .says("account", "Read my account")
            .describes("Who is signed in, and by which zone and start of the day their dates are found.")
            .access(Access::Account)
            .answers(200, "The account.", profile),
        Route::new(Method::PATCH, "/v1/account", "update_account", update_account)
            .says("account", "Change my account")
            .describes("A later time zone or start of the day moves no record: each keeps its local date.")
            .access(Access::Account)
            .takes_patch(|| {
                bodies::schema(
                    "ProfilePatch",
                    "What shall change; null clears.",
                    bodies::UPDATE_ACCOUNT,
                    Side::Patch,
                    json!({"time_zone": "Europe/Lisbon", "day_starts_at": "04:00"}),
                )
            })
            .answers(200, "The account as it is now.", profile),
        Route::new(Method::DELETE, "/v1/account", "delete_account", delete_account)
            .says("account", "Erase my account")
            .describes(
                "Erases the account and everything in it, at once and for good: first the key without which \
                 nothing of it can be read, then the rest. Export first what you want to keep.",
            )
            .access(Access::Account)
            .takes(|| {
                bodies::schema(
                    "AccountErasure",
                    "The password once more, because this cannot be undone.",
                    bodies::DELETE_ACCOUNT,
                    Side::Write,
                    json!({"password": "velvet anchor seven lanterns"}),
                )
            })
            .answers_empty(204, "Nothing is left.")
            .refuses(&[Code::WrongPassword, Code::TooManyRequests]),
    ]
}
