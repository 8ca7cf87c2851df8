//! Lists of every collection: pages, order, dates, filters, and parameters that cannot be used.

use std::collections::HashSet;

use serde_json::{Value as Json, json};

use crate::support::{Client, Collection, Server, both, collections};

both!(
    pages_show_each_record_once_newest_first,
    a_page_is_not_moved_by_newer_records,
    dates_are_inclusive,
    filters_show_what_they_name,
    a_parameter_that_cannot_be_used_is_400,
    a_cursor_belongs_to_its_list,
);

/// A record of the n-th day of 2025.
fn dated(collection: &Collection, day: u32) -> Json {
    let date = chrono::NaiveDate::from_yo_opt(2025, day).unwrap();
    let mut body = collection.minimal();
    for (name, _) in collection.fields() {
        match name {
            "local_date" | "used_on" => body[name] = json!(date.to_string()),
            "occurred_at" => body[name] = json!(format!("{date}T12:00:00-05:00")),
            _ => {}
        }
    }
    body
}

/// All pages of a list.
fn pages(member: &Client, path: &str, limit: usize) -> Vec<Vec<Json>> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let answer = member.get(&format!("{path}{separator}limit={limit}{cursor}"));
        pages.push(answer.expect(200).items().to_vec());
        let Some(next) = answer.json["next_cursor"].as_str() else { return pages };
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
        assert!(next.chars().all(unreserved), "a cursor needs no escaping: {next}");
        cursor = format!("&cursor={next}");
        assert!(pages.len() < 100, "the pages never end");
    }
}

fn pages_show_each_record_once_newest_first(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        // Days in no order, some of them twice.
        for day in [5, 1, 9, 5, 7, 3, 9] {
            member.post(collection.path, &dated(&collection, day)).expect(201);
        }
        let whole = member.get(collection.path).expect(200).items().to_vec();
        assert_eq!(whole.len(), 7);
        let key = |record: &Json| {
            ["local_date", "used_on", "created_at"]
                .iter()
                .find_map(|name| record[name].as_str().map(str::to_owned))
        };
        let keys: Vec<_> = whole.iter().map(key).collect();
        assert!(keys.is_sorted_by(|one, other| one >= other), "newest first: {keys:?}");
        for limit in 1..=8 {
            let pages = pages(&member, collection.path, limit);
            let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
            assert_eq!(sizes.len(), 7_usize.div_ceil(limit), "{sizes:?}");
            assert_eq!(pages.concat(), whole, "{} by {limit}", collection.path);
        }
    }
}

fn a_page_is_not_moved_by_newer_records(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        for day in 1..=6 {
            member.post(collection.path, &dated(&collection, day)).expect(201);
        }
        let before = member.get(collection.path).items().to_vec();
        let first = member.get(&format!("{}?limit=3", collection.path));
        member.post(collection.path, &dated(&collection, 20)).expect(201);
        // The record that the cursor stands on may go, too.
        member.delete(&collection.item(first.items()[2]["id"].as_str().unwrap())).expect(204);
        let cursor = first.json["next_cursor"].as_str().unwrap();
        let second = member.get(&format!("{}?limit=3&cursor={cursor}", collection.path));
        assert_eq!(second.expect(200).items(), &before[3..], "{}", collection.path);
    }
}

fn dates_are_inclusive(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        for day in 1..=5 {
            member.post(collection.path, &dated(&collection, day)).expect(201);
        }
        for (range, count) in [
            ("from=2025-01-02&to=2025-01-04", 3),
            ("from=2025-01-05", 1),
            ("to=2025-01-01", 1),
            ("from=2025-01-06", 0),
            ("from=2025-01-03&to=2025-01-03", 1),
            ("from=2025-01-04&to=2025-01-02", 0),
        ] {
            let found = pages(&member, &format!("{}?{range}", collection.path), 2).concat();
            let date = |record: &Json| record.get("local_date").or(record.get("used_on")).cloned();
            let wanted = if found.iter().all(|record| date(record).is_none()) && !found.is_empty() {
                5
            } else {
                count
            };
            assert_eq!(found.len(), wanted, "{}?{range}", collection.path);
        }
    }
}

