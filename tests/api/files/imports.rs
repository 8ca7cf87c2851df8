//! Imports of our own export into journals that have something, and of diaries, tables and lists of others.

use serde_json::{Value as Json, json};

use super::{count, export, import, import_ours};
use crate::records::new_id;
use crate::support::{Client, Server, both};

both!(
    what_was_changed_last_stays,
    what_was_deleted_comes_back,
    revisions_are_new_to_every_device,
    a_diary_comes_in_once,
    a_diary_of_another_kind_comes_in,
    a_table_comes_in_by_its_mapping,
    dates_become_a_clock,
    what_is_missing_is_named,
);

const DIARY: &str = include_str!("../../data/daylio-12h.csv");

fn what_was_changed_last_stays(server: &Server) {
    let member = server.member();
    let ids = [new_id(), new_id(), new_id()];
    for id in &ids {
        member.put(&format!("/v1/skills/{id}"), &json!({"name": "Walk", "family": "body"})).expect(201);
    }
    let old = export(&member);
    let path = format!("/v1/skills/{}", ids[1]);
    member.patch(&path, &json!({"name": "Run"})).expect(200);
    let report = import_ours(&member, "", &old);
    let counts = ["created", "updated", "unchanged", "kept"].map(|what| count(&report, what));
    assert_eq!(counts, [0, 0, 2, 1]);
    assert_eq!(member.get(&path).json["name"], "Run", "the file's version is older");
    // The other way round: the journal's version is older than that of the file.
    let new = export(&member);
    let other = server.member();
    import_ours(&other, "", &old).expect(200);
    let report = import_ours(&other, "", &new);
    assert_eq!((count(&report, "updated"), count(&report, "unchanged")), (1, 2));
    assert_eq!(other.get(&path).json["name"], "Run");
    assert_eq!(count(&import_ours(&other, "", &new), "unchanged"), 3);
}

fn what_was_deleted_comes_back(server: &Server) {
    let member = server.member();
    let path = format!("/v1/triggers/{}", new_id());
    member.put(&path, &json!({"name": "Rain", "category": "environment"})).expect(201);
    let file = export(&member);
    member.delete(&path).expect(204);
    assert_eq!(count(&import_ours(&member, "", &file), "created"), 1);
    assert_eq!(member.get(&path).expect(200).json["name"], "Rain");
    let changes = member.get("/v1/sync/changes?since=0").expect(200).json["changes"].clone();
    assert_eq!(changes.as_array().unwrap().len(), 1, "no tombstone is left: {changes}");
}

fn revisions_are_new_to_every_device(server: &Server) {
    let (from, to) = (server.member(), server.member());
    for client in [&from, &to, &to] {
        client.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "mood": 5})).expect(201);
    }
    let before = to.get("/v1/sync/changes?since=0").json["next_since"].as_i64().unwrap();
    import_ours(&to, "", &export(&from)).expect(200);
    let news = to.get(&format!("/v1/sync/changes?since={before}")).expect(200).json.clone();
    assert_eq!(news["changes"].as_array().unwrap().len(), 1, "{news}");
    assert!(news["changes"][0]["revision"].as_i64().unwrap() > before);
}

fn daylio(member: &Client, query: &str, file: &str) -> crate::support::Answer {
    import(member, &format!("format=daylio&time_zone=Europe/Istanbul&{query}"), "text/csv", file)
}

fn a_diary_comes_in_once(server: &Server) {
    let member = server.member();
    let refused = daylio(&member, "", DIARY);
    refused.refused(422, "validation_failed");
    assert_eq!(refused.pointers().len(), 4, "two times Cry, two times Sick: {refused:?}");
    assert_eq!(export(&member)["journal"]["revision"], 1, "nothing was written");
    let tried = daylio(&member, "dry_run=true", DIARY);
    assert_eq!((count(&tried, "created"), count(&tried, "invalid")), (415, 4));
    assert_eq!(tried.json["errors"][0]["code"], "unknown_mood");

    let report = daylio(&member, "mood_map=Cry:1,Sick:2", DIARY);
    assert_eq!(count(&report, "created"), 419);
    assert_eq!(count(&daylio(&member, "mood_map=Cry:1,Sick:2", DIARY), "unchanged"), 419);
    // The figures that `tests/api/insights/diary.rs` works out by hand.
    let streak = member.get("/v1/streaks?as_of=2020-12-20").expect(200).json["check_ins"].clone();
    assert_eq!(streak["current"], 395);
    let trends =
        member.get("/v1/trends?as_of=2020-12-25&from=2020-12-14&to=2020-12-20").expect(200).json.clone();
    assert_eq!(trends["ratings"]["mood"]["mean"], 5.57);
    // What the person changed afterwards stays.
    let first = member.get("/v1/check-ins?limit=1").items()[0].clone();
    assert_eq!(first["created_at"], "2020-12-20T00:26:00.000000Z", "3:26 in Istanbul");
    let path = format!("/v1/check-ins/{}", first["id"].as_str().unwrap());
    member.patch(&path, &json!({"mood": 9})).expect(200);
    assert_eq!(count(&daylio(&member, "mood_map=Cry:1,Sick:2", DIARY), "kept"), 1);
    assert_eq!(member.get(&path).json["mood"], 9);
}

