//! `/v1/meeting-list` and `recovery-journal meetings`: feeds are brought in again and again, members find what is
//! near or next, and log an attendance from it in one request.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Output;

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use crate::support::matching::assert_holds;
use crate::support::server::program;
use crate::support::{Client, Server, both};

both!(
    a_feed_is_brought_in_again_and_again,
    a_bad_feed_changes_nothing,
    the_nearest_come_first,
    without_a_place_the_soonest_come_first,
    filters_narrow_the_list,
    pages_hold_each_meeting_once,
    questions_that_cannot_be_answered_are_refused,
    an_attendance_is_logged_from_the_list_in_one_request,
    a_vanished_meeting_harms_no_journal,
    what_the_list_does_not_know_must_be_given,
    a_pushed_attendance_takes_over_the_same,
);

const PATH: &str = "/v1/meeting-list";
/// The Empire State Building.
const HERE: &str = "near=40.7484,-73.9857";
/// The id of the feed's first meeting: a `UUIDv5`, worked out apart from this program.
const HOPE: &str = "64a96bab-8fa2-534b-8bcd-e062cb8485f0";

fn run(server: &Server, arguments: &[&str]) -> Output {
    let mut command = program(server.directory());
    command.env("DATA_DIR", server.directory()).arg("meetings").args(arguments);
    command.envs(server.engine().url().map(|url| ("DATABASE_URL", url)));
    command.output().unwrap()
}

