//! What `ops/` promises: every alert has a runbook of its own and a test that lets it fire, every runbook an alert and the
//! same four sections, and rules and panels ask only for metrics that the code counts.

use std::collections::BTreeSet;

/// What the exporter adds to the name of a histogram.
const HISTOGRAM_PARTS: [&str; 3] = ["_bucket", "_count", "_sum"];
const RUNBOOKS: &str = "docs/runbooks/";
/// What a runbook tells, in this order.
const SECTIONS: [&str; 4] = ["## What people notice", "## How to see it", "## What to do", "## When it is over"];

/// A file of the tree: its path from the top of the clone, and its text.
pub(crate) type File<'a> = (&'a str, &'a str);

/// Every breach; `files` is the whole tree.
pub(crate) fn complaints(files: &[File<'_>]) -> Vec<String> {
    let counted: BTreeSet<&str> = files
        .iter()
        .filter(|(path, _)| path.starts_with("crates/") && path.contains("/src/") && !path.starts_with("crates/xtask/"))
        .flat_map(|(_, text)| counted_in(text))
        .collect();
    let fired: BTreeSet<&str> =
        files.iter().filter(|(path, _)| path.ends_with(".test.yaml")).flat_map(|(_, text)| fired_in(text)).collect();
    let mut complaints = Vec::new();
    let mut named = BTreeSet::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("ops/")) {
        let mut alert = None;
        for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())) {
            if let Some(expression) = line.strip_prefix("expr:").or_else(|| line.strip_prefix("\"expr\":")) {
                for metric in metrics_in(expression).filter(|metric| !is_counted(metric, &counted)) {
                    complaints.push(format!("{path}:{number}: nothing counts `{metric}`"));
                }
            }
            if let Some(name) = line.strip_prefix("- alert:").map(str::trim) {
                alert = Some(name);
                if !fired.contains(name) {
                    complaints.push(format!("{path}:{number}: no test lets {name} fire"));
                }
            }
            if let Some(runbook) = line.strip_prefix("runbook:").map(str::trim) {
                named.insert(runbook.to_owned());
                if !files.iter().any(|(path, _)| *path == runbook) {
                    complaints.push(format!("{path}:{number}: there is no {runbook}"));
                }
                if let Some(own) = alert.map(runbook_of).filter(|own| own != runbook) {
                    complaints.push(format!("{path}:{number}: the runbook of this alert alone is {own}"));
                }
            }
        }
        let (alerts, runbooks) = (text.matches("- alert:").count(), text.matches("  runbook: ").count());
        if alerts > runbooks {
            complaints.push(format!("{path}: {alerts} alerts and {runbooks} runbooks: every alert names its runbook"));
        }
    }
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(RUNBOOKS) && !path.ends_with("README.md")) {
        if !named.contains(*path) {
            complaints.push(format!("{path}: no alert leads here"));
        }
        let sections: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        if sections != SECTIONS {
            complaints.push(format!("{path}: its sections are not `{}`", SECTIONS.join("`, `")));
        }
    }
    complaints
}

/// The file that belongs to an alert and to no other.
fn runbook_of(alert: &str) -> String {
    let mut name = String::new();
    for letter in alert.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    format!("{RUNBOOKS}{name}.md")
}

/// The alerts that a file of tests expects to fire.
fn fired_in(text: &str) -> impl Iterator<Item = &str> {
    let mut alert = None;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("alertname:") {
            alert = Some(name.trim());
        }
        (line == "exp_alerts:").then(|| alert.take()).flatten()
    })
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
    const RUNBOOK: File<'_> = (
        "docs/runbooks/very-late.md",
        "# Late\n\n## What people notice\n\n## How to see it\n\n## What to do\n\n## When it is over\n",
    );
    const TEST: File<'_> = ("ops/alerts.test.yaml", "alertname: VeryLate\nexp_alerts:\n  - exp_labels: {}\n");

    fn rule(expression: &str, runbook: &str) -> String {
        format!("  - alert: VeryLate\n    expr: {expression}\n    annotations:\n      runbook: {runbook}\n")
    }

    #[test]
    fn rules_that_fit_the_code_pass() {
        let expression = "max by (a_label) (rate(done_total{b_label=\"x_y\"}[5m])) > \
                          histogram_quantile(0.95, sum by (le) (rate(took_seconds_bucket[5m])))";
        let text = rule(expression, "docs/runbooks/very-late.md");
        assert_eq!(complaints(&[CODE, RUNBOOK, TEST, ("ops/alerts.yaml", &text)]), Vec::<String>::new());
    }

    #[test]
    fn a_metric_that_nothing_counts_is_named() {
        let text = rule("rate(done_all[5m]) > took_seconds", "docs/runbooks/very-late.md");
        let found = complaints(&[CODE, RUNBOOK, TEST, ("ops/alerts.yaml", &text)]);
        assert_eq!(found, ["ops/alerts.yaml:2: nothing counts `done_all`"]);
    }

    #[test]
    fn alerts_and_runbooks_belong_together() {
        let text = rule("done_total", "docs/runbooks/lost.md");
        let found = complaints(&[CODE, RUNBOOK, TEST, ("ops/alerts.yaml", &text)]);
        let expected = [
            "ops/alerts.yaml:4: there is no docs/runbooks/lost.md",
            "ops/alerts.yaml:4: the runbook of this alert alone is docs/runbooks/very-late.md",
            "docs/runbooks/very-late.md: no alert leads here",
        ];
        assert_eq!(found, expected);
        let found = complaints(&[CODE, TEST, ("ops/alerts.yaml", "- alert: VeryLate\n  expr: done_total\n")]);
        assert_eq!(found, ["ops/alerts.yaml: 1 alerts and 0 runbooks: every alert names its runbook"]);
    }

    #[test]
    fn a_runbook_tells_the_same_four_things_in_order() {
        let text = rule("done_total", RUNBOOK.0);
        let turned = "# Late\n\n## How to see it\n\n## What people notice\n\n## What to do\n\n## When it is over\n";
        let found = complaints(&[CODE, (RUNBOOK.0, turned), TEST, ("ops/alerts.yaml", &text)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("docs/runbooks/very-late.md: its sections are not"), "{found:?}");
    }

    #[test]
    fn an_alert_that_no_test_lets_fire_is_named() {
        let text = rule("done_total", RUNBOOK.0);
        let silent = "alertname: VeryLate\nexp_alerts: []\nalertname: Other\nexp_alerts:\n";
        let found = complaints(&[CODE, RUNBOOK, ("ops/alerts.test.yaml", silent), ("ops/alerts.yaml", &text)]);
        assert_eq!(found, ["ops/alerts.yaml:1: no test lets VeryLate fire"]);
    }
}
