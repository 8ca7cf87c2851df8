//! Sync: pull, push and the stream, as `/v1/sync` promises them.

mod cost;
mod devices;
mod frames;
mod model;
mod pull;
mod push;
mod stream;
mod writers;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::collections::Collection;
use crate::support::{Answer, Client};

const PATH: &str = "/v1/sync/changes";

/// A row of a push that writes.
pub fn row(collection: &Collection, id: &str, doc: &Json) -> Json {
    json!({"collection": collection.name(), "id": id, "doc": doc})
}

/// A row of a push that deletes.
pub fn delete(collection: &Collection, id: &str) -> Json {
    json!({"collection": collection.name(), "id": id, "deleted": true})
}

/// The row with one member more.
pub fn with(mut row: Json, name: &str, value: impl Into<Json>) -> Json {
    row[name] = value.into();
    row
}

/// Sends a request again for as long as the server is busy (503), as a device does.
pub fn patiently(send: impl Fn() -> Answer) -> Answer {
    let from = Instant::now();
    loop {
        let answer = send();
        if answer.status != 503 || from.elapsed() > Duration::from_mins(1) {
            return answer;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Pushes rows that make a good frame.
#[track_caller]
pub fn push(client: &Client, rows: &[Json]) -> Answer {
    let answer = patiently(|| client.post(PATH, &json!({"changes": rows})));
    assert_eq!(answer.expect(200).json["results"].as_array().map(Vec::len), Some(rows.len()), "{answer:?}");
    answer
}

/// Pushes one row and answers what became of it.
#[track_caller]
pub fn push_one(client: &Client, row: &Json) -> Json {
    push(client, std::slice::from_ref(row)).json["results"][0].clone()
}

/// Pushes one row, which fails unless this becomes of it. Answers what is told of it.
#[track_caller]
pub fn expect(client: &Client, row: &Json, status: &str) -> Json {
    let result = push_one(client, row);
    assert_eq!(result["status"], status, "{row}\n  -> {result}");
    result
}

/// Pulls with these parameters.
#[track_caller]
pub fn pull(client: &Client, query: &str) -> Json {
    patiently(|| client.get(&format!("{PATH}?{query}"))).expect(200).json.clone()
}

/// Everything that changed, in pages of 1,000.
#[track_caller]
pub fn pull_all(client: &Client, since: i64) -> Vec<Json> {
    let (mut all, mut since) = (Vec::new(), since);
    loop {
        let page = pull(client, &format!("since={since}&limit=1000"));
        all.extend(page["changes"].as_array().unwrap().iter().cloned());
        since = page["next_since"].as_i64().unwrap();
        if page["has_more"] == false {
            return all;
        }
    }
}

/// The journal's revision.
#[track_caller]
pub fn revision(client: &Client) -> i64 {
    push(client, &[]).json["revision"].as_i64().unwrap()
}

/// What became of the rows of a push, in order.
pub fn statuses(answer: &Answer) -> Vec<&str> {
    answer.json["results"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect()
}
