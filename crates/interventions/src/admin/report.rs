//! What an import came to, for people and for machines: faults, differences, the record.

use anyhow::bail;
use app::import::{Change, ImportError, ImportRun};
use serde_json::{Value, json};

/// Tells what an import changed, or why it was refused.
pub(super) fn made(result: Result<ImportRun, ImportError>, dry_run: bool, json: bool) -> anyhow::Result<()> {
    match result {
        Ok(run) => {
            print_changes(&run, dry_run, json);
            Ok(())
        }
        Err(error) => refused(&error, json),
    }
}

/// Every fault on a line of its own, then the end.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub(super) fn refused(error: &ImportError, json: bool) -> anyhow::Result<()> {
    if let ImportError::Faulty(faults) = error {
        for fault in faults {
            if json {
                let (file, line, field, rule) = (&fault.file, fault.line, &fault.field, &fault.rule);
                println!("{}", json!({ "file": file, "line": line, "field": field, "rule": rule }));
            } else {
                println!("{fault}");
            }
        }
    }
    bail!("nothing was imported: {error}")
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_changes(run: &ImportRun, dry_run: bool, json: bool) {
    if json {
        let mut told = as_json(run);
        told["changes"] = json!(run.changes);
        told["dryRun"] = json!(dry_run);
        println!("{told}");
        return;
    }
    for line in run.changes.iter().flat_map(diff) {
        println!("{line}");
    }
    match (run.changes.len(), dry_run) {
        (0, _) => println!("nothing differs"),
        (rows, true) => println!("{rows} rows would change (dry run)"),
        (rows, false) => println!("{rows} rows changed; `interventions admin import undo {}` undoes it", run.id),
    }
}

/// A row as lines: what it is, and each column that differs.
fn diff(change: &Change) -> Vec<String> {
    let empty = Value::Null;
    let (sign, before, after) = match (&change.before, &change.after) {
        (None, Some(after)) => ('+', &empty, after),
        (Some(before), None) => ('-', before, &empty),
        (before, after) => ('~', before.as_ref().unwrap_or(&empty), after.as_ref().unwrap_or(&empty)),
    };
    let mut lines = vec![format!("{sign} {} {}", change.table.as_str(), change.key)];
    let columns = if after.is_object() { after } else { before };
    for column in columns.as_object().into_iter().flat_map(serde_json::Map::keys) {
        let (was, now) = (&before[column], &after[column]);
        match sign {
            '~' if was != now => lines.push(format!("    {column}: {was} -> {now}")),
            '+' if !now.is_null() => lines.push(format!("    {column}: {now}")),
            _ => {}
        }
    }
    lines
}

/// An import in one line.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub(super) fn print_line(run: &ImportRun, json: bool) {
    if json {
        println!("{}", as_json(run));
        return;
    }
    let undone = run.undone.as_ref().map(|(at, by)| format!("; undone {at} by {by}")).unwrap_or_default();
    let (id, at, by, rows) = (run.id, run.imported_at, &run.imported_by, run.changes.len());
    let subject = run.subject.as_str();
    println!("{id} {at} {subject} by {by}: {rows} rows from {} files{undone}", run.files.len());
}

/// An import with its files and everything that it changed.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub(super) fn print_whole(run: &ImportRun, json: bool) {
    if json {
        let mut told = as_json(run);
        told["changes"] = json!(run.changes);
        println!("{told}");
        return;
    }
    print_line(run, false);
    for (file, digest) in &run.files {
        println!("sha256 {digest} {file}");
    }
    for line in run.changes.iter().flat_map(diff) {
        println!("{line}");
    }
}

fn as_json(run: &ImportRun) -> Value {
    json!({
        "id": run.id.to_string(),
        "subject": run.subject.as_str(),
        "importedAt": run.imported_at,
        "importedBy": run.imported_by,
        "files": run.files,
        "rows": run.changes.len(),
        "undoneAt": run.undone.as_ref().map(|(at, _)| at),
        "undoneBy": run.undone.as_ref().map(|(_, by)| by),
    })
}
