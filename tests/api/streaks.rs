//! `/v1/streaks`: the figures of product.md, through the real server. The arithmetic itself is proved in
//! `domain`; here it is whether the right records reach it.

use serde_json::{Value as Json, json};

use crate::support::matching::assert_holds;
use crate::support::{Client, Server, both};

both!(
    an_empty_journal_has_streaks,
    a_clock_runs_without_check_ins,
    a_lapse_keeps_what_was_built,
    a_clock_may_keep_and_count,
    percent_days_abstinent_says_what_it_rests_on,
    check_ins_and_meetings_count_days_and_weeks,
    others_records_count_for_nothing,
    the_answer_is_tagged_by_revision_and_today,
    what_cannot_be_used_is_refused,
);

fn streaks(member: &Client, as_of: &str) -> Json {
    member.get(&format!("/v1/streaks?as_of={as_of}")).expect(200).json.clone()
}

fn clock(member: &Client, more: &Json) -> String {
    let mut body = json!({"substance": "opioids", "started_on": "2025-08-01"});
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    member.post("/v1/clocks", &body).expect(201).id().to_owned()
}

fn lapse(member: &Client, clock: &str, used_on: &str, resumed_on: Option<&str>) -> String {
    let body = json!({"clock_id": clock, "used_on": used_on, "resumed_on": resumed_on});
    member.post("/v1/lapses", &body).expect(201).id().to_owned()
}

fn an_empty_journal_has_streaks(server: &Server) {
    let member = server.member();
    let answer = member.get("/v1/streaks");
    assert_holds(
        &answer.expect(200).json,
        &json!({"time_zone": "America/New_York", "clocks": [],
            "check_ins": {"current": 0, "longest": 0, "total_days": 0, "last_date": null}}),
    );
    let today = &answer.json["as_of"];
    assert_eq!(today.as_str().map(str::len), Some(10), "{today}");
    let meetings = json!({"current_weeks": 0, "longest_weeks": 0, "last_7_days": 0, "total": 0,
        "next_milestone": {"code": "meetings_1", "left": 1}});
    assert_holds(&answer.json["meetings"], &meetings);
}

fn a_clock_runs_without_check_ins(server: &Server) {
    let member = server.member();
    let id = clock(&member, &json!({"daily_cost": "10.00", "currency": "USD", "label": "The first one"}));
    let figures = streaks(&member, "2025-11-22")["clocks"][0].clone();
    assert_holds(
        &figures,
        &json!({"clock_id": id, "substance": "opioids", "label": "The first one", "status": "running",
            "since": "2025-08-01", "current_days": 113, "day_number": 114, "longest_days": 113,
            "journey_days": 113, "substance_free_days": 113, "lapse_count": 0,
            "last_milestone": {"code": "days_90", "reached_on": "2025-10-30"},
            "next_milestone": {"code": "months_6", "on": "2026-02-01", "days_left": 71},
            "pda_30": {"status": "needs_more", "have": 0, "need": 7},
            "pda_90": {"status": "needs_more", "have": 0, "need": 21},
            "money_kept": {"amount": "1130.00", "currency": "USD"}}),
    );
    let first_day = streaks(&member, "2025-08-01")["clocks"][0].clone();
    assert_holds(&first_day, &json!({"current_days": 0, "day_number": 1, "last_milestone": null}));
    assert_eq!(first_day["next_milestone"], json!({"code": "hours_24", "on": "2025-08-02", "days_left": 1}));
    let second_day = streaks(&member, "2025-08-02")["clocks"][0].clone();
    assert_eq!(second_day["last_milestone"], json!({"code": "hours_24", "reached_on": "2025-08-02"}));
    // Before its start it is listed with zeros.
    assert_holds(
        &streaks(&member, "2025-07-31")["clocks"][0],
        &json!({"current_days": 0, "journey_days": 0}),
    );

    // Archived clocks come last and still count.
    clock(&member, &json!({"substance": "alcohol", "archived": true, "started_on": "2020-01-31"}));
    clock(&member, &json!({"substance": "nicotine"}));
    let all = streaks(&member, "2025-11-22")["clocks"].clone();
    let order: Vec<&str> =
        all.as_array().unwrap().iter().map(|clock| clock["substance"].as_str().unwrap()).collect();
    assert_eq!(order, ["opioids", "nicotine", "alcohol"]);
    assert_eq!(all[2]["archived"], true);
    assert_eq!(streaks(&member, "2020-02-29")["clocks"][2]["current_days"], 29);
}

