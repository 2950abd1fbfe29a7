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
    // $2 concluded or not, $3 nobody assigned, $4 assigned to; absent conditions hold.
    let rows = sqlx::query!(
        r#"
        SELECT
            r.id AS "id!", r.reference_number AS "reference_number!", r.sent_at AS "sent_at!: At",
            i.title AS "title!", w.user_name AS "assigned_to?", u.first_name AS "first_name?",
            u.last_name AS "last_name?", e.id IS NOT NULL AS "has_report!",
            e.submitted_at IS NOT NULL AS "report_submitted!"
        FROM referral r
        JOIN intervention i ON i.id = r.intervention_id
        LEFT JOIN referral_service_user_data u ON u.referral_id = r.id
        LEFT JOIN end_of_service_report e ON e.referral_id = r.id
        LEFT JOIN referral_assignments a ON a.referral_id = r.id AND NOT a.superseded
        LEFT JOIN auth_user w ON w.auth_source = a.assigned_to_source AND w.id = a.assigned_to_id
        WHERE r.intervention_id = ANY($1)
            AND ($2::boolean IS NULL OR (r.concluded_at IS NOT NULL) = $2)
            AND (NOT $3 OR a.id IS NULL)
            AND ($4::text IS NULL OR a.assigned_to_id = $4)
            AND NOT (
                r.concluded_at IS NOT NULL
                AND r.end_requested_at IS NOT NULL
                AND e.id IS NULL
                AND NOT EXISTS (
                    SELECT
                    FROM supplier_assessment_appointment s
                    JOIN appointment p ON p.id = s.appointment_id
                    WHERE p.referral_id = r.id AND p.attendance_submitted_at IS NOT NULL
                )
                AND NOT EXISTS (
                    SELECT FROM action_plan t WHERE t.referral_id = r.id AND t.submitted_at IS NOT NULL
                )
            )
        ORDER BY r.sent_at, r.id
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
            report_submitted: row.report_submitted,
        })
        .collect())
}
