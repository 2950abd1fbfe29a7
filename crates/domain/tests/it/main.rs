//! The rules as their users meet them: each decision by table, whole histories by property.

mod access;
mod amendment;
mod booking;
mod booking_check;
mod build;
mod collection;
mod draft;
mod draft_patch;
mod effect;
mod ending;
mod feedback;
mod history;
mod operator_access;
mod plan;
mod report;
mod retention;
mod transfer;
