//! Jobs by the clock: each at one London time of day. Any number of workers may keep the schedule: a time is run once.
//!
//! A time that was missed because no worker ran, or whose run was interrupted, is made up for when a worker runs
//! again, unless the next time has come. Transfers are never scheduled.

use std::time::Duration;

use app::App;
use domain::calendar::{day_of, london};
use domain::job::JobName;
use jiff::civil::Time;
use jiff::{Span, Timestamp};
use runtime::{Shutdown, Tasks};

use super::{Job, JobError, Order, run};

/// How often the clock is looked at. A job starts at most this much late.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// When each job runs, in London's time; none: never of its own accord.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Conclude referrals.
    pub conclude_referrals: Option<Time>,
    /// Delete stale drafts.
    pub delete_stale_drafts: Option<Time>,
    /// Load the ends of sentences.
    pub load_sentence_ends: Option<Time>,
    /// Compare referrals with what Delius holds.
    pub reconcile: Option<Time>,
}

impl Schedule {
    fn entries(&self) -> Vec<(Job, Time)> {
        [
            (Job::ConcludeReferrals, self.conclude_referrals),
            (Job::DeleteStaleDrafts, self.delete_stale_drafts),
            (Job::LoadSentenceEnds, self.load_sentence_ends),
            (Job::Reconcile(None), self.reconcile),
        ]
        .into_iter()
        .filter_map(|(job, time)| Some((job, time?)))
        .collect()
    }

    /// Keeps the schedule in the background until shutdown.
    pub fn spawn(self, app: App, tasks: &Tasks) {
        let stop = tasks.shutdown().clone();
        tasks.spawn(async move {
            let mut done = Vec::new();
            while !stop.is_triggered() {
                self.run_due(&app, &mut done, &stop).await;
                tokio::select! {
                    () = stop.wait() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        });
    }

    /// Runs whatever is due, once; `done` remembers what needs no second look.
    pub async fn run_due(&self, app: &App, done: &mut Vec<(JobName, Timestamp)>, stop: &Shutdown) {
        for (job, time) in self.entries() {
            let name = job.name();
            let due = latest(app.clock().now(), time);
            if done.contains(&(name, due)) {
                continue;
            }
            let order = Order { job, dry_run: false, by: "schedule".to_owned(), scheduled_for: Some(due) };
            match Box::pin(run(app, &order, &|_| {}, stop)).await {
                Ok(_) | Err(JobError::AlreadyRun(_)) => {
                    done.retain(|(other, _)| *other != name);
                    done.push((name, due));
                }
                // Whoever runs it may yet be interrupted: look again.
                Err(JobError::AlreadyRunning(_)) => {}
                Err(error) => tracing::warn!(
                    job.kind = name.as_str(),
                    error = &error as &dyn std::error::Error,
                    "a scheduled job could not run; it is tried again"
                ),
            }
        }
    }
}

/// The latest instant, not after `now`, at which London's clocks showed this time. A time that the change to summer
/// time leaves out counts as one hour later.
fn latest(now: Timestamp, time: Time) -> Timestamp {
    let mut day = day_of(now);
    for _ in 0..2 {
        if let Ok(at) = day.to_datetime(time).to_zoned(london())
            && at.timestamp() <= now
        {
            return at.timestamp();
        }
        day = day.saturating_sub(Span::new().days(1));
    }
    now
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[track_caller]
    fn check(now: &str, time: Time, expected: &str) {
        let now: Timestamp = now.parse().expect("an instant");
        assert_eq!(latest(now, time).to_string(), expected);
    }

    #[test]
    fn the_latest_time_is_todays_or_yesterdays_in_london() {
        let half_past = time(0, 30, 0, 0);
        check("2026-01-10T00:30:00Z", half_past, "2026-01-10T00:30:00Z");
        check("2026-01-10T00:29:59Z", half_past, "2026-01-09T00:30:00Z");
        check("2026-07-10T00:00:00Z", half_past, "2026-07-09T23:30:00Z");
        check("2026-07-09T23:29:00Z", half_past, "2026-07-08T23:30:00Z");
    }

    #[test]
    fn clock_changes_neither_skip_nor_repeat_a_day() {
        let half_past_one = time(1, 30, 0, 0);
        // 29 March 2026 has no 01:30; it counts as 02:30 in summer time.
        check("2026-03-29T01:30:00Z", half_past_one, "2026-03-29T01:30:00Z");
        check("2026-03-29T01:29:00Z", half_past_one, "2026-03-28T01:30:00Z");
        // 25 October 2026 has two; the first counts, for the whole day.
        check("2026-10-25T00:31:00Z", half_past_one, "2026-10-25T00:30:00Z");
        check("2026-10-25T23:00:00Z", half_past_one, "2026-10-25T00:30:00Z");
    }
}
