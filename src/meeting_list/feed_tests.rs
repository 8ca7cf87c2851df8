//! Entries of feeds: what is taken, in which spellings, and what is skipped for which reason.

use serde_json::{Value as Json, json};

use super::{Feed, Listing, Origin};

fn origin() -> Origin {
    Origin { source: "town".into(), fellowship: "na".into(), time_zone: Some(chrono_tz::America::Chicago) }
}

fn read(entries: &Json) -> Feed {
    Feed::read(entries.to_string().as_bytes(), &origin()).unwrap()
}

/// The least entry, with more members.
fn entry(more: &Json) -> Json {
    let mut entry = json!({"name": "Hope", "slug": "hope"});
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

#[track_caller]
fn one(more: &Json) -> Listing {
    let feed = read(&json!([entry(more)]));
    assert_eq!(feed.skipped, []);
    let [listing] = feed.listings.as_slice() else { panic!("not one row: {feed:?}") };
    listing.clone()
}

#[test]
fn a_meeting_has_a_row_a_day() {
    let days = |day: Json| -> Vec<Option<i64>> {
        read(&json!([entry(&json!({"day": day}))])).listings.into_iter().map(|one| one.day).collect()
    };
    assert_eq!(days(json!(0)), [Some(0)]);
    assert_eq!(days(json!("6")), [Some(6)]);
    assert_eq!(days(json!([5, 1, "3", 1])), [Some(1), Some(3), Some(5)]);
    for none in [json!(null), json!(""), json!([])] {
        assert_eq!(days(none), [None], "by appointment");
    }
    let both = read(&json!([entry(&json!({"day": [1, 2]}))])).listings;
    assert_ne!(both[0].id, both[1].id);
    assert_eq!(both[0].id, one(&json!({"day": 1, "name": "Another name"})).id, "the same over imports");
    let elsewhere = Origin { source: "city".into(), ..origin() };
    let other = Feed::read(json!([entry(&json!({"day": 1}))]).to_string().as_bytes(), &elsewhere).unwrap();
    assert_ne!(other.listings[0].id, both[0].id);
}

#[test]
fn feeds_spell_the_same_in_many_ways() {
    for (time, minutes) in [("19:00", 1140), ("7:05", 425), ("00:00", 0), ("23:59:30", 1439)] {
        assert_eq!(one(&json!({"time": time, "day": 1})).time, Some(minutes));
    }
    assert_eq!(one(&json!({"time": "", "day": 1})).time, None);
    assert_eq!(one(&json!({"time": "19:00"})).time, None, "by appointment");
    for place in [
        json!({"latitude": 40.5, "longitude": -73.25}),
        json!({"latitude": "40.5", "longitude": " -73.25 "}),
        json!({"coordinates": "40.5,-73.25"}),
        json!({"coordinates": [40.5, "-73.25"]}),
    ] {
        let listing = one(&place);
        assert_eq!((listing.latitude, listing.longitude), (Some(40.5), Some(-73.25)), "{place}");
    }
    assert_eq!(one(&json!({"latitude": 0, "longitude": 0})).latitude, None);
    assert_eq!(one(&json!({"types": "O, D ,12x12"})).types, ["O", "D", "12x12"]);
    assert_eq!(one(&json!({"types": ["LGBTQ", "some own code"]})).types, ["LGBTQ", "some own code"]);
    let parts = json!({"address": "12 Elm St", "city": "Springfield", "state": "IL", "postal_code": 62701});
    assert_eq!(one(&parts).address.as_deref(), Some("12 Elm St, Springfield, IL, 62701"));
    for updated in ["2026-03-04 05:06:07", "2026-03-04T05:06:07Z", "2026-03-03T23:06:07-06:00"] {
        assert_eq!(
            one(&json!({"updated": updated})).updated.unwrap().to_rfc3339(),
            "2026-03-04T05:06:07+00:00"
        );
    }
    assert_eq!(one(&json!({"updated": "lately"})).updated, None);
    assert_eq!(one(&json!({})).time_zone, "America/Chicago");
    assert_eq!(one(&json!({"timezone": "Europe/Berlin"})).time_zone, "Europe/Berlin");
}

#[test]
fn how_to_attend_follows_from_place_and_conference() {
    let (place, town) = ("12 Elm St, Springfield, IL 62701, USA", "Springfield, IL, USA");
    let url = "https://meet.example.org/hope";
    for (more, wanted) in [
        (json!({"formatted_address": place}), Some("in_person")),
        (json!({"formatted_address": place, "conference_url": url}), Some("hybrid")),
        (json!({"formatted_address": place, "conference_url": url, "types": ["TC"]}), Some("online")),
        (json!({"formatted_address": place, "types": ["TC"]}), None),
        (json!({"formatted_address": town, "conference_phone": "+1 555 0100"}), Some("online")),
        (json!({"formatted_address": place, "approximate": "yes", "conference_url": url}), Some("online")),
        (json!({"formatted_address": town}), Some("in_person")),
        (json!({"attendance_option": "hybrid"}), Some("hybrid")),
        (json!({"attendance_option": "inactive", "formatted_address": place}), None),
        (json!({}), None),
    ] {
        assert_eq!(one(&more).format.as_deref(), wanted, "{more}");
    }
}

#[test]
fn what_cannot_be_used_is_skipped_and_said() {
    for (more, reason) in [
        (json!({"name": null}), "name"),
        (json!({"name": "   "}), "name"),
        (json!({"slug": ""}), "slug"),
        (json!({"day": 7}), "day 7"),
        (json!({"day": [1, "Monday"]}), "day \"Monday\""),
        (json!({"day": 1.5}), "day 1.5"),
        (json!({"time": "24:00"}), "time"),
        (json!({"time": "7pm"}), "time"),
        (json!({"end_time": "19:60"}), "end_time"),
        (json!({"time": "19:00:00:00"}), "time"),
        (json!({"timezone": "Mars/Base"}), "timezone"),
        (json!({"types": {"O": true}}), "types"),
        (json!({"latitude": 91, "longitude": 0}), "no place on earth"),
        (json!({"latitude": 40.5}), "latitude and longitude"),
        (json!({"coordinates": "here"}), "coordinates"),
        (json!({"conference_url": "javascript:alert(1)"}), "conference_url"),
        (json!({"conference_url": "https://a b"}), "conference_url"),
        (json!({"notes": "a\u{0}b"}), "notes"),
        (json!({"notes": "x".repeat(20_001)}), "notes"),
        (json!({"location": ["here"]}), "location"),
    ] {
        let feed = read(&json!([entry(&json!({"slug": "good"})), entry(&more)]));
        let [skipped] = feed.skipped.as_slice() else { panic!("{more} is taken") };
        assert!(skipped.index == 1 && skipped.reason.contains(reason), "{more}: {skipped:?}");
        assert_eq!(feed.listings.len(), 1, "the others are taken");
    }
    assert_eq!(read(&json!([7, null, "x"])).skipped.len(), 3);
    let nowhere = Origin { time_zone: None, ..origin() };
    let feed = Feed::read(json!([entry(&json!({}))]).to_string().as_bytes(), &nowhere).unwrap();
    assert!(feed.skipped[0].reason.contains("--time-zone") && feed.skipped[0].slug == "hope");
    for whole in ["", "{}", "[", "nothing", r#"{"meetings": []}"#] {
        assert!(Feed::read(whole.as_bytes(), &origin()).is_err(), "{whole}");
    }
}

#[test]
fn an_attendance_takes_over_what_a_record_can_hold() {
    let more = json!({"day": 1, "time": "23:30", "end_time": "00:45", "types": ["O", "some own code"],
        "conference_url": "https://meet.example.org/hope"});
    let taken = Json::Object(one(&more).as_attended());
    let wanted = json!({"fellowship": "na", "time_zone": "America/Chicago", "name": "Hope", "format": "online",
        "meeting_types": ["O"], "duration_minutes": 75});
    assert_eq!(taken, wanted);
    assert_eq!(one(&json!({"time": "19:00"})).as_attended()["duration_minutes"], json!(null));
}
