//! The rules of time: which civil date a record belongs to, and what a later change does to it.

use chrono::{DateTime, Days, Utc};
use serde_json::{Value as Json, json};

use crate::support::{Answer, Client, Server, both};

both!(
    the_local_date_is_worked_out_once,
    the_day_starts_when_the_person_says,
    what_the_person_gives_is_kept,
    tomorrow_has_not_happened,
    moments_keep_their_offset_and_lose_their_fraction,
);

fn craving(member: &Client, occurred_at: &str, zone: &str, more: &Json) -> Answer {
    let mut body = json!({"occurred_at": occurred_at, "time_zone": zone, "intensity": 5});
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    member.post("/v1/cravings", &body)
}

fn the_local_date_is_worked_out_once(server: &Server) {
    let member = server.member();
    for (moment, zone, date) in [
        ("2025-06-10T23:59:59-04:00", "America/New_York", "2025-06-10"),
        ("2025-06-11T03:59:59Z", "America/New_York", "2025-06-10"),
        ("2025-06-11T04:00:00Z", "America/New_York", "2025-06-11"),
        ("2025-03-09T04:30:00Z", "America/New_York", "2025-03-08"),
        ("2025-06-10T12:00:00Z", "Pacific/Kiritimati", "2025-06-11"),
        ("2025-06-10T18:14:59Z", "Asia/Kathmandu", "2025-06-10"),
        ("2025-06-10T18:15:00Z", "Asia/Kathmandu", "2025-06-11"),
    ] {
        let created = craving(&member, moment, zone, &json!({}));
        assert_eq!(created.expect(201).json["local_date"], date, "{moment} in {zone}");
    }
    let created = craving(&member, "2025-06-10T23:30:00-04:00", "America/New_York", &json!({}));
    let path = format!("/v1/cravings/{}", created.id());
    let moved =
        member.patch(&path, &json!({"time_zone": "Asia/Tokyo", "occurred_at": "2025-07-01T10:00:00+09:00"}));
    assert_eq!(moved.expect(200).json["local_date"], "2025-06-10", "a later change does not move it");
    // Cleared, it is worked out anew.
    assert_eq!(
        member.patch(&path, &json!({"local_date": null})).expect(200).json["local_date"],
        "2025-07-01"
    );
}

fn the_day_starts_when_the_person_says(server: &Server) {
    let member = server.member();
    let before = craving(&member, "2025-06-10T03:30:00-04:00", "America/New_York", &json!({}));
    assert_eq!(before.json["local_date"], "2025-06-10");
    member.patch("/v1/account", &json!({"day_starts_at": "04:00"})).expect(200);
    for (moment, date) in [
        ("2025-06-10T03:59:59-04:00", "2025-06-09"),
        ("2025-06-10T04:00:00-04:00", "2025-06-10"),
        // By the wall clock, on the night when it jumps from 2 to 3, and when it runs 1 to 2 twice.
        ("2025-03-09T03:30:00-04:00", "2025-03-08"),
        ("2025-03-09T04:00:00-04:00", "2025-03-09"),
        ("2025-11-02T03:59:00-05:00", "2025-11-01"),
        ("2025-11-02T04:00:00-05:00", "2025-11-02"),
    ] {
        let created = craving(&member, moment, "America/New_York", &json!({}));
        assert_eq!(created.expect(201).json["local_date"], date, "{moment}");
    }
    let path = format!("/v1/cravings/{}", before.id());
    assert_eq!(member.get(&path).json["local_date"], "2025-06-10", "a later setting does not move it");
}

fn what_the_person_gives_is_kept(server: &Server) {
    let member = server.member();
    let given = json!({"local_date": "2025-06-09", "intensity_after": 9});
    let created = craving(&member, "2025-06-10T12:00:00Z", "Europe/Berlin", &given);
    assert_eq!(created.expect(201).json["local_date"], "2025-06-09");
    assert_eq!(created.json["time_zone"], "Europe/Berlin");
    let path = format!("/v1/cravings/{}", created.id());
    let changed = member.patch(&path, &json!({"local_date": "2025-06-11"}));
    assert_eq!(changed.expect(200).json["local_date"], "2025-06-11");
    let cost = json!({"substance": "opioids", "started_on": "2030-01-01", "daily_cost": "12.3456789"});
    assert_eq!(member.post("/v1/clocks", &cost).expect(201).json["daily_cost"], "12.3456789");
}

fn tomorrow_has_not_happened(server: &Server) {
    let member = server.member();
    let now = DateTime::<Utc>::from(std::time::SystemTime::now());
    let latest = (now + chrono::TimeDelta::hours(14)).date_naive();
    let check_in =
        |date: chrono::NaiveDate| member.post("/v1/check-ins", &json!({"local_date": date.to_string()}));
    check_in(latest).expect(201);
    // Two days on, lest midnight passes between here and the server.
    let refused = check_in(latest + Days::new(2));
    assert_eq!(refused.refused(422, "validation_failed").pointers(), ["/local_date"]);
    let far = craving(&member, "2190-01-01T00:00:00Z", "UTC", &json!({}));
    assert_eq!(far.refused(422, "validation_failed").pointers(), ["/local_date"]);
    craving(&member, "1899-12-31T12:00:00Z", "UTC", &json!({})).refused(422, "validation_failed");
    check_in(chrono::NaiveDate::from_ymd_opt(1900, 1, 1).unwrap()).expect(201);
}

fn moments_keep_their_offset_and_lose_their_fraction(server: &Server) {
    let member = server.member();
    for (sent, kept) in [
        ("2025-06-10T12:00:00.999999-04:00", "2025-06-10T12:00:00-04:00"),
        ("2025-06-10T12:00:00Z", "2025-06-10T12:00:00Z"),
        ("2025-06-10T12:00:00+00:00", "2025-06-10T12:00:00Z"),
        ("2025-06-10T12:00:00+05:45", "2025-06-10T12:00:00+05:45"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
    ] {
        let created = craving(&member, sent, "America/New_York", &json!({}));
        assert_eq!(created.expect(201).json["occurred_at"], kept);
        let path = format!("/v1/cravings/{}", created.id());
        assert_eq!(member.get(&path).expect(200).json["occurred_at"], kept, "as it was answered");
    }
    // A year that is written with five digits somewhere on earth is none that texts of ours can hold.
    craving(&member, "9999-12-31T23:59:59-12:00", "America/New_York", &json!({}))
        .refused(422, "validation_failed");
}
