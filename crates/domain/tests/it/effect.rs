//! Which effects each fact has, in which order, and which of them wait for Delius.

use domain::amendment::{Amendment, DetailsChange};
use domain::appointment::BookingAnswer;
use domain::case_note::CaseNote;
use domain::effect::{Action, Intent, Recipient, effects_of};
use domain::ending::WithdrawalState;
use domain::feedback::{Attended, SessionFeedback};
use domain::referral::LocationType;
use domain::{AppointmentId, CaseNoteId, ChangeLogId, EffectId, Fact, Referral, User};
use jiff::civil::date;
use uuid::Uuid;

use crate::build::{Story, a_call, full_feedback, minutes_after, practitioner, provider, said, with_feedback};

/// One line for each effect: what, for whom, and a mark when it waits for Delius.
fn told(referral: &Referral, facts: &[Fact]) -> Vec<String> {
    let mut id = 0;
    let mut new_id = || {
        id += 1;
        EffectId(Uuid::from_u128(id))
    };
    facts
        .iter()
        .flat_map(|fact| effects_of(referral, fact, referral.sent_at, &mut new_id))
        .map(|intent| line(&intent))
        .collect()
}

fn line(intent: &Intent) -> String {
    let what = match &intent.action {
        Action::StartReferral => "start".to_owned(),
        Action::PutAppointment(_) => "put".to_owned(),
        Action::RestartReferral => "restart".to_owned(),
        Action::BookAgain(_) => "book again".to_owned(),
        Action::RecordOutcome(_) => "outcome".to_owned(),
        Action::TellDelius(_) => "tell".to_owned(),
        Action::LookUpCustody => "custody".to_owned(),
        Action::Publish(announcement) => announcement.event_type().to_string().replace("intervention.", ""),
        Action::Email { purpose, to, .. } => {
            let to = match to {
                Recipient::ProviderMailbox => "mailbox".to_owned(),
                Recipient::Operators => "operators".to_owned(),
                Recipient::Practitioner { unless: None } => "practitioner".to_owned(),
                Recipient::Practitioner { unless: Some(user) } => format!("practitioner unless {}", user.id),
                Recipient::ProviderUser(user) => user.id.clone(),
            };
            format!("{purpose} to {to}")
        }
    };
    format!("{what}{}", if intent.after_delius { " (after delius)" } else { "" })
}

/// Takes facts in one by one, as they are written, and lists their effects.
fn take(story: &mut Story, facts: Vec<Fact>) -> Vec<String> {
    let mut lines = Vec::new();
    for fact in facts {
        story.referral.apply(&fact);
        lines.extend(told(&story.referral, &[fact]));
    }
    lines
}

#[test]
fn sending_starts_the_activity_before_anything_else() {
    let mut story = Story::sent();
    let usual = ["start", "referral.sent", "referral-sent to mailbox"];
    assert_eq!(told(&story.referral, &[Fact::Sent]), usual);
    story.referral.location.location_type = Some(LocationType::Custody);
    assert_eq!(told(&story.referral, &[Fact::Sent]), [&usual[..], &["custody"]].concat());
}

#[test]
fn assigning_tells_the_caseworker() {
    let mut story = Story::sent();
    let facts = story.referral.assign(provider(), &provider(), story.now).expect("open");
    assert_eq!(take(&mut story, facts), ["referral.assigned", "referral-assigned to s-1"]);
}

fn amended(story: &mut Story, amendment: Amendment, by: &User) -> Vec<String> {
    let mut ids = 0;
    let facts = story.referral.amend(amendment, by, story.now, || {
        ids += 1;
        ChangeLogId(Uuid::from_u128(ids))
    });
    take(story, facts.expect("an amendment"))
}

#[test]
fn an_amendment_is_mailed_to_the_caseworker_once_for_each_template() {
    let mut story = Story::sent();
    let change = |days| {
        Amendment::Details(DetailsChange {
            completion_deadline: Some(date(2026, 12, days)),
            maximum_enforceable_days: Some(i32::from(days)),
            reason_for_referral: Some(format!("reason {days}")),
            reason_for_referral_further_information: Some(format!("information {days}")),
            ..crate::amendment::details()
        })
    };
    assert_eq!(amended(&mut story, change(1), &practitioner()), [""; 0], "nobody is assigned");
    let facts = story.referral.assign(provider(), &provider(), story.now).expect("open");
    take(&mut story, facts);
    assert_eq!(
        amended(&mut story, change(2), &practitioner()),
        [
            "completion-deadline-updated to s-1",
            "completion-deadline-updated to practitioner unless p-1",
            "enforceable-days-updated to s-1",
            "reason-for-referral-updated to s-1",
        ]
    );
    assert_eq!(amended(&mut story, change(2), &practitioner()), [""; 0], "nothing differs");
    let office =
        |office: &str, tell_provider| Amendment::PractitionerOffice { office: office.to_owned(), tell_provider };
    assert_eq!(amended(&mut story, office("Quay", true), &practitioner()), ["probation-office-updated to s-1"]);
    assert_eq!(amended(&mut story, office("Hill", false), &practitioner()), [""; 0], "no e-mail is wanted");
}

