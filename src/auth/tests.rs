//! Accounts through their routes, on an SQLite file.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use futures_util::future::join_all;
use serde_json::{Value as Json, json};

use super::*;
use crate::clock::new_random_id;
use crate::db::seal::Secret;
use crate::error::Code;
use crate::http::router::Router;

const PASSWORD: &str = "velvet anchor seven lanterns";

/// Somebody signed in with a session of their own.
pub(super) fn account(id: Id) -> Arc<Account> {
    let (key, _) = keyring().new_data_key(id).unwrap();
    Arc::new(Account {
        id,
        session_id: Id(new_random_id()),
        role: Role::Member,
        key,
        time_zone: Tz::UTC,
        day_starts_at: DayStart::default(),
        country: None,
        locale: "en".to_owned(),
        created_at: Time(0),
    })
}

fn keyring() -> Keyring {
    Keyring::from_master(&Secret::new([3; 32])).unwrap()
}

/// A server's accounts on a database of their own.
struct Server {
    auth: web::Data<Auth>,
    _folder: tempfile::TempDir,
}

impl Server {
    async fn start(throttle: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        let config = Config::read(|name| match name {
            "DATA_DIR" => Some(path.clone()),
            "THROTTLE" => Some(throttle.to_owned()),
            _ => None,
        })
        .unwrap();
        let db = Db::open(&config).await.unwrap();
        Self { auth: Auth::start(&config, db, Arc::new(keyring())).unwrap().into(), _folder: folder }
    }

    /// Sends a request; the answer is its status, or the code of its problem, and its body.
    async fn send(
        &self,
        request: &str,
        token: Option<&Json>,
        body: Option<Json>,
    ) -> (Result<StatusCode, Code>, Json) {
        let app = App::new().app_data(self.auth.clone()).default_service(Router::new(routes::routes()));
        let app = init_service(app).await;
        let (method, path) = request.split_once(' ').unwrap();
        let mut request = TestRequest::with_uri(path).method(method.parse().unwrap());
        if let Some(token) = token {
            request = request.insert_header(("Authorization", format!("Bearer {}", token.as_str().unwrap())));
        }
        if let Some(body) = body {
            request = request.set_json(body);
        }
        let answer = call_service(&app, request.to_request()).await;
        if let Some(error) = answer.response().error() {
            let problem = error.as_error::<Error>().unwrap().problem();
            let mistakes = serde_json::to_value(&problem.errors).unwrap();
            return (Err(problem.code), mistakes);
        }
        let status = answer.status();
        (Ok(status), serde_json::from_slice(&read_body(answer).await).unwrap_or_default())
    }

    async fn register(&self, email: &str) -> Json {
        let body = json!({"email": email, "password": PASSWORD, "time_zone": "Europe/Lisbon"});
        let (status, signed_in) = self.send("POST /v1/auth/register", None, Some(body)).await;
        assert_eq!(status, Ok(StatusCode::CREATED));
        signed_in
    }

    async fn login(&self, email: &str, password: &str) -> (Result<StatusCode, Code>, Json) {
        self.send("POST /v1/auth/login", None, Some(json!({"email": email, "password": password}))).await
    }

    async fn refresh(&self, token: &Json) -> (Result<StatusCode, Code>, Json) {
        self.send("POST /v1/auth/refresh", None, Some(json!({"refresh_token": token}))).await
    }

    async fn account(&self, signed_in: &Json) -> (Result<StatusCode, Code>, Json) {
        self.send("GET /v1/account", Some(&signed_in["access_token"]), None).await
    }
}

const OK: Result<StatusCode, Code> = Ok(StatusCode::OK);
const DONE: Result<StatusCode, Code> = Ok(StatusCode::NO_CONTENT);

fn codes(mistakes: &Json) -> Vec<String> {
    let mistakes = mistakes.as_array().unwrap().iter();
    let mut codes: Vec<String> = mistakes
        .map(|mistake| {
            format!("{} {}", mistake["pointer"].as_str().unwrap(), mistake["code"].as_str().unwrap())
        })
        .collect();
    codes.sort();
    codes
}