/// The command did it; what it said, and what it complained of.
#[track_caller]
fn done(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

fn golden() -> Vec<Json> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/meeting-guide.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Writes a feed to a file and imports it.
#[track_caller]
fn import(server: &Server, entries: &[Json], more: &[&str]) -> (String, String) {
    let file = server.directory().join("feed.json");
    fs::write(&file, Json::from(entries).to_string()).unwrap();
    done(&run(server, &[&["import", file.to_str().unwrap()], more].concat()))
}

/// The golden feed on the list.
pub fn listed(server: &Server) -> Client {
    let more = ["--fellowship", "na", "--source", "city", "--time-zone", "America/Chicago"];
    import(server, &golden(), &more);
    server.member()
}

fn names(member: &Client, question: &str) -> Vec<String> {
    let answer = member.get(&format!("{PATH}?limit=200&{question}"));
    let name = |item: &Json| item["name"].as_str().unwrap().to_owned();
    answer.expect(200).items().iter().map(name).collect()
}

fn a_feed_is_brought_in_again_and_again(server: &Server) {
    let city = ["--fellowship", "na", "--source", "city", "--time-zone", "America/Chicago"];
    let mut feed = golden();
    let (said, complaints) = import(server, &feed, &[&city[..], &["--dry-run"]].concat());
    assert!(
        said.starts_with("Source city: new 14, changed 0, unchanged 0, vanished 0, skipped 7."),
        "{said}"
    );
    assert_eq!(complaints.lines().count(), 7, "{complaints}");
    let member = server.member();
    assert!(member.get(PATH).items().is_empty(), "a dry run writes nothing");

    let (said, complaints) = import(server, &feed, &city);
    assert_eq!(said, "Source city: new 14, changed 0, unchanged 0, vanished 0, skipped 7.");
    for (entry, reason) in [
        ("entry 7 (no-name)", "name"),
        ("entry 8 (ninth-day)", "day 9"),
        ("entry 9 (seven-something)", "7pm"),
        ("entry 10 (elsewhere)", "Mars/Base"),
        ("Monday Night Hope (copy)", "same slug and day"),
        ("entry 12 ()", "not an object"),
        ("entry 14 (odd-link)", "conference_url"),
    ] {
        let line = complaints.lines().find(|line| line.contains(entry));
        assert!(line.is_some_and(|line| line.contains(reason) && line.contains("feed.json")), "{complaints}");
    }
    let before = member.get(PATH);
    assert_eq!(before.expect(200).items().len(), 14);
    let (said, _) = import(server, &feed, &city);
    assert_eq!(said, "Source city: new 0, changed 0, unchanged 14, vanished 0, skipped 7.");

    // One is renamed, one moves to another day, one is gone, one is new.
    feed[0]["name"] = json!("Monday Night Faith");
    feed[4]["day"] = json!(2);
    feed.remove(3);
    feed.push(json!({"name": "New", "slug": "new", "day": 1, "time": "12:00", "timezone": "UTC"}));
    let (said, _) = import(server, &feed, &city);
    assert_eq!(said, "Source city: new 2, changed 1, unchanged 11, vanished 2, skipped 7.");
    let found = names(&member, "");
    assert!(
        found.contains(&"Monday Night Faith".to_owned()) && !found.contains(&"Friday Candlelight".to_owned())
    );
    let renamed = member.get(&format!("{PATH}?day=1&type=X"));
    assert_eq!(renamed.items()[0]["id"], HOPE, "the id outlives a change");

    // Another source stands beside it, and vanishing is per source.
    let one = [json!({"name": "Elsewhere", "slug": "new", "day": 1, "time": "12:00", "timezone": "UTC"})];
    let (said, _) = import(server, &one, &[]);
    assert_eq!(said, "Source aa: new 1, changed 0, unchanged 0, vanished 0, skipped 0.");
    assert_eq!(names(&member, "").len(), 15);
    let (said, _) = done(&run(server, &["list"]));
    assert_eq!(said, "aa (aa): 1\ncity (na): 14");
    let (said, _) = done(&run(server, &["remove", "--source", "city"]));
    assert_eq!(said, "Source city: removed 14.");
    assert_eq!(names(&member, ""), ["Elsewhere"]);
    assert_eq!(run(server, &["remove", "--source", "city"]).status.code(), Some(1), "there is none any more");
}

fn a_bad_feed_changes_nothing(server: &Server) {
    let member = listed(server);
    let before = member.get(PATH).expect(200).json.clone();
    let good = server.directory().join("good.json");
    fs::write(&good, r#"[{"name": "Good", "slug": "good", "day": 1, "time": "12:00", "timezone": "UTC"}]"#)
        .unwrap();
    let bad = server.directory().join("bad.json");
    let (good, bad) = (good.to_str().unwrap(), bad.to_str().unwrap());
    for text in ["", "[", "{}", r#"[{"name": "Good"}"#, "[]", "[7]", r#"[{"slug": "nameless"}]"#] {
        fs::write(bad, text).unwrap();
        let whole = text.starts_with('[') && text.ends_with(']');
        let files: &[&str] = if whole { &[bad] } else { &[good, bad] };
        let arguments = [&["import"], files, &["--source", "city"]].concat();
        let output = run(server, &arguments);
        assert_eq!(output.status.code(), Some(1), "{text} is taken");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{output:?}");
    }
    assert_eq!(run(server, &["import", "nowhere.json"]).status.code(), Some(1));
    for (option, value) in [("--fellowship", "xyz"), ("--time-zone", "Mars/Base"), ("--source", "a b")] {
        let output = run(server, &["import", good, option, value]);
        assert_eq!(output.status.code(), Some(2), "{option} {value} is taken");
    }
    assert_eq!(member.get(PATH).expect(200).json, before);
}

fn the_nearest_come_first(server: &Server) {
    let member = listed(server);
    let found = member.get(&format!("{PATH}?{HERE}"));
    let shown: Vec<(&str, f64)> = found
        .expect(200)
        .items()
        .iter()
        .map(|item| (item["name"].as_str().unwrap(), item["distance_km"].as_f64().unwrap()))
        .collect();
    // Great-circle distances, worked out apart from this program.
    let wanted = [("Monday Night Hope", 0.40), ("Wednesday Step Study", 4.31), ("Friday Candlelight", 21.6)];
    assert_eq!(shown, wanted);
    assert_eq!(names(&member, &format!("{HERE}&radius_km=4")), ["Monday Night Hope"]);
    assert_eq!(names(&member, &format!("{HERE}&radius_km=5")).len(), 2);
    assert_eq!(names(&member, "near=-31.5,159.1&radius_km=10"), ["Island Sunrise"]);
    assert_eq!(names(&member, "near=0,0"), [] as [&str; 0]);
    let first = &found.items()[0];
    assert_holds(
        first,
        &json!({"id": HOPE, "name": "Monday Night Hope", "fellowship": "na", "day": 1, "time": "19:00",
            "end_time": "20:00", "time_zone": "America/New_York", "types": ["O", "D", "X"], "format": "in_person",
            "address": "12 Elm Street, New York, NY 10001, USA", "location": "Community Center",
            "conference_url": null, "conference_phone": null, "notes": "Side entrance.\nRing twice.",
            "group": "Hope Group", "latitude": 40.75, "longitude": -73.99, "updated": "2026-10-01T15:04:05Z"}),
    );
    // The same answer is not sent twice; a counselor may look, too.
    let path = format!("{PATH}?{HERE}");
    member.request("GET", &path).header("If-None-Match", found.etag()).send().expect(304);
    import(server, &golden()[..1], &["--fellowship", "na", "--source", "city"]);
    member.request("GET", &path).header("If-None-Match", found.etag()).send().expect(200);
    assert_eq!(server.counselor().get(&path).expect(200).items().len(), 1);
}

/// Holds every item's next occurrence against its day, time and zone, and the order against both.
#[track_caller]
fn assert_soonest_first(items: &[Json], asked: DateTime<Utc>) {
    let mut last = DateTime::<Utc>::MIN_UTC;
    for item in items {
        let Some(next) = item["next_occurrence"].as_str() else {
            assert!(item["day"].is_null() || item["time"].is_null(), "{item}");
            last = DateTime::<Utc>::MAX_UTC;
            continue;
        };
        let next = DateTime::parse_from_rfc3339(next).unwrap();
        let zone: Tz = item["time_zone"].as_str().unwrap().parse().unwrap();
        let there = next.with_timezone(&zone);
        assert_eq!(
            next.naive_local(),
            there.naive_local(),
            "the offset is that of the zone on that day: {item}"
        );
        assert_eq!(there.format("%H:%M").to_string(), item["time"].as_str().unwrap(), "{item}");
        assert_eq!(Some(i64::from(there.weekday().num_days_from_sunday())), item["day"].as_i64(), "{item}");
        let wait = next.to_utc() - asked;
        assert!(wait >= -TimeDelta::minutes(1) && wait <= TimeDelta::hours(7 * 24 + 1), "{item}");
        assert!(next.to_utc() >= last, "not the soonest first: {item}");
        last = next.to_utc();
    }
}

fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

fn without_a_place_the_soonest_come_first(server: &Server) {
    let member = listed(server);
    let asked = now();
    let found = member.get(PATH);
    assert_eq!(found.expect(200).items().len(), 14);
    assert_soonest_first(found.items(), asked);
    assert!(found.items().iter().all(|item| item["distance_km"].is_null()));
    assert_eq!(found.items().last().unwrap()["name"], "By Appointment");
}

fn filters_narrow_the_list(server: &Server) {
    let member = listed(server);
    import(
        server,
        &[json!({"name": "Other", "slug": "o", "day": 1, "time": "9:00", "timezone": "UTC"})],
        &[],
    );
    let sorted = |question: &str| {
        let mut names = names(&member, question);
        names.sort();
        names
    };
    assert_eq!(sorted("day=1"), ["Daily Serenity", "Monday Night Hope", "Other"]);
    assert_eq!(sorted("time_from=20:00"), ["Friday Candlelight", "Late Night Owls"]);
    assert_eq!(sorted("type=LGBTQ"), ["Wednesday Step Study"]);
    assert_eq!(sorted("type=M"), ["Late Night Owls"], "MED is another code");
    assert_eq!(sorted("type=m"), [] as [&str; 0], "and so is m");
    assert_eq!(sorted("type=%25"), [] as [&str; 0]);
    assert_eq!(sorted("fellowship=aa"), ["Other"]);
    assert_eq!(sorted("format=hybrid"), ["Wednesday Step Study"]);
    assert_eq!(sorted("format=online").len(), 8);
    assert_eq!(sorted("format=in_person&time_from=19:01"), ["Berlin English Speaking", "Late Night Owls"]);
    assert_eq!(
        sorted(&format!("{HERE}&type=ST&day=3&fellowship=na&format=hybrid")),
        ["Wednesday Step Study"]
    );
    assert_eq!(sorted(&format!("{HERE}&day=4")), [] as [&str; 0]);
}

/// All pages of a question.
fn pages(member: &Client, question: &str, limit: usize) -> Vec<Json> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = member.get(&format!("{PATH}?{question}&limit={limit}{cursor}"));
        all.extend_from_slice(answer.expect(200).items());
        let Some(next) = answer.json["next_cursor"].as_str() else { return all };
        assert_eq!(answer.items().len(), limit);
        cursor = format!("&cursor={next}");
        assert!(all.len() < 2_000, "the pages never end");
    }
}

