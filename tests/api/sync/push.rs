//! `POST /v1/sync/changes`: what becomes of a row, by what its id stands for and what it rests on.

use serde_json::{Value as Json, json};

use super::{delete, expect, pull, pull_all, push, push_one, revision, row, statuses, with};
use crate::records::{changed, new_id};
use crate::support::matching::{SERVER_OWNED, assert_holds};
use crate::support::{Server, both, collections};

both!(
    a_replay_is_unchanged_and_takes_no_revision,
    each_applied_row_takes_a_revision_of_its_own,
    what_was_pulled_may_be_sent_back_whole,
    absent_keeps_and_null_clears,
    a_base_revision_is_good_until_it_is_passed,
    a_base_is_compared_on_what_it_says,
    a_base_is_not_validated,
    what_the_server_fills_in_is_filled_in,
    what_only_the_server_works_out_is_ignored,
    values_are_compared_and_not_texts,
    a_deleted_record_is_not_written_by_accident,
    a_delete_needs_a_base,
    the_same_id_twice_is_judged_one_after_the_other,
    rest_and_sync_are_one_order,
    a_conflict_is_told_before_what_does_not_hold_with_it,
);

fn a_replay_is_unchanged_and_takes_no_revision(server: &Server) {
    let member = server.member();
    let rows: Vec<Json> =
        collections::all().iter().map(|collection| row(collection, &new_id(), &collection.full())).collect();
    let first = push(&member, &rows);
    assert!(statuses(&first).iter().all(|status| *status == "applied"), "{first:?}");
    for _ in 0..2 {
        let again = push(&member, &rows);
        assert!(statuses(&again).iter().all(|status| *status == "unchanged"), "{again:?}");
        assert_eq!(again.json["revision"], first.json["revision"]);
        for (one, other) in
            first.json["results"].as_array().unwrap().iter().zip(again.json["results"].as_array().unwrap())
        {
            assert_eq!(one["revision"], other["revision"], "a result names the record's revision");
        }
    }
    assert_eq!(pull_all(&member, 0).len(), rows.len());
}

fn each_applied_row_takes_a_revision_of_its_own(server: &Server) {
    let member = server.member();
    let known = new_id();
    let collection = collections::at("/v1/check-ins");
    expect(&member, &row(&collection, &known, &collection.full()), "applied");
    let rows = [
        row(&collection, &new_id(), &collection.full()),
        row(&collection, &known, &collection.full()),
        row(&collection, &new_id(), &json!({"local_date": "never"})),
        delete(&collection, &new_id()),
        row(&collection, &new_id(), &collection.minimal()),
    ];
    let answer = push(&member, &rows);
    assert_eq!(statuses(&answer), ["applied", "unchanged", "invalid", "unchanged", "applied"]);
    let revisions: Vec<&Json> =
        answer.json["results"].as_array().unwrap().iter().map(|one| &one["revision"]).collect();
    assert_eq!(revisions, [&json!(3), &json!(2), &Json::Null, &Json::Null, &json!(4)]);
    assert_eq!(answer.json["revision"], 4);
    for (result, row) in answer.json["results"].as_array().unwrap().iter().zip(&rows) {
        assert_eq!((&result["id"], &result["collection"]), (&row["id"], &row["collection"]));
    }
    // The next write takes the next one.
    let next = member.post("/v1/check-ins", &collection.minimal());
    assert_eq!(next.expect(201).json["revision"], 5);
}

fn what_was_pulled_may_be_sent_back_whole(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let record = member.post(collection.path, &collection.full());
        let doc = pull(&member, &format!("since={}", revision(&member) - 1))["changes"][0]["doc"].clone();
        assert_eq!(doc, record.json);
        let same = expect(&member, &row(&collection, record.id(), &doc), "unchanged");
        assert_eq!(same["revision"], doc["revision"]);
        // As a base, whole, with a change beside it.
        let (body, name, _) = changed(&collection);
        let mut edited = doc.clone();
        edited[name] = body[name].clone();
        edited["revision"] = json!(1);
        expect(&member, &with(row(&collection, record.id(), &edited), "base", doc.clone()), "applied");
        let now = member.get(&collection.item(record.id()));
        assert_holds(&now.json, &body);
        assert_eq!(now.json["created_at"], doc["created_at"]);
        let mut other = doc.clone();
        other["id"] = json!(new_id());
        let write = row(&collection, record.id(), &other);
        for row in [with(delete(&collection, record.id()), "doc", other), write] {
            let result = expect(&member, &with(row, "base_revision", 10_000), "invalid");
            assert_eq!(result["problem"]["errors"][0]["pointer"], "/changes/0/doc/id");
        }
    }
}

