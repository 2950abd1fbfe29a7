//! Limited access: who may not see whose record.
//!
//! Owns the flags for a batch of cases, with the two ways in which the real answer fails open; refuses to enforce
//! anything: Delius only tells, the caller must act on it.

use jiff::Timestamp;
use serde::Serialize;

use super::mode::Mode;
use super::model::{Case, Limit};
use super::record::Record;
use super::refusal::Refusal;

/// The most cases one call may ask about.
const MOST: usize = 500;

/// What limits stand between a user and a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseAccess {
    pub(crate) crn: String,
    pub(crate) user_excluded: bool,
    pub(crate) user_restricted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exclusion_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) restriction_message: Option<String>,
}

/// One entry for each case asked about, in the order asked.
///
/// # Errors
/// 500 (as the real one) or 400 for no case or more than 500.
pub(crate) fn access(
    record: &Record,
    now: Timestamp,
    username: &str,
    crns: &[String],
) -> Result<Vec<CaseAccess>, Refusal> {
    if crns.is_empty() || crns.len() > MOST {
        let internal = record.mode.access_size_internal_error;
        return Err(if internal { Refusal::BatchSize } else { Refusal::RefusedBatchSize });
    }
    Ok(crns.iter().map(|crn| one(record, now, username, crn)).collect())
}

fn one(record: &Record, now: Timestamp, username: &str, crn: &str) -> CaseAccess {
    let Some(case) = record.case(crn) else {
        let restricted = !record.mode.unknown_case_accessible;
        return CaseAccess {
            crn: crn.to_owned(),
            user_excluded: false,
            user_restricted: restricted,
            exclusion_message: None,
            restriction_message: restricted.then(|| "This record cannot be found.".to_owned()),
        };
    };
    let (excluded, restricted) = limits(case, now, username);
    // The flags follow the text: a limit without a message is reported as no limit.
    let told = |limited: bool, message: &Option<String>, mode: &Mode| {
        let text = message.clone().filter(|text| limited && !text.trim().is_empty());
        (text.is_some() || (limited && !mode.blank_message_accessible), text)
    };
    let (user_excluded, exclusion_message) = told(excluded, &case.exclusion_message, &record.mode);
    let (user_restricted, restriction_message) = told(restricted, &case.restriction_message, &record.mode);
    CaseAccess { crn: crn.to_owned(), user_excluded, user_restricted, exclusion_message, restriction_message }
}

/// Whether a user is excluded from a case, and whether it is restricted to others. Usernames ignore case.
pub(crate) fn limits(case: &Case, now: Timestamp, username: &str) -> (bool, bool) {
    let rows = |limits: &[Limit]| {
        let mut in_force = limits.iter().filter(|limit| limit.is_in_force(now)).peekable();
        let any = in_force.peek().is_some();
        (any, in_force.any(|limit| limit.username.eq_ignore_ascii_case(username)))
    };
    let (_, excluded) = rows(&case.exclusions);
    let (any, is_named) = rows(&case.restrictions);
    (excluded, any && !is_named)
}
