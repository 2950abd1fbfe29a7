//! The provider's older case list: every referral of some contracts at once, each on one narrow line.

use std::collections::BTreeSet;

use domain::{ReferralId, ReferralReference};
use jiff::Timestamp;

use crate::column::At;
use crate::{Db, StoreError, catalogue};

/// Which referrals a provider's list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderList {
    /// All of them.
    All,
    /// Not concluded, and assigned to the user of this id.
    AssignedTo(String),
    /// Not concluded.
    Open,
    /// Not concluded, and assigned to nobody.
    Unassigned,
    /// Concluded.
    Completed,
}

/// One line of a provider's list.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderRow {
    /// The referral.
    pub id: ReferralId,
    /// What people call it.
    pub reference: ReferralReference,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// The intervention's title.
    pub intervention_title: String,
    /// Sign-in name of the current caseworker.
    pub assigned_to: Option<String>,
    /// The person's first name.
    pub first_name: Option<String>,
    /// The person's last name.
    pub last_name: Option<String>,
    /// Whether there is an end of service report.
    pub has_report: bool,
    /// Whether it was submitted.
    pub report_submitted: bool,
}

impl std::fmt::Debug for ProviderRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderRow").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The referrals of these contracts (by reference), oldest first. Left out are those that were ended before anybody
/// recorded attendance at the assessment and before a plan was submitted. Two queries.
pub async fn provider_list(
    db: &mut Db,
    contracts: &BTreeSet<String>,
    list: &ProviderList,
) -> Result<Vec<ProviderRow>, StoreError> {
    let interventions = catalogue::intervention_ids(db, contracts).await?;
    let concluded = match list {
        ProviderList::All => None,
        ProviderList::AssignedTo(_) | ProviderList::Open | ProviderList::Unassigned => Some(false),
        ProviderList::Completed => Some(true),
    };
    let assignee = match list {
        ProviderList::AssignedTo(id) => Some(id.as_str()),
        _ => None,
    };
    // Contracts are read one by one (`OFFSET 0` keeps it so), whatever share of all referrals each has. What is looked
    // up elsewhere is asked only about the few that were concluded without a report.
    // $2 concluded or not, $3 nobody assigned, $4 assigned to; absent conditions hold.
    let rows = sqlx::query!(
        r#"
        SELECT
            e.referral_id AS "id!", e.reference_number AS "reference_number!", e.sent_at AS "sent_at!: At",
            i.title AS "title!", e.assigned_to_username AS "assigned_to?", e.first_name AS "first_name?",
            e.last_name AS "last_name?", e.has_report AS "has_report!", e.has_submitted_report AS "submitted!"
        FROM unnest($1::uuid[]) AS s (id)
        JOIN intervention i ON i.id = s.id
        CROSS JOIN LATERAL (
            SELECT
                c.referral_id, c.reference_number, c.sent_at, c.first_name, c.last_name, c.assigned_to_username,
                c.has_report, c.has_submitted_report
            FROM case_list_entry c
            WHERE c.intervention_id = s.id
                AND ($2::boolean IS NULL OR c.is_concluded = $2)
                AND (NOT $3 OR c.assigned_to_id IS NULL)
                AND ($4::text IS NULL OR c.assigned_to_id = $4)
                AND NOT (
                    c.is_concluded
                    AND NOT c.has_report
                    AND (SELECT f.end_requested_at FROM referral f WHERE f.id = c.referral_id) IS NOT NULL
                    AND (
                        SELECT min(p.attendance_submitted_at)
                        FROM appointment p
                        JOIN supplier_assessment_appointment a ON a.appointment_id = p.id
                        WHERE p.referral_id = c.referral_id
                    ) IS NULL
                    AND (SELECT min(t.submitted_at) FROM action_plan t WHERE t.referral_id = c.referral_id) IS NULL
                )
            OFFSET 0
        ) e
        ORDER BY e.sent_at, e.referral_id
        "#,
        &interventions,
        concluded,
        *list == ProviderList::Unassigned,
        assignee,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ProviderRow {
            id: ReferralId(row.id),
            reference: ReferralReference(row.reference_number),
            sent_at: row.sent_at.to_jiff(),
            intervention_title: row.title,
            assigned_to: row.assigned_to,
            first_name: row.first_name,
            last_name: row.last_name,
            has_report: row.has_report,
            report_submitted: row.submitted,
        })
        .collect())
}
