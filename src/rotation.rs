//! `recovery-journal rotate-key`: another master key, in steps between which servers go on.
//!
//! First a new key is put before the old one in the key's file, and every server is started anew, so that all of
//! them know both. Then every data key is put under the new one. Last the old key is forgotten. Each step may be
//! repeated, and says what comes next. Refuses to forget a key that something is still under.

use std::io::Write as _;

use clap::Args;

use crate::config::Config;
use crate::db::key_file::KeyFile;
use crate::db::seal::{Keyring, Secret, random};
use crate::db::{Db, rewrap};
use crate::error::{Error, Result};

/// `recovery-journal rotate-key`
#[derive(Args)]
pub struct RotateKey {
    /// Forget the old key: devices that have not refreshed their tokens since sign in again
    #[arg(long)]
    finish: bool,
}

/// Takes the step that is next.
pub async fn rotate(config: &Config, arguments: &RotateKey) -> Result<()> {
    let path = &config.master_key_file;
    if !path.try_exists().unwrap_or_default() {
        return Err(Error::internal(format!("there is no master key at {} yet", path.display())));
    }
    let file = KeyFile::read(path)?;
    match (file.old.is_empty(), arguments.finish) {
        (true, false) => begin(config, file),
        (true, true) => Err(Error::internal("there is no old key to forget")),
        (false, finish) => {
            let keyring = Keyring::of(&file)?;
            let db = Db::open(config).await?;
            let done =
                if finish { forget(config, &db, &keyring, file).await } else { rewrap(&db, &keyring).await };
            db.close();
            done
        }
    }
}

fn begin(config: &Config, file: KeyFile) -> Result<()> {
    let keys = Keyring::of(&file)?;
    let rotated = KeyFile {
        master: Secret::new(random()?),
        old: vec![file.master],
        addresses: Some(keys.addresses().clone()),
        disclosures: Some(keys.disclosures().clone()),
    };
    rotated.replace(&config.master_key_file)?;
    say("There is a new master key, and the old one is kept behind it. Keep a copy of the file.\n\
         Next: start every server anew, then run rotate-key again.")
}

async fn rewrap(db: &Db, keyring: &Keyring) -> Result<()> {
    let mut done = 0;
    loop {
        let found = rewrap::pass(db, keyring, true).await?;
        done += found.old;
        // Another pass finds what was made meanwhile.
        if found.old == 0 {
            say(&format!(
                "{done} data keys were put under the new master key; all {} are.\n\
                 Next: when devices have refreshed their tokens, in a day or two, run rotate-key --finish.",
                found.current
            ))?;
            return Ok(());
        }
    }
}

async fn forget(config: &Config, db: &Db, keyring: &Keyring, file: KeyFile) -> Result<()> {
    let found = rewrap::pass(db, keyring, false).await?;
    if found.old > 0 {
        return Err(Error::internal(format!(
            "{} data keys are still under the old master key: run rotate-key first",
            found.old
        )));
    }
    KeyFile { old: Vec::new(), ..file }.replace(&config.master_key_file)?;
    say(
        "The old master key is forgotten here. Backups from before the rotation open with it alone: keep it as long as them.\n\
         Next: start every server anew.",
    )
}

fn say(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{text}").map_err(Error::internal)
}
