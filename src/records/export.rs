//! An export under way: everything is read in one snapshot, so that it fits together, and is handed over piece
//! by piece to whoever takes it, so that a journal of any length needs the same memory.
//!
//! Refuses to go on when nobody takes the next piece in time: a snapshot held for ever would keep the
//! database from tidying up.

use std::ops::Deref;
use std::time::Duration;

use chrono::NaiveDate;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{fhir, json, store, tables};
use crate::auth::Account;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};

/// Bytes of a piece, about.
const PIECE: usize = 64 * 1024;
/// Pieces that may wait to be taken.
const AHEAD: usize = 2;
/// How long a whole export may take.
const PATIENCE: Duration = Duration::from_mins(30);

/// What an export looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Ours, which can be imported again.
    Json,
    /// One CSV a collection.
    Zip,
    /// A FHIR R4 bundle.
    Fhir,
}

impl Format {
    /// What names the format on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Zip => "zip",
            Self::Fhir => "fhir",
        }
    }

    /// How files of it end.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Zip => "zip",
            Self::Fhir => "fhir.json",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Zip => "application/zip",
            Self::Fhir => "application/fhir+json",
        }
    }

    /// What a file of that day is called.
    #[must_use]
    pub fn file_name(self, date: NaiveDate) -> String {
        format!("recovery-journal-{date}.{}", self.extension())
    }

    async fn write(self, conn: &Conn<'_>, account: &Account, out: &mut Out) -> Result<()> {
        match self {
            Self::Json => json::write(conn, account, out).await,
            Self::Zip => tables::write(conn, account, out).await,
            Self::Fhir => fhir::write(conn, account, out).await,
        }
    }
}

/// Where an export goes.
pub struct Out {
    pieces: mpsc::Sender<Result<Vec<u8>>>,
    until: Instant,
    /// What is written and not handed over yet.
    pub buffer: Vec<u8>,
}

impl Out {
    /// Hands over what is written, once it is worth it.
    pub async fn pass_on(&mut self) -> Result<()> {
        if self.buffer.len() < PIECE { Ok(()) } else { self.flush().await }
    }

    async fn flush(&mut self) -> Result<()> {
        let piece = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE + PIECE / 2));
        match tokio::time::timeout_at(self.until, self.pieces.send(Ok(piece))).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Error::internal("nobody takes the export any more")),
        }
    }
}

/// Starts an export of an account's journal. `place` is kept until it ends.
pub fn start(
    db: Db,
    account: impl Deref<Target = Account> + Send + 'static,
    format: Format,
    place: impl Send + 'static,
) -> mpsc::Receiver<Result<Vec<u8>>> {
    let (pieces, taken) = mpsc::channel(AHEAD);
    let told = pieces.clone();
    tokio::task::spawn_local(async move {
        let until = Instant::now() + PATIENCE;
        let mut out = Out { pieces, until, buffer: Vec::new() };
        let write = async move || {
            let id = account.id;
            let known = db.read(async |conn| store::standing(conn, id).await).await?;
            let has = async move |conn: &Conn<'_>| Ok(store::standing(conn, id).await? == known);
            let read = async move |conn: &Conn<'_>| {
                format.write(conn, &account, &mut out).await?;
                out.flush().await
            };
            db.long_read(has, read).await
        };
        if let Err(error) = write().await {
            tracing::warn!(%error, format = format.name(), "an export broke off");
            // Whoever took it may have gone, which is then the reason.
            drop(told.send(Err(error)).await);
        }
        drop(place);
    });
    taken
}
