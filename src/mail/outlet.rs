//! Where mails go: to the one server that `SMTP_URL` names and nowhere else; without it, into files below
//! `DATA_DIR/mail`, which is for trying things out.
//!
//! What a mail server answers may quote the address, so its code is all that is passed on.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use tokio::time::timeout;

use super::Letter;
use crate::config::Config;
use crate::db::files::{Draft, at};
use crate::db::types::{Id, Time};
use crate::error::{Error, Result};

/// How long a server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it may take for a whole mail: less than a sender has it for itself.
const WHOLE: Duration = Duration::from_mins(1);
/// Days for which a file is kept.
const KEPT: u64 = 7;

/// The way out.
pub struct Outlet {
    from: Mailbox,
    to: Destination,
}

enum Destination {
    Server(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

/// What became of a mail.
pub enum Fate {
    /// Somebody else has it now.
    Sent,
    /// It will never be taken.
    Refused(String),
    /// It may be taken later.
    Failed(String),
}

impl Outlet {
    /// As configured.
    pub fn new(config: &Config) -> Result<Self> {
        let from = config.mail_from.parse().map_err(|_| {
            Error::internal(
                "MAIL_FROM: expected an address such as journal@example.org or Name <journal@example.org>",
            )
        })?;
        let to = match &config.smtp_url {
            Some(url) => {
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
                // What is wrong with it may quote its password.
                let builder = builder.map_err(|_| Error::internal("SMTP_URL: cannot be understood"))?;
                Destination::Server(builder.timeout(Some(PATIENCE)).build())
            }
            None => Destination::Folder(config.data_dir.join("mail")),
        };
        Ok(Self { from, to })
    }

    /// Says in the log when nobody will receive anything.
    pub fn announce(&self) {
        if let Destination::Folder(folder) = &self.to {
            tracing::info!(folder = %folder.display(), "SMTP_URL is not set: mails are written into files, nobody receives them");
        }
    }

    /// Sends a mail.
    pub async fn send(&self, to: &str, letter: &Letter, id: Id) -> Fate {
        let message = match self.message(to, letter, id) {
            Ok(message) => message,
            Err(error) => return Fate::Refused(error.to_string()),
        };
        match &self.to {
            Destination::Server(server) => match timeout(WHOLE, server.send(message)).await {
                Ok(Ok(_)) => Fate::Sent,
                Ok(Err(error)) if is_final(&error) => Fate::Refused(reason(&error)),
                Ok(Err(error)) => Fate::Failed(reason(&error)),
                Err(_) => Fate::Failed("the server takes too long".to_owned()),
            },
            Destination::Folder(folder) => match write(folder, &message, id) {
                Ok(()) => Fate::Sent,
                Err(error) => Fate::Failed(error.to_string()),
            },
        }
    }

    /// Removes files that are old.
    pub fn clear(&self, now: Time) {
        let Destination::Folder(folder) = &self.to else { return };
        let Ok(entries) = fs::read_dir(folder) else { return };
        let oldest = std::time::SystemTime::from(now.utc()) - Duration::from_hours(24 * KEPT);
        for entry in entries.flatten() {
            let written = entry.metadata().and_then(|file| file.modified());
            if written.is_ok_and(|written| written < oldest) {
                // Tried again in an hour.
                drop(fs::remove_file(entry.path()));
            }
        }
    }

    fn message(&self, to: &str, letter: &Letter, id: Id) -> Result<Message> {
        // The reason would quote the address.
        let no_address = |_| Error::internal("the address cannot be written to");
        let to: Mailbox = Mailbox::new(None, to.parse().map_err(no_address)?);
        let domain = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject)
            .message_id(Some(format!("<{}@{domain}>", id.0.simple())))
            .header(ContentType::TEXT_PLAIN)
            .body(body(&letter.text))
            .map_err(Error::internal)?;
        // Nobody's holiday answers to it (RFC 3834).
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        message.headers_mut().insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
        Ok(message)
    }
}

/// The text as it is: a link is longer than the lines that an encoding would break it into.
fn body(text: &str) -> Body {
    if text.is_ascii() {
        let lines = text.replace('\n', "\r\n");
        Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text.to_owned())
    }
}

/// Whether a server will answer the same tomorrow. That we may not sign in (53x) is for the operator to mend.
fn is_final(error: &SmtpError) -> bool {
    error.is_permanent() && !error.status().is_some_and(|code| code.to_string().starts_with("53"))
}

fn reason(error: &SmtpError) -> String {
    error.status().map_or_else(|| error.to_string(), |code| format!("the server answered {code}"))
}

fn write(folder: &Path, message: &Message, id: Id) -> Result<()> {
    let path = folder.join(format!("{}.eml", id.0.simple()));
    let put = || {
        let draft = Draft::of(&path)?;
        fs::write(draft.path(), message.formatted())?;
        draft.replace()
    };
    put().map_err(|error| at(&path, &error))
}
