//! Comparing a referral with what was seen of it in Delius: what agrees is left alone, each single difference is told
//! for what it is, and nothing that Delius may hold stops the comparison.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::day_of;
use domain::collection::{
    Container, DiscrepancyKind, EVIDENCE, Finding, Glass, Reading, SeenAppointment, SentenceSeen, Told, compare,
    is_changed_since_end, outcome_of_end, strays,
};
use domain::ending::WithdrawalState;
use domain::feedback::Attended;
use domain::{AppointmentId, AppointmentUrn, Referral, ReferralUrn};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use uuid::Uuid;

use crate::build::{Story, practitioner};

/// The stages of [`Scene::at_stage`].
const STAGES: usize = 9;

/// What stands in Delius beside what matters, or does not matter there.
#[derive(Clone, Debug)]
struct Noise {
    /// How long after the last thing that happened one looks, beyond the grace.
    hours: i64,
    grace_hours: i64,
    /// By how many days, at most one, the dates of Delius differ from ours.
    days: (i64, i64),
    /// Whether Delius names the sentence, the start, and appointments.
    says: (bool, bool, bool),
    /// Which of three outcomes that agree an ended activity has, and which of three types.
    outcome: usize,
    kind: usize,
    sentence: SentenceSeen,
    /// Whether a deleted activity with our URN and one of another referral stand beside ours, before or behind it.
    beside: (bool, bool, bool),
    /// Whether the first appointment went through the older API, which gives it no URN.
    unmarked: bool,
    /// How far a difference goes: days, and which of several values.
    off: (i64, usize),
}

fn noise() -> impl Strategy<Value = Noise> {
    let sentences = [SentenceSeen::Active, SentenceSeen::Ended, SentenceSeen::Missing, SentenceSeen::Unknown];
    let off = (prop_oneof![-400_i64..=-2, 2_i64..=400], 0_usize..2);
    (
        (1_i64..5000, 0_i64..72, (-1_i64..=1, -1_i64..=1), any::<(bool, bool, bool)>(), 0_usize..3, 0_usize..3),
        (proptest::sample::select(sentences.to_vec()), any::<(bool, bool, bool)>(), any::<bool>(), off),
    )
        .prop_map(|((hours, grace_hours, days, says, outcome, kind), (sentence, beside, unmarked, off))| Noise {
            hours,
            grace_hours,
            days,
            says,
            outcome,
            kind,
            sentence,
            beside,
            unmarked,
            off,
        })
}

/// A referral, what Delius was told of it, and what it shows, which agrees.
#[derive(Clone, Debug)]
struct Scene {
    referral: Referral,
    told: Told,
    seen: Reading,
    glass: Glass,
    /// Where our activity stands among those that were seen.
    ours: usize,
    /// The outcome that Delius is to show of each current appointment; none: there was no feedback.
    outcomes: BTreeMap<AppointmentId, Option<&'static str>>,
    /// The outcome that Delius is to show of the activity.
    ended_with: Option<&'static str>,
}

