//! People, a contract, and a story that takes a referral from draft to wherever a test begins. Every step goes through
//! the decisions, so no test starts from a state that cannot come about.

use domain::action_plan::Activity;
use domain::appointment::{Appointment, AttendanceInput, BookingAnswer, BookingRequest, DeliveryType, SessionType};
use domain::catalogue::{
    Complexity, ComplexityLevel, Contract, ContractType, DesiredOutcome, Intervention, OutcomeRule, Provider,
    ServiceCategory,
};
use domain::draft::{DraftPatch, Handover, NewReferralIds, RedactedRisk};
use domain::end_of_service_report::{AchievementLevel, ReportOutcome};
use domain::ending::WithdrawalState;
use domain::feedback::{Attended, NoSessionReason, SessionFeedback};
use domain::referral::LocationType;
use domain::{
    ActionPlanId, ActivityId, AppointmentId, AuthSource, ComplexityLevelId, ContractId, ContractTypeId, Crn,
    DeliverySessionId, DesiredOutcomeId, DraftReferral, EndOfServiceReportId, Fact, InterventionId, Referral,
    ReferralDetailsId, ReferralId, ReferralReference, Refused, ServiceCategoryId, SupplementaryRiskId,
    SupplierAssessmentId, User,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Reads an instant.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// When every referral of these tests is sent: ten in the morning in London, in summer.
pub(crate) fn sent_at() -> Timestamp {
    at("2026-06-01T09:00:00Z")
}

pub(crate) fn minutes_after(from: Timestamp, minutes: i64) -> Timestamp {
    from + SignedDuration::from_mins(minutes)
}

pub(crate) fn practitioner() -> User {
    User { id: "p-1".to_owned(), source: AuthSource::Delius, username: "PRACTITIONER".to_owned() }
}

pub(crate) fn provider() -> User {
    User { id: "s-1".to_owned(), source: AuthSource::Auth, username: "CASEWORKER".to_owned() }
}

pub(crate) const CATEGORY: ServiceCategoryId = ServiceCategoryId(Uuid::from_u128(0xC1));
pub(crate) const OTHER_CATEGORY: ServiceCategoryId = ServiceCategoryId(Uuid::from_u128(0xC2));
pub(crate) const LEVEL: ComplexityLevelId = ComplexityLevelId(Uuid::from_u128(0xA1));
/// Offered, offered, deprecated, offered elsewhere only, not offered here.
pub(crate) const OUTCOMES: [DesiredOutcomeId; 5] = [
    DesiredOutcomeId(Uuid::from_u128(0xD1)),
    DesiredOutcomeId(Uuid::from_u128(0xD2)),
    DesiredOutcomeId(Uuid::from_u128(0xD3)),
    DesiredOutcomeId(Uuid::from_u128(0xD4)),
    DesiredOutcomeId(Uuid::from_u128(0xD5)),
];

pub(crate) fn category(id: ServiceCategoryId) -> ServiceCategory {
    let outcome = |index: usize, deprecated_at, rule| DesiredOutcome {
        id: OUTCOMES[index],
        description: format!("outcome {index}"),
        deprecated_at,
        rule,
    };
    ServiceCategory {
        id,
        name: "Accommodation".to_owned(),
        complexity_levels: vec![ComplexityLevel {
            id: LEVEL,
            title: "Low complexity".to_owned(),
            description: "Some help".to_owned(),
            complexity: Complexity::Low,
        }],
        desired_outcomes: vec![
            outcome(0, None, None),
            outcome(1, None, Some((OutcomeRule::Include, vec!["0001".to_owned()]))),
            outcome(2, Some(sent_at()), None),
            outcome(3, None, Some((OutcomeRule::Include, vec!["0002".to_owned()]))),
            outcome(4, None, Some((OutcomeRule::Exclude, vec!["0001".to_owned()]))),
        ],
    }
}

/// An intervention whose contract covers these categories.
pub(crate) fn intervention(service_categories: Vec<ServiceCategoryId>) -> Intervention {
    Intervention {
        id: InterventionId(Uuid::from_u128(1)),
        title: "A place to live".to_owned(),
        incoming_referral_mailbox: "referrals@provider.example".to_owned(),
        contract: Contract {
            id: ContractId(Uuid::from_u128(2)),
            reference: "0001".to_owned(),
            contract_type: ContractType {
                id: ContractTypeId(Uuid::from_u128(3)),
                code: "ACC".to_owned(),
                name: "Accommodation".to_owned(),
            },
            service_categories,
            prime_provider: Provider { id: "HARBOUR".to_owned(), name: "Harbour".to_owned() },
            subcontractors: Vec::new(),
            referral_end_at: None,
        },
    }
}

/// A draft just begun.
pub(crate) fn a_draft() -> DraftReferral {
    let id = ReferralId(Uuid::from_u128(10));
    DraftReferral::begin(id, Crn("X100001".to_owned()), intervention(vec![CATEGORY]), &practitioner(), sent_at())
}

/// A draft with all that sending asks for.
pub(crate) fn a_sendable_draft() -> DraftReferral {
    let patch = DraftPatch {
        location_type: Some(LocationType::Community),
        relevant_sentence_id: Some(42),
        ..DraftPatch::default()
    };
    a_draft()
        .patch(patch, sent_at())
        .and_then(|draft| draft.choose_complexity(&category(CATEGORY), LEVEL, sent_at()))
        .and_then(|draft| draft.choose_outcomes(&category(CATEGORY), &OUTCOMES[..2], sent_at()))
        .and_then(|draft| draft.redact_risk(RedactedRisk::default(), &practitioner(), sent_at()))
        .expect("a draft that keeps the rules")
}

pub(crate) fn reference() -> ReferralReference {
    ReferralReference("KQ2846AC".to_owned())
}

pub(crate) fn handover() -> Handover {
    Handover { supplementary_risk_id: SupplementaryRiskId(Uuid::from_u128(11)), expected_sentence_end: None }
}

pub(crate) fn new_referral_ids() -> NewReferralIds {
    NewReferralIds {
        details: ReferralDetailsId(Uuid::from_u128(12)),
        assessment: SupplierAssessmentId(Uuid::from_u128(13)),
    }
}

/// A referral just sent.
pub(crate) fn a_referral() -> Referral {
    a_sendable_draft()
        .start_sending(&practitioner(), sent_at(), reference)
        .and_then(|draft| draft.finish_sending(handover(), new_referral_ids(), sent_at()))
        .expect("a sendable draft")
        .1
}

/// A wish for a telephone call of an hour.
pub(crate) fn a_call(time: Timestamp) -> BookingRequest {
    BookingRequest {
        time,
        duration_minutes: 60,
        delivery_type: DeliveryType::PhoneCall,
        session_type: None,
        address: None,
        office_code: None,
        reschedule_requested_by: None,
        rescheduled_reason: None,
        attendance: None,
        session_feedback: None,
    }
}

/// The same wish with feedback: held when the person attended, missed when not.
pub(crate) fn with_feedback(wish: BookingRequest, attended: Attended) -> BookingRequest {
    let did_session_happen = Some(attended == Attended::Yes);
    BookingRequest {
        attendance: Some(AttendanceInput { attended: Some(attended), did_session_happen }),
        session_feedback: Some(full_feedback()),
        ..wish
    }
}

pub(crate) fn a_group(wish: BookingRequest) -> BookingRequest {
    BookingRequest { session_type: Some(SessionType::Group), ..wish }
}

/// Feedback that answers every question.
pub(crate) fn full_feedback() -> SessionFeedback {
    let text = || Some("words".to_owned());
    SessionFeedback {
        late: Some(false),
        no_attendance_information: text(),
        no_session_reason: Some(NoSessionReason::Logistics),
        no_session_reason_logistics: text(),
        session_summary: text(),
        session_response: text(),
        notify_of_behaviour: Some(false),
        notify_of_concerns: Some(false),
        ..SessionFeedback::default()
    }
}

pub(crate) fn said(attended: Attended, did_session_happen: bool) -> AttendanceInput {
    AttendanceInput { attended: Some(attended), did_session_happen: Some(did_session_happen) }
}

pub(crate) fn an_activity(number: u128) -> Activity {
    Activity {
        id: ActivityId(Uuid::from_u128(number)),
        description: "look for a room".to_owned(),
        created_at: sent_at(),
    }
}

/// A referral on its way, the time, and a source of ids.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) referral: Referral,
    pub(crate) now: Timestamp,
    ids: u128,
}

