//! What every collection does, tried on each one that the document has: create, read, list, replace, change,
//! delete; entity tags and conditions; ids sent twice.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::support::matching::{assert_holds, written};
use crate::support::{Collection, Server, both, collections};

both!(
    a_record_lives_its_life,
    put_creates_and_replaces,
    a_patch_keeps_what_it_does_not_name,
    posts_with_an_id_may_come_twice,
    a_stale_write_is_refused_with_the_current_record,
    what_is_not_there_is_404,
    a_deleted_id_may_be_written_again,
    revisions_of_a_journal_grow_by_one,
    nothing_is_half_saved,
    what_was_read_may_be_sent_back,
);

/// An id as a phone would make it.
pub fn new_id() -> String {
    uuid_v7().to_string()
}

fn uuid_v7() -> Uuid {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, now.as_secs(), now.subsec_nanos()))
}

/// A member with two values that the example does not have, and a body with the first of them: free words where
/// the collection has any.
pub fn changed(collection: &Collection) -> (Json, &'static str, [Json; 2]) {
    let member = |wanted: &dyn Fn(&str, &Json) -> bool| {
        collection.fields().find(|(name, schema)| wanted(name, schema)).map(|(name, _)| name)
    };
    let (name, values) = if let Some(words) = member(&|_, schema| schema["maxLength"] == 20_000) {
        (words, [json!("Something else, with an é and a 🌱."), json!("stale")])
    } else if let Some(date) = member(&|name, schema| schema["format"] == "date" && name != "local_date") {
        (date, [json!("2031-01-01"), json!("2032-02-29")])
    } else {
        // None of them is one that is answered with support, which would be in one answer and not in the other.
        let answers = collection.example["answers"].as_array().expect("answers");
        let all = |answer: u8| {
            let mut all = vec![answer; answers.len()];
            all[answers.len() - 1] = 0;
            json!(all)
        };
        ("answers", [all(2), all(3)])
    };
    let mut body = collection.full();
    body[name] = values[0].clone();
    (body, name, values)
}

fn a_record_lives_its_life(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let sent = collection.full();
        let created = member.post(collection.path, &sent);
        created.expect(201);
        assert_holds(&created.json, &sent);
        assert_eq!(created.etag(), format!("\"{}\"", created.json["revision"]));
        let path = collection.item(created.id());
        assert_eq!(created.header("location"), Some(path.as_str()));
        assert_eq!(created.json["created_at"], created.json["updated_at"]);

        let read = member.get(&path);
        assert_eq!(read.expect(200).json, created.json);
        assert_eq!(read.etag(), created.etag());
        let again = member.request("GET", &path).header("If-None-Match", read.etag()).send();
        again.expect(304);
        assert_eq!((again.etag(), again.bytes.len()), (read.etag(), 0));
        member.request("GET", &path).header("If-None-Match", "\"0\"").send().expect(200);

        let listed = member.get(collection.path);
        assert_eq!(listed.expect(200).items(), std::slice::from_ref(&created.json));
        assert_eq!(listed.json["next_cursor"], Json::Null);

        let (other, name, values) = changed(&collection);
        let replaced = member.put(&path, &other);
        assert_holds(&replaced.expect(200).json, &other);
        assert_eq!(replaced.json["created_at"], created.json["created_at"]);
        assert!(replaced.json["revision"].as_u64() > created.json["revision"].as_u64());
        assert_ne!(replaced.etag(), created.etag());
        assert_eq!(member.get(&path).json, replaced.json);

        let value = if collection.requires(name) { &values[1] } else { &Json::Null };
        let patched = member.patch(&path, &json!({name: value}));
        assert_eq!(patched.expect(200).json[name], *value);
        assert_eq!(member.get(&path).json, patched.json);

        assert!(member.delete(&path).expect(204).bytes.is_empty());
        member.get(&path).refused(404, "not_found");
        member.delete(&path).expect(204);
        assert_eq!(member.get(collection.path).items(), [] as [Json; 0]);
    }
}

