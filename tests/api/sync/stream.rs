//! `GET /v1/sync/stream` and the tickets for it.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{PATH, push_one, revision, row};
use crate::records::new_id;
use crate::support::client::PASSWORD;
use crate::support::server::Beside;
use crate::support::stream::{SOON, Stream, all_hear, bearer};
use crate::support::{Server, both, collections};

both!(
    every_write_pokes_open_devices,
    a_device_hears_at_once_what_it_missed,
    pokes_merge_and_the_last_one_is_the_last_revision,
    processes_hear_of_each_other,
    an_account_has_so_many_streams,
    a_ticket_opens_the_stream_and_nothing_else,
    a_stream_ends_with_its_session,
    a_quiet_stream_shows_that_it_lives,
    streams_end_when_the_server_does,
    a_head_has_no_end_to_wait_for,
);
both!(with [("MAX_IN_FLIGHT", "2"), ("REQUEST_TIMEOUT_SECONDS", "1")] =>
    streams_are_not_requests_in_flight,
);

fn every_write_pokes_open_devices(server: &Server) {
    let (member, other) = (server.member(), server.member());
    let (phone, tablet) = (Stream::of(&member, server.address()), Stream::of(&member, server.address()));
    for header in
        ["content-type: text/event-stream", "cache-control: no-store", "x-content-type-options: nosniff"]
    {
        assert!(phone.head.to_lowercase().contains(header), "{}", phone.head);
    }
    assert!(!phone.head.to_lowercase().contains("content-encoding"), "{}", phone.head);
    let all_hear = |revision: i64| all_hear([&phone, &tablet], revision);
    all_hear(1);
    let record = member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"}));
    all_hear(2);
    let path = format!("/v1/check-ins/{}", record.id());
    member.patch(&path, &json!({"mood": 5})).expect(200);
    all_hear(3);
    member.delete(&path).expect(204);
    all_hear(4);
    let check_ins = collections::at("/v1/check-ins");
    push_one(&member, &row(&check_ins, &new_id(), &json!({"local_date": "2025-03-04"})));
    all_hear(5);
    member.put("/v1/days/2025-03-04/check-in", &json!({"mood": 5})).expect(201);
    all_hear(6);
    // What changes nothing, or somebody else's journal, is nothing.
    member.put("/v1/days/2025-03-04/check-in", &json!({"mood": 5})).expect(200);
    member.delete(&path).expect(204);
    push_one(&member, &row(&check_ins, &new_id(), &json!({"local_date": "never"})));
    other.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
    phone.expect_nothing();
}

fn a_device_hears_at_once_what_it_missed(server: &Server) {
    let member = server.member();
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
    for missed in ["1", "0", "7", "nonsense", ""] {
        let headers = format!("{}Last-Event-ID: {missed}\r\n", bearer(&member));
        Stream::open(server.address(), "", &headers).expect(2);
    }
    let headers = format!("{}Last-Event-ID: 2\r\n", bearer(&member));
    let stream = Stream::open(server.address(), "", &headers);
    assert_eq!(stream.next(SOON).as_deref(), Some(": alive"), "connected, and nothing is new");
    stream.expect_nothing();
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-05"})).expect(201);
    stream.expect(3);
}

fn pokes_merge_and_the_last_one_is_the_last_revision(server: &Server) {
    let member = server.member();
    let stream = Stream::of(&member, server.address());
    stream.expect(1);
    for _ in 0..20 {
        member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
    }
    let mut heard = 1;
    while let Some(event) = stream.next(SOON) {
        let id = event.split('|').find_map(|line| line.strip_prefix("id: ")).unwrap().parse::<i64>().unwrap();
        assert!(id > heard, "{id} after {heard}");
        heard = id;
    }
    assert_eq!(heard, revision(&member));
}

fn processes_hear_of_each_other(server: &Server) {
    let beside = Beside::start(server);
    let member = server.member();
    let there = member.at(beside.address());
    let streams = [Stream::of(&member, server.address()), Stream::of(&there, beside.address())];
    all_hear(&streams, 1);
    for revision in (2..10).step_by(2) {
        for (writer, revision) in [(&member, revision), (&there, revision + 1)] {
            writer.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
            all_hear(&streams, revision);
        }
    }
    // A ticket of the one opens the other.
    let ticket = member.post("/v1/sync/tickets", &json!({})).json["ticket"].as_str().unwrap().to_owned();
    Stream::open(beside.address(), &format!("?ticket={ticket}"), "").expect(9);
    // A session that ends there ends here too.
    there.post("/v1/auth/logout", &json!({"refresh_token": member.refresh_token()})).expect(204);
    assert_eq!(streams[0].next(Duration::from_secs(12)).as_deref(), Some("end"));
}

