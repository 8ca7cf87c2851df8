//! Reading under a share: what is open, how far, and that each read is written down.

use serde_json::json;

use super::life::{accept, body, client, craving, days_ago, member, offer, pair, scope, share};
use crate::support::{Server, both};

both!(
    a_client_is_read_as_far_as_the_share_goes,
    rows_outside_the_dates_are_not_there,
    a_summary_opens_figures_and_no_rows,
    insights_and_streaks_are_things_of_their_own,
    tags_say_nothing_else,
    a_supporter_sees_milestones_only,
    every_read_is_on_the_list,
);

fn a_client_is_read_as_far_as_the_share_goes(server: &Server) {
    let (member, counselor) = pair(server);
    let trigger = member.post("/v1/triggers", &json!({"name": "The bridge", "category": "environment"}));
    let trigger = trigger.expect(201).id().to_owned();
    let more = json!({"note": "words", "place": "home", "trigger_ids": [trigger], "outcome": "passed"});
    let ids: Vec<String> = (0..6).map(|days| craving(&member, &days_ago(days), 6, &more)).collect();
    let plain = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    let list = counselor.get(&client(&plain, "cravings"));
    assert_eq!(list.expect(200).items().len(), 6);
    assert_eq!(
        list.json["notice"],
        "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
    );
    assert_eq!(list.json["consent"]["share_id"], json!(plain));
    for row in list.items() {
        assert_eq!((&row["note"], &row["place"]), (&json!(null), &json!(null)), "{row}");
        assert_eq!((&row["intensity"], &row["outcome"]), (&json!(6), &json!("passed")));
    }
    let one = counselor.get(&client(&plain, &format!("cravings/{}", ids[0])));
    assert_eq!(one.expect(200).json["note"], json!(null));
    assert_eq!(one.json["consent"]["purpose"], "Counseling");
    counselor.get(&client(&plain, "check-ins")).refused(403, "not_shared");
    counselor.get(&client(&plain, "triggers")).refused(403, "not_shared");
    counselor.get(&client(&plain, &format!("triggers/{trigger}"))).refused(403, "not_shared");
    counselor.get(&client(&plain, "streaks")).refused(403, "not_shared");
    let triggers = counselor.get(&client(&plain, "insights/triggers"));
    assert_eq!(triggers.expect(200).json["triggers"][0]["name"], json!(null), "its name is not shared");
    let scopes = json!([scope("cravings", "entries_with_notes"), scope("triggers", "entries_with_notes")]);
    let full = share(&member, &counselor, &scopes);
    let list = counselor.get(&client(&full, "cravings"));
    let row = &list.expect(200).items()[0];
    assert_eq!((&row["note"], &row["place"]), (&json!("words"), &json!("home")));
    let triggers = counselor.get(&client(&full, "insights/triggers"));
    assert_eq!(triggers.json["triggers"][0]["name"], "The bridge");
    let own = member.get("/v1/cravings?limit=3").json.clone();
    let mut theirs = counselor.get(&client(&full, "cravings?limit=3")).json.clone();
    for member in ["notice", "consent"] {
        theirs.as_object_mut().unwrap().remove(member);
    }
    assert_eq!(theirs, own, "the member's own answer");
    counselor.get(&client(&full, "cravings?limit=0")).refused(400, "invalid_parameter");
    counselor.get(&client(&full, "cravings?nonsense=1")).refused(400, "invalid_parameter");
    counselor.get("/v1/clients/nonsense/cravings").refused(404, "not_found");
    member.get(&client(&full, "cravings")).refused(403, "wrong_role");
    server.counselor().get(&client(&full, "cravings")).refused(404, "not_found");
}

