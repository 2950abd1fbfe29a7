//! Everything that is held about one person, for a subject access request. The number of queries is the same for one
//! referral and for hundreds.
//!
//! What a referral's own reading leaves out is added here: earlier versions of its details, amendments, case notes,
//! and what the prison system said. Staff are named where the contract names them, nowhere else.

use std::collections::{BTreeMap, HashMap};

use domain::catalogue::{InterventionEntry, Reason};
use domain::referral::ReferralDetails;
use domain::{Crn, DraftReferral, InterventionId, Referral, ReferralDetailsId};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::column::{At, Day, date, maybe_at};
use crate::referral::CustodyDates;
use crate::{Db, StoreError, catalogue, draft, referral};

/// An amendment of a sent referral.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldChange {
    /// What was amended.
    pub topic: String,
    /// The texts before.
    pub old_values: Vec<String>,
    /// The texts after.
    pub new_values: Vec<String>,
    /// Why.
    pub reason: String,
    /// When.
    pub changed_at: Timestamp,
}

/// A case note.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldNote {
    /// One line.
    pub subject: String,
    /// The message.
    pub body: String,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// A sent referral and everything that belongs to it.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldReferral {
    /// The referral.
    pub referral: Referral,
    /// Every version of its details, oldest first.
    pub details: Vec<ReferralDetails>,
    /// Its amendments, oldest first.
    pub changes: Vec<HeldChange>,
    /// Its case notes, oldest first.
    pub case_notes: Vec<HeldNote>,
    /// What the prison system said when it was sent.
    pub custody: CustodyDates,
}

/// Everything that is held about a person.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// Sent referrals, oldest first.
    pub referrals: Vec<HeldReferral>,
    /// Drafts that were not sent, oldest first.
    pub drafts: Vec<DraftReferral>,
    /// What they were referred to, with every text that the referrals' choices refer to.
    pub entries: BTreeMap<InterventionId, InterventionEntry>,
    /// The reasons for withdrawals.
    pub withdrawal_reasons: Vec<Reason>,
}

/// Types about a person print only their name.
macro_rules! masked {
    ($($type:ident),*) => {$(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(***)"))
            }
        }
    )*};
}

masked!(HeldChange, HeldNote, HeldReferral, Held);

impl Held {
    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.referrals.is_empty() && self.drafts.is_empty()
    }
}

/// What is held about a person of referrals and drafts that were begun at or after `from` and before `until`; none:
/// no bound on that side.
pub async fn held(
    db: &mut Db,
    crn: &Crn,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<Held, StoreError> {
    let ids = sqlx::query!(
        r#"
        SELECT r.id AS "id!", true AS "is_sent!", r.intervention_id AS "intervention_id!"
        FROM referral r
        WHERE r.service_usercrn = $1
            AND ($2::timestamptz IS NULL OR r.created_at >= $2)
            AND ($3::timestamptz IS NULL OR r.created_at < $3)
        UNION ALL
        SELECT d.id, false, d.intervention_id
        FROM draft_referral d
        WHERE d.service_usercrn = $1
            AND d.state <> 'sent'
            AND ($2::timestamptz IS NULL OR d.created_at >= $2)
            AND ($3::timestamptz IS NULL OR d.created_at < $3)
        "#,
        crn.as_str(),
        maybe_at(from) as _,
        maybe_at(until) as _,
    )
    .fetch_all(&mut *db)
    .await?;
    if ids.is_empty() {
        return Ok(Held::default());
    }
    let (sent, drafts): (Vec<_>, Vec<_>) = ids.iter().partition(|row| row.is_sent);
    let sent: Vec<Uuid> = sent.into_iter().map(|row| row.id).collect();
    let drafts: Vec<Uuid> = drafts.into_iter().map(|row| row.id).collect();
    let interventions = ids.into_iter().map(|row| InterventionId(row.intervention_id)).collect();
    let mut details = details(db, &sent).await?;
    let mut changes = changes(db, &sent).await?;
    let mut case_notes = case_notes(db, &sent).await?;
    let mut custody = custody(db, &sent).await?;
    let of = |referral: Referral| HeldReferral {
        details: details.remove(&referral.id.0).unwrap_or_default(),
        changes: changes.remove(&referral.id.0).unwrap_or_default(),
        case_notes: case_notes.remove(&referral.id.0).unwrap_or_default(),
        custody: custody.remove(&referral.id.0).unwrap_or_default(),
        referral,
    };
    Ok(Held {
        referrals: referral::whole(db, &sent).await?.into_iter().map(of).collect(),
        drafts: draft::unsent(db, &drafts).await?,
        entries: catalogue::entries_by_id(db, &interventions).await?,
        withdrawal_reasons: catalogue::withdrawal_reasons(db).await?,
    })
}

async fn details(db: &mut Db, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<ReferralDetails>>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            id, referral_id, created_at AS "created_at: At", created_by, reason_for_change,
            completion_deadline AS "completion_deadline: Day", further_information, maximum_enforceable_days,
            reason_for_referral, reason_for_referral_further_information, reason_for_referral_before_allocation
        FROM referral_details
        WHERE referral_id = ANY($1)
        ORDER BY superseded_by_id IS NULL, created_at, id
        "#,
        ids,
    )
    .fetch_all(db)
    .await?;
    let mut found: HashMap<Uuid, Vec<ReferralDetails>> = HashMap::new();
    for row in rows {
        found.entry(row.referral_id).or_default().push(ReferralDetails {
            id: ReferralDetailsId(row.id),
            created_at: row.created_at.to_jiff(),
            created_by_id: row.created_by,
            reason_for_change: row.reason_for_change,
            completion_deadline: date(row.completion_deadline),
            further_information: row.further_information,
            maximum_enforceable_days: row.maximum_enforceable_days,
            reason_for_referral: row.reason_for_referral,
            reason_for_referral_further_information: row.reason_for_referral_further_information,
            reason_for_referral_before_allocation: row.reason_for_referral_before_allocation,
        });
    }
    Ok(found)
}

