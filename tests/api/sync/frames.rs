//! Frames and rows of a push that cannot be used, and its limits.

use serde_json::{Value as Json, json};

use super::{PATH, pull, pull_all, push, revision, row, statuses};
use crate::records::new_id;
use crate::support::{Answer, Client, Server, both, collections};

both!(
    a_bad_row_keeps_no_other_from_being_stored,
    every_mistake_of_a_row_is_named_with_its_place,
    a_bad_frame_is_refused_whole,
    a_push_has_limits,
    five_hundred_rows_are_one_commit,
    a_push_for_another_journal_is_410,
);

fn a_bad_row_keeps_no_other_from_being_stored(server: &Server) {
    let member = server.member();
    let good = |collection: &collections::Collection| row(collection, &new_id(), &collection.full());
    let bad = [
        Json::Null,
        json!(7),
        json!("row"),
        json!([]),
        json!({}),
        json!({"collection": "check_ins"}),
        json!({"id": new_id()}),
        json!({"collection": "check_ins", "id": new_id()}),
        json!({"collection": "check_ins", "id": "7", "doc": {}}),
        json!({"collection": "check_ins", "id": 7, "doc": {"local_date": "2025-03-04"}}),
        json!({"collection": "check_ins", "id": null, "deleted": true}),
        json!({"collection": "unheard_of", "id": new_id(), "doc": {}}),
        json!({"collection": "check-ins", "id": new_id(), "doc": {}}),
        json!({"collection": ["check_ins"], "id": new_id(), "doc": {}}),
        json!({"collection": "check_ins", "id": new_id(), "doc": null}),
        json!({"collection": "check_ins", "id": new_id(), "doc": []}),
        json!({"collection": "check_ins", "id": new_id(), "doc": "{}"}),
        json!({"collection": "check_ins", "id": new_id(), "doc": {}}),
        json!({"collection": "check_ins", "id": new_id(), "deleted": "yes"}),
        json!({"collection": "check_ins", "id": new_id(), "deleted": true, "doc": 7}),
        json!({"collection": "check_ins", "id": new_id(), "deleted": true, "base": []}),
        json!({"collection": "check_ins", "id": new_id(), "deleted": true, "base_revision": -1}),
        json!({"collection": "check_ins", "id": new_id(), "deleted": true, "base_revision": "1"}),
        json!({"collection": "check_ins", "id": new_id(), "deleted": true, "base_revision": 1.5}),
        json!({"collection": "check_ins", "id": new_id(), "deleted": true, "base_revison": 1}),
        json!({"collection": "check_ins", "id": new_id(), "doc": {"local_date": "2025-03-04", "moood": 1}}),
    ];
    let mut rows = Vec::new();
    for (one, collection) in bad.iter().zip(collections::all().iter().cycle()) {
        rows.extend([good(collection), one.clone()]);
    }
    let answer = push(&member, &rows);
    for (index, (status, row)) in statuses(&answer).into_iter().zip(&rows).enumerate() {
        let wanted = if index % 2 == 0 { "applied" } else { "invalid" };
        assert_eq!(status, wanted, "{row}: {}", answer.json["results"][index]);
        let result = &answer.json["results"][index];
        if status == "invalid" {
            assert_eq!(result["problem"]["code"], "validation_failed");
            let place = format!("/changes/{index}");
            for error in result["problem"]["errors"].as_array().unwrap() {
                assert!(error["pointer"].as_str().unwrap().starts_with(&place), "{error}");
            }
            assert!(!result["problem"]["errors"][0].is_null(), "{result}");
            for name in ["collection", "id"] {
                let text = row.get(name).filter(|value| value.is_string()).unwrap_or(&Json::Null);
                assert_eq!(&result[name], text, "as it was sent");
            }
        }
    }
    assert_eq!(pull_all(&member, 0).len(), bad.len());
    assert_eq!(answer.json["revision"], 1 + bad.len());
}

fn every_mistake_of_a_row_is_named_with_its_place(server: &Server) {
    let member = server.member();
    let doc = json!({"intensity": 11, "place": 7, "what": 1, "occurred_at": "yesterday"});
    let rows = [
        json!({"collection": "cravings", "id": new_id(), "doc": doc}),
        json!({"collection": "cravings", "id": "x", "doc": doc, "base": {"a/b": 1}, "base_revision": -1, "more": 1}),
        json!({"doc": {}, "deleted": 1}),
    ];
    let answer = push(&member, &rows);
    let pointers = |index: usize| {
        let errors = answer.json["results"][index]["problem"]["errors"].as_array().unwrap();
        let mut pointers: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        pointers.sort_unstable();
        pointers
    };
    let of_doc = ["intensity", "occurred_at", "place", "time_zone", "what"]
        .map(|name| format!("/changes/0/doc/{name}"));
    assert_eq!(pointers(0), of_doc);
    let wanted = [
        "/changes/1/base/a~1b",
        "/changes/1/base_revision",
        "/changes/1/doc/intensity",
        "/changes/1/doc/occurred_at",
        "/changes/1/doc/place",
        "/changes/1/doc/what",
        "/changes/1/id",
        "/changes/1/more",
    ];
    assert_eq!(pointers(1), wanted);
    assert_eq!(pointers(2), ["/changes/2/collection", "/changes/2/deleted", "/changes/2/id"]);
}

