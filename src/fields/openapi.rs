//! Fields as OpenAPI 3.1 schemas: nullable by `type` arrays, never by `oneOf` or `anyOf`.

use serde_json::{Value as Json, json};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type,
};

use super::{Field, Kind, LIST_MAX, Need, TEXT_MAX};

/// Which side of the wire a schema is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A whole object to write: needs apply, unknown members are refused.
    Write,
    /// A merge patch: nothing is needed, unknown members are refused.
    Patch,
    /// An answer: every member is there, vocabularies may grow.
    Answer,
    /// An answer to somebody else, who may not see the words: they may be null.
    Shared,
}

/// The members of an object, into its builder.
#[must_use]
pub fn properties(mut object: ObjectBuilder, fields: &[Field], side: Side) -> ObjectBuilder {
    let shown = fields.iter().filter(|field| side.is_answer() || field.is_settable());
    for field in shown {
        object = object.property(field.name, field.schema(side));
        if side.is_answer() || (side == Side::Write && field.need == Need::Required) {
            object = object.required(field.name);
        }
    }
    if side.is_answer() {
        object
    } else {
        object.additional_properties(Some(AdditionalProperties::FreeForm(false)))
    }
}

impl Field {
    fn schema(&self, side: Side) -> Schema {
        // A patch clears with null, and what must be there cannot be cleared.
        let always_there = match side {
            Side::Shared if self.is_text() => false,
            Side::Answer | Side::Shared => !matches!(self.need, Need::Optional | Need::Derived),
            Side::Write | Side::Patch => matches!(self.need, Need::Required | Need::Copied),
        };
        let schema_type = |kind: Type| {
            if always_there { SchemaType::Type(kind) } else { SchemaType::Array(vec![kind, Type::Null]) }
        };
        if let Some(entry) = self.kind.entry(side) {
            let array = ArrayBuilder::new()
                .schema_type(schema_type(Type::Array))
                .items(entry)
                .max_items(Some(LIST_MAX))
                .description(Some(self.about));
            return array.into();
        }
        let object = self.kind.constrain(ObjectBuilder::new(), side, !always_there);
        let mut object = object.schema_type(schema_type(self.kind.json_type())).description(Some(self.about));
        // A default is what absence means, which is so in a whole object only: a client made from the document
        // would write it with every patch.
        if let (Side::Write, Need::Default(default)) = (side, self.need) {
            object = object.default(Some(json!(default)));
        }
        object.into()
    }
}

impl Side {
    fn is_answer(self) -> bool {
        matches!(self, Self::Answer | Self::Shared)
    }
}

impl Kind {
    fn json_type(self) -> Type {
        match self {
            Self::Integer { .. } => Type::Integer,
            Self::Quarters { .. } => Type::Number,
            Self::Flag => Type::Boolean,
            _ => Type::String,
        }
    }

    /// The kind of a list's entries.
    fn entry(self, side: Side) -> Option<ObjectBuilder> {
        let one = match self {
            Self::Choices(choices) => Self::Choice(choices),
            Self::FormedList(pattern) => Self::Formed(pattern),
            Self::Integers { min, max } => Self::Integer { min, max },
            Self::Texts => Self::Text,
            Self::References => Self::Reference,
            _ => return None,
        };
        Some(one.constrain(ObjectBuilder::new().schema_type(one.json_type()), side, false))
    }

    fn constrain(self, object: ObjectBuilder, side: Side, nullable: bool) -> ObjectBuilder {
        let format = |known| Some(SchemaFormat::KnownFormat(known));
        match self {
            Self::Integer { min, max } => object.minimum(Some(min)).maximum(Some(max)),
            Self::Quarters { max } => object.minimum(Some(0)).maximum(Some(max)).multiple_of(Some(0.25)),
            // Vocabularies are open for readers: an answer names no closed list.
            Self::Choice(_) | Self::Formed(_) if side.is_answer() => object,
            Self::Choice(choices) => {
                let null = nullable.then_some(Json::Null);
                object.enum_values(Some(choices.iter().map(|choice| json!(choice)).chain(null)))
            }
            Self::Formed(pattern) => object.pattern(Some(pattern.regex)),
            Self::Text if !side.is_answer() => object.max_length(Some(TEXT_MAX)),
            Self::Name if !side.is_answer() => {
                object.min_length(Some(1)).max_length(Some(TEXT_MAX)).pattern(Some(r"\S"))
            }
            Self::Reference => object.format(Some(SchemaFormat::Custom("uuid".to_owned()))),
            Self::Date => object.format(format(KnownFormat::Date)),
            Self::Moment => object.format(format(KnownFormat::DateTime)),
            Self::TimeOfDay { .. } => object.pattern(Some("^[0-2][0-9]:[0-5][0-9]$")),
            Self::Amount => object.pattern(Some(r"^[0-9]+(\.[0-9]+)?$")).max_length(Some(100)),
            _ => object,
        }
    }
}