fn put_creates_and_replaces(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let id = new_id();
        let path = collection.item(&id);
        let created = member.put(&path, &collection.full());
        assert_eq!(created.expect(201).id(), id);
        assert_holds(&created.json, &collection.full());

        // A replacement is whole: what it does not name is gone.
        let replaced = member.put(&path, &collection.minimal());
        assert_holds(&replaced.expect(200).json, &collection.minimal());
        for (name, schema) in collection.fields() {
            let filled_in = !schema["default"].is_null() || name == "local_date";
            if !collection.requires(name) && !filled_in {
                assert_eq!(replaced.json[name], Json::Null, "{name} of {}", collection.path);
            }
        }
        // An id in capitals is the same id; in other forms it is none.
        assert_eq!(member.get(&collection.item(&id.to_uppercase())).expect(200).json, replaced.json);
        member.put(&collection.item(&id.to_uppercase()), &collection.full()).expect(200);
        member.put(&collection.item(&id.replace('-', "")), &collection.full()).refused(404, "not_found");
        assert_eq!(member.get(collection.path).items().len(), 1);
    }
}

fn a_patch_keeps_what_it_does_not_name(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let created = member.post(collection.path, &collection.full());
        let path = collection.item(created.expect(201).id());
        let unchanged = member.patch(&path, &json!({}));
        assert_eq!(written(&unchanged.expect(200).json), written(&created.json));
        for (name, schema) in collection.fields() {
            let cleared = member.patch(&path, &json!({name: null}));
            if collection.requires(name) {
                assert_eq!(cleared.refused(422, "validation_failed").pointers(), [format!("/{name}")]);
                continue;
            }
            let mut wanted = written(&cleared.expect(200).json);
            let default = &schema["default"];
            let computed = name == "local_date";
            assert!(computed || wanted[name] == *default, "{name} is cleared to {}", wanted[name]);
            wanted[name] = created.json[name].clone();
            let restored = member.patch(&path, &json!({name: created.json[name]}));
            assert_eq!(written(&restored.expect(200).json), wanted);
            assert_eq!(wanted, written(&created.json), "clearing {name} changed something else");
        }
        // Both media types are a merge patch.
        member.request("PATCH", &path).json(&json!({})).send().expect(200);
    }
}

fn posts_with_an_id_may_come_twice(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let mut body = collection.full();
        body["id"] = json!(new_id());
        let first = member.post(collection.path, &body);
        assert_eq!(first.expect(201).id(), body["id"].as_str().unwrap());
        let second = member.post(collection.path, &body);
        assert_eq!(second.expect(200).json, first.json, "the stored record, and no new revision");
        assert_eq!(second.etag(), first.etag());

        let (mut other, ..) = changed(&collection);
        other["id"] = body["id"].clone();
        let refused = member.post(collection.path, &other);
        refused.refused(409, "conflict");
        assert_eq!(member.get(&collection.item(first.id())).json, first.json);

        // What is the same value is the same, however it is written.
        let mut respelt = body.clone();
        for (name, value) in respelt.as_object_mut().unwrap() {
            if let Some(number) = value.as_i64() {
                *value = json!(format!("{number}.0").parse::<f64>().unwrap());
            }
            if name == "daily_cost" {
                *value = json!(format!("{}0", value.as_str().unwrap()));
            }
        }
        assert_eq!(member.post(collection.path, &respelt).expect(200).json, first.json);
        assert_eq!(member.get(collection.path).items().len(), 1);

        for bad in [json!("7"), json!(7), json!(""), json!(true), json!([first.id()])] {
            let mut body = collection.full();
            body["id"] = bad;
            assert_eq!(
                member.post(collection.path, &body).refused(422, "validation_failed").pointers(),
                ["/id"]
            );
        }
    }
}

fn a_stale_write_is_refused_with_the_current_record(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let created = member.post(collection.path, &collection.full());
        let path = collection.item(created.expect(201).id());
        let (other, name, values) = changed(&collection);
        let with = |method: &str, tag: &str, body: Option<&Json>| {
            let request = member.request(method, &path).header("If-Match", tag);
            body.map_or_else(
                || member.request(method, &path).header("If-Match", tag),
                |body| request.json(body),
            )
            .send()
        };
        let current = with("PUT", created.etag(), Some(&other));
        current.expect(200);
        let change = json!({name: values[1]});
        for stale in [created.etag(), "\"999999\"", "\"x\"", "x", "W/\"1\""] {
            for (method, body) in
                [("PUT", Some(&collection.full())), ("PATCH", Some(&change)), ("DELETE", None)]
            {
                let refused = with(method, stale, body);
                refused.refused(412, "precondition_failed");
                assert_eq!(refused.json["current"], current.json, "{method} {stale}");
            }
        }
        assert_eq!(member.get(&path).json, current.json);
        let patched = with("PATCH", &format!("\"0\", {}", current.etag()), Some(&change));
        assert_eq!(patched.expect(200).json[name], values[1]);
        with("PATCH", "*", Some(&json!({name: values[0]}))).expect(200);
        let current = member.get(&path);
        with("DELETE", current.etag(), None).expect(204);
        // Nothing is there any more that could match.
        with("PUT", "*", Some(&other)).refused(412, "precondition_failed");
        with("PUT", current.etag(), Some(&other)).refused(412, "precondition_failed");
        member.get(&path).expect(404);
    }
}