fn filters_show_what_they_name(server: &Server) {
    let member = server.member();
    let ids: Vec<String> = (0..3).map(|_| uuid::Uuid::new_v4().to_string()).collect();
    let cravings = collections::at("/v1/cravings");
    for (n, outcome) in ["open", "passed", "used", "passed"].iter().enumerate() {
        let mut body = dated(&cravings, 10);
        body["outcome"] = json!(outcome);
        body["clock_id"] = json!(ids[n % 3]);
        body["trigger_ids"] = json!([ids[n % 3], ids[(n + 1) % 3]]);
        body["skill_ids"] = json!([ids[n % 2]]);
        member.post(cravings.path, &body).expect(201);
    }
    let lapses = collections::at("/v1/lapses");
    for id in &ids {
        let mut body = dated(&lapses, 10);
        body["clock_id"] = json!(id);
        member.post(lapses.path, &body).expect(201);
    }
    let meetings = collections::at("/v1/meetings");
    for fellowship in ["na", "aa", "na"] {
        let mut body = dated(&meetings, 10);
        body["fellowship"] = json!(fellowship);
        member.post(meetings.path, &body).expect(201);
    }
    let nobody = uuid::Uuid::new_v4();
    for (path, count) in [
        ("/v1/cravings?outcome=passed".to_owned(), 2),
        ("/v1/cravings?outcome=open".to_owned(), 1),
        (format!("/v1/cravings?clock_id={}", ids[0]), 2),
        (format!("/v1/cravings?trigger_id={}", ids[0]), 3),
        (format!("/v1/cravings?trigger_id={}&outcome=used", ids[0]), 1),
        (format!("/v1/cravings?skill_id={}", ids[1]), 2),
        (format!("/v1/cravings?skill_id={nobody}"), 0),
        (format!("/v1/cravings?outcome=passed&from=2025-01-11&clock_id={}", ids[1]), 0),
        (format!("/v1/lapses?clock_id={}", ids[2]), 1),
        ("/v1/meetings?fellowship=na".to_owned(), 2),
        ("/v1/meetings?fellowship=smart".to_owned(), 0),
    ] {
        assert_eq!(pages(&member, &path, 1).concat().len(), count, "{path}");
    }
    for bad in
        ["cravings?outcome=lost", "cravings?clock_id=7", "cravings?trigger_id=%25", "meetings?fellowship=xx"]
    {
        member.get(&format!("/v1/{bad}")).refused(400, "invalid_parameter");
    }
}

fn a_parameter_that_cannot_be_used_is_400(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        for (query, pointer) in [
            ("limit=0", "?limit"),
            ("limit=201", "?limit"),
            ("limit=-1", "?limit"),
            ("limit=5.0", "?limit"),
            ("limit=", "?limit"),
            ("limit=many", "?limit"),
            ("limit=99999999999999999999", "?limit"),
            ("from=2025-02-30", "?from"),
            ("to=yesterday", "?to"),
            ("from=1899-12-31", "?from"),
            ("limit=1&limit=2", "?limit"),
            ("surprise=1", "?surprise"),
            ("LIMIT=1", "?LIMIT"),
        ] {
            let answer = member.get(&format!("{}?{query}", collection.path));
            assert_eq!(answer.refused(400, "invalid_parameter").pointers(), [pointer], "{query}");
        }
        let several = member.get(&format!("{}?limit=0&from=x&surprise=1", collection.path));
        assert_eq!(several.refused(400, "invalid_parameter").pointers(), ["?from", "?limit", "?surprise"]);
        for good in ["limit=1", "limit=200", "from=1900-01-01&to=2999-12-31"] {
            member.get(&format!("{}?{good}", collection.path)).expect(200);
        }
    }
}

fn a_cursor_belongs_to_its_list(server: &Server) {
    let member = server.member();
    let mut cursors = HashSet::new();
    let all = collections::all();
    for collection in &all {
        for day in [1, 2] {
            member.post(collection.path, &dated(collection, day)).expect(201);
        }
        let page = member.get(&format!("{}?limit=1", collection.path));
        cursors.insert(page.json["next_cursor"].as_str().unwrap().to_owned());
    }
    assert_eq!(cursors.len(), all.len());
    for collection in &all {
        let own = member.get(&format!("{}?limit=1", collection.path)).json["next_cursor"].clone();
        let own = own.as_str().unwrap();
        for cursor in &cursors {
            let answer = member.get(&format!("{}?cursor={cursor}", collection.path));
            if cursor == own {
                answer.expect(200)
            } else {
                answer.refused(400, "invalid_cursor")
            };
        }
        for bad in ["", "x", "AAAA", &own[1..], &format!("{own}A"), "%00", "../../etc"] {
            member.get(&format!("{}?cursor={bad}", collection.path)).refused(400, "invalid_cursor");
        }
    }
}