fn absent_keeps_and_null_clears(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let id = new_id();
        let (body, name, _) = changed(&collection);
        expect(&member, &row(&collection, &id, &body), "applied");
        expect(&member, &row(&collection, &id, &json!({})), "unchanged");
        let base_revision = revision(&member);
        let mut wanted = body;
        if !collection.requires(name) {
            let clear = with(row(&collection, &id, &json!({name: null})), "base_revision", base_revision);
            expect(&member, &clear, "applied");
            wanted[name] = Json::Null;
        }
        let now = member.get(&collection.item(&id)).json.clone();
        assert_holds(&now, &wanted);
        for (field, _) in collection.fields().filter(|(field, _)| collection.requires(field)) {
            let row = with(row(&collection, &id, &json!({field: null})), "base_revision", 10_000);
            let result = expect(&member, &row, "invalid");
            assert_eq!(result["problem"]["errors"][0]["pointer"], format!("/changes/0/doc/{field}"));
        }
        assert_eq!(member.get(&collection.item(&id)).json, now);
    }
}

fn a_base_revision_is_good_until_it_is_passed(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let id = new_id();
        let first =
            expect(&member, &row(&collection, &id, &collection.full()), "applied")["revision"].clone();
        let (body, ..) = changed(&collection);
        let edit = row(&collection, &id, &body);
        let none = expect(&member, &edit, "conflict");
        let wanted = json!({"collection": collection.name(), "id": id, "revision": first, "deleted": false,
            "doc": member.get(&collection.item(&id)).json});
        assert_eq!(none["current"], wanted, "as a pull tells it");
        assert_eq!(none["revision"], first);
        let number = first.as_i64().unwrap();
        expect(&member, &with(edit.clone(), "base_revision", number - 1), "conflict");
        expect(&member, &with(edit.clone(), "base_revision", number), "applied");
        // Passed by that change; but what is there already is there.
        expect(&member, &with(edit, "base_revision", number), "unchanged");
        let third = with(row(&collection, &id, &collection.full()), "base_revision", number);
        expect(&member, &third, "conflict");
        expect(&member, &with(third, "base_revision", revision(&member) + 1_000), "applied");
    }
}

fn a_base_is_compared_on_what_it_says(server: &Server) {
    let member = server.member();
    let check_ins = collections::at("/v1/check-ins");
    let id = new_id();
    expect(
        &member,
        &row(&check_ins, &id, &json!({"local_date": "2025-03-04", "mood": 5, "pain": 1})),
        "applied",
    );
    let edit = |mood: u8, base: Json| with(row(&check_ins, &id, &json!({"mood": mood})), "base", base);
    for conflict in [
        json!({}),
        json!({"mood": 4}),
        json!({"mood": null}),
        json!({"mood": 5, "pain": 2}),
        json!({"mood": 5, "note": "other"}),
        // Says nothing of the record's fields.
        json!({"id": id, "revision": 2}),
    ] {
        expect(&member, &edit(7, conflict), "conflict");
    }
    expect(&member, &edit(7, json!({"mood": 5})), "applied");
    expect(&member, &edit(8, json!({"pain": 1})), "applied");
    expect(&member, &edit(9, json!({"mood": 8, "note": null, "anxiety": null})), "applied");
    expect(&member, &edit(6, json!({"mood": 9, "revision": 1, "created_at": "long ago"})), "applied");
    // Either of the two is enough.
    let both = with(edit(5, json!({"mood": 1})), "base_revision", 10_000);
    expect(&member, &both, "applied");
    let both = with(edit(4, json!({"mood": 5})), "base_revision", 1);
    expect(&member, &both, "applied");
    let null = with(
        with(row(&check_ins, &id, &json!({"mood": 3})), "base", Json::Null),
        "base_revision",
        Json::Null,
    );
    expect(&member, &null, "conflict");
    // Whatever a base says, an id that never was is new.
    for base in [json!({}), json!({"mood": 5})] {
        let row = row(&check_ins, &new_id(), &json!({"local_date": "2025-03-05"}));
        expect(&member, &with(row, "base", base), "applied");
    }
}

