//! `recovery-journal invite`: a code that lets one address open an account where that takes an invitation.

use std::io::Write as _;

use clap::Args;

use super::{store, totp};
use crate::clock;
use crate::config::{Config, Registration};
use crate::db::Db;
use crate::db::seal::Keyring;
use crate::db::types::{Id, Time};
use crate::error::{Error, Result};
use crate::fields::patterns::EMAIL;

/// `recovery-journal invite`
#[derive(Args)]
pub struct Invite {
    /// Who may open an account
    email: String,
    /// How long the code is good for
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=365))]
    days: i64,
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