impl Scene {
    /// The story of a referral, with the outcomes that Delius is to show. Each is one that the table of Delius's
    /// outcomes has: held, missed, and came although no session took place.
    fn at_stage(stage: usize, noise: &Noise) -> Self {
        let mut story = Story::sent();
        let mut outcomes = BTreeMap::new();
        let mut ended_with = None;
        if (1..5).contains(&stage) || stage > 5 {
            let id = story.book_assessment();
            outcomes.insert(id, None);
            if stage > 1 {
                story.report_on(id, Attended::Yes);
                outcomes.insert(id, Some("ATTC"));
            }
        }
        let sessions: &[Option<(Attended, &str)>] = match stage {
            3 => &[Some((Attended::No, "AFTA")), None],
            4 => &[Some((Attended::Late, "ATSS"))],
            6 | 8 => &[Some((Attended::Yes, "ATTC"))],
            7 => &[Some((Attended::Yes, "ATTC")), Some((Attended::Yes, "ATTC"))],
            _ => &[],
        };
        if !sessions.is_empty() {
            story = story.planned(2);
        }
        for (number, session) in (1..).zip(sessions) {
            let id = story.book_session(number);
            outcomes.insert(id, session.map(|(_, outcome)| outcome));
            if let Some((attended, _)) = session {
                story.report_on(id, *attended);
            }
        }
        match stage {
            5 => (story, ended_with) = (story.withdrawn(WithdrawalState::PreIca), Some("CRS01")),
            6 => (story, ended_with) = (story.withdrawn(WithdrawalState::PostIca), Some("CRS02")),
            7 => (story, ended_with) = (story.withdrawn(WithdrawalState::PostIca), Some("CRS03")),
            8 => {
                let end = story.referral.end("MOV".to_owned(), "moved".to_owned(), None, &practitioner(), story.now);
                story.take(end);
            }
            _ => {}
        }
        assert_eq!(story.referral.is_concluded(), ended_with.is_some(), "stage {stage}");
        Self::of(story, outcomes, ended_with, noise)
    }

    fn of(
        story: Story,
        outcomes: BTreeMap<AppointmentId, Option<&'static str>>,
        ended_with: Option<&'static str>,
        noise: &Noise,
    ) -> Self {
        let Story { referral, now, .. } = story;
        let grace = SignedDuration::from_hours(noise.grace_hours);
        let glass = Glass { now: now + grace + SignedDuration::from_hours(noise.hours), grace };
        let ended_at = referral.end_request.as_ref().map(|request| request.at);
        let (activity_type, kind) = [(Some("CRS01"), "CRS01"), (Some("CRS01"), "GENERAL"), (None, "CRS05")][noise.kind];
        let unmarked: BTreeSet<_> = outcomes.keys().copied().take(usize::from(noise.unmarked)).collect();
        let told = Told {
            started: true,
            confirmed_at: None,
            ended_at,
            ended_as: ended_at.and(referral.conclusion).and_then(|conclusion| conclusion.state),
            perhaps_ended: None,
            last_at: Some(now),
            activity_type: activity_type.map(str::to_owned),
            unmarked: unmarked.clone(),
        };
        let (names_sentence, names_start, names_appointments) = noise.says;
        let near = |at: Timestamp, days: i64| day_of(at).saturating_add(days.days());
        let appointments = outcomes.iter().filter(|(id, _)| !unmarked.contains(id)).flat_map(|(id, outcome)| {
            let urn = AppointmentUrn(*id).to_string();
            // One that was deleted and one of nobody's stand beside it.
            let deleted = SeenAppointment { urn: urn.clone(), outcome: Some("APPW".to_owned()), deleted: true };
            let stranger = SeenAppointment { urn: String::new(), outcome: None, deleted: false };
            [deleted, SeenAppointment { urn, outcome: outcome.map(str::to_owned), deleted: false }, stranger]
        });
        let own = Container {
            urn: ReferralUrn(referral.id).to_string(),
            kind: kind.to_owned(),
            status: if ended_at.is_some() { "COMP" } else { "INPROG" }.to_owned(),
            outcome: ended_at.and_then(|_| [ended_with, None, Some("OTHER")][noise.outcome]).map(str::to_owned),
            sentence: names_sentence.then_some(referral.sentence.id),
            started_on: names_start.then(|| near(referral.sent_at, noise.days.0)),
            ended_on: ended_at.map(|at| near(at, noise.days.1)),
            active: ended_at.is_none(),
            deleted: false,
            appointments: names_appointments.then(|| appointments.collect()),
        };
        let (deleted, stranger, before) = noise.beside;
        let gone = Container { deleted: true, status: "COMP".to_owned(), sentence: Some(-1), ..own.clone() };
        let other = Container { urn: ReferralUrn(domain::ReferralId(Uuid::from_u128(77))).to_string(), ..own.clone() };
        let mut containers: Vec<_> = deleted.then_some(gone).into_iter().chain(stranger.then_some(other)).collect();
        let ours = if before { 0 } else { containers.len() };
        containers.insert(ours, own);
        let seen = Reading { person_is_known: true, sentence: noise.sentence, containers: Some(containers), calls: 1 };
        Self { referral, told, seen, glass, ours, outcomes, ended_with }
    }

