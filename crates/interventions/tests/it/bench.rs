//! The benchmark runs. What it finds is judged by whoever calls it; here it is too small to tell anything, but that
//! nothing is lost and nothing doubled.

use std::path::PathBuf;
use std::time::Duration;

use testkit::TestDatabase;
use testkit::bench::{Plan, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_tiny_benchmark_runs_to_its_end() {
    let database = TestDatabase::create().await;
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        program: PathBuf::from(env!("CARGO_BIN_EXE_interventions")),
        database_url: database.url.clone(),
        folder: folder.path().to_owned(),
        rows: 1_000,
        referrals: 24,
        round: 40,
        lease: Some(Duration::from_secs(7)),
    };
    let report = run(&plan).await;
    let table = report.table();
    assert!(!report.is_faulty(), "{table}");
    for figure in ["| 1,000 |", "| 1,000 finished before | 72 | 24 |", "seconds to the first delivery"] {
        assert!(table.contains(figure), "{figure} is not in\n{table}");
    }
}
