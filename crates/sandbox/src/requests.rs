//! The log of requests that the stand-ins received.
//!
//! It keeps what was called and how it was answered; never a query string or a body, and of the headers only the trace
//! that the call belongs to. It belongs to the running process and is not saved.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

/// The log keeps this many requests, newest last.
const KEPT: usize = 20_000;

/// One request as it was received.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Received {
    /// When it arrived.
    pub(crate) at: Timestamp,
    /// The system's path prefix without its slash.
    pub(crate) system: String,
    /// The HTTP method.
    pub(crate) method: String,
    /// The path below the prefix, without the query.
    pub(crate) path: String,
    /// The status answered; `None` when the connection was cut before an answer.
    pub(crate) status: Option<u16>,
    /// The W3C trace context that the call carried.
    pub(crate) traceparent: Option<String>,
    /// The fault that was applied.
    pub(crate) fault: Option<&'static str>,
}

/// The log itself.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<VecDeque<Received>>);

impl Log {
    /// Adds one request and lets the oldest go when the log is full.
    pub(crate) fn add(&self, received: Received) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == KEPT {
            log.pop_front();
        }
        log.push_back(received);
    }

    /// The requests of one system, or of all, oldest first.
    pub(crate) fn list(&self, system: Option<&str>) -> Vec<Received> {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().filter(|received| system.is_none_or(|system| received.system == system)).cloned().collect()
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
