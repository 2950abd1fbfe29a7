//! A long past: finished effects, made up in the database.

use sqlx::{Connection as _, PgConnection};

/// Of how many referrals the past is.
const REFERRALS: u64 = 250_000;

/// Adds finished effects, each with its one attempt, until there are `rows`. They are of referrals that do not exist;
/// indexes are made again afterwards, which is many times quicker than keeping them.
pub(super) async fn up_to(url: &str, rows: u64) {
    let mut db = PgConnection::connect(url).await.expect("the database answers");
    let there: i64 = one(&mut db, "SELECT count(*) FROM effect_finished").await;
    let there = u64::try_from(there).expect("a count");
    let kept = indexes(&mut db).await;
    let mut statements = vec![
        // Foreign keys are not looked at, and nothing is said to the disc that a crash would take back.
        "SET session_replication_role = replica".to_owned(),
        "SET synchronous_commit = off".to_owned(),
        "SET maintenance_work_mem = '512MB'".to_owned(),
    ];
    statements.extend(kept.iter().map(|index| index.drop.clone()));
    let (from, to) = (there + 1, rows.max(there));
    statements.push(format!(
        "INSERT INTO effect_finished (
            id, position, referral_id, system, kind, payload, state, attempts, not_before, last_attempt_at, settled_at,
            receipt, cause, actor_source, actor_id, correlation_id, occurred_at, created_at, traceparent
        )
        SELECT
            md5('effect' || g)::uuid, g, md5('referral' || g % {REFERRALS})::uuid,
            (ARRAY['delius', 'events', 'notify'])[g % 3 + 1], (ARRAY['put-appointment', 'publish', 'email'])[g % 3 + 1],
            jsonb_build_object('appointment', md5('appointment' || g)::uuid), 'delivered', 1, at, at, at,
            g::text, 'appointment-proposed', 'auth', 'bench', md5('correlation' || g / 3)::uuid::text, at, at,
            '00-' || md5('trace' || g / 3) || '-00f067aa0ba902b7-00'
        FROM (SELECT g, now() - ({rows} - g) * interval '9 seconds' AS at FROM generate_series({from}, {to}) AS g) AS past"
    ));
    statements.push(format!(
        "INSERT INTO effect_attempt (effect_id, attempt, started_at, ended_at, outcome)
        SELECT md5('effect' || g)::uuid, 1, now(), now(), 'delivered' FROM generate_series({from}, {to}) AS g"
    ));
    statements.extend(kept.into_iter().map(|index| index.make));
    statements.push("VACUUM (ANALYZE) effect_finished".to_owned());
    statements.push("VACUUM (ANALYZE) effect_attempt".to_owned());
    statements.push("CHECKPOINT".to_owned());
    for statement in statements {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone()))
            .execute(&mut db)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    db.close().await.expect("the connection closes");
}

/// How an index is taken away and made again.
struct Index {
    drop: String,
    make: String,
}

/// Table, index, constraint and its definition where it is one, statement that makes the index.
type IndexRow = (String, String, Option<String>, Option<String>, String);

async fn indexes(db: &mut PgConnection) -> Vec<Index> {
    let found: Vec<IndexRow> = sqlx::query_as(
        "SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, k.conname::text,
            pg_get_constraintdef(k.oid), pg_get_indexdef(i.indexrelid)
        FROM pg_index i
        LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
        WHERE i.indrelid IN ('effect_finished'::regclass, 'effect_attempt'::regclass)",
    )
    .fetch_all(db)
    .await
    .expect("the catalogue answers");
    found
        .into_iter()
        .map(|(table, index, constraint, definition, statement)| match (constraint, definition) {
            (Some(name), Some(definition)) => Index {
                drop: format!("ALTER TABLE {table} DROP CONSTRAINT {name}"),
                make: format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"),
            },
            _ => Index { drop: format!("DROP INDEX {index}"), make: statement },
        })
        .collect()
}

async fn one(db: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(db).await.expect("a number")
}
