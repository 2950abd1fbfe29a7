//! Filled domain values for the tests of shapes: every optional part is there.

use std::collections::{BTreeMap, BTreeSet};

use app::changelog::LoggedChange;
use domain::action_plan::{ActionPlan, Activity, PlanState};
use domain::amendment::{Change, Topic, Values};
use domain::appointment::{Address, Appointment, Booking, Delivery, SessionType};
use domain::catalogue::{
    Complexity, ComplexityLevel, Contract, ContractArea, ContractType, DesiredOutcome, Eligibility, Intervention,
    InterventionEntry, NpsRegion, PccRegion, Provider, ServiceCategory,
};
use domain::draft::{DraftDetails, DraftRisk, DraftState, RedactedRisk};
use domain::end_of_service_report::{AchievementLevel, EndOfServiceReport, ReportOutcome};
use domain::ending::{ConcludedState, Conclusion, EndReason, EndRequest, ReferralStatus, WithdrawalState};
use domain::feedback::{Attendance, Attended, Feedback, LegacyFeedback, NoSessionReason, SessionFeedback, Stamp};
use domain::person::PersonDetails;
use domain::referral::{
    Assignment, DeliverySession, Location, LocationType, Needs, Practitioner, ReferralDetails, RelevantSentence,
    Selection, SupplierAssessment,
};
use domain::{
    ActionPlanId, ActivityId, AppointmentId, AuthSource, ChangeLogId, ComplexityLevelId, ContractId, ContractTypeId,
    Crn, DeliverySessionId, DesiredOutcomeId, DraftReferral, EndOfServiceReportId, InterventionId, Referral,
    ReferralDetailsId, ReferralId, ReferralReference, ServiceCategoryId, SupplementaryRiskId, SupplierAssessmentId,
    User,
};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use uuid::Uuid;

/// The `n`th id.
pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// 3 February 2031, 4:05:06, and a fraction.
pub(crate) fn instant() -> Timestamp {
    "2031-02-03T04:05:06.789012Z".parse().expect("an instant")
}

fn day() -> Date {
    date(2031, 2, 3)
}

#[expect(clippy::unnecessary_wraps, reason = "every use is an optional text")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn practitioner_user() -> User {
    User { id: "P1".to_owned(), source: AuthSource::Delius, username: "PRACTITIONER_1".to_owned() }
}

pub(crate) fn provider_user() -> User {
    User { id: "S1".to_owned(), source: AuthSource::Auth, username: "PROVIDER_1".to_owned() }
}

fn stamp() -> Stamp {
    Stamp { at: instant(), by: provider_user() }
}

pub(crate) fn intervention() -> Intervention {
    Intervention {
        id: InterventionId(id(1)),
        title: "Accommodation in the north".to_owned(),
        incoming_referral_mailbox: "referrals@provider.example".to_owned(),
        contract: Contract {
            id: ContractId(id(2)),
            reference: "CRS0001".to_owned(),
            contract_type: ContractType {
                id: ContractTypeId(id(3)),
                code: "ACC".to_owned(),
                name: "Accommodation".to_owned(),
            },
            service_categories: vec![ServiceCategoryId(id(4))],
            prime_provider: Provider { id: "HARBOUR_TRUST".to_owned(), name: "Harbour Trust".to_owned() },
            subcontractors: vec![],
            referral_end_at: None,
        },
    }
}

pub(crate) fn category() -> ServiceCategory {
    ServiceCategory {
        id: ServiceCategoryId(id(4)),
        name: "Accommodation".to_owned(),
        complexity_levels: vec![ComplexityLevel {
            id: ComplexityLevelId(id(5)),
            title: "Low complexity".to_owned(),
            description: "Little help".to_owned(),
            complexity: Complexity::Low,
        }],
        desired_outcomes: vec![DesiredOutcome {
            id: DesiredOutcomeId(id(6)),
            description: "Housed".to_owned(),
            deprecated_at: None,
            rule: None,
        }],
    }
}

pub(crate) fn entry() -> InterventionEntry {
    let region = NpsRegion { id: "C".to_owned(), name: "North West".to_owned() };
    let area = PccRegion { id: "cheshire".to_owned(), name: "Cheshire".to_owned(), nps_region: region.clone() };
    InterventionEntry {
        intervention: intervention(),
        description: "Finding a home".to_owned(),
        area: ContractArea::Nps(region, vec![area]),
        eligibility: Eligibility { minimum_age: 18, maximum_age: None, allows_female: true, allows_male: false },
        referral_start_on: day(),
        service_categories: vec![category()],
    }
}

