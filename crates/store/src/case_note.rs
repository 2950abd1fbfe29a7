//! Case notes: written with the fact that says so, read one by one or in pages.

use domain::case_note::CaseNote;
use domain::{CaseNoteId, ReferralId};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::column::{At, at};
use crate::dashboard::Direction;
use crate::error::one_row;
use crate::user::Users;
use crate::{Db, StoreError};

/// What a list of case notes may be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaseNoteKey {
    /// When it was sent.
    SentAt,
    /// Sign-in name of whoever sent it.
    SentBy,
    /// The subject.
    Subject,
    /// The body.
    Body,
    /// The id.
    Id,
}

/// The note with this id.
pub async fn find(db: &mut Db, id: CaseNoteId) -> Result<Option<CaseNote>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT n.id, n.referral_id, n.subject, n.body, n.sent_at AS "sent_at: At", n.sent_by_source, n.sent_by_id
        FROM case_note n
        WHERE n.id = $1
        "#,
        id.0,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut users = Users::default();
    users.want(&row.sent_by_source, &row.sent_by_id);
    users.load(db).await?;
    Ok(Some(CaseNote {
        id: CaseNoteId(row.id),
        referral_id: ReferralId(row.referral_id),
        subject: row.subject,
        body: row.body,
        sent_at: row.sent_at.to_jiff(),
        sent_by: users.get(&row.sent_by_source, &row.sent_by_id)?,
    }))
}

/// One page of a referral's notes and how many there are in all. Pages count from 1. Without sort keys: oldest first;
/// the id decides between equals. Four queries.
pub async fn page(
    db: &mut Db,
    referral: ReferralId,
    page: u32,
    size: u32,
    sort: &[(CaseNoteKey, Direction)],
) -> Result<(Vec<CaseNote>, u64), StoreError> {
    let total =
        sqlx::query_scalar!(r#"SELECT count(*) AS "total!" FROM case_note WHERE referral_id = $1"#, referral.0,)
            .fetch_one(&mut *db)
            .await?;
    let offset = i64::from(page.saturating_sub(1)) * i64::from(size);
    let ids: Vec<Uuid> =
        page_ids(referral, sort, i64::from(size), offset).build_query_scalar().fetch_all(&mut *db).await?;
    let rows = sqlx::query!(
        r#"
        SELECT n.id, n.subject, n.body, n.sent_at AS "sent_at: At", n.sent_by_source, n.sent_by_id
        FROM case_note n
        WHERE n.id = ANY($1)
        ORDER BY array_position($1, n.id)
        "#,
        &ids,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut users = Users::default();
    for row in &rows {
        users.want(&row.sent_by_source, &row.sent_by_id);
    }
    users.load(db).await?;
    let notes: Result<Vec<CaseNote>, StoreError> = rows
        .into_iter()
        .map(|row| {
            Ok(CaseNote {
                id: CaseNoteId(row.id),
                referral_id: referral,
                subject: row.subject,
                body: row.body,
                sent_at: row.sent_at.to_jiff(),
                sent_by: users.get(&row.sent_by_source, &row.sent_by_id)?,
            })
        })
        .collect();
    Ok((notes?, u64::try_from(total).unwrap_or_default()))
}

/// The ids of one page, in order. The only part whose shape depends on what is asked.
fn page_ids(
    referral: ReferralId,
    sort: &[(CaseNoteKey, Direction)],
    limit: i64,
    offset: i64,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("SELECT n.id FROM case_note n");
    if sort.iter().any(|(key, _)| *key == CaseNoteKey::SentBy) {
        query.push(" JOIN auth_user u ON u.auth_source = n.sent_by_source AND u.id = n.sent_by_id");
    }
    query.push(" WHERE n.referral_id = ").push_bind(referral.0).push(" ORDER BY ");
    let oldest_first = [(CaseNoteKey::SentAt, Direction::Ascending)];
    for (key, direction) in if sort.is_empty() { &oldest_first[..] } else { sort } {
        query.push(match key {
            CaseNoteKey::SentAt => "n.sent_at",
            CaseNoteKey::SentBy => "u.user_name",
            CaseNoteKey::Subject => "n.subject",
            CaseNoteKey::Body => "n.body",
            CaseNoteKey::Id => "n.id",
        });
        query.push(match direction {
            Direction::Ascending => ", ",
            Direction::Descending => " DESC, ",
        });
    }
    query.push("n.id LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset);
    query
}

/// Writes a note.
pub(crate) async fn insert(db: &mut Db, note: &CaseNote) -> Result<(), StoreError> {
    let inserted = sqlx::query!(
        r#"
        INSERT INTO case_note (id, referral_id, subject, body, sent_at, sent_by_source, sent_by_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        "#,
        note.id.0,
        note.referral_id.0,
        note.subject,
        note.body,
        at(note.sent_at) as _,
        note.sent_by.source.as_str(),
        note.sent_by.id,
    )
    .execute(db)
    .await?;
    one_row(&inserted)
}
