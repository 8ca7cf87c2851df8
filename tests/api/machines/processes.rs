//! What happens at one process holds at the others: at once where it was done, within five seconds elsewhere.

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::Machines;
use crate::sharing::life;
use crate::support::Client;
use crate::support::client::PASSWORD;
use crate::support::stream::{SOON, Stream, all_hear};

/// How long another process may go on to believe in a session (docs/SCALING.md).
const BELIEVED: Duration = Duration::from_secs(5);

/// Fails unless the first of these is refused at once and every other within the bound, with no other answer on
/// the way.
#[track_caller]
fn refused_everywhere(clients: &[Client], path: &str) {
    let from = Instant::now();
    clients[0].get(path).refused(401, "invalid_token");
    for client in &clients[1..] {
        // What is asked just before the bound may be answered just after it.
        let until = from + BELIEVED + Duration::from_millis(500);
        loop {
            let answer = client.get(path);
            if answer.status == 401 {
                answer.refused(401, "invalid_token");
                break;
            }
            answer.expect(200);
            assert!(Instant::now() < until, "still believed after {:?}", from.elapsed());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The same session at each process, which all have seen it.
fn known_everywhere(machines: &Machines, client: &Client) -> Vec<Client> {
    let clients = machines.each(client);
    for client in &clients {
        client.get("/v1/account").expect(200);
    }
    clients
}

#[test]
fn a_session_that_ends_at_one_ends_everywhere() {
    let Some(machines) = Machines::start(&[]) else { return };
    let member = machines.first.member();
    let log_in = || known_everywhere(&machines, &member.log_in(member.email(), PASSWORD));

    let phone = log_in();
    let sessions = phone[0].get("/v1/auth/sessions").expect(200).json.clone();
    let session = sessions["items"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap();
    member.delete(&format!("/v1/auth/sessions/{}", session["id"].as_str().unwrap())).expect(204);
    refused_everywhere(&phone, "/v1/account");

    let (tablet, laptop) = (log_in(), log_in());
    tablet[0]
        .post(
            "/v1/auth/password",
            &json!({"current_password": PASSWORD, "new_password": "a cold clear river at dawn"}),
        )
        .expect(204);
    refused_everywhere(&laptop, "/v1/streaks");
    // The one that changed it stays signed in everywhere.
    for client in &tablet {
        client.get("/v1/account").expect(200);
    }
}

#[test]
fn an_account_that_is_erased_at_one_is_gone_everywhere() {
    let Some(machines) = Machines::start(&[]) else { return };
    let member = machines.first.member();
    let clients = known_everywhere(&machines, &member);
    for path in ["/v1/streaks", "/v1/check-ins", "/v1/sync/changes?since=0"] {
        clients[1].get(path).expect(200);
    }
    clients[0].request("DELETE", "/v1/account").json(&json!({"password": PASSWORD})).send().expect(204);
    // A process that still knows the session finds no journal behind it: it shows nothing and breaks nothing.
    let from = Instant::now();
    for path in ["/v1/streaks", "/v1/check-ins", "/v1/sync/changes?since=0"] {
        let answer = clients[1].get(path);
        assert!([401, 404].contains(&answer.status), "{answer:?}");
    }
    let write = clients[1].post("/v1/check-ins", &json!({"local_date": "2025-03-04"}));
    assert!([401, 404].contains(&write.status), "{write:?}");
    assert!(from.elapsed() < BELIEVED);
    refused_everywhere(&clients, "/v1/account");
}

#[test]
fn a_share_that_is_revoked_at_one_is_closed_everywhere_at_once() {
    let Some(machines) = Machines::start(&[]) else { return };
    let (member, counselor) = life::pair(&machines.first);
    life::craving(&member, &life::days_ago(1), 5, &json!({}));
    let id = life::share(&member, &counselor, &json!([life::scope("cravings", "entries")]));
    let (members, counselors) = (machines.each(&member), machines.each(&counselor));
    for counselor in &counselors {
        counselor.get(&life::client(&id, "cravings")).expect(200);
    }
    members[2].delete(&format!("/v1/shares/{id}")).expect(204);
    for counselor in &counselors {
        counselor.get(&life::client(&id, "cravings")).refused(404, "not_found");
    }
}

#[test]
fn pokes_come_through_every_process() {
    let Some(machines) = Machines::start(&[]) else { return };
    let clients = machines.each(&machines.first.member());
    let streams: Vec<Stream> =
        clients.iter().zip(machines.addresses()).map(|(client, at)| Stream::of(client, at)).collect();
    all_hear(&streams, 1);
    for (revision, writer) in (2..).zip(clients.iter().cycle().take(9)) {
        let from = Instant::now();
        writer.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
        all_hear(&streams, revision);
        assert!(from.elapsed() < 2 * SOON, "{:?}", from.elapsed());
    }
}

#[test]
fn a_repeated_request_is_answered_by_another_process_as_it_was_by_the_first() {
    let Some(machines) = Machines::start(&[]) else { return };
    let (member, counselor) = life::pair(&machines.first);
    let body = life::body(&counselor, &json!([life::scope("cravings", "entries")]));
    let clients = machines.each(&member);
    let ask = |client: &Client, key: &str| {
        client.request("POST", "/v1/shares").header("Idempotency-Key", key).json(&body).send()
    };
    let answers: Vec<Json> =
        clients.iter().map(|client| ask(client, "one").expect(201).json.clone()).collect();
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    // All at once, each process several times.
    let together: HashSet<String> = thread::scope(|scope| {
        let tries: Vec<_> =
            clients.iter().cycle().take(12).map(|client| scope.spawn(|| ask(client, "two"))).collect();
        tries.into_iter().map(|one| one.join().unwrap().expect(201).json.to_string()).collect()
    });
    assert_eq!(together.len(), 1);
    assert_eq!(member.get("/v1/shares").items().len(), 2);
}

#[test]
fn fifty_refreshes_over_three_processes_get_one_successor() {
    let Some(machines) = Machines::start(&[]) else { return };
    let clients = machines.each(&machines.first.member());
    let refresh = |client: &Client, token: &str| {
        client.with_token("").post("/v1/auth/refresh", &json!({"refresh_token": token}))
    };
    let successors: HashSet<String> = thread::scope(|scope| {
        let tries: Vec<_> = clients
            .iter()
            .cycle()
            .take(50)
            .map(|client| scope.spawn(|| refresh(client, client.refresh_token())))
            .collect();
        let answers = tries.into_iter().map(|one| one.join().unwrap().expect(200).json.clone());
        answers.map(|json| json["refresh_token"].as_str().unwrap().to_owned()).collect()
    });
    assert_eq!(successors.len(), 1);
    let successor = successors.into_iter().next().unwrap();
    for client in &clients {
        client.get("/v1/account").expect(200);
    }
    // The next one, at another process; and the first of all is then a stolen one, wherever it is shown.
    let next =
        refresh(&clients[1], &successor).expect(200).json["refresh_token"].as_str().unwrap().to_owned();
    refresh(&clients[2], clients[0].refresh_token()).refused(401, "invalid_token");
    refresh(&clients[0], &next).refused(401, "invalid_token");
}

#[test]
fn a_figure_is_never_older_than_the_last_write_at_any_process() {
    let Some(machines) = Machines::start(&[]) else { return };
    let clients = machines.each(&life::member(&machines.first));
    let today = life::days_ago(0);
    let path = format!("/v1/trends?from={today}&to={today}");
    let mut tags = vec![String::new(); clients.len()];
    for round in 1..=30_usize {
        let writer = &clients[round % clients.len()];
        life::craving(writer, &today, 5, &json!({}));
        for (client, known) in clients.iter().zip(&mut tags) {
            let read = client.request("GET", &path).header("If-None-Match", known.clone()).send();
            assert_eq!(read.expect(200).json["cravings"]["n"], round, "{read:?}");
            *known = read.etag().to_owned();
            client.request("GET", &path).header("If-None-Match", known.clone()).send().expect(304);
            assert_eq!(client.get("/v1/cravings?limit=200").items().len(), round);
        }
        // All processes mean the same by a tag.
        assert!(tags.windows(2).all(|pair| pair[0] == pair[1]), "{tags:?}");
        let elsewhere =
            clients[(round + 1) % 3].request("GET", &path).header("If-None-Match", tags[0].clone());
        elsewhere.send().expect(304);
    }
}