fn a_bad_frame_is_refused_whole(server: &Server) {
    let member = server.member();
    let good = row(&collections::at("/v1/check-ins"), &new_id(), &json!({"local_date": "2025-03-04"}));
    for (frame, pointers) in [
        (json!({}), vec!["/changes"]),
        (json!({"changes": null}), vec!["/changes"]),
        (json!({"changes": {}}), vec!["/changes"]),
        (json!({"changes": "[]", "epoch": 7}), vec!["/changes", "/epoch"]),
        (json!({"changes": [good], "more": 1}), vec!["/more"]),
        (json!({"changes": [good], "id": new_id()}), vec!["/id"]),
    ] {
        assert_eq!(
            member.post(PATH, &frame).refused(422, "validation_failed").pointers(),
            pointers,
            "{frame}"
        );
    }
    for body in ["[]", "null", "{", r#"{"changes":[],"changes":[]}"#, "{\"changes\":[{\"id\":\"\\u0000\"}]}"]
    {
        let request = member.request("POST", PATH).header("Content-Type", "application/json");
        request.body(body).send().refused(400, "malformed_json");
    }
    member.request("POST", PATH).body("{}").send().refused(415, "unsupported_media_type");
    assert_eq!(pull(&member, "")["next_since"], 1, "nothing was stored");
    assert_eq!(push(&member, &[]).json, json!({"results": [], "revision": 1}));
}

fn a_push_has_limits(server: &Server) {
    let member = server.member();
    let check_ins = collections::at("/v1/check-ins");
    let rows = |count: usize, note: &str| -> Vec<Json> {
        let doc = json!({"local_date": "2025-03-04", "note": note});
        (0..count).map(|_| row(&check_ins, &new_id(), &doc)).collect()
    };
    let send = |rows: &[Json]| -> Answer { member.post(PATH, &json!({"changes": rows})) };
    send(&rows(501, "x")).refused(413, "too_large");
    let many = vec![Json::Null; 501];
    send(&many).refused(413, "too_large");
    // More than a mebibyte, and a little less.
    let note = "n".repeat(19_000);
    send(&rows(56, &note)).refused(413, "too_large");
    assert_eq!(pull(&member, "")["next_since"], 1, "nothing was stored");
    assert!(statuses(&send(&rows(54, &note))).iter().all(|status| *status == "applied"));
    assert_eq!(revision(&member), 55);
    // Sent in pieces whose length is not known beforehand.
    chunked(&member, server, &json!({"changes": rows(56, &note)}));
    assert_eq!(revision(&member), 55);
}

/// Sends a body that is too large without saying how long it is.
fn chunked(member: &Client, server: &Server, body: &Json) {
    let (body, token) = (body.to_string(), member.token.as_deref().unwrap());
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        body.len()
    );
    let request = [head.as_bytes(), body.as_bytes(), b"\r\n0\r\n\r\n"].concat();
    let answer = crate::support::wire::exchange(server, &request, std::time::Duration::from_secs(3));
    assert_eq!(crate::support::wire::status(&answer), 413, "{answer}");
}

fn five_hundred_rows_are_one_commit(server: &Server) {
    let member = server.member();
    let all = collections::all();
    let rows: Vec<Json> = all
        .iter()
        .cycle()
        .take(500)
        .map(|collection| row(collection, &new_id(), &collection.full()))
        .collect();
    let from = std::time::Instant::now();
    let answer = push(&member, &rows);
    let took = from.elapsed();
    assert!(statuses(&answer).iter().all(|status| *status == "applied"));
    assert_eq!(answer.json["revision"], 501);
    let found = pull_all(&member, 0);
    let order = |rows: &[Json]| -> Vec<String> { rows.iter().map(|row| row["id"].to_string()).collect() };
    assert_eq!(order(&found), order(&rows), "in the order they were sent");
    if server.engine().url().is_some() {
        let account = format!("account_id = '{}'", member.account_id());
        let of_table = |name: &str| format!("SELECT xmin::text AS line FROM {name} WHERE {account}");
        let tables: Vec<String> = all.iter().map(|collection| of_table(&collection.name())).collect();
        let commits = crate::support::Database(server).lines(&tables.join(" UNION "));
        assert_eq!(commits.len(), 1, "all rows were made by one transaction");
    }
    assert!(took < std::time::Duration::from_secs(5), "{took:?}");
}

fn a_push_for_another_journal_is_410(server: &Server) {
    let member = server.member();
    let epoch = pull(&member, "")["epoch"].clone();
    let good = row(&collections::at("/v1/check-ins"), &new_id(), &json!({"local_date": "2025-03-04"}));
    for another in [json!(new_id()), json!("nonsense"), json!("")] {
        let answer = member.post(PATH, &json!({"epoch": another, "changes": [good]}));
        answer.refused(410, "checkpoint_invalid");
    }
    assert_eq!(pull(&member, "")["next_since"], 1, "nothing was stored");
    for own in [epoch, Json::Null] {
        member.post(PATH, &json!({"epoch": own, "changes": [good]})).expect(200);
    }
}
