//! Referrals for samples and tests: nearly nothing known, under way, ended early, in custody without a practitioner.

use std::collections::{BTreeMap, BTreeSet};

use domain::action_plan::{ActionPlan, PlanState};
use domain::appointment::{Appointment, Booking, Delivery, SessionType};
use domain::catalogue::{
    Complexity, ComplexityLevel, Contract, ContractType, DesiredOutcome, Intervention, Provider, ServiceCategory,
};
use domain::ending::{ConcludedState, Conclusion, EndReason, EndRequest, ReferralStatus, WithdrawalState};
use domain::feedback::{Attendance, Attended, Feedback, Stamp};
use domain::person::PersonDetails;
use domain::referral::{
    Assignment, DeliverySession, Location, LocationType, Needs, Practitioner, ReferralDetails, RelevantSentence,
    Selection, SupplierAssessment,
};
use domain::{
    ActionPlanId, AppointmentId, AuthSource, ComplexityLevelId, ContractId, ContractTypeId, Crn, DeliverySessionId,
    DesiredOutcomeId, InterventionId, Referral, ReferralDetailsId, ReferralId, ReferralReference, ServiceCategoryId,
    SupplementaryRiskId, SupplierAssessmentId, User,
};
use jiff::Timestamp;
use jiff::civil::date;
use uuid::Uuid;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn user(username: &str) -> User {
    User { id: username.to_lowercase(), source: AuthSource::Auth, username: username.to_owned() }
}

pub(super) fn stamp() -> Stamp {
    Stamp { at: at("2026-06-01T10:00:00Z"), by: user("PROVIDER_1") }
}

/// An appointment by telephone, one hour long, of which nothing is recorded.
pub(super) fn appointment(number: u128, time: &str) -> Appointment {
    Appointment {
        id: AppointmentId(id(number)),
        time: at(time),
        duration_minutes: 60,
        delivery: Delivery::PhoneCall,
        session_type: SessionType::OneToOne,
        created_at: at("2026-05-20T10:00:00Z"),
        created_by: user("PROVIDER_1"),
        booking: Booking::Confirmed(Some(77)),
        replaces: None,
        superseded_by: None,
        reschedule_requested_by: None,
        rescheduled_reason: None,
        stale: false,
        feedback: Feedback::default(),
    }
}

fn recorded(number: u128, time: &str, attended: Attended) -> Appointment {
    let mut held = appointment(number, time);
    let did_session_happen = Some(attended.is_attendance());
    held.feedback.attendance = Some(Attendance { attended, did_session_happen, recorded: stamp() });
    held.feedback.submitted = Some(stamp());
    held
}

/// A category with one level and two outcomes, which every sample has chosen.
pub(super) fn category() -> ServiceCategory {
    let outcome = |number, text: &str| DesiredOutcome {
        id: DesiredOutcomeId(id(number)),
        description: text.to_owned(),
        deprecated_at: None,
        rule: None,
    };
    ServiceCategory {
        id: ServiceCategoryId(id(40)),
        name: "Accommodation".to_owned(),
        complexity_levels: vec![ComplexityLevel {
            id: ComplexityLevelId(id(41)),
            title: "Medium complexity".to_owned(),
            description: "The person needs regular help to keep a home.".to_owned(),
            complexity: Complexity::Medium,
        }],
        desired_outcomes: vec![
            outcome(42, "The person finds a settled home."),
            outcome(43, "The person keeps to the terms of a tenancy."),
        ],
    }
}

/// Just sent, with as little as an old record may hold.
pub(super) fn bare() -> Referral {
    let intervention = Intervention {
        id: InterventionId(id(50)),
        title: "Accommodation in the North West".to_owned(),
        incoming_referral_mailbox: "referrals@harbour.example".to_owned(),
        contract: Contract {
            id: ContractId(id(51)),
            reference: "0001".to_owned(),
            contract_type: ContractType {
                id: ContractTypeId(id(52)),
                code: "ACC".to_owned(),
                name: "Accommodation".to_owned(),
            },
            service_categories: vec![category().id],
            prime_provider: Provider { id: "HARBOUR_TRUST".to_owned(), name: "Harbour Trust".to_owned() },
            subcontractors: Vec::new(),
            referral_end_at: None,
        },
    };
    Referral {
        id: ReferralId(id(7)),
        version: 1,
        reference: ReferralReference("KQ2846AC".to_owned()),
        created_at: at("2026-05-28T09:00:00Z"),
        created_by: user("PRACTITIONER_1"),
        sent_at: at("2026-06-01T09:00:00Z"),
        sent_by: user("PRACTITIONER_1"),
        crn: Crn("X100001".to_owned()),
        person: PersonDetails::default(),
        intervention,
        sentence: RelevantSentence { id: 1, expected_end: None },
        details: None,
        needs: Needs::default(),
        selection: Selection {
            service_categories: BTreeSet::from([category().id]),
            complexity_levels: BTreeMap::new(),
            desired_outcomes: BTreeMap::new(),
        },
        location: Location::default(),
        practitioner: Practitioner::default(),
        supplementary_risk_id: SupplementaryRiskId(id(8)),
        has_main_point_of_contact: None,
        assignments: Vec::new(),
        assessment: SupplierAssessment { id: SupplierAssessmentId(id(9)), appointments: Vec::new() },
        plans: Vec::new(),
        sessions: Vec::new(),
        report: None,
        end_request: None,
        conclusion: None,
        status: ReferralStatus::PreIca,
    }
}

