//! Case notes: written with the fact that says so, read one by one or in pages.
//!
//! A note never changes, so where a page ended is told by the id of its last note.

use domain::case_note::CaseNote;
use domain::{CaseNoteId, ReferralId};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::column::{At, at};
use crate::dashboard::Direction;
use crate::error::one_row;
use crate::page::{Page, PageAt};
use crate::seek::{Column, Key, Value, push_after};
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

/// One page of a referral's notes. Without sort keys: oldest first; the id decides between equals. Five queries at most.
///
/// A page that is to begin after a note that the referral does not have is found by its number.
pub async fn page(
    db: &mut Db,
    referral: ReferralId,
    sort: &[(CaseNoteKey, Direction)],
    at: &PageAt<CaseNoteId>,
) -> Result<Page<CaseNote>, StoreError> {
    let oldest_first = [(CaseNoteKey::SentAt, Direction::Ascending)];
    let sort = if sort.is_empty() { &oldest_first[..] } else { sort };
    let total =
        sqlx::query_scalar!(r#"SELECT count(*) AS "total!" FROM case_note WHERE referral_id = $1"#, referral.0,)
            .fetch_one(&mut *db)
            .await?;
    let start = match at.after {
        Some(id) => start(db, referral, id, sort).await?,
        None => None,
    };
    // One more than the page has tells whether anything follows.
    let mut ids: Vec<Uuid> =
        page_ids(referral, sort, start.as_deref(), at).build_query_scalar().fetch_all(&mut *db).await?;
    let size = usize::try_from(at.size).unwrap_or(usize::MAX);
    let is_followed = ids.len() > size;
    ids.truncate(size);
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
    Ok(at.page(notes?, total, is_followed))
}

/// What a note has for each key, its id last. None if the referral has no such note.
async fn start(
    db: &mut Db,
    referral: ReferralId,
    id: CaseNoteId,
    sort: &[(CaseNoteKey, Direction)],
) -> Result<Option<Vec<Value>>, StoreError> {
    let note = sqlx::query!(
        r#"
        SELECT n.sent_at AS "sent_at: At", n.subject, n.body, u.user_name
        FROM case_note n
        JOIN auth_user u ON u.auth_source = n.sent_by_source AND u.id = n.sent_by_id
        WHERE n.id = $1 AND n.referral_id = $2
        "#,
        id.0,
        referral.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(note.map(|note| {
        let value = |key| match key {
            CaseNoteKey::SentAt => Value::At(note.sent_at.to_jiff()),
            CaseNoteKey::SentBy => Value::Text(note.user_name.clone()),
            CaseNoteKey::Subject => Value::Text(note.subject.clone()),
            CaseNoteKey::Body => Value::Text(note.body.clone()),
            CaseNoteKey::Id => Value::Id(id.0),
        };
        sort.iter().map(|(key, _)| value(*key)).chain([Value::Id(id.0)]).collect()
    }))
}

fn column(key: CaseNoteKey) -> &'static str {
    match key {
        CaseNoteKey::SentAt => "n.sent_at",
        CaseNoteKey::SentBy => "u.user_name",
        CaseNoteKey::Subject => "n.subject",
        CaseNoteKey::Body => "n.body",
        CaseNoteKey::Id => "n.id",
    }
}

/// The ids of one page and the one after them, in order. The only part whose shape depends on what is asked.
fn page_ids(
    referral: ReferralId,
    sort: &[(CaseNoteKey, Direction)],
    start: Option<&[Value]>,
    at: &PageAt<CaseNoteId>,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("SELECT n.id FROM case_note n");
    if sort.iter().any(|(key, _)| *key == CaseNoteKey::SentBy) {
        query.push(" JOIN auth_user u ON u.auth_source = n.sent_by_source AND u.id = n.sent_by_id");
    }
    query.push(" WHERE n.referral_id = ").push_bind(referral.0);
    let keys = || sort.iter().copied().chain([(CaseNoteKey::Id, Direction::Ascending)]);
    if let Some(values) = start {
        let of = |((key, direction), value)| {
            Key::Column(Column { name: column(key).to_owned(), is_nullable: false, direction, value })
        };
        query.push(" AND ");
        push_after(&mut query, &keys().zip(values).map(of).collect::<Vec<_>>());
    }
    let mut between = " ORDER BY ";
    for (key, direction) in keys() {
        query.push(between).push(column(key));
        query.push(match direction {
            Direction::Ascending => "",
            Direction::Descending => " DESC",
        });
        between = ", ";
    }
    query.push(" LIMIT ").push_bind(at.limit() + 1);
    if start.is_none() {
        query.push(" OFFSET ").push_bind(at.offset());
    }
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