fn an_account_has_so_many_streams(server: &Server) {
    let (member, other) = (server.member(), server.member());
    let mut streams: Vec<Stream> = (0..10).map(|_| Stream::of(&member, server.address())).collect();
    let refused = member.get("/v1/sync/stream");
    assert!(refused.refused(429, "too_many_requests").header("retry-after").is_some(), "{refused:?}");
    Stream::of(&other, server.address());
    all_hear(&streams, 1);
    // Those who leave make room, without being written to.
    streams.truncate(5);
    let from = Instant::now();
    while streams.len() < 10 {
        let stream = Stream::open(server.address(), "", &bearer(&member));
        if stream.status() == 200 {
            stream.expect(1);
            streams.push(stream);
        }
        assert!(from.elapsed() < Duration::from_secs(3), "a place is not given back");
    }
    member.get("/v1/sync/stream").refused(429, "too_many_requests");
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
    all_hear(&streams, 2);
}

fn a_ticket_opens_the_stream_and_nothing_else(server: &Server) {
    let member = server.member();
    let given = member.request("POST", "/v1/sync/tickets").send();
    assert_eq!(given.expect(200).json["expires_in"], 60);
    let ticket = given.json["ticket"].as_str().unwrap();
    let query = format!("?ticket={ticket}");
    let stream = Stream::open(server.address(), &query, "");
    stream.expect(1);
    let again = Stream::open(server.address(), &query, "");
    again.expect(1);
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
    stream.expect(2);
    let anybody = server.anybody();
    for path in [PATH, "/v1/check-ins", "/v1/account"] {
        anybody.get(&format!("{path}{query}")).refused(401, "unauthenticated");
        anybody.with_token(ticket).get(path).refused(401, "invalid_token");
    }
    let stream_with = |query: &str| anybody.get(&format!("/v1/sync/stream{query}"));
    let token = member.token.as_deref().unwrap();
    for bad in ["x", "", &ticket[1..], &format!("{ticket}A"), token, member.refresh_token()] {
        stream_with(&format!("?ticket={bad}")).refused(401, "invalid_token");
    }
    stream_with("").refused(401, "unauthenticated");
    anybody.with_token("x").get(&format!("/v1/sync/stream{query}")).refused(401, "invalid_token");
    member.get("/v1/sync/stream?tickets=1").refused(400, "invalid_parameter");
    server.counselor().request("POST", "/v1/sync/tickets").send().refused(403, "wrong_role");
    member.post("/v1/auth/logout", &json!({"refresh_token": member.refresh_token()})).expect(204);
    stream_with(&query).refused(401, "invalid_token");
}

fn a_stream_ends_with_its_session(server: &Server) {
    let member = server.member();
    let phone = member.log_in(member.email(), PASSWORD);
    let (stays, ends) = (Stream::of(&member, server.address()), Stream::of(&phone, server.address()));
    all_hear([&stays, &ends], 1);
    phone.post("/v1/auth/logout", &json!({"refresh_token": phone.refresh_token()})).expect(204);
    assert_eq!(ends.next(Duration::from_secs(7)).as_deref(), Some("end"));
    // One that has ended hears nothing more, even before it is looked at.
    let tablet = member.log_in(member.email(), PASSWORD);
    let ends = Stream::of(&tablet, server.address());
    ends.expect(1);
    tablet.post("/v1/auth/logout", &json!({"refresh_token": tablet.refresh_token()})).expect(204);
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
    assert_eq!(ends.next(SOON).as_deref(), Some("end"));
    stays.expect(2);
    member.request("DELETE", "/v1/account").json(&json!({"password": PASSWORD})).send().expect(204);
    assert_eq!(stays.next(Duration::from_secs(7)).as_deref(), Some("end"));
}

fn a_quiet_stream_shows_that_it_lives(server: &Server) {
    let member = server.member();
    let stream = Stream::of(&member, server.address());
    stream.expect(1);
    let from = Instant::now();
    assert_eq!(stream.next(Duration::from_secs(27)).as_deref(), Some(": alive"));
    assert!(from.elapsed() > Duration::from_secs(24), "{:?}", from.elapsed());
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
    stream.expect(2);
}

fn streams_end_when_the_server_does(server: &mut Server) {
    let member = server.member();
    let stream = Stream::of(&member, server.address());
    stream.expect(1);
    let from = Instant::now();
    assert!(server.terminate().success(), "{}", server.log());
    assert!(from.elapsed() < Duration::from_secs(5), "{:?}", from.elapsed());
    assert_eq!(stream.next(SOON).as_deref(), Some("end"), "in good order");
    // After a restart the device goes on from what it heard last.
    server.restart();
    let member = member.at(server.address());
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
    let headers = format!("{}Last-Event-ID: 1\r\n", bearer(&member));
    Stream::open(server.address(), "", &headers).expect(2);
}

fn a_head_has_no_end_to_wait_for(server: &Server) {
    let member = server.member();
    let from = Instant::now();
    for _ in 0..12 {
        let answer = member.request("HEAD", "/v1/sync/stream").try_send().unwrap();
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
    }
    assert!(from.elapsed() < Duration::from_secs(3));
}

fn streams_are_not_requests_in_flight(server: &Server) {
    let member = server.member();
    let streams: Vec<Stream> = (0..6).map(|_| Stream::of(&member, server.address())).collect();
    all_hear(&streams, 1);
    // Longer than a request may take.
    thread::sleep(Duration::from_millis(2_500));
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
    all_hear(&streams, 2);
}
