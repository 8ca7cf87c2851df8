//! Treatment through the API, at points worked out by hand: adherence, the care plan, withdrawal, goals, and a day
//! with everything in it.

use serde_json::{Value as Json, json};

use crate::support::matching::assert_holds;
use crate::support::{Client, Server, both};

both!(
    a_month_of_buprenorphine,
    an_intensive_outpatient_week,
    three_nights_of_withdrawal,
    goals_of_the_week_and_of_ninety_days,
    a_stay_in_detox_colours_what_nobody_said,
    a_day_with_everything_in_it,
    a_kit_is_replaced_in_time,
);

fn ask(member: &Client, path: &str) -> Json {
    member.get(path).expect(200).json.clone()
}

/// A moment at noon in New York.
fn noon(day: &str) -> Json {
    json!({"occurred_at": format!("{day}T12:00:00-05:00"), "time_zone": "America/New_York"})
}

fn with(mut body: Json, members: &Json) -> Json {
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// October 2026 has 31 dates. Doses on all but the 7th, 8th and 20th; the 8th is written down as missed, the 20th was
/// held by the clinic; two are late. 28 of 31 = 90.32…%; the longest gap is the 7th and 8th.
fn a_month_of_buprenorphine(server: &Server) {
    let member = server.member();
    let body = json!({"name": "Film", "kind": "buprenorphine_naloxone", "schedule": "daily", "starts_on": "2026-09-15"});
    let medication = member.post("/v1/medications", &body).expect(201).id().to_owned();
    for day in 1..=31 {
        let status = match day {
            7 => continue,
            8 => "missed",
            20 => "held_by_clinic",
            3 | 30 => "late",
            15 => "observed_at_clinic",
            _ => "taken",
        };
        let dose = json!({"medication_id": medication, "status": status});
        member.post("/v1/doses", &with(noon(&format!("2026-10-{day:02}")), &dose)).expect(201);
    }
    let october = "/v1/insights/adherence?as_of=2026-11-20&from=2026-10-01&to=2026-10-31";
    let wanted = json!({"medication_id": medication, "name": "Film", "status": "ok", "scheduled_days": 31,
        "covered_days": 28, "percent": 90.3, "longest_gap_days": 2, "late": 2, "missed": 1});
    assert_eq!(ask(&member, october)["medications"], json!([wanted]));
    // On the 8th itself, in the morning: 7 dates are over, of which 6 are covered; the 8th is still open.
    let on_the_8th = ask(&member, "/v1/insights/adherence?as_of=2026-10-08&from=2026-10-01");
    assert_holds(
        &on_the_8th["medications"][0],
        &json!({"scheduled_days": 7, "covered_days": 6, "percent": 85.7}),
    );
    // On the 7th six dates are over: too few for a figure.
    let on_the_7th = ask(&member, "/v1/insights/adherence?as_of=2026-10-07&from=2026-10-01");
    assert_holds(&on_the_7th["medications"][0], &json!({"status": "needs_more", "have": 6, "need": 7}));
    // A prescribed dose is never use: the clock of an opioid runs on.
    let clock = json!({"substance": "opioids", "started_on": "2026-09-15"});
    member.post("/v1/clocks", &clock).expect(201);
    let streaks = ask(&member, "/v1/streaks?as_of=2026-11-20");
    assert_holds(&streaks["clocks"][0], &json!({"current_days": 66, "lapse_count": 0, "status": "running"}));
    let as_needed =
        json!({"name": "Kit", "kind": "naloxone_kit", "schedule": "as_needed", "starts_on": "2026-09-15"});
    member.post("/v1/medications", &as_needed).expect(201);
    assert_eq!(ask(&member, october)["medications"].as_array().unwrap().len(), 1, "as needed is left out");
}

/// Four days a week of three hours: 12 hours planned. The week of Monday 5 October: three attended of 180, 180 and
/// 150 minutes = 8.5 hours, one missed; a session without an episode counts, one of another episode does not.
fn an_intensive_outpatient_week(server: &Server) {
    let member = server.member();
    let body = json!({"level": "iop", "starts_on": "2026-10-07", "days_per_week": 4, "hours_per_day": 3});
    let episode = member.post("/v1/care-episodes", &body).expect(201).id().to_owned();
    for (day, minutes, status, of) in [
        ("2026-10-05", Some(180), "attended", Some(&episode)),
        ("2026-10-07", Some(180), "attended", Some(&episode)),
        ("2026-10-11", Some(150), "attended", None),
        ("2026-10-10", Some(180), "missed", Some(&episode)),
        ("2026-10-09", Some(60), "attended", Some(&"0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11".to_owned())),
        ("2026-10-12", None, "attended", Some(&episode)),
    ] {
        let session =
            json!({"kind": "iop", "attended_minutes": minutes, "status": status, "care_episode_id": of});
        member.post("/v1/sessions", &with(noon(day), &session)).expect(201);
    }
    let plan = ask(&member, "/v1/insights/care-plan?as_of=2026-10-14&from=2026-10-01&to=2026-10-14");
    let week = |start: &str, hours: f64, sessions: u8| {
        json!({"start": start, "care_episode_id": episode, "level": "iop", "planned_hours": 12.0,
            "attended_hours": hours, "planned_sessions": 4, "attended_sessions": sessions})
    };
    // The second week is not over, and is planned whole all the same.
    assert_eq!(plan["weeks"], json!([week("2026-10-05", 8.5, 3), week("2026-10-12", 0.0, 1)]));
    let trends = ask(&member, "/v1/trends?as_of=2026-10-14&from=2026-10-05&to=2026-10-11&bucket=week");
    assert_eq!(trends["counts"]["sessions"], json!({"n": 4, "series": [{"start": "2026-10-05", "n": 4}]}));
}

fn three_nights_of_withdrawal(server: &Server) {
    let member = server.member();
    for (day, log) in [
        ("2026-10-02", json!({"insomnia": 4, "anxiety": 4, "nausea": 1})),
        ("2026-10-02", json!({"insomnia": 2})),
        ("2026-10-03", json!({"sweating": 0})),
        ("2026-10-04", json!({"muscle_bone_ache": 3, "chills": 3})),
    ] {
        member.post("/v1/withdrawal-logs", &with(noon(day), &log)).expect(201);
    }
    let course = ask(&member, "/v1/insights/withdrawal?as_of=2026-10-05");
    let totals: Vec<(&Json, &Json)> =
        course["logs"].as_array().unwrap().iter().map(|log| (&log["total"], &log["peak"])).collect();
    assert_eq!(totals[0], (&json!(9), &json!({"symptom": "anxiety", "value": 4})), "of equals the first");
    assert_eq!(totals[2], (&json!(0), &Json::Null), "none felt");
    assert_eq!(totals[3], (&json!(6), &json!({"symptom": "muscle_bone_ache", "value": 3})));
    assert_eq!(course["logs"][0]["occurred_at"], "2026-10-02T12:00:00-05:00");
    let days = json!([{"date": "2026-10-02", "max_total": 9}, {"date": "2026-10-03", "max_total": 0},
        {"date": "2026-10-04", "max_total": 6}]);
    assert_eq!(course["days"], days);
}

/// 2026-11-25 is a Wednesday.
fn goals_of_the_week_and_of_ninety_days(server: &Server) {
    let member = server.member();
    let goal = |kind: &str, target: u8, starts_on: &str| {
        let body = json!({"kind": kind, "target": target, "starts_on": starts_on});
        member.post("/v1/goals", &body).expect(201).id().to_owned()
    };
    let meetings = goal("meetings_per_week", 3, "2026-01-01");
    let check_ins = goal("check_ins_per_week", 5, "2026-11-24");
    let ninety = goal("meetings_in_90_days", 90, "2026-11-01");
    goal("meetings_in_90_days", 90, "2026-01-01");
    goal("sessions_per_week", 1, "2026-12-01");
    for day in ["2026-11-22", "2026-11-23", "2026-11-25", "2026-10-31"] {
        member.post("/v1/meetings", &with(noon(day), &json!({"fellowship": "na"}))).expect(201);
    }
    for (day, slot) in [("2026-11-23", "day"), ("2026-11-24", "morning"), ("2026-11-24", "evening")] {
        member.post("/v1/check-ins", &json!({"local_date": day, "slot": slot})).expect(201);
    }
    let summary = ask(&member, "/v1/summary?as_of=2026-11-25");
    let goals = json!([
        {"goal_id": meetings, "kind": "meetings_per_week", "target": 3, "done": 2, "from": "2026-11-23", "to": "2026-11-29"},
        {"goal_id": check_ins, "kind": "check_ins_per_week", "target": 5, "done": 1, "from": "2026-11-24", "to": "2026-11-29"},
        {"goal_id": ninety, "kind": "meetings_in_90_days", "target": 90, "done": 3, "from": "2026-11-01", "to": "2027-01-29"},
    ]);
    assert_eq!(summary["goals"], goals);
    // The newest of the two began on 1 November.
    let wanted = json!({"started_on": "2026-11-01", "attended": 3, "of": 90});
    assert_eq!(summary["streaks"]["meetings"]["ninety_in_ninety"], wanted);
}

fn a_stay_in_detox_colours_what_nobody_said(server: &Server) {
    let member = server.member();
    member.post("/v1/clocks", &json!({"substance": "opioids", "started_on": "2026-10-01"})).expect(201);
    for (level, starts_on, ends_on) in [
        ("detox", "2026-10-02", Some("2026-10-04")),
        ("iop", "2026-10-05", None),
        ("inpatient", "2026-10-07", None),
    ] {
        let episode = json!({"level": level, "starts_on": starts_on, "ends_on": ends_on});
        member.post("/v1/care-episodes", &episode).expect(201);
    }
    member.post("/v1/check-ins", &json!({"local_date": "2026-10-03", "substance_free": true})).expect(201);
    let calendar = ask(&member, "/v1/days?as_of=2026-10-08&from=2026-10-01&to=2026-10-08");
    let states: Vec<&Json> =
        calendar["days"].as_array().unwrap().iter().map(|day| &day["clocks"][0]["state"]).collect();
    let inside = "controlled_environment";
    assert_eq!(states, ["unknown", inside, "free", inside, "unknown", "unknown", inside, inside]);
    assert_eq!(ask(&member, "/v1/days/2026-10-04")["clocks"][0]["state"], inside);
}

fn a_day_with_everything_in_it(server: &Server) {
    let member = server.member();
    let mut wanted = Vec::new();
    for collection in crate::support::collections::all() {
        let body = collection.full();
        let created = member.post(collection.path, &body);
        created.expect(201);
        let dated =
            ["local_date", "used_on"].iter().find_map(|name| created.json[name].as_str().map(str::to_owned));
        wanted.extend(dated.map(|date| (collection.name(), date, created.id().to_owned())));
    }
    assert_eq!(wanted.len(), 8, "{wanted:?}");
    for (collection, date, id) in wanted {
        let day = ask(&member, &format!("/v1/days/{date}"));
        assert_eq!(day[&collection][0]["id"], json!(id), "{collection}");
    }
}

fn a_kit_is_replaced_in_time(server: &Server) {
    let member = server.member();
    let kit = json!({"name": "Nasal spray", "kind": "naloxone_kit", "schedule": "as_needed", "starts_on": "2025-01-01",
        "expires_on": "2026-12-31"});
    let path = format!("/v1/medications/{}", member.post("/v1/medications", &kit).expect(201).id());
    let next = |today: &str| ask(&member, &format!("/v1/summary?as_of={today}"))["next"].clone();
    // 60 days before 31 December are 1 November.
    assert_eq!(next("2026-10-31"), json!([]));
    let replace = json!([{"kind": "kit_expires", "code": "naloxone_kit", "on": "2026-12-31"}]);
    assert_eq!(next("2026-11-01"), replace);
    assert_eq!(next("2027-02-01"), replace, "it is over, and still at hand");
    member.patch(&path, &json!({"ends_on": "2027-01-31"})).expect(200);
    assert_eq!(next("2027-02-01"), json!([]), "it was put away");
}
