//! E-mails: one purpose for each template. Who gets one, and with which words, is settled when it is delivered.

spelled_enum! {
    /// What an e-mail is about; also the last part of its template's configuration key.
    pub enum EmailPurpose {
        /// To the provider's mailbox: a referral arrived.
        ReferralSent = "referral-sent",
        /// To the caseworker: a referral is theirs.
        ReferralAssigned = "referral-assigned",
        /// To the practitioner: a plan can be read.
        ActionPlanSubmitted = "action-plan-submitted",
        /// To the plan's submitter: it is in force.
        ActionPlanApproved = "action-plan-approved",
        /// To the practitioner: the first meeting is booked or moved.
        InitialAssessmentScheduled = "initial-assessment-scheduled",
        /// To the practitioner: the person did not come.
        AppointmentNotAttended = "appointment-not-attended",
        /// To the practitioner: poor behaviour.
        SessionPoorBehaviour = "session-poor-behaviour",
        /// To the practitioner: concerns.
        SessionConcerns = "session-concerns",
        /// To the practitioner: the report can be read.
        EndOfServiceReportSubmitted = "end-of-service-report-submitted",
        /// To the caseworker: a case note.
        CaseNoteSent = "case-note-sent",
        /// To the practitioner: a case note.
        CaseNoteSentPp = "case-note-sent-pp",
        /// To the caseworker: another complexity level.
        ComplexityLevelChanged = "complexity-level-changed",
        /// To the caseworker: other desired outcomes.
        DesiredOutcomeChanged = "desired-outcome-changed",
        /// To the caseworker: other needs and requirements.
        NeedsChanged = "needs-and-requirements-outcome-changed",
        /// To the caseworker and the practitioner: another completion deadline.
        CompletionDeadlineUpdated = "completion-deadline-updated",
        /// To the caseworker: another number of enforceable days.
        EnforceableDaysUpdated = "enforceable-days-updated",
        /// To the caseworker: another reason for the referral.
        ReasonForReferralUpdated = "reason-for-referral-updated",
        /// To the caseworker: another prison.
        PrisonEstablishmentUpdated = "prison-establishment-updated",
        /// To the caseworker: another release date, or none.
        ExpectedReleaseDateUpdated = "expected-release-date-updated",
        /// To the caseworker: another probation office.
        ProbationOfficeUpdated = "probation-office-updated",
        /// To the caseworker: another name of the practitioner.
        PractitionerNameUpdated = "probation-practitioner-name-updated",
        /// To the caseworker: another e-mail address of the practitioner.
        PractitionerEmailUpdated = "probation-practitioner-email-updated",
        /// To the caseworker: another telephone number of the practitioner.
        PractitionerPhoneUpdated = "probation-practitioner-phone-number-updated",
        /// To the caseworker: another telephone number of the practitioner's team.
        PractitionerTeamPhoneUpdated = "probation-practitioner-team-phone-number-updated",
        /// To the caseworker: withdrawn before the first session was held.
        ReferralPreIcaWithdrawn = "referral-pre-ica-withdrawn",
        /// To the caseworker: withdrawn after it.
        ReferralPostIcaWithdrawn = "referral-post-ica-withdrawn",
        /// To the caseworker: closed early.
        ReferralWithdrawEarly = "referral-withdraw-early",
        /// To the practitioner: Delius takes no updates any more and somebody must choose what to do. Ours: not every
        /// account has a template for it.
        DeliusNeedsChoice = "delius-needs-choice",
        /// To the operators: the same, without anything about the person. Ours: not every account has a template for it.
        DeliusNeedsOperator = "delius-needs-operator",
        /// To the caseworker: Delius found, after we had taken a booking, that the person has another appointment then.
        /// Ours: not every account has a template for it.
        AppointmentClash = "appointment-clash",
    }
}

impl EmailPurpose {
    /// Whether the product does without it where no template is configured.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::DeliusNeedsChoice | Self::DeliusNeedsOperator | Self::AppointmentClash)
    }
}
