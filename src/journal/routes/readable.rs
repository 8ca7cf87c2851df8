//! What a journal can be read as: lists, records, figures. Each is declared once, with its documentation and
//! the making of its answer; the owner's route and the one under a share are both made from that.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use super::derived::Derived;
use crate::auth::Member;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::http::route::{Parameter, Route};
use crate::journal::{Collection, Reading};

/// A list, a record or a figure.
pub struct Readable {
    /// The owner's route.
    pub route: Route,
    /// Makes a question of what is asked.
    pub ask: Ask,
    /// What it shows, if somebody else may read it under a share.
    pub subject: Option<Subject>,
}

/// What is shown, as shares name it.
#[derive(Clone, Copy)]
pub enum Subject {
    /// Rows of a collection.
    Rows(&'static Collection),
    /// Figures: open with a scope of their own, or with any of the collections that they are made of.
    Figures {
        /// The scope's name.
        scope: &'static str,
        /// Names of collections.
        of: &'static [&'static str],
    },
}

/// What a caller asks: the record's id from the path (empty where it has none), and the query as it came.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The last segment of the path, if it is a parameter.
    pub id: &'a str,
    /// The query string.
    pub query: &'a str,
}

/// Reads what is asked; refuses what cannot be used.
pub type Ask = Arc<dyn Fn(Asked<'_>, &Reading<'_>) -> Result<Question> + Send + Sync>;

/// A question that can be answered.
pub struct Question {
    /// Everything that the answer depends on beside the path and the journal's revision.
    pub key: String,
    /// How much of the journal is looked at.
    pub reach: Reach,
    make: Box<Make>,
}

/// How much of a journal an answer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A few records, found by an index: it takes the same time however long the journal is.
    Few,
    /// Perhaps all of it.
    All,
}

type Make = dyn for<'a, 'c> FnOnce(&'a Conn<'c>, &'a Reading<'a>) -> LocalBoxFuture<'a, Result<Answered>>;

/// An answer.
pub struct Answered {
    /// JSON.
    pub body: Vec<u8>,
    /// How many records it shows; figures show none.
    pub records: usize,
}

impl Question {
    /// A question with the making of its answer.
    pub fn new<F>(key: String, reach: Reach, make: F) -> Self
    where
        F: for<'a, 'c> FnOnce(&'a Conn<'c>, &'a Reading<'a>) -> LocalBoxFuture<'a, Result<Answered>>
            + 'static,
    {
        Self { key, reach, make: Box::new(make) }
    }

    /// Makes the answer.
    pub async fn answer(self, conn: &Conn<'_>, reading: &Reading<'_>) -> Result<Answered> {
        (self.make)(conn, reading).await
    }
}

impl Readable {
    /// Something whose answers are kept by the journal's revision.
    pub fn kept(path: impl Into<String>, operation_id: impl Into<String>, ask: Ask) -> Self {
        let owners = Arc::clone(&ask);
        let handler =
            move |member: Member, db: web::Data<Db>, derived: web::Data<Derived>, request: HttpRequest| {
                let ask = Arc::clone(&owners);
                async move {
                    let query = request.query_string().to_owned();
                    let Question { key, reach, .. } =
                        ask(Asked { id: "", query: &query }, &Reading::own(&member))?;
                    let make = async move |conn: &Conn<'_>, reading: &Reading<'_>| {
                        ask(Asked { id: "", query: &query }, reading)?.answer(conn, reading).await
                    };
                    derived.answer(&db, &member, &request, &key, reach, make).await
                }
            };
        Self { route: Route::new(Method::GET, path, operation_id, handler), ask, subject: None }
    }

    /// Says what it shows: it can be read under a share that opens that.
    #[must_use]
    pub fn shows(mut self, subject: Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// As [`Route::says`].
    #[must_use]
    pub fn says(mut self, tag: &'static str, summary: impl Into<String>) -> Self {
        self.route = self.route.says(tag, summary);
        self
    }

    /// As [`Route::describes`].
    #[must_use]
    pub fn describes(mut self, description: &'static str) -> Self {
        self.route = self.route.describes(description);
        self
    }

    /// As [`Route::parameters`].
    #[must_use]
    pub fn parameters(mut self, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        self.route = self.route.parameters(parameters);
        self
    }
}
