//! `/v1/days/{date}` and the day's check-in by its natural key.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::support::matching::assert_holds;
use crate::support::{Server, both};

both!(
    two_phones_meet_in_one_check_in,
    each_slot_is_a_check_in_of_its_own,
    a_day_that_is_none_is_404,
    the_path_says_date_and_slot,
    a_day_shows_everything_of_it,
    a_day_is_tagged_by_what_it_shows,
    a_calendar_lists_every_date,
);

const DAY: &str = "/v1/days/2025-03-04/check-in";

fn two_phones_meet_in_one_check_in(server: &Server) {
    let member = server.member();
    let first = member.put(DAY, &json!({"mood": 4, "note": "from the phone"}));
    let account = Uuid::parse_str(member.account_id()).unwrap();
    let id = Uuid::new_v5(&account, b"check-in/2025-03-04/day");
    assert_eq!(first.expect(201).id(), id.to_string());
    assert_holds(&first.json, &json!({"local_date": "2025-03-04", "slot": "day", "mood": 4}));

    let second = member.put(DAY, &json!({"mood": 6}));
    assert_holds(&second.expect(200).json, &json!({"mood": 6, "note": null}));
    assert_eq!(second.id(), first.id());
    assert_eq!(member.get(DAY).expect(200).json, second.json);
    assert_eq!(member.get(DAY).etag(), second.etag());
    assert_eq!(member.get(&format!("/v1/check-ins/{id}")).expect(200).json, second.json);
    assert_eq!(member.get("/v1/check-ins").items(), std::slice::from_ref(&second.json));

    // The phone that was offline learns that it would overwrite.
    let stale = member.request("PUT", DAY).header("If-Match", first.etag()).json(&json!({"mood": 1})).send();
    assert_eq!(stale.refused(412, "precondition_failed").json["current"], second.json);
    member.request("GET", DAY).header("If-None-Match", second.etag()).send().expect(304);

    // The same record by its other address.
    let by_id = member.put(&format!("/v1/check-ins/{id}"), &json!({"local_date": "2025-03-04", "mood": 7}));
    assert_eq!(by_id.expect(200).json, member.get(DAY).json);
    member.delete(&format!("/v1/check-ins/{id}")).expect(204);
    member.get(DAY).refused(404, "not_found");
    member.put(DAY, &json!({})).expect(201);

    // The id is the account's own: another member has another one.
    let other = server.member();
    assert_ne!(other.put(DAY, &json!({})).expect(201).id(), first.id());
}

fn each_slot_is_a_check_in_of_its_own(server: &Server) {
    let member = server.member();
    let account = Uuid::parse_str(member.account_id()).unwrap();
    for slot in ["day", "morning", "evening"] {
        let path = format!("{DAY}?slot={slot}");
        member.get(&path).refused(404, "not_found");
        let put = member.put(&path, &json!({"mood": 5}));
        let id = Uuid::new_v5(&account, format!("check-in/2025-03-04/{slot}").as_bytes());
        assert_eq!((put.expect(201).id(), put.json["slot"].as_str()), (id.to_string().as_str(), Some(slot)));
        assert_eq!(member.get(&path).expect(200).json, put.json);
    }
    assert_eq!(member.get("/v1/check-ins").items().len(), 3);
    for bad in ["slot=noon", "slot=", "slot=day&slot=day", "surprise=1"] {
        member.put(&format!("{DAY}?{bad}"), &json!({})).refused(400, "invalid_parameter");
        member.get(&format!("{DAY}?{bad}")).refused(400, "invalid_parameter");
    }
}

fn a_day_that_is_none_is_404(server: &Server) {
    let member = server.member();
    for date in
        ["2025-02-29", "2025-13-01", "today", "1899-12-31", "20250304", "2025-3-4", "2025-03-04T00:00:00Z"]
    {
        member.get(&format!("/v1/days/{date}")).refused(404, "not_found");
        member.get(&format!("/v1/days/{date}/check-in")).refused(404, "not_found");
        member.put(&format!("/v1/days/{date}/check-in"), &json!({})).refused(404, "not_found");
    }
    // A day that has not come can be looked at, but not written.
    member.get("/v1/days/9999-12-31").expect(200);
    member.put("/v1/days/9999-12-31/check-in", &json!({})).refused(422, "validation_failed");
}

fn the_path_says_date_and_slot(server: &Server) {
    let member = server.member();
    let body = json!({"local_date": "2025-03-04", "slot": "day", "mood": 11, "surprise": 1});
    let refused = member.put(DAY, &body);
    let pointers = ["/local_date", "/mood", "/slot", "/surprise"];
    assert_eq!(refused.refused(422, "validation_failed").pointers(), pointers);
    member.get(DAY).expect(404);
}