fn rows_outside_the_dates_are_not_there(server: &Server) {
    let (member, counselor) = pair(server);
    let ids: Vec<String> = (0..20).map(|days| craving(&member, &days_ago(days), 5, &json!({}))).collect();
    let cut = json!([
        {"collection": "cravings", "detail": "entries", "from": days_ago(12), "to": days_ago(3)},
    ]);
    let id = share(&member, &counselor, &cut);
    let mut seen = Vec::new();
    let mut path = client(&id, "cravings?limit=4");
    loop {
        let page = counselor.get(&path);
        seen.extend(page.expect(200).items().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        path = client(&id, &format!("cravings?limit=4&cursor={cursor}"));
    }
    assert_eq!(seen, ids[3..=12], "those days, and no empty page after them");
    assert_eq!(
        counselor.get(&client(&id, &format!("cravings?to={}", days_ago(13)))).items(),
        [] as [serde_json::Value; 0]
    );
    for (days, status) in [(2, 404), (3, 200), (12, 200), (13, 404)] {
        counselor.get(&client(&id, &format!("cravings/{}", ids[days]))).expect(status);
    }
    let trends = counselor.get(&client(&id, &format!("trends?from={}", days_ago(60))));
    assert_eq!(trends.expect(200).json["cravings"]["n"], 10);
    assert_eq!(trends.json["counts"]["meetings"]["n"], 0);
    assert_eq!(trends.json["ratings"]["mood"]["n"], 0);
    let heatmap = counselor.get(&client(&id, "insights/heatmap"));
    assert_eq!(heatmap.json["n"], 10);
}

fn a_summary_opens_figures_and_no_rows(server: &Server) {
    let (member, counselor) = pair(server);
    let one = craving(&member, &days_ago(1), 5, &json!({"note": "words"}));
    member.post("/v1/check-ins", &json!({"local_date": days_ago(1), "mood": 7})).expect(201);
    let id = share(&member, &counselor, &json!([scope("cravings", "summary")]));
    counselor.get(&client(&id, "cravings")).refused(403, "not_shared");
    counselor.get(&client(&id, &format!("cravings/{one}"))).refused(403, "not_shared");
    assert_eq!(counselor.get(&client(&id, "insights/heatmap")).expect(200).json["n"], 1);
    let trends = counselor.get(&client(&id, "trends"));
    assert_eq!(trends.expect(200).json["cravings"]["n"], 1);
    assert_eq!(trends.json["coverage"]["with_check_in"], 0);
    counselor.get(&client(&id, "insights/factors")).refused(403, "not_shared");
}

fn insights_and_streaks_are_things_of_their_own(server: &Server) {
    let (member, counselor) = pair(server);
    craving(&member, &days_ago(1), 5, &json!({}));
    member.post("/v1/check-ins", &json!({"local_date": days_ago(1), "mood": 7})).expect(201);
    let clock = json!({"substance": "opioids", "label": "private word", "started_on": days_ago(40)});
    member.post("/v1/clocks", &clock).expect(201);
    let id = share(&member, &counselor, &json!([scope("insights", "summary")]));
    let trends = counselor.get(&client(&id, "trends"));
    assert_eq!(trends.expect(200).json["ratings"]["mood"]["mean"], 7.0);
    counselor.get(&client(&id, "check-ins")).refused(403, "not_shared");
    counselor.get(&client(&id, "streaks")).refused(403, "not_shared");
    let id = share(&member, &counselor, &json!([scope("streaks", "summary")]));
    let streaks = counselor.get(&client(&id, "streaks"));
    assert_eq!(streaks.expect(200).json["clocks"][0]["current_days"], 40);
    assert_eq!(streaks.json["clocks"][0]["label"], json!(null), "a label is a word");
    assert_eq!(streaks.json["check_ins"]["total_days"], 1);
    counselor.get(&client(&id, "clocks")).refused(403, "not_shared");
    counselor.get(&client(&id, "trends")).refused(403, "not_shared");
    counselor.get(&client(&id, "milestones")).refused(403, "not_shared");
}

fn tags_say_nothing_else(server: &Server) {
    let (member, counselor) = pair(server);
    craving(&member, &days_ago(1), 5, &json!({}));
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    let path = client(&id, "cravings");
    let first = counselor.get(&path).expect(200).etag().to_owned();
    member
        .post("/v1/check-ins", &json!({"local_date": days_ago(1), "mood": 7, "note": "secret"}))
        .expect(201);
    let second = counselor.get(&path).expect(200).etag().to_owned();
    assert_eq!(first, second, "what is not shared moves no tag");
    let none = counselor.request("GET", &path).header("If-None-Match", first.as_str()).send();
    none.expect(304);
    craving(&member, &days_ago(2), 3, &json!({}));
    let third = counselor.request("GET", &path).header("If-None-Match", first.as_str()).send();
    assert_eq!(third.expect(200).items().len(), 2);
    assert_eq!(member.get("/v1/disclosures").items().len(), 4, "also what was not sent again");
}

fn a_supporter_sees_milestones_only(server: &Server) {
    let (member, friend) = (member(server), server.member());
    let clock = json!({"substance": "opioids", "label": "private", "started_on": days_ago(40)});
    member.post("/v1/clocks", &clock).expect(201);
    let mut asked = body(&friend, &json!([scope("milestones", "summary")]));
    asked["recipient_role"] = json!("supporter");
    let id = member.post("/v1/shares", &asked).expect(201).id().to_owned();
    accept(&friend, &id).expect(200);
    let seen = friend.get(&client(&id, "milestones"));
    let codes: Vec<&str> = seen.expect(200).json["milestones"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["days_30", "days_7", "hours_24"]);
    assert_eq!(seen.json["milestones"][0]["name"], "30 days");
    let text = String::from_utf8_lossy(&seen.bytes).into_owned();
    assert!(!text.contains("opioids") && !text.contains("private"), "{text}");
    for below in ["cravings", "streaks", "trends", "clocks", "insights/heatmap"] {
        friend.get(&client(&id, below)).refused(403, "not_shared");
    }
    friend.get(&client("3f2b7a1c-9e10-4c0e-9d8e-5f0c3a526a55", "milestones")).refused(404, "not_found");
    friend.get("/v1/cravings").expect(200);
}

fn every_read_is_on_the_list(server: &Server) {
    let (member, counselor) = pair(server);
    craving(&member, &days_ago(1), 5, &json!({}));
    let cut = json!([{"collection": "cravings", "detail": "entries", "from": days_ago(30)}]);
    let id = share(&member, &counselor, &cut);
    assert!(member.get("/v1/disclosures").items().is_empty());
    // However the recipient spells an address, the list says it as everybody does.
    let spelled = format!("%{:02X}{}", id.as_bytes()[0], &id[1..]);
    let address = format!("/v1/clients/{spelled}/%63ravings?from={}", days_ago(10));
    let read = counselor.request("GET", &address).try_send().unwrap();
    counselor.get(&client(&id, "check-ins")).refused(403, "not_shared");
    counselor.get(&client(&id, "insights/heatmap")).expect(200);
    member.delete(&format!("/v1/shares/{id}")).expect(204);
    counselor.get(&client(&id, "cravings")).refused(404, "not_found");
    let waiting = offer(&member, &counselor, &json!([scope("cravings", "entries")]));
    counselor.get(&client(&waiting, "cravings")).refused(404, "not_found");
    let list = member.get("/v1/disclosures");
    let lines: Vec<_> = list
        .items()
        .iter()
        .map(|line| (line["collection"].clone(), line["outcome"].clone(), line["records"].clone()))
        .collect();
    let line =
        |collection: &str, outcome: &str, records: u8| (json!(collection), json!(outcome), json!(records));
    let expected = [
        line("cravings", "denied", 0),
        line("cravings", "allowed", 0),
        line("check_ins", "denied", 0),
        line("cravings", "allowed", 1),
    ];
    assert_eq!(lines, expected);
    let first = &list.items()[3];
    assert_eq!(first["recipient"], counselor.email());
    assert_eq!(first["share_id"], json!(id));
    assert_eq!((&first["detail"], &first["path"]), (&json!("entries"), &json!("cravings")));
    assert_eq!((&first["from"], &first["to"]), (&json!(days_ago(10)), &json!(null)));
    assert_eq!(first["request_id"].as_str(), read.header("x-request-id"));
    let page = member.get("/v1/disclosures?limit=3");
    let cursor = page.json["next_cursor"].as_str().unwrap();
    let rest = member.get(&format!("/v1/disclosures?limit=3&cursor={cursor}"));
    assert_eq!((rest.items(), &rest.json["next_cursor"]), (&list.items()[3..], &json!(null)));
    assert_eq!(member.get(&format!("/v1/disclosures?from={}", days_ago(1))).items().len(), 4);
    assert_eq!(member.get(&format!("/v1/disclosures?to={}", days_ago(2))).items().len(), 0);
    member.get("/v1/disclosures?cursor=nonsense").refused(400, "invalid_cursor");
    assert!(server.member().get("/v1/disclosures").items().is_empty());
    counselor.get("/v1/disclosures").refused(403, "wrong_role");
}
