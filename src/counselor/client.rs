//! One client over some dates: what the page asks of the share, and what it makes of the answers.
//!
//! What the share does not open is not asked for, and the page says plainly what that is.

use askama::Template;
use chrono::NaiveDate;

use super::brief::{self, Named, Told};
use super::charts::{LineChart, WeekMap};
use super::home::day;
use super::routes::Frame;
use crate::domain::day::{add_days, days_between};
use crate::error::Result;
use crate::http::query::Query;
use crate::sharing::answers::{
    Adherence, Brief, CarePlan, Figure, Heatmap, Milestones, Noted, Skills, Streaks, Trends, Triggers,
};
use crate::sharing::consent;
use crate::sharing::scope::{MILESTONES, SharedScope};
use crate::sharing::share::Share;
use crate::sharing::visit::{Question, Visit};
use crate::sharing::words::{self, Granted};

/// Dates that are offered as links.
const OFFERED: [i64; 3] = [14, 30, 90];
/// Dates of a page when nothing is said.
const DAYS: i64 = 30;
/// Longer than this, a chart has a value a week; longer than the next, a month.
const BY_WEEK: i64 = 120;
const BY_MONTH: i64 = 800;
/// Figures over the dates.
const INSIGHTS: [&str; 5] =
    ["insights/heatmap", "insights/triggers", "insights/skills", "insights/adherence", "insights/care-plan"];
/// Notes on a page.
const NOTES: usize = 8;

/// The dates of a page.
#[derive(Clone, Copy)]
pub struct Dates {
    pub from: NaiveDate,
    pub to: NaiveDate,
    today: NaiveDate,
    /// Which of the offered lengths, if it is one.
    days: Option<i64>,
}

impl Dates {
    /// Reads `days`, or `from` and `to`.
    pub fn of(query: &str, today: NaiveDate) -> Result<Self> {
        let mut query = Query::parse(query)?;
        let days = query.number("days", 1, 366);
        let (from, to) = (query.date("from"), query.date("to"));
        let to = to.unwrap_or(today).min(today);
        let from = from.unwrap_or_else(|| add_days(to, 1 - days.unwrap_or(DAYS)));
        if from > to {
            query.mistake("from", "after_to", "must not be after the last date, nor after today");
        }
        query.finish()?;
        let days = Some(days_between(from, to) + 1).filter(|days| to == today && OFFERED.contains(days));
        Ok(Self { from, to, today, days })
    }

    fn bucket(self) -> &'static str {
        let days = days_between(self.from, self.to);
        if days < BY_WEEK {
            "day"
        } else if days < BY_MONTH {
            "week"
        } else {
            "month"
        }
    }

    fn end_today(self) -> bool {
        self.to == self.today
    }
}

/// What the page asks.
pub fn asks(query: &str) -> impl Fn(&Share, NaiveDate) -> Result<Vec<Question>> {
    move |share, today| {
        let dates = Dates::of(query, today)?;
        let range = format!("from={}&to={}", dates.from, dates.to);
        let question = |path, query: String| Question { path, query };
        let mut all = vec![
            question(MILESTONES, String::new()),
            question("streaks", String::new()),
            question("trends", format!("{range}&bucket={}", dates.bucket())),
        ];
        all.extend(INSIGHTS.iter().map(|path| question(path, range.clone())));
        if dates.end_today() {
            all.push(question("brief", format!("since={}", dates.from)));
        }
        // Rows are asked for where the page shows their words; figures need none.
        for (path, name) in [("check-ins", "check_ins"), ("cravings", "cravings")] {
            if share.grants.of(name).is_some_and(|scope| scope.detail == "entries_with_notes") {
                all.push(question(path, format!("{range}&limit=50")));
            }
        }
        Ok(all)
    }
}

/// What the page before a session asks.
pub fn asks_for_brief(query: &str) -> impl Fn(&Share, NaiveDate) -> Result<Vec<Question>> {
    move |_, _| Ok(vec![Question { path: "brief", query: query.to_owned() }])
}

/// Who looks at whom, and what there is to know of the consent; the same on every page of a client.
pub struct About {
    pub name: String,
    /// Where this client's pages are.
    pub base: String,
    /// For the member who looks at what the recipient sees.
    pub preview_for: Option<String>,
    pub purpose: String,
    pub question: Option<String>,
    pub expires: String,
    pub notice: &'static str,
    pub granted: Vec<Granted>,
    pub withheld: String,
    pub is_supporter: bool,
}

impl About {
    fn of(visit: &Visit, is_preview: bool) -> Result<Self> {
        let share = &visit.share;
        let kind = if is_preview { "preview" } else { "clients" };
        let words = &share.words;
        let scopes: &[SharedScope] = &share.grants.0;
        Ok(Self {
            name: visit.name.clone(),
            base: format!("/counselor/{kind}/{}", share.id()),
            preview_for: is_preview
                .then(|| words.recipient_name.clone().unwrap_or_else(|| words.email.clone())),
            purpose: words.purpose.clone(),
            question: words.question.clone(),
            expires: day(share.row.expires_at.utc()),
            notice: &consent::texts()?.notice,
            granted: words::granted(scopes),
            withheld: words::listed(&words::withheld(scopes)),
            is_supporter: share.row.recipient_role == "supporter",
        })
    }
}

