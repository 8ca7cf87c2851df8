//! Entity tags of derived answers: the same for the same question to the same journal, another one as soon as
//! the answer may be another one.

use serde_json::{Value as Json, json};

use crate::support::{Client, Server, both};

both!(
    every_figure_is_tagged,
    a_write_makes_every_figure_anew,
    the_accounts_zone_and_day_start_are_part_of_it,
    the_help_lines_are_those_of_the_country,
);

/// Every derived answer, with the parameters that it takes beside `as_of` and `tz`.
const FIGURES: [(&str, &[&str]); 9] = [
    ("/v1/streaks", &[]),
    ("/v1/summary", &[]),
    ("/v1/days/2025-03-04", &[]),
    ("/v1/days", &["from", "to"]),
    ("/v1/trends", &["from", "to", "bucket"]),
    ("/v1/insights/triggers", &["from", "to"]),
    ("/v1/insights/skills", &["from", "to"]),
    ("/v1/insights/heatmap", &["from", "to"]),
    ("/v1/insights/factors", &["from", "to"]),
];

fn tag(member: &Client, path: &str) -> String {
    let answer = member.get(path);
    let tag = answer.expect(200).etag().to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 8, "a strong tag: {tag}");
    tag
}

fn every_figure_is_tagged(server: &Server) {
    let member = server.member();
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "mood": 5})).expect(201);
    let mut all = Vec::new();
    for (path, parameters) in FIGURES {
        let base = format!("{path}?as_of=2025-03-10");
        let first = tag(&member, &base);
        assert_eq!(tag(&member, &base), first, "{path}");
        for known in [first.clone(), format!("\"other\", {first}"), "*".to_owned()] {
            let again = member.request("GET", &base).header("If-None-Match", &known).send();
            assert!(again.expect(304).bytes.is_empty(), "{path}");
            assert_eq!(again.etag(), first, "{path}");
        }
        member.request("GET", &base).header("If-None-Match", "\"other\"").send().expect(200);
        // Another today, another zone, another range, another bucket: another answer.
        let mut tags = vec![first, tag(&member, &format!("{path}?as_of=2025-03-11"))];
        tags.push(tag(&member, &format!("{base}&tz=Asia/Tokyo")));
        for parameter in parameters {
            let value = match *parameter {
                "from" => "2025-03-01",
                "to" => "2025-03-07",
                "bucket" => "week",
                other => panic!("no value for {other}"),
            };
            tags.push(tag(&member, &format!("{base}&{parameter}={value}")));
        }
        all.extend(tags);
    }
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "two different answers have one tag");
}

/// Whatever is written, wherever: no figure is answered from before it. (Whether the new figures are right is
/// what the random journals are for.)
fn a_write_makes_every_figure_anew(server: &Server) {
    let member = server.member();
    let tags = || FIGURES.map(|(path, _)| tag(&member, &format!("{path}?as_of=2025-03-10")));
    let moods = || {
        let day = member.get("/v1/days/2025-03-04?as_of=2025-03-10").json["check_ins"].clone();
        let trend = member.get("/v1/trends?as_of=2025-03-10").json["ratings"]["mood"]["mean"].clone();
        let month = member.get("/v1/days?as_of=2025-03-10&from=2025-03-04&to=2025-03-04");
        let week = member.get("/v1/summary?as_of=2025-03-10").json["last_7_days"]["mood"]["mean"].clone();
        [&day[0]["mood"], &trend, &month.json["days"][0]["mood"], &week].map(Json::as_f64)
    };
    let mut before = tags();
    let mut changed = || {
        let now = tags();
        for ((path, _), (now, before)) in FIGURES.iter().zip(now.iter().zip(&before)) {
            assert_ne!(now, before, "{path}");
        }
        before = now;
    };
    let check_in = member.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "mood": 5}));
    assert_eq!(moods(), [Some(5.0); 4]);
    changed();
    let path = format!("/v1/check-ins/{}", check_in.expect(201).id());
    member.patch(&path, &json!({"mood": 7})).expect(200);
    assert_eq!(moods(), [Some(7.0); 4]);
    changed();
    member.put(&path, &json!({"local_date": "2025-03-04", "mood": 2})).expect(200);
    assert_eq!(moods(), [Some(2.0); 4]);
    changed();
    member.delete(&path).expect(204);
    assert_eq!(moods(), [None; 4]);
    changed();
    // Another member's writes change nothing of mine.
    server.member().post("/v1/check-ins", &json!({"local_date": "2025-03-04", "mood": 9})).expect(201);
    assert_eq!(before, tags());
}

fn the_accounts_zone_and_day_start_are_part_of_it(server: &Server) {
    let member = server.member();
    for (path, _) in FIGURES {
        // Without as_of the account's zone decides which day is today; with it, it decides nothing but stays
        // part of the tag, as the design has it.
        for question in [path.to_owned(), format!("{path}?as_of=2025-03-10")] {
            member.patch("/v1/account", &json!({"time_zone": "UTC", "day_starts_at": "00:00"})).expect(200);
            let before = tag(&member, &question);
            member.patch("/v1/account", &json!({"day_starts_at": "03:00"})).expect(200);
            let later = tag(&member, &question);
            assert_ne!(later, before, "{question}: the start of the day");
            member.patch("/v1/account", &json!({"time_zone": "Europe/Paris"})).expect(200);
            assert_ne!(tag(&member, &question), later, "{question}: the zone");
        }
    }
}

/// The home screen shows the help lines of the account's country: somebody who moves must not be left with the
/// numbers of the old one.
fn the_help_lines_are_those_of_the_country(server: &Server) {
    let member = server.member();
    let catalogue = server.anybody().get("/v1/catalogue").json;
    let lines = |country: &str| {
        let known = catalogue["help_lines"].as_array().unwrap().iter();
        known.clone().find(|entry| entry["country"] == country).expect("a country")["lines"].clone()
    };
    for country in ["US", "GB", "US"] {
        member.patch("/v1/account", &json!({"country": country})).expect(200);
        let summary = member.get("/v1/summary?as_of=2025-03-10");
        assert_eq!(
            summary.expect(200).json["plan"]["crisis_card"]["help_lines"],
            lines(country),
            "{country}"
        );
    }
    let tag = tag(&member, "/v1/summary?as_of=2025-03-10");
    member.patch("/v1/account", &json!({"country": "GB"})).expect(200);
    member.request("GET", "/v1/summary?as_of=2025-03-10").header("If-None-Match", tag).send().expect(200);
}
