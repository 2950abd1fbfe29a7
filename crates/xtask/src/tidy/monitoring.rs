//! What `ops/` promises: every alert has a runbook, every runbook an alert, and rules and panels ask only for metrics
//! that the code counts.

use std::collections::BTreeSet;

/// What the exporter adds to the name of a histogram.
const HISTOGRAM_PARTS: [&str; 3] = ["_bucket", "_count", "_sum"];
const RUNBOOKS: &str = "docs/runbooks/";

/// A file of the tree: its path from the top of the clone, and its text.
pub(crate) type File<'a> = (&'a str, &'a str);

/// Every breach; `files` is the whole tree.
pub(crate) fn complaints(files: &[File<'_>]) -> Vec<String> {
    let counted: BTreeSet<&str> = files
        .iter()
        .filter(|(path, _)| path.starts_with("crates/") && path.contains("/src/") && !path.starts_with("crates/xtask/"))
        .flat_map(|(_, text)| counted_in(text))
        .collect();
    let mut complaints = Vec::new();
    let mut named = BTreeSet::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("ops/")) {
        for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())) {
            if let Some(expression) = line.strip_prefix("expr:").or_else(|| line.strip_prefix("\"expr\":")) {
                for metric in metrics_in(expression).filter(|metric| !is_counted(metric, &counted)) {
                    complaints.push(format!("{path}:{number}: nothing counts `{metric}`"));
                }
            }
            if let Some(runbook) = line.strip_prefix("runbook:").map(str::trim) {
                named.insert(runbook.to_owned());
                if !files.iter().any(|(path, _)| *path == runbook) {
                    complaints.push(format!("{path}:{number}: there is no {runbook}"));
                }
            }
        }
        let (alerts, runbooks) = (text.matches("- alert:").count(), text.matches("  runbook: ").count());
        if alerts > runbooks {
            complaints.push(format!("{path}: {alerts} alerts and {runbooks} runbooks: every alert names its runbook"));
        }
    }
    for (path, _) in files.iter().filter(|(path, _)| path.starts_with(RUNBOOKS) && !path.ends_with("README.md")) {
        if !named.contains(*path) {
            complaints.push(format!("{path}: no alert leads here"));
        }
    }
    complaints
}

/// The names given to the macros that count.
fn counted_in(text: &str) -> impl Iterator<Item = &str> {
    ["counter!(", "gauge!(", "histogram!("].into_iter().flat_map(|call| {
        text.split(call).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
    })
}

/// The words of an expression that can only be metrics: they hold an underscore, and neither stand between quotes, in
/// a list of labels, nor before a bracket as functions do.
fn metrics_in(expression: &str) -> impl Iterator<Item = &str> {
    let (mut in_labels, mut in_list) = (false, false);
    let mut found = Vec::new();
    let mut rest = expression;
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
        if length == 0 {
            match first {
                '{' => in_labels = true,
                '}' => in_labels = false,
                ')' => in_list = false,
                _ => {}
            }
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (word, after) = rest.split_at(length);
        in_list |= ["by", "on"].contains(&word);
        if word.contains('_') && !in_labels && !in_list && !after.starts_with('(') {
            found.push(word);
        }
        rest = after;
    }
    found.into_iter()
}

fn is_counted(metric: &str, counted: &BTreeSet<&str>) -> bool {
    let of_histogram = || HISTOGRAM_PARTS.iter().filter_map(|part| metric.strip_suffix(part));
    counted.contains(metric) || of_histogram().any(|name| counted.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: File<'_> = (
        "crates/a/src/a.rs",
        "metrics::counter!(\"done_total\", \"kind\" => k);\nmetrics::histogram!(\n    \"took_seconds\"\n)",
    );
    const RUNBOOK: File<'_> = ("docs/runbooks/late.md", "# Late\n");

    fn rule(expression: &str, runbook: &str) -> String {
        format!("  - alert: Late\n    expr: {expression}\n    annotations:\n      runbook: {runbook}\n")
    }

    #[test]
    fn rules_that_fit_the_code_pass() {
        let expression = "max by (a_label) (rate(done_total{b_label=\"x_y\"}[5m])) > \
                          histogram_quantile(0.95, sum by (le) (rate(took_seconds_bucket[5m])))";
        let text = rule(expression, "docs/runbooks/late.md");
        assert_eq!(complaints(&[CODE, RUNBOOK, ("ops/alerts.yaml", &text)]), Vec::<String>::new());
    }

    #[test]
    fn a_metric_that_nothing_counts_is_named() {
        let text = rule("rate(done_all[5m]) > took_seconds", "docs/runbooks/late.md");
        let found = complaints(&[CODE, RUNBOOK, ("ops/alerts.yaml", &text)]);
        assert_eq!(found, ["ops/alerts.yaml:2: nothing counts `done_all`"]);
    }

    #[test]
    fn alerts_and_runbooks_belong_together() {
        let text = rule("done_total", "docs/runbooks/lost.md");
        let found = complaints(&[CODE, RUNBOOK, ("ops/alerts.yaml", &text)]);
        let expected =
            ["ops/alerts.yaml:4: there is no docs/runbooks/lost.md", "docs/runbooks/late.md: no alert leads here"];
        assert_eq!(found, expected);
        let found = complaints(&[CODE, ("ops/alerts.yaml", "- alert: Late\n  expr: done_total\n")]);
        assert_eq!(found, ["ops/alerts.yaml: 1 alerts and 0 runbooks: every alert names its runbook"]);
    }
}