#[test]
fn an_assessment_booking_is_mailed_once_delius_has_it_and_a_session_is_not_mailed() {
    let mut story = Story::sent();
    let wish = a_call(minutes_after(story.now, 60));
    let id = AppointmentId(story.id());
    let facts = story.referral.schedule_assessment(&wish, &provider(), story.now, id).expect("free");
    assert_eq!(take(&mut story, facts), ["put", "initial-assessment-scheduled to practitioner (after delius)"]);
    assert_eq!(take(&mut story, vec![]), [""; 0]);
    let facts = story.referral.take_booking(id, BookingAnswer::Booked(1), story.now);
    assert_eq!(take(&mut story, facts), [""; 0]);
    let mut story = Story::sent().assessed().planned(1);
    let id = AppointmentId(story.id());
    let wish = a_call(minutes_after(story.now, 60));
    let facts = story.referral.schedule_session(1, &wish, &provider(), story.now, id).expect("free");
    assert_eq!(take(&mut story, facts), ["put"]);
}

#[test]
fn submitted_feedback_announces_attendance_then_feedback_then_mails_what_was_asked() {
    let told_all =
        SessionFeedback { notify_of_behaviour: Some(true), notify_of_concerns: Some(true), ..full_feedback() };
    for (attended, feedback, mails) in [
        (Attended::Yes, full_feedback(), &[][..]),
        (Attended::No, full_feedback(), &["appointment-not-attended to practitioner (after delius)"]),
        (
            Attended::No,
            told_all,
            &[
                "appointment-not-attended to practitioner (after delius)",
                "session-poor-behaviour to practitioner (after delius)",
                "session-concerns to practitioner (after delius)",
            ],
        ),
    ] {
        for session in [false, true] {
            let mut story = if session { Story::sent().assessed().planned(1) } else { Story::sent() };
            let id = if session { story.book_session(1) } else { story.book_assessment() };
            story.pass(120);
            let by = provider();
            let happened = attended == Attended::Yes;
            story.take(story.referral.record_attendance(id, said(attended, happened), &by, story.now));
            story.take(story.referral.record_session_feedback(id, feedback.clone(), &by, story.now));
            let facts = story.referral.submit_feedback(id, &by, story.now).expect("ready");
            let kind = if session { "session-appointment" } else { "initial-assessment-appointment" };
            let seen = if happened { "attended" } else { "missed" };
            let mut expected =
                vec![format!("{kind}.{seen}"), format!("{kind}.session-feedback-submitted (after delius)")];
            expected.extend(mails.iter().map(|mail| (*mail).to_owned()));
            assert_eq!(take(&mut story, facts), expected);
        }
    }
}

#[test]
fn feedback_given_with_a_booking_waits_until_delius_has_the_booking() {
    let mut story = Story::sent().assessed().planned(1);
    let wish = with_feedback(a_call(story.now), Attended::No);
    story.pass(48 * 60);
    let id = AppointmentId(story.id());
    let facts = story.referral.schedule_session(1, &wish, &provider(), story.now, id).expect("whole");
    assert_eq!(
        take(&mut story, facts),
        [
            "put",
            "session-appointment.missed (after delius)",
            "session-appointment.session-feedback-submitted (after delius)",
            "appointment-not-attended to practitioner (after delius)",
        ]
    );
}

#[test]
fn a_plan_is_announced_submitted_then_approved() {
    let mut story = Story::sent().assessed();
    let before = story.referral.clone();
    story = story.planned(2);
    let plan = story.referral.plans[0].clone();
    let facts = [
        Fact::PlanSubmitted(plan.id, plan.submitted().expect("submitted").clone()),
        Fact::PlanApproved(plan.id, plan.approved().expect("approved").clone()),
    ];
    assert_eq!(
        told(&story.referral, &facts),
        [
            "action-plan.submitted (after delius)",
            "action-plan-submitted to practitioner",
            "action-plan.approved (after delius)",
            "action-plan-approved to s-1",
        ]
    );
    assert_eq!(told(&before, &[Fact::PlanDrafted(plan)]), [""; 0]);
}