async fn changes(db: &mut Db, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<HeldChange>>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT referral_id, topic, old_value, new_value, reason_for_change, changed_at AS "changed_at: At"
        FROM changelog
        WHERE referral_id = ANY($1)
        ORDER BY changed_at, changelog_id
        "#,
        ids,
    )
    .fetch_all(db)
    .await?;
    let mut found: HashMap<Uuid, Vec<HeldChange>> = HashMap::new();
    for row in rows {
        found.entry(row.referral_id).or_default().push(HeldChange {
            topic: row.topic,
            old_values: texts(&row.old_value),
            new_values: texts(&row.new_value),
            reason: row.reason_for_change,
            changed_at: row.changed_at.to_jiff(),
        });
    }
    Ok(found)
}

/// Every text within a value, in order, whatever its shape: nothing that is held may be left out.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Bool(_) | Value::Number(_) => vec![value.to_string()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
    }
}

async fn case_notes(db: &mut Db, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<HeldNote>>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT referral_id, subject, body, sent_at AS "sent_at: At"
        FROM case_note
        WHERE referral_id = ANY($1)
        ORDER BY sent_at, id
        "#,
        ids,
    )
    .fetch_all(db)
    .await?;
    let mut found: HashMap<Uuid, Vec<HeldNote>> = HashMap::new();
    for row in rows {
        let note = HeldNote { subject: row.subject, body: row.body, sent_at: row.sent_at.to_jiff() };
        found.entry(row.referral_id).or_default().push(note);
    }
    Ok(found)
}

async fn custody(db: &mut Db, ids: &[Uuid]) -> Result<HashMap<Uuid, CustodyDates>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            referral_id, nomis_prison_id, nomis_release_date AS "release: Day",
            nomis_confirmed_release_date AS "confirmed: Day", nomis_non_dto_release_date AS "non_dto: Day",
            nomis_automatic_release_date AS "automatic: Day", nomis_post_recall_release_date AS "post_recall: Day",
            nomis_conditional_release_date AS "conditional: Day", nomis_actual_parole_date AS "parole: Day",
            nomis_discharge_date AS "discharge: Day"
        FROM referral_location
        WHERE referral_id = ANY($1)
        "#,
        ids,
    )
    .fetch_all(db)
    .await?;
    let dates = rows.into_iter().map(|row| {
        let dates = CustodyDates {
            prison_id: row.nomis_prison_id,
            release_date: date(row.release),
            confirmed_release_date: date(row.confirmed),
            non_dto_release_date: date(row.non_dto),
            automatic_release_date: date(row.automatic),
            post_recall_release_date: date(row.post_recall),
            conditional_release_date: date(row.conditional),
            actual_parole_date: date(row.parole),
            discharge_date: date(row.discharge),
        };
        (row.referral_id, dates)
    });
    Ok(dates.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_text_of_a_change_is_found() {
        assert_eq!(texts(&json!({"values": ["one", "two"], "more": {"deep": "three"}})), ["one", "two", "three"]);
        assert_eq!(texts(&json!([null, true, 7])), ["true", "7"]);
    }
}
