//! Nothing is missed and nothing comes twice: eight writers at once and a device that pulls all the while, in
//! one process and, on PostgreSQL, in two.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value as Json, json};

use super::{patiently, pull, pull_all, push, row, with};
use crate::records::new_id;
use crate::support::server::Beside;
use crate::support::{Client, Server, both, collections};

both!(a_device_that_pulls_misses_nothing_of_eight_writers);

const WRITERS: usize = 8;
const ROWS: usize = 180;

/// Writes by REST and by sync; answers which ids are there in the end, with their last revision.
fn write(member: &Client, writer: usize) -> HashMap<String, (i64, bool)> {
    let all = collections::all();
    let mut known = HashMap::new();
    let revision = |json: &Json| json["revision"].as_i64().unwrap();
    let mut note = |id: &str, at: i64, deleted: bool| known.insert(id.to_owned(), (at, deleted));
    let mut number = 0;
    while number < ROWS {
        let collection = &all[(writer + number) % all.len()];
        let id = new_id();
        if number % 3 == 0 {
            let record = patiently(|| member.put(&collection.item(&id), &collection.full()));
            note(&id, revision(&record.expect(201).json), false);
            number += 1;
            continue;
        }
        let ids: Vec<String> = (0..7).map(|_| new_id()).collect();
        let rows: Vec<Json> = ids.iter().map(|id| row(collection, id, &collection.full())).collect();
        let answer = push(member, &rows);
        for (id, result) in ids.iter().zip(answer.json["results"].as_array().unwrap()) {
            assert_eq!(result["status"], "applied");
            note(id, revision(result), false);
        }
        number += rows.len();
        // One goes again, and one is written once more.
        let first =
            with(super::delete(collection, &ids[0]), "base_revision", answer.json["revision"].clone());
        note(&ids[0], revision(&super::expect(member, &first, "applied")), true);
        let (body, name, _) = crate::records::changed(collection);
        let patched = patiently(|| member.patch(&collection.item(&ids[1]), &json!({name: body[name]})));
        note(&ids[1], revision(&patched.expect(200).json), false);
    }
    known
}

fn a_device_that_pulls_misses_nothing_of_eight_writers(server: &Server) {
    let beside = server.engine().url().map(|_| Beside::start(server));
    let member = server.member();
    let there = member.at(beside.as_ref().map_or(server.address(), Beside::address));
    let done = AtomicBool::new(false);
    let (wanted, pulled) = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut since, mut seen, mut revisions) = (0, HashMap::new(), Vec::new());
            let mut pulls = 0;
            loop {
                // What was finished before this pull began is in it.
                let last = done.load(Ordering::SeqCst);
                let page =
                    pull(if pulls % 2 == 0 { &member } else { &there }, &format!("since={since}&limit=17"));
                pulls += 1;
                for change in page["changes"].as_array().unwrap() {
                    let at = change["revision"].as_i64().unwrap();
                    revisions.push(at);
                    seen.insert(change["id"].as_str().unwrap().to_owned(), (at, change["deleted"] == true));
                }
                since = page["next_since"].as_i64().unwrap();
                if last && page["has_more"] == false {
                    return (seen, revisions, pulls);
                }
            }
        });
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let client = if writer % 2 == 0 { &member } else { &there };
                scope.spawn(move || write(client, writer))
            })
            .collect();
        // All of them end before one that failed fails the test, lest the reader waits for it.
        let written: Vec<_> = writers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::SeqCst);
        let wanted: HashMap<_, _> = written.into_iter().flat_map(Result::unwrap).collect();
        (wanted, reader.join().unwrap())
    });
    let (seen, revisions, pulls) = pulled;
    assert!(wanted.len() >= 1_200, "{} rows", wanted.len());
    assert!(pulls > 20, "the device pulled only {pulls} times");
    assert!(revisions.windows(2).all(|pair| pair[0] < pair[1]), "doubled or out of order");
    let missed: Vec<_> = wanted.iter().filter(|(id, state)| seen.get(*id) != Some(state)).collect();
    assert!(missed.is_empty(), "{} missed, such as {:?}", missed.len(), missed.first());
    assert_eq!(seen.len(), wanted.len());
    // A fresh device has the same in the end.
    let fresh = pull_all(&member, 0);
    assert_eq!(fresh.len(), wanted.len());
    let highest = fresh.last().unwrap()["revision"].as_i64().unwrap();
    assert_eq!(highest, super::revision(&member));
}