fn a_base_is_not_validated(server: &Server) {
    let member = server.member();
    let check_ins = collections::at("/v1/check-ins");
    let id = new_id();
    let body = json!({"local_date": "2025-03-04", "mood": 5, "substance_free": false});
    expect(&member, &row(&check_ins, &id, &body), "applied");
    let edit = |base: Json| with(row(&check_ins, &id, &json!({"mood": 7})), "base", base);
    for odd in [
        json!({"mood": 11}),
        json!({"mood": "five"}),
        json!({"mood": [5]}),
        json!({"substance_free": "no"}),
        json!({"local_date": null}),
        json!({"local_date": "4 March"}),
    ] {
        expect(&member, &edit(odd), "conflict");
    }
    for unknown in [json!({"moood": 5}), json!({"mood": 5, "what/ever": null})] {
        let result = expect(&member, &edit(unknown), "invalid");
        let pointer = result["problem"]["errors"][0]["pointer"].as_str().unwrap();
        assert!(pointer.starts_with("/changes/0/base/"), "{pointer}");
    }
    assert_eq!(member.get(&check_ins.item(&id)).json["mood"], 5);
}

fn what_the_server_fills_in_is_filled_in(server: &Server) {
    let member = server.member();
    let check_ins = collections::at("/v1/check-ins");
    let id = new_id();
    expect(
        &member,
        &row(&check_ins, &id, &json!({"local_date": "2025-03-04", "slot": null, "mood": 5})),
        "applied",
    );
    for same in
        [json!({"slot": null}), json!({"slot": "day"}), json!({"local_date": "2025-03-04", "slot": null})]
    {
        expect(&member, &row(&check_ins, &id, &same), "unchanged");
    }
    let edit = with(row(&check_ins, &id, &json!({"mood": 6})), "base", json!({"slot": null}));
    expect(&member, &edit, "applied");
    let cravings = collections::at("/v1/cravings");
    let id = new_id();
    let body =
        json!({"occurred_at": "2025-03-04T23:30:00-05:00", "time_zone": "America/New_York", "intensity": 5});
    expect(&member, &row(&cravings, &id, &body), "applied");
    let record = member.get(&cravings.item(&id)).json.clone();
    assert_eq!((&record["outcome"], &record["local_date"]), (&json!("open"), &json!("2025-03-04")));
    let mut whole = body.clone();
    for name in ["outcome", "local_date", "note", "halt"] {
        whole[name] = Json::Null;
    }
    expect(&member, &row(&cravings, &id, &whole), "unchanged");
    let edit = |intensity: u8, base: &Json| {
        with(row(&cravings, &id, &json!({"intensity": intensity})), "base", base.clone())
    };
    expect(&member, &edit(6, &whole), "applied");
    whole["intensity"] = json!(6);
    whole["outcome"] = json!("passed");
    expect(&member, &edit(7, &whole), "conflict");
    // Another date than the one that is worked out is not nothing.
    member.patch(&cravings.item(&id), &json!({"local_date": "2025-03-05"})).expect(200);
    expect(&member, &edit(8, &json!({"local_date": null})), "conflict");
    expect(&member, &edit(8, &json!({"local_date": "2025-03-05"})), "applied");
    expect(
        &member,
        &with(row(&cravings, &id, &json!({"local_date": null})), "base_revision", 10_000),
        "applied",
    );
    assert_eq!(member.get(&cravings.item(&id)).json["local_date"], "2025-03-04");
}

fn what_only_the_server_works_out_is_ignored(server: &Server) {
    let member = server.member();
    let mut found = 0;
    for collection in collections::all() {
        let id = new_id();
        expect(&member, &row(&collection, &id, &collection.full()), "applied");
        let record = member.get(&collection.item(&id)).json.clone();
        let settable: Vec<&str> = collection.fields().map(|(name, _)| name).collect();
        let is_derived =
            |name: &&String| !SERVER_OWNED.contains(&name.as_str()) && !settable.contains(&name.as_str());
        let derived: Vec<&String> = record.as_object().unwrap().keys().filter(is_derived).collect();
        let (body, edited, _) = changed(&collection);
        let elsewhere = member.post(collection.path, &body);
        for (name, nonsense) in derived.iter().zip([json!(99), json!("nonsense"), Json::Null]) {
            found += 1;
            let odd = with(record.clone(), name, nonsense.clone());
            expect(&member, &row(&collection, &id, &odd), "unchanged");
            let edit = row(&collection, &id, &with(odd.clone(), edited, body[edited].clone()));
            // A base that says nothing else says nothing.
            expect(&member, &with(edit.clone(), "base", json!({*name: record[*name]})), "conflict");
            expect(&member, &with(edit, "base", odd), "applied");
            assert_eq!(
                member.get(&collection.item(&id)).json[*name],
                elsewhere.json[*name],
                "worked out anew"
            );
            let gone = with(delete(&collection, &id), "base_revision", 10_000);
            expect(&member, &gone, "applied");
            let revive = row(&collection, &id, &collection.full());
            expect(&member, &with(revive, "base", json!({*name: nonsense})), "applied");
            assert_eq!(member.get(&collection.item(&id)).json[*name], record[*name]);
        }
    }
    assert!(found >= 3, "{found} members that only the server works out");
}

