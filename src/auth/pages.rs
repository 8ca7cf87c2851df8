//! Pages in a browser: who is looking at one, and whether a form is one that we gave to that browser.
//!
//! A page's session is an ordinary login session. The browser holds a ticket for it in a cookie, and each page
//! renews the ticket: half an hour without a page, and it is over. A ticket opens no path of the API, and no token
//! of the API opens a page. Every form carries a mark made of the cookie that the browser has, which no other site
//! can know. Refuses what is over, what was changed, and forms without their mark.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value as Json};
use subtle::ConstantTimeEq as _;

use super::bodies::{Given, LOGIN};
use super::tokens::Bearer;
use super::{Account, Auth, Caller, Person, Signed, people, tickets};
use crate::clock;
use crate::db::seal::{keyed_hash, random};
use crate::db::types::Time;
use crate::error::{Code, Error, Result};

/// How long a page may be left alone, in seconds.
pub const IDLE: i64 = 30 * 60;

/// What pages' sessions are called in the list of signed-in devices.
const DEVICE: &str = "Pages in a browser";

impl Auth {
    /// Signs in as the API does (one hash, the same limits, the second factor) and answers the ticket for the
    /// cookie.
    pub async fn sign_in_to_pages(
        &self,
        caller: Caller,
        email: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<String> {
        self.throttle.admit(caller.0)?;
        let members = [("email", email), ("password", password), ("device_name", DEVICE)];
        let code = code.map(|code| ("totp_code", code));
        let members: Map<String, Json> =
            members.into_iter().chain(code).map(|(name, text)| (name.to_owned(), text.into())).collect();
        let signed_in = self.login(Given::whole(LOGIN, &members)).await?;
        // The access token says which session has begun; nobody is given it.
        let now = clock::now().into();
        let bearer = self.tokens.check(&signed_in.access_token, now);
        Ok(self.page_ticket(bearer.ok_or_else(|| Error::internal("a token that is not ours"))?, now))
    }

    /// A new ticket for somebody who is looking at a page.
    #[must_use]
    pub fn renewed(&self, account: &Account) -> String {
        let bearer = Bearer { account: account.id, session: account.session_id };
        self.page_ticket(bearer, clock::now().into())
    }

    fn page_ticket(&self, bearer: Bearer, now: Time) -> String {
        tickets::written(self.keyring.page_session(), bearer, now.plus_seconds(IDLE))
    }

    /// Who is looking at a page: `unauthenticated` without a ticket of ours, `invalid_token` when it is over or the
    /// session has ended. A session whose ticket is over ends.
    pub async fn looking(self: Arc<Self>, ticket: &str) -> Result<Signed> {
        let unknown = || Error::of(Code::Unauthenticated);
        let (bearer, until) = tickets::read(self.keyring.page_session(), ticket).ok_or_else(unknown)?;
        if until <= clock::now().timestamp() {
            self.end_session(bearer.account, bearer.session).await?;
            return Err(Error::of(Code::InvalidToken));
        }
        self.account_of(bearer).await
    }

    /// The names of somebody who is looking.
    pub async fn person(&self, account: &Account) -> Result<Person> {
        let found = self.db.read(async |conn| people(conn, &self.keyring, &[account.id]).await).await?;
        found.into_iter().next().ok_or_else(|| Error::of(Code::InvalidToken))
    }

    /// Ends the session of somebody who is looking at a page.
    pub async fn leave_pages(&self, account: &Account) -> Result<()> {
        self.end_session(account.id, account.session_id).await.map(drop)
    }

    /// The mark of the forms that are given to a browser with this cookie.
    #[must_use]
    pub fn form_mark(&self, cookie: &str) -> String {
        // A ticket is renewed with every page, while a form may be sent from an older one: the session is what stays.
        let session = tickets::read(self.keyring.page_session(), cookie).map(|(bearer, _)| bearer.session);
        let whose = session.map_or_else(|| cookie.as_bytes().to_vec(), |id| id.0.as_bytes().to_vec());
        URL_SAFE_NO_PAD.encode(keyed_hash(self.keyring.page_form(), &[&whose]))
    }

    /// Whether a form's mark is that of the browser's cookie.
    #[must_use]
    pub fn is_our_form(&self, cookie: &str, mark: &str) -> bool {
        self.form_mark(cookie).as_bytes().ct_eq(mark.as_bytes()).into()
    }
}

/// How long the text is that [`visitor`] makes; a ticket is longer.
pub const VISITOR: usize = 24;

/// What a browser holds that has not signed in: it tells its forms from those of others.
pub fn visitor() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<18>()?))
}
