//! Users: everybody who has acted. A user is known by source and id; a second id with a known source and username is
//! an alias of the first (the sign-in service has issued two ids for one person).

use std::collections::{BTreeSet, HashMap};

use domain::{AuthSource, User};

use crate::{Db, StoreError};

/// Takes note of a user who acts or is acted upon, and answers with the user as we know them: an alias is resolved,
/// a changed name is taken over. Writes only when something changed.
///
/// Every user must be remembered before a row can name them.
pub async fn remember(db: &mut Db, user: &User) -> Result<User, StoreError> {
    let source = user.source.as_str();
    // Two rounds: when somebody else inserts the same user at the same moment, the second finds them.
    for _ in 0..2 {
        if let Some(known) = find(db, &user.source, &user.id).await? {
            return rename(db, known, &user.username).await;
        }
        let inserted = sqlx::query!(
            "INSERT INTO auth_user (auth_source, id, user_name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            source,
            user.id,
            user.username,
        )
        .execute(&mut *db)
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(user.clone());
        }
        // The id or the name is taken. If it is the name, this id is an alias of the one who has it.
        sqlx::query!(
            r#"
            INSERT INTO auth_user_alias (auth_source, alias_id, id)
            SELECT auth_source, $2, id
            FROM auth_user
            WHERE auth_source = $1 AND user_name = $3 AND id <> $2
            ON CONFLICT DO NOTHING
            "#,
            source,
            user.id,
            user.username,
        )
        .execute(&mut *db)
        .await?;
    }
    find(db, &user.source, &user.id).await?.ok_or_else(StoreError::lost_update)
}

async fn rename(db: &mut Db, known: User, username: &str) -> Result<User, StoreError> {
    if known.username == username {
        return Ok(known);
    }
    // A name that another row still holds is left there until that user signs in again.
    let renamed = sqlx::query!(
        r#"
        UPDATE auth_user
        SET user_name = $3
        WHERE auth_source = $1
            AND id = $2
            AND NOT EXISTS (SELECT FROM auth_user other WHERE other.auth_source = $1 AND other.user_name = $3)
        "#,
        known.source.as_str(),
        known.id,
        username,
    )
    .execute(db)
    .await?;
    if renamed.rows_affected() == 0 {
        return Ok(known);
    }
    Ok(User { username: username.to_owned(), ..known })
}

/// The user with this id or alias.
pub async fn find(db: &mut Db, source: &AuthSource, id: &str) -> Result<Option<User>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT u.id, u.user_name
        FROM auth_user u
        WHERE u.auth_source = $1
            AND u.id = coalesce((SELECT a.id FROM auth_user_alias a WHERE a.auth_source = $1 AND a.alias_id = $2), $2)
        "#,
        source.as_str(),
        id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| User { id: row.id, source: source.clone(), username: row.user_name }))
}

/// The user who signs in with this name.
pub async fn find_by_username(db: &mut Db, source: &AuthSource, username: &str) -> Result<Option<User>, StoreError> {
    let row =
        sqlx::query!("SELECT id FROM auth_user WHERE auth_source = $1 AND user_name = $2", source.as_str(), username,)
            .fetch_optional(db)
            .await?;
    Ok(row.map(|row| User { id: row.id, source: source.clone(), username: username.to_owned() }))
}

/// The users whom a set of rows names, read in one query.
#[derive(Default)]
pub(crate) struct Users {
    wanted: BTreeSet<(String, String)>,
    known: HashMap<(String, String), User>,
}

impl Users {
    /// Takes note of a reference.
    pub(crate) fn want(&mut self, source: &str, id: &str) {
        self.wanted.insert((source.to_owned(), id.to_owned()));
    }

    /// Takes note of a reference that may be empty.
    pub(crate) fn may_want(&mut self, source: Option<&String>, id: Option<&String>) {
        if let (Some(source), Some(id)) = (source, id) {
            self.want(source, id);
        }
    }

    /// Reads all users taken note of.
    pub(crate) async fn load(&mut self, db: &mut Db) -> Result<(), StoreError> {
        let (sources, ids): (Vec<String>, Vec<String>) = std::mem::take(&mut self.wanted).into_iter().unzip();
        if ids.is_empty() {
            return Ok(());
        }
        let rows = sqlx::query!(
            r#"
            SELECT u.auth_source, u.id, u.user_name
            FROM UNNEST($1::text[], $2::text[]) AS wanted (auth_source, id)
            JOIN auth_user u ON u.auth_source = wanted.auth_source AND u.id = wanted.id
            "#,
            &sources,
            &ids,
        )
        .fetch_all(db)
        .await?;
        for row in rows {
            let source = AuthSource::from_text(&row.auth_source);
            let user = User { id: row.id.clone(), source, username: row.user_name };
            self.known.insert((row.auth_source, row.id), user);
        }
        Ok(())
    }

    /// A user who was loaded; every reference is a foreign key.
    pub(crate) fn get(&self, source: &str, id: &str) -> Result<User, StoreError> {
        let key = (source.to_owned(), id.to_owned());
        self.known.get(&key).cloned().ok_or_else(|| StoreError::corrupt("auth_user", "id", &id))
    }

    /// A user who was loaded, or this service where an old row does not say who it was.
    pub(crate) fn get_or_service(&self, source: Option<&String>, id: Option<&String>) -> Result<User, StoreError> {
        match (source, id) {
            (Some(source), Some(id)) => self.get(source, id),
            _ => Ok(User::service()),
        }
    }
}
