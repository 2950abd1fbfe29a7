//! Jobs: work that nobody asks for on a page. Their names and how a run ends; what they do is delivery's.

spelled_enum! {
    /// A job, by the name that operators type.
    pub enum JobName {
        /// Concludes referrals whose end was requested and that owe no report.
        ConcludeReferrals = "conclude-referrals",
        /// Deletes drafts that nobody has changed for long.
        DeleteStaleDrafts = "delete-stale-drafts",
        /// Moves referrals from one contract to another, on the authority of a phrase in a case note.
        TransferReferrals = "transfer-referrals",
        /// Learns from Delius when sentences end, where that is not known yet.
        LoadSentenceEnds = "load-sentence-ends",
        /// Compares referrals with what Delius holds, and mends what may be mended.
        Reconcile = "reconcile",
    }
}

spelled_enum! {
    /// How a run of a job ended.
    pub enum JobOutcome {
        /// Every item was dealt with.
        Succeeded = "succeeded",
        /// Some items could not be dealt with; the others were.
        Failed = "failed",
        /// It stopped before its end; the next run carries on.
        Interrupted = "interrupted",
    }
}