/// A plan that nobody has submitted.
pub(super) fn draft_plan() -> ActionPlan {
    ActionPlan {
        id: ActionPlanId(id(61)),
        number_of_sessions: None,
        activities: Vec::new(),
        created_at: at("2026-07-01T09:00:00Z"),
        created_by: user("PROVIDER_1"),
        state: PlanState::Draft,
    }
}

/// Assigned, assessed, planned; one session held after a missed attempt, one waiting for feedback, one to come.
pub(super) fn under_way() -> Referral {
    let mut referral = bare();
    referral.person = PersonDetails {
        title: Some("Mx".to_owned()),
        first_name: Some("ALEX".to_owned()),
        last_name: Some("O'RIVER".to_owned()),
        date_of_birth: Some(date(1992, 2, 29)),
        gender: Some("Female".to_owned()),
        ethnicity: Some("White: other".to_owned()),
        preferred_language: Some("English".to_owned()),
        religion_or_belief: None,
        disabilities: Some(vec!["Autism".to_owned(), "Hearing <difficulties> & tinnitus".to_owned()]),
    };
    referral.details = Some(ReferralDetails {
        id: ReferralDetailsId(id(10)),
        created_at: at("2026-06-01T09:00:00Z"),
        created_by_id: "practitioner_1".to_owned(),
        reason_for_change: "first version".to_owned(),
        completion_deadline: Some(date(2026, 12, 1)),
        further_information: Some("Prefers mornings.\nLives with <family>.".to_owned()),
        maximum_enforceable_days: Some(10),
        reason_for_referral: Some("At risk of losing a tenancy.".to_owned()),
        reason_for_referral_further_information: None,
        reason_for_referral_before_allocation: None,
    });
    referral.needs = Needs {
        additional_needs_information: Some("Support with reading letters".to_owned()),
        accessibility_needs: None,
        needs_interpreter: Some(true),
        interpreter_language: Some("British Sign Language".to_owned()),
        has_additional_responsibilities: Some(false),
        when_unavailable: None,
    };
    let chosen = category();
    referral.selection.complexity_levels = BTreeMap::from([(chosen.id, chosen.complexity_levels[0].id)]);
    referral.selection.desired_outcomes =
        BTreeMap::from([(chosen.id, chosen.desired_outcomes.iter().map(|outcome| outcome.id).collect())]);
    referral.location.location_type = Some(LocationType::Community);
    referral.practitioner = Practitioner {
        ndelius_name: Some("Bernard Beaks".to_owned()),
        ndelius_email: Some("bernard.beaks@probation.example.gov.uk".to_owned()),
        ndelius_pdu: Some("Liverpool North".to_owned()),
        name: Some("Bernadette Beaks".to_owned()),
        ..Practitioner::default()
    };
    referral.assignments =
        vec![Assignment { to: user("PROVIDER_1"), by: user("PROVIDER_2"), at: at("2026-06-02T09:00:00Z") }];
    referral.assessment.appointments = vec![recorded(20, "2026-06-10T09:00:00Z", Attended::Yes)];
    referral.plans = vec![ActionPlan {
        id: ActionPlanId(id(60)),
        number_of_sessions: Some(4),
        state: PlanState::Approved { submitted: stamp(), approved: stamp() },
        ..draft_plan()
    }];
    let mut missed = recorded(21, "2026-06-20T09:00:00Z", Attended::No);
    missed.superseded_by = Some(AppointmentId(id(22)));
    let mut second_try = recorded(22, "2026-06-27T09:00:00Z", Attended::Yes);
    second_try.created_at = at("2026-06-21T09:00:00Z");
    let mut unconfirmed = appointment(24, "2026-07-16T13:30:00Z");
    unconfirmed.booking = Booking::Unconfirmed;
    let histories =
        [vec![missed, second_try], vec![appointment(23, "2026-07-09T09:00:00Z")], vec![unconfirmed], Vec::new()];
    referral.sessions = (1..)
        .zip(histories)
        .map(|(number, appointments)| DeliverySession {
            id: DeliverySessionId(id(30 + u128::from(number))),
            number,
            appointments,
        })
        .collect();
    referral.status = ReferralStatus::PostIca;
    referral
}

/// Ended early, with a report still owed.
pub(super) fn ended() -> Referral {
    let mut referral = under_way();
    referral.end_request = Some(EndRequest {
        at: at("2026-07-08T15:00:00Z"),
        by: user("PRACTITIONER_1"),
        reason: Some(EndReason::Withdrawal {
            code: "MOV".to_owned(),
            comments: "Moved away".to_owned(),
            state: WithdrawalState::PostIca,
        }),
    });
    referral.conclusion =
        Some(Conclusion { at: at("2026-07-08T15:00:00Z"), state: Some(ConcludedState::PrematurelyEnded) });
    referral
}

/// In prison, made before a community practitioner was allocated.
pub(super) fn in_custody() -> Referral {
    let mut referral = under_way();
    referral.location = Location {
        location_type: Some(LocationType::Custody),
        prison_id: Some("LEI".to_owned()),
        expected_release_date: None,
        expected_release_date_missing_reason: Some("waiting for a parole hearing".to_owned()),
        releasing_in_12_weeks: Some(true),
        expected_probation_office: None,
        expected_probation_office_unknown_reason: None,
    };
    referral.has_main_point_of_contact = Some(true);
    referral.practitioner.role_or_job_title = Some("Prison offender manager".to_owned());
    referral.practitioner.establishment = Some("LEI".to_owned());
    referral
}
