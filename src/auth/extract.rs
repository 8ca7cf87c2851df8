//! Who is asking, proven on every request: a handler that takes [`Signed`], [`Member`] or [`Listener`] cannot
//! run for anybody else.
//!
//! Refuses with 401 a request without a bearer token (`unauthenticated`) or with one that is not genuine,
//! is outside its time, or belongs to a session that has ended (`invalid_token`); [`Member`] and [`Listener`]
//! refuse other roles with 403 (`wrong_role`).

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderName};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::FutureExt as _;
use futures_util::future::{Either, LocalBoxFuture, Map};

use super::tickets::{self, Ticket};
use super::tokens::Bearer;
use super::{Account, Auth, Role, store, throttle};
use crate::clock;
use crate::error::{Code, Error, Result};
use crate::http::query::Query;

/// A signed-in account of any role.
#[derive(Clone)]
pub struct Signed(Arc<Account>);

/// A signed-in member, who has a journal.
#[derive(Clone)]
pub struct Member(Arc<Account>);

/// A signed-in counselor, who may have clients.
#[derive(Clone)]
pub struct Counselor(Arc<Account>);

/// A signed-in member who waits at the event stream, known by token or by ticket.
#[derive(Clone)]
pub struct Listener(Member);

/// Where a request comes from: its peer, or who a trusted proxy says it is.
#[derive(Debug, Clone, Copy)]
pub struct Caller(pub IpAddr);

impl Deref for Signed {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.0
    }
}

impl Deref for Member {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.0
    }
}

impl Deref for Counselor {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.0
    }
}

impl Deref for Listener {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.0
    }
}

/// At once when the session is known to live, else after a look at the database.
type Answer = Either<Ready<Result<Signed>>, LocalBoxFuture<'static, Result<Signed>>>;

impl FromRequest for Signed {
    type Error = Error;
    type Future = Answer;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Answer {
        let at_once = |outcome| Either::Left(ready(outcome));
        let Some(auth) = request.app_data::<web::Data<Auth>>() else { return at_once(Err(not_set_up())) };
        match auth.bearer(request) {
            Ok(bearer) => auth.clone().into_inner().account_of(bearer),
            Err(error) => at_once(Err(error)),
        }
    }
}

impl FromRequest for Member {
    type Error = Error;
    type Future = Map<Answer, fn(Result<Signed>) -> Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Signed::from_request(request, payload).map(Self::of)
    }
}

impl Member {
    fn of(signed: Result<Signed>) -> Result<Self> {
        let Signed(account) = signed?;
        match account.role {
            Role::Member => Ok(Self(account)),
            Role::Counselor => Err(Error::new(Code::WrongRole, "only a member has a journal")),
        }
    }
}

impl FromRequest for Listener {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let auth = request.app_data::<web::Data<Auth>>();
        let ticket = Query::of(request).ok().and_then(|mut query| query.text("ticket"));
        let signed = match (auth, ticket) {
            (Some(auth), Some(ticket)) if !request.headers().contains_key(AUTHORIZATION) => {
                let now = clock::now().into();
                match tickets::check(auth.keyring.stream_ticket(), &ticket, now) {
                    Some(bearer) => auth.clone().into_inner().account_of(bearer),
                    None => Either::Left(ready(Err(Error::of(Code::InvalidToken)))),
                }
            }
            _ => Signed::from_request(request, payload),
        };
        signed.map(|signed| Member::of(signed).map(Self)).boxed_local()
    }
}

impl FromRequest for Counselor {
    type Error = Error;
    type Future = Map<Answer, fn(Result<Signed>) -> Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Signed::from_request(request, payload).map(|signed| {
            let Signed(account) = signed?;
            match account.role {
                Role::Counselor => Ok(Self(account)),
                Role::Member => Err(Error::new(Code::WrongRole, "only a counselor has clients")),
            }
        })
    }
}

impl FromRequest for Caller {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(auth) = request.app_data::<web::Data<Auth>>() else { return ready(Err(not_set_up())) };
        let forwarded: Vec<&str> = request
            .headers()
            .get_all(HeaderName::from_static("x-forwarded-for"))
            .filter_map(|value| value.to_str().ok())
            .collect();
        let peer = request.peer_addr().map(|peer| peer.ip());
        ready(Ok(Self(throttle::caller(peer, forwarded.into_iter(), &auth.trusted_proxies))))
    }
}

impl Auth {
    fn bearer(&self, request: &HttpRequest) -> Result<Bearer> {
        let unauthenticated = || Error::of(Code::Unauthenticated);
        let header = request.headers().get(AUTHORIZATION).ok_or_else(unauthenticated)?;
        // As `to_str` does it, at a tenth of its time: a token is long, and looked at by every request.
        let header = str::from_utf8(header.as_bytes()).map_err(|_| Error::of(Code::InvalidToken))?;
        let (scheme, token) = header.split_once(' ').ok_or_else(unauthenticated)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(unauthenticated());
        }
        self.tokens.check(token, clock::now().into()).ok_or_else(|| Error::of(Code::InvalidToken))
    }

    /// The account of a session, if it lives.
    pub(super) fn account_of(self: Arc<Self>, bearer: Bearer) -> Answer {
        match self.sessions.get(bearer.session) {
            Some(account) if account.id == bearer.account => Either::Left(ready(Ok(Signed(account)))),
            _ => Either::Right(async move { self.look_up(bearer).await.map(Signed) }.boxed_local()),
        }
    }

    /// Whether the session that asked still lives, for answers that go on.
    pub async fn lives(self: Arc<Self>, account: &Account) -> bool {
        let bearer = Bearer { account: account.id, session: account.session_id };
        // A database that does not answer ends nobody's session.
        !matches!(self.account_of(bearer).await, Err(Error::Problem(problem)) if problem.code == Code::InvalidToken)
    }

    /// A ticket with which a member's device opens the event stream.
    #[must_use]
    pub fn ticket(&self, member: &Member) -> Ticket {
        let bearer = Bearer { account: member.id, session: member.session_id };
        Ticket::issue(self.keyring.stream_ticket(), bearer, clock::now().into())
    }

    async fn look_up(&self, bearer: Bearer) -> Result<Arc<Account>> {
        let before = self.sessions.before();
        let now = clock::now().into();
        let Bearer { account, session } = bearer;
        let found = self
            .db
            .read(async |conn| store::account_of_session(conn, account, session, now).await)
            .await?
            .ok_or_else(|| Error::new(Code::InvalidToken, "the session has ended"))?;
        let (row, key) = self.open(found)?;
        let account = Arc::new(Account::new(row, key, session)?);
        self.sessions.keep(before, Arc::clone(&account));
        Ok(account)
    }
}

fn not_set_up() -> Error {
    Error::internal("the application was built without its accounts")
}