fn pages_hold_each_meeting_once(server: &Server) {
    // Many at the same time and at the same place, over zones with and without summer time.
    let zones = ["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"];
    let entry = |number: usize| {
        let far = f64::from(u32::try_from(number % 4).unwrap());
        json!({"name": format!("Meeting {number}"), "slug": number.to_string(), "day": [0, 2, 4],
            "time": format!("{:02}:00", number % 24), "timezone": zones[number % zones.len()],
            "latitude": 40.7 + far / 100.0, "longitude": -73.9})
    };
    let mut entries: Vec<Json> = (0..60).map(entry).collect();
    entries
        .extend((60..63).map(|number| json!({"name": "?", "slug": number.to_string(), "timezone": "UTC"})));
    import(server, &entries, &[]);
    let member = server.member();
    for (question, count) in [("", 183), (HERE, 180), ("day=2", 60), ("time_from=18:00", 36)] {
        let asked = now();
        let whole = member.get(&format!("{PATH}?{question}&limit=200")).expect(200).items().to_vec();
        assert_eq!(whole.len(), count, "{question}");
        if question.is_empty() {
            assert_soonest_first(&whole, asked);
        }
        let ids: HashSet<&str> = whole.iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), count);
        for limit in [1, 7, 60] {
            let paged = pages(&member, question, limit);
            let order = |items: &[Json]| items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
            assert!(order(&paged) == order(&whole), "{question} by {limit}");
        }
    }
    let first = member.get(&format!("{PATH}?limit=1"));
    let cursor = first.json["next_cursor"].as_str().unwrap();
    member.get(&format!("{PATH}?day=2&cursor={cursor}")).refused(400, "invalid_cursor");
    member.get(&format!("{PATH}?cursor=x")).refused(400, "invalid_cursor");
}

