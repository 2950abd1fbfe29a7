//! Things to store: fictional people, a draft with every answer, a referral just sent.

use std::collections::{BTreeMap, BTreeSet};

use domain::appointment::{Appointment, Booking, Delivery, SessionType};
use domain::draft::{DraftDetails, DraftRisk, DraftState, RedactedRisk};
use domain::ending::ReferralStatus;
use domain::feedback::{Feedback, SessionFeedback, Stamp};
use domain::person::PersonDetails;
use domain::referral::{
    Location, LocationType, Needs, Practitioner, ReferralDetails, RelevantSentence, Selection, SupplierAssessment,
};
use domain::{
    AppointmentId, AuthSource, Crn, DraftReferral, Referral, ReferralDetailsId, ReferralId, ReferralReference,
    SupplementaryRiskId, SupplierAssessmentId, User,
};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use store::Store;
use uuid::Uuid;

/// A fixed id for each number.
pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x4000_8000_0000_0000_0000 + number)
}

/// An instant, so many minutes after the tests' beginning of time.
pub(crate) fn minute(number: i64) -> Timestamp {
    let start: Timestamp = "2026-03-02T09:00:00Z".parse().expect("an instant");
    start + SignedDuration::from_mins(number)
}

pub(crate) fn practitioner() -> User {
    User { id: "2500001".to_owned(), source: AuthSource::Delius, username: "PRACTITIONER_1".to_owned() }
}

pub(crate) fn caseworker(number: u8) -> User {
    User { id: format!("caseworker-{number}"), source: AuthSource::Auth, username: format!("PROVIDER_{number}") }
}

pub(crate) fn stamp(at: i64, by: User) -> Stamp {
    Stamp { at: minute(at), by }
}

#[expect(clippy::unnecessary_wraps, reason = "the fields that take it are optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn person() -> PersonDetails {
    PersonDetails {
        title: text("Mx"),
        first_name: text("Alex"),
        last_name: text("River"),
        date_of_birth: Some(date(1990, 2, 28)),
        gender: text("Female"),
        ethnicity: text("British"),
        preferred_language: text("Welsh"),
        religion_or_belief: text("None"),
        disabilities: Some(vec!["Hearing".to_owned(), "Sight".to_owned()]),
    }
}

fn needs() -> Needs {
    Needs {
        additional_needs_information: text("a quiet room"),
        accessibility_needs: text("step-free access"),
        needs_interpreter: Some(true),
        interpreter_language: text("Welsh"),
        has_additional_responsibilities: Some(true),
        when_unavailable: text("Tuesdays"),
    }
}

fn location() -> Location {
    Location {
        location_type: Some(LocationType::Custody),
        prison_id: text("ABC"),
        expected_release_date: Some(date(2026, 9, 1)),
        expected_release_date_missing_reason: None,
        releasing_in_12_weeks: Some(false),
        expected_probation_office: text("Harbour House"),
        expected_probation_office_unknown_reason: None,
    }
}

fn delius_practitioner() -> Practitioner {
    Practitioner {
        ndelius_name: text("Sam Field"),
        ndelius_email: text("sam.field@probation.example"),
        ndelius_pdu: text("Coast"),
        ndelius_phone: text("01632 960001"),
        ndelius_team_phone: text("01632 960002"),
        name: text("Samira Field"),
        email: text("samira.field@probation.example"),
        pdu: text("Coast and Dales"),
        phone: text("01632 960003"),
        team_phone: text("01632 960004"),
        probation_office: text("Harbour House"),
        role_or_job_title: text("Practitioner"),
        establishment: text("ABC"),
    }
}

/// The people of these tests are known.
pub(crate) async fn remember_people(store: &Store) {
    let mut work = store.begin().await.expect("a transaction");
    for user in [practitioner(), caseworker(1), caseworker(2)] {
        store::user::remember(&mut work, &user).await.expect("remembered");
    }
    work.commit().await.expect("committed");
}

