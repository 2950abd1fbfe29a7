//! Domain events: what we publish. The names are a public contract and never change.

spelled_enum! {
    /// The kinds of event.
    pub enum EventType {
        /// A referral was sent.
        ReferralSent = "intervention.referral.sent",
        /// A caseworker was assigned.
        ReferralAssigned = "intervention.referral.assigned",
        /// A referral was concluded.
        ReferralConcluded = "intervention.referral.concluded",
        /// A referral ended: Delius closes its activity.
        ReferralEnded = "intervention.referral.ended",
        /// A plan was submitted.
        ActionPlanSubmitted = "intervention.action-plan.submitted",
        /// A plan was approved.
        ActionPlanApproved = "intervention.action-plan.approved",
        /// A delivery session was attended.
        SessionAttended = "intervention.session-appointment.attended",
        /// A delivery session was missed.
        SessionMissed = "intervention.session-appointment.missed",
        /// A delivery session's feedback was submitted.
        SessionFeedbackSubmitted = "intervention.session-appointment.session-feedback-submitted",
        /// The supplier assessment was attended.
        AssessmentAttended = "intervention.initial-assessment-appointment.attended",
        /// The supplier assessment was missed.
        AssessmentMissed = "intervention.initial-assessment-appointment.missed",
        /// The supplier assessment's feedback was submitted.
        AssessmentFeedbackSubmitted = "intervention.initial-assessment-appointment.session-feedback-submitted",
        /// An end of service report was submitted.
        ReportSubmitted = "intervention.end-of-service-report.submitted",
    }
}

impl EventType {
    /// Whether Delius acts on events of this kind, calling back for the detail. Such an event waits for the
    /// referral's earlier calls to Delius.
    pub fn is_consumed_by_delius(self) -> bool {
        matches!(
            self,
            Self::ReferralEnded
                | Self::ActionPlanSubmitted
                | Self::ActionPlanApproved
                | Self::SessionFeedbackSubmitted
                | Self::AssessmentFeedbackSubmitted
        )
    }

    /// One sentence for whoever reads the topic.
    pub fn description(self) -> &'static str {
        match self {
            Self::ReferralSent => "a referral was sent to its provider",
            Self::ReferralAssigned => "a referral was given to a caseworker",
            Self::ReferralConcluded => "a referral was concluded and nothing more is due on it",
            Self::ReferralEnded => "a referral ended: its activity may be closed",
            Self::ActionPlanSubmitted => "the provider submitted an action plan",
            Self::ActionPlanApproved => "an action plan came into force",
            Self::SessionAttended => "the person came to a delivery session",
            Self::SessionMissed => "the person did not come to a delivery session",
            Self::SessionFeedbackSubmitted => "the provider reported on a delivery session",
            Self::AssessmentAttended => "the person came to the supplier assessment",
            Self::AssessmentMissed => "the person did not come to the supplier assessment",
            Self::AssessmentFeedbackSubmitted => "the provider reported on the supplier assessment",
            Self::ReportSubmitted => "the provider submitted the end of service report",
        }
    }
}