fn what_is_not_there_is_404(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        for id in [new_id().as_str(), "not-a-uuid", "0", "%00", &new_id()[1..], "{id}"] {
            let path = collection.item(id);
            member.get(&path).refused(404, "not_found");
            member.patch(&path, &json!({})).refused(404, "not_found");
            member.delete(&path).refused(404, "not_found");
        }
        member.put(&collection.item("not-a-uuid"), &collection.full()).refused(404, "not_found");
    }
}

fn a_deleted_id_may_be_written_again(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let path = collection.item(&new_id());
        let first = member.put(&path, &collection.full());
        first.expect(201);
        member.delete(&path).expect(204);
        let second = member.put(&path, &collection.minimal());
        assert_holds(&second.expect(201).json, &collection.minimal());
        assert!(second.json["revision"].as_u64() > first.json["revision"].as_u64());
        assert_eq!(member.get(collection.path).items(), std::slice::from_ref(&second.json));
        member.delete(&path).expect(204);
        member.delete(&path).expect(204);
        member.get(&path).expect(404);
        // A POST that was under way when another device deleted the record does not bring it back.
        let mut late = collection.full();
        late["id"] = first.json["id"].clone();
        member.post(collection.path, &late).refused(409, "conflict");
    }
}

fn revisions_of_a_journal_grow_by_one(server: &Server) {
    let (member, other) = (server.member(), server.member());
    let mut last = None;
    for collection in collections::all() {
        other.post(collection.path, &collection.full()).expect(201);
        let created = member.post(collection.path, &collection.minimal());
        let revision = created.expect(201).json["revision"].as_u64().unwrap();
        assert!(last.is_none_or(|last| revision == last + 1), "{revision} after {last:?}");
        assert!(revision >= 1);
        let path = collection.item(created.id());
        let (other_values, ..) = changed(&collection);
        let replaced = member.put(&path, &other_values).expect(200).json["revision"].as_u64().unwrap();
        assert_eq!(replaced, revision + 1, "others' writes are not in this journal");
        let same = member.put(&path, &other_values);
        assert_eq!(same.expect(200).json["revision"].as_u64(), Some(replaced), "nothing changed");
        last = Some(replaced);
    }
}

fn nothing_is_half_saved(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let created = member.post(collection.path, &collection.full());
        let path = collection.item(created.expect(201).id());
        let mut bad = collection.full();
        bad["surprise"] = json!(1);
        assert_eq!(
            member.post(collection.path, &bad).refused(422, "validation_failed").pointers(),
            ["/surprise"]
        );
        assert_eq!(member.put(&path, &bad).refused(422, "validation_failed").pointers(), ["/surprise"]);
        assert_eq!(member.patch(&path, &bad).refused(422, "validation_failed").pointers(), ["/surprise"]);
        let fresh = collection.item(&new_id());
        member.put(&fresh, &bad).expect(422);
        member.get(&fresh).expect(404);
        assert_eq!(member.get(collection.path).items(), std::slice::from_ref(&created.json));
        // No revision was used up either.
        let (other, ..) = changed(&collection);
        let next = member.put(&path, &other).expect(200).json["revision"].as_u64();
        assert_eq!(next, created.json["revision"].as_u64().map(|revision| revision + 1));
    }
}

fn what_was_read_may_be_sent_back(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let created = member.post(collection.path, &collection.full());
        let path = collection.item(created.expect(201).id());
        let same = member.put(&path, &created.json);
        assert_eq!(same.expect(200).json, created.json);
        assert_eq!(member.patch(&path, &created.json).expect(200).json, created.json);
        let mut other = created.json.clone();
        other["id"] = json!(new_id());
        assert_eq!(member.put(&path, &other).refused(422, "validation_failed").pointers(), ["/id"]);
    }
}
