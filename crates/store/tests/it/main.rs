//! Store against a real PostgreSQL: round trips, constraints, concurrency.

mod amendment;
mod catalogue;
mod circuit;
mod collection;
mod connection;
mod constraint;
mod dashboard;
mod db;
mod draft;
mod job_lock;
mod leftover;
mod list_plan;
mod observed;
mod outbox;
mod outbox_plan;
mod outbox_workers;
mod pages;
mod plan;
mod progress;
mod referral;
mod sample;
mod schema;
mod subject_access;
mod user;
