//! `GET /v1/sync/changes`.

use serde_json::{Value as Json, json};

use super::{PATH, delete, pull, pull_all, push, revision, row};
use crate::records::new_id;
use crate::support::{Database, Server, both, collections};

both!(
    a_new_journal_stands_at_one_and_is_empty,
    every_collection_comes_as_its_get_answers_it,
    changes_come_once_at_their_newest_revision_in_order,
    pages_join_without_a_gap,
    a_filter_hides_rows_and_not_the_revision,
    a_tombstone_has_no_content,
    parameters_are_never_clamped,
    a_checkpoint_of_another_journal_is_410,
    two_members_have_two_journals,
    a_checkpoint_outlives_the_process,
    a_restored_journal_is_pulled_anew,
);

fn a_new_journal_stands_at_one_and_is_empty(server: &Server) {
    let member = server.member();
    let first = pull(&member, "");
    assert_eq!(
        (&first["changes"], &first["next_since"], &first["has_more"]),
        (&json!([]), &json!(1), &json!(false))
    );
    let epoch = first["epoch"].as_str().unwrap();
    assert_eq!(pull(&member, &format!("since=1&epoch={epoch}"))["next_since"], 1);
    // The first row after an empty sync is not lost.
    let record = member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"}));
    let next = pull(&member, "since=1");
    assert_eq!(next["changes"][0]["doc"], record.json);
    assert_eq!((&next["next_since"], &next["epoch"]), (&json!(2), &json!(epoch)));
}

fn every_collection_comes_as_its_get_answers_it(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let since = revision(&member);
        let record = member.post(collection.path, &collection.full());
        let found = pull(&member, &format!("since={since}"));
        let wanted = json!([{"collection": collection.name(), "id": record.id(), "revision": since + 1,
            "deleted": false, "doc": member.get(&collection.item(record.id())).json}]);
        assert_eq!(found["changes"], wanted);
        assert_eq!(pull(&member, &format!("collections={}", collection.name()))["changes"], wanted);
        member.delete(&collection.item(record.id())).expect(204);
        let found = pull(&member, &format!("since={since}"));
        let wanted = json!([{"collection": collection.name(), "id": record.id(), "revision": since + 2,
            "deleted": true, "doc": null}]);
        assert_eq!(found["changes"], wanted);
        assert_eq!(pull(&member, &format!("collections={}", collection.name()))["changes"], wanted);
    }
}

fn changes_come_once_at_their_newest_revision_in_order(server: &Server) {
    let member = server.member();
    let record = member.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "mood": 1}));
    let path = format!("/v1/check-ins/{}", record.id());
    let other = member.post("/v1/triggers", &collections::at("/v1/triggers").full());
    member.patch(&path, &json!({"mood": 2})).expect(200);
    let found = pull_all(&member, 0);
    let order: Vec<_> =
        found.iter().map(|one| (one["revision"].as_i64().unwrap(), one["id"].as_str().unwrap())).collect();
    assert_eq!(order, [(3, other.id()), (4, record.id())]);
    assert_eq!(found[1]["doc"]["mood"], 2);
    // Deleted and made again: the tombstone is gone.
    member.delete(&path).expect(204);
    member.put(&path, &json!({"local_date": "2025-03-04", "mood": 3})).expect(201);
    let found = pull_all(&member, 2);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((&found[1]["revision"], &found[1]["doc"]["mood"]), (&json!(6), &json!(3)));
}

