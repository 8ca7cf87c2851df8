//! Support in the answer of a write, and the crisis card: the person's own first, and never in the way of the write.

use serde_json::{Value as Json, json};

use crate::support::{Answer, Client, Server, both};

both!(
    a_write_that_meets_a_rule_is_stored_and_answered_with_support,
    what_is_the_persons_own_comes_first,
    tolerance_is_worked_out_from_the_journal,
    no_rule_no_support,
    the_card_is_there_at_any_time,
    a_pushed_row_is_answered_with_support,
);

const PHQ9: [u8; 9] = [0, 0, 0, 0, 0, 0, 0, 0, 2];

fn phq9(member: &Client, answers: &[u8]) -> Answer {
    member.post(
        "/v1/assessments",
        &json!({"occurred_at": "2026-11-02T09:00:00-05:00", "time_zone": "America/New_York", "instrument": "phq9",
            "instrument_version": "1", "answers": answers}),
    )
}

/// A member with a plan, two contacts and an opioid clock.
fn prepared(server: &Server) -> (Client, String) {
    let member = server.member();
    member.patch("/v1/account", &json!({"country": "US"})).expect(200);
    let contact = |name: &str, order: Option<u8>| {
        let body =
            json!({"name": name, "role": "peer", "phone": format!("+1 555 {name}"), "call_order": order});
        member.post("/v1/contacts", &body).expect(201).id().to_owned()
    };
    contact("Ben", Some(1));
    let ruth = contact("Ruth", Some(9));
    contact("Cleo", None);
    let plan = json!({"reasons": ["My daughter"], "contact_ids": [ruth],
        "skill_ids": ["92f2a60d-0b5f-5d88-ac79-8b6b575ba946", "0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11"]});
    member.post("/v1/plans", &plan).expect(201);
    let clock = json!({"substance": "opioids", "started_on": "2026-01-10"});
    let clock = member.post("/v1/clocks", &clock).expect(201).id().to_owned();
    (member, clock)
}

