//! A counselor's clients in one look, the brief, and the member's preview of both.

use serde_json::{Value as Json, json};

use super::life::{body, client, craving, days_ago, in_seconds, member, offer, pair, scope, share};
use crate::support::{Client, Server, both};

both!(
    a_caseload_tells_what_each_share_allows,
    flags_say_why,
    what_is_not_shared_raises_no_flag,
    a_brief_tells_what_changed,
    a_member_sees_what_the_recipient_sees,
);

fn record(member: &Client, path: &str, body: &Json) -> String {
    member.post(path, body).expect(201).id().to_owned()
}

fn moment(path: &str, member: &Client, days: i64, more: &Json) -> String {
    let date = days_ago(days);
    let mut body =
        json!({"occurred_at": format!("{date}T12:00:00Z"), "time_zone": "UTC", "local_date": date});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    record(member, path, &body)
}

/// A member with a name.
fn ann(server: &Server) -> Client {
    let member = member(server);
    member.patch("/v1/account", &json!({"display_name": "Ann"})).expect(200);
    member
}

fn codes(client: &Json) -> Vec<&str> {
    client["flags"].as_array().unwrap().iter().map(|flag| flag["code"].as_str().unwrap()).collect()
}

fn a_caseload_tells_what_each_share_allows(server: &Server) {
    let (member, counselor) = (ann(server), server.counselor());
    record(&member, "/v1/clocks", &json!({"substance": "opioids", "started_on": days_ago(113)}));
    for days in [0, 2, 2] {
        record(
            &member,
            "/v1/check-ins",
            &json!({"local_date": days_ago(days), "mood": 5 + days, "craving": 3}),
        );
    }
    record(&member, "/v1/check-ins", &json!({"local_date": days_ago(2), "mood": 8}));
    craving(&member, &days_ago(2), 7, &json!({}));
    moment("/v1/meetings", &member, 0, &json!({"fellowship": "na"}));
    let all = json!([
        scope("check_ins", "summary"),
        scope("cravings", "summary"),
        scope("meetings", "summary"),
        scope("streaks", "summary"),
    ]);
    let id = share(&member, &counselor, &all);
    let caseload = counselor.get("/v1/clients");
    let [seen] = caseload.expect(200).items() else { panic!("{caseload:?}") };
    assert_eq!((&seen["share_id"], &seen["name"]), (&json!(id), &json!("Ann")));
    assert_eq!((&seen["last_entry_on"], &seen["silent_days"]), (&json!(days_ago(0)), &json!(0)));
    assert_eq!(seen["clock"], json!({"substance": "opioids", "current_days": 113, "status": "running"}));
    let mut mood = vec![Json::Null; 14];
    (mood[11], mood[13]) = (json!(7.33), json!(5.0));
    assert_eq!(seen["mood_14"], json!(mood));
    let mut strongest = vec![Json::Null; 14];
    (strongest[11], strongest[13]) = (json!(7), json!(3));
    assert_eq!(seen["craving_14"], json!(strongest));
    assert_eq!(seen["meetings_this_week"], 1);
    // The share of a day ends soon.
    assert_eq!(codes(seen), ["share_expires_soon"]);
    let tag = caseload.etag().to_owned();
    counselor.request("GET", "/v1/clients").header("If-None-Match", tag).send().expect(304);
    assert_eq!(member.get("/v1/disclosures").items().len(), 2);
    assert_eq!(member.get("/v1/disclosures").items()[0]["collection"], "caseload");
    craving(&member, &days_ago(1), 9, &json!({}));
    assert_eq!(counselor.get("/v1/clients").items()[0]["craving_14"][12], 9, "as the journal is now");
    let narrow = server.counselor();
    share(&member, &narrow, &json!([scope("lapses", "entries")]));
    let seen = &narrow.get("/v1/clients").items()[0].clone();
    assert_eq!((&seen["last_entry_on"], &seen["clock"]), (&json!(null), &json!(null)));
    assert_eq!((&seen["mood_14"], &seen["meetings_this_week"]), (&json!(vec![Json::Null; 14]), &json!(null)));
    member.delete(&format!("/v1/shares/{id}")).expect(204);
    assert!(counselor.get("/v1/clients").items().is_empty());
    server.member().get("/v1/clients").refused(403, "wrong_role");
    assert!(server.counselor().get("/v1/clients").items().is_empty());
}

