//! The ids of everything that has one.

uuid_id! {
    /// A referral, and the draft that it was: both share one id.
    ReferralId,
    /// One version of a referral's details.
    ReferralDetailsId,
    /// A catalogue entry; exactly one for each contract.
    InterventionId,
    /// A dynamic framework contract.
    ContractId,
    /// The kind of service that a contract buys.
    ContractTypeId,
    /// An area of need.
    ServiceCategoryId,
    /// How much help is needed within one service category.
    ComplexityLevelId,
    /// A result that is sought within one service category.
    DesiredOutcomeId,
    /// The one supplier assessment of a referral.
    SupplierAssessmentId,
    /// An appointment; also the last part of its URN in Delius.
    AppointmentId,
    /// One version of a referral's action plan.
    ActionPlanId,
    /// An activity of an action plan.
    ActivityId,
    /// A numbered slot of an approved plan.
    DeliverySessionId,
    /// The end of service report of a referral.
    EndOfServiceReportId,
    /// A case note.
    CaseNoteId,
    /// An entry of a referral's change log.
    ChangeLogId,
    /// The record that the risk system keeps of the redacted risk that we handed over.
    SupplementaryRiskId,
    /// One run of a job.
    JobRunId,
    /// One import of the catalogue.
    ImportRunId,
    /// An effect on another system; the receiver sees it, so a repeat can be recognised.
    EffectId,
    /// A disagreement between Delius and us.
    DiscrepancyId,
}