#[actix_web::test]
async fn an_account_is_opened_read_changed_and_erased() {
    let server = Server::start("on").await;
    let body = json!({
        "email": "Ann@Example.org", "password": PASSWORD, "time_zone": "America/New_York",
        "display_name": "Ann", "country": "US", "device_name": "phone",
    });
    let (status, signed_in) = server.send("POST /v1/auth/register", None, Some(body)).await;
    assert_eq!(status, Ok(StatusCode::CREATED));
    assert_eq!((&signed_in["token_type"], &signed_in["expires_in"]), (&json!("Bearer"), &json!(600)));
    let token = &signed_in["access_token"];

    let (status, profile) = server.account(&signed_in).await;
    assert_eq!((status, &profile), (OK, &signed_in["account"]));
    for (name, value) in [
        ("email", json!("Ann@Example.org")),
        ("role", json!("member")),
        ("display_name", json!("Ann")),
        ("time_zone", json!("America/New_York")),
        ("day_starts_at", json!("00:00")),
        ("country", json!("US")),
        ("locale", json!("en")),
    ] {
        assert_eq!(profile[name], value, "{name}");
    }

    let patch =
        json!({"display_name": null, "time_zone": "Europe/Lisbon", "day_starts_at": "04:30", "locale": "pt"});
    let (status, changed) = server.send("PATCH /v1/account", Some(token), Some(patch)).await;
    assert_eq!(status, OK);
    assert_eq!((&changed["display_name"], &changed["country"]), (&Json::Null, &json!("US")));
    assert_eq!((&changed["day_starts_at"], &changed["locale"]), (&json!("04:30"), &json!("pt")));
    assert_eq!(server.account(&signed_in).await.1, changed);
    let wrong =
        json!({"time_zone": null, "day_starts_at": "06:01", "email": "x@y", "id": "1", "country": "us"});
    let (status, mistakes) = server.send("PATCH /v1/account", Some(token), Some(wrong)).await;
    assert_eq!(status, Err(Code::ValidationFailed));
    assert_eq!(
        codes(&mistakes),
        [
            "/country invalid_format",
            "/day_starts_at out_of_range",
            "/email unknown_member",
            "/id unknown_member",
            "/time_zone required",
        ]
    );

    let erase =
        |password: &str| server.send("DELETE /v1/account", Some(token), Some(json!({"password": password})));
    assert_eq!(erase("not the password").await.0, Err(Code::WrongPassword));
    assert_eq!(erase(PASSWORD).await.0, DONE);
    assert_eq!(server.account(&signed_in).await.0, Err(Code::InvalidToken));
    assert_eq!(server.refresh(&signed_in["refresh_token"]).await.0, Err(Code::InvalidToken));
    assert_eq!(server.login("ann@example.org", PASSWORD).await.0, Err(Code::InvalidCredentials));
    server.register("ann@example.org").await;
}

