//! Whole histories: whatever is asked of a referral, in whatever order, what must always hold still holds.

use std::collections::BTreeMap;

use domain::amendment::{Amendment, Contact, DetailsChange, NeedsSection, Topic, Values};
use domain::appointment::{Appointment, AttendanceInput, Booking, BookingAnswer, BookingRequest, DeliveryType};
use domain::effect::effects_of;
use domain::ending::{ReferralStatus, WithdrawalState};
use domain::feedback::{Attended, NoSessionReason, SessionFeedback};
use domain::{
    ActionPlanId, AppointmentId, ChangeLogId, DeliverySessionId, EffectId, EndOfServiceReportId, Fact, Referral,
    ReferralDetailsId, Refused,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::amendment::{OTHER_LEVEL, details, two_levels};
use crate::build::{
    LEVEL, OUTCOMES, Story, a_call, an_activity, an_entry, full_feedback, minutes_after, practitioner, provider,
};

/// Something that somebody may ask for. Small numbers choose among what there is.
#[derive(Clone, Debug)]
enum Command {
    Assign,
    Amend { what: u8, value: u8 },
    Book { slot: Option<u32>, way: u8, wish: Wish },
    Answer { which: usize, answer: BookingAnswer },
    Attend { which: usize, attended: Attended, happened: Option<bool> },
    Speak { which: usize, reason: bool },
    Submit { which: usize },
    DraftPlan { sessions: i32 },
    ChangePlan { which: usize, sessions: i32 },
    SubmitPlan { which: usize },
    ApprovePlan { which: usize },
    BeginReport,
    WriteReport { outcome: usize },
    SubmitReport,
    Withdraw(WithdrawalState),
    End,
    Conclude,
}

#[derive(Clone, Debug)]
struct Wish {
    minutes_ahead: i64,
    office: bool,
    video: bool,
    feedback: Option<(Attended, bool)>,
}

fn attended() -> impl Strategy<Value = Attended> {
    prop_oneof![4 => Just(Attended::Yes), 2 => Just(Attended::No), 1 => Just(Attended::Late)]
}

fn wish() -> impl Strategy<Value = Wish> {
    let ahead = prop_oneof![Just(60_i64), Just(120), Just(0), Just(-3000), Just(-60), Just(400_000)];
    (ahead, any::<bool>(), any::<bool>(), proptest::option::of((attended(), any::<bool>())))
        .prop_map(|(minutes_ahead, office, video, feedback)| Wish { minutes_ahead, office, video, feedback })
}

fn command() -> impl Strategy<Value = Command> {
    let answer = prop_oneof![
        3 => (1_i64..1000).prop_map(BookingAnswer::Booked),
        1 => Just(BookingAnswer::Clash),
        1 => Just(BookingAnswer::NotYet)
    ];
    let which = prop_oneof![5 => Just(0_usize), 1 => 0_usize..8];
    let slot = proptest::option::of(1_u32..5);
    prop_oneof![
        1 => Just(Command::Assign),
        3 => (0_u8..9, 0_u8..3).prop_map(|(what, value)| Command::Amend { what, value }),
        8 => (slot, 0_u8..4, wish()).prop_map(|(slot, way, wish)| Command::Book { slot, way, wish }),
        8 => (which.clone(), answer).prop_map(|(which, answer)| Command::Answer { which, answer }),
        6 => (which.clone(), attended(), proptest::option::weighted(0.9, any::<bool>()))
            .prop_map(|(which, attended, happened)| Command::Attend { which, attended, happened }),
        3 => (which.clone(), any::<bool>()).prop_map(|(which, reason)| Command::Speak { which, reason }),
        6 => which.clone().prop_map(|which| Command::Submit { which }),
        2 => (-1_i32..5).prop_map(|sessions| Command::DraftPlan { sessions }),
        1 => (which.clone(), 1_i32..5).prop_map(|(which, sessions)| Command::ChangePlan { which, sessions }),
        3 => which.clone().prop_map(|which| Command::SubmitPlan { which }),
        1 => which.prop_map(|which| Command::ApprovePlan { which }),
        2 => Just(Command::BeginReport),
        2 => (0_usize..3).prop_map(|outcome| Command::WriteReport { outcome }),
        2 => Just(Command::SubmitReport),
        1 => proptest::sample::select(WithdrawalState::ALL).prop_map(Command::Withdraw),
        1 => Just(Command::End),
        1 => Just(Command::Conclude),
    ]
}

/// Asks; the newest come first, so that small numbers mean what is current.
fn ask(story: &mut Story, command: &Command) -> Result<Vec<Fact>, Refused> {
    let (referral, now, by) = (story.referral.clone(), story.now, provider());
    let id = story.id();
    let appointment = |which: usize| {
        let mut all: Vec<_> = referral.appointments().map(|(_, held)| (held.created_at, held.id)).collect();
        all.sort_unstable();
        all.iter().rev().nth(which).map_or(AppointmentId(id), |(_, id)| *id)
    };
    let plan = |which: usize| referral.plans.iter().rev().nth(which).map_or(ActionPlanId(id), |plan| plan.id);
    let report = referral.report.as_ref().map_or(EndOfServiceReportId(id), |report| report.id);
    let sessions_from = id.as_u128() << 32;
    let mut made = 0;
    let new_session = || {
        made += 1;
        DeliverySessionId(Uuid::from_u128(sessions_from + made))
    };
    match command {
        Command::Assign => referral.assign(provider(), &by, now),
        Command::Amend { what, value } => {
            let mut entries = id.as_u128() << 32;
            referral.amend(amendment(id, *what, *value), &practitioner(), now, || {
                entries += 1;
                ChangeLogId(Uuid::from_u128(entries))
            })
        }
        Command::Book { slot, way, wish } => {
            let (wish, new_id) = (request(&referral, now, *slot, wish), AppointmentId(id));
            match (slot, way) {
                (Some(number), _) => referral.schedule_session(*number, &wish, &by, now, new_id),
                (None, 0 | 1) => referral.schedule_assessment(&wish, &by, now, new_id),
                (None, 2) => referral.schedule_further_assessment(&wish, &by, now, new_id),
                (None, _) => {
                    let current = referral.current_assessment().map_or(new_id, |current| current.id);
                    referral.reschedule_assessment(current, &wish, &by, now, new_id)
                }
            }
        }
        Command::Answer { which, answer } => Ok(referral.take_booking(appointment(*which), *answer, now)),
        Command::Attend { which, attended, happened } => {
            let input = AttendanceInput { attended: Some(*attended), did_session_happen: *happened };
            referral.record_attendance(appointment(*which), input, &by, now)
        }
        Command::Speak { which, reason } => {
            let no_session_reason = reason.then_some(NoSessionReason::PopAcceptable);
            let feedback = SessionFeedback { no_session_reason, ..full_feedback() };
            referral.record_session_feedback(appointment(*which), feedback, &by, now)
        }
        Command::Submit { which } => referral.submit_feedback(appointment(*which), &by, now),
        Command::DraftPlan { sessions } => {
            referral.draft_plan(ActionPlanId(id), Some(*sessions), vec![an_activity(id.as_u128())], &by, now)
        }
        Command::ChangePlan { which, sessions } => referral.change_plan(plan(*which), Some(*sessions), None),
        Command::SubmitPlan { which } => referral.submit_plan(plan(*which), &by, now, new_session),
        Command::ApprovePlan { which } => referral.approve_plan(plan(*which), &practitioner(), now, new_session),
        Command::BeginReport => referral.begin_report(EndOfServiceReportId(id), &by, now),
        Command::WriteReport { outcome } => referral.change_report(report, None, Some(an_entry(OUTCOMES[*outcome]))),
        Command::SubmitReport => referral.submit_report(report, &by, now),
        Command::Withdraw(state) => referral.withdraw("MOV".to_owned(), String::new(), *state, &practitioner(), now),
        Command::End => referral.end("MOV".to_owned(), "moved".to_owned(), None, &practitioner(), now),
        Command::Conclude => Ok(referral.conclude_if_due(now)),
    }
}

/// An amendment of one kind; few values, so that some repeat what there is.
fn amendment(id: Uuid, what: u8, value: u8) -> Amendment {
    let (reason, text) = ("a reason".to_owned(), format!("value {value}"));
    match what {
        0 => Amendment::Details(DetailsChange {
            id: ReferralDetailsId(id),
            maximum_enforceable_days: Some(value.into()),
            reason_for_referral: (value > 0).then_some(text),
            ..details()
        }),
        1 => {
            let level = if value == 0 { LEVEL } else { OTHER_LEVEL };
            Amendment::Complexity { category: two_levels(), level, reason }
        }
        2 => {
            let outcomes = OUTCOMES[..usize::from(value)].iter().copied().collect();
            Amendment::Outcomes { category: two_levels(), outcomes, reason }
        }
        3 => Amendment::Needs { section: NeedsSection::Interpreter(Some(value > 0), Some(text)), reason },
        4 => Amendment::Prison { id: text.clone(), old_name: text.clone(), new_name: text, reason },
        5 => Amendment::ReleaseDate(None, Some(text)),
        6 => Amendment::ExpectedOffice { office: text, tell_provider: value > 0 },
        7 => Amendment::PractitionerOffice { office: text, tell_provider: value > 0 },
        _ => Amendment::Practitioner(Contact::Phone, text),
    }
}

/// The wish in full; nothing ahead means the time of the slot's newest appointment.
fn request(referral: &Referral, now: jiff::Timestamp, slot: Option<u32>, wish: &Wish) -> BookingRequest {
    let history = match slot {
        None => &referral.assessment.appointments[..],
        Some(number) => referral.session(number).map_or(&[][..], |session| &session.appointments),
    };
    let time = match (wish.minutes_ahead, history.last()) {
        (0, Some(newest)) => newest.time,
        (minutes, _) => minutes_after(now, minutes),
    };
    let delivery_type = match (wish.office, wish.video) {
        (true, _) => DeliveryType::ProbationOffice,
        (false, true) => DeliveryType::VideoCall,
        (false, false) => DeliveryType::PhoneCall,
    };
    let attendance = wish
        .feedback
        .map(|(attended, happened)| AttendanceInput { attended: Some(attended), did_session_happen: Some(happened) });
    BookingRequest {
        delivery_type,
        office_code: Some("LEEDS".to_owned()),
        attendance,
        session_feedback: attendance.map(|_| full_feedback()),
        ..a_call(time)
    }
}

/// What is counted over a whole history.
#[derive(Default)]
struct Tally {
    concluded: usize,
    ended: usize,
    first_held: usize,
    submitted: Vec<AppointmentId>,
    /// The newest value of each thing that was logged.
    logged: BTreeMap<Topic, Values>,
}

impl Tally {
    fn count(&mut self, facts: &[Fact]) {
        for fact in facts {
            match fact {
                Fact::Concluded(_) => self.concluded += 1,
                Fact::Ended(_) => self.ended += 1,
                Fact::FirstSessionHeld => self.first_held += 1,
                Fact::FeedbackSubmitted { appointment, .. } => self.submitted.push(*appointment),
                Fact::Amended { changes, .. } => {
                    assert_eq!(self.concluded, 0, "nothing is amended after the conclusion");
                    for change in changes {
                        assert_ne!(change.old.texts, change.new.texts, "what is logged differs");
                        let newest = self.logged.insert(change.topic, change.new.clone());
                        let follows = newest.is_none_or(|newest| newest.texts == change.old.texts);
                        assert!(follows, "{}: the log goes on where it ended", change.topic);
                    }
                }
                _ => {}
            }
        }
    }

    fn check(&self) {
        assert!(self.concluded <= 1, "concluded once");
        assert!(self.ended <= 2, "ended at most twice");
        assert!(self.first_held <= 1, "the first session is held once");
        let mut submitted = self.submitted.clone();
        submitted.sort_unstable();
        submitted.dedup();
        assert_eq!(submitted.len(), self.submitted.len(), "feedback is submitted once");
    }
}

fn check_slot(history: &[Appointment]) {
    let ours = || history.iter().filter(|held| held.booking.is_ours());
    let open = ours().filter(|held| held.superseded_by.is_none() && held.feedback.submitted.is_none()).count();
    assert!(open <= 1, "one open appointment for each slot");
    let standing: Vec<_> = ours().filter(|held| held.superseded_by.is_none()).map(|held| held.id).collect();
    let current = domain::appointment::current(history).map(|held| held.id);
    assert_eq!(standing, Vec::from_iter(current), "what is not superseded is current");
    assert!(history.iter().filter(|held| held.booking == Booking::Proposed).count() <= 1, "one proposal");
    for held in history {
        let later: Vec<_> = ours().filter(|later| later.replaces == Some(held.id)).map(|later| later.id).collect();
        assert_eq!(Vec::from_iter(held.superseded_by), later, "superseded exactly when a later one replaced it");
        if let (Some(attendance), Some(_)) = (&held.feedback.attendance, &held.feedback.submitted) {
            let reason = held.feedback.session.as_ref().and_then(|(session, _)| session.no_session_reason);
            let held_or_absent = attendance.did_session_happen == Some(true) || !attendance.attended.is_attendance();
            assert!(held_or_absent || reason.is_some(), "Delius finds an outcome");
        }
    }
}

fn check_always(before: &Referral, after: &Referral) {
    assert_eq!((&before.reference, before.sent_at, &before.crn), (&after.reference, after.sent_at, &after.crn));
    assert!(before.status == ReferralStatus::PreIca || after.status == ReferralStatus::PostIca, "never set back");
    let attended = after
        .sessions
        .iter()
        .flat_map(|session| &session.appointments)
        .any(|held| held.booking.is_ours() && held.feedback.submitted_attendance() == Some(Attended::Yes));
    assert_eq!(after.status == ReferralStatus::PostIca, attended, "the status says whether a session was attended");
    check_slot(&after.assessment.appointments);
    for session in &after.sessions {
        check_slot(&session.appointments);
    }
    for (_, was) in before.appointments() {
        let (_, is) = after.appointment(was.id).expect("appointments are never lost");
        assert_eq!((was.time, was.created_at, was.replaces), (is.time, is.created_at, is.replaces));
        if was.feedback.submitted.is_some() {
            assert_eq!(was.feedback, is.feedback, "submitted feedback stands");
        }
        assert!(was.superseded_by.is_none() || was.superseded_by == is.superseded_by);
    }
    let planned = |referral: &Referral| referral.approved_plan().and_then(|plan| plan.number_of_sessions).unwrap_or(0);
    assert!(planned(before) <= planned(after), "plans never shrink");
    let most =
        after.plans.iter().filter(|plan| plan.approved().is_some()).filter_map(|plan| plan.number_of_sessions).max();
    assert_eq!(most.unwrap_or(0), planned(after));
    assert!(after.sessions.iter().map(|session| session.number).eq(1..=planned(after)), "sessions 1..n without gaps");
    assert!(before.conclusion.is_none() || before.conclusion == after.conclusion, "the first conclusion is kept");
    assert!(before.end_request.is_none() || before.end_request == after.end_request);
    if let (Some(was), Some(is)) = (&before.report, &after.report) {
        assert_eq!(was.id, is.id);
        assert!(was.submitted.is_none() || was == is, "a submitted report stands");
    }
    assert_eq!(before.assignments[..], after.assignments[..before.assignments.len()]);
}

/// Histories begin at different places, so that short ones reach far.
fn begin(at: usize) -> Story {
    let planned = || Story::sent().assessed().planned(2);
    match at {
        0 => Story::sent(),
        1 => Story::sent().assessed(),
        2 => planned(),
        3 => planned().session(1, Attended::Yes),
        4 => {
            let mut booked = planned();
            booked.book_session(1);
            booked.pass(120);
            booked
        }
        5 => {
            let mut owed = planned().session(1, Attended::Yes).withdrawn(WithdrawalState::PostIca);
            owed.write_report();
            owed
        }
        _ => {
            let mut written = planned().session(1, Attended::Yes).session(2, Attended::No);
            written.write_report();
            written
        }
    }
}

/// What happened before the first command counts too.
fn tally_of(referral: &Referral) -> Tally {
    Tally {
        concluded: usize::from(referral.is_concluded()),
        ended: usize::from(referral.is_concluded()),
        ..Tally::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]
    #[test]
    fn what_must_always_hold_holds_whatever_is_asked(
        begun in 0_usize..7,
        commands in proptest::collection::vec((1_i64..200, command()), 1..60),
    ) {
        let mut story = begin(begun);
        let mut tally = tally_of(&story.referral);
        for (minutes, command) in commands {
            story.pass(minutes);
            let before = story.referral.clone();
            let mut effects = 0;
            let facts = ask(&mut story, &command).unwrap_or_default();
            for fact in &facts {
                story.referral.apply(fact);
                let told = effects_of(&story.referral, fact, story.now, || EffectId(Uuid::nil()));
                effects += told.len();
            }
            prop_assert!(!facts.is_empty() || (effects == 0 && story.referral == before));
            check_always(&before, &story.referral);
            tally.count(&facts);
            tally.check();
        }
    }
}
