//! What a team would write with actix-web, diesel and a pool of `SQLite` connections: each request's work in
//! `web::block`, HS256 tokens, argon2id (19 MiB, two passes). Tuned: WAL, `synchronous=FULL`, a busy timeout, an
//! index for the list, prepared statements kept, a release with LTO.

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Data, Json, Path, Query};
use actix_web::{App, FromRequest, HttpRequest, HttpResponse, HttpServer, ResponseError, dev};
use argon2::{Algorithm, Argon2, Params, Version};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{self, ConnectionManager, CustomizeConnection, Pool};
// Brings its own SQLite.
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use libsqlite3_sys as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::env;
use std::error::Error;
use std::future::{Ready, ready};
use std::ops::RangeInclusive;
use subtle::ConstantTimeEq;
use uuid::Uuid;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY NOT NULL, email TEXT NOT NULL UNIQUE, salt BLOB NOT NULL,
        hash BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS check_ins (id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL REFERENCES users,
        created_at TEXT NOT NULL, updated_at TEXT NOT NULL, local_date DATE NOT NULL, slot TEXT NOT NULL, mood INTEGER,
        anxiety INTEGER, stress INTEGER, energy INTEGER, pain INTEGER, craving INTEGER, commitment INTEGER,
        sleep_hours DOUBLE, sleep_quality INTEGER, substance_free BOOLEAN, intention TEXT, gratitude TEXT, note TEXT);
    CREATE INDEX IF NOT EXISTS newest ON check_ins (user_id, local_date DESC, id DESC);";

diesel::table! {
    users (id) {
        id -> Text,
        email -> Text,
        salt -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    check_ins (id) {
        id -> Text,
        user_id -> Text,
        created_at -> Text,
        updated_at -> Text,
        local_date -> Date,
        slot -> Text,
        mood -> Nullable<Integer>,
        anxiety -> Nullable<Integer>,
        stress -> Nullable<Integer>,
        energy -> Nullable<Integer>,
        pain -> Nullable<Integer>,
        craving -> Nullable<Integer>,
        commitment -> Nullable<Integer>,
        sleep_hours -> Nullable<Double>,
        sleep_quality -> Nullable<Integer>,
        substance_free -> Nullable<Bool>,
        intention -> Nullable<Text>,
        gratitude -> Nullable<Text>,
        note -> Nullable<Text>,
    }
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
}

#[derive(Deserialize)]
struct Page {
    limit: i64,
}

#[derive(Serialize)]
struct Items {
    items: Vec<CheckIn>,
}

/// What a client may write.
#[derive(Serialize, Deserialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = check_ins)]
#[serde(deny_unknown_fields)]
struct Written {
    local_date: NaiveDate,
    slot: String,
    mood: Option<i32>,
    anxiety: Option<i32>,
    stress: Option<i32>,
    energy: Option<i32>,
    pain: Option<i32>,
    craving: Option<i32>,
    commitment: Option<i32>,
    sleep_hours: Option<f64>,
    sleep_quality: Option<i32>,
    substance_free: Option<bool>,
    intention: Option<String>,
    gratitude: Option<String>,
    note: Option<String>,
}

#[derive(Serialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = check_ins)]
struct CheckIn {
    id: String,
    #[serde(skip)]
    user_id: String,
    created_at: String,
    updated_at: String,
    #[diesel(embed)]
    #[serde(flatten)]
    written: Written,
}

/// What stands in the way of an answer.
#[derive(Debug)]
struct Refused(StatusCode);

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.0
    }
}

impl From<diesel::result::Error> for Refused {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::NotFound => Self(StatusCode::NOT_FOUND),
            _ => Self(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// Sets up a connection of the pool.
#[derive(Debug)]
struct Tuned;

impl CustomizeConnection<SqliteConnection, r2d2::Error> for Tuned {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), r2d2::Error> {
        connection
            .batch_execute(
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON;",
            )
            .map_err(r2d2::Error::QueryError)
    }
}

/// What every handler has.
struct State {
    pool: Pool<ConnectionManager<SqliteConnection>>,
    signing: EncodingKey,
    checking: DecodingKey,
}

/// Whose token came with the request.
struct User(String);

impl FromRequest for User {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let subject = || {
            let token = request.headers().get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
            let key = &request.app_data::<Data<State>>()?.checking;
            Some(jsonwebtoken::decode::<Claims>(token, key, &Validation::default()).ok()?.claims.sub)
        };
        ready(subject().map(User).ok_or(Refused(StatusCode::UNAUTHORIZED)))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let manager = ConnectionManager::new(env::var("DATABASE")?);
    let pool = Pool::builder().connection_customizer(Box::new(Tuned)).build(manager)?;
    pool.get()?.batch_execute(SCHEMA)?;
    let secret = env::var("SECRET")?;
    let (signing, checking) =
        (EncodingKey::from_secret(secret.as_bytes()), DecodingKey::from_secret(secret.as_bytes()));
    let state = Data::new(State { pool, signing, checking });
    let assemble = move || {
        App::new()
            .app_data(state.clone())
            .route("/auth/register", web::post().to(register))
            .route("/auth/login", web::post().to(login))
            .route("/check-ins", web::post().to(create))
            .route("/check-ins", web::get().to(list))
            .route("/check-ins/{id}", web::get().to(one))
    };
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(assemble).workers(1).bind(("127.0.0.1", 0))?;
        for address in server.addrs() {
            println!("listening on http://{address}");
        }
        server.run().await
    })?;
    Ok(())
}

