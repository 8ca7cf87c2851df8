//! What sets cravings off, and what helps: triggers by frequency, skills by relief.
//!
//! Relief is intensity before less intensity after, beside that of episodes without any skill, because
//! cravings fade unaided. Refuses to name causes, and medians of fewer than three.

use super::cravings::{Craving, CravingSum};
use super::figure::{Figure, count};
use super::ratio::{Ratio, median, percent};
use std::collections::BTreeMap;

/// Episodes that the list of triggers needs.
const TRIGGERS_NEED: u32 = 5;
/// Uses of a skill with known relief that its median needs.
const SKILL_NEEDS: u32 = 3;

/// One trigger over a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger<K> {
    /// The caller's name for it.
    pub id: K,
    /// Its episodes: how many, how strong, what share passed.
    pub episodes: CravingSum,
    /// 100 × its episodes / all episodes, one decimal. Episodes have several triggers: shares add up to more.
    pub share: f64,
}

/// All triggers of the episodes of a period, most frequent first, of equal ones the smaller id first; needs 5
/// episodes. An id twice in an episode counts once.
pub fn triggers<'a, K: Ord + Clone + 'a>(
    episodes: impl IntoIterator<Item = (&'a Craving, &'a [K])>,
) -> Figure<Vec<Trigger<K>>> {
    let mut all = 0;
    let mut by_trigger: BTreeMap<&K, Vec<&Craving>> = BTreeMap::new();
    for (craving, ids) in episodes {
        all += 1;
        for id in distinct(ids) {
            by_trigger.entry(id).or_default().push(craving);
        }
    }
    Figure::with(all, TRIGGERS_NEED, || {
        let trigger = |(id, cravings): (&K, Vec<&Craving>)| {
            let share = percent(count(&cravings), all)?;
            Some(Trigger { id: id.clone(), episodes: CravingSum::of(cravings), share })
        };
        let mut triggers: Vec<_> = by_trigger.into_iter().filter_map(trigger).collect();
        triggers.sort_by_key(|trigger| std::cmp::Reverse(trigger.episodes.n));
        Some(triggers)
    })
}

/// How much intensity fell over some episodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relief {
    /// Episodes with both intensities known.
    pub n: u32,
    /// The median of before less after, two decimals; negative when cravings grew.
    pub median: f64,
}

/// What helped over a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Skills<K> {
    /// Episodes without any skill; needs 3.
    pub baseline: Figure<Relief>,
    /// Every skill that was used, most often measured first, of equal ones the smaller id first; each needs
    /// 3.
    pub skills: Vec<(K, Figure<Relief>)>,
}

/// The relief of each skill and of episodes without any, from each episode's intensity before and after (if
/// known) and its skills. An id twice in an episode counts once.
pub fn skills<'a, K: Ord + Clone + 'a>(
    episodes: impl IntoIterator<Item = (u8, Option<u8>, &'a [K])>,
) -> Skills<K> {
    let mut unaided = Vec::new();
    let mut by_skill: BTreeMap<&K, Vec<Ratio>> = BTreeMap::new();
    for (before, after, ids) in episodes {
        let relief = after.map(|after| Ratio::whole(i64::from(before) - i64::from(after)));
        if ids.is_empty() {
            unaided.extend(relief);
        }
        for id in distinct(ids) {
            by_skill.entry(id).or_default().extend(relief);
        }
    }
    let mut skills: Vec<_> = by_skill.into_iter().collect();
    skills.sort_by_key(|(_, reliefs)| std::cmp::Reverse(reliefs.len()));
    Skills {
        baseline: relief(unaided),
        skills: skills.into_iter().map(|(id, reliefs)| (id.clone(), relief(reliefs))).collect(),
    }
}

fn relief(mut reliefs: Vec<Ratio>) -> Figure<Relief> {
    let n = count(&reliefs);
    Figure::with(n, SKILL_NEEDS, || Some(Relief { n, median: median(&mut reliefs)?.round(2) }))
}

fn distinct<K: Ord>(ids: &[K]) -> Vec<&K> {
    let mut ids: Vec<&K> = ids.iter().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
#[path = "triggers_and_skills_tests.rs"]
mod tests;