fn pages_join_without_a_gap(server: &Server) {
    let member = server.member();
    let mut rows = Vec::new();
    for collection in collections::all() {
        rows.extend((0..9).map(|_| row(&collection, &new_id(), &collection.full())));
    }
    // Mixed, so that neighbours in the order of revisions are of different collections.
    let count = rows.len();
    let rows: Vec<Json> = (0..count).map(|index| rows[index * 16 % count].clone()).collect();
    let mut seen = std::collections::HashSet::new();
    let rows: Vec<Json> = rows.into_iter().filter(|row| seen.insert(row["id"].to_string())).collect();
    push(&member, &rows);
    for row in rows.iter().step_by(5) {
        let collection = collections::all().into_iter().find(|one| one.name() == row["collection"]).unwrap();
        push(
            &member,
            &[super::with(delete(&collection, row["id"].as_str().unwrap()), "base_revision", 10_000)],
        );
    }
    let whole = pull_all(&member, 0);
    assert_eq!(whole.len(), rows.len());
    for limit in [1, 2, 7, rows.len() - 1, rows.len(), rows.len() + 1] {
        let (mut since, mut paged) = (0, Vec::new());
        loop {
            let page = pull(&member, &format!("since={since}&limit={limit}"));
            let changes = page["changes"].as_array().unwrap();
            assert!(changes.len() <= limit);
            paged.extend(changes.iter().cloned());
            since = page["next_since"].as_i64().unwrap();
            if page["has_more"] == false {
                break;
            }
            assert_eq!(changes.len(), limit, "a page that is not the last is full");
            assert_eq!(changes.last().unwrap()["revision"], since);
        }
        assert_eq!(paged, whole, "limit {limit}");
        assert_eq!(since, revision(&member));
    }
}

fn a_filter_hides_rows_and_not_the_revision(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        member.post(collection.path, &collection.full()).expect(201);
        let record = member.post(collection.path, &collection.full());
        member.delete(&collection.item(record.id())).expect(204);
    }
    let revision = revision(&member);
    let whole = pull_all(&member, 0);
    let names: Vec<String> = collections::all().iter().map(collections::Collection::name).collect();
    for chosen in [&names[..1], &names[1..3], &names[..]] {
        let page = pull(&member, &format!("collections={}", chosen.join(",")));
        let wanted: Vec<Json> = whole
            .iter()
            .filter(|one| chosen.iter().any(|name| one["collection"] == *name))
            .cloned()
            .collect();
        assert_eq!(page["changes"], json!(wanted));
        assert_eq!((&page["next_since"], &page["has_more"]), (&json!(revision), &json!(false)));
        let first = pull(&member, &format!("limit=1&collections={}", chosen.join(",")));
        assert_eq!((&first["next_since"], &first["has_more"]), (&wanted[0]["revision"], &json!(true)));
    }
    let last = pull(&member, &format!("since={}&collections={}", revision - 1, names[0]));
    assert_eq!((&last["changes"], &last["next_since"]), (&json!([]), &json!(revision)));
}

fn a_tombstone_has_no_content(server: &Server) {
    let member = server.member();
    let record =
        member.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "note": "a word to forget"}));
    member.delete(&format!("/v1/check-ins/{}", record.id())).expect(204);
    let answer = member.get(PATH);
    assert_eq!(answer.json["changes"][0]["doc"], Json::Null);
    assert!(!String::from_utf8_lossy(&answer.bytes).contains("forget"));
}

fn parameters_are_never_clamped(server: &Server) {
    let member = server.member();
    for bad in [
        "limit=0",
        "limit=-1",
        "limit=1001",
        "limit=ten",
        "limit=",
        "limit=1.5",
        "since=-1",
        "since=x",
        "since=",
        "since=1e3",
        "collections=unheard_of",
        "collections=",
        "collections=check_ins,",
        "collections=check-ins",
        "colections=check_ins",
        "since=1&since=1",
    ] {
        member.get(&format!("{PATH}?{bad}")).refused(400, "invalid_parameter");
    }
    for good in ["limit=1", "limit=1000", "since=0", "since=1", "collections=check_ins,cravings,check_ins"] {
        pull(&member, good);
    }
    let answer = member.get(&format!("{PATH}?limit=0&since=-1&what=1"));
    assert_eq!(answer.pointers(), ["?limit", "?since", "?what"]);
}

