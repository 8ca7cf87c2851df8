//! Long work starves nobody: with a single thread that answers requests, short ones are answered in between.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::sharing::life::days_ago;
use crate::support::{Server, both};

both!(with [("WORKERS", "1")] => short_requests_are_answered_while_long_journals_are_read);

/// What members of `seed` sign in with.
const PASSWORD: &str = "a lamp in the window at dusk";
/// Long answers asked for at once.
const LONG: usize = 6;

fn short_requests_are_answered_while_long_journals_are_read(server: &Server) {
    let seeded = server.run(&["seed", "--members", "1", "--days", "700"]);
    assert!(seeded.status.success(), "{seeded:?}");
    let old = server.anybody().log_in("member-1@example.org", PASSWORD);
    let new = server.member();
    let (waiting, between) = (AtomicUsize::new(LONG), AtomicUsize::new(0));
    thread::scope(|scope| {
        for number in 0..LONG {
            let (old, waiting) = (&old, &waiting);
            // Each another question, so that none is answered from what was made for another.
            let path =
                format!("/v1/trends?bucket=day&from={}", days_ago(690 - i64::try_from(number).unwrap()));
            scope.spawn(move || {
                old.get(&path).expect(200);
                waiting.fetch_sub(1, Ordering::SeqCst);
            });
        }
        while waiting.load(Ordering::SeqCst) > 1 {
            new.get("/v1/check-ins?limit=1").expect(200);
            between.fetch_add(1, Ordering::SeqCst);
        }
    });
    // One after the other on one thread, as many would be answered as there are long ones, or a few more.
    let between = between.into_inner();
    assert!(between > 5 * LONG, "only {between} short answers beside {LONG} long ones");
}
