//! Delius, the probation record: what it knows about a case, and what we tell it.
//!
//! Owns the port: plain types that hold whichever API answers. Today there is one adapter, [`integration`]; another can
//! stand beside it, chosen operation by operation, without a change to any caller. The port refuses to know an NSI's
//! id: Delius is found again by our own references only. Writes are never repeated here.

mod activity;
mod case;
mod estate;
mod integration;
mod reader;

pub use activity::{DeliusContactId, PutAppointment, SessionOutcome, StartReferral};
pub use case::{
    Address, CaseAccess, CaseDetails, CaseIdentifiers, ContactDetails, Conviction, Disability, MainOffence,
    ManagedCase, Manager, PersonName, Profile, ResponsibleOfficer, Sentence,
};
pub use estate::{CodedName, DeliveryUnit, OfficeLocation, Team, UserDetails};

use crate::auth::Service;
use crate::breaker::BreakerState;
use crate::config::ReaderConfig;
use crate::error::UpstreamError;
use crate::trace::Trace;
use domain::collection::Reading;
use domain::{Crn, ReferralId};
use integration::Integration;
use reader::Reader;
use std::sync::atomic::AtomicBool;

/// How many cases one access question may name.
pub const ACCESS_BATCH: usize = 500;

/// The probation record.
pub struct Delius {
    integration: Integration,
    reader: Reader,
}

impl Delius {
    /// `older` is the older API, for the way of reading activities that needs it.
    pub(crate) fn new(service: Service, way: &ReaderConfig, older: Option<Service>) -> Self {
        let reader = match (way, older) {
            (ReaderConfig::LegacyNsi(_), Some(older)) => Reader::LegacyNsi(Box::new(older)),
            (ReaderConfig::Urn, _) => Reader::Urn { has_answered: AtomicBool::new(false) },
            (ReaderConfig::Inference | ReaderConfig::LegacyNsi(_), _) => Reader::Inference,
        };
        Self { integration: Integration::new(service), reader }
    }

    /// Name, dates, profile and contact details; `None` when there is no such case (a merged one included).
    pub async fn case_details(&self, trace: &Trace, crn: &Crn) -> Result<Option<CaseDetails>, UpstreamError> {
        self.integration.case_details(trace, crn).await
    }

    /// The person's other identifiers. An unknown case is **not** an error: it answers with no prison number.
    pub async fn identifiers(&self, trace: &Trace, crn: &Crn) -> Result<CaseIdentifiers, UpstreamError> {
        self.integration.identifiers(trace, crn).await
    }

    /// The active, sentenced convictions; `None` when there is no such case.
    pub async fn convictions(&self, trace: &Trace, crn: &Crn) -> Result<Option<Vec<Conviction>>, UpstreamError> {
        self.integration.convictions(trace, crn).await
    }

    /// One conviction in any state; `None` when there is no such case or conviction.
    pub async fn conviction(
        &self,
        trace: &Trace,
        crn: &Crn,
        conviction_id: i64,
    ) -> Result<Option<Conviction>, UpstreamError> {
        self.integration.conviction(trace, crn, conviction_id).await
    }

    /// Who manages the case; `None` when nobody in the community does (a merged case included).
    pub async fn responsible_officer(
        &self,
        trace: &Trace,
        crn: &Crn,
    ) -> Result<Option<ResponsibleOfficer>, UpstreamError> {
        self.integration.responsible_officer(trace, crn).await
    }

    /// Whether a user may see each of these cases: one entry per reference, in the order given, asked in batches of
    /// [`ACCESS_BATCH`]. A case that Delius left out of its answer comes back as not answered, hence closed.
    ///
    /// An unknown case comes back as open: confirm it with [`Self::case_details`] before relying on that.
    pub async fn case_access(
        &self,
        trace: &Trace,
        username: &str,
        crns: &[Crn],
    ) -> Result<Vec<CaseAccess>, UpstreamError> {
        self.integration.case_access(trace, username, crns).await
    }

    /// The cases that a user manages; an unknown user manages none.
    pub async fn managed_cases(&self, trace: &Trace, username: &str) -> Result<Vec<ManagedCase>, UpstreamError> {
        self.integration.managed_cases(trace, username).await
    }

    /// A Delius user's name and address; `None` when there is no such user.
    pub async fn user_details(&self, trace: &Trace, username: &str) -> Result<Option<UserDetails>, UpstreamError> {
        self.integration.user_details(trace, username).await
    }

    /// The offices that appointments may be booked at.
    pub async fn office_locations(&self, trace: &Trace) -> Result<Vec<OfficeLocation>, UpstreamError> {
        self.integration.office_locations(trace).await
    }

    /// The probation delivery units that may be chosen.
    pub async fn delivery_units(&self, trace: &Trace) -> Result<Vec<DeliveryUnit>, UpstreamError> {
        self.integration.delivery_units(trace).await
    }

    /// Starts the activity that carries our referral's reference.
    ///
    /// Safe to repeat while the activity is open; after it has ended a repeat half-reopens it, so the caller must not.
    pub async fn start_referral(&self, trace: &Trace, crn: &Crn, start: &StartReferral) -> Result<(), UpstreamError> {
        self.integration.start_referral(trace, crn, start).await
    }

    /// Books, moves or completes an appointment and gives the id by which Delius knows it.
    ///
    /// A repeat is safe for a booking under the same id and times; a move (`previous_id` set) must not be repeated
    /// after an ambiguous answer.
    pub async fn put_appointment(
        &self,
        trace: &Trace,
        crn: &Crn,
        appointment: &PutAppointment,
    ) -> Result<DeliusContactId, UpstreamError> {
        self.integration.put_appointment(trace, crn, appointment).await
    }

    /// What Delius holds of a referral, as far as the configured way of reading can see.
    pub async fn read_activity(
        &self,
        trace: &Trace,
        crn: &Crn,
        referral: ReferralId,
        sentence: i64,
    ) -> Result<Reading, UpstreamError> {
        self.reader.read(&self.integration, trace, crn, referral, sentence).await
    }

    /// What the circuit breaker of the older API is doing, where activities are read through it.
    pub fn reader_breaker_state(&self) -> Option<BreakerState> {
        match &self.reader {
            Reader::LegacyNsi(service) => Some(service.breaker_state()),
            Reader::Inference | Reader::Urn { .. } => None,
        }
    }

    /// Whether the configured way of reading may show activities: then it is worth asking. A reading says by itself
    /// whether it did.
    pub fn sees_activities(&self) -> bool {
        self.reader.sees_activities()
    }

    /// What the circuit breaker is doing.
    pub fn breaker_state(&self) -> BreakerState {
        self.integration.breaker_state()
    }
}
