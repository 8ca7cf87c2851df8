//! The promise of the design: a new collection is a description, its table and a line in the registry. Here is a
//! seventeenth, made inside a test; that nothing else names it is the proof that nothing else is needed.

use std::sync::OnceLock;

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use serde_json::{Value as Json, json};

use super::*;
use crate::db::statement::Statement;
use crate::fields::{Field, Kind};
use crate::http::openapi;
use crate::journal::collection::{Collection, LOCAL_DATE, NOTE, OCCURRED_AT, Rule, TIME_ZONE};
use crate::journal::routes::collection_routes;

/// The one file.
static WALKS: Collection = Collection {
    name: "walks",
    singular: "walk",
    about: "A walk, because walking helps.",
    fields: &[
        OCCURRED_AT,
        TIME_ZONE,
        LOCAL_DATE,
        Field::required("kilometers", Kind::Quarters { max: 24 }, "How far, in quarters of a kilometer."),
        Field::default("weather", &["dry", "rain"], "dry", "What it was like."),
        Field::optional("places", Kind::Texts, "What was seen."),
        Field::optional("planned_on", Kind::Date, "When it was thought of."),
        Field::optional("done_on", Kind::Date, "When it was told of."),
        NOTE,
    ],
    dated_by: Some("local_date"),
    filters: &["weather"],
    rules: &[Rule::NotBefore("done_on", "planned_on")],
    example: r#"{"occurred_at":"2026-11-02T07:00:00-05:00","time_zone":"America/New_York","kilometers":2.5,
        "weather":"rain","places":["the river"],"planned_on":"2026-11-01","done_on":"2026-11-02","note":"Quiet."}"#,
    sql: OnceLock::new(),
};

/// The migration.
const TABLE: &str = "CREATE TABLE walks (
    account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE, id BLOB NOT NULL,
    revision INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL, occurred_at_offset INTEGER NOT NULL, time_zone TEXT NOT NULL,
    local_date INTEGER NOT NULL, kilometers REAL NOT NULL, weather TEXT NOT NULL, places BLOB,
    planned_on INTEGER, done_on INTEGER, note BLOB, PRIMARY KEY (account_id, id)) WITHOUT ROWID";

#[actix_web::test]
async fn a_seventeenth_collection_is_a_description_and_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    let config = Config::read(|name| (name == "DATA_DIR").then(|| path.clone())).unwrap();
    let state = State::open(config).await.unwrap();
    let table = async |conn: &crate::db::Conn<'_>| Ok(conn.execute(Statement::new(TABLE)).await.map(drop)?);
    state.db.write(table).await.unwrap();
    let routes = || auth::routes::routes().into_iter().chain(collection_routes(&WALKS));
    let app = App::new().configure(|app| {
        state.share(app);
        app.default_service(Router::new(routes()));
    });
    let app = init_service(app.wrap(state.envelope.clone())).await;
    let send = async |request: TestRequest| {
        let answer = call_service(&app, request.peer_addr("127.0.0.1:9".parse().unwrap()).to_request()).await;
        let status = answer.status();
        (status, serde_json::from_slice::<Json>(&read_body(answer).await).unwrap_or_default())
    };
    let account =
        json!({"email": "ann@example.org", "password": "velvet anchor seven lanterns", "time_zone": "UTC"});
    let (status, signed_in) = send(TestRequest::post().uri("/v1/auth/register").set_json(account)).await;
    assert_eq!(status, StatusCode::CREATED, "{signed_in}");
    let bearer = ("Authorization", format!("Bearer {}", signed_in["access_token"].as_str().unwrap()));
    let mine = |request: TestRequest| request.insert_header(bearer.clone());

    let body: Json = serde_json::from_str(WALKS.example).unwrap();
    let (status, walk) = send(mine(TestRequest::post().uri("/v1/walks").set_json(&body))).await;
    assert_eq!(status, StatusCode::CREATED, "{walk}");
    assert_eq!((&walk["local_date"], &walk["kilometers"]), (&json!("2026-11-02"), &json!(2.5)));
    let one = format!("/v1/walks/{}", walk["id"].as_str().unwrap());
    let (_, read) = send(mine(TestRequest::get().uri(&one))).await;
    assert_eq!(read, walk);
    let (_, rainy) = send(mine(TestRequest::get().uri("/v1/walks?weather=rain&from=2026-11-02"))).await;
    assert_eq!(rainy["items"], json!([walk]));
    let (_, dry) = send(mine(TestRequest::get().uri("/v1/walks?weather=dry"))).await;
    assert_eq!(dry["items"], json!([]));
    let patch = json!({"weather": null, "places": ["the river", "the old mill"]});
    let (_, patched) = send(mine(TestRequest::patch().uri(&one).set_json(patch))).await;
    assert_eq!((&patched["weather"], &patched["places"][1]), (&json!("dry"), &json!("the old mill")));
    let bad = json!({"kilometers": 0.1, "done_on": "2026-10-31", "planned_on": "2026-11-01", "wether": 1});
    let (status, refused) = send(mine(TestRequest::put().uri(&one).set_json(bad))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let pointers: Vec<&Json> =
        refused["errors"].as_array().unwrap().iter().map(|mistake| &mistake["pointer"]).collect();
    assert_eq!(pointers, ["/wether", "/kilometers", "/occurred_at", "/time_zone", "/done_on"]);
    let (status, _) = send(TestRequest::get().uri(&one)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "a stranger");
    let (status, _) = send(mine(TestRequest::delete().uri(&one))).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, _) = send(mine(TestRequest::get().uri(&one))).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let document = openapi::json(&routes().collect::<Vec<_>>());
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths["/v1/walks"].as_object().unwrap().len(), 2);
    assert_eq!(paths["/v1/walks/{id}"]["put"]["operationId"], "put_walk");
    let needed = &document["components"]["schemas"]["WalkWrite"]["required"];
    assert_eq!(*needed, json!(["occurred_at", "time_zone", "kilometers"]));
}

/// The files of `src` that name a collection by its constant, beside its own and the registry's, are those that ask
/// something of it in particular; the last nine came with none of the mechanism changed for them.
#[test]
fn the_mechanism_names_no_collection() {
    let mechanism = [
        include_str!("journal/store/mod.rs"),
        include_str!("journal/store/fresh.rs"),
        include_str!("journal/record.rs"),
        include_str!("journal/page.rs"),
        include_str!("journal/routes/records.rs"),
        include_str!("journal/sync/judge.rs"),
        include_str!("journal/sync/pull.rs"),
        include_str!("journal/sync/push.rs"),
        include_str!("journal/sync/store.rs"),
        include_str!("fields/read.rs"),
        include_str!("fields/write.rs"),
        include_str!("fields/columns.rs"),
    ];
    for text in mechanism {
        let code = text.split("#[cfg(test)]").next().unwrap();
        for collection in crate::journal::COLLECTIONS {
            let constant = collection.name.to_uppercase();
            let named = code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == constant);
            assert!(!named, "{constant} is named in the mechanism");
        }
    }
}
