//! The examples of figures in the document, as shapes.md shows them.

use serde_json::{Value as Json, json};

use super::trends::rated;
use crate::journal::Collection;
use crate::journal::document::EXAMPLE_ID;

/// `GET /v1/streaks`.
pub fn streaks() -> Json {
    json!({
        "as_of": "2026-11-22", "time_zone": "America/New_York",
        "clocks": [{
            "clock_id": EXAMPLE_ID, "substance": "opioids", "label": null, "archived": false,
            "status": "running", "since": "2026-08-01", "current_days": 113, "day_number": 114,
            "longest_days": 210, "journey_days": 400, "substance_free_days": 396, "lapse_count": 2,
            "last_milestone": {"code": "days_90", "reached_on": "2026-10-30"},
            "next_milestone": {"code": "months_6", "on": "2027-02-01", "days_left": 71},
            "pda_30": {"status": "ok", "value": 100.0, "known_days": 9},
            "pda_90": {"status": "needs_more", "have": 19, "need": 21},
            "money_kept": {"amount": "3960.00", "currency": "USD"},
            "message": "113 days since 1 August 2026."
        }],
        "check_ins": {"current": 12, "longest": 57, "total_days": 210, "last_date": "2026-11-22"},
        "meetings": {
            "current_weeks": 7, "longest_weeks": 19, "last_7_days": 3, "last_30_days": 12,
            "last_90_days": 41, "total": 133,
            "ninety_in_ninety": {"started_on": "2026-08-25", "attended": 41, "of": 90},
            "next_milestone": {"code": "meetings_200", "left": 67}
        }
    })
}

/// `GET /v1/summary`.
pub fn summary() -> Json {
    json!({
        "as_of": "2026-11-22", "streaks": streaks(), "today": crate::journal::days::example(),
        "last_7_days": {
            "mood": {"n": 6, "mean": 5.8}, "cravings": {"n": 4, "mean_intensity": 5.0}, "meetings": 3
        },
        "goals": [{
            "goal_id": EXAMPLE_ID, "kind": "meetings_per_week", "target": 3, "done": 2,
            "from": "2026-11-16", "to": "2026-11-22"
        }],
        "next": [{"kind": "milestone", "code": "months_6", "on": "2027-02-01"}],
        "plan": {"crisis_card": crate::journal::routes::support::example()}
    })
}

/// `GET /v1/days`.
pub fn calendar() -> Json {
    json!({"days": [{
        "date": "2026-11-01", "checked_in": true, "mood": 6.5, "craving_count": 2, "max_intensity": 8,
        "meeting_count": 1, "clocks": [{"clock_id": EXAMPLE_ID, "state": "free"}]
    }]})
}

/// `GET /v1/trends`.
pub fn trends() -> Json {
    let rating = json!({
        "n": 26, "mean": 5.81, "min": 2.0, "max": 9.0,
        "direction": {"status": "ok", "per_week": 0.42, "word": "rising"},
        "previous": {"status": "ok", "n": 24, "mean": 5.1, "difference": 0.71},
        "series": [
            {"start": "2026-09-28", "n": 4, "mean": 5.25, "min": 3.0, "max": 7.0},
            {"start": "2026-10-05", "n": 0, "mean": null, "min": null, "max": null}
        ],
        "moving_average_7": [{"date": "2026-10-07", "value": 5.4}, {"date": "2026-10-08", "value": null}]
    });
    let ratings: serde_json::Map<_, _> = rated().map(|name| (name.to_owned(), rating.clone())).collect();
    let count = json!({"n": 12, "series": [{"start": "2026-09-28", "n": 3}]});
    let counted = ["meetings", "sessions", "doses", "lapses"].into_iter();
    let counts: serde_json::Map<_, _> = counted
        .filter(|name| Collection::named(name).is_some())
        .map(|name| (name.to_owned(), count.clone()))
        .collect();
    json!({
        "from": "2026-10-01", "to": "2026-10-31", "bucket": "week",
        "coverage": {"days": 31, "with_check_in": 26},
        "ratings": ratings,
        "cravings": {
            "n": 41, "mean_intensity": 5.2, "passed": 35, "used": 1, "open": 5, "passed_share": 97.2,
            "series": [{
                "start": "2026-09-28", "n": 9, "mean_intensity": 5.4, "max_intensity": 9, "passed": 8, "used": 0
            }],
            "direction": {"status": "needs_more", "have": 11, "need": 14},
            "previous": {"status": "ok", "n": 38, "mean": 5.9, "difference": -0.7}
        },
        "counts": counts
    })
}