fn values_are_compared_and_not_texts(server: &Server) {
    let member = server.member();
    let (cravings, clocks) = (collections::at("/v1/cravings"), collections::at("/v1/clocks"));
    let (craving, clock) = (new_id(), new_id());
    let mut body = cravings.full();
    body["occurred_at"] = json!("2025-03-04T21:40:00-05:00");
    body["intensity"] = json!(7);
    expect(&member, &row(&cravings, &craving, &body), "applied");
    let mut amount = clocks.full();
    amount["daily_cost"] = json!("12.50");
    expect(&member, &row(&clocks, &clock, &amount), "applied");
    for same in [
        json!({"intensity": 7.0}),
        json!({"occurred_at": "2025-03-04T21:40:00.987-05:00"}),
        json!({"occurred_at": "2025-03-05T02:40:00Z"}),
    ] {
        expect(&member, &row(&cravings, &craving, &same), "unchanged");
        let mut edit = with(row(&cravings, &craving, &json!({"intensity_after": 2})), "base", same);
        expect(&member, &edit, "applied");
        edit["doc"]["intensity_after"] = json!(3);
        expect(&member, &edit, "applied");
    }
    for same in ["12.5", "12.500", "012.50"] {
        expect(&member, &row(&clocks, &clock, &json!({"daily_cost": same})), "unchanged");
    }
    let upper = craving.to_uppercase();
    assert_eq!(expect(&member, &row(&cravings, &upper, &json!({"intensity": 7})), "unchanged")["id"], upper);
}

fn a_deleted_record_is_not_written_by_accident(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let id = new_id();
        expect(&member, &row(&collection, &id, &collection.full()), "applied");
        member.delete(&collection.item(&id)).expect(204);
        let buried = revision(&member);
        let write = row(&collection, &id, &collection.full());
        let (_, name, _) = changed(&collection);
        for conflict in [
            write.clone(),
            with(write.clone(), "base", collection.full()),
            with(write.clone(), "base", json!({name: "something"})),
            with(write.clone(), "base_revision", buried - 1),
        ] {
            let result = expect(&member, &conflict, "conflict");
            let wanted = json!({"collection": collection.name(), "id": id, "revision": buried, "deleted": true,
                "doc": null});
            assert_eq!(result["current"], wanted);
        }
        assert_eq!(expect(&member, &delete(&collection, &id), "unchanged")["revision"], buried);
        let revived = expect(&member, &with(write.clone(), "base_revision", buried), "applied");
        assert_eq!(revived["revision"], buried + 1);
        for nothing in [json!({name: null}), json!({})] {
            member.delete(&collection.item(&id)).expect(204);
            expect(&member, &with(write.clone(), "base", nothing), "applied");
        }
        // What is not said is not what it was before.
        member.delete(&collection.item(&id)).expect(204);
        let bare = row(&collection, &id, &collection.minimal());
        expect(&member, &with(bare, "base_revision", 10_000), "applied");
        let record = member.get(&collection.item(&id)).json.clone();
        assert_eq!(record[name], collection.minimal()[name]);
        assert!(pull_all(&member, buried).iter().all(|one| one["id"] != id || one["deleted"] == false));
    }
}

fn a_delete_needs_a_base(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let never = expect(&member, &delete(&collection, &new_id()), "unchanged");
        assert_eq!(never["revision"], Json::Null);
        let id = new_id();
        let (body, name, _) = changed(&collection);
        expect(&member, &row(&collection, &id, &body), "applied");
        let now = revision(&member);
        for conflict in [
            delete(&collection, &id),
            with(delete(&collection, &id), "base", json!({})),
            with(delete(&collection, &id), "base", json!({name: "other"})),
            with(delete(&collection, &id), "base_revision", now - 1),
        ] {
            let result = expect(&member, &conflict, "conflict");
            assert_eq!(result["current"]["doc"], member.get(&collection.item(&id)).json);
        }
        let with_doc = with(delete(&collection, &id), "doc", json!({"id": id, name: "looked at by nobody"}));
        let gone = expect(&member, &with(with_doc, "base", json!({name: body[name]})), "applied");
        assert_eq!(gone["revision"], now + 1);
        member.get(&collection.item(&id)).refused(404, "not_found");
        expect(&member, &delete(&collection, &id), "unchanged");
        assert_eq!(pull(&member, &format!("since={now}"))["changes"][0]["deleted"], true);
    }
}

