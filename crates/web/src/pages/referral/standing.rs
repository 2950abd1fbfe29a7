//! Where a referral's messages stand, on the pages of both sides: how far Delius is in a sentence or two, what differs,
//! what else is late, and what one can do about it.

use app::collection::{Held, Late, Messages, Silent, Standing, Wait};
use app::referral::Seen;
use domain::ReferralId;
use domain::access::UserType;
use domain::collection::DiscrepancyKind;
use domain::effect::System;
use jiff::Timestamp;
use serde::Serialize;

use super::Part;
use super::check::{Came, Query};
use crate::routes::{self, Href};
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;
use crate::when;

/// Where a referral's messages stand: what both sides' pages say about Delius, and what one can do about it.
#[derive(Debug, Serialize)]
pub(crate) struct Block {
    text: String,
    /// Whether somebody should look at it.
    is_warning: bool,
    choose: Option<Href>,
    /// What Delius and this service disagree about without anything waiting for it.
    differences: Vec<&'static str>,
    /// That a message to another system is parked or late.
    late: Option<String>,
    /// What came of checking, just after somebody asked for it.
    message: Option<String>,
    /// Where to ask for it; none where there is nothing to compare.
    check: Option<Href>,
    /// The page to come back to.
    part: &'static str,
}

/// A visit of a page with such a block.
pub(super) struct Visit {
    pub(super) side: UserType,
    pub(super) part: Part,
    pub(super) now: Timestamp,
    /// What the address says came of checking.
    pub(super) checked: Option<Came>,
}

impl Block {
    pub(super) fn of(messages: &Messages, referral: ReferralId, visit: &Visit) -> Self {
        let Messages { delius, differences, compared_at: _, late } = messages;
        let is_compared = !matches!(delius, Standing::Without { .. });
        let (is_warning, choose) = match delius {
            Standing::Held(held) => (true, (!held.choices.is_empty()).then(|| routes::PP_DELIUS.href(referral))),
            Standing::Stuck { .. } => (true, None),
            Standing::UpToDate { .. } | Standing::Waiting { .. } | Standing::Without { .. } => (false, None),
        };
        let check = match visit.side {
            UserType::Practitioner => routes::PP_CHECK,
            UserType::Provider => routes::SP_CHECK,
        };
        Self {
            text: in_a_sentence(delius, visit.now),
            is_warning,
            choose,
            differences: if is_compared {
                differences.iter().map(|kind| kind.explanation()).collect()
            } else {
                Vec::new()
            },
            late: late.as_ref().map(|late| late_in_a_sentence(late, visit.now)),
            message: visit.checked.map(|came| came.in_a_sentence(messages, visit.now)),
            check: is_compared.then(|| check.href(referral)),
            part: visit.part.name(),
        }
    }
}

/// The block of a page that somebody looks at: one query.
pub(super) async fn block(
    visitor: &Visitor,
    side: UserType,
    part: Part,
    (referral, query): (&Seen, &Query),
) -> Result<Block, Trouble> {
    let messages = app::collection::messages(visitor.ctx(), referral).await?;
    let visit = Visit { side, part, now: visitor.ctx().now(), checked: query.came() };
    Ok(Block::of(&messages, referral.id, &visit))
}

/// How Delius stands with a referral, in a sentence or two.
pub(crate) fn in_a_sentence(standing: &Standing, now: Timestamp) -> String {
    let text = &TEXT.collection;
    match standing {
        Standing::UpToDate { up_to: Some(at), left_out: 0 } => fill(text.up_to_date, &[("at", &moment(*at, now))]),
        Standing::UpToDate { up_to: None, left_out: 0 } => text.nothing_yet.to_owned(),
        Standing::UpToDate { up_to, left_out } => {
            let updates = if *left_out == 1 { text.one_left_out } else { text.many_left_out };
            let updates = fill(updates, &[("count", &left_out.to_string())]);
            match up_to {
                Some(at) => fill(text.left_out, &[("at", &moment(*at, now)), ("updates", &updates)]),
                None => fill(text.nothing_but_left_out, &[("updates", &updates)]),
            }
        }
        Standing::Waiting { count, wait, next_try } => waiting_for(&updates(*count), wait, *next_try, now),
        Standing::Stuck { count, since, reason } => {
            fill(text.stuck, &[("updates", &updates(*count)), ("at", &moment(*since, now)), ("reason", reason)])
        }
        Standing::Held(held) => format!("{} {}", what(held), waiting(held)),
        Standing::Without { since, kind: _ } => fill(text.without, &[("date", &when::day(*since))]),
    }
}

