//! Sealing of words and names at rest, and every key derived from the master key.
//!
//! Each account has a random data key; free text and names of its rows are sealed under it with
//! XChaCha20-Poly1305. The data key itself is stored wrapped by the master key, which lives in a file and
//! never in the database or a backup. Associated data binds a text to its table, column, account and row:
//! one moved elsewhere does not open.
//!
//! This is not end-to-end encryption: the running server can read what it stores.

use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hkdf::hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::key_file::KeyFile;
use super::types::Id;
use crate::error::{Error, Result};

const KEY: usize = 32;
const NONCE: usize = 24;

/// 32 secret bytes, wiped when dropped.
pub type Secret = Zeroizing<[u8; KEY]>;

/// Where a sealed text belongs: table, column and row.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Table name.
    pub table: &'a str,
    /// Column name.
    pub column: &'a str,
    /// The row's id; the account's own for rows that have none.
    pub row: Id,
}

/// An account's key. Opens and seals the words of that account and no other.
pub struct DataKey {
    account: Id,
    cipher: XChaCha20Poly1305,
}

/// The keys in use, and those that an old master key still has work for.
pub struct Keyring {
    keys: Keys,
    old: Vec<Keys>,
}

/// A master key's children: one for each purpose.
struct Keys {
    wrapping: XChaCha20Poly1305,
    email: Secret,
    access_token: Secret,
    refresh_token: Secret,
    disclosures: Secret,
    stream_ticket: Secret,
    page_session: Secret,
    page_form: Secret,
    mail: Secret,
}

/// `N` fresh random bytes.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// The SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The HMAC-SHA-256 of `parts` under `key`. The parts are joined as they are: separate them where two
/// divisions could mean different things.
#[must_use]
pub fn keyed_hash(key: &Secret, parts: &[&[u8]]) -> [u8; 32] {
    // Every length is a valid HMAC key, so the fallback is never taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_slice()) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn seal_with(cipher: &XChaCha20Poly1305, plain: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE] = random()?;
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad })
        .map_err(|_| Error::internal("sealing failed"))?;
    let mut out = Vec::with_capacity(NONCE + sealed.len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

fn open_with(cipher: &XChaCha20Poly1305, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
    let broken = || Error::internal("a sealed value does not open: wrong key, or it was moved or changed");
    let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or_else(broken)?;
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: body, aad }).map_err(|_| broken())
}

impl DataKey {
    fn new(account: Id, key: &Secret) -> Self {
        Self {
            account,
            cipher: XChaCha20Poly1305::new(key.as_slice().try_into().unwrap_or(&[0; KEY].into())),
        }
    }

    /// Whose key this is.
    #[must_use]
    pub const fn account(&self) -> Id {
        self.account
    }

    fn aad(&self, place: Place<'_>) -> Vec<u8> {
        let mut aad = Vec::with_capacity(place.table.len() + place.column.len() + 34);
        aad.extend_from_slice(place.table.as_bytes());
        aad.push(0);
        aad.extend_from_slice(place.column.as_bytes());
        aad.push(0);
        aad.extend_from_slice(self.account.0.as_bytes());
        aad.extend_from_slice(place.row.0.as_bytes());
        aad
    }

    /// Seals a text for its place.
    pub fn seal(&self, place: Place<'_>, text: &str) -> Result<Vec<u8>> {
        seal_with(&self.cipher, text.as_bytes(), &self.aad(place))
    }

    /// Opens a text at its place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<String> {
        String::from_utf8(open_with(&self.cipher, sealed, &self.aad(place))?)
            .map_err(|_| Error::internal("a sealed text is not UTF-8"))
    }
}

impl Keys {
    fn from_master(master: &Secret) -> Result<Self> {
        let hkdf = Hkdf::<Sha256>::new(Some(b"recovery-journal"), master.as_slice());
        let derive = |purpose: &str| -> Result<Secret> {
            let mut key = Secret::new([0; KEY]);
            hkdf.expand(purpose.as_bytes(), key.as_mut_slice()).map_err(Error::internal)?;
            Ok(key)
        };
        let wrapping = derive("wrap data keys")?;
        Ok(Self {
            wrapping: XChaCha20Poly1305::new(wrapping.as_slice().try_into().map_err(Error::internal)?),
            email: derive("find e-mail addresses")?,
            access_token: derive("sign access tokens")?,
            refresh_token: derive("mark refresh tokens")?,
            disclosures: derive("chain disclosures")?,
            stream_ticket: derive("mark stream tickets")?,
            page_session: derive("mark page sessions")?,
            page_form: derive("mark forms of pages")?,
            mail: derive("seal mails")?,
        })
    }
}