    fn found(&self) -> Vec<Finding> {
        compare(&self.referral, &self.told, &self.seen, &self.glass)
    }

    fn all(&mut self) -> &mut Vec<Container> {
        self.seen.containers.as_mut().expect("activities are seen")
    }

    fn own(&mut self) -> &mut Container {
        let ours = self.ours;
        &mut self.all()[ours]
    }

    /// What is seen, or is to be seen from now on, of an appointment.
    fn appointment(&mut self, id: AppointmentId) -> Option<&mut SeenAppointment> {
        let urn = AppointmentUrn(id).to_string();
        let all = self.own().appointments.as_mut()?;
        all.iter_mut().find(|one| one.urn == urn && !one.deleted)
    }

    /// Every single thing that may be otherwise in Delius, with what is to be found then.
    fn differences(&self, noise: &Noise) -> Vec<(&'static str, Self, DiscrepancyKind, Option<AppointmentId>)> {
        use DiscrepancyKind as Kind;
        let mut all = Vec::new();
        let (days, which) = noise.off;
        let is_concluded = self.referral.is_concluded();
        let is_open = self.told.ended_at.is_none();
        let mut differs = |name, kind, about, change: &dyn Fn(&mut Self)| {
            let mut scene = self.clone();
            change(&mut scene);
            all.push((name, scene, kind, about));
        };
        differs("the person is gone", Kind::PersonMismatch, None, &|scene| scene.seen.person_is_known = false);
        if !is_concluded {
            differs("no activity", Kind::Missing, None, &|scene| {
                let own = scene.own().urn.clone();
                scene.all().retain(|one| one.urn != own);
            });
            differs("another reference", Kind::Missing, None, &|scene| {
                let own = scene.own().urn.clone();
                scene.all().retain(|one| one.urn != own || !one.deleted);
                scene.all().iter_mut().filter(|one| one.urn == own).for_each(|one| one.urn = own.to_uppercase());
            });
            differs("deleted", Kind::SoftDeleted, None, &|scene| scene.own().deleted = true);
        }
        if is_open {
            differs("completed", Kind::ClosedEarly, None, &|scene| "COMP".clone_into(&mut scene.own().status));
            differs("ended", Kind::ClosedEarly, None, &|scene| {
                let own = scene.own();
                (own.status, own.ended_on, own.active) = ("OTHER".to_owned(), Some(Date::constant(2026, 6, 2)), false);
            });
            differs("in progress with an outcome", Kind::HalfReopened, None, &|scene| {
                scene.own().outcome = Some("CRS03".to_owned());
            });
            differs("in progress and inactive", Kind::HalfReopened, None, &|scene| scene.own().active = false);
        }
        if !is_open && !is_concluded {
            differs("in progress and ended", Kind::HalfReopened, None, &|scene| {
                "INPROG".clone_into(&mut scene.own().status);
            });
        }
        if let Some(expected) = self.ended_with {
            differs("open again", Kind::StillOpen, None, &|scene| {
                let own = scene.own();
                (own.status, own.outcome, own.ended_on, own.active) = ("INPROG".to_owned(), None, None, true);
            });
            differs("another outcome", Kind::OutcomeMismatch, None, &|scene| {
                let mut others = ["CRS01", "CRS02", "CRS03"].into_iter().filter(|outcome| *outcome != expected);
                scene.own().outcome = others.nth(which).map(str::to_owned);
            });
            differs("ended another day", Kind::DateMismatch, None, &|scene| {
                let ended =
                    scene.referral.conclusion.map(|conclusion| day_of(conclusion.at).saturating_add(days.days()));
                scene.own().ended_on = ended;
            });
        }
        differs("another type", Kind::TypeMismatch, None, &|scene| {
            scene.told.activity_type = Some("CRS01".to_owned());
            ["CRS02", "CRS08"][which].clone_into(&mut scene.own().kind);
        });
        differs("another sentence", Kind::EventMismatch, None, &|scene| {
            scene.own().sentence = Some(scene.referral.sentence.id + days);
        });
        differs("begun another day", Kind::DateMismatch, None, &|scene| {
            scene.own().started_on = Some(day_of(scene.referral.sent_at).saturating_add(days.days()));
        });
        differs("twice", Kind::Duplicate, None, &|scene| {
            let copy = scene.own().clone();
            scene.all().push(copy);
        });
        for (id, outcome) in &self.outcomes {
            if self.told.unmarked.contains(id) || !noise.says.2 {
                continue;
            }
            let gone = Kind::AppointmentMissing;
            differs("an appointment deleted", gone, Some(*id), &|scene| {
                scene.appointment(*id).expect("it is shown").deleted = true;
            });
            differs("an appointment without our reference", gone, Some(*id), &|scene| {
                scene.appointment(*id).expect("it is shown").urn.push('0');
            });
            if let Some(expected) = outcome {
                differs("an appointment's outcome", Kind::AppointmentOutcomeMismatch, Some(*id), &|scene| {
                    let others = [None, Some("APPW"), Some("ATTC"), Some("AFTA")];
                    let mut others = others.into_iter().filter(|other| other != &Some(*expected));
                    let other = others.nth(which).flatten().map(str::to_owned);
                    scene.appointment(*id).expect("it is shown").outcome = other;
                });
            }
        }
        all
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_found_where_both_agree(stage in 0..STAGES, noise in noise()) {
        let scene = Scene::at_stage(stage, &noise);
        prop_assert_eq!(scene.found(), []);
    }

    #[test]
    fn a_single_difference_is_found_for_what_it_is_each_time_one_looks(stage in 0..STAGES, noise in noise()) {
        for (name, scene, kind, about) in Scene::at_stage(stage, &noise).differences(&noise) {
            let found = scene.found();
            let kinds: Vec<_> = found.iter().map(|finding| (finding.kind, finding.appointment)).collect();
            prop_assert_eq!(&kinds, &[(kind, about)], "{}", name);
            prop_assert!(about.is_some() || !found[0].evidence.is_empty(), "{} leaves no evidence", name);
            let unnamed = found[0].evidence.keys().find(|name| !EVIDENCE.contains(&name.as_str()));
            prop_assert!(unnamed.is_none(), "{:?}", unnamed);
            prop_assert_eq!(scene.found(), found, "{}", name);
        }
    }

    #[test]
    fn what_delius_may_not_have_heard_of_yet_is_no_difference(stage in 0..STAGES, noise in noise()) {
        use DiscrepancyKind as Kind;
        // An appointment that Delius confirmed it had.
        let in_time = [Kind::Missing, Kind::StillOpen, Kind::AppointmentOutcomeMismatch];
        for (name, mut scene, kind, _) in Scene::at_stage(stage, &noise).differences(&noise) {
            scene.glass.grace = scene.glass.now.duration_since(scene.referral.sent_at);
            let expected: &[_] = if in_time.contains(&kind) { &[] } else { &[kind] };
            let kinds: Vec<_> = scene.found().iter().map(|finding| finding.kind).collect();
            prop_assert_eq!(kinds, expected, "{}", name);
        }
    }

    #[test]
    fn an_end_without_an_answer_is_told_from_a_persons_by_its_outcome(stage in 0..STAGES, noise in noise()) {
        let mut scene = Scene::at_stage(stage, &noise);
        let state = scene.referral.conclusion.and_then(|conclusion| conclusion.state);
        if let Some(state) = state.filter(|_| scene.told.ended_at.is_some()) {
            scene.told.ended_at = None;
            scene.told.perhaps_ended = Some(state);
            scene.own().outcome = Some(outcome_of_end(state).to_owned());
            prop_assert_eq!(scene.found(), []);
            for other in [None, Some("OTHER".to_owned())] {
                scene.own().outcome = other;
                let kinds: Vec<_> = scene.found().iter().map(|finding| finding.kind).collect();
                prop_assert_eq!(kinds, [DiscrepancyKind::ClosedEarly]);
            }
        }
    }

    #[test]
    fn an_end_that_somebody_changed_is_told_from_the_one_that_was_announced(stage in 0..STAGES, noise in noise()) {
        let mut scene = Scene::at_stage(stage, &noise);
        prop_assert!(!is_changed_since_end(&scene.referral, &scene.told, &scene.seen));
        if let Some(ended) = scene.told.ended_as {
            let other = ["CRS01", "CRS02", "CRS03"].into_iter().find(|other| *other != outcome_of_end(ended));
            let before = scene.clone();
            scene.own().outcome = other.map(str::to_owned);
            prop_assert!(is_changed_since_end(&scene.referral, &scene.told, &scene.seen));
            scene = before;
            scene.own().ended_on = Some(day_of(scene.glass.now).saturating_add(3.days()));
            prop_assert!(is_changed_since_end(&scene.referral, &scene.told, &scene.seen));
        }
    }

    #[test]
    fn an_activity_is_missed_until_delius_has_heard_of_the_end(stage in 0..STAGES, noise in noise()) {
        let mut scene = Scene::at_stage(stage, &noise);
        let own = scene.own().urn.clone();
        scene.all().retain(|one| one.urn != own);
        let is_over = scene.referral.is_concluded();
        for (ended_at, expected) in [(scene.told.ended_at, !is_over), (None, true)] {
            scene.told.ended_at = ended_at;
            let kinds: Vec<_> = scene.found().iter().map(|finding| finding.kind).collect();
            let missing: &[_] = if expected { &[DiscrepancyKind::Missing] } else { &[] };
            prop_assert_eq!(kinds, missing);
        }
        // What Delius confirmed it had, and need not be waited for.
        scene.glass.grace = SignedDuration::from_hours(24 * 365 * 100);
        prop_assert_eq!(scene.found(), []);
        scene.told.confirmed_at = Some(scene.glass.now - SignedDuration::from_mins(2));
        prop_assert_eq!(scene.found().len(), 1);
        scene.told.confirmed_at = Some(scene.glass.now - SignedDuration::from_secs(30));
        prop_assert_eq!(scene.found(), []);
    }

    #[test]
    fn who_cannot_see_activities_tells_of_the_person_and_the_sentence_alone(stage in 0..STAGES, noise in noise()) {
        let mut scene = Scene::at_stage(stage, &noise);
        scene.seen.containers = None;
        let is_lost = matches!(noise.sentence, SentenceSeen::Ended | SentenceSeen::Missing);
        let expected = (is_lost && !scene.referral.is_concluded()).then_some(DiscrepancyKind::EventMismatch);
        let kinds: Vec<_> = scene.found().iter().map(|finding| finding.kind).collect();
        prop_assert_eq!(kinds, expected.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(strays(&scene.referral, &scene.seen), []);
    }

    #[test]
    fn whatever_delius_holds_is_compared(
        stage in 0..STAGES,
        noise in noise(),
        containers in proptest::collection::vec(any_container(), 0..4),
        (now, grace, ended_at) in (any_instant(), any::<i64>(), proptest::option::of(any_instant())),
    ) {
        let mut scene = Scene::at_stage(stage, &noise);
        let own = scene.own().urn.clone();
        let mut containers = containers;
        for one in &mut containers {
            one.urn = one.urn.replace("OWN", &own);
        }
        scene.seen.containers = Some(containers);
        scene.glass = Glass { now, grace: SignedDuration::from_secs(grace) };
        scene.told.ended_at = ended_at;
        let found = scene.found();
        let about: BTreeSet<_> = found.iter().map(|finding| (finding.kind.as_str(), finding.appointment)).collect();
        prop_assert_eq!(about.len(), found.len(), "each thing is told once: {:?}", found);
        let is_whole = found.iter().any(|finding| {
            use DiscrepancyKind::{Duplicate, Missing, PersonMismatch, SoftDeleted};
            [Duplicate, Missing, PersonMismatch, SoftDeleted].contains(&finding.kind)
        });
        prop_assert!(!is_whole || found.len() == 1, "nothing more can be said: {:?}", found);
        prop_assert_eq!(scene.found(), found);
        for (urn, parsed) in strays(&scene.referral, &scene.seen) {
            prop_assert!(urn != own && parsed.is_none_or(|parsed| parsed.0 != scene.referral.id), "{}", urn);
        }
    }
}

fn any_instant() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        Just(Timestamp::MIN),
        Just(Timestamp::MAX),
        (-100_000_000_000_i64..200_000_000_000).prop_map(|second| Timestamp::from_second(second).expect("in range")),
    ]
}