type Answer = Result<HttpResponse, Refused>;

/// Does something with a connection of the pool, away from the threads that answer.
async fn with<T: Send + 'static>(
    state: Data<State>,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    let failed = || Refused(StatusCode::INTERNAL_SERVER_ERROR);
    let whole = move || work(&mut *state.pool.get().map_err(|_| failed())?);
    web::block(whole).await.map_err(|_| failed())?
}

async fn register(state: Data<State>, Json(asked): Json<Credentials>) -> Answer {
    let id = Uuid::new_v4().to_string();
    let salt = *Uuid::new_v4().as_bytes();
    let row_id = id.clone();
    with(state, move |connection| {
        let hash = derive(&asked.password, &salt)?;
        let row = (users::id.eq(row_id), users::email.eq(asked.email));
        let secret = (users::salt.eq(salt.to_vec()), users::hash.eq(hash.to_vec()));
        Ok(diesel::insert_into(users::table).values((row, secret)).execute(connection)?)
    })
    .await?;
    Ok(HttpResponse::Created().json(json!({ "id": id })))
}

async fn login(state: Data<State>, Json(asked): Json<Credentials>) -> Answer {
    let unknown = || Refused(StatusCode::UNAUTHORIZED);
    let found = move |connection: &mut SqliteConnection| {
        let row = users::table.filter(users::email.eq(asked.email));
        let row = row.select((users::id, users::salt, users::hash));
        let (id, salt, hash): (String, Vec<u8>, Vec<u8>) =
            row.first(connection).optional()?.ok_or_else(unknown)?;
        let same = derive(&asked.password, &salt)?.ct_eq(&hash);
        if same.into() { Ok(id) } else { Err(unknown()) }
    };
    let sub = with(state.clone(), found).await?;
    let claims = Claims { sub, exp: Utc::now().timestamp() + 86_400 };
    let token = jsonwebtoken::encode(&Header::default(), &claims, &state.signing)
        .map_err(|_| Refused(StatusCode::INTERNAL_SERVER_ERROR))?;
    Ok(HttpResponse::Ok().json(json!({ "token": token })))
}

async fn create(state: Data<State>, User(user_id): User, Json(written): Json<Written>) -> Answer {
    written.check()?;
    let now = instant(Utc::now());
    let id = Uuid::new_v4().to_string();
    let row = CheckIn { id, user_id, created_at: now.clone(), updated_at: now, written };
    let insert = move |connection: &mut SqliteConnection| {
        diesel::insert_into(check_ins::table).values(&row).execute(connection)?;
        Ok(row)
    };
    Ok(HttpResponse::Created().json(with(state, insert).await?))
}

async fn one(state: Data<State>, User(user): User, id: Path<String>) -> Answer {
    let found = move |connection: &mut SqliteConnection| {
        let own = check_ins::table.filter(check_ins::user_id.eq(user));
        Ok(own.filter(check_ins::id.eq(id.into_inner())).select(CheckIn::as_select()).first(connection)?)
    };
    Ok(HttpResponse::Ok().json(with(state, found).await?))
}

async fn list(state: Data<State>, User(user): User, page: Query<Page>) -> Answer {
    let newest = move |connection: &mut SqliteConnection| {
        let own = check_ins::table.filter(check_ins::user_id.eq(user)).select(CheckIn::as_select());
        let newest = own.order((check_ins::local_date.desc(), check_ins::id.desc()));
        Ok(newest.limit(page.limit.clamp(1, 100)).load(connection)?)
    };
    Ok(HttpResponse::Ok().json(Items { items: with(state, newest).await? }))
}

impl Written {
    fn check(&self) -> Result<(), Refused> {
        const RATING: RangeInclusive<i32> = 0..=10;
        let Self { mood, anxiety, stress, energy, pain, craving, commitment, sleep_quality, .. } = self;
        let ratings = [mood, anxiety, stress, energy, pain, craving, commitment, sleep_quality];
        let known = ["day", "morning", "evening"].contains(&self.slot.as_str());
        let whole = ratings.into_iter().flatten().all(|rating| RATING.contains(rating));
        let slept = self.sleep_hours.is_none_or(|hours| (0.0..=24.0).contains(&hours));
        if known && whole && slept { Ok(()) } else { Err(Refused(StatusCode::UNPROCESSABLE_ENTITY)) }
    }
}

fn instant(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn derive(password: &str, salt: &[u8]) -> Result<[u8; 32], Refused> {
    let mut hash = [0; 32];
    let params = Params::new(19_456, 2, 1, Some(32));
    let hasher = params.map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params));
    let done = hasher.and_then(|hasher| hasher.hash_password_into(password.as_bytes(), salt, &mut hash));
    done.map(|()| hash).map_err(|_| Refused(StatusCode::INTERNAL_SERVER_ERROR))
}