/// The page of a client.
#[derive(Template)]
#[template(path = "counselor/client.html")]
pub struct ClientPage {
    pub frame: Frame,
    pub about: About,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub today: NaiveDate,
    pub span: String,
    pub lengths: Vec<(i64, bool)>,
    pub is_custom: bool,
    pub clocks: Vec<ClockCard>,
    pub figures: Vec<FigureCard>,
    /// Whether the dates' trends are open at all.
    pub has_trends: bool,
    pub lines: Option<LineChart>,
    pub directions: Vec<String>,
    pub week: Option<WeekMap>,
    pub triggers: Vec<Named>,
    pub skills: Vec<Named>,
    pub baseline: Option<String>,
    pub medications: Vec<Named>,
    pub care: Vec<CareRow>,
    pub brief: Option<Told>,
    pub notes: Vec<(String, String)>,
    pub milestones: Vec<(String, String)>,
}

/// A clock.
pub struct ClockCard {
    pub name: String,
    pub days: u32,
    pub unit: &'static str,
    pub since: String,
    pub open: bool,
    pub more: String,
}

/// A figure with its name.
pub struct FigureCard {
    pub value: String,
    pub name: &'static str,
    pub more: String,
}

/// A week of care.
pub struct CareRow {
    pub week: String,
    pub level: String,
    pub sessions: String,
    pub hours: String,
}

impl ClientPage {
    /// Puts the page together.
    pub fn of(frame: Frame, visit: &Visit, query: &str, is_preview: bool) -> Result<Self> {
        let dates = Dates::of(query, visit.today)?;
        let trends: Option<Trends> = visit.answer("trends")?;
        let streaks: Option<Streaks> = visit.answer("streaks")?;
        let heatmap: Option<Heatmap> = visit.answer("insights/heatmap")?;
        let triggers: Option<Triggers> = visit.answer("insights/triggers")?;
        let skills: Option<Skills> = visit.answer("insights/skills")?;
        let adherence: Option<Adherence> = visit.answer("insights/adherence")?;
        let care: Option<CarePlan> = visit.answer("insights/care-plan")?;
        let brief: Option<Brief> = visit.answer("brief")?;
        let milestones: Option<Milestones> = visit.answer(MILESTONES)?;
        let (skills, baseline) = skills.as_ref().map(brief::skills).unwrap_or_default();
        Ok(Self {
            frame,
            about: About::of(visit, is_preview)?,
            from: dates.from,
            to: dates.to,
            today: dates.today,
            span: format!("{} to {}", words::date(dates.from), words::date(dates.to)),
            lengths: OFFERED.iter().map(|days| (*days, dates.days == Some(*days))).collect(),
            is_custom: dates.days.is_none(),
            clocks: streaks.as_ref().map(clocks).unwrap_or_default(),
            figures: figures(trends.as_ref(), streaks.as_ref()),
            has_trends: trends.is_some(),
            lines: trends.as_ref().and_then(LineChart::of),
            directions: trends.as_ref().map(directions).unwrap_or_default(),
            week: heatmap.as_ref().and_then(WeekMap::of),
            triggers: triggers.as_ref().map(brief::triggers).unwrap_or_default(),
            skills,
            baseline,
            medications: adherence.as_ref().map(medications).unwrap_or_default(),
            care: care.as_ref().map(care_rows).unwrap_or_default(),
            brief: brief.as_ref().map(Told::of),
            notes: notes(visit)?,
            milestones: milestones.map(reached).unwrap_or_default(),
        })
    }
}

/// The page before a session.
#[derive(Template)]
#[template(path = "counselor/brief.html")]
pub struct BriefPage {
    pub frame: Frame,
    pub about: About,
    pub brief: Option<Told>,
}

impl BriefPage {
    /// Puts the page together.
    pub fn of(frame: Frame, visit: &Visit, is_preview: bool) -> Result<Self> {
        let brief: Option<Brief> = visit.answer("brief")?;
        Ok(Self { frame, about: About::of(visit, is_preview)?, brief: brief.as_ref().map(Told::of) })
    }
}

fn clocks(streaks: &Streaks) -> Vec<ClockCard> {
    let card = |clock: &crate::sharing::answers::Clock| ClockCard {
        name: clock.label.clone().unwrap_or_else(|| words::name(&clock.substance)),
        days: clock.current_days,
        unit: if clock.current_days == 1 { "day" } else { "days" },
        since: words::date(clock.since),
        open: clock.status != "running",
        more: format!(
            "{} of {} days of the journey substance-free, longest {}",
            clock.substance_free_days,
            clock.journey_days,
            words::count(clock.longest_days, "day"),
        ),
    };
    streaks.clocks.iter().filter(|clock| !clock.archived).map(card).collect()
}

