//! A figure in an answer: `{"status":"ok", …values}`, or `{"status":"needs_more","have":3,"need":5}`.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::figure::Figure;

/// A figure with a minimum of data. In the document it is one object, whose values are there when `status` is
/// `ok`, and `have` and `need` when it is `needs_more`.
#[derive(Debug, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Shown<T> {
    /// Enough data.
    Ok(T),
    /// Too little data.
    NeedsMore {
        /// Data points there are.
        have: u32,
        /// Data points it takes.
        need: u32,
    },
}

/// A figure of one value.
#[derive(Debug, Serialize, ToSchema)]
pub struct One {
    /// The value.
    pub value: f64,
}

impl<T> Shown<T> {
    /// A figure of `domain`, its values shown as `T`.
    pub fn of<V>(figure: Figure<V>, show: impl FnOnce(V) -> T) -> Self {
        match figure {
            Figure::Ok(values) => Self::Ok(show(values)),
            Figure::NeedsMore { have, need } => Self::NeedsMore { have, need },
        }
    }
}

impl<T: ToSchema> PartialSchema for Shown<T> {
    fn schema() -> RefOr<Schema> {
        let count =
            |about| ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).description(Some(about));
        let status = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("`ok` with its values, or `needs_more` with `have` and `need`."));
        let mut object = ObjectBuilder::new().property("status", status).required("status");
        if let RefOr::T(Schema::Object(values)) = T::schema() {
            for (name, schema) in values.properties {
                object = object.property(name, schema);
            }
        }
        object
            .property("have", count("Data points there are."))
            .property("need", count("Data points needed."))
            .into()
    }
}

impl<T: ToSchema> ToSchema for Shown<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Figure", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}
