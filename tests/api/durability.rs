//! Nothing acknowledged is lost, nothing is there twice: the server is killed (SIGKILL) in the middle of
//! concurrent writes, twenty times on each engine (or as often as `FAULT_ROUNDS` says), and looked through
//! after each restart.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::records::new_id;
use crate::support::client::PASSWORD;
use crate::support::engine::rounds;
use crate::support::{Client, Server, both};

both!(what_was_acknowledged_survives_kill_9, an_end_on_request_loses_nothing);

const WRITERS: usize = 8;
const PATH: &str = "/v1/check-ins";

/// What a record is known to be, `None` = not there.
type State = Option<String>;

/// What a writer knows of its records when the server is gone.
#[derive(Default)]
struct Notes {
    /// The state that was acknowledged last.
    known: HashMap<String, State>,
    /// The write that got no answer: it happened or it did not.
    unanswered: Option<(String, State)>,
}

/// Waits until so many writes were acknowledged; `false` after half a minute. It does not fail by itself:
/// the writers end only when the server does.
fn wait_for(acknowledged: &AtomicUsize, count: usize) -> bool {
    let from = Instant::now();
    while acknowledged.load(Ordering::Relaxed) < count && from.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_micros(200));
    }
    acknowledged.load(Ordering::Relaxed) >= count
}

/// Writes until the server is gone: makes records, changes some, deletes some.
fn write_until_gone(member: &Client, round: usize, writer: usize, acknowledged: &AtomicUsize) -> Notes {
    let mut notes = Notes::default();
    let mut made: Vec<String> = Vec::new();
    for number in 0_usize.. {
        let text = format!("round {round}, writer {writer}, write {number}");
        let body = json!({"local_date": "2025-03-04", "note": text});
        let (id, request, state) = match number % 5 {
            3 => {
                let id = made[made.len() / 2].clone();
                (id.clone(), member.request("PUT", &format!("{PATH}/{id}")).json(&body), Some(text))
            }
            4 => {
                let id = made.swap_remove(0);
                (id.clone(), member.request("DELETE", &format!("{PATH}/{id}")), None)
            }
            _ => {
                let id = new_id();
                let mut body = body;
                body["id"] = json!(id);
                made.push(id.clone());
                (id, member.request("POST", PATH).json(&body), Some(text))
            }
        };
        match request.try_send() {
            Ok(answer) if answer.status < 300 => {
                notes.known.insert(id, state);
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => panic!("a write of a running server is refused: {answer:?}"),
            Err(_gone) => {
                notes.unanswered = Some((id, state));
                return notes;
            }
        }
    }
    notes
}

/// Every record of a member by its id; fails if one is listed twice.
pub fn everything(member: &Client) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut revisions = HashSet::new();
    let mut cursor = String::new();
    loop {
        let page = member.get(&format!("{PATH}?limit=200{cursor}"));
        for record in page.expect(200).items() {
            let id = record["id"].as_str().unwrap().to_owned();
            assert!(revisions.insert(record["revision"].as_u64()), "two records with one revision: {record}");
            let twice = found.insert(id, record["note"].as_str().unwrap_or_default().to_owned());
            assert_eq!(twice, None, "a record is there twice: {record}");
        }
        let Some(next) = page.json["next_cursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

fn what_was_acknowledged_survives_kill_9(server: &mut Server) {
    let mut members = [server.member(), server.member()];
    let mut known: [HashMap<String, State>; 2] = Default::default();
    for round in 0..rounds(20) {
        let acknowledged = AtomicUsize::new(0);
        let notes: Vec<(usize, Notes)> = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (member, acknowledged) = (&members[writer % 2], &acknowledged);
                    scope.spawn(move || (writer % 2, write_until_gone(member, round, writer, acknowledged)))
                })
                .collect();
            // Not at the same point of the work each time.
            let enough = wait_for(&acknowledged, 20 + 13 * round % 60);
            server.kill();
            assert!(enough, "next to no write in half a minute: {acknowledged:?}");
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        server.restart();
        members = members.map(|member| member.at(server.address()));
        if round % 10 == 9 {
            // No token is good for as long as many rounds take.
            members = members.map(|member| member.log_in(member.email(), PASSWORD));
        }
        let found = [everything(&members[0]), everything(&members[1])];
        for (whose, notes) in notes {
            known[whose].extend(notes.known);
            if let Some((id, wanted)) = notes.unanswered {
                let now = found[whose].get(&id).cloned();
                let before = known[whose].get(&id).cloned().flatten();
                assert!(
                    now == wanted || now == before,
                    "round {round}: {id} is {now:?}, neither {before:?} nor {wanted:?}"
                );
                known[whose].insert(id, now);
            }
        }
        for (known, found) in known.iter().zip(&found) {
            for (id, state) in known {
                assert_eq!(
                    found.get(id),
                    state.as_ref(),
                    "round {round}: {id} is not as it was acknowledged"
                );
            }
            let surplus: Vec<&String> = found.keys().filter(|id| !known.contains_key(*id)).collect();
            assert!(surplus.is_empty(), "round {round}: nobody wrote {surplus:?}");
        }
        assert_replay_is_once(&members[0], &known[0]);
    }
}

/// A phone that got no answer sends the same again, under the same id: there is still one.
fn assert_replay_is_once(member: &Client, known: &HashMap<String, State>) {
    let Some((id, Some(note))) = known.iter().find(|(_, state)| state.is_some()) else { return };
    let before = member.get(&format!("{PATH}/{id}")).expect(200).json.clone();
    let body = json!({"id": id, "local_date": "2025-03-04", "note": note});
    assert_eq!(member.post(PATH, &body).expect(200).json, before);
}

fn an_end_on_request_loses_nothing(server: &mut Server) {
    let member = server.member();
    let acknowledged = AtomicUsize::new(0);
    let notes: Vec<Notes> = thread::scope(|scope| {
        let (member, acknowledged) = (&member, &acknowledged);
        let write = move || write_until_refused(member, acknowledged);
        let writers: Vec<_> = (0..4).map(|_| scope.spawn(write)).collect();
        let enough = wait_for(acknowledged, 40);
        let status = server.terminate();
        assert!(enough, "next to no write in half a minute: {acknowledged:?}");
        assert!(status.success(), "asked to end, the server ended with {status}: {}", server.log());
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    if server.engine().url().is_none() {
        let log = server.directory().join("journal.db-wal");
        assert!(std::fs::metadata(&log).map_or(0, |file| file.len()) == 0, "the file is tidied at the end");
    }
    server.restart();
    let found = everything(&member.at(server.address()));
    for note in &notes {
        for (id, state) in &note.known {
            assert_eq!(found.get(id), state.as_ref(), "{id} is not as it was acknowledged");
        }
    }
}

/// Writes until the server ends: one that is ending may say so (503).
fn write_until_refused(member: &Client, acknowledged: &AtomicUsize) -> Notes {
    let mut notes = Notes::default();
    loop {
        let id = new_id();
        let text = format!("the note of {id}");
        let body: Json = json!({"id": id, "local_date": "2025-03-04", "note": text});
        match member.request("POST", PATH).json(&body).try_send() {
            Ok(answer) if answer.status == 201 => {
                notes.known.insert(id, Some(text));
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => {
                assert_eq!(answer.status, 503, "{answer:?}");
                return notes;
            }
            Err(_gone) => return notes,
        }
    }
}
