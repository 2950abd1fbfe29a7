//! What unfinished effects wait for: nothing but their next attempt, their turn, something that has yet to happen, or a
//! person. Monitoring tells them apart, so that nobody is woken for what only somebody else can do.

use domain::effect::System;
use jiff::Timestamp;

use crate::column::{At, Place};
use crate::{Db, StoreError};

/// What an effect waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitsFor {
    /// Nothing but an attempt that succeeds: if it is old, deliveries are late.
    Nothing,
    /// Its turn: what is before it waits for nothing.
    Turn,
    /// Something that has yet to happen through nobody's fault, such as feedback about an appointment that is over; or
    /// it is behind such an effect.
    Later,
    /// A person: it is parked, or its line to Delius is held, or it is behind such an effect.
    Person,
}

impl WaitsFor {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::Nothing, Self::Turn, Self::Later, Self::Person];

    /// In a word, as the metrics have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Turn => "turn",
            Self::Later => "later",
            Self::Person => "person",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == text)
    }
}

/// The unfinished effects of one system that wait for the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The system.
    pub system: System,
    /// What they wait for.
    pub waits_for: WaitsFor,
    /// How many.
    pub count: u64,
    /// When the oldest of them was intended.
    pub oldest: Timestamp,
}

/// The unfinished effects by system and what they wait for. Looks at what is unfinished only.
pub async fn standings(db: &mut Db) -> Result<Vec<Standing>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT system, waits_for AS "waits_for!", count(*) AS "count!", min(created_at) AS "oldest!: At"
        FROM (
            SELECT
                e.system,
                e.created_at,
                CASE
                    WHEN bool_or(b.state = 'parked' OR (b.reaches_delius AND c.state = 'held')) THEN 'person'
                    WHEN bool_or(b.state = 'retrying' AND starts_with(b.last_error, $1)) THEN 'later'
                    WHEN bool_or(b.id <> e.id) THEN 'turn'
                    ELSE 'nothing'
                END AS waits_for
            FROM effect e
            LEFT JOIN effect gate ON gate.id = e.after_id
            -- What must be finished first, and itself.
            JOIN effect b ON b.referral_id = e.referral_id
                AND (
                    b.id = e.id
                    OR (b.system = e.system AND b.position < e.position AND NOT e.out_of_line)
                    OR (b.system = gate.system AND b.position <= gate.position)
                )
            LEFT JOIN collection c ON c.referral_id = e.referral_id
            GROUP BY e.id
        ) AS waiting
        GROUP BY system, waits_for
        ORDER BY system, waits_for
        "#,
        super::NOT_YET,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "effect", id: &row.system };
            Ok(Standing {
                system: place.member("system", &row.system, System::from_text)?,
                waits_for: place.member("waits_for", &row.waits_for, WaitsFor::from_text)?,
                count: u64::try_from(row.count).unwrap_or_default(),
                oldest: row.oldest.to_jiff(),
            })
        })
        .collect()
}