/// The same where nothing else of the referral may be shown.
pub(super) fn meanwhile(standing: &Standing, now: Timestamp) -> String {
    fill(TEXT.collection.meanwhile, &[("standing", &in_a_sentence(standing, now))])
}

fn waiting_for(updates: &str, wait: &Wait, next_try: Timestamp, now: Timestamp) -> String {
    let text = &TEXT.collection;
    let at = moment(next_try, now);
    match wait {
        Wait::Turn => fill(text.wait_turn, &[("updates", updates)]),
        Wait::Paused { since } => fill(text.wait_paused, &[("updates", updates), ("since", &moment(*since, now))]),
        Wait::Answer { from, is_trying } => {
            let who = match from {
                Silent::Delius => text.who_delius,
                Silent::EventTopic => text.who_topic,
                Silent::SignIn => text.who_sign_in,
            };
            let sentence = if *is_trying { text.wait_trying } else { text.wait_answer };
            fill(sentence, &[("updates", updates), ("who", who), ("at", &at)])
        }
        Wait::Feedback => fill(text.wait_feedback, &[("updates", updates)]),
        Wait::Later(reason) => fill(text.wait_later, &[("updates", updates), ("reason", reason), ("at", &at)]),
    }
}

fn late_in_a_sentence(late: &Late, now: Timestamp) -> String {
    let text = &TEXT.collection;
    let (parked, waiting) = match late.system {
        System::Notify => (text.email_parked, text.email_late),
        System::PrisonerSearch => (text.custody_parked, text.custody_late),
        System::Events | System::Delius => (text.event_parked, text.event_late),
    };
    match late.parked_at {
        Some(at) => fill(parked, &[("at", &moment(at, now))]),
        None => fill(waiting, &[("at", &moment(late.created_at, now))]),
    }
}

/// A time of today, or a time and a day.
pub(super) fn moment(at: Timestamp, now: Timestamp) -> String {
    let time = when::clock(at);
    if domain::calendar::day_of(at) == domain::calendar::day_of(now) {
        return time;
    }
    fill(TEXT.collection.moment, &[("time", &time), ("date", &when::day(at))])
}

fn updates(count: u64) -> String {
    if count == 1 {
        TEXT.collection.one_update.to_owned()
    } else {
        fill(TEXT.collection.many_updates, &[("count", &count.to_string())])
    }
}

/// What is the matter, in a sentence.
pub(super) fn what(held: &Held) -> String {
    let text = &TEXT.collection;
    let sentence = match held.kind {
        DiscrepancyKind::ClosedEarly => text.closed,
        DiscrepancyKind::HalfReopened => text.half_reopened,
        DiscrepancyKind::SoftDeleted => text.deleted,
        DiscrepancyKind::Duplicate => text.duplicate,
        DiscrepancyKind::PersonMismatch => text.merged,
        _ => text.missing,
    };
    fill(sentence, &[("date", &when::day(held.first_seen))])
}

/// How many updates wait behind what is the matter, and whether anybody asked.
pub(super) fn waiting(held: &Held) -> String {
    let text = &TEXT.collection;
    let mut words = match held.waiting {
        0 => text.none_waits.to_owned(),
        1 => text.one_waits.to_owned(),
        count => fill(text.many_wait, &[("count", &count.to_string())]),
    };
    if let Some(asked) = held.asked_at {
        words = format!("{words} {}", fill(text.asked, &[("date", &when::day(asked))]));
    }
    words
}