fn the_same_id_twice_is_judged_one_after_the_other(server: &Server) {
    let member = server.member();
    let check_ins = collections::at("/v1/check-ins");
    let id = new_id();
    let doc = |mood: u8| json!({"local_date": "2025-03-04", "mood": mood});
    let rows = [
        row(&check_ins, &id, &doc(1)),
        row(&check_ins, &id, &doc(1)),
        row(&check_ins, &id, &doc(2)),
        with(row(&check_ins, &id, &json!({"mood": 3})), "base", json!({"mood": 1})),
        with(delete(&check_ins, &id), "base", json!({"mood": 1})),
        with(delete(&check_ins, &id), "base", json!({"mood": 3})),
        delete(&check_ins, &id),
        with(row(&check_ins, &id, &doc(4)), "base", json!({"mood": null})),
        // The same id in another collection is another record.
        row(&collections::at("/v1/skills"), &id, &collections::at("/v1/skills").full()),
    ];
    let answer = push(&member, &rows);
    let wanted = [
        "applied",
        "unchanged",
        "conflict",
        "applied",
        "conflict",
        "applied",
        "unchanged",
        "applied",
        "applied",
    ];
    assert_eq!(statuses(&answer), wanted, "{answer:?}");
    assert_eq!(answer.json["results"][2]["current"]["doc"]["mood"], 1);
    assert_eq!(answer.json["results"][4]["current"]["doc"]["mood"], 3);
    assert_eq!(answer.json["revision"], 6);
    assert_eq!(member.get(&check_ins.item(&id)).json["mood"], 4);
    assert_eq!(pull_all(&member, 0).len(), 2);
}

fn rest_and_sync_are_one_order(server: &Server) {
    let member = server.member();
    let check_ins = collections::at("/v1/check-ins");
    let record = member.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "mood": 1}));
    let path = check_ins.item(record.id());
    let edit = |mood: u8, base: u8| {
        with(row(&check_ins, record.id(), &json!({"mood": mood})), "base", json!({"mood": base}))
    };
    expect(&member, &edit(2, 1), "applied");
    let stale = member.request("PATCH", &path).header("If-Match", record.etag());
    stale
        .header("Content-Type", "application/json")
        .json(&json!({"mood": 9}))
        .send()
        .refused(412, "precondition_failed");
    member.patch(&path, &json!({"mood": 3})).expect(200);
    assert_eq!(expect(&member, &edit(4, 2), "conflict")["current"]["doc"], member.get(&path).json);
    expect(&member, &edit(4, 3), "applied");
    assert_eq!(member.get(&path).json["revision"], 5);
    // The day's check-in of two phones is one record.
    let natural = member.put("/v1/days/2025-03-06/check-in", &json!({"mood": 5})).id().to_owned();
    let doc = json!({"local_date": "2025-03-06", "slot": "day", "mood": 5});
    expect(&member, &row(&check_ins, &natural, &doc), "unchanged");
    // What sync deleted is deleted.
    expect(&member, &with(delete(&check_ins, &natural), "base_revision", 10_000), "applied");
    member.get("/v1/days/2025-03-06/check-in").refused(404, "not_found");
    member.delete(&check_ins.item(&natural)).expect(204);
}

fn a_conflict_is_told_before_what_does_not_hold_with_it(server: &Server) {
    let member = server.member();
    let lapses = collections::at("/v1/lapses");
    let id = new_id();
    let mut body = lapses.full();
    body["used_on"] = json!("2025-03-04");
    body["resumed_on"] = json!("2025-03-10");
    expect(&member, &row(&lapses, &id, &body), "applied");
    // The other device moved the beginning meanwhile, so that this end is before it.
    let end = row(&lapses, &id, &json!({"resumed_on": "2025-03-01"}));
    expect(&member, &with(end.clone(), "base", json!({"used_on": "2025-02-20"})), "conflict");
    let result = push_one(&member, &with(end, "base_revision", 10_000));
    assert_eq!(
        (&result["status"], &result["problem"]["code"]),
        (&json!("invalid"), &json!("validation_failed"))
    );
    assert_eq!(result["problem"]["errors"][0]["pointer"], "/changes/0/doc/resumed_on");
}