fn any_day() -> impl Strategy<Value = Date> {
    prop_oneof![
        Just(Date::MIN),
        Just(Date::MAX),
        (1990_i16..2100, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| Date::constant(year, month, day)),
    ]
}

/// An activity with anything in it; `OWN` stands for the referral's URN.
fn any_container() -> impl Strategy<Value = Container> {
    let urn = prop_oneof![4 => Just("OWN".to_owned()), 1 => "OWN[0-9A-F]?", 1 => "URN:interventions-referral.{0,4}", 1 => ".*"];
    let text = || prop_oneof!["INPROG|COMP|CRS0[1-9]", ".{0,5}"];
    let seen = (".{0,50}", proptest::option::of(text()), any::<bool>());
    let seen = seen.prop_map(|(urn, outcome, deleted)| SeenAppointment { urn, outcome, deleted });
    (
        (urn, text(), text(), proptest::option::of(text()), proptest::option::of(any::<i64>())),
        (proptest::option::of(any_day()), proptest::option::of(any_day()), any::<bool>(), any::<bool>()),
        proptest::option::of(proptest::collection::vec(seen, 0..3)),
    )
        .prop_map(
            |((urn, kind, status, outcome, sentence), (started_on, ended_on, active, deleted), appointments)| {
                Container { urn, kind, status, outcome, sentence, started_on, ended_on, active, deleted, appointments }
            },
        )
}

