//! What a run tells: progress while it runs, each failure with how to repeat it, and a line of figures at the end.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use crate::history::{Figures, Outcome};
use crate::plan::Plan;

/// Tells how a run goes.
#[derive(Debug)]
pub struct Report {
    bar: ProgressBar,
    begun: Instant,
    histories: u64,
    failed: Vec<Plan>,
    total: Figures,
}

impl Report {
    /// For so many histories.
    pub fn new(count: u64) -> Self {
        let bar = ProgressBar::new(count);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} histories, {msg} ({elapsed}, {eta} left)");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message("0 failed");
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar, begun: Instant::now(), histories: 0, failed: Vec::new(), total: Figures::default() }
    }

    /// Takes in a history that has ended.
    pub fn ended(&mut self, plan: &Plan, outcome: &Outcome) {
        let Figures { steps, faults, kills, effects, standing, time, acting } = outcome.figures;
        self.histories += 1;
        self.total.steps += steps;
        self.total.faults += faults;
        self.total.kills += kills;
        self.total.effects += effects;
        self.total.standing += standing;
        self.total.time += time;
        self.total.acting += acting;
        if !outcome.verdicts.is_empty() {
            self.say(&format!("seed {} failed", plan.seed));
            for verdict in &outcome.verdicts {
                self.say(&format!("  {verdict}"));
            }
            self.failed.push(plan.clone());
        }
        self.bar.set_position(self.histories);
        self.bar.set_message(format!("{} failed", self.failed.len()));
        if self.bar.is_hidden() && self.histories.is_multiple_of(50) {
            eprintln!("{}", self.summary());
        }
    }

    /// Says something above the bar.
    pub fn say(&self, line: &str) {
        if self.bar.is_hidden() {
            eprintln!("{line}");
        } else {
            self.bar.println(line);
        }
    }

    /// The histories that failed.
    pub fn failed(&self) -> &[Plan] {
        &self.failed
    }

    /// The line of figures.
    pub fn summary(&self) -> String {
        let Figures { steps, faults, kills, effects, standing, time: _, acting: _ } = self.total;
        format!(
            "{} histories, {} failed: {steps} steps of users, {faults} faults ({kills} kills), {effects} effects \
             delivered once, {standing} standing still with a cause shown; {:.0} s",
            self.histories,
            self.failed.len(),
            self.begun.elapsed().as_secs_f64(),
        )
    }

    /// Ends the bar and tells the figures.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
        eprintln!("faults: {}", self.summary());
    }
}

/// Keeps a history in a file, so that it can be played again.
pub fn keep(plan: &Plan, folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join(format!("seed-{}.json", plan.seed));
    let text = serde_json::to_string_pretty(plan)?;
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