#[test]
fn a_withdrawal_is_announced_concluded_then_ended_and_the_caseworker_is_told_by_state() {
    use WithdrawalState::{CloseEarly, PostIca, PreIca};
    for (held, state, mail) in [
        (false, PreIca, Some("referral-pre-ica-withdrawn to s-1")),
        (false, PostIca, Some("referral-post-ica-withdrawn to s-1")),
        (false, CloseEarly, Some("referral-withdraw-early to s-1")),
        (true, PreIca, None),
        (true, PostIca, Some("referral-post-ica-withdrawn to s-1")),
        (true, CloseEarly, Some("referral-withdraw-early to s-1")),
    ] {
        for assigned in [true, false] {
            let mut story = Story::sent().assessed().planned(2);
            if held {
                story = story.session(1, Attended::Yes);
            }
            if assigned {
                story.take(story.referral.assign(provider(), &provider(), story.now));
            }
            let (code, comments) = ("MOV".to_owned(), "moved".to_owned());
            let facts = story.referral.withdraw(code, comments, state, &practitioner(), story.now).expect("open");
            let mut expected = vec!["referral.concluded"];
            expected.extend(mail.filter(|_| assigned));
            expected.extend(std::iter::repeat_n("outcome", 1 + usize::from(held)));
            expected.push("referral.ended (after delius)");
            assert_eq!(take(&mut story, facts), expected, "{held} {state} {assigned}");
        }
    }
}

#[test]
fn an_ordinary_conclusion_mails_nobody_about_a_withdrawal() {
    let mut story = Story::sent().assessed().planned(1).session(1, Attended::Yes);
    story.take(story.referral.assign(provider(), &provider(), story.now));
    let id = story.write_report();
    let facts = story.referral.submit_report(id, &provider(), story.now).expect("complete");
    assert_eq!(
        take(&mut story, facts),
        [
            "end-of-service-report.submitted",
            "end-of-service-report-submitted to practitioner",
            "referral.concluded",
            "outcome",
            "outcome",
            "referral.ended (after delius)",
        ]
    );
}

#[test]
fn delius_is_told_the_outcomes_of_the_last_hour_before_an_end_that_it_might_read_first() {
    let outcomes = |story: &mut Story, facts: Vec<Fact>| {
        let now = story.now;
        let outcome = |intent: &Intent| match intent.action {
            Action::RecordOutcome(id) => Some(id),
            _ => None,
        };
        let mut told = Vec::new();
        for fact in facts {
            story.referral.apply(&fact);
            let effects = effects_of(&story.referral, &fact, now, || EffectId(Uuid::nil()));
            told.extend(effects.iter().filter_map(outcome));
        }
        told
    };
    let withdraw = |story: &Story| {
        let (code, comments) = ("MOV".to_owned(), "moved".to_owned());
        story.referral.withdraw(code, comments, WithdrawalState::CloseEarly, &practitioner(), story.now).expect("open")
    };
    let mut story = Story::sent().assessed();
    story.now = minutes_after(story.now, 60);
    let mut story = story.planned(2).session(1, Attended::Yes);
    let session = story.referral.sessions[0].appointments[0].id;
    for (minutes, expected) in [(0, &[session][..]), (59, &[session]), (60, &[])] {
        let mut later = story.clone();
        later.now = minutes_after(story.now, minutes);
        let facts = withdraw(&later);
        assert_eq!(outcomes(&mut later, facts), expected, "{minutes} minutes");
    }
    let facts = withdraw(&story);
    assert_eq!(outcomes(&mut story, facts), [session]);
    let id = story.write_report();
    let facts = story.referral.submit_report(id, &provider(), story.now).expect("complete");
    assert_eq!(outcomes(&mut story, facts), [], "its activity was ended by the withdrawal");
}

#[test]
fn a_case_note_reaches_the_other_side_and_not_its_writer() {
    let mut story = Story::sent();
    let note = |sent_by: User, tell_practitioner| {
        let id = CaseNoteId(Uuid::from_u128(1));
        let (subject, body) = ("a".to_owned(), "b".to_owned());
        let (referral_id, sent_at) = (story.referral.id, story.now);
        Fact::CaseNoteAdded { note: CaseNote { id, referral_id, subject, body, sent_at, sent_by }, tell_practitioner }
    };
    let [by_provider, by_practitioner] = [note(provider(), false), note(practitioner(), true)];
    let to_practitioner = "case-note-sent-pp to practitioner unless p-1";
    assert_eq!(told(&story.referral, std::slice::from_ref(&by_practitioner)), [to_practitioner], "nobody assigned");
    story.take(story.referral.assign(provider(), &provider(), story.now));
    assert_eq!(told(&story.referral, &[by_provider]), [""; 0]);
    assert_eq!(told(&story.referral, &[by_practitioner]), ["case-note-sent to s-1", to_practitioner]);
}
