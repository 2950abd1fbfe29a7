//! Compares referrals with what Delius holds, writes down every disagreement, and mends what may be mended without
//! overriding anybody. Carried on where a run was cut short: each referral keeps when it was last compared.

use std::time::Duration;

use app::App;
use app::collection::{Look, Reconciliation, look_at};
use domain::ReferralId;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use super::{Done, Hand};

/// A run, at its pace.
pub(super) struct Reconciling {
    only: Option<ReferralId>,
    settings: Reconciliation,
    /// Before this nothing is asked.
    next: Mutex<Instant>,
}

impl Reconciling {
    pub(super) fn new(app: &App, only: Option<ReferralId>) -> Self {
        Self { only, settings: app.settings().reconciliation, next: Mutex::new(Instant::now()) }
    }

    pub(super) async fn items(&self, app: &App) -> Result<Vec<ReferralId>, app::Error> {
        if let Some(only) = self.only {
            return Ok(vec![only]);
        }
        let mut db = app.store().connection().await?;
        let Reconciliation { every, most, .. } = self.settings;
        Ok(store::collection::list_to_check(&mut db, app.clock().now(), every, i64::from(most)).await?)
    }

    pub(super) async fn compare(&self, hand: &Hand<'_>, id: ReferralId) -> Result<Done, app::Error> {
        let mut next = self.next.lock().await;
        sleep_until(*next).await;
        let look = Look { grace: self.settings.grace, repair: true, dry_run: hand.dry_run };
        let began = Instant::now();
        let looked = look_at(hand.app, id, &look, &hand.cause).await;
        // A comparison that failed has asked at least once.
        let calls = looked.as_ref().map_or(1, |looked| looked.calls);
        *next = began + Duration::from_mins(1).saturating_mul(calls) / self.settings.calls_per_minute.max(1);
        looked.map(|looked| Done::changed_if(looked.is_news))
    }
}
