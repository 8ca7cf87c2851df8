//! Files that are cut, huge, deep, of wrong types or no files at all: a clear problem each, and nothing changes.

use serde_json::{Value as Json, json};

use super::{count, export, import, import_ours};
use crate::records::new_id;
use crate::support::{Server, both};

both!(hostile_files_change_nothing, a_cut_file_is_refused_wherever_it_is_cut, one_bad_row_stops_all);

fn good(server: &Server) -> Json {
    let other = server.member();
    for number in 0..3 {
        let body = json!({"occurred_at": "2025-03-04T10:00:00Z", "time_zone": "UTC", "intensity": number});
        other.put(&format!("/v1/cravings/{}", new_id()), &body).expect(201);
    }
    export(&other)
}

/// The file with one place changed.
fn with(file: &Json, pointer: &str, value: Json) -> Json {
    let mut file = file.clone();
    *file.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
    file
}

fn hostile_files_change_nothing(server: &Server) {
    let (member, good) = (server.member(), good(server));
    let before = export(&member);
    let record = &good["collections"]["cravings"][0];
    let extra = |name: &str, value: Json| {
        let mut record = record.clone();
        record[name] = value;
        with(&good, "/collections/cravings/0", record)
    };
    for (file, pointer) in [
        (with(&good, "/format", json!("something-else")), "/format"),
        (with(&good, "/version", json!(2)), "/version"),
        (with(&good, "/journal/revision", json!(i64::MAX)), "/journal/revision"),
        (with(&good, "/journal/revision", json!(0)), "/journal/revision"),
        (with(&good, "/journal/revision", json!("1")), ""),
        (with(&good, "/account", json!([])), ""),
        (with(&good, "/account/id", json!("ann")), ""),
        (with(&good, "/collections", json!([])), ""),
        (with(&good, "/collections/cravings", json!({})), ""),
        (with(&good, "/collections", json!({"diaries": []})), ""),
        (with(&good, "/collections/cravings/1", json!(7)), "/collections/cravings/1"),
        (with(&good, "/collections/cravings/1", json!([])), "/collections/cravings/1"),
        (with(&good, "/collections/cravings/1", record.clone()), "/collections/cravings/1/id"),
        (with(&good, "/collections/cravings/0/id", json!("1")), "/collections/cravings/0/id"),
        (with(&good, "/collections/cravings/0/revision", json!(1_000)), "/collections/cravings/0/revision"),
        (
            with(&good, "/collections/cravings/0/updated_at", json!(null)),
            "/collections/cravings/0/updated_at",
        ),
        (with(&good, "/collections/cravings/2/intensity", json!(11)), "/collections/cravings/2/intensity"),
        (
            with(&good, "/collections/cravings/2/local_date", json!("2999-01-01")),
            "/collections/cravings/2/local_date",
        ),
        (extra("mood", json!(5)), "/collections/cravings/0/mood"),
        (extra("note", json!("a\u{0}b")), "/collections/cravings/0"),
        (json!({}), ""),
        (json!([]), ""),
        (json!("export"), ""),
    ] {
        let answer = import_ours(&member, "", &file);
        if file.to_string().contains("\\u0000") {
            assert_eq!(answer.status, 422, "{answer:?}");
        } else {
            answer.refused(422, "validation_failed");
        }
        assert!(answer.pointers().contains(&pointer), "{pointer}: {answer:?}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = good.to_string();
    let nested = text.replacen("\"intensity\":0", &format!("\"intensity\":{deep}"), 1);
    assert!(nested.contains("[[["));
    import(&member, "", "application/json", nested).refused(422, "validation_failed");
    let twice = text.replacen("\"intensity\":0", "\"intensity\":0,\"intensity\":0", 1);
    import(&member, "", "application/json", twice).refused(422, "validation_failed");
    let lists = text.replacen("\"cravings\":[", "\"cravings\":[],\"cravings\":[", 1);
    import(&member, "", "application/json", lists).refused(422, "validation_failed");
    for (file, status, code) in [
        (b"".to_vec(), 400, "malformed_json"),
        (b"PK\x03\x04".to_vec(), 400, "malformed_json"),
        (b"\xff\xfe{".to_vec(), 400, "unreadable_file"),
        (deep.into_bytes(), 422, "validation_failed"),
        (b"{\"format\":\"recovery-journal\"".to_vec(), 400, "malformed_json"),
    ] {
        let answer = import(&member, "", "application/json", file);
        assert_eq!((answer.status, answer.json["code"].as_str()), (status, Some(code)), "{answer:?}");
    }
    let many = text.replacen("\"cravings\":[", &format!("\"cravings\":[{}", "0,".repeat(500_001)), 1);
    import(&member, "", "application/json", many).refused(422, "validation_failed");
    let huge = vec![b' '; 64 * 1024 * 1024 + 1];
    import(&member, "", "application/json", huge).refused(413, "too_large");
    let huge = vec![b'\n'; 8 * 1024 * 1024 + 1];
    import(&member, "format=dates&substance=x", "text/plain", huge).refused(413, "too_large");
    for query in ["format=dates&substance=x", "format=daylio&time_zone=UTC"] {
        for bad in [&b"\xff"[..], b"a\0b", b"\"", b"full_date,time,mood\n\0,,"] {
            let answer = import(&member, query, "text/plain", bad);
            answer.refused(400, "unreadable_file");
        }
    }
    let after = export(&member);
    assert_eq!((&before["journal"], &before["collections"]), (&after["journal"], &after["collections"]));
    assert_eq!(count(&import_ours(&member, "", &good), "created"), 3);
}

fn a_cut_file_is_refused_wherever_it_is_cut(server: &Server) {
    let (member, good) = (server.member(), good(server));
    let text = good.to_string();
    for part in 0..40 {
        let cut = text.len() * part / 40;
        let answer = import(&member, "", "application/json", &text.as_bytes()[..cut]);
        answer.refused(400, "malformed_json");
    }
    assert_eq!(export(&member)["journal"]["revision"], 1);
}

fn one_bad_row_stops_all(server: &Server) {
    let (member, good) = (server.member(), good(server));
    let bad = with(&good, "/collections/cravings/1/intensity", json!("strong"));
    let tried = import_ours(&member, "dry_run=true", &bad);
    assert_eq!((count(&tried, "created"), count(&tried, "invalid")), (2, 1));
    let row = &tried.json["rows"][1];
    assert_eq!((&row["status"], &row["pointer"]), (&json!("invalid"), &json!("/collections/cravings/1")));
    assert_eq!(tried.json["errors"][0]["pointer"], "/collections/cravings/1/intensity");
    import_ours(&member, "", &bad).refused(422, "validation_failed");
    assert_eq!(member.get("/v1/cravings").items().len(), 0);
    assert_eq!(export(&member)["journal"]["revision"], 1);
}