fn a_lapse_keeps_what_was_built(server: &Server) {
    let member = server.member();
    let id = clock(&member, &json!({"daily_cost": "0.125"}));
    let open = lapse(&member, &id, "2025-10-01", None);
    let figures = streaks(&member, "2025-10-03")["clocks"][0].clone();
    assert_holds(
        &figures,
        &json!({"status": "open_lapse", "current_days": 0, "longest_days": 61, "journey_days": 63,
            "substance_free_days": 61, "lapse_count": 1, "last_milestone": null, "next_milestone": null}),
    );
    assert!(figures["message"].as_str().is_some_and(|text| text.contains("61")), "{}", figures["message"]);

    member.patch(&format!("/v1/lapses/{open}"), &json!({"resumed_on": "2025-10-03"})).expect(200);
    let figures = streaks(&member, "2025-11-02")["clocks"][0].clone();
    assert_holds(
        &figures,
        &json!({"status": "running", "since": "2025-10-03", "current_days": 30, "longest_days": 61,
            "journey_days": 93, "substance_free_days": 91, "lapse_count": 1,
            "last_milestone": {"code": "days_30", "reached_on": "2025-11-02"}}),
    );
    assert_eq!(figures["money_kept"]["amount"], "11.375");
    // A lapse after the day asked for has not happened.
    lapse(&member, &id, "2025-12-01", None);
    assert_eq!(streaks(&member, "2025-11-02")["clocks"][0]["lapse_count"], 1);
    // Deleted, it never was.
    member.delete(&format!("/v1/lapses/{open}")).expect(204);
    assert_holds(
        &streaks(&member, "2025-11-02")["clocks"][0],
        &json!({"current_days": 93, "lapse_count": 0}),
    );
}

fn a_clock_may_keep_and_count(server: &Server) {
    let member = server.member();
    let id = clock(&member, &json!({"reset_policy": "keep_and_count"}));
    lapse(&member, &id, "2025-08-11", Some("2025-08-13"));
    assert_holds(
        &streaks(&member, "2025-08-31")["clocks"][0],
        &json!({"since": "2025-08-01", "current_days": 28, "longest_days": 28, "substance_free_days": 28,
            "journey_days": 30, "lapse_count": 1, "status": "running"}),
    );
}

fn percent_days_abstinent_says_what_it_rests_on(server: &Server) {
    let member = server.member();
    let id = clock(&member, &json!({"started_on": "2025-03-01"}));
    let free = |day: u32, free: bool| {
        let path = format!("/v1/days/2025-03-{day:02}/check-in");
        member.put(&path, &json!({"substance_free": free})).expect(201);
    };
    (1..=6).for_each(|day| free(day, true));
    let figures = streaks(&member, "2025-03-10")["clocks"][0].clone();
    assert_eq!(figures["pda_30"], json!({"status": "needs_more", "have": 6, "need": 7}));
    // Seven known days, one of them used; the days without an entry stay unknown.
    free(8, false);
    let figures = streaks(&member, "2025-03-10")["clocks"][0].clone();
    assert_eq!(figures["pda_30"], json!({"status": "ok", "value": 85.7, "known_days": 7}));
    assert_eq!(figures["pda_90"], json!({"status": "needs_more", "have": 7, "need": 21}));
    assert_eq!(figures["current_days"], 9, "a check-in colours its day; only a lapse restarts a clock");
    lapse(&member, &id, "2025-03-09", Some("2025-03-10"));
    assert_eq!(
        streaks(&member, "2025-03-10")["clocks"][0]["pda_30"],
        json!({"status": "ok", "value": 75.0, "known_days": 8})
    );
}

