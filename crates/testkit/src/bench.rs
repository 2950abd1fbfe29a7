//! What the product does in a second, measured: the outbox with and without a long past, deliveries with everything on
//! one machine, and the time until deliveries go on after a crash. `make bench` runs it; `docs/benchmarks.md` says how
//! to read it.
//!
//! Every figure stands beside its yardstick from the same run. It drives the released executable as processes of its
//! own and judges nothing but what must never happen: a message that is lost or doubled.

mod fill;
mod outbox;
mod pile;
mod product;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use store::Store;

use self::product::Product;
pub use self::report::Report;

/// What is measured, and how large it is.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The executable.
    pub program: PathBuf,
    /// An empty database whose user may do everything with it.
    pub database_url: String,
    /// Where logs go.
    pub folder: PathBuf,
    /// How many finished effects there are at the end.
    pub rows: u64,
    /// How many referrals are sent before the worker starts; each has three effects.
    pub referrals: u32,
    /// Effects that go through the outbox alone in each round.
    pub round: u32,
    /// The worker's lease; the product's own default where none is given.
    pub lease: Option<Duration>,
}

/// Measures everything; a few minutes to a quarter of an hour, mostly to write `rows` rows.
pub async fn run(plan: &Plan) -> Report {
    let store = Store::connect(&plan.database_url, 8).await.expect("the database answers");
    store.migrate().await.expect("the migrations apply");
    let mut work = store.begin().await.expect("a transaction");
    store::reference::load(&mut work).await.expect("reference data loads");
    store::catalogue::load_demo(&mut work).await.expect("the catalogue loads");
    work.commit().await.expect("it commits");

    let mut report = Report::new();
    let mut product = Product::start(plan, store.clone()).await;
    let first = product.pile_up(plan.referrals).await;
    report.deliveries("nothing was delivered before", &product.work_off(&first).await);
    report.recovery(&product.crash(plan.referrals).await);

    report.outbox(0, &outbox::measure(&store, &plan.database_url, &first.referrals(), plan.round).await);
    for rows in [plan.rows / 10, plan.rows] {
        say(&format!("writing finished effects, {rows} in all"));
        fill::up_to(&plan.database_url, rows).await;
        report.outbox(rows, &outbox::measure(&store, &plan.database_url, &first.referrals(), plan.round).await);
    }
    let second = product.pile_up(plan.referrals).await;
    let label = format!("{} finished before", report::grouped(plan.rows));
    report.deliveries(&label, &product.work_off(&second).await);
    product.stop();
    report
}

#[expect(clippy::print_stderr, reason = "somebody waits at a terminal")]
fn say(what: &str) {
    eprintln!("bench: {what}");
}