fn figures(trends: Option<&Trends>, streaks: Option<&Streaks>) -> Vec<FigureCard> {
    let mut cards = Vec::new();
    let mut card = |value: String, name, more: String| cards.push(FigureCard { value, name, more });
    if let Some(trends) = trends {
        let Trends { coverage, cravings, counts, .. } = trends;
        card(coverage.with_check_in.to_string(), "Days with a check-in", format!("of {}", coverage.days));
        let mean = cravings.mean_intensity.map(|mean| format!("{} of 10 on average", words::number(mean)));
        card(cravings.n.to_string(), "Cravings", mean.unwrap_or_default());
        if cravings.n > 0 {
            let used = if cravings.used > 0 { format!("{} with use", cravings.used) } else { String::new() };
            card(cravings.passed.to_string(), "Passed without use", used);
        }
        for (name, shown) in [("meetings", "Meetings"), ("sessions", "Sessions")] {
            if let Some(count) = counts.get(name) {
                let weeks =
                    streaks.filter(|streaks| name == "meetings" && streaks.meetings.current_weeks > 1);
                let more = weeks.map(|streaks| format!("{} weeks in a row", streaks.meetings.current_weeks));
                card(count.n.to_string(), shown, more.unwrap_or_default());
            }
        }
    } else if let Some(Streaks { meetings, check_ins, .. }) = streaks {
        let all = format!("{} in all, longest streak {}", check_ins.total_days, check_ins.longest);
        card(check_ins.current.to_string(), "Days of check-ins in a row", all);
        let more = format!("{} in the last 7 days, {} in all", meetings.last_7_days, meetings.total);
        card(meetings.last_30_days.to_string(), "Meetings in 30 days", more);
    }
    cards
}

/// Where ratings go, in words.
fn directions(trends: &Trends) -> Vec<String> {
    let told = ["mood", "craving", "anxiety", "stress", "sleep_hours"];
    let told = told.into_iter().filter_map(|name| {
        let rating = trends.ratings.get(name).filter(|rating| rating.n > 0)?;
        let mean = words::number(rating.mean?);
        let name = words::name(name);
        Some(match &rating.direction {
            Figure::Ok(direction) if direction.word == "steady" => {
                format!("{name} {mean} on average, steady.")
            }
            Figure::Ok(direction) => {
                let by = words::signed(direction.per_week);
                format!("{name} {mean} on average, {} ({by} a week).", direction.word)
            }
            Figure::NeedsMore { have, need } => {
                format!("{name} {mean} on average; {have} of the {need} days it takes to say where it goes.")
            }
        })
    });
    told.collect()
}

fn medications(adherence: &Adherence) -> Vec<Named> {
    let named = |medication: &crate::sharing::answers::Medication| {
        let name = medication.name.clone().unwrap_or_else(|| "A medication (name not shared)".to_owned());
        match &medication.figure {
            Figure::Ok(figure) => Named {
                name,
                says: format!(
                    "{} of {} due days covered ({} %), {} missed, {} late, longest gap {}",
                    figure.covered_days,
                    figure.scheduled_days,
                    words::number(figure.percent),
                    figure.missed,
                    figure.late,
                    words::count(figure.longest_gap_days, "day"),
                ),
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 100")]
                share: figure.percent.clamp(0.0, 100.0) as u32,
            },
            Figure::NeedsMore { have, need } => {
                Named { name, says: format!("{have} due days; it takes {need} to say more"), share: 0 }
            }
        }
    };
    adherence.medications.iter().map(named).collect()
}

fn care_rows(care: &CarePlan) -> Vec<CareRow> {
    let of = |attended: String, planned: Option<String>| {
        planned.map_or_else(|| attended.clone(), |planned| format!("{attended} of {planned}"))
    };
    let row = |week: &crate::sharing::answers::CareWeek| CareRow {
        week: words::short(week.start),
        level: words::name(&week.level),
        sessions: of(
            week.attended_sessions.to_string(),
            week.planned_sessions.map(|planned| planned.to_string()),
        ),
        hours: of(words::number(week.attended_hours), week.planned_hours.map(words::number)),
    };
    care.weeks.iter().rev().map(row).collect()
}

/// What they wrote, the newest first, where words are shared.
fn notes(visit: &Visit) -> Result<Vec<(String, String)>> {
    let mut notes = Vec::new();
    for path in ["check-ins", "cravings"] {
        let list: Option<Noted> = visit.answer(path)?;
        for note in list.into_iter().flat_map(|list| list.items) {
            let texts = [note.note, note.gratitude].into_iter().flatten();
            notes.extend(texts.map(|text| (note.local_date, text)));
        }
    }
    notes.sort_by_key(|(on, _)| std::cmp::Reverse(*on));
    Ok(notes.into_iter().take(NOTES).map(|(on, text)| (words::short(on), text)).collect())
}

fn reached(milestones: Milestones) -> Vec<(String, String)> {
    let all = milestones.milestones.into_iter();
    all.map(|milestone| (milestone.name, words::date(milestone.reached_on))).collect()
}