fn questions_that_cannot_be_answered_are_refused(server: &Server) {
    let member = server.member();
    for (question, pointer) in [
        ("near=40.7", "?near"),
        ("near=91,0", "?near"),
        ("near=nan,0", "?near"),
        ("near=0,181", "?near"),
        ("near=0,0,0", "?near"),
        ("near=0,0&radius_km=0", "?radius_km"),
        ("near=0,0&radius_km=201", "?radius_km"),
        ("radius_km=10", "?radius_km"),
        ("day=7", "?day"),
        ("day=monday", "?day"),
        ("time_from=24:00", "?time_from"),
        ("time_from=7:00", "?time_from"),
        ("type=", "?type"),
        ("fellowship=xyz", "?fellowship"),
        ("format=phone", "?format"),
        ("limit=0", "?limit"),
        ("limit=201", "?limit"),
        ("town=york", "?town"),
    ] {
        let answer = member.get(&format!("{PATH}?{question}"));
        assert_eq!(answer.refused(400, "invalid_parameter").pointers(), [pointer], "{question}");
    }
    assert!(member.get(PATH).expect(200).items().is_empty());
}

fn an_attendance_is_logged_from_the_list_in_one_request(server: &Server) {
    let member = listed(server);
    let from_the_list = json!({"occurred_at": "2025-11-03T19:00:00-05:00", "meeting_list_id": HOPE});
    let copied = json!({"fellowship": "na", "time_zone": "America/New_York", "name": "Monday Night Hope",
        "format": "in_person", "meeting_types": ["O", "D", "X"], "duration_minutes": 60, "meeting_list_id": HOPE,
        "local_date": "2025-11-03", "role": "attended"});
    let logged = member.post("/v1/meetings", &from_the_list);
    assert_holds(&logged.expect(201).json, &copied);
    assert_holds(&member.get(&format!("/v1/meetings/{}", logged.id())).expect(200).json, &copied);

    // What is said wins; null is as good as nothing for a new record.
    let mut own = from_the_list.clone();
    let said = json!({"name": "Our corner", "duration_minutes": 90, "fellowship": "aa", "format": null});
    own.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    let path = format!("/v1/meetings/{}", crate::records::new_id());
    let put = member.put(&path, &own);
    assert_holds(
        &put.expect(201).json,
        &json!({"name": "Our corner", "duration_minutes": 90,
        "fellowship": "aa", "format": "in_person", "meeting_types": ["O", "D", "X"]}),
    );

    // A patch keeps what it leaves out, and can clear what was copied.
    let patched = member.patch(&path, &json!({"name": null, "helpfulness": 8}));
    assert_eq!(patched.expect(200).json["name"], Json::Null);
    own.as_object_mut().unwrap().remove("name");
    let again = member.put(&path, &own);
    assert_eq!(again.expect(200).json["name"], Json::Null, "it is copied once");
    assert_eq!(again.json["helpfulness"], Json::Null, "the rest is replaced");

    // By hand it works as before, and lists can ask for one meeting.
    let by_hand = json!({"occurred_at": "2025-11-04T19:00:00-05:00", "time_zone": "UTC", "fellowship": "ca"});
    assert_eq!(member.post("/v1/meetings", &by_hand).expect(201).json["meeting_list_id"], Json::Null);
    assert_eq!(member.get(&format!("/v1/meetings?meeting_list_id={HOPE}")).items().len(), 2);
    // Past midnight, and with a code that no record holds.
    let owls = member.get(&format!("{PATH}?type=11")).items()[0]["id"].clone();
    let late = member
        .post("/v1/meetings", &json!({"occurred_at": "2025-11-01T23:30:00-05:00", "meeting_list_id": owls}));
    assert_holds(&late.expect(201).json, &json!({"duration_minutes": 60, "time_zone": "America/Chicago"}));
}

