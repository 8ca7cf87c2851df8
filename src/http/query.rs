//! Query parameters: every one is known, read once and reported when it cannot be used.

use actix_web::HttpRequest;
use chrono::NaiveDate;

use crate::error::{Code, Error, Mistake, Result};
use crate::fields::read::date_of;

/// The parameters of a request. Take what the route knows, then [`finish`](Self::finish): what is left over
/// is a mistake, because a misspelt filter would otherwise show more than was asked for.
pub struct Query {
    pairs: Vec<(String, String)>,
    mistakes: Vec<Mistake>,
}

impl Query {
    /// Reads the request's query.
    pub fn of(request: &HttpRequest) -> Result<Self> {
        Self::parse(request.query_string())
    }

    /// Reads a query string.
    pub fn parse(text: &str) -> Result<Self> {
        let pairs = serde_urlencoded_pairs(text)?;
        let mut this = Self { pairs: Vec::with_capacity(pairs.len()), mistakes: Vec::new() };
        for (name, value) in pairs {
            if this.pairs.iter().any(|(known, _)| *known == name) {
                this.mistake(&name, "repeated", "is given twice");
            } else {
                this.pairs.push((name, value));
            }
        }
        Ok(this)
    }

    /// Notes a mistake of a parameter.
    pub fn mistake(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        self.mistakes.push(Mistake { pointer: format!("?{name}"), code, message: message.into() });
    }

    /// Takes a parameter as text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let index = self.pairs.iter().position(|(known, _)| known == name)?;
        Some(self.pairs.swap_remove(index).1)
    }

    /// Takes a parameter through `parse`; `expected` follows "must be".
    pub fn parsed<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.mistake(name, "invalid", format!("must be {expected}"));
        }
        value
    }

    /// Takes a date.
    pub fn date(&mut self, name: &str) -> Option<NaiveDate> {
        self.parsed(name, "a date such as 2026-11-02, from 1900 on", date_of)
    }

    /// Takes a whole number within bounds; never clamps.
    pub fn number(&mut self, name: &str, least: i64, most: i64) -> Option<i64> {
        self.parsed(name, &format!("a whole number from {least} to {most}"), |text| {
            text.parse().ok().filter(|number| (least..=most).contains(number))
        })
    }

    /// Ends the reading: 400 that names every mistake and every unknown parameter.
    pub fn finish(self) -> Result<()> {
        self.finish_as(Code::InvalidParameter)
    }

    /// The same with another code, for parameters that are the question itself.
    pub fn finish_as(mut self, code: Code) -> Result<()> {
        for (name, _) in std::mem::take(&mut self.pairs) {
            self.mistake(&name, "unknown_parameter", "is not a parameter of this path");
        }
        if self.mistakes.is_empty() {
            return Ok(());
        }
        let mut error = Error::invalid(self.mistakes);
        if let Error::Problem(problem) = &mut error {
            problem.code = code;
        }
        Err(error)
    }
}

fn serde_urlencoded_pairs(query: &str) -> Result<Vec<(String, String)>> {
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(query)
        .map_err(|error| Error::new(Code::InvalidParameter, error.to_string()))?;
    Ok(pairs.into_inner())
}
