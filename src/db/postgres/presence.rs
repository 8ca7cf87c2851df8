//! Whether the server is there at all. One whose machine is gone, or the network, or whose disk hangs, gives no
//! answer: a connection of its own asks it twice a second, and as long as it is silent nobody waits for it.

use std::pin::pin;
use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::future::{Either, select};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::{Address, connect};
use crate::db::figures::{self, Refused};
use crate::error::{Code, Error, Result};

/// How often the server is asked whether it is there, and how long it may take to say so.
const ASK: Duration = Duration::from_millis(500);
const SILENCE: Duration = Duration::from_millis(1_500);

/// What is known of one server. Cheap to clone.
#[derive(Clone)]
pub(super) struct Presence {
    address: Address,
    silent: watch::Sender<bool>,
}

impl Presence {
    /// A server that is there until it is seen to be silent.
    pub(super) fn of(address: Address) -> Self {
        Self { address, silent: watch::Sender::new(false) }
    }

    /// Notices when the server falls silent and when it speaks again, for ever.
    pub(super) async fn listen(&self) {
        let mut conn = None;
        loop {
            sleep(ASK).await;
            let silent = timeout(SILENCE, ask(&mut conn, &self.address)).await.is_err();
            if silent {
                conn = None;
            }
            if self.silent.send_replace(silent) != silent {
                tracing::warn!(silent, "the database server fell silent, or speaks again");
            }
        }
    }

    /// Works with the server as long as it is there. What was begun when it fell silent is given up: an open
    /// transaction ends with its connection.
    pub(super) async fn while_it_speaks<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut silent = self.silent.subscribe();
        match select(pin!(silent.wait_for(|silent| *silent)), pin!(work)).await {
            Either::Right((outcome, _)) => outcome,
            Either::Left(_) => {
                figures::refused(Refused::Silent);
                Err(Error::later(Code::StorageUnavailable, "the database does not answer", 1))
            }
        }
    }

    /// Writes down how it is.
    pub(super) fn sample(&self) {
        figures::silent(*self.silent.borrow());
    }
}

/// Gets any answer from the server. That it has no connection left, or is starting, is one: those who ask for
/// something are told.
async fn ask(conn: &mut Option<AsyncPgConnection>, address: &Address) {
    if conn.is_none() {
        *conn = connect(address).await.ok();
    }
    if let Some(open) = conn
        && open.batch_execute("SELECT 1").await.is_err()
    {
        *conn = None;
    }
}
