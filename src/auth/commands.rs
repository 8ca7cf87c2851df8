//! What whoever runs the server does for somebody: `invite`, a code that lets one address open an account where that
//! takes an invitation; `remove-second-factor`, for somebody who has lost their authenticator and every recovery code.

use std::io::Write as _;
use std::sync::Arc;

use clap::Args;

use super::{store, totp};
use crate::clock;
use crate::config::{Config, Registration};
use crate::db::Db;
use crate::db::seal::Keyring;
use crate::db::types::{Id, Time};
use crate::error::{Error, Result};
use crate::fields::patterns::EMAIL;
use crate::mail::{self, Contents, Kind, Post};

/// `recovery-journal invite`
#[derive(Args)]
pub struct Invite {
    /// Who may open an account
    email: String,
    /// How long the code is good for
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=365))]
    days: i64,
}

/// `recovery-journal remove-second-factor`
#[derive(Args)]
pub struct RemoveSecondFactor {
    /// Whose: be sure that it is they who ask
    email: String,
}

/// Takes somebody's second factor away, and tells them by a mail.
pub async fn remove_second_factor(config: &Config, arguments: &RemoveSecondFactor) -> Result<()> {
    let keyring = Arc::new(Keyring::load(&config.master_key_file)?);
    let db = Db::open(config).await?;
    let post = Post::new(config, db.clone(), Arc::clone(&keyring))?;
    let (email, now) = (keyring.email_hash(&arguments.email), clock::now().into());
    let contents = Contents { to: arguments.email.clone(), token: None };
    let notice = post.sealed(Kind::SecondFactorOff, &contents, now)?;
    let removed = db
        .write(async move |conn| {
            let Some((row, _)) = store::find_by_email(conn, &email).await? else { return Ok(false) };
            let removed = store::remove_second_factor(conn, row.account_id, now).await?;
            if removed {
                mail::queue(conn, &notice).await?;
            }
            Ok(removed)
        })
        .await?;
    db.close();
    if !removed {
        return Err(Error::internal("nobody with this address has a second factor"));
    }
    writeln!(std::io::stdout(), "The second factor is removed; a mail says so.").map_err(Error::internal)
}

/// Makes a code and prints it; it is not kept, and not sent.
pub async fn invite(config: &Config, arguments: &Invite) -> Result<()> {
    if !(EMAIL.matches)(&arguments.email) {
        return Err(Error::internal(format!("expected {}", EMAIL.words)));
    }
    let keyring = Keyring::load(&config.master_key_file)?;
    let code = totp::new_code()?;
    let (hash, email) = (totp::code_hash(Id(uuid::Uuid::nil()), &code), keyring.email_hash(&arguments.email));
    let now: Time = clock::now().into();
    let until = now.plus_seconds(arguments.days * 24 * 3_600);
    let db = Db::open(config).await?;
    db.write(async move |conn| store::keep_admission(conn, &hash, &email, now, until).await).await?;
    db.close();
    if config.registration != Registration::Invite {
        drop(writeln!(
            std::io::stderr(),
            "REGISTRATION is {}: nobody needs it yet",
            config.registration.as_str()
        ));
    }
    writeln!(std::io::stdout(), "{code}").map_err(Error::internal)
}