/// A journal that raises every flag of a journal.
fn struggling(member: &Client) {
    let clock = record(member, "/v1/clocks", &json!({"substance": "opioids", "started_on": days_ago(113)}));
    record(member, "/v1/lapses", &json!({"clock_id": clock, "used_on": days_ago(5)}));
    craving(member, &days_ago(6), 8, &json!({}));
    craving(member, &days_ago(4), 9, &json!({}));
    let medication = json!({
        "name": "Buprenorphine", "kind": "buprenorphine", "schedule": "daily", "starts_on": days_ago(40),
    });
    let medication = record(member, "/v1/medications", &medication);
    for days in [6, 5] {
        moment("/v1/doses", member, days, &json!({"medication_id": medication, "status": "missed"}));
    }
    for days in [20, 6] {
        moment("/v1/sessions", member, days, &json!({"kind": "individual", "status": "missed"}));
    }
    let answers = json!([1, 1, 2, 1, 0, 1, 1, 0, 2]);
    let test = json!({"instrument": "phq9", "instrument_version": "1", "answers": answers});
    moment("/v1/assessments", member, 7, &test);
}

fn flags_say_why(server: &Server) {
    let (calm, hard, counselor) = (ann(server), ann(server), server.counselor());
    struggling(&hard);
    record(&calm, "/v1/check-ins", &json!({"local_date": days_ago(0), "mood": 7}));
    let names = ["cravings", "lapses", "doses", "sessions", "assessments", "check_ins"];
    let scopes: Vec<Json> = names.iter().map(|name| scope(name, "summary")).collect();
    for member in [&calm, &hard] {
        let mut asked = body(&counselor, &json!(scopes));
        asked["expires_at"] = json!(in_seconds(60 * 86_400));
        let id = member.post("/v1/shares", &asked).expect(201).id().to_owned();
        super::life::accept(&counselor, &id).expect(200);
    }
    let caseload = counselor.get("/v1/clients");
    let [first, second] = caseload.expect(200).items() else { panic!("{caseload:?}") };
    let expected = [
        "phq9_item_9",
        "open_lapse",
        "lapse_recorded",
        "craving_8_twice_in_3_days",
        "doses_missed_2",
        "sessions_missed_2",
        "silent_4_days",
    ];
    assert_eq!(codes(first), expected, "{first:#}");
    assert_eq!(codes(second), [] as [&str; 0], "the calm one comes last");
    assert_eq!(first["silent_days"], 4);
    for flag in first["flags"].as_array().unwrap() {
        assert!(flag["reason"].as_str().unwrap().len() > 10 && flag["on"].is_string(), "{flag}");
    }
}

fn what_is_not_shared_raises_no_flag(server: &Server) {
    let (member, counselor) = (ann(server), server.counselor());
    struggling(&member);
    record(&member, "/v1/check-ins", &json!({"local_date": days_ago(0), "mood": 7}));
    let only = json!([
        scope("check_ins", "entries"), scope("streaks", "summary"), scope("insights", "summary"),
        {"collection": "cravings", "detail": "entries", "to": days_ago(5)},
        {"collection": "lapses", "detail": "entries", "from": days_ago(2)},
    ]);
    let mut asked = body(&counselor, &only);
    asked["expires_at"] = json!(in_seconds(60 * 86_400));
    let id = member.post("/v1/shares", &asked).expect(201).id().to_owned();
    super::life::accept(&counselor, &id).expect(200);
    let caseload = counselor.get("/v1/clients");
    assert_eq!(codes(&caseload.items()[0]), [] as [&str; 0], "{caseload:?}");
}