/// A block for samples: held for practitioners, up to date with a difference for providers.
#[cfg(test)]
pub(super) fn sample(side: UserType, part: Part, now: Timestamp) -> Block {
    let held = Standing::Held(Held {
        kind: DiscrepancyKind::ClosedEarly,
        evidence: domain::collection::Evidence::new(),
        first_seen: now,
        waiting: 2,
        asked_at: None,
        version: 1,
        choices: DiscrepancyKind::ClosedEarly.choices(),
        likely_reason: "ANO",
    });
    let is_held = side == UserType::Practitioner;
    let messages = Messages {
        delius: if is_held { held } else { Standing::UpToDate { up_to: Some(now), left_out: 0 } },
        differences: if is_held { Vec::new() } else { vec![DiscrepancyKind::TypeMismatch] },
        compared_at: Some(now),
        late: is_held.then_some(Late { system: System::Notify, parked_at: Some(now), created_at: now }),
    };
    let visit = Visit { side, part, now, checked: (!is_held).then_some(Came::Done) };
    Block::of(&messages, ReferralId(uuid::Uuid::from_u128(7)), &visit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn now() -> Timestamp {
        at("2026-07-10T09:43:00Z")
    }

    #[test]
    fn every_standing_is_a_sentence() {
        let told = at("2026-07-10T09:42:00Z");
        let check = |standing: Standing, expected: &str| assert_eq!(in_a_sentence(&standing, now()), expected);
        let up_to = |up_to, left_out| Standing::UpToDate { up_to, left_out };
        check(up_to(Some(told), 0), "Delius has everything up to 10:42am.");
        check(
            up_to(Some(at("2026-07-09T09:42:00Z")), 2),
            "Delius has everything up to 10:42am on 9 July 2026, except 2 updates that an operator left out.",
        );
        check(up_to(None, 0), "Delius has not been told anything about this referral yet.");
        check(up_to(None, 1), "Delius has not been told anything about this referral. An operator left out 1 update.");
        let stuck = Standing::Stuck { count: 1, since: told, reason: "a clash".to_owned() };
        check(stuck, "1 update waiting since 10:42am: a clash.");
        let without = Standing::Without { since: told, kind: None };
        check(
            without,
            "This referral goes on without Delius since 10 July 2026. Delius is told nothing more about it.",
        );
    }

    #[test]
    fn what_updates_wait_for_is_said_for_what_it_is() {
        let check = |wait, expected: &str| {
            let standing = Standing::Waiting { count: 1, wait, next_try: at("2026-07-10T09:45:00Z") };
            assert_eq!(in_a_sentence(&standing, now()), expected);
        };
        let silent = |from| Wait::Answer { from, is_trying: false };
        check(silent(Silent::Delius), "1 update waiting: Delius is not answering; next try 10:45am.");
        check(silent(Silent::EventTopic), "1 update waiting: the event topic is not answering; next try 10:45am.");
        check(silent(Silent::SignIn), "1 update waiting: the sign-in service is not answering; next try 10:45am.");
        check(
            Wait::Answer { from: Silent::Delius, is_trying: true },
            "1 update waiting: Delius was not answering; it is being tried again now.",
        );
        let paused = Wait::Paused { since: at("2026-07-10T08:00:00Z") };
        check(paused, "1 update waiting: paused by an operator since 9am. Nothing is lost.");
        check(Wait::Turn, "1 update waiting: Delius will be told shortly.");
        check(Wait::Feedback, "1 update waiting until feedback is given.");
        let off = Wait::Later("events are switched off by configuration".to_owned());
        check(off, "1 update waiting: events are switched off by configuration; next try 10:45am.");
    }

    #[test]
    fn a_message_to_another_system_that_is_late_is_said_in_a_sentence() {
        let since = at("2026-07-10T09:42:00Z");
        for system in [System::Notify, System::Events, System::PrisonerSearch] {
            for parked_at in [None, Some(since)] {
                let said = late_in_a_sentence(&Late { system, parked_at, created_at: since }, now());
                assert!(said.contains("since 10:42am") && !said.contains('{'), "{said}");
            }
        }
    }
}