fn a_checkpoint_of_another_journal_is_410(server: &Server) {
    let (member, other) = (server.member(), server.member());
    let epoch = pull(&member, "")["epoch"].as_str().unwrap().to_owned();
    let another = pull(&other, "")["epoch"].as_str().unwrap().to_owned();
    assert_ne!(epoch, another);
    for bad in [
        "since=2".to_owned(),
        format!("since=2&epoch={epoch}"),
        format!("since=1&epoch={another}"),
        format!("since=0&epoch={another}"),
        "since=1&epoch=nonsense".to_owned(),
        format!("since={}", i64::MAX),
    ] {
        member.get(&format!("{PATH}?{bad}")).refused(410, "checkpoint_invalid");
    }
    pull(&member, &format!("since=1&epoch={epoch}"));
}

fn two_members_have_two_journals(server: &Server) {
    let (ann, ben) = (server.member(), server.member());
    let id = new_id();
    for collection in collections::all() {
        for member in [&ann, &ben] {
            super::expect(member, &row(&collection, &id, &collection.full()), "applied");
        }
        super::expect(&ann, &super::with(delete(&collection, &id), "base_revision", 10_000), "applied");
    }
    assert!(pull_all(&ann, 0).iter().all(|one| one["deleted"] == true));
    let left = pull_all(&ben, 0);
    assert_eq!(left.len(), collections::all().len());
    assert!(left.iter().all(|one| one["deleted"] == false));
}

fn a_checkpoint_outlives_the_process(server: &mut Server) {
    let member = server.member();
    let rows: Vec<Json> =
        collections::all().iter().map(|collection| row(collection, &new_id(), &collection.full())).collect();
    let pushed = push(&member, &rows);
    let before = pull(&member, "limit=3");
    server.restart();
    let member = member.at(server.address());
    let (since, epoch) = (&before["next_since"], before["epoch"].as_str().unwrap());
    let after = pull(&member, &format!("since={since}&epoch={epoch}"));
    assert_eq!(after["changes"].as_array().map(Vec::len), Some(rows.len() - 3));
    // The answer to the push was lost with the process.
    let again = push(&member, &rows);
    assert!(super::statuses(&again).iter().all(|status| *status == "unchanged"), "{again:?}");
    assert_eq!(again.json["revision"], pushed.json["revision"]);
}

fn a_restored_journal_is_pulled_anew(server: &Server) {
    let member = server.member();
    let check_ins = collections::at("/v1/check-ins");
    let ids: Vec<String> = (0..4).map(|_| new_id()).collect();
    let rows: Vec<Json> = ids.iter().map(|id| row(&check_ins, id, &check_ins.full())).collect();
    push(&member, &rows);
    let checkpoint = pull(&member, "");
    let epoch = checkpoint["epoch"].as_str().unwrap();
    // As a backup of before the last two rows leaves it.
    let database = Database(server);
    let account = format!("account_id = {}", database.id(member.account_id()));
    database.execute(&format!("DELETE FROM check_ins WHERE {account} AND revision > 3")).unwrap();
    let restored = format!("revision = 3, epoch = {}", database.id(&new_id()));
    database.execute(&format!("UPDATE journals SET {restored} WHERE {account}")).unwrap();
    for query in [format!("since=5&epoch={epoch}"), format!("since=2&epoch={epoch}"), "since=5".to_owned()] {
        member.get(&format!("{PATH}?{query}")).refused(410, "checkpoint_invalid");
    }
    member.post(PATH, &json!({"epoch": epoch, "changes": rows})).refused(410, "checkpoint_invalid");
    let anew = pull(&member, "since=0");
    assert_ne!(anew["epoch"], epoch);
    assert_eq!((anew["changes"].as_array().map(Vec::len), &anew["next_since"]), (Some(2), &json!(3)));
    // The device still has what was lost, and brings it back.
    let answer = member.post(PATH, &json!({"epoch": anew["epoch"], "changes": rows}));
    assert_eq!(super::statuses(&answer), ["unchanged", "unchanged", "applied", "applied"]);
    let found = pull_all(&member, 3);
    assert_eq!(found.iter().map(|one| one["id"].as_str().unwrap()).collect::<Vec<_>>(), ids[2..]);
}