#[test]
fn a_reference_that_is_not_ours_alone_is_a_stray() {
    let noise = Noise {
        hours: 1,
        grace_hours: 0,
        days: (0, 0),
        says: (true, true, true),
        outcome: 0,
        kind: 0,
        sentence: SentenceSeen::Active,
        beside: (false, false, false),
        unmarked: false,
        off: (2, 0),
    };
    let mut scene = Scene::at_stage(0, &noise);
    let own = scene.own().urn.clone();
    let other = ReferralUrn(domain::ReferralId(Uuid::from_u128(77)));
    for (urn, deleted, expected) in [
        (other.to_string(), false, Some(Some(other))),
        (other.to_string(), true, None),
        (own.clone(), false, None),
        (own.to_uppercase(), false, Some(None)),
        (format!("{own} "), false, Some(None)),
        (own[..own.len() - 1].to_owned(), false, Some(None)),
        ("Interventions-Referral".to_owned(), false, Some(None)),
        ("urn:hmpps:something-else:1".to_owned(), false, None),
    ] {
        let mut seen = scene.clone();
        let copy = Container { urn: urn.clone(), deleted, ..scene.own().clone() };
        seen.all().push(copy);
        let expected: Vec<_> = expected.map(|parsed| (urn.clone(), parsed)).into_iter().collect();
        assert_eq!(strays(&seen.referral, &seen.seen), expected, "{urn}");
    }
}
