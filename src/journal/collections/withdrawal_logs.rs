//! Withdrawal logs: how strong each symptom is, while it lasts.

use std::sync::OnceLock;

use crate::fields::{Field, Kind};
use crate::journal::collection::{Collection, LOCAL_DATE, NOTE, OCCURRED_AT, TIME_ZONE};

/// A symptom from 0 (none) to 4 (as strong as it gets).
const fn symptom(name: &'static str, about: &'static str) -> Field {
    Field::optional(name, Kind::Integer { min: 0, max: 4 }, about)
}

/// The collection. Its symptoms are those of the catalogue and of `domain::withdrawal`, in their order.
pub static WITHDRAWAL_LOGS: Collection = Collection {
    name: "withdrawal_logs",
    singular: "withdrawal_log",
    about: "Withdrawal at a moment: thirteen symptoms, each from 0 (none) to 4 (as strong as it gets).",
    fields: &[
        OCCURRED_AT,
        TIME_ZONE,
        LOCAL_DATE,
        symptom("agitation", "Restless, unable to settle, 0 to 4."),
        symptom("anxiety", "Anxiety, 0 to 4."),
        symptom("depression", "Low mood, 0 to 4."),
        symptom("diarrhea", "Diarrhea, 0 to 4."),
        symptom("insomnia", "Trouble sleeping, 0 to 4."),
        symptom("muscle_bone_ache", "Aching muscles or bones, 0 to 4."),
        symptom("cramps", "Cramps, 0 to 4."),
        symptom("nausea", "Nausea, 0 to 4."),
        symptom("vomiting", "Vomiting, 0 to 4."),
        symptom("sweating", "Sweating, 0 to 4."),
        symptom("chills", "Chills, 0 to 4."),
        symptom("hallucinations", "Seeing or hearing things that others do not, 0 to 4."),
        symptom("paranoia", "Feeling watched or threatened without a reason that others see, 0 to 4."),
        Field::optional(
            "hours_since_last_use",
            Kind::Integer { min: 0, max: 8_784 },
            "Whole hours since the last use, up to a year.",
        ),
        NOTE,
    ],
    dated_by: Some("local_date"),
    filters: &[],
    rules: &[],
    example: r#"{"occurred_at":"2026-11-02T06:30:00-05:00","time_zone":"America/New_York","agitation":2,"anxiety":3,
        "depression":1,"diarrhea":1,"insomnia":4,"muscle_bone_ache":3,"cramps":1,"nausea":1,"vomiting":0,
        "sweating":2,"chills":2,"hallucinations":0,"paranoia":0,"hours_since_last_use":40,"note":"Second night."}"#,
    sql: OnceLock::new(),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::domain::withdrawal::SYMPTOMS;

    #[test]
    fn symptoms_are_the_same_everywhere() {
        let rated =
            WITHDRAWAL_LOGS.fields.iter().filter(|field| matches!(field.kind, Kind::Integer { max: 4, .. }));
        assert_eq!(rated.map(|field| field.name).collect::<Vec<_>>(), SYMPTOMS);
        let catalogue = Catalogue::builtin().symptoms.iter().map(|symptom| symptom.slug.as_str());
        assert_eq!(catalogue.collect::<Vec<_>>(), SYMPTOMS);
    }
}