impl Keyring {
    /// Reads the master key's file, or makes it (mode 0600) when there is none yet.
    pub fn load(path: &Path) -> Result<Self> {
        Self::of(&KeyFile::read(path)?)
    }

    /// Derives every key from a master key that has no history.
    pub fn from_master(master: &Secret) -> Result<Self> {
        Ok(Self { keys: Keys::from_master(master)?, old: Vec::new() })
    }

    /// Derives every key from what a file holds.
    pub fn of(file: &KeyFile) -> Result<Self> {
        let mut keys = Keys::from_master(&file.master)?;
        if let Some(addresses) = &file.addresses {
            keys.email.clone_from(addresses);
        }
        if let Some(disclosures) = &file.disclosures {
            keys.disclosures.clone_from(disclosures);
        }
        Ok(Self { keys, old: file.old.iter().map(Keys::from_master).collect::<Result<_>>()? })
    }

    /// The keys in use, and those of old master keys after them.
    fn every(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.keys).chain(&self.old)
    }

    /// Makes an account's data key; the second part is its wrapped form, for the database.
    pub fn new_data_key(&self, account: Id) -> Result<(DataKey, Vec<u8>)> {
        let key = Secret::new(random()?);
        let wrapped = seal_with(&self.keys.wrapping, key.as_slice(), &Self::wrapping_aad(account))?;
        Ok((DataKey::new(account, &key), wrapped))
    }

    /// Unwraps an account's data key.
    pub fn data_key(&self, account: Id, wrapped: &[u8]) -> Result<DataKey> {
        let aad = Self::wrapping_aad(account);
        let opened = open_with(&self.keys.wrapping, wrapped, &aad).or_else(|error| {
            let older = self.old.iter().find_map(|keys| open_with(&keys.wrapping, wrapped, &aad).ok());
            older.ok_or(error)
        });
        let plain = Zeroizing::new(opened?);
        let key =
            plain.as_slice().try_into().map_err(|_| Error::internal("a data key has a wrong length"))?;
        Ok(DataKey::new(account, &Secret::new(key)))
    }

    /// A data key that is under an old master key, under this one; none when it is already.
    pub fn rewrapped(&self, account: Id, wrapped: &[u8]) -> Result<Option<Vec<u8>>> {
        let aad = Self::wrapping_aad(account);
        if open_with(&self.keys.wrapping, wrapped, &aad).is_ok() {
            return Ok(None);
        }
        let older = self.old.iter().find_map(|keys| open_with(&keys.wrapping, wrapped, &aad).ok());
        let plain =
            Zeroizing::new(older.ok_or_else(|| Error::internal("a data key is under no key we have"))?);
        seal_with(&self.keys.wrapping, &plain, &aad).map(Some)
    }

    fn wrapping_aad(account: Id) -> Vec<u8> {
        [b"data-key\0".as_slice(), account.0.as_bytes()].concat()
    }

    /// What finds an account by its address without keeping the address. Addresses are compared in lower
    /// case: no provider in use tells two people apart by case.
    #[must_use]
    pub fn email_hash(&self, email: &str) -> [u8; 32] {
        keyed_hash(&self.keys.email, &[email.trim().to_lowercase().as_bytes()])
    }

    /// What the tries of somebody who is signed in are counted under: no address has this hash.
    #[must_use]
    pub fn tries_of(&self, account: Id) -> [u8; 32] {
        keyed_hash(&self.keys.email, &[b"tries\0", account.0.as_bytes()])
    }

    /// What is kept of the secret in a link: whoever has the database alone cannot make a link that fits.
    #[must_use]
    pub fn link_hash(&self, purpose: &str, secret: &Secret) -> [u8; 32] {
        keyed_hash(&self.keys.email, &[b"link\0", purpose.as_bytes(), b"\0", secret.as_slice()])
    }

    /// Signs access tokens.
    #[must_use]
    pub const fn access_token(&self) -> &Secret {
        &self.keys.access_token
    }

    /// Chains disclosures: whoever has the database alone cannot make a row that fits.
    #[must_use]
    pub const fn disclosures(&self) -> &Secret {
        &self.keys.disclosures
    }

    /// Marks refresh tokens as ours.
    #[must_use]
    pub const fn refresh_token(&self) -> &Secret {
        &self.keys.refresh_token
    }

    /// Marks tickets of the event stream as ours.
    #[must_use]
    pub const fn stream_ticket(&self) -> &Secret {
        &self.keys.stream_ticket
    }

    /// Marks the sessions of pages as ours.
    #[must_use]
    pub const fn page_session(&self) -> &Secret {
        &self.keys.page_session
    }

    /// Seals mails that wait.
    #[must_use]
    pub const fn mail(&self) -> &Secret {
        &self.keys.mail
    }

    /// What mails that wait may be sealed under, the key in use first.
    pub fn mails(&self) -> impl Iterator<Item = &Secret> {
        self.every().map(|keys| &keys.mail)
    }

    /// What access tokens may be signed with, the key in use first.
    pub fn access_tokens(&self) -> impl Iterator<Item = &Secret> {
        self.every().map(|keys| &keys.access_token)
    }

    /// What refresh tokens may be marked with, the key in use first.
    pub fn refresh_tokens(&self) -> impl Iterator<Item = &Secret> {
        self.every().map(|keys| &keys.refresh_token)
    }

    /// Finds addresses.
    #[must_use]
    pub const fn addresses(&self) -> &Secret {
        &self.keys.email
    }

    /// Marks the forms of pages as ours.
    #[must_use]
    pub const fn page_form(&self) -> &Secret {
        &self.keys.page_form
    }
}

