//! `ETag` and `If-Match`: which version an answer shows, and which one a change was made for. What the headers hold and
//! which operations have them; that nothing is written over is `app::version`'s.

use app::version::{Expected, Shown};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use domain::access::Operation;
use serde_json::{Value, json};

use crate::error::Failure;

/// Whether what an operation shows has a version: a draft, a referral, or a part of a referral.
pub fn is_versioned(operation: Operation) -> bool {
    use Operation as Op;
    match operation {
        Op::CreateDraftReferral
        | Op::GetDraftReferral
        | Op::PatchDraftReferral
        | Op::SetDraftComplexityLevel
        | Op::SetDraftDesiredOutcomes
        | Op::GetDraftOasysRiskInformation
        | Op::SetDraftOasysRiskInformation
        | Op::SendDraftReferral
        | Op::GetSentReferral
        | Op::AssignSentReferral
        | Op::UpdateReferralDetails
        | Op::ListApprovedActionPlans
        | Op::GetSupplierAssessmentForReferral
        | Op::WithdrawReferral
        | Op::EndReferralLegacy
        | Op::AmendComplexityLevel
        | Op::AmendDesiredOutcomes
        | Op::AmendNeedsAndRequirements
        | Op::AmendPrisonEstablishment
        | Op::AmendExpectedReleaseDate
        | Op::AmendExpectedProbationOffice
        | Op::AmendPpProbationOffice
        | Op::AmendPpName
        | Op::AmendPpEmail
        | Op::AmendPpPhoneNumber
        | Op::AmendPpTeamPhoneNumber
        | Op::CreateDraftActionPlan
        | Op::UpdateDraftActionPlan
        | Op::SubmitActionPlan
        | Op::GetActionPlan
        | Op::UpdateActionPlanActivity
        | Op::ApproveActionPlan
        | Op::ListDeliverySessionsForPlan
        | Op::GetDeliverySessionForPlan
        | Op::ScheduleDeliverySession
        | Op::GetDeliverySessionForReferral
        | Op::RecordDeliveryAttendance
        | Op::RecordDeliverySessionFeedback
        | Op::SubmitDeliveryFeedback
        | Op::ScheduleSupplierAssessmentLegacy
        | Op::ScheduleSupplierAssessment
        | Op::RescheduleSupplierAssessment
        | Op::RecordSupplierAssessmentAttendance
        | Op::RecordSupplierAssessmentSessionFeedback
        | Op::SubmitSupplierAssessmentFeedback
        | Op::CreateEndOfServiceReport
        | Op::UpdateEndOfServiceReport
        | Op::SubmitEndOfServiceReport
        | Op::GetEndOfServiceReport
        | Op::GetEndOfServiceReportByReferral => true,
        Op::ListDraftReferrals
        | Op::ListSentReferralSummaries
        | Op::ListServiceProviderSummaries
        | Op::ListSentReferralsLegacy
        | Op::ListWithdrawalReasons
        | Op::ListCancellationReasons
        | Op::ListChangelog
        | Op::GetChangelogDetails
        | Op::SearchInterventions
        | Op::ListMyInterventions
        | Op::GetIntervention
        | Op::ListPccRegions
        | Op::GetServiceCategory
        | Op::GetServiceCategoryForContract
        | Op::CreateCaseNote
        | Op::GetCaseNote
        | Op::ListCaseNotes
        | Op::RegisterCurrentUser
        | Op::GetPrisonerDetails
        | Op::RequestPerformanceReport
        | Op::ListReferralsByCrn
        | Op::GetAppointmentLocations
        | Op::ListSasReferrals
        | Op::GetSubjectAccessData
        | Op::GetSubjectAccessTemplate => false,
    }
}

/// Whether an operation looks at `If-Match`: it changes something that has a version. Beginning a draft changes nothing
/// that was there before.
pub fn takes_if_match(method: &Method, operation: Operation) -> bool {
    is_versioned(operation) && *method != Method::GET && operation != Operation::CreateDraftReferral
}

/// What `If-Match` holds: `*`, or tags between commas.
pub(crate) fn if_match_schema() -> Value {
    json!({ "type": "string", "examples": ["\"7\"", "*"] })
}

/// What `ETag` holds: a version between quotation marks.
pub(crate) fn tag_schema() -> Value {
    json!({ "type": "string", "pattern": "^\"[0-9]+\"$" })
}