fn a_brief_tells_what_changed(server: &Server) {
    let (member, counselor) = (ann(server), server.counselor());
    struggling(&member);
    for days in 0..28 {
        let mood = if days < 14 { 7 } else { 4 };
        record(&member, "/v1/check-ins", &json!({"local_date": days_ago(days), "mood": mood}));
    }
    let mut asked = body(
        &counselor,
        &json!([
            scope("check_ins", "entries"),
            scope("cravings", "entries"),
            scope("doses", "entries"),
            scope("sessions", "entries"),
            scope("lapses", "summary")
        ]),
    );
    asked["question"] = json!("Sleep");
    let id = member.post("/v1/shares", &asked).expect(201).id().to_owned();
    super::life::accept(&counselor, &id).expect(200);
    let brief = counselor.get(&client(&id, "brief"));
    let told = &brief.expect(200).json;
    assert_eq!((&told["since"], &told["until"]), (&json!(days_ago(13)), &json!(days_ago(0))));
    assert_eq!(told["changes"], json!([{"rating": "mood", "n": 14, "mean": 7.0, "difference": 3.0}]));
    assert_eq!(told["cravings"], json!({"n": 2, "before": 0}));
    assert_eq!(told["missed_doses"], json!([days_ago(5), days_ago(6)]));
    assert_eq!(told["missed_sessions"], json!([days_ago(6)]));
    assert_eq!(told["lapses"], json!([{"used_on": days_ago(5), "resumed_on": null}]));
    assert_eq!(told["consent"]["question"], "Sleep");
    let longer = counselor.get(&client(&id, &format!("brief?since={}", days_ago(20))));
    assert_eq!(longer.json["missed_sessions"], json!([days_ago(6), days_ago(20)]));
    counselor.get(&client(&id, "brief?since=2999-01-01")).refused(422, "validation_failed");
    assert_eq!(
        member.get(&format!("/v1/shares/{id}/brief")).expect(200).json,
        *told,
        "what the recipient sees"
    );
    assert_eq!(member.get(&format!("/v1/shares/{id}/brief")).etag(), brief.etag());
}

fn a_member_sees_what_the_recipient_sees(server: &Server) {
    let (member, counselor) = pair(server);
    struggling(&member);
    let scopes = json!([
        {"collection": "cravings", "detail": "entries", "from": days_ago(5)}, scope("insights", "summary"),
        scope("clocks", "summary"),
    ]);
    let id = offer(&member, &counselor, &scopes);
    let before = member.get(&format!("/v1/shares/{id}/preview"));
    super::life::accept(&counselor, &id).expect(200);
    let answers = before.expect(200).json["answers"].as_array().unwrap().clone();
    let paths: Vec<&str> = answers.iter().map(|answer| answer["path"].as_str().unwrap()).collect();
    assert!(
        paths.contains(&"cravings") && paths.contains(&"trends") && paths.contains(&"brief"),
        "{paths:?}"
    );
    assert!(!paths.contains(&"clocks") && !paths.contains(&"streaks"), "{paths:?}");
    for answer in &answers {
        let theirs = counselor.get(&client(&id, answer["path"].as_str().unwrap()));
        assert_eq!(answer["body"], theirs.expect(200).json, "{}", answer["path"]);
    }
    assert_eq!(before.json["client"], counselor.get("/v1/clients").items()[0]);
    let read = member.get("/v1/disclosures").items().len();
    member.get(&format!("/v1/shares/{id}/preview")).expect(200);
    assert_eq!(member.get("/v1/disclosures").items().len(), read, "a preview is no disclosure");
    server.member().get(&format!("/v1/shares/{id}/preview")).refused(404, "not_found");
    counselor.get(&format!("/v1/shares/{id}/preview")).refused(403, "wrong_role");
}