/// A draft for the cohort contract HT0002, with every answer given.
pub(crate) async fn draft(store: &Store, number: u128) -> DraftReferral {
    remember_people(store).await;
    let mut db = store.connection().await.expect("a connection");
    let wanted = BTreeSet::from(["HT0002".to_owned()]);
    let entry = store::catalogue::entries_of_contracts(&mut db, &wanted).await.expect("found").remove(0);
    let categories: Vec<_> = entry.service_categories.iter().take(2).collect();
    let selection = Selection {
        service_categories: categories.iter().map(|category| category.id).collect(),
        complexity_levels: categories
            .iter()
            .map(|category| (category.id, category.complexity_levels[0].id))
            .collect::<BTreeMap<_, _>>(),
        desired_outcomes: categories
            .iter()
            .map(|category| (category.id, category.desired_outcomes.iter().take(2).map(|outcome| outcome.id).collect()))
            .collect(),
    };
    DraftReferral {
        id: ReferralId(id(number)),
        version: 0,
        created_at: minute(0),
        created_by: practitioner(),
        changed_at: minute(1),
        crn: Crn(format!("X{:06}", 100_000 + number)),
        person: person(),
        intervention: entry.intervention,
        relevant_sentence_id: Some(2_500_000_001),
        details: DraftDetails {
            completion_deadline: Some(date(2026, 12, 31)),
            further_information: text("further"),
            maximum_enforceable_days: Some(12),
            reason_for_referral: text("reason"),
            reason_for_referral_further_information: text("more on the reason"),
            reason_for_referral_before_allocation: text("before allocation"),
        },
        needs: needs(),
        selection,
        location: location(),
        already_know_prison_name: Some(true),
        allocated_community_pp: Some(false),
        has_valid_delius_pp_details: Some(true),
        has_main_point_of_contact: Some(false),
        practitioner: delius_practitioner(),
        risk: DraftRisk {
            redacted: Some((
                RedactedRisk { who_is_at_risk: text("nobody in particular"), ..RedactedRisk::default() },
                minute(1),
                practitioner(),
            )),
            free_text: Some(("a free text".to_owned(), minute(1))),
        },
        state: DraftState::Editing,
    }
}

/// The referral that a draft becomes.
pub(crate) fn sent(draft: &DraftReferral, number: u128) -> Referral {
    Referral {
        id: draft.id,
        version: 1,
        reference: ReferralReference(format!("KQ{number:04}PE")),
        created_at: draft.created_at,
        created_by: draft.created_by.clone(),
        sent_at: minute(i64::try_from(number).expect("a small number")),
        sent_by: practitioner(),
        crn: draft.crn.clone(),
        person: draft.person.clone(),
        intervention: draft.intervention.clone(),
        sentence: RelevantSentence { id: 2_500_000_001, expected_end: Some(date(2027, 5, 1)) },
        details: Some(ReferralDetails {
            id: ReferralDetailsId(id(number * 1000 + 1)),
            created_at: minute(2),
            created_by_id: practitioner().id,
            reason_for_change: "initial".to_owned(),
            completion_deadline: draft.details.completion_deadline,
            further_information: draft.details.further_information.clone(),
            maximum_enforceable_days: draft.details.maximum_enforceable_days,
            reason_for_referral: draft.details.reason_for_referral.clone(),
            reason_for_referral_further_information: draft.details.reason_for_referral_further_information.clone(),
            reason_for_referral_before_allocation: draft.details.reason_for_referral_before_allocation.clone(),
        }),
        needs: draft.needs.clone(),
        selection: draft.selection.clone(),
        location: draft.location.clone(),
        practitioner: draft.practitioner.clone(),
        supplementary_risk_id: SupplementaryRiskId(id(number * 1000 + 2)),
        has_main_point_of_contact: draft.has_main_point_of_contact,
        assignments: Vec::new(),
        assessment: SupplierAssessment { id: SupplierAssessmentId(id(number * 1000 + 3)), appointments: Vec::new() },
        plans: Vec::new(),
        sessions: Vec::new(),
        report: None,
        end_request: None,
        conclusion: None,
        status: ReferralStatus::PreIca,
    }
}

/// A referral that is in the store.
pub(crate) async fn stored(store: &Store, number: u128) -> Referral {
    let referral = sent(&draft(store, number).await, number);
    insert(store, &referral).await;
    referral
}

pub(crate) async fn insert(store: &Store, referral: &Referral) {
    let mut work = store.begin().await.expect("a transaction");
    store::referral::insert(&mut work, referral).await.expect("inserted");
    work.commit().await.expect("committed");
}

/// A proposed appointment by telephone.
pub(crate) fn proposal(number: u128, at: i64, replaces: Option<AppointmentId>) -> Appointment {
    Appointment {
        id: AppointmentId(id(number)),
        time: minute(10_000 + at),
        duration_minutes: 60,
        delivery: Delivery::PhoneCall,
        session_type: SessionType::OneToOne,
        created_at: minute(at),
        created_by: caseworker(1),
        booking: Booking::Proposed,
        replaces,
        superseded_by: None,
        reschedule_requested_by: None,
        rescheduled_reason: None,
        stale: false,
        feedback: Feedback::default(),
    }
}

/// Session feedback with every part given.
pub(crate) fn full_feedback() -> SessionFeedback {
    SessionFeedback {
        late: Some(true),
        late_reason: text("the bus"),
        future_session_plans: text("next week"),
        no_attendance_information: text("rang twice"),
        no_session_reason: Some(domain::feedback::NoSessionReason::Logistics),
        no_session_reason_pop_acceptable: text("acceptable"),
        no_session_reason_pop_unacceptable: text("unacceptable"),
        no_session_reason_logistics: text("no room"),
        session_summary: text("summary"),
        session_response: text("response"),
        session_concerns: text("concerns"),
        session_behaviour: text("behaviour"),
        notify_of_behaviour: Some(true),
        notify_of_concerns: Some(false),
    }
}
