//! Imports of the catalogue and of reference data.
//!
//! Everything is checked before anything is written, and every fault is told. One transaction writes what differs, so
//! importing the same files again changes nothing. What an import changed is kept row by row; it can be undone as long
//! as nobody changed those rows since and nothing needs what would go. Run by operators, who have no sign-in here:
//! the account on the machine, or the name that they give, is kept instead.

pub mod catalogue;
pub mod reference;
mod sheet;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain::ImportRunId;
use jiff::Timestamp;
use runtime::{Clock, Ids};
use store::import::Snapshot;
pub use store::import::{Change, ImportRun, ImportSubject, Table};
use store::{Store, StoreError};

/// Something wrong with a file. In order: by file, by line, by field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file's path within the imported folder.
    pub file: String,
    /// The line, in files that have a record on each.
    pub line: Option<u64>,
    /// The field, with its place where there are several, such as `[2].code`; `-` for the whole.
    pub field: String,
    /// The rule that it breaks.
    pub rule: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}: line {line}: {}: {}", self.file, self.field, self.rule),
            None => write!(f, "{}: {}: {}", self.file, self.field, self.rule),
        }
    }
}

impl Fault {
    /// Whether both are about the same field, or one about a part of the other's.
    fn overlaps(&self, file: &str, line: Option<u64>, field: &str) -> bool {
        let is_part =
            |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with(['.', '[']));
        let is_same_field = self.field == field || is_part(&self.field, field) || is_part(field, &self.field);
        self.file == file && self.line == line && is_same_field
    }
}

/// What could not be read of the files. The rest is judged all the same, so that every fault is told at once; what only
/// follows from something that could not be read is not told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// What is wrong with it. In the place of a value that could not be read stands an arbitrary one.
    pub faults: Vec<Fault>,
    /// Tables of which the files may declare more rows than were read.
    pub tables: BTreeSet<Table>,
}

/// A definition and where it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The file's path within the imported folder.
    pub file: String,
    /// The line, in files that have a record on each.
    pub line: Option<u64>,
    /// Its place in the file, such as `[2].`; empty for the only one and where there are lines.
    pub place: String,
    /// What was read.
    pub value: T,
}

/// How an import is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportOrder {
    /// The operator.
    pub by: String,
    /// Only find out what would change.
    pub dry_run: bool,
}

/// Why nothing was imported or undone.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The files are faulty; every fault is here.
    #[error("{} faults were found", .0.len())]
    Faulty(Vec<Fault>),
    /// There is no such import.
    #[error("there is no import {0}")]
    Unknown(ImportRunId),
    /// It was undone before.
    #[error("import {0} was undone already")]
    Undone(ImportRunId),
    /// Rows that it wrote say something else by now; they are named.
    #[error("changed since: {}", .0.join(", "))]
    ChangedSince(Vec<String>),
    /// Something needs what would go; both are named.
    #[error("still needed: {}", .0.join(", "))]
    DependedUpon(Vec<String>),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
}

/// What all kinds of import have in common.
struct Batch<'a> {
    subject: ImportSubject,
    files: &'a BTreeMap<String, String>,
    now: Timestamp,
}

/// Writes what `plan` makes of the rows, in one transaction. The answer tells what changed; an import that changes
/// nothing is not kept, nor is a dry run.
async fn apply(
    store: &Store,
    ids: &Ids,
    batch: &Batch<'_>,
    order: &ImportOrder,
    plan: impl FnOnce(&Snapshot) -> Result<Snapshot, Vec<Fault>>,
) -> Result<ImportRun, ImportError> {
    let mut work = store.begin().await?;
    store::import::lock(&mut work).await?;
    let before = store::import::snapshot(&mut work).await?;
    let planned = plan(&before).map_err(ImportError::Faulty)?;
    for change in store::import::changes(&before, &planned) {
        match (&change.before, &change.after) {
            (_, Some(row)) => store::import::write(&mut work, change.table, row).await?,
            (Some(row), None) => store::import::delete(&mut work, change.table, row).await?,
            (None, None) => {}
        }
    }
    let after = store::import::snapshot(&mut work).await?;
    let run = ImportRun {
        id: ImportRunId(ids.uuid()),
        subject: batch.subject,
        imported_at: batch.now,
        imported_by: order.by.clone(),
        files: batch.files.clone(),
        changes: store::import::changes(&before, &after),
        undone: None,
    };
    if !order.dry_run && !run.changes.is_empty() {
        store::import::insert(&mut work, &run).await?;
        work.commit().await?;
        tracing::info!(subject = run.subject.as_str(), rows = run.changes.len(), "an import was made");
    }
    Ok(run)
}

/// Undoes an import: every row it wrote is again as it was.
///
/// # Errors
/// [`ImportError::ChangedSince`] and [`ImportError::DependedUpon`]; then everything stays as it is.
pub async fn undo(store: &Store, clock: &Clock, id: ImportRunId, by: &str) -> Result<ImportRun, ImportError> {
    let mut work = store.begin().await?;
    store::import::lock(&mut work).await?;
    let mut runs = store::import::list(&mut work).await?.into_iter();
    let mut run = runs.find(|run| run.id == id).ok_or(ImportError::Unknown(id))?;
    if run.undone.is_some() {
        return Err(ImportError::Undone(id));
    }
    let current = store::import::snapshot(&mut work).await?;
    let name = |change: &Change| format!("{} {}", change.table.as_str(), change.key);
    let is_changed = |change: &&Change| current.get(&(change.table, change.key.clone())) != change.after.as_ref();
    let changed: Vec<String> = run.changes.iter().filter(is_changed).map(name).collect();
    if !changed.is_empty() {
        return Err(ImportError::ChangedSince(changed));
    }
    // What was there comes back first, because it may refer to what was added; then that goes, last things first.
    for change in &run.changes {
        if let Some(row) = &change.before {
            store::import::write(&mut work, change.table, row).await?;
        }
    }
    let mut needed = Vec::new();
    for change in run.changes.iter().rev().filter(|change| change.before.is_none()) {
        let Some(row) = &change.after else { continue };
        if let Some(user) = store::import::delete_unless_used(&mut work, change.table, row).await? {
            needed.push(format!("{} by {user}", name(change)));
        }
    }
    if !needed.is_empty() {
        return Err(ImportError::DependedUpon(needed));
    }
    let now = clock.now();
    store::import::save_undone(&mut work, id, by, now).await?;
    work.commit().await?;
    tracing::info!(rows = run.changes.len(), "an import was undone");
    run.undone = Some((now, by.to_owned()));
    Ok(run)
}

/// Every import, newest first.
pub async fn list(store: &Store) -> Result<Vec<ImportRun>, ImportError> {
    let mut db = store.connection().await?;
    Ok(store::import::list(&mut db).await?)
}

/// An import.
///
/// # Errors
/// [`ImportError::Unknown`].
pub async fn get(store: &Store, id: ImportRunId) -> Result<ImportRun, ImportError> {
    list(store).await?.into_iter().find(|run| run.id == id).ok_or(ImportError::Unknown(id))
}
