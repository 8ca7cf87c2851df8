//! The event stream: a poke whenever the journal has changed, so that an open device comes and pulls. It tells
//! a revision and never content, pokes that come close together are one, and the last one always tells the last
//! revision.
//!
//! It refuses more than ten streams of an account in a process (429). A stream ends when its client has gone,
//! its session has ended or the server closes.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{Either, select};
use metrics::Gauge;
use tokio::time::{Instant, timeout_at};

use crate::auth::{Auth, Listener};
use crate::db::Db;
use crate::db::watch::Watching;
use crate::error::{Code, Error, Result};
use crate::http::meters;
use crate::http::operation::Closing;
use crate::http::wire::Connection;
use crate::journal::store::revision;

/// Most streams of an account in one process.
const MOST: usize = 10;
/// Seconds after which one more may find room.
const COME_BACK: u64 = 5;
/// How often a comment shows that the stream is alive.
const COMMENT: Duration = Duration::from_secs(25);
/// How often the session is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Pokes for one device.
pub struct Pokes {
    listener: Listener,
    auth: Arc<Auth>,
    closing: Closing,
    connection: Option<Rc<Connection>>,
    watching: Watching,
    /// The revision that the device heard of last.
    told: Option<i64>,
    /// Where the journal stood when the stream began, until that is told.
    first: Option<i64>,
    look_at: Instant,
    comment_at: Instant,
    _open: Open,
}

/// Counts a stream while it is open.
struct Open(Gauge);

impl Open {
    fn new() -> Self {
        let gauge = meters::open_streams();
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

impl Pokes {
    /// Begins to watch a journal for a device that heard of the revision `told` last.
    pub async fn begin(
        listener: Listener,
        db: &Db,
        auth: Arc<Auth>,
        closing: Closing,
        connection: Option<Rc<Connection>>,
        told: Option<i64>,
    ) -> Result<Self> {
        let full = || {
            Error::later(Code::TooManyRequests, format!("an account may have {MOST} streams open"), COME_BACK)
        };
        // Watched before it is read: what changes in between is told.
        let watching = db.watchers().watch(listener.id, MOST).ok_or_else(full)?;
        let first = Some(db.read(async |conn| revision(conn, &listener.key).await).await?);
        let now = Instant::now();
        Ok(Self {
            listener,
            auth,
            closing,
            connection,
            watching,
            told,
            first,
            look_at: now + LOOK,
            comment_at: now + COMMENT,
            _open: Open::new(),
        })
    }

    /// The next piece of the stream; none when it ends.
    pub async fn next(&mut self) -> Option<String> {
        if let Some(first) = self.first.take() {
            // Something comes at once in any case, so that the client knows that it is connected.
            return Some(if self.told == Some(first) { comment() } else { self.poke(first) });
        }
        loop {
            let until = self.look_at.min(self.comment_at);
            let waited = {
                let over = pin!(over(&self.closing, self.connection.as_deref()));
                let changed = pin!(timeout_at(until, self.watching.changed()));
                match select(over, changed).await {
                    Either::Left(_) => return None,
                    Either::Right((waited, _)) => waited.ok(),
                }
            };
            self.look_at = Instant::now() + LOOK;
            if !Arc::clone(&self.auth).lives(&self.listener).await {
                return None;
            }
            match waited {
                Some(revision) if Some(revision) > self.told => return Some(self.poke(revision)),
                None if self.comment_at <= Instant::now() => {
                    self.comment_at = Instant::now() + COMMENT;
                    return Some(comment());
                }
                _ => {}
            }
        }
    }

    fn poke(&mut self, revision: i64) -> String {
        self.told = Some(revision);
        format!("event: changed\nid: {revision}\ndata: {{\"revision\":{revision}}}\n\n")
    }
}

fn comment() -> String {
    ": alive\n\n".to_owned()
}

/// Waits until nobody is to be told any more.
async fn over(closing: &Closing, connection: Option<&Connection>) {
    let left = poll_fn(|_| match connection {
        Some(connection) if connection.is_left() => Poll::Ready(()),
        _ => Poll::Pending,
    });
    select(left, pin!(closing.begun())).await;
}