#[actix_web::test]
async fn every_mistake_of_a_registration_is_named_at_once() {
    let server = Server::start("on").await;
    let register = |body: Json| server.send("POST /v1/auth/register", None, Some(body));
    let wrong = json!({"email": "ann", "password": "short", "role": "admin", "locale": "english language", "id": 1, "x": 1});
    let (status, mistakes) = register(wrong).await;
    assert_eq!(status, Err(Code::ValidationFailed));
    assert_eq!(
        codes(&mistakes),
        [
            "/email invalid_format",
            "/id unknown_member",
            "/locale invalid_format",
            "/password weak_password",
            "/role unknown_value",
            "/time_zone required",
            "/x unknown_member",
        ]
    );
    let weak =
        json!({"email": "ann.featherstone@example.org", "password": "ann.featherstone1", "time_zone": "UTC"});
    let (status, mistakes) = register(weak).await;
    assert_eq!(
        (status, codes(&mistakes)),
        (Err(Code::WeakPassword), vec!["/password weak_password".to_owned()])
    );
    assert_eq!(server.auth.hashes(), 0);

    server.register("ann@example.org").await;
    let again = json!({"email": "ANN@example.ORG", "password": PASSWORD, "time_zone": "UTC"});
    assert_eq!(register(again).await.0, Err(Code::EmailTaken));
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_address_are_alike() {
    let server = Server::start("off").await;
    server.register("ann@example.org").await;
    let (before, known) = (server.auth.hashes(), server.login("ann@example.org", "wrong").await);
    let (between, unknown) = (server.auth.hashes(), server.login("bob@example.org", "wrong").await);
    assert_eq!(known, unknown);
    assert_eq!(known.0, Err(Code::InvalidCredentials));
    assert_eq!((between - before, server.auth.hashes() - between), (1, 1));
    assert_eq!(server.login("ANN@example.org", PASSWORD).await.0, OK);
}

#[actix_web::test]
async fn wrong_passwords_slow_an_address_down_and_end_no_session() {
    let server = Server::start("on").await;
    let signed_in = server.register("ann@example.org").await;
    for email in ["ann@example.org", "nobody@example.org"] {
        let tried = join_all((0..8).map(|_| server.login(email, "wrong"))).await;
        let refused = |code| tried.iter().filter(|(status, _)| *status == Err(code)).count();
        assert_eq!((refused(Code::InvalidCredentials), refused(Code::TooManyRequests)), (5, 3), "{email}");
    }
    let email = server.auth.keyring.email_hash("ann@example.org");
    let fail_at =
        |now: Time| server.auth.db.write(async move |conn| store::begin_try(conn, &email, now).await);
    let now: Time = crate::clock::now().into();
    // Not further ahead than the longest wait, which would be the clock's doing.
    fail_at(now.plus_seconds(800)).await.unwrap();
    assert_eq!(server.login("ann@example.org", PASSWORD).await.0, Err(Code::TooManyRequests));
    assert_eq!(server.account(&signed_in).await.0, OK);
    assert_eq!(server.refresh(&signed_in["refresh_token"]).await.0, OK);
    // As if the wait were over.
    server.auth.db.write(async move |conn| store::forget_failures(conn, &email).await).await.unwrap();
    for ago in [-5_000, -4_000, -3_000, -2_000, -1_000] {
        fail_at(now.plus_seconds(ago)).await.unwrap();
    }
    assert_eq!(server.login("ann@example.org", PASSWORD).await.0, OK);
    let tried = join_all((0..5).map(|_| server.login("ann@example.org", "wrong"))).await;
    assert!(tried.iter().all(|(status, _)| *status == Err(Code::InvalidCredentials)), "counted anew");
}

#[actix_web::test]
async fn failures_are_forgotten_after_a_day_and_taken_back_one_by_one() {
    let server = Server::start("on").await;
    let db = &server.auth.db;
    let (one, other) = ([1; 32], [2; 32]);
    let begin = |email: EmailHash, seconds| {
        db.write(async move |conn| store::begin_try(conn, &email, Time(0).plus_seconds(seconds)).await)
    };
    for _ in 0..5 {
        begin(one, 0).await.unwrap();
    }
    assert!(begin(one, 0).await.is_err());
    db.write(async move |conn| store::take_back_try(conn, &one).await).await.unwrap();
    assert!(begin(one, 0).await.is_ok());
    assert!(begin(one, 0).await.is_err());
    begin(other, throttle::MEMORY + 1).await.unwrap();
    for _ in 0..5 {
        assert!(begin(one, throttle::MEMORY + 1).await.is_ok(), "forgotten when somebody else tried");
    }
    for _ in 0..9 {
        db.write(async move |conn| store::take_back_try(conn, &one).await).await.unwrap();
    }
    assert!(begin(one, throttle::MEMORY + 1).await.is_ok());
}

#[actix_web::test]
async fn fifty_exchanges_at_once_have_one_successor() {
    let server = Server::start("on").await;
    let signed_in = server.register("ann@example.org").await;
    let first = &signed_in["refresh_token"];
    let answers = join_all((0..50).map(|_| server.refresh(first))).await;
    let second = answers[0].1["refresh_token"].clone();
    assert!(answers.iter().all(|(status, body)| *status == OK && body["refresh_token"] == second));
    assert_ne!(*first, second);
    let (status, third) = server.refresh(&second).await;
    assert_eq!(status, OK);
    assert_eq!(server.account(&third).await.0, OK);

    // The first one is an old token now: somebody has a copy.
    assert_eq!(server.refresh(first).await.0, Err(Code::InvalidToken));
    assert_eq!(server.account(&third).await.0, Err(Code::InvalidToken));
    assert_eq!(server.refresh(&third["refresh_token"]).await.0, Err(Code::InvalidToken));
    assert_eq!(server.login("ann@example.org", PASSWORD).await.0, OK);
}

#[actix_web::test]
async fn sessions_are_listed_and_ended() {
    let server = Server::start("on").await;
    let first = server.register("ann@example.org").await;
    let device = json!({"email": "ann@example.org", "password": PASSWORD, "device_name": "tablet"});
    let (_, second) = server.send("POST /v1/auth/login", None, Some(device)).await;
    let stranger = server.register("bob@example.org").await;

    let (status, list) = server.send("GET /v1/auth/sessions", Some(&first["access_token"]), None).await;
    assert_eq!(status, OK);
    let items = list["items"].as_array().unwrap();
    let of = |current: bool| items.iter().find(|item| item["current"] == json!(current)).unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!((&of(true)["device_name"], &of(false)["device_name"]), (&Json::Null, &json!("tablet")));
    let path = format!("DELETE /v1/auth/sessions/{}", of(false)["id"].as_str().unwrap());

    assert_eq!(server.send(&path, Some(&stranger["access_token"]), None).await.0, Err(Code::NotFound));
    assert_eq!(server.account(&second).await.0, OK);
    assert_eq!(server.send(&path, Some(&first["access_token"]), None).await.0, DONE);
    assert_eq!(server.account(&second).await.0, Err(Code::InvalidToken));
    assert_eq!(server.send(&path, Some(&first["access_token"]), None).await.0, Err(Code::NotFound));
    let odd = "DELETE /v1/auth/sessions/1";
    assert_eq!(server.send(odd, Some(&first["access_token"]), None).await.0, Err(Code::NotFound));

    let logout =
        |token: Json| server.send("POST /v1/auth/logout", None, Some(json!({"refresh_token": token})));
    assert_eq!(logout(first["refresh_token"].clone()).await.0, DONE);
    assert_eq!(server.account(&first).await.0, Err(Code::InvalidToken));
    assert_eq!(logout(first["refresh_token"].clone()).await.0, DONE, "again");
    assert_eq!(logout(json!("made up")).await.0, Err(Code::InvalidToken));
    assert_eq!(logout(json!(7)).await.0, Err(Code::ValidationFailed));
}

#[actix_web::test]
async fn a_new_password_ends_the_other_sessions() {
    let server = Server::start("on").await;
    let first = server.register("ann@example.org").await;
    let (_, second) = server.login("ann@example.org", PASSWORD).await;
    let new = "copper heron under eleven bridges";
    let change = |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        server.send("POST /v1/auth/password", Some(&first["access_token"]), Some(body))
    };
    let (status, mistakes) = change("wrong", new).await;
    assert_eq!(
        (status, codes(&mistakes)),
        (Err(Code::WrongPassword), vec!["/current_password wrong_password".into()])
    );
    let (status, mistakes) = change(PASSWORD, "ann@example.org").await;
    assert_eq!(
        (status, codes(&mistakes)),
        (Err(Code::WeakPassword), vec!["/new_password weak_password".into()])
    );
    assert_eq!(change(PASSWORD, new).await.0, DONE);
    assert_eq!(server.account(&first).await.0, OK);
    assert_eq!(server.refresh(&first["refresh_token"]).await.0, OK);
    assert_eq!(server.account(&second).await.0, Err(Code::InvalidToken));
    assert_eq!(server.refresh(&second["refresh_token"]).await.0, Err(Code::InvalidToken));
    assert_eq!(server.login("ann@example.org", PASSWORD).await.0, Err(Code::InvalidCredentials));
    assert_eq!(server.login("ann@example.org", new).await.0, OK);
}

