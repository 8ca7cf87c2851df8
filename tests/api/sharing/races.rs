//! A revocation against a thousand reads: none that starts after it is allowed, and none is shown that is not
//! written down.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use super::life::{client, craving, days_ago, pair, scope, share};
use crate::support::{Server, both};

both!(no_read_starts_after_a_revocation);

const READERS: usize = 8;
const READS: usize = 1_000;

fn no_read_starts_after_a_revocation(server: &Server) {
    let (member, counselor) = pair(server);
    craving(&member, &days_ago(1), 5, &json!({"note": "words"}));
    let id = share(&member, &counselor, &json!([scope("cravings", "entries_with_notes")]));
    let path = client(&id, "cravings");
    let (revoked, started, allowed, denied) =
        (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                while started.fetch_add(1, Ordering::SeqCst) < READS {
                    let after = revoked.load(Ordering::SeqCst);
                    let answer = counselor.get(&path);
                    match answer.status {
                        200 => {
                            assert!(!after, "a read that started after the revocation: {answer:?}");
                            allowed.fetch_add(1, Ordering::SeqCst);
                        }
                        404 => drop(denied.fetch_add(1, Ordering::SeqCst)),
                        _ => panic!("{answer:?}"),
                    }
                }
            });
        }
        while allowed.load(Ordering::SeqCst) < READS / 3 {
            thread::yield_now();
        }
        member.delete(&format!("/v1/shares/{id}")).expect(204);
        revoked.store(true, Ordering::SeqCst);
    });
    let (allowed, denied) = (allowed.into_inner(), denied.into_inner());
    assert!(allowed >= READS / 3 && denied > 0, "{allowed} allowed, {denied} denied");
    let mut told = (0, 0);
    let mut path = "/v1/disclosures?limit=200".to_owned();
    let mut ended = false;
    loop {
        let page = member.get(&path);
        for line in page.items() {
            if line["outcome"] == "allowed" {
                ended = true;
                told.0 += 1;
            } else {
                assert!(!ended, "the newest first: denials, then what was allowed before the revocation");
                told.1 += 1;
            }
        }
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        path = format!("/v1/disclosures?limit=200&cursor={cursor}");
    }
    // A denial is written down once a day.
    assert_eq!(told, (allowed, 1));
}