/// The layer around every operation whose answers have a version: puts it into `ETag`.
pub(crate) async fn versioned(mut request: Request, next: Next) -> Response {
    let shown = Shown::default();
    request.extensions_mut().insert(shown.clone());
    let mut response = next.run(request).await;
    if response.status().is_success()
        && let Some(tag) = shown.version().and_then(|version| HeaderValue::try_from(format!("\"{version}\"")).ok())
    {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// What the caller expects to change: `If-Match`, which a reading leaves aside.
pub(crate) fn expected(method: &Method, headers: &HeaderMap) -> Result<Expected, Failure> {
    let values: Vec<&[u8]> = headers.get_all(header::IF_MATCH).iter().map(HeaderValue::as_bytes).collect();
    if *method == Method::GET || values.is_empty() {
        return Ok(Expected::Any);
    }
    read(&values.join(&b","[..])).ok_or_else(|| {
        Failure::bad_request("the header If-Match must be * or a list of entity tags as ETag gives them, such as \"7\"")
    })
}

/// `*`, or entity tags between commas (RFC 9110, 13.1.1). A tag that we never gave, or a weak one, fits no version.
fn read(text: &[u8]) -> Option<Expected> {
    if text.trim_ascii() == b"*" {
        return Some(Expected::Any);
    }
    let mut versions = Vec::new();
    let mut has_tag = false;
    let mut rest = text;
    loop {
        rest = rest.trim_ascii_start();
        if let Some(after) = rest.strip_prefix(b",") {
            rest = after;
            continue;
        }
        if rest.is_empty() {
            return has_tag.then_some(Expected::OneOf(versions));
        }
        let weak = rest.strip_prefix(b"W/");
        let opened = weak.unwrap_or(rest).strip_prefix(b"\"")?;
        let end = opened.iter().position(|byte| *byte == b'"')?;
        let (tag, after) = (&opened[..end], opened[end + 1..].trim_ascii_start());
        let is_readable = tag.iter().all(|byte| *byte > b' ' && *byte != 0x7f);
        let is_separate = after.first().is_none_or(|byte| *byte == b',');
        if !is_readable || !is_separate {
            return None;
        }
        has_tag = true;
        if weak.is_none() {
            versions.extend(version(tag));
        }
        rest = after;
    }
}

fn version(tag: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(tag).ok()?;
    text.parse::<i64>().ok().filter(|version| version.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_tags_are_read_and_what_was_never_given_fits_nothing() {
        let one_of = |versions: &[i64]| Some(Expected::OneOf(versions.to_vec()));
        for (text, expected) in [
            ("*", Some(Expected::Any)),
            (" * ", Some(Expected::Any)),
            ("\"7\"", one_of(&[7])),
            (" \"7\" ,\"8\",, \"9\"\t", one_of(&[7, 8, 9])),
            ("W/\"7\"", one_of(&[])),
            ("W/\"7\", \"8\"", one_of(&[8])),
            ("\"abc\"", one_of(&[])),
            ("\"a,b\", \"8\"", one_of(&[8])),
            ("\"\"", one_of(&[])),
            ("\"07\", \"+7\", \"7.0\", \"99999999999999999999\"", one_of(&[])),
            ("\"caf\u{e9}\"", one_of(&[])),
        ] {
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for text in
            ["", " ", ",", "7", "\"7", "7\"", "\"7\" \"8\"", "\"7\"8", "*, \"7\"", "\"7\", *", "w/\"7\"", "\"7 8\""]
        {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read(b"\"\x7f\""), None);
    }

    #[test]
    fn several_headers_are_one_list_and_readings_do_not_look() {
        let mut headers = HeaderMap::new();
        assert_eq!(expected(&Method::PUT, &headers), Ok(Expected::Any));
        headers.append(header::IF_MATCH, HeaderValue::from_static("\"7\""));
        headers.append(header::IF_MATCH, HeaderValue::from_static("\"8\""));
        assert_eq!(expected(&Method::PUT, &headers), Ok(Expected::OneOf(vec![7, 8])));
        headers.append(header::IF_MATCH, HeaderValue::from_static("9"));
        assert!(expected(&Method::PUT, &headers).is_err());
        assert_eq!(expected(&Method::GET, &headers), Ok(Expected::Any));
    }
}