#[actix_web::test]
async fn nobody_is_known_without_a_genuine_token() {
    let server = Server::start("on").await;
    let signed_in = server.register("ann@example.org").await;
    assert_eq!(server.send("GET /v1/account", None, None).await.0, Err(Code::Unauthenticated));
    for token in [json!("x"), json!(""), signed_in["refresh_token"].clone()] {
        assert_eq!(server.send("GET /v1/account", Some(&token), None).await.0, Err(Code::InvalidToken));
    }
    // Judged before the body.
    let (status, _) = server.send("PATCH /v1/account", None, Some(json!([]))).await;
    assert_eq!(status, Err(Code::Unauthenticated));
    // A genuine token of a session that never was.
    let bearer = tokens::Bearer { account: Id(new_random_id()), session: Id(new_random_id()) };
    let token = json!(server.auth.tokens.issue(bearer, crate::clock::now().into()).unwrap());
    assert_eq!(server.send("GET /v1/account", Some(&token), None).await.0, Err(Code::InvalidToken));
}

#[test]
fn the_document_has_names_for_everything_and_no_alternatives() {
    for route in routes::routes() {
        assert!(!route.tag.is_empty() && !route.summary.is_empty() && !route.answers.is_empty());
        let bodies = route.body.iter().flat_map(|body| &body.contents).map(|(_, schema)| schema);
        let answers =
            route.answers.iter().filter_map(|answer| answer.body.as_ref().map(|(_, schema)| schema));
        for schema in bodies.chain(answers) {
            let schema = schema();
            assert!(schema.example.is_some(), "{}", schema.name);
            let text = serde_json::to_string(&schema.parts).unwrap();
            for word in ["oneOf", "anyOf", "allOf"] {
                assert!(!text.contains(word), "{text}");
            }
        }
    }
}

#[test]
fn the_examples_are_what_is_answered() {
    let (key, _) = keyring().new_data_key(Id(new_random_id())).unwrap();
    let seal = |column, text| key.seal(place("accounts", column, key.account()), text).unwrap();
    let row = AccountRow {
        account_id: key.account(),
        role: "member".to_owned(),
        email: seal("email", "ann@example.org"),
        display_name: None,
        time_zone: "UTC".to_owned(),
        day_starts_at: 270,
        country: None,
        locale: "en".to_owned(),
        password_hash: String::new(),
        created_at: Time(0),
        updated_at: Time(0),
    };
    let profile = answers::Profile::open(row, &key).unwrap();
    let answer = serde_json::to_value(answers::SignedIn::new(String::new(), String::new(), profile)).unwrap();
    let members = |json: &Json| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let example = bodies::signed_in_example();
    assert_eq!(members(&answer), members(&example));
    assert_eq!(members(&answer["account"]), members(&example["account"]));
    assert_eq!(answer["account"]["day_starts_at"], "04:30");
    assert_eq!(answer["account"]["created_at"], "1970-01-01T00:00:00.000000Z");
}