fn a_day_shows_everything_of_it(server: &Server) {
    let member = server.member();
    let post = |path: &str, body: Json| member.post(path, &body).expect(201).json.clone();
    let clock = post("/v1/clocks", json!({"substance": "opioids", "started_on": "2025-03-01"}));
    let id = clock["id"].clone();
    let late = "2025-03-04T23:30:00-05:00";
    let early = "2025-03-04T06:00:00-05:00";
    let moment = |at: &str| json!({"occurred_at": at, "time_zone": "America/New_York"});
    let craving = |at: &str| {
        let mut body = moment(at);
        body["intensity"] = json!(5);
        post("/v1/cravings", body)
    };
    let cravings = [craving(late), craving(early)];
    let mut body = moment(late);
    body["fellowship"] = json!("na");
    let meeting = post("/v1/meetings", body);
    let check_in = post("/v1/check-ins", json!({"local_date": "2025-03-04", "substance_free": true}));
    let lapse =
        post("/v1/lapses", json!({"clock_id": id, "used_on": "2025-03-05", "resumed_on": "2025-03-07"}));
    // The answer of the write may say more than the record.
    let lapse = member.get(&format!("/v1/lapses/{}", lapse["id"].as_str().unwrap())).expect(200).json.clone();
    // Another day, and another member.
    craving("2025-03-05T00:00:00-05:00");
    server.member().post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);

    let day = member.get("/v1/days/2025-03-04");
    assert_eq!(day.expect(200).json["date"], "2025-03-04");
    assert_eq!(day.json["check_ins"], json!([check_in]));
    assert_eq!(day.json["cravings"], json!([cravings[1], cravings[0]]), "in the order of the day");
    assert_eq!(day.json["meetings"], json!([meeting]));
    assert_eq!(day.json["lapses"], json!([]));
    assert_eq!(day.json["clocks"], json!([{"clock_id": id, "state": "free"}]));

    let states = [
        ("2025-02-28", json!([])),
        ("2025-03-01", json!([{"clock_id": id, "state": "unknown"}])),
        ("2025-03-05", json!([{"clock_id": id, "state": "used"}])),
        ("2025-03-06", json!([{"clock_id": id, "state": "used"}])),
        ("2025-03-07", json!([{"clock_id": id, "state": "unknown"}])),
    ];
    for (date, state) in states {
        assert_eq!(member.get(&format!("/v1/days/{date}")).expect(200).json["clocks"], state, "{date}");
    }
    // A lapse is listed on its first date.
    assert_eq!(member.get("/v1/days/2025-03-05").json["lapses"], json!([lapse]));
    assert_eq!(member.get("/v1/days/2025-03-06").json["lapses"], json!([]));
}

fn a_day_is_tagged_by_what_it_shows(server: &Server) {
    let member = server.member();
    let path = "/v1/days/2025-03-04";
    let tag = |path: &str| member.get(path).expect(200).etag().to_owned();
    let before = tag(path);
    assert_eq!(before, tag(path));
    member.request("GET", path).header("If-None-Match", &before).send().expect(304);
    member.put(DAY, &json!({"mood": 3})).expect(201);
    let after = member.request("GET", path).header("If-None-Match", &before).send();
    assert_eq!(after.expect(200).json["check_ins"][0]["mood"], 3);
    assert_ne!(tag(path), before);
    assert_ne!(tag(path), tag("/v1/days/2025-03-05"));
    member.get(&format!("{path}?tz=Mars/Base")).refused(422, "validation_failed");
    member.get(&format!("{path}?as_of=soon")).refused(422, "validation_failed");
}

fn a_calendar_lists_every_date(server: &Server) {
    let member = server.member();
    let clock = member.post("/v1/clocks", &json!({"substance": "alcohol", "started_on": "2025-03-02"}));
    let id = clock.expect(201).id();
    for (slot, mood) in [("morning", 6), ("evening", 7)] {
        member.put(&format!("{DAY}?slot={slot}"), &json!({"mood": mood, "substance_free": true})).expect(201);
    }
    for intensity in [3, 8] {
        let body = json!({"occurred_at": "2025-03-04T12:00:00Z", "time_zone": "UTC", "intensity": intensity});
        member.post("/v1/cravings", &body).expect(201);
    }
    let calendar = member.get("/v1/days?from=2025-03-01&to=2025-03-04");
    let days = calendar.expect(200).json["days"].as_array().unwrap();
    let dates: Vec<&str> = days.iter().map(|day| day["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2025-03-01", "2025-03-02", "2025-03-03", "2025-03-04"], "ascending, without gaps");
    assert_eq!((&days[0]["checked_in"], &days[0]["clocks"]), (&json!(false), &json!([])), "before its start");
    assert_eq!(days[1]["clocks"], json!([{"clock_id": id, "state": "unknown"}]));
    let full = json!({"checked_in": true, "mood": 6.5, "craving_count": 2, "max_intensity": 8,
        "meeting_count": 0, "clocks": [{"clock_id": id, "state": "free"}]});
    assert_holds(&days[3], &full);
    member
        .request("GET", "/v1/days?from=2025-03-01&to=2025-03-04")
        .header("If-None-Match", calendar.etag())
        .send()
        .expect(304);

    assert_eq!(
        member.get("/v1/days?from=2024-01-01&to=2025-02-03").expect(200).json["days"]
            .as_array()
            .map(Vec::len),
        Some(400)
    );
    for bad in [
        "from=2024-01-01&to=2025-02-04",
        "from=2025-03-02&to=2025-03-01",
        "from=x&to=2025-03-01",
        "from=2025-03-01&to=2025-03-02&surprise=1",
    ] {
        member.get(&format!("/v1/days?{bad}")).refused(422, "validation_failed");
    }
}
