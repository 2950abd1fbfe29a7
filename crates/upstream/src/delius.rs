//! Delius, the probation record: what it knows about a case, and what we tell it.
//!
//! Owns the port: plain types that hold whichever API answers. Two adapters stand behind it, [`integration`] and
//! [`legacy`], chosen operation by operation ([`Adapters`]) without a change to any caller. The port refuses to know an
//! NSI's id: Delius is found again by our own references only. Writes are never repeated here, and who sends one says
//! through which API.

mod activity;
mod adapter;
mod call;
mod case;
mod estate;
mod integration;
mod legacy;
mod reader;
mod shadow;
mod sides;

pub use activity::{DeliusContactId, EndReferral, Note, PutAppointment, RecordOutcome, SessionOutcome, StartReferral};
pub use adapter::{Adapter, Adapters, Operation, OperationKind};
pub use call::is_write;
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
use legacy::Legacy;
use reader::Reader;
use runtime::Tasks;
use shadow::Shadow;
use sides::Sides;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How many cases one access question may name.
pub const ACCESS_BATCH: usize = 500;

/// The probation record.
pub struct Delius {
    sides: Sides,
    reader: Reader,
}

impl Delius {
    /// `legacy` is the older API, where anything needs it.
    pub(crate) fn new(service: Service, way: &ReaderConfig, adapters: Adapters, legacy: Option<Service>) -> Self {
        let legacy = legacy.map(Arc::new);
        let reader = match (way, &legacy) {
            (ReaderConfig::LegacyNsi, Some(legacy)) => Reader::LegacyNsi(Arc::clone(legacy)),
            (ReaderConfig::Urn, _) => Reader::Urn { has_answered: AtomicBool::new(false) },
            (ReaderConfig::Inference | ReaderConfig::LegacyNsi, _) => Reader::Inference,
        };
        let sides = Sides {
            integration: Arc::new(Integration::new(service)),
            legacy: legacy.map(|legacy| Arc::new(Legacy::new(legacy))),
            adapters,
            shadow: None,
        };
        Self { sides, reader }
    }

    /// Puts reads to the other API too, in the background, where that is configured.
    pub(crate) fn cast_shadows(&mut self, tasks: &Tasks) {
        self.sides.shadow = self.sides.adapters.shadow_reads.then(|| Shadow::new(tasks));
    }

    /// Who carries what.
    pub fn adapters(&self) -> &Adapters {
        &self.sides.adapters
    }

    /// Whether the older API is configured.
    pub fn has_legacy(&self) -> bool {
        self.sides.legacy.is_some()
    }

    /// Name, dates, profile and contact details; `None` when there is no such case (a merged one included).
    pub async fn case_details(&self, trace: &Trace, crn: &Crn) -> Result<Option<CaseDetails>, UpstreamError> {
        self.sides.case_details(trace, crn).await
    }

    /// The person's other identifiers. An unknown case is **not** an error: it answers with no prison number.
    pub async fn identifiers(&self, trace: &Trace, crn: &Crn) -> Result<CaseIdentifiers, UpstreamError> {
        self.sides.identifiers(trace, crn).await
    }

    /// The active, sentenced convictions; `None` when there is no such case.
    pub async fn convictions(&self, trace: &Trace, crn: &Crn) -> Result<Option<Vec<Conviction>>, UpstreamError> {
        self.sides.convictions(trace, crn).await
    }

    /// One conviction in any state; `None` when there is no such case or conviction.
    pub async fn conviction(
        &self,
        trace: &Trace,
        crn: &Crn,
        conviction_id: i64,
    ) -> Result<Option<Conviction>, UpstreamError> {
        self.sides.conviction(trace, crn, conviction_id).await
    }

    /// Who manages the case; `None` when nobody in the community does (a merged case included).
    pub async fn responsible_officer(
        &self,
        trace: &Trace,
        crn: &Crn,
    ) -> Result<Option<ResponsibleOfficer>, UpstreamError> {
        self.sides.responsible_officer(trace, crn).await
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
        self.sides.case_access(trace, username, crns).await
    }

    /// The cases that a user manages; an unknown user manages none.
    pub async fn managed_cases(&self, trace: &Trace, username: &str) -> Result<Vec<ManagedCase>, UpstreamError> {
        self.sides.managed_cases(trace, username).await
    }