fn a_vanished_meeting_harms_no_journal(server: &Server) {
    let member = listed(server);
    let body = json!({"id": crate::records::new_id(), "occurred_at": "2025-11-03T19:00:00-05:00", "meeting_list_id": HOPE});
    let logged = member.post("/v1/meetings", &body).expect(201).json.clone();
    import(server, &golden()[1..3], &["--source", "city", "--fellowship", "na"]);
    assert_eq!(names(&member, "type=X"), [] as [&str; 0]);
    let path = format!("/v1/meetings/{}", logged["id"].as_str().unwrap());
    assert_eq!(member.get(&path).expect(200).json, logged);
    // A phone that got no answer sends the same again, a day later.
    assert_eq!(member.post("/v1/meetings", &body).expect(200).json, logged);
    let mut whole = body.clone();
    whole.as_object_mut().unwrap().remove("id");
    assert_eq!(member.put(&path, &whole).expect(200).json, logged);
    assert_eq!(member.put(&path, &logged).expect(200).json, logged);
}

fn what_the_list_does_not_know_must_be_given(server: &Server) {
    let member = listed(server);
    let mut body =
        json!({"occurred_at": "2025-11-03T19:00:00-05:00", "meeting_list_id": crate::records::new_id()});
    let refused = member.post("/v1/meetings", &body);
    assert_eq!(refused.refused(422, "validation_failed").pointers(), ["/fellowship", "/time_zone"]);
    let path = format!("/v1/meetings/{}", crate::records::new_id());
    assert_eq!(
        member.put(&path, &body).refused(422, "validation_failed").pointers(),
        ["/fellowship", "/time_zone"]
    );
    body["fellowship"] = json!("na");
    body["time_zone"] = json!("UTC");
    let taken = member.post("/v1/meetings", &body);
    assert_eq!(taken.expect(201).json["meeting_list_id"], body["meeting_list_id"], "an unresolved reference");
    body["meeting_list_id"] = json!("monday");
    assert_eq!(
        member.post("/v1/meetings", &body).refused(422, "validation_failed").pointers(),
        ["/meeting_list_id"]
    );
}

fn a_pushed_attendance_takes_over_the_same(server: &Server) {
    let member = listed(server);
    let doc =
        json!({"occurred_at": "2025-11-03T19:00:00-05:00", "meeting_list_id": HOPE, "duration_minutes": 45});
    let push = |id: &str, doc: &Json| {
        let change = json!({"collection": "meetings", "id": id, "doc": doc});
        let answer = member.post("/v1/sync/changes", &json!({"changes": [change]}));
        answer.expect(200).json["results"][0].clone()
    };
    let id = crate::records::new_id();
    assert_eq!(push(&id, &doc)["status"], "applied");
    let stored = member.get(&format!("/v1/meetings/{id}")).expect(200).json.clone();
    assert_holds(
        &stored,
        &json!({"name": "Monday Night Hope", "fellowship": "na", "time_zone": "America/New_York",
            "format": "in_person", "duration_minutes": 45}),
    );
    // The list changes, the answer was lost, the phone sends it again.
    import(server, &golden()[1..3], &["--source", "city", "--fellowship", "na"]);
    assert_eq!(push(&id, &doc)["status"], "unchanged");
    assert_eq!(push(&id, &stored)["status"], "unchanged", "a pulled document sent back whole");
    let refused = push(&crate::records::new_id(), &doc);
    assert_eq!(refused["status"], "invalid", "the list knows it no more: {refused}");
    assert_eq!(refused["problem"]["errors"][0]["pointer"], "/changes/0/doc/time_zone", "{refused}");
    assert_eq!(member.get("/v1/meetings").items(), [stored]);
}
