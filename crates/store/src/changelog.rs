//! The change log: written with the amendment that it tells of, read one by one or whole.

use domain::amendment::{Change, Topic, Values};
use domain::{ChangeLogId, ReferralId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::column::{At, Place, at};
use crate::error::one_row;
use crate::user::Users;
use crate::{Db, StoreError};

struct Row {
    changelog_id: Uuid,
    referral_id: Uuid,
    topic: String,
    old_value: Value,
    new_value: Value,
    reason_for_change: String,
    changed_at: At,
    changed_by_source: String,
    changed_by_id: String,
}

/// A referral's changes, newest first; those of one amendment in the order of their topics. Two queries.
pub async fn list(db: &mut Db, referral: ReferralId) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT
            changelog_id, referral_id, topic, old_value, new_value, reason_for_change, changed_at AS "changed_at: At",
            changed_by_source, changed_by_id
        FROM changelog
        WHERE referral_id = $1
        ORDER BY changed_at DESC, topic, changelog_id
        "#,
        referral.0,
    )
    .fetch_all(&mut *db)
    .await?;
    let users = users_of(db, &rows).await?;
    rows.into_iter().map(|row| change(row, &users)).collect()
}

/// The change with this id, and whose it is.
pub async fn find(db: &mut Db, id: ChangeLogId) -> Result<Option<(ReferralId, Change)>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT
            changelog_id, referral_id, topic, old_value, new_value, reason_for_change, changed_at AS "changed_at: At",
            changed_by_source, changed_by_id
        FROM changelog
        WHERE changelog_id = $1
        "#,
        id.0,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let users = users_of(db, std::slice::from_ref(&row)).await?;
    let referral = ReferralId(row.referral_id);
    Ok(Some((referral, change(row, &users)?)))
}

/// Writes changes of one referral.
pub(crate) async fn insert(db: &mut Db, referral: ReferralId, changes: &[Change]) -> Result<(), StoreError> {
    for change in changes {
        let inserted = sqlx::query!(
            r#"
            INSERT INTO changelog (
                changelog_id, referral_id, topic, old_value, new_value, reason_for_change, changed_at,
                changed_by_source, changed_by_id
            )
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            "#,
            change.id.0,
            referral.0,
            change.topic.as_str(),
            to_json(&change.old),
            to_json(&change.new),
            change.reason,
            at(change.at) as _,
            change.by.source.as_str(),
            change.by.id,
        );
        one_row(&inserted.execute(&mut *db).await?)?;
    }
    Ok(())
}

async fn users_of(db: &mut Db, rows: &[Row]) -> Result<Users, StoreError> {
    let mut users = Users::default();
    for row in rows {
        users.want(&row.changed_by_source, &row.changed_by_id);
    }
    users.load(db).await?;
    Ok(users)
}

fn change(row: Row, users: &Users) -> Result<Change, StoreError> {
    let place = Place { table: "changelog", id: &row.changelog_id };
    Ok(Change {
        topic: place.member("topic", &row.topic, Topic::from_text)?,
        old: place.present("old_value", from_json(&row.old_value))?,
        new: place.present("new_value", from_json(&row.new_value))?,
        by: users.get(&row.changed_by_source, &row.changed_by_id)?,
        at: row.changed_at.to_jiff(),
        reason: row.reason_for_change,
        id: ChangeLogId(row.changelog_id),
    })
}

/// An object with the list `values`, and `shown` where people know the value by another name.
fn to_json(values: &Values) -> Value {
    let Values { texts, shown } = values;
    match shown {
        None => json!({ "values": texts }),
        Some(shown) => json!({ "values": texts, "shown": shown }),
    }
}

fn from_json(value: &Value) -> Option<Values> {
    let texts = value.get("values")?.as_array()?.iter().map(|text| text.as_str().map(str::to_owned));
    let shown = value.get("shown").and_then(Value::as_str).map(str::to_owned);
    Some(Values { texts: texts.collect::<Option<_>>()?, shown })
}
