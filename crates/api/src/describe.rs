//! The description of the REST API, in OpenAPI 3.1, made from the code that answers.
//!
//! Paths, methods and operations come from the table of routes; parameters, request bodies and successes from the types
//! of the handlers; schemas of answers from the types that are serialised, those of requests from the code that reads
//! them. Only what no type says is written here: a line about each operation and the statuses with which it may fail.
//! `docs/contracts/rest.json` is what it is held against.

mod document;
mod handler;
mod operation;
mod schema;
#[cfg(test)]
mod tests;
mod write_yaml;

pub use self::document::description;
pub(crate) use self::handler::{Described, Output, Reply, Signature};
pub(crate) use self::schema::Schemas;
pub use self::write_yaml::yaml;
