//! How PostgreSQL carries out the statements that the store runs, as the driver reports them: none is missed, none copied.
//!
//! They are explained as the plans that connections keep, which do not depend on what is asked for.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::AssertSqlSafe;
use store::Db;

/// The statements that some work runs, each once, in order.
pub(crate) async fn statements(work: impl Future<Output = ()>) -> Vec<String> {
    let ((), all) = crate::observed::statements(work).await;
    let mut once = Vec::new();
    for statement in all {
        // What the driver asks about types is not ours.
        if !statement.contains("pg_catalog") && !once.contains(&statement) {
            once.push(statement);
        }
    }
    once
}

/// The ways in which a plan reaches tables: `table by index`, or `table from end to end`. Rows that indexes mark first
/// are left out: whether that is done, and by which indexes, is a close call that small changes of the statistics tip.
fn reached(plan: &Value, ways: &mut BTreeSet<String>) {
    let text = |key: &str| plan[key].as_str().unwrap_or_default();
    let (table, index) = (text("Relation Name"), text("Index Name"));
    match text("Node Type") {
        "Seq Scan" => ways.insert(from_end_to_end(table)),
        "Index Only Scan" => ways.insert(format!("{table} in {index} alone")),
        "Index Scan" => ways.insert(format!("{table} by {index}")),
        _ => false,
    };
    for below in plan["Plans"].as_array().into_iter().flatten() {
        reached(below, ways);
    }
}

/// How a table is reached that is read whole.
pub(crate) fn from_end_to_end(table: &str) -> String {
    format!("{table} from end to end")
}

/// The tables that a plan reads from end to end, be it by an index of which no entry is asked for.
fn whole(plan: &Value, tables: &mut BTreeSet<String>) {
    let text = |key: &str| plan[key].as_str().unwrap_or_default();
    let is_index = matches!(text("Node Type"), "Index Scan" | "Index Only Scan" | "Bitmap Index Scan");
    if text("Node Type") == "Seq Scan" || (is_index && plan["Index Cond"].is_null()) {
        tables.insert(text("Relation Name").to_owned());
    }
    for below in plan["Plans"].as_array().into_iter().flatten() {
        whole(below, tables);
    }
}

/// The tables that one statement reads from end to end, whatever the values it is run with.
pub(crate) async fn read_whole(db: &mut Db, statement: &str) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    whole(&plan_of(db, statement).await, &mut tables);
    tables
}

/// How one statement reaches its tables, whatever the values it is run with.
pub(crate) async fn explained(db: &mut Db, statement: &str) -> BTreeSet<String> {
    let mut ways = BTreeSet::new();
    reached(&plan_of(db, statement).await, &mut ways);
    ways
}

async fn plan_of(db: &mut Db, statement: &str) -> Value {
    let count = (1..=99).take_while(|number| statement.contains(&format!("${number}"))).count();
    let nothing = vec!["NULL"; count].join(", ");
    let values = if count == 0 { String::new() } else { format!(" ({nothing})") };
    crate::db::try_execute(db, &format!("PREPARE explained AS {statement}")).await.expect("it was run before");
    let explain = format!("EXPLAIN (FORMAT JSON, COSTS OFF) EXECUTE explained{values}");
    let plan: Value =
        sqlx::query_scalar(AssertSqlSafe(explain)).persistent(false).fetch_one(&mut *db).await.expect("a plan");
    crate::db::try_execute(db, "DEALLOCATE explained").await.expect("it is there");
    plan[0]["Plan"].clone()
}

/// Loads so many referrals, spread as large services have them.
pub(crate) async fn load_referrals(db: &mut Db, count: u32) {
    let load = include_str!("list_plan/load.sql").replace(":referrals", &count.to_string());
    crate::db::try_execute(db, &load).await.expect("loaded");
}
