//! Whether Delius may be told of a referral: the hold on its line, what people chose about it, and how far Delius is.
//!
//! A referral without a row is clear. While it is held, nothing that reaches Delius is claimed; without Delius, what
//! only Delius needs is superseded. Whoever changes a row has locked the referral.

mod check;
mod progress;

use std::collections::BTreeMap;

use domain::collection::Choice;
use domain::{DiscrepancyId, ReferralId, User};
use jiff::Timestamp;
use uuid::Uuid;

pub use self::check::{
    change_case_number, find_agreement, find_check, list_to_check, list_to_look_at_again, save_check, supersede_calls,
    told, wait_for,
};
pub use self::progress::{FirstWaiting, Late, Progress, progress};
use crate::column::{At, Place, at, instant};
use crate::error::one_row;
use crate::user::Users;
use crate::{Db, StoreError};

/// Why an effect was superseded that only Delius needed.
pub const WITHOUT_DELIUS: &str = "this referral goes on without Delius, as somebody chose";

/// Whether Delius may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CollectionState {
    /// It is told.
    Clear,
    /// What it is to be told waits.
    Held,
    /// It is told nothing more.
    Without,
}

impl CollectionState {
    /// Every state.
    pub const ALL: &'static [Self] = &[Self::Clear, Self::Held, Self::Without];

    /// The spelling in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Held => "held",
            Self::Without => "without",
        }
    }

    /// The state with this spelling.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text)
    }
}

/// How a referral's line to Delius stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Whether Delius may be told.
    pub state: CollectionState,
    /// Why it is held, or went on without.
    pub discrepancy: Option<DiscrepancyId>,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When somebody in Delius was asked to reopen the activity.
    pub asked_at: Option<Timestamp>,
    /// Rises with every change; 0: it was never anything but clear.
    pub version: i32,
}

/// What a person chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceMade {
    /// Its id.
    pub id: Uuid,
    /// The referral.
    pub referral: ReferralId,
    /// What it was about.
    pub discrepancy: Option<DiscrepancyId>,
    /// What was chosen.
    pub choice: Choice,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: User,
    /// Their words.
    pub why: String,
}

/// How a referral's line to Delius stands; none: clear since ever.
pub async fn find(db: &mut Db, referral: ReferralId) -> Result<Option<Collection>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT state, discrepancy_id, since AS "since: At", asked_at AS "asked_at: At", version
        FROM collection
        WHERE referral_id = $1
        "#,
        referral.0,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let place = Place { table: "collection", id: &referral };
        Ok(Collection {
            state: place.member("state", &row.state, CollectionState::from_text)?,
            discrepancy: row.discrepancy_id.map(DiscrepancyId),
            since: row.since.to_jiff(),
            asked_at: instant(row.asked_at),
            version: row.version,
        })
    })
    .transpose()
}

/// How the lines of these referrals to Delius stand; those that are clear since ever are left out.
pub async fn list_states(
    db: &mut Db,
    referrals: &[ReferralId],
) -> Result<BTreeMap<ReferralId, CollectionState>, StoreError> {
    let ids: Vec<uuid::Uuid> = referrals.iter().map(|id| id.0).collect();
    let rows = sqlx::query!("SELECT referral_id, state FROM collection WHERE referral_id = ANY($1)", &ids);
    let rows = rows.fetch_all(db).await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "collection", id: &row.referral_id };
            let state = place.member("state", &row.state, CollectionState::from_text)?;
            Ok((ReferralId(row.referral_id), state))
        })
        .collect()
}

/// Whether Delius is told nothing more of the referral.
pub(crate) async fn is_without(db: &mut Db, referral: ReferralId) -> Result<bool, StoreError> {
    Ok(find(db, referral).await?.is_some_and(|collection| collection.state == CollectionState::Without))
}

/// Brings a referral's line into a state because of a discrepancy. One that goes on without Delius is not held again.
/// Nothing is written, and the answer is false, where it stands so already, for the same reason.
pub async fn bring(
    db: &mut Db,
    referral: ReferralId,
    state: CollectionState,
    discrepancy: Option<DiscrepancyId>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let brought = sqlx::query!(
        r#"
        INSERT INTO collection (referral_id, state, discrepancy_id, since)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (referral_id) DO UPDATE
        SET state = excluded.state,
            discrepancy_id = excluded.discrepancy_id,
            since = CASE WHEN collection.state = excluded.state THEN collection.since ELSE excluded.since END,
            asked_at = NULL,
            version = collection.version + 1
        WHERE (collection.state, collection.discrepancy_id) IS DISTINCT FROM (excluded.state, excluded.discrepancy_id)
            AND NOT (collection.state = 'without' AND excluded.state = 'held')
        "#,
        referral.0,
        state.as_str(),
        discrepancy.map(|id| id.0),
        at(now) as _,
    )
    .execute(db)
    .await?;
    Ok(brought.rows_affected() == 1)
}

/// Takes note that somebody in Delius was asked to reopen the activity. The first time counts.
pub async fn ask(db: &mut Db, referral: ReferralId, now: Timestamp) -> Result<(), StoreError> {
    let asked = sqlx::query!(
        r#"
        UPDATE collection
        SET asked_at = coalesce(asked_at, $2), version = version + 1
        WHERE referral_id = $1 AND state = 'held'
        "#,
        referral.0,
        at(now) as _,
    )
    .execute(db)
    .await?;
    one_row(&asked)
}

/// Writes down what a person chose.
pub async fn record_choice(db: &mut Db, made: &ChoiceMade) -> Result<(), StoreError> {
    let ChoiceMade { id, referral, discrepancy, choice, at: when, by, why } = made;
    let written = sqlx::query!(
        r#"
        INSERT INTO collection_choice (
            id, referral_id, discrepancy_id, choice, chosen_at, chosen_by_source, chosen_by_id, why
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        id,
        referral.0,
        discrepancy.map(|id| id.0),
        choice.as_str(),
        at(*when) as _,
        by.source.as_str(),
        by.id,
        why,
    )
    .execute(db)
    .await?;
    one_row(&written)
}

/// What people chose about a referral, oldest first.
pub async fn list_choices(db: &mut Db, referral: ReferralId) -> Result<Vec<ChoiceMade>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT id, discrepancy_id, choice, chosen_at AS "chosen_at: At", chosen_by_source, chosen_by_id, why
        FROM collection_choice
        WHERE referral_id = $1
        ORDER BY chosen_at, id
        "#,
        referral.0,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut users = Users::default();
    for row in &rows {
        users.want(&row.chosen_by_source, &row.chosen_by_id);
    }
    users.load(db).await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "collection_choice", id: &row.id };
            Ok(ChoiceMade {
                id: row.id,
                referral,
                discrepancy: row.discrepancy_id.map(DiscrepancyId),
                choice: place.member("choice", &row.choice, Choice::from_text)?,
                at: row.chosen_at.to_jiff(),
                by: users.get(&row.chosen_by_source, &row.chosen_by_id)?,
                why: row.why,
            })
        })
        .collect()
}
