//! Create, read, replace, change, delete and list: written once for every collection.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value as Json};

use super::readable::{Answered, Asked, Question, Reach, Readable, Subject};
use crate::auth::Member;
use crate::clock;
use crate::db::types::{Id, Time};
use crate::db::{Conn, Db};
use crate::error::{Error, Mistake, Result};
use crate::fields::write;
use crate::http::body::Body;
use crate::http::query::Query;
use crate::http::reply::{self, IfMatch};
use crate::http::route::Route;
use crate::http::router::PathPart;
use crate::journal::collection::{COLLECTIONS, Collection};
use crate::journal::document;
use crate::journal::listed;
use crate::journal::page::Page;
use crate::journal::reading::Reading;
use crate::journal::record::{Record, Writer, write_list};
use crate::journal::store::{self, Change, Saved};
use crate::journal::support::{self, Support};

/// The routes of every collection.
pub fn routes() -> impl Iterator<Item = Route> {
    COLLECTIONS.iter().flat_map(|collection| collection_routes(collection))
}

/// The routes of one collection.
pub fn collection_routes(collection: &'static Collection) -> impl Iterator<Item = Route> {
    let all = format!("/v1/{}", collection.path());
    let one = format!("{all}/{{id}}");
    let name = |verb: &str| format!("{verb}_{}", collection.singular);
    let [list, get] = collection_readables(collection);
    let writes = [
        Route::new(Method::POST, all, name("create"), move |member, db, request, body| {
            create(collection, member, db, request, body)
        }),
        Route::new(Method::PUT, one.clone(), name("put"), move |member, db, request, id, body| {
            put(collection, member, db, request, id, body)
        }),
        Route::new(Method::PATCH, one.clone(), name("patch"), move |member, db, request, id, body| {
            patch(collection, member, db, request, id, body)
        }),
        Route::new(Method::DELETE, one, name("delete"), move |member, db, request, id| {
            delete(collection, member, db, request, id)
        }),
    ]
    .map(|route| document::describe(collection, route));
    [list.route, get.route].into_iter().chain(writes)
}

/// What can be read of every collection: its list, and each record.
pub fn readables() -> impl Iterator<Item = Readable> {
    COLLECTIONS.iter().flat_map(|collection| collection_readables(collection))
}

fn collection_readables(collection: &'static Collection) -> [Readable; 2] {
    let all = format!("/v1/{}", collection.path());
    let one = Route::new(
        Method::GET,
        format!("{all}/{{id}}"),
        format!("get_{}", collection.singular),
        move |member, db, request, id| get(collection, member, db, request, id),
    );
    let list = Readable::kept(
        all,
        format!("list_{}", collection.name),
        Arc::new(move |asked, _| {
            Ok(ask_list(collection, Page::of(Query::parse(asked.query)?, collection)?, asked))
        }),
    );
    let get =
        Readable { route: one, ask: Arc::new(move |asked, _| ask_one(collection, asked)), subject: None };
    [list, get].map(|readable| {
        let route = document::describe(collection, readable.route);
        Readable { route, ..readable }.shows(Subject::Rows(collection))
    })
}

fn ask_list(collection: &'static Collection, page: Page, asked: Asked<'_>) -> Question {
    // What a filter leaves may be far between.
    let reach = if page.is_filtered() { Reach::All } else { Reach::Few };
    Question::new(asked.query.to_owned(), reach, move |conn, reading| {
        Box::pin(async move {
            let (records, next) = store::list(conn, reading, collection, &page).await?;
            Ok(Answered { body: page_of(collection, &records, next.as_deref()), records: records.len() })
        })
    })
}

fn ask_one(collection: &'static Collection, asked: Asked<'_>) -> Result<Question> {
    let id = path_id(asked.id)?;
    Ok(Question::new(id.to_string(), Reach::Few, move |conn, reading| {
        Box::pin(async move {
            let record = store::find(conn, reading, collection, id).await?.ok_or_else(Error::not_found)?;
            Ok(Answered { body: record.to_json(collection), records: 1 })
        })
    }))
}

/// The JSON of a page.
fn page_of(collection: &Collection, records: &[Record], next: Option<&str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + 768 * records.len());
    out.extend_from_slice(b"{\"items\":");
    write_list(collection, records, &mut out);
    out.extend_from_slice(b",\"next_cursor\":");
    write::json(&mut out, &next);
    out.push(b'}');
    out
}