    /// A Delius user's name and address; `None` when there is no such user.
    pub async fn user_details(&self, trace: &Trace, username: &str) -> Result<Option<UserDetails>, UpstreamError> {
        self.sides.user_details(trace, username).await
    }

    /// The offices that appointments may be booked at.
    pub async fn office_locations(&self, trace: &Trace) -> Result<Vec<OfficeLocation>, UpstreamError> {
        self.sides.integration.office_locations(trace).await
    }

    /// The probation delivery units that may be chosen.
    pub async fn delivery_units(&self, trace: &Trace) -> Result<Vec<DeliveryUnit>, UpstreamError> {
        self.sides.integration.delivery_units(trace).await
    }

    /// Starts the activity that carries our referral's reference.
    ///
    /// Through the integration API a repeat is safe while the activity is open; after it has ended a repeat half-reopens
    /// it, so the caller must not. Through the older API every call makes another activity.
    pub async fn start_referral(
        &self,
        by: Adapter,
        trace: &Trace,
        crn: &Crn,
        start: &StartReferral,
    ) -> Result<(), UpstreamError> {
        match by {
            Adapter::Integration => self.sides.integration.start_referral(trace, crn, start).await,
            Adapter::Legacy => self.sides.legacy(call::START)?.start_referral(trace, crn, start).await,
        }
    }

    /// Books, moves or completes an appointment and gives the id by which Delius knows it.
    ///
    /// Through the integration API a repeat is safe for a booking under the same id and times; a move (`previous_id`
    /// set) must not be repeated after an ambiguous answer. Through the older API a booking or a move that is repeated
    /// while its time is still to come clashes with itself; one whose time has passed is made twice.
    pub async fn put_appointment(
        &self,
        by: Adapter,
        trace: &Trace,
        crn: &Crn,
        appointment: &PutAppointment,
    ) -> Result<DeliusContactId, UpstreamError> {
        match by {
            Adapter::Integration => self.sides.integration.put_appointment(trace, crn, appointment).await,
            Adapter::Legacy => self.sides.legacy(call::PUT_APPOINTMENT)?.put_appointment(trace, crn, appointment).await,
        }
    }

    /// Records how an appointment went, through the older API. May be repeated.
    pub async fn record_outcome(&self, trace: &Trace, crn: &Crn, outcome: &RecordOutcome) -> Result<(), UpstreamError> {
        self.sides.legacy(call::OUTCOME)?.record_outcome(trace, crn, outcome).await
    }

    /// Ends the activity, through the older API. A repeat is refused as "no open activity" (400).
    pub async fn end_referral(&self, trace: &Trace, crn: &Crn, end: &EndReferral) -> Result<(), UpstreamError> {
        self.sides.legacy(call::END)?.end_referral(trace, crn, end).await
    }

    /// Leaves a note on the activity, through the older API. May be repeated: one note a second.
    pub async fn notify(&self, trace: &Trace, crn: &Crn, note: &Note) -> Result<(), UpstreamError> {
        self.sides.legacy(call::NOTIFY)?.notify(trace, crn, note).await
    }

    /// What Delius holds of a referral as the older API lists it, however activities are read otherwise: what an
    /// ambiguous start or end of that API must be followed by.
    pub async fn read_activity_by_legacy(
        &self,
        trace: &Trace,
        crn: &Crn,
        referral: ReferralId,
        sentence: i64,
    ) -> Result<Reading, UpstreamError> {
        let legacy = self.sides.legacy("activities")?;
        reader::list(legacy.service(), &self.sides, trace, crn, referral, sentence).await
    }

    /// What Delius holds of a referral, as far as the configured way of reading can see.
    pub async fn read_activity(
        &self,
        trace: &Trace,
        crn: &Crn,
        referral: ReferralId,
        sentence: i64,
    ) -> Result<Reading, UpstreamError> {
        self.reader.read(&self.sides, trace, crn, referral, sentence).await
    }

    /// What the circuit breaker of the older API is doing, where that API is used.
    pub fn legacy_breaker_state(&self) -> Option<BreakerState> {
        self.sides.legacy.as_ref().map(|legacy| legacy.breaker_state())
    }

    /// Whether the configured way of reading may show activities: then it is worth asking. A reading says by itself
    /// whether it did.
    pub fn sees_activities(&self) -> bool {
        self.reader.sees_activities()
    }

    /// What the circuit breaker is doing.
    pub fn breaker_state(&self) -> BreakerState {
        self.sides.integration.breaker_state()
    }
}
