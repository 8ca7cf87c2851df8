//! The crisis card: what the person has planned and whom they wanted to call, then the help lines of their
//! country. It is there without any rule, at any time.

use futures_util::future::try_join_all;
use futures_util::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use super::SupportAction;
use crate::catalogue::{Catalogue, HelpLine};
use crate::db::Conn;
use crate::db::types::Id;
use crate::error::Result;
use crate::fields::Value;
use crate::journal::collections::{contacts::CONTACTS, plans::PLANS, skills::SKILLS};
use crate::journal::page::{LIMIT_MAX, Page};
use crate::journal::reading::Reading;
use crate::journal::record::Record;
use crate::journal::store;

/// Most reasons and skills among the actions of a support: it is read in a hard moment.
const FEW: usize = 3;

/// What helps when it gets hard: the person's own words and people first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CrisisCard {
    /// The plan that was written last; null when there is none.
    #[schema(value_type = Option<String>, format = "uuid")]
    plan_id: Option<Id>,
    /// What recovery is for, of that plan.
    reasons: Vec<String>,
    /// What tells the person that it gets harder.
    warning_signs: Vec<String>,
    /// Coping skills of that plan.
    skills: Vec<CardSkill>,
    /// Those of the plan first, then by their call order.
    contacts: Vec<CardContact>,
    /// Help lines of the account's country; advice without a number where none is known.
    help_lines: Vec<HelpLine>,
}

/// A coping skill.
#[derive(Debug, Serialize, ToSchema)]
pub struct CardSkill {
    skill_id: Id,
    /// The person's own name for it, or the catalogue's.
    #[schema(example = "Urge surfing")]
    name: String,
}

/// Somebody to call.
#[derive(Debug, Serialize, ToSchema)]
pub struct CardContact {
    contact_id: Id,
    #[schema(example = "Ruth")]
    name: String,
    #[schema(example = "sponsor")]
    role: String,
    #[schema(example = "+1 555 0100")]
    phone: Option<String>,
}

/// Puts the card together.
pub async fn card(conn: &Conn<'_>, reading: &Reading<'_>) -> Result<CrisisCard> {
    let page = Page::whole(LIMIT_MAX);
    let ((plans, _), (mut contacts, _)) =
        try_join!(store::list(conn, reading, &PLANS, &page), store::list(conn, reading, &CONTACTS, &page))?;
    let plan = plans.into_iter().max_by_key(|plan| plan.revision);
    let texts = |field| match plan.as_ref().map(|plan| plan.value(&PLANS, field)) {
        Some(Value::List(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let ids = |field| match plan.as_ref().map(|plan| plan.value(&PLANS, field)) {
        Some(Value::Ids(ids)) => ids.clone(),
        _ => Vec::new(),
    };
    // An id that is not there (yet) has no name to show.
    let skills = ids("skill_ids").into_iter().map(|id| skill(conn, reading, id));
    let skills = try_join_all(skills).await?.into_iter().flatten().collect();
    let planned = ids("contact_ids");
    contacts.sort_by_key(|contact| {
        let in_plan = planned.iter().position(|id| *id == contact.id).unwrap_or(usize::MAX);
        let order = contact.value(&CONTACTS, "call_order").int().unwrap_or(i64::MAX);
        (in_plan, order, contact.id)
    });
    let country = reading.country.unwrap_or_default();
    Ok(CrisisCard {
        plan_id: plan.as_ref().map(|plan| plan.id),
        reasons: texts("reasons"),
        warning_signs: texts("warning_signs"),
        skills,
        contacts: contacts.iter().filter_map(CardContact::of).collect(),
        help_lines: Catalogue::builtin().help_lines(country).to_vec(),
    })
}

async fn skill(conn: &Conn<'_>, reading: &Reading<'_>, skill_id: Id) -> Result<Option<CardSkill>> {
    let name = if let Some(known) = Catalogue::builtin().skill(skill_id.0) {
        Some(known.name.clone())
    } else {
        let own = store::find(conn, reading, &SKILLS, skill_id).await?;
        own.and_then(|skill| skill.value(&SKILLS, "name").text().map(str::to_owned))
    };
    Ok(name.map(|name| CardSkill { skill_id, name }))
}

impl CardContact {
    /// None where the name may not be read.
    fn of(contact: &Record) -> Option<Self> {
        let text = |field| contact.value(&CONTACTS, field).text().map(str::to_owned);
        Some(Self { contact_id: contact.id, name: text("name")?, role: text("role")?, phone: text("phone") })
    }
}

impl CrisisCard {
    /// What the person planned, and whom to call.
    pub(super) fn own_actions(&self) -> impl Iterator<Item = SupportAction> {
        let action = |kind, label: &str, value: &str| SupportAction {
            kind,
            label: label.to_owned(),
            value: value.to_owned(),
        };
        let reasons =
            self.reasons.iter().take(FEW).map(move |reason| action("plan", "What it is for", reason));
        let skills =
            self.skills.iter().take(FEW).map(move |skill| action("plan", "What helps you", &skill.name));
        let contacts = self.contacts.iter().map(move |contact| {
            let label = format!("{} ({})", contact.name, contact.role);
            action("contact", &label, contact.phone.as_deref().unwrap_or("Reach out to them."))
        });
        reasons.chain(skills).chain(contacts)
    }

    /// The help lines of the country.
    pub(super) fn help_line_actions(&self) -> impl Iterator<Item = SupportAction> {
        self.help_lines.iter().map(|line| SupportAction {
            kind: "help_line",
            label: line.name.clone(),
            value: line.how_to_reach(),
        })
    }
}