fn check_ins_and_meetings_count_days_and_weeks(server: &Server) {
    let member = server.member();
    for day in ["2025-03-01", "2025-03-02", "2025-03-03", "2025-03-06", "2025-03-07"] {
        member.post("/v1/check-ins", &json!({"local_date": day})).expect(201);
    }
    // Twice on a day is one day.
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-07", "slot": "evening"})).expect(201);
    for (as_of, current) in [("2025-03-07", 2), ("2025-03-08", 2), ("2025-03-09", 0)] {
        let wanted = json!({"current": current, "longest": 3, "total_days": 5, "last_date": "2025-03-07"});
        assert_eq!(streaks(&member, as_of)["check_ins"], wanted, "{as_of}");
    }
    // Late entries repair a streak.
    for day in ["2025-03-04", "2025-03-05"] {
        member.post("/v1/check-ins", &json!({"local_date": day})).expect(201);
    }
    assert_eq!(streaks(&member, "2025-03-08")["check_ins"]["current"], 7);

    // Monday 3 March 2025 begins an ISO week.
    for day in ["2025-02-24", "2025-03-03", "2025-03-09", "2025-03-09", "2025-03-16"] {
        let body = json!({"occurred_at": format!("{day}T19:00:00Z"), "time_zone": "UTC", "fellowship": "na"});
        member.post("/v1/meetings", &body).expect(201);
    }
    assert_holds(
        &streaks(&member, "2025-03-16")["meetings"],
        &json!({"current_weeks": 3, "longest_weeks": 3, "last_7_days": 1, "last_30_days": 5,
            "last_90_days": 5, "total": 5, "next_milestone": {"code": "meetings_10", "left": 5}}),
    );
    // The running week is open; a whole week without one ends the streak.
    assert_eq!(streaks(&member, "2025-03-23")["meetings"]["current_weeks"], 3);
    assert_eq!(streaks(&member, "2025-03-24")["meetings"]["current_weeks"], 0);
    let ninety = streaks(&member, "2025-03-16")["meetings"]["ninety_in_ninety"].clone();
    assert_eq!(ninety, json!({"started_on": "2024-12-17", "attended": 5, "of": 90}));
}

fn others_records_count_for_nothing(server: &Server) {
    let (member, other) = (server.member(), server.member());
    let id = clock(&member, &json!({}));
    // Another member may name the clock; it is not theirs.
    lapse(&other, &id, "2025-09-01", None);
    other.post("/v1/check-ins", &json!({"local_date": "2025-09-01"})).expect(201);
    let mine = streaks(&member, "2025-09-10");
    assert_holds(&mine["clocks"][0], &json!({"current_days": 40, "lapse_count": 0}));
    assert_eq!(mine["check_ins"]["total_days"], 0);
    assert_eq!(streaks(&other, "2025-09-10")["clocks"], json!([]));
}

fn the_answer_is_tagged_by_revision_and_today(server: &Server) {
    let member = server.member();
    let tag = |path: &str| member.get(path).expect(200).etag().to_owned();
    let path = "/v1/streaks?as_of=2025-09-10";
    let before = tag(path);
    assert_eq!(tag(path), before);
    member.request("GET", path).header("If-None-Match", &before).send().expect(304);
    assert_ne!(tag("/v1/streaks?as_of=2025-09-11"), before);
    assert_ne!(tag("/v1/streaks?as_of=2025-09-10&tz=Asia/Tokyo"), before);
    clock(&member, &json!({}));
    let after = member.request("GET", path).header("If-None-Match", &before).send();
    assert_eq!(after.expect(200).json["clocks"][0]["current_days"], 40);
    // An account's own zone and day start are part of it.
    let plain = tag("/v1/streaks");
    member.patch("/v1/account", &json!({"time_zone": "Pacific/Kiritimati"})).expect(200);
    assert_ne!(tag("/v1/streaks"), plain);
    // Two people in the same state do not share a tag.
    assert_ne!(server.member().get(path).etag(), server.member().get(path).etag());
}

fn what_cannot_be_used_is_refused(server: &Server) {
    let member = server.member();
    for bad in ["as_of=2025-02-29", "as_of=", "tz=Mars/Base", "tz=", "surprise=1"] {
        member.get(&format!("/v1/streaks?{bad}")).refused(422, "validation_failed");
    }
    let several = member.get("/v1/streaks?as_of=x&tz=y&z=1");
    assert_eq!(several.refused(422, "validation_failed").pointers(), ["?as_of", "?tz", "?z"]);
}
