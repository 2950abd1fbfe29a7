//! A database of its own for each test.

use store::Store;

/// A fresh store with reference data and the demonstration's catalogue.
pub(crate) async fn store() -> Store {
    testkit::TestDatabase::create().await.store
}

/// Runs statements that may fail.
pub(crate) async fn try_execute(db: &mut store::Db, statement: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(db).await.map(drop)
}