fn a_diary_of_another_kind_comes_in(server: &Server) {
    let member = server.member();
    let file = "\u{feff}full_date,date,weekday,time,mood,activities,note_title,note\n\
        2024-05-06,May 6,Monday,21:05,Medium [-],\"walk | good meal\",A title,\"One, two<br>three\"\n\
        2024-05-06,May 6,Monday,21:05,rad,,,\n";
    assert_eq!(count(&daylio(&member, "", file), "created"), 2);
    let moods: Vec<Json> =
        member.get("/v1/check-ins").items().iter().map(|one| one["mood"].clone()).collect();
    assert!(moods.contains(&json!(4)) && moods.contains(&json!(10)), "{moods:?}");
    let notes: Vec<Json> =
        member.get("/v1/check-ins").items().iter().map(|one| one["note"].clone()).collect();
    assert!(notes.contains(&json!("A title\nOne, two\nthree\nwalk, good meal")), "{notes:?}");
}

fn encoded(mapping: &Json) -> String {
    mapping.to_string().bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

fn a_table_comes_in_by_its_mapping(server: &Server) {
    let member = server.member();
    let mapping = json!({"collection": "cravings", "delimiter": ";", "fields": {
        "occurred_at": {"column": "When", "format": "%d.%m.%Y %H:%M", "time_zone": "Europe/Berlin"},
        "time_zone": {"value": "Europe/Berlin"},
        "intensity": {"column": "Strength", "words": {"strong": 8}},
        "halt": {"column": "HALT", "split": ","},
        "note": {"column": "Note"},
    }});
    let query = format!("format=csv&mapping={}", encoded(&mapping));
    let file = "When;Strength;HALT;Note\n02.11.2024 21:40;strong;tired,lonely;'=1+1\n03.11.2024 08:00;3;;\n\
        03.11.2024 08:00;3;;\n";
    let report = import(&member, &query, "text/csv", file);
    assert_eq!(count(&report, "created"), 3, "{report:?}");
    assert_eq!(count(&import(&member, &query, "text/csv", file), "unchanged"), 3);
    let first = member.get("/v1/cravings").items()[2].clone();
    assert_eq!(first["occurred_at"], "2024-11-02T21:40:00+01:00");
    assert_eq!((&first["intensity"], &first["halt"]), (&json!(8), &json!(["tired", "lonely"])));
    assert_eq!(first["note"], "=1+1");
    let bad = import(&member, &query, "text/csv", "When;Strength;HALT;Note\nsoon;11;;\n");
    bad.refused(422, "validation_failed");
    assert_eq!(bad.pointers(), ["/rows/2/intensity", "/rows/2/occurred_at"]);
    let without = import(&member, &query, "text/csv", "When;Strength\n");
    without.refused(400, "unreadable_file");
}

fn dates_become_a_clock(server: &Server) {
    let member = server.member();
    let file = "# my dates\n2021-06-01\n2019-03-01\n2020-01-10, 2020-01-15\n\n2020-01-15\n";
    let report = import(&member, "format=dates&substance=alcohol", "text/plain", file);
    assert_eq!(count(&report, "created"), 3, "{report:?}");
    assert_eq!(count(&import(&member, "format=dates&substance=alcohol", "text/plain", file), "unchanged"), 3);
    let clock = member.get("/v1/streaks?as_of=2021-06-11").expect(200).json["clocks"][0].clone();
    assert_eq!((&clock["substance"], &clock["since"]), (&json!("alcohol"), &json!("2021-06-01")));
    assert_eq!((&clock["lapse_count"], &clock["current_days"]), (&json!(2), &json!(10)));
    // 2019-03-01 to 2020-01-10: 306 days to the end of the year and 9 more.
    let first: Vec<Json> =
        member.get("/v1/lapses").items().iter().map(|one| one["used_on"].clone()).collect();
    assert_eq!(first, [json!("2021-05-31"), json!("2020-01-10")]);
    import(&member, "format=dates&substance=alcohol", "text/plain", "last spring\n")
        .refused(400, "unreadable_file");
}

fn what_is_missing_is_named(server: &Server) {
    let member = server.member();
    for (query, pointers) in [
        ("format=daylio", &["?time_zone"][..]),
        ("format=daylio&time_zone=Mars&mood_map=Cry", &["?mood_map", "?time_zone"]),
        ("format=csv", &["?mapping"]),
        ("format=csv&mapping=%7B%7D", &["?mapping"]),
        ("format=dates", &["?substance"]),
        ("format=xlsx&dry_run=maybe", &["?dry_run", "?format"]),
        ("substance=opioids", &["?substance"]),
    ] {
        let answer = import(&member, query, "text/csv", "x\n");
        answer.refused(400, "invalid_parameter");
        assert_eq!(answer.pointers(), pointers, "{query}");
    }
    import(&member, "", "text/csv", "x\n").refused(415, "unsupported_media_type");
    import(&member, "format=dates&substance=x", "application/zip", "PK")
        .refused(415, "unsupported_media_type");
}