impl Story {
    /// Begins with a referral just sent.
    pub(crate) fn sent() -> Self {
        Self { referral: a_referral(), now: sent_at(), ids: 1000 }
    }

    pub(crate) fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    pub(crate) fn pass(&mut self, minutes: i64) {
        self.now = minutes_after(self.now, minutes);
    }

    pub(crate) fn take(&mut self, facts: Result<Vec<Fact>, Refused>) -> Vec<Fact> {
        let facts = facts.expect("a decision that is allowed");
        for fact in &facts {
            self.referral.apply(fact);
        }
        facts
    }

    /// Delius answers the newest proposal.
    pub(crate) fn answer(&mut self, answer: BookingAnswer) -> Vec<Fact> {
        let id = self
            .referral
            .appointments()
            .filter(|(_, held)| held.booking == domain::appointment::Booking::Proposed)
            .map(|(_, held)| held.id)
            .last()
            .expect("a proposal");
        self.take(Ok(self.referral.take_booking(id, answer, self.now)))
    }

    /// An hour ahead, an assessment is booked and confirmed; its id.
    pub(crate) fn book_assessment(&mut self) -> AppointmentId {
        let id = AppointmentId(self.id());
        let wish = a_call(minutes_after(self.now, 60));
        self.take(self.referral.schedule_assessment(&wish, &provider(), self.now, id));
        self.answer(BookingAnswer::Booked(100));
        id
    }