/// `GET /v1/insights/triggers`.
pub fn triggers() -> Json {
    json!({
        "from": "2026-10-01", "to": "2026-10-31", "n": 41, "status": "ok",
        "triggers": [{
            "trigger_id": "6c1f9f50-c766-5146-85e8-d60e5832062b", "name": "boredom",
            "category": "negative_emotion", "count": 14, "share": 34.1, "mean_intensity": 6.1,
            "passed_share": 92.9
        }]
    })
}

/// `GET /v1/insights/meetings`.
pub fn meetings() -> Json {
    json!({
        "from": "2026-10-01", "to": "2026-10-31", "n": 12,
        "fellowships": [
            {"fellowship": "na", "count": 9, "share": 75.0}, {"fellowship": "smart", "count": 3, "share": 25.0}
        ]
    })
}

/// `GET /v1/insights/skills`.
pub fn skills() -> Json {
    json!({
        "from": "2026-10-01", "to": "2026-10-31", "status": "ok",
        "baseline": {"status": "ok", "n": 9, "median_relief": 1.0},
        "skills": [
            {"skill_id": "92f2a60d-0b5f-5d88-ac79-8b6b575ba946", "name": "urge_surfing", "status": "ok",
             "n": 8, "median_relief": 3.5},
            {"skill_id": EXAMPLE_ID, "name": "Play guitar until it fades", "status": "needs_more",
             "have": 2, "need": 3}
        ]
    })
}

/// `GET /v1/insights/heatmap`.
pub fn heatmap() -> Json {
    json!({
        "from": "2026-10-01", "to": "2026-10-31", "n": 41,
        "cells": [{"weekday": 1, "hour": 21, "count": 5, "mean_intensity": {"status": "ok", "value": 6.4}}]
    })
}

/// `GET /v1/insights/factors`.
pub fn factors() -> Json {
    json!({
        "from": "2026-10-01", "to": "2026-10-31", "outcomes": ["mood", "craving"],
        "factors": [{
            "factor": "meeting", "outcome": "mood", "status": "ok", "with": {"n": 12, "mean": 6.5},
            "without": {"n": 14, "mean": 5.2}, "difference": 1.3,
            "text": "On days with a meeting, mood tended to be higher (12 and 14 days)."
        }]
    })
}

/// `GET /v1/insights/adherence`
pub fn adherence() -> Json {
    json!({"from": "2026-10-01", "to": "2026-10-31", "medications": [{
        "medication_id": EXAMPLE_ID, "name": "Buprenorphine and naloxone film", "status": "ok",
        "scheduled_days": 31, "covered_days": 29, "percent": 93.5, "longest_gap_days": 1, "late": 2, "missed": 2
    }]})
}

/// `GET /v1/insights/care-plan`
pub fn care_plan() -> Json {
    json!({"from": "2026-10-05", "to": "2026-10-11", "weeks": [{
        "start": "2026-10-05", "care_episode_id": EXAMPLE_ID, "level": "iop", "planned_hours": 12.0,
        "attended_hours": 9.0, "planned_sessions": 4, "attended_sessions": 3
    }]})
}

/// `GET /v1/insights/withdrawal`
pub fn withdrawal() -> Json {
    json!({
        "from": "2026-10-05", "to": "2026-10-11",
        "logs": [{
            "id": EXAMPLE_ID, "occurred_at": "2026-10-06T06:30:00-04:00", "total": 17,
            "peak": {"symptom": "insomnia", "value": 4}
        }],
        "days": [{"date": "2026-10-06", "max_total": 17}]
    })
}