/// Seals under a key made from another secret (a refresh token's successor under its predecessor).
pub fn seal_under(secret: &Secret, context: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let key = keyed_hash(secret, &[context]);
    seal_with(&XChaCha20Poly1305::new(&key.into()), plain, context)
}

/// Opens what [`seal_under`] made.
pub fn open_under(secret: &Secret, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let key = keyed_hash(secret, &[context]);
    open_with(&XChaCha20Poly1305::new(&key.into()), sealed, context).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::new_random_id;

    fn keyring() -> Keyring {
        Keyring::from_master(&Secret::new([7; KEY])).unwrap()
    }

    fn place(column: &'static str, row: Id) -> Place<'static> {
        Place { table: "cravings", column, row }
    }

    #[test]
    fn a_text_opens_only_where_it_was_sealed() {
        let (account, row, other) = (Id(new_random_id()), Id(new_random_id()), Id(new_random_id()));
        let (key, wrapped) = keyring().new_data_key(account).unwrap();
        let sealed = key.seal(place("note", row), "the bridge at night").unwrap();
        assert_eq!(key.open(place("note", row), &sealed).unwrap(), "the bridge at night");
        assert!(key.open(place("place", row), &sealed).is_err(), "another column");
        assert!(key.open(place("note", other), &sealed).is_err(), "another row");
        let moved = Place { table: "meetings", ..place("note", row) };
        assert!(key.open(moved, &sealed).is_err(), "another table");
        let again = keyring().data_key(account, &wrapped).unwrap();
        assert_eq!(again.open(place("note", row), &sealed).unwrap(), "the bridge at night");
        assert!(keyring().data_key(other, &wrapped).is_err(), "another account's wrapped key");
    }

    #[test]
    fn a_changed_text_is_an_error_and_never_a_wrong_text() {
        let row = Id(new_random_id());
        let (key, _) = keyring().new_data_key(row).unwrap();
        let sealed = key.seal(place("note", row), "kept").unwrap();
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(key.open(place("note", row), &changed).is_err(), "byte {index}");
        }
        assert!(key.open(place("note", row), &sealed[..NONCE - 1]).is_err(), "cut short");
    }

    #[test]
    fn the_master_key_is_made_once_and_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/master.key");
        let first = Keyring::load(&path).unwrap();
        let second = Keyring::load(&path).unwrap();
        assert_eq!(first.email_hash("Ann@Example.org"), second.email_hash(" ann@example.ORG"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "not a key").unwrap();
        assert!(Keyring::load(&path).is_err());
    }
}