fn person() -> PersonDetails {
    PersonDetails {
        title: text("Mx"),
        first_name: text("Alex"),
        last_name: text("River"),
        date_of_birth: Some(date(1990, 1, 2)),
        gender: text("Other"),
        ethnicity: text("Not stated"),
        preferred_language: text("Welsh"),
        religion_or_belief: text("None"),
        disabilities: Some(vec!["Sight".to_owned()]),
    }
}

fn needs() -> Needs {
    Needs {
        additional_needs_information: text("Needs"),
        accessibility_needs: text("Ramp"),
        needs_interpreter: Some(true),
        interpreter_language: text("Welsh"),
        has_additional_responsibilities: Some(true),
        when_unavailable: text("Mornings"),
    }
}

fn selection() -> Selection {
    let category = ServiceCategoryId(id(4));
    Selection {
        service_categories: BTreeSet::from([category]),
        complexity_levels: BTreeMap::from([(category, ComplexityLevelId(id(5)))]),
        desired_outcomes: BTreeMap::from([(category, BTreeSet::from([DesiredOutcomeId(id(6))]))]),
    }
}

fn location() -> Location {
    Location {
        location_type: Some(LocationType::Custody),
        prison_id: text("ABC"),
        expected_release_date: Some(day()),
        expected_release_date_missing_reason: None,
        releasing_in_12_weeks: Some(false),
        expected_probation_office: text("Harbour office"),
        expected_probation_office_unknown_reason: None,
    }
}

fn practitioner() -> Practitioner {
    Practitioner { ndelius_name: text("Sam Field"), name: text("Sam Meadow"), ..Practitioner::default() }
}

pub(crate) fn risk() -> RedactedRisk {
    RedactedRisk { who_is_at_risk: text("Nobody"), ..RedactedRisk::default() }
}

pub(crate) fn draft() -> DraftReferral {
    DraftReferral {
        id: ReferralId(id(10)),
        version: 1,
        created_at: instant(),
        created_by: practitioner_user(),
        changed_at: instant(),
        crn: Crn("X100001".to_owned()),
        person: person(),
        intervention: intervention(),
        relevant_sentence_id: Some(2_500_000_001),
        details: DraftDetails { completion_deadline: Some(day()), ..DraftDetails::default() },
        needs: needs(),
        selection: selection(),
        location: location(),
        already_know_prison_name: Some(true),
        allocated_community_pp: Some(true),
        has_valid_delius_pp_details: Some(true),
        has_main_point_of_contact: Some(false),
        practitioner: practitioner(),
        risk: DraftRisk { redacted: None, free_text: Some(("Some risk".to_owned(), instant())) },
        state: DraftState::Editing,
    }
}

pub(crate) fn empty_draft() -> DraftReferral {
    DraftReferral {
        person: PersonDetails::default(),
        relevant_sentence_id: None,
        details: DraftDetails::default(),
        needs: Needs::default(),
        selection: Selection::default(),
        location: Location::default(),
        already_know_prison_name: None,
        allocated_community_pp: None,
        has_valid_delius_pp_details: None,
        has_main_point_of_contact: None,
        practitioner: Practitioner::default(),
        risk: DraftRisk::default(),
        ..draft()
    }
}

pub(crate) fn feedback() -> Feedback {
    Feedback {
        attendance: Some(Attendance { attended: Attended::Yes, did_session_happen: Some(true), recorded: stamp() }),
        session: Some((
            SessionFeedback {
                late: Some(false),
                session_summary: text("Went well"),
                no_session_reason: Some(NoSessionReason::Logistics),
                notify_of_concerns: Some(false),
                ..SessionFeedback::default()
            },
            stamp(),
        )),
        submitted: Some(stamp()),
        legacy: LegacyFeedback::default(),
    }
}

pub(crate) fn appointment(n: u128, booking: Booking) -> Appointment {
    Appointment {
        id: AppointmentId(id(n)),
        time: instant(),
        duration_minutes: 60,
        delivery: Delivery::OtherPlace(Address {
            first_line: "1 Quay Street".to_owned(),
            second_line: None,
            town_or_city: None,
            county: None,
            postcode: "AB12CD".to_owned(),
        }),
        session_type: SessionType::OneToOne,
        created_at: Timestamp::from_second(i64::try_from(n).expect("small")).expect("in range"),
        created_by: provider_user(),
        booking,
        replaces: None,
        superseded_by: None,
        reschedule_requested_by: None,
        rescheduled_reason: None,
        stale: false,
        feedback: feedback(),
    }
}

