//! Looks again, between the nightly comparisons, at referrals that cannot wait for one: those whose line is held, since what
//! holds it may have been put right, and those of which Delius was told something, since its consumer rejects in silence.
//!
//! At the pace of the nightly run. One worker at a time; what a round does not come to, the next one does.

use std::time::Duration;

use app::change::Cause;
use app::collection::{Look, look_at};
use app::{App, Correlation};
use domain::User;
use jiff::SignedDuration;
use runtime::{Shutdown, Tasks};
use tokio::time::sleep;

/// How long ago Delius may have been told something that nobody has looked at since.
const LATELY: SignedDuration = SignedDuration::from_hours(2);

/// Looks again and again until shutdown, as often as the settings of the use cases say.
pub fn look_again(app: App, tasks: &Tasks) {
    let stop = tasks.shutdown().clone();
    let every = Duration::try_from(app.settings().reconciliation.look_again).unwrap_or_default();
    if every.is_zero() || !app.upstreams().delius.sees_activities() {
        return;
    }
    tasks.spawn(async move {
        while !stop.is_triggered() {
            tokio::select! {
                () = stop.wait() => break,
                () = sleep(every) => {}
            }
            if let Err(error) = round(&app, every, &stop).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "referrals could not be looked at again");
            }
        }
    });
}

/// Looks at as many as there is time for until the next round; gives up where Delius is away.
async fn round(app: &App, every: Duration, stop: &Shutdown) -> Result<(), app::Error> {
    let Some(alone) = store::job::try_lock_looking(app.store()).await? else { return Ok(()) };
    let settings = app.settings().reconciliation;
    let pace = settings.calls_per_minute.max(1);
    let most = (u64::from(pace).saturating_mul(every.as_secs()) / 60).clamp(1, u64::from(settings.most));
    let since = app.clock().now().saturating_sub(LATELY).unwrap_or_default();
    let mut db = app.store().connection().await?;
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let referrals = store::collection::list_to_look_at_again(&mut db, since, limit).await?;
    drop(db);
    let look = Look { grace: settings.grace, ..Look::default() };
    let mut found = 0_u32;
    for id in referrals {
        if stop.is_triggered() {
            break;
        }
        let correlation = Correlation::untraced("look-again".to_owned());
        let cause = Cause { actor: User::service(), now: app.clock().now(), correlation };
        match Box::pin(look_at(app, id, &look, &cause)).await {
            Ok(looked) => {
                found += u32::from(looked.is_news);
                sleep(Duration::from_mins(1).saturating_mul(looked.calls) / pace).await;
            }
            Err(error) => {
                tracing::info!(referral.id = %id, error = &error as &dyn std::error::Error, "it cannot be looked at now");
                break;
            }
        }
    }
    if found > 0 {
        tracing::info!(rows = found, "looking again brought news");
    }
    alone.release().await?;
    Ok(())
}
