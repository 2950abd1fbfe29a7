//! The table that a run ends with.

use std::fmt::Write as _;
use std::time::Duration;

use super::outbox::Costs;
use super::pile::{Deliveries, Recovery};

/// Figures, each beside its yardstick.
#[derive(Debug, Default)]
pub struct Report {
    outbox: Vec<(u64, Costs)>,
    deliveries: Vec<(String, Deliveries)>,
    recovery: Option<Recovery>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn outbox(&mut self, rows: u64, costs: &Costs) {
        self.outbox.push((rows, *costs));
    }

    pub(super) fn deliveries(&mut self, when: &str, deliveries: &Deliveries) {
        self.deliveries.push((when.to_owned(), *deliveries));
    }

    pub(super) fn recovery(&mut self, recovery: &Recovery) {
        self.recovery = Some(*recovery);
    }

    /// Whether a message was lost or doubled.
    pub fn is_faulty(&self) -> bool {
        self.recovery.is_some_and(|recovery| recovery.lost + recovery.doubled > 0)
    }

    /// The figures as Markdown.
    pub fn table(&self) -> String {
        let mut text = String::new();
        text.push_str("## The outbox, for one effect\n\n");
        text.push_str("| finished before | intend, µs | claim, µs | settle, µs | together | pages | log, bytes |\n");
        text.push_str("|---:|---:|---:|---:|---:|---:|---:|\n");
        let together = |costs: &Costs| (costs.enqueue + costs.claim + costs.settle).as_secs_f64();
        let yardstick = self.outbox.first().map_or(1.0, |(_, costs)| together(costs));
        for (rows, costs) in &self.outbox {
            let (enqueue, claim, settle) =
                (costs.enqueue.as_micros(), costs.claim.as_micros(), costs.settle.as_micros());
            let _ = writeln!(
                text,
                "| {} | {enqueue} | {claim} | {settle} | × {:.2} | {} | {} |",
                grouped(*rows),
                together(costs) / yardstick,
                costs.pages,
                costs.log_bytes,
            );
        }
        text.push_str(
            "\n## Deliveries\n\n| | effects | of them to Delius | seconds | a second | transactions for each |\n",
        );
        text.push_str("|---|---:|---:|---:|---:|---:|\n");
        for (when, found) in &self.deliveries {
            let seconds = found.took.as_secs_f64().max(0.001);
            let _ = writeln!(
                text,
                "| {when} | {} | {} | {seconds:.2} | {:.0} | {:.1} |",
                found.effects,
                found.to_delius,
                f64::from(found.effects) / seconds,
                found.transactions,
            );
        }
        if let Some(found) = &self.recovery {
            text.push_str("\n## After `kill -9` of service and worker\n\n| | |\n|---|---:|\n");
            let seconds = |took: Duration| took.as_secs_f64();
            let _ = writeln!(text, "| seconds to the first delivery | {:.2} |", seconds(found.first));
            let _ = writeln!(text, "| messages in flight when it was killed | {} |", found.cut_off);
            let _ = writeln!(text, "| seconds until they were delivered too | {:.1} |", seconds(found.in_flight));
            let _ = writeln!(text, "| referrals that Delius never heard of | {} |", found.lost);
            let _ = writeln!(text, "| referrals that Delius holds twice | {} |", found.doubled);
        }
        text
    }
}

/// Such as "10,000,000".
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (10_000_000, "10,000,000")] {
            assert_eq!(grouped(number), text);
        }
    }
}