/// Five appointments, one for each state of booking: two of them were never ours.
pub(crate) fn history() -> Vec<Appointment> {
    vec![
        appointment(100, Booking::Confirmed(Some(7))),
        appointment(101, Booking::Clash),
        appointment(102, Booking::Refused),
        appointment(103, Booking::Confirmed(Some(8))),
        appointment(104, Booking::Proposed),
    ]
}

pub(crate) fn plan() -> ActionPlan {
    ActionPlan {
        id: ActionPlanId(id(20)),
        number_of_sessions: Some(1),
        activities: vec![Activity {
            id: ActivityId(id(21)),
            description: "Look for a home".to_owned(),
            created_at: instant(),
        }],
        created_at: instant(),
        created_by: provider_user(),
        state: PlanState::Approved { submitted: stamp(), approved: Stamp { at: instant(), by: User::service() } },
    }
}

pub(crate) fn report() -> EndOfServiceReport {
    EndOfServiceReport {
        id: EndOfServiceReportId(id(30)),
        created_at: instant(),
        created_by: provider_user(),
        further_information: text("More"),
        outcomes: vec![ReportOutcome {
            desired_outcome: DesiredOutcomeId(id(6)),
            achievement: AchievementLevel::PartiallyAchieved,
            progression_comments: text("Nearly"),
            additional_task_comments: None,
        }],
        submitted: Some(stamp()),
    }
}

pub(crate) fn descriptions() -> BTreeMap<DesiredOutcomeId, String> {
    BTreeMap::from([(DesiredOutcomeId(id(6)), "Housed".to_owned())])
}

/// A withdrawn referral with everything that one can have.
pub(crate) fn referral() -> Referral {
    Referral {
        id: ReferralId(id(10)),
        version: 1,
        reference: ReferralReference("KQ2846AC".to_owned()),
        created_at: instant(),
        created_by: practitioner_user(),
        sent_at: instant(),
        sent_by: practitioner_user(),
        crn: Crn("X100001".to_owned()),
        person: person(),
        intervention: intervention(),
        sentence: RelevantSentence { id: 2_500_000_001, expected_end: None },
        details: Some(ReferralDetails {
            id: ReferralDetailsId(id(11)),
            created_at: instant(),
            created_by_id: "P1".to_owned(),
            reason_for_change: "initial referral details".to_owned(),
            completion_deadline: Some(day()),
            further_information: text("Further"),
            maximum_enforceable_days: Some(10),
            reason_for_referral: text("Reason"),
            reason_for_referral_further_information: text("More reason"),
            reason_for_referral_before_allocation: text("Early"),
        }),
        needs: needs(),
        selection: selection(),
        location: location(),
        practitioner: practitioner(),
        supplementary_risk_id: SupplementaryRiskId(id(12)),
        has_main_point_of_contact: Some(false),
        assignments: vec![Assignment { to: provider_user(), by: provider_user(), at: instant() }],
        assessment: SupplierAssessment { id: SupplierAssessmentId(id(13)), appointments: history() },
        plans: vec![plan()],
        sessions: vec![session()],
        report: Some(report()),
        end_request: Some(EndRequest {
            at: instant(),
            by: practitioner_user(),
            reason: Some(EndReason::Withdrawal {
                code: "MOV".to_owned(),
                comments: "Moved".to_owned(),
                state: WithdrawalState::CloseEarly,
            }),
        }),
        conclusion: Some(Conclusion { at: instant(), state: Some(ConcludedState::PrematurelyEnded) }),
        status: ReferralStatus::PostIca,
    }
}

pub(crate) fn session() -> DeliverySession {
    DeliverySession { id: DeliverySessionId(id(14)), number: 1, appointments: history() }
}

/// A change of the prison.
pub(crate) fn logged() -> LoggedChange {
    let change = Change {
        id: ChangeLogId(id(50)),
        topic: Topic::PrisonEstablishment,
        old: Values::default(),
        new: Values::default(),
        reason: "Moved".to_owned(),
        at: instant(),
        by: practitioner_user(),
    };
    LoggedChange { change, referral: ReferralId(id(10)), changed_by: "Maya Thornbury".to_owned() }
}