fn rules(answer: &Answer) -> Vec<&str> {
    answer.json["support"]["rules"].as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

fn a_write_that_meets_a_rule_is_stored_and_answered_with_support(server: &Server) {
    let member = server.member();
    let first = phq9(&member, &PHQ9);
    assert_eq!(rules(first.expect(201)), ["phq9_item_9_often"]);
    let support = &first.json["support"];
    assert_eq!(support["level"], "urgent");
    assert!(support["reasons"][0].as_str().unwrap().contains("talk with somebody now"));
    assert_eq!((&first.json["score"], &first.json["band"]), (&json!(2), &json!("minimal")));
    // What is read later is the record.
    let path = format!("/v1/assessments/{}", first.id());
    let read = member.get(&path);
    assert_eq!(read.expect(200).json["support"], Json::Null);
    assert_eq!(read.etag(), first.etag());
    assert_eq!(read.json["answers"], json!(PHQ9));
    // PUT and PATCH are writes too, also when the answer before was lost and nothing changes.
    assert_eq!(rules(member.put(&path, &read.json).expect(200)), ["phq9_item_9_often"]);
    let eased = member.patch(&path, &json!({"answers": [0, 0, 0, 0, 0, 0, 0, 0, 1]}));
    assert_eq!(rules(eased.expect(200)), ["phq9_item_9"]);
    assert_eq!(eased.json["support"]["level"], "elevated");
    let passed = member.patch(&path, &json!({"answers": [3, 3, 3, 3, 3, 3, 3, 3, 0]}));
    assert_eq!((rules(passed.expect(200)).len(), &passed.json["band"]), (0, &json!("severe")));
}

fn what_is_the_persons_own_comes_first(server: &Server) {
    let (member, _) = prepared(server);
    let log = json!({"occurred_at": "2026-11-02T09:00:00Z", "time_zone": "UTC", "vomiting": 3});
    let answer = member.post("/v1/withdrawal-logs", &log);
    assert_eq!(rules(answer.expect(201)), ["withdrawal_vomiting"]);
    let actions = answer.json["support"]["actions"].as_array().unwrap();
    let kinds: Vec<&str> = actions.iter().map(|action| action["kind"].as_str().unwrap()).collect();
    // The reason and the one skill that is known; the plan's contact before the one with the lowest number.
    assert_eq!(kinds[..6], ["plan", "plan", "contact", "contact", "contact", "text"]);
    assert!(kinds.len() > 6 && kinds[6..].iter().all(|kind| *kind == "help_line"), "{kinds:?}");
    let values: Vec<&str> = actions.iter().map(|action| action["value"].as_str().unwrap()).collect();
    assert_eq!(values[..5], ["My daughter", "Urge surfing", "+1 555 Ruth", "+1 555 Ben", "+1 555 Cleo"]);
    assert_eq!(actions[2]["label"], "Ruth (peer)");
    assert!(values[6..].iter().any(|value| value.contains("911")), "{values:?}");
    assert!(values[6..].iter().any(|value| value.contains("988")), "{values:?}");

    // Where it is urgent, what to do comes before everything else.
    let urgent = phq9(&member, &PHQ9);
    assert_eq!(urgent.expect(201).json["support"]["actions"][0]["kind"], "text");
}

fn tolerance_is_worked_out_from_the_journal(server: &Server) {
    let (member, clock) = prepared(server);
    let lapse = |used_on: &str, resumed_on: Option<&str>| {
        let body = json!({"clock_id": clock, "used_on": used_on, "resumed_on": resumed_on});
        member.post("/v1/lapses", &body)
    };
    // The clock starts on 10 January: two days, and three.
    assert_eq!(rules(lapse("2026-01-12", Some("2026-01-12")).expect(201)), [""; 0]);
    assert_eq!(rules(lapse("2026-01-15", Some("2026-01-16")).expect(201)), ["opioid_lapse_tolerance"]);
    assert_eq!(
        rules(lapse("2026-01-18", Some("2026-01-18")).expect(201)),
        [""; 0],
        "two days after the 16th"
    );
    let day = lapse("2026-02-01", None);
    assert_eq!(rules(day.expect(201)), ["opioid_lapse_tolerance"]);
    assert_eq!(rules(lapse("2026-02-20", None).expect(201)), [""; 0], "the one before has not ended");
    // Written down later, about a day before all of those: only what went before counts.
    assert_eq!(rules(lapse("2026-01-11", Some("2026-01-11")).expect(201)), [""; 0]);

    let naltrexone = json!({"name": "Shot", "kind": "naltrexone_xr", "schedule": "monthly",
        "starts_on": "2025-10-01", "ends_on": "2026-02-19"});
    let medication = member.post("/v1/medications", &naltrexone);
    let path = format!("/v1/medications/{}", medication.expect(201).id());
    let both = lapse("2026-02-20", None);
    assert_eq!(rules(both.expect(201)), ["opioid_lapse_after_naltrexone"], "ended the day before");
    member.patch(&path, &json!({"ends_on": "2026-02-20"})).expect(200);
    assert_eq!(rules(lapse("2026-02-20", None).expect(201)), [""; 0], "its last day is inside");

    let alcohol = json!({"substance": "alcohol", "started_on": "2025-01-10"});
    let alcohol = member.post("/v1/clocks", &alcohol).expect(201).id().to_owned();
    let other = json!({"clock_id": alcohol, "used_on": "2026-03-01"});
    assert_eq!(rules(member.post("/v1/lapses", &other).expect(201)), [""; 0]);
    let unknown = json!({"clock_id": crate::records::new_id(), "used_on": "2026-03-01", "kind": "overdose"});
    assert_eq!(rules(member.post("/v1/lapses", &unknown).expect(201)), ["overdose"]);
}

fn no_rule_no_support(server: &Server) {
    let (member, _) = prepared(server);
    let craving = |intensity: u8, company: Option<&str>| {
        let body = json!({"occurred_at": "2026-11-02T09:00:00Z", "time_zone": "UTC", "intensity": intensity,
            "company": company, "note": "I want to die, overdose, heroin"});
        member.post("/v1/cravings", &body)
    };
    // Free text is never scanned.
    for quiet in [craving(8, Some("alone")), craving(8, None), craving(9, Some("with Ruth"))] {
        assert!(!quiet.expect(201).json.as_object().unwrap().contains_key("support"), "{quiet:?}");
    }
    for answered in [craving(9, Some("alone")), craving(10, Some(" Alone ")), craving(9, None)] {
        assert_eq!(rules(answered.expect(201)), ["craving_alone"]);
        assert_eq!(answered.json["support"]["level"], "info");
    }
}

fn the_card_is_there_at_any_time(server: &Server) {
    let member = server.member();
    let empty = member.get("/v1/support");
    assert_eq!(empty.expect(200).json["plan_id"], Json::Null);
    assert_eq!(empty.json["contacts"], json!([]));
    let elsewhere = empty.json["help_lines"].as_array().unwrap();
    assert!(elsewhere.iter().all(|line| line["phone"].is_null()), "a country without data has no number");
    assert!(!elsewhere.is_empty());

    let (member, _) = prepared(server);
    let card = member.get("/v1/support");
    let cache = card.expect(200).header("cache-control").unwrap();
    assert!(cache.starts_with("private") && !cache.contains("no-store"), "{cache}");
    assert_eq!(card.json["reasons"], json!(["My daughter"]));
    let names: Vec<&str> =
        card.json["contacts"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["Ruth", "Ben", "Cleo"]);
    assert_eq!(card.json["skills"][0]["name"], "Urge surfing");
    assert_eq!(member.get("/v1/summary").expect(200).json["plan"]["crisis_card"], card.json);
    let again = member.request("GET", "/v1/support").header("If-None-Match", card.etag()).send();
    assert_eq!(again.expect(304).header("cache-control"), Some(cache));

    // Another country, and another plan, are another card; the plan written last is the current one.
    member.patch("/v1/account", &json!({"country": "GB"})).expect(200);
    let moved = member.get("/v1/support");
    assert_ne!(moved.etag(), card.etag());
    assert_ne!(moved.json["help_lines"], card.json["help_lines"]);
    member.post("/v1/plans", &json!({"reasons": ["Mornings"]})).expect(201);
    assert_eq!(member.get("/v1/support").json["reasons"], json!(["Mornings"]));
    member
        .put(&format!("/v1/plans/{}", card.json["plan_id"].as_str().unwrap()), &json!({"reasons": ["Both"]}))
        .expect(200);
    assert_eq!(member.get("/v1/support").json["reasons"], json!(["Both"]));
}

fn a_pushed_row_is_answered_with_support(server: &Server) {
    let (member, clock) = prepared(server);
    let [overdose, quiet, bad] = [0; 3].map(|_| crate::records::new_id());
    let lapse = |id: &str, kind: &str, used_on: &str| {
        json!({"collection": "lapses", "id": id,
            "doc": {"clock_id": clock, "used_on": used_on, "resumed_on": used_on, "kind": kind}})
    };
    let rows = json!({"changes": [lapse(&quiet, "lapse", "2026-01-11"), lapse(&bad, "relapse", "2026-05-01"),
        lapse(&overdose, "overdose", "2026-06-01")]});
    // The push, and the same again after its answer was lost.
    for status in ["applied", "unchanged"] {
        let answer = member.post("/v1/sync/changes", &rows);
        let results = answer.expect(200).json["results"].as_array().unwrap();
        assert_eq!(results[0]["status"], status);
        assert!(results[..2].iter().all(|result| result["support"].is_null()), "{results:?}");
        assert_eq!(
            (&results[2]["status"], &results[2]["support"]["level"]),
            (&json!(status), &json!("urgent"))
        );
        assert_eq!(results[2]["support"]["rules"], json!(["overdose", "opioid_lapse_tolerance"]));
    }
}
