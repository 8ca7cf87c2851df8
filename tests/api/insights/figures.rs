//! What random journals do not show: limits of ranges, the edges of words and rounding, kind messages, the shape
//! of the summary, which day is today.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde_json::{Value as Json, json};

use super::slow::civil_date;
use crate::support::matching::assert_holds;
use crate::support::{Client, Server, both};

both!(
    today_is_where_the_person_is,
    ranges_have_limits,
    any_day_can_be_today,
    the_default_range_is_thirty_dates,
    a_quarter_point_a_week_is_not_steady,
    figures_are_rounded_once_and_half_away_from_zero,
    messages_are_kind_and_true,
    archived_things_keep_their_figures,
    the_summary_is_the_home_screen,
);

/// The answers over a range of dates.
const RANGED: [&str; 6] = [
    "/v1/days",
    "/v1/trends",
    "/v1/insights/triggers",
    "/v1/insights/skills",
    "/v1/insights/heatmap",
    "/v1/insights/factors",
];

fn ask(member: &Client, path: &str) -> Json {
    member.get(path).expect(200).json.clone()
}

fn check_in(member: &Client, date: NaiveDate, mood: u32) {
    member.post("/v1/check-ins", &json!({"local_date": date.to_string(), "mood": mood})).expect(201);
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn today_is_where_the_person_is(server: &Server) {
    let member = server.member();
    // Kiritimati is 24 hours before Honolulu, at every moment another date.
    for (zone, day_starts_at) in
        [("Pacific/Kiritimati", "00:00"), ("Pacific/Honolulu", "00:00"), ("Asia/Kathmandu", "06:00")]
    {
        member.patch("/v1/account", &json!({"time_zone": zone, "day_starts_at": day_starts_at})).expect(200);
        // What the day starts at still applies with another zone.
        for tz in [None, Some("Pacific/Apia"), Some("America/New_York")] {
            let starts = NaiveTime::parse_from_str(day_starts_at, "%H:%M").unwrap();
            let now = || {
                let moment = DateTime::<Utc>::from(std::time::SystemTime::now());
                civil_date(moment, tz.unwrap_or(zone).parse().unwrap(), starts)
            };
            let query = tz.map(|tz| format!("?tz={tz}")).unwrap_or_default();
            let before = now();
            let streaks = ask(&member, &format!("/v1/streaks{query}"));
            let days = ask(&member, &format!("/v1/days{query}"));
            let possible = [json!(before.to_string()), json!(now().to_string())];
            assert!(possible.contains(&streaks["as_of"]), "{zone}{query}: {}", streaks["as_of"]);
            assert_eq!(streaks["time_zone"], tz.unwrap_or(zone));
            let last = days["days"].as_array().unwrap().last().unwrap()["date"].clone();
            assert!(possible.contains(&last), "{zone}{query}: {last}");
        }
    }
}

fn ranges_have_limits(server: &Server) {
    let member = server.member();
    let to = day("2024-06-30");
    let asked =
        |path: &str, from: NaiveDate| member.get(&format!("{path}?as_of=2025-01-01&from={from}&to={to}"));
    for path in RANGED {
        // 50 years, but a calendar of at most 400 days. (Not held against the contract: of so long an answer that
        // takes longer than the answer itself.)
        let longest = if path == "/v1/days" { to - Days::new(399) } else { day("1974-07-01") };
        let bucket = if path == "/v1/trends" { "&bucket=month" } else { "" };
        let long = format!("{path}?as_of=2025-01-01&from={longest}&to={to}{bucket}");
        let long = member.request("GET", &long).try_send().unwrap();
        assert_eq!(long.status, 200, "{long:?}");
        if path == "/v1/trends" {
            fifty_years_by_month(&long.json);
        }
        for absurd in ["1900-01-01", "0001-01-01"] {
            asked(path, day(absurd)).refused(422, "validation_failed");
        }
        asked(path, to).expect(200);
        assert_eq!(asked(path, to + Days::new(1)).refused(422, "validation_failed").pointers(), ["?from"]);
        // After the cut at today, from is after to.
        let cut = "from=2024-06-02&to=2024-06-09&as_of=2024-06-01";
        member.get(&format!("{path}?{cut}")).refused(422, "validation_failed");
        for bad in ["tz=Mars/Base", "tz=", "from=2025-02-29", "to=x", "as_of=20250101", "surprise=1", "from="]
        {
            member.get(&format!("{path}?{bad}")).refused(422, "validation_failed");
        }
        let all = member.get(&format!("{path}?from=a&to=b&tz=c&as_of=d"));
        assert_eq!(all.refused(422, "validation_failed").pointers(), ["?as_of", "?from", "?to", "?tz"]);
    }
    asked("/v1/days", to - Days::new(400)).refused(422, "validation_failed");
    member.get("/v1/trends?bucket=year").refused(422, "validation_failed");
}

/// 600 buckets, all there, and nothing in them.
fn fifty_years_by_month(trends: &Json) {
    let series = trends["counts"]["meetings"]["series"].as_array().unwrap();
    assert_eq!((series.len(), &series[0]["start"]), (600, &json!("1974-07-01")));
    assert_eq!(trends["coverage"], json!({"days": 18_263, "with_check_in": 0}));
    let empty = json!({"n": 0, "mean": null, "min": null, "max": null});
    assert_holds(&trends["ratings"]["pain"]["series"][599], &empty);
}

/// Far-away days are answered in time, or refused clearly; never with a date that is none.
fn any_day_can_be_today(server: &Server) {
    let member = server.member();
    for policy in ["reset", "keep_and_count"] {
        let clock = json!({"substance": "opioids", "started_on": "1999-12-31", "reset_policy": policy,
            "daily_cost": "10.00", "currency": "USD"});
        let clock = member.post("/v1/clocks", &clock).expect(201).id().to_owned();
        member.post("/v1/lapses", &json!({"clock_id": clock, "used_on": "2025-01-01"})).expect(201);
    }
    check_in(&member, day("2025-01-01"), 5);
    for as_of in ["1900-01-01", "2999-12-31", "9999-12-31"] {
        for path in ["/v1/streaks", "/v1/summary", "/v1/days/2025-01-01"].into_iter().chain(RANGED) {
            let answer = member.get(&format!("{path}?as_of={as_of}"));
            assert!([200, 422].contains(&answer.status), "{answer:?}");
        }
    }
    // 1,000 years have 365,243 days here: 243 of the years leap. Of them, the open lapse leaves the 9,133 to New
    // Year 2025: 25 years with 7 leap days, and a day.
    let last = ask(&member, "/v1/streaks?as_of=2999-12-31");
    for clock in last["clocks"].as_array().unwrap() {
        assert_holds(
            clock,
            &json!({"journey_days": 365_243, "substance_free_days": 9_133, "status": "open_lapse",
                "money_kept": {"amount": "91330.00", "currency": "USD"}}),
        );
    }
    let first = ask(&member, "/v1/streaks?as_of=1900-01-01");
    for clock in first["clocks"].as_array().unwrap() {
        assert_holds(
            clock,
            &json!({"journey_days": 0, "current_days": 0, "lapse_count": 0, "status": "running"}),
        );
    }
}

fn the_default_range_is_thirty_dates(server: &Server) {
    let member = server.member();
    for (query, from, to) in [
        ("as_of=2024-03-10", "2024-02-10", "2024-03-10"),
        ("as_of=2024-03-10&to=2024-03-01", "2024-02-01", "2024-03-01"),
        ("as_of=2024-03-10&from=2024-03-01", "2024-03-01", "2024-03-10"),
        ("as_of=2024-03-10&from=2024-03-01&to=2024-04-01", "2024-03-01", "2024-03-10"),
        ("as_of=2024-03-10&to=2024-04-01", "2024-02-10", "2024-03-10"),
    ] {
        for path in RANGED {
            let answer = ask(&member, &format!("{path}?{query}"));
            match answer["days"].as_array() {
                Some(days) => {
                    let edges = (&days[0]["date"], &days[days.len() - 1]["date"]);
                    assert_eq!(edges, (&json!(from), &json!(to)), "{query}");
                }
                None => assert_holds(&answer, &json!({"from": from, "to": to})),
            }
        }
    }
    assert_eq!(ask(&member, "/v1/trends?as_of=2024-03-10")["bucket"], "day");
}

/// 14 days, a fortnight apart, each half a point above the one before: every pair rises by exactly a quarter of
/// a point a week. A half is two check-ins a day.
fn a_quarter_point_a_week_is_not_steady(server: &Server) {
    let rising = server.member();
    let (easing, steady) = (server.member(), server.member());
    let start = day("2024-01-01");
    for step in 0..14_u32 {
        let date = start + Days::new(14 * u64::from(step));
        for half in [step / 2, step.div_ceil(2)] {
            check_in(&rising, date, half);
            check_in(&easing, date, 10 - half);
        }
        // A day later each time: the pairs rise by half a point in 15 days, 0.2333 a week.
        let date = start + Days::new(15 * u64::from(step));
        check_in(&steady, date, step / 2);
        check_in(&steady, date, step.div_ceil(2));
    }
    let direction = |member: &Client| {
        let trends = ask(member, "/v1/trends?as_of=2024-12-31&from=2024-01-01&to=2024-12-31&bucket=month");
        trends["ratings"]["mood"]["direction"].clone()
    };
    assert_eq!(direction(&rising), json!({"status": "ok", "per_week": 0.25, "word": "rising"}));
    assert_eq!(direction(&easing), json!({"status": "ok", "per_week": -0.25, "word": "easing"}));
    assert_eq!(direction(&steady), json!({"status": "ok", "per_week": 0.23, "word": "steady"}));
    // One day less, and there are 13.
    let trends = ask(&rising, "/v1/trends?as_of=2024-12-31&from=2024-01-02&to=2024-12-31&bucket=month");
    let wanted = json!({"status": "needs_more", "have": 13, "need": 14});
    assert_eq!(trends["ratings"]["mood"]["direction"], wanted);
}

fn figures_are_rounded_once_and_half_away_from_zero(server: &Server) {
    let member = server.member();
    // 17 threes and 23 twos: 97/40 = 2.425, which a double holds as a little less. Before them, 40 days of 5:
    // the difference is −2.575, of which a double holds a little more.
    for offset in 0..40 {
        check_in(&member, day("2024-03-01") + Days::new(offset), if offset < 17 { 3 } else { 2 });
        check_in(&member, day("2024-03-01") - Days::new(offset + 1), 5);
    }
    let trends = ask(&member, "/v1/trends?as_of=2024-12-31&from=2024-03-01&to=2024-04-09&bucket=month");
    let mood = &trends["ratings"]["mood"];
    assert_holds(mood, &json!({"n": 40, "mean": 2.43}));
    assert_holds(&mood["previous"], &json!({"n": 40, "mean": 5, "difference": -2.58}));
}

/// Never a zero and nothing else; after a lapse the sentence names what stays.
fn messages_are_kind_and_true(server: &Server) {
    let member = server.member();
    let clock = |policy: &str, started_on: &str| {
        let body = json!({"substance": "opioids", "started_on": started_on, "reset_policy": policy});
        member.post("/v1/clocks", &body).expect(201).id().to_owned()
    };
    let lapse = |clock: &str, used_on: &str, resumed_on: Option<&str>| {
        let body = json!({"clock_id": clock, "used_on": used_on, "resumed_on": resumed_on});
        member.post("/v1/lapses", &body).expect(201);
    };
    for policy in ["reset", "keep_and_count"] {
        clock(policy, "2025-03-01");
        clock(policy, "2025-04-01");
        clock(policy, "2024-03-01");
        // A lapse on the first day; one that ended on its day; one that is open; one that ended today.
        for (used_on, resumed_on) in [
            ("2025-01-01", None),
            ("2025-01-01", Some("2025-01-02")),
            ("2025-02-10", Some("2025-02-10")),
            ("2025-02-20", None),
            ("2025-02-27", Some("2025-03-01")),
            ("2025-03-01", Some("2025-03-01")),
        ] {
            lapse(&clock(policy, "2025-01-01"), used_on, resumed_on);
        }
    }
    let as_of = ["2025-03-01", "2025-03-02", "2025-01-01", "2025-01-02", "2025-02-28"];
    for clock in as_of.iter().flat_map(|today| clocks(&member, today)) {
        let message = clock["message"].as_str().unwrap();
        let numbers: Vec<u64> =
            message.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
        assert!(message.len() > 20 && message.ends_with('.'), "{message}");
        assert!(!numbers.contains(&0), "a bare zero: {message}");
        let lower = message.to_lowercase();
        for never in ["relapse", "fail", "lost", "broke", "only", "just", "streak", "again"] {
            assert!(!lower.contains(never), "{never}: {message}");
        }
        // True: each number is one of the clock's, or of a date.
        let since = day(clock["since"].as_str().unwrap()).format("%Y %-m %-d").to_string();
        let own = ["current_days", "day_number", "longest_days", "substance_free_days", "journey_days"];
        for number in &numbers {
            let figure = own.iter().any(|name| clock[name] == *number);
            let dated = since.split(' ').any(|part| part == number.to_string());
            assert!(figure || dated, "{number} is nowhere in {clock}");
        }
        let stays = clock["substance_free_days"].as_u64().unwrap();
        if clock["lapse_count"].as_u64() > Some(0) && stays > 0 {
            assert!(numbers.contains(&stays), "what stays ({stays} days) is not named: {message}");
        }
    }
}

fn clocks(member: &Client, as_of: &str) -> Vec<Json> {
    let streaks = ask(member, &format!("/v1/streaks?as_of={as_of}"));
    let clocks = streaks["clocks"].as_array().unwrap().clone();
    assert_eq!(clocks.len(), 18);
    clocks
}

fn archived_things_keep_their_figures(server: &Server) {
    let member = server.member();
    let post = |path: &str, body: &Json| member.post(path, body).expect(201).id().to_owned();
    let trigger = post("/v1/triggers", &json!({"name": "The bridge", "category": "environment"}));
    let skill = post("/v1/skills", &json!({"name": "Guitar", "family": "body"}));
    let first = post("/v1/clocks", &json!({"substance": "opioids", "started_on": "2025-01-01"}));
    let second = post("/v1/clocks", &json!({"substance": "alcohol", "started_on": "2025-02-01"}));
    for hour in 10..15 {
        let moment = format!("2025-03-04T{hour}:00:00Z");
        let body = json!({"occurred_at": moment, "time_zone": "UTC", "intensity": 7, "intensity_after": 2,
            "trigger_ids": [trigger], "skill_ids": [skill], "outcome": "passed"});
        post("/v1/cravings", &body);
    }
    let figures = || {
        let triggers = ask(&member, "/v1/insights/triggers?as_of=2025-03-10")["triggers"].clone();
        let skills = ask(&member, "/v1/insights/skills?as_of=2025-03-10")["skills"].clone();
        (triggers, skills)
    };
    let before = figures();
    let wanted = json!([{"trigger_id": trigger, "name": "The bridge", "category": "environment", "count": 5,
        "share": 100.0, "mean_intensity": 7.0, "passed_share": 100.0}]);
    assert_eq!(before.0, wanted);
    let wanted = json!([{"skill_id": skill, "name": "Guitar", "status": "ok", "n": 5, "median_relief": 5.0}]);
    assert_eq!(before.1, wanted);
    for path in [format!("triggers/{trigger}"), format!("skills/{skill}"), format!("clocks/{first}")] {
        member.patch(&format!("/v1/{path}"), &json!({"archived": true})).expect(200);
    }
    assert_eq!(figures(), before);
    let streaks = ask(&member, "/v1/streaks?as_of=2025-03-10");
    let listed: Vec<(&Json, &Json, &Json)> = streaks["clocks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|clock| (&clock["clock_id"], &clock["archived"], &clock["current_days"]))
        .collect();
    let wanted = [(json!(second), json!(false), json!(37)), (json!(first), json!(true), json!(68))];
    assert_eq!(listed, wanted.each_ref().map(|(id, archived, days)| (id, archived, days)));
    // Deleted, they are ids that nobody knows; what happened with them stays.
    member.delete(&format!("/v1/triggers/{trigger}")).expect(204);
    let nameless = &figures().0[0];
    assert_holds(nameless, &json!({"trigger_id": trigger, "name": null, "category": null, "count": 5}));
}

fn the_summary_is_the_home_screen(server: &Server) {
    let member = server.member();
    for (started_on, archived) in [("2025-01-01", false), ("2025-03-01", false), ("2025-03-09", true)] {
        let body = json!({"substance": "opioids", "started_on": started_on, "archived": archived});
        member.post("/v1/clocks", &body).expect(201);
    }
    check_in(&member, day("2025-03-10"), 4);
    check_in(&member, day("2025-03-04"), 7);
    check_in(&member, day("2025-03-03"), 1);
    let moment = json!({"occurred_at": "2025-03-10T12:00:00Z", "time_zone": "UTC", "intensity": 6});
    member.post("/v1/cravings", &moment).expect(201);
    let query = "?as_of=2025-03-10&tz=Asia/Tokyo";
    let summary = ask(&member, &format!("/v1/summary{query}"));
    assert_eq!(summary["as_of"], "2025-03-10");
    assert_eq!(summary["streaks"], ask(&member, &format!("/v1/streaks{query}")));
    assert_eq!(summary["today"], ask(&member, &format!("/v1/days/2025-03-10{query}")));
    // The 4th is the first of the seven dates ending today.
    let wanted =
        json!({"mood": {"n": 2, "mean": 5.5}, "cravings": {"n": 1, "mean_intensity": 6.0}, "meetings": 0});
    assert_eq!(summary["last_7_days"], wanted);
    // Of clocks that are not put away, soonest first: 30 days since the 1st of March, 90 since New Year.
    let wanted = json!([{"kind": "milestone", "code": "days_30", "on": "2025-03-31"},
        {"kind": "milestone", "code": "days_90", "on": "2025-04-01"}]);
    assert_eq!(summary["next"], wanted);
    assert!(summary["plan"]["crisis_card"]["help_lines"].is_array(), "{}", summary["plan"]);

    // On a day before anything was written.
    let empty = ask(&member, "/v1/summary?as_of=2024-12-01");
    let nothing =
        json!({"mood": {"n": 0, "mean": null}, "cravings": {"n": 0, "mean_intensity": null}, "meetings": 0});
    assert_eq!(empty["last_7_days"], nothing);
    assert_eq!(empty["today"]["check_ins"], json!([]));
}