async fn create(
    collection: &'static Collection,
    member: Member,
    db: web::Data<Db>,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse> {
    let body = body.object().await?;
    let given = match body.get("id") {
        None | Some(Json::Null) => None,
        Some(id) => Some(id.as_str().and_then(Id::parse).ok_or_else(not_an_id)?),
    };
    let id = given.unwrap_or_else(|| Id(clock::new_record_id()));
    let mut body = body;
    if given.is_none() {
        body.remove("id");
    }
    let body = completed(&db, &member, collection, id, body).await?;
    let writer = Writer { account: &member, now: now() };
    let values = writer.read(collection, id, &body, None)?;
    let change = if given.is_some() { Change::Create(values) } else { Change::CreateFresh(values) };
    let saved = save(&db, &member, collection, id, change, IfMatch::of(request.headers())?).await?;
    answer(collection, &saved, Some(&request))
}

async fn get(
    collection: &'static Collection,
    member: Member,
    db: web::Data<Db>,
    request: HttpRequest,
    id: PathPart,
) -> Result<HttpResponse> {
    let id = path_id(&id)?;
    let record =
        db.read(async |conn| store::find(conn, &Reading::own(&member), collection, id).await).await?;
    Ok(answer_one(collection, &record.ok_or_else(Error::not_found)?, &request))
}

async fn put(
    collection: &'static Collection,
    member: Member,
    db: web::Data<Db>,
    request: HttpRequest,
    id: PathPart,
    body: Body,
) -> Result<HttpResponse> {
    let id = path_id(&id)?;
    let body = completed(&db, &member, collection, id, body.object().await?).await?;
    let values = Writer { account: &member, now: now() }.read(collection, id, &body, None)?;
    let if_match = IfMatch::of(request.headers())?;
    answer(collection, &save(&db, &member, collection, id, Change::Put(values), if_match).await?, None)
}

async fn patch(
    collection: &'static Collection,
    member: Member,
    db: web::Data<Db>,
    request: HttpRequest,
    id: PathPart,
    body: Body,
) -> Result<HttpResponse> {
    let id = path_id(&id)?;
    let change = Change::Patch(body.patch().await?);
    let if_match = IfMatch::of(request.headers())?;
    answer(collection, &save(&db, &member, collection, id, change, if_match).await?, None)
}

async fn delete(
    collection: &'static Collection,
    member: Member,
    db: web::Data<Db>,
    request: HttpRequest,
    id: PathPart,
) -> Result<HttpResponse> {
    let id = path_id(&id)?;
    let if_match = IfMatch::of(request.headers())?;
    let journal = member.id;
    let delete =
        async move |conn: &Conn<'_>| store::delete(conn, &member.key, collection, id, &if_match).await;
    db.write_in_turn(journal, delete).await?;
    Ok(reply::no_content())
}

/// A body with what it may leave out because a listed meeting says it. Costs nothing where none is named.
async fn completed(
    db: &Db,
    member: &Member,
    collection: &'static Collection,
    id: Id,
    body: Map<String, Json>,
) -> Result<Map<String, Json>> {
    if listed::named(collection, &body).is_none() {
        return Ok(body);
    }
    let reading = Reading::own(member);
    let complete = async |conn: &Conn<'_>| {
        let current = store::find(conn, &reading, collection, id).await?;
        listed::complete(conn, collection, Cow::Owned(body), current.as_ref()).await
    };
    Ok(db.snapshot(complete).await?.into_owned())
}

/// What a write is answered with.
pub(super) struct Written {
    saved: Saved,
    support: Option<Support>,
}

/// Writes a record for a member, durable when this returns. Support is looked for once it is.
pub(super) async fn save(
    db: &Db,
    member: &Member,
    collection: &'static Collection,
    id: Id,
    change: Change,
    if_match: IfMatch,
) -> Result<Written> {
    let (writing, now) = (member.clone(), now());
    let saved = db
        .write_in_turn(member.id, async move |conn| {
            let writer = Writer { account: &writing, now };
            store::save(conn, writer, collection, id, &change, &if_match).await
        })
        .await?;
    let (Saved::Created(record) | Saved::Stored(record)) = &saved;
    let support = support::of_stored(db, &Reading::own(member), collection, record).await;
    Ok(Written { saved, support })
}

/// The answer to a write: the record as it is now. What was created by POST says where it is.
pub(super) fn answer(
    collection: &'static Collection,
    written: &Written,
    post: Option<&HttpRequest>,
) -> Result<HttpResponse> {
    let (status, record) = match &written.saved {
        Saved::Created(record) => (StatusCode::CREATED, record),
        Saved::Stored(record) => (StatusCode::OK, record),
    };
    let mut body = record.to_json(collection);
    if let Some(support) = &written.support {
        body.pop();
        body.extend_from_slice(b",\"support\":");
        write::json(&mut body, support);
        body.push(b'}');
    }
    let mut answer = reply::json(status, body);
    let headers = answer.headers_mut();
    let value = |text: String| header::HeaderValue::try_from(text).map_err(Error::internal);
    headers.insert(header::ETAG, value(reply::etag(record.revision))?);
    if post.is_some() {
        headers.insert(header::LOCATION, value(format!("/v1/{}/{}", collection.path(), record.id))?);
    }
    Ok(answer)
}

/// The answer to a read of one record.
pub(super) fn answer_one(collection: &Collection, record: &Record, request: &HttpRequest) -> HttpResponse {
    let etag = reply::etag(record.revision);
    reply::tagged(request.headers(), &etag, || record.to_json(collection))
}

/// A path id that is no UUID names nothing.
fn path_id(text: &str) -> Result<Id> {
    Id::parse(text).ok_or_else(Error::not_found)
}

fn not_an_id() -> Error {
    Error::invalid(vec![Mistake {
        pointer: "/id".to_owned(),
        code: "invalid_id",
        message: "must be a UUID such as 0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11".to_owned(),
    }])
}

fn now() -> Time {
    clock::now().into()
}