    /// An hour ahead, a session is booked and confirmed; its id.
    pub(crate) fn book_session(&mut self, number: u32) -> AppointmentId {
        let id = AppointmentId(self.id());
        let wish = a_call(minutes_after(self.now, 60));
        self.take(self.referral.schedule_session(number, &wish, &provider(), self.now, id));
        self.answer(BookingAnswer::Booked(200));
        id
    }

    /// Two hours on, all feedback is given.
    pub(crate) fn report_on(&mut self, id: AppointmentId, attended: Attended) -> Vec<Fact> {
        self.pass(120);
        let by = provider();
        let said = said(attended, attended == Attended::Yes);
        self.take(self.referral.record_attendance(id, said, &by, self.now));
        self.take(self.referral.record_session_feedback(id, full_feedback(), &by, self.now));
        self.take(self.referral.submit_feedback(id, &by, self.now))
    }

    /// The assessment is booked and held.
    pub(crate) fn assessed(mut self) -> Self {
        let id = self.book_assessment();
        self.report_on(id, Attended::Yes);
        self
    }

    /// A plan with so many sessions is drafted, submitted and thereby approved.
    pub(crate) fn planned(mut self, sessions: i32) -> Self {
        self.pass(1);
        let plan = ActionPlanId(self.id());
        let by = provider();
        self.take(self.referral.draft_plan(plan, Some(sessions), vec![an_activity(1)], &by, self.now));
        self.submit(plan).expect("a plan that keeps the rules");
        self
    }

    pub(crate) fn submit(&mut self, plan: ActionPlanId) -> Result<Vec<Fact>, Refused> {
        let mut ids = self.ids;
        let facts = self.referral.submit_plan(plan, &provider(), self.now, || {
            ids += 1;
            DeliverySessionId(Uuid::from_u128(ids))
        })?;
        self.ids = ids;
        Ok(self.take(Ok(facts)))
    }

    /// A session is booked and reported on.
    pub(crate) fn session(mut self, number: u32, attended: Attended) -> Self {
        let id = self.book_session(number);
        self.report_on(id, attended);
        self
    }

    pub(crate) fn withdrawn(mut self, state: WithdrawalState) -> Self {
        self.pass(1);
        let code = "MOV".to_owned();
        self.take(self.referral.withdraw(code, "moved".to_owned(), state, &practitioner(), self.now));
        self
    }

    /// The report is begun and every outcome written about; its id.
    pub(crate) fn write_report(&mut self) -> EndOfServiceReportId {
        self.pass(1);
        let id = EndOfServiceReportId(self.id());
        self.take(self.referral.begin_report(id, &provider(), self.now));
        for outcome in &OUTCOMES[..2] {
            self.take(self.referral.change_report(id, None, Some(an_entry(*outcome))));
        }
        id
    }

    pub(crate) fn appointment(&self, id: AppointmentId) -> &Appointment {
        self.referral.appointment(id).expect("an appointment of this referral").1
    }
}

pub(crate) fn an_entry(desired_outcome: DesiredOutcomeId) -> ReportOutcome {
    ReportOutcome {
        desired_outcome,
        achievement: AchievementLevel::Achieved,
        progression_comments: None,
        additional_task_comments: None,
    }
}

/// The facts' names, in order.
pub(crate) fn names(facts: &[Fact]) -> String {
    let name = |fact: &Fact| {
        let text = format!("{fact:?}");
        text.split([' ', '(']).next().unwrap_or_default().to_owned()
    };
    facts.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// The faults of a refusal, as `field CODE, …`.
pub(crate) fn faults<T: std::fmt::Debug>(result: Result<T, Refused>) -> String {
    match result {
        Err(Refused::Fields(errors)) => errors.to_string(),
        other => format!("{other:?}"),
    }
}
