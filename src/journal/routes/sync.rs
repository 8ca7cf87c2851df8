//! Sync over HTTP.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream::unfold;

use crate::auth::{Auth, Listener, Member};
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Code, Result};
use crate::http::body::Body;
use crate::http::operation::Closing;
use crate::http::query::Query;
use crate::http::reply;
use crate::http::route::Route;
use crate::http::wire::Connection;
use crate::journal::Reading;
use crate::journal::record::Writer;
use crate::journal::support;
use crate::journal::sync::pull::Pull;
use crate::journal::sync::push::{BYTES_MAX, Push};
use crate::journal::sync::stream::Pokes;
use crate::journal::sync::{document, store};

/// The routes of sync.
pub fn routes() -> Vec<Route> {
    let changes = "/v1/sync/changes";
    vec![
        Route::new(Method::GET, changes, "pull_changes", pull)
            .says("sync", "Pull what changed")
            .describes(
                "Every record that was written or deleted after the revision `since`, once, as it is now, in the order of \
                 revisions. Go on with `next_since` while `has_more`. 410 means that the device's checkpoint is of \
                 another journal (it was restored from a backup): pull again from 0.",
            )
            .parameters(document::parameters())
            .answers(200, "The changes.", document::pulled)
            .refuses(&[Code::CheckpointInvalid]),
        Route::new(Method::POST, changes, "push_changes", push)
            .says("sync", "Push what a device changed")
            .describes(
                "At most 500 rows and 1 MiB, in one transaction; halve a batch that is refused with 413. In a `doc` an \
                 absent member keeps its value and null clears it. A row is stored if the server has no such record, \
                 or has it at `base_revision` or before, or with the values of `base`; one that is there already is \
                 `unchanged`, so that a push whose answer was lost may be sent again. What the server adds to a record \
                 is ignored, so that a pulled `doc` may be sent back whole. A bad row keeps no other from being stored.",
            )
            .takes(document::push)
            .answers(200, "What became of each row.", document::pushed)
            .refuses(&[Code::CheckpointInvalid]),
        Route::new(Method::GET, "/v1/sync/stream", "stream_changes", stream)
            .says("sync", "Hear that the journal has changed")
            .describes(
                "Server-sent events, and never content: on each one, pull. A comment every 25 seconds shows that the \
                 stream is alive. At most ten streams of an account; a stream ends with its session.",
            )
            .parameters(document::stream_parameters())
            .answers_as("text/event-stream", 200, "Events, for as long as the client listens.", document::events)
            .refuses(&[Code::TooManyRequests]),
        Route::new(Method::POST, "/v1/sync/tickets", "create_sync_ticket", ticket)
            .says("sync", "Get a ticket for the stream")
            .describes(
                "For clients that cannot send headers, such as a browser's EventSource. It opens the stream and nothing \
                 else, for a minute; a stream that is open stays open.",
            )
            .answers(200, "The ticket.", document::ticket),
    ]
}

async fn pull(member: Member, db: web::Data<Db>, request: HttpRequest) -> Result<HttpResponse> {
    let body = Pull::of(Query::of(&request)?)?.answer(&db, &member.key).await?;
    Ok(reply::json(StatusCode::OK, body))
}

async fn push(member: Member, db: web::Data<Db>, body: Body) -> Result<HttpResponse> {
    let push = Arc::new(Push::of(body.object_within(BYTES_MAX).await?)?);
    let (writing, rows, now) = (member.clone(), Arc::clone(&push), clock::now().into());
    let write =
        async move |conn: &Conn<'_>| store::push(conn, Writer { account: &writing, now }, &rows).await;
    let pushed = db.write_in_turn(member.id, write).await?;
    let mut supports = HashMap::new();
    for (index, collection, record) in &pushed.may_call_for_support {
        let support = support::of_stored(&db, &Reading::own(&member), collection, record).await;
        supports.extend(support.map(|support| (*index, support)));
    }
    Ok(reply::json(StatusCode::OK, pushed.to_json(&push, &supports)))
}

async fn stream(
    listener: Listener,
    db: web::Data<Db>,
    auth: web::Data<Auth>,
    closing: web::Data<Closing>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let mut query = Query::of(&request)?;
    // Judged with who is asking.
    query.text("ticket");
    query.finish()?;
    let told = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let connection = request.conn_data::<Rc<Connection>>().cloned();
    let closing = closing.get_ref().clone();
    let pokes = Pokes::begin(listener, &db, auth.into_inner(), closing, connection, told).await?;
    let next = async |mut pokes: Pokes| pokes.next().await.map(|text| (text, pokes));
    Ok(reply::events(unfold(pokes, next)))
}

async fn ticket(member: Member, auth: web::Data<Auth>) -> Result<HttpResponse> {
    reply::json_of(StatusCode::OK, &auth.ticket(&member))
}
