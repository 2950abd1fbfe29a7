//! The export and the template that shows it: every key of one is in the other, and the contract's keys are there.

use std::collections::{BTreeMap, BTreeSet};

use app::subject_access::{CustodyDates, Export, Held, HeldChange, HeldNote, HeldReferral};
use domain::Crn;
use domain::draft::DraftRisk;
use serde_json::Value;

use super::*;
use crate::samples;

/// A person with one referral and one draft, every optional part there.
fn export() -> Export {
    let referral = samples::referral();
    let held = HeldReferral {
        details: referral.details.iter().cloned().collect(),
        changes: vec![HeldChange {
            topic: "COMPLEXITY_LEVEL".to_owned(),
            old_values: vec!["low".to_owned()],
            new_values: vec!["high".to_owned()],
            reason: "more help".to_owned(),
            changed_at: samples::instant(),
        }],
        case_notes: vec![HeldNote {
            subject: "subject".to_owned(),
            body: "body".to_owned(),
            sent_at: samples::instant(),
        }],
        custody: CustodyDates { prison_id: Some("ZFN".to_owned()), ..CustodyDates::default() },
        referral,
    };
    let mut draft = samples::draft();
    draft.risk = DraftRisk {
        redacted: Some((samples::risk(), samples::instant(), samples::practitioner_user())),
        free_text: Some(("a free text".to_owned(), samples::instant())),
    };
    let entry = samples::entry();
    Export {
        crn: Crn("X100001".to_owned()),
        held: Held {
            referrals: vec![held],
            drafts: vec![draft],
            entries: BTreeMap::from([(entry.intervention.id, entry)]),
            withdrawal_reasons: vec![],
        },
        offices: BTreeMap::new(),
    }
}

fn content() -> Value {
    serde_json::to_value(SarData::from(&export())).expect("exports serialise")["content"].clone()
}

/// Every key within a value, as the path of keys that leads to it.
fn paths(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                found.insert(path.clone());
                paths(value, &path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, at, found)),
        _ => {}
    }
}

/// Every key that the template names, as the path of sections that leads to it.
fn template_paths() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut sections: Vec<&str> = Vec::new();
    let tags = TEMPLATE.split("{{").skip(1).map(|rest| rest.split_once("}}").expect("every tag is closed").0.trim());
    for tag in tags {
        let path = |sections: &[&str], name: &str| [sections, &[name]].concat().join(".");
        if let Some(name) = tag.strip_prefix('#') {
            found.insert(path(&sections, name));
            sections.push(name);
        } else if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(sections.pop(), Some(name), "sections nest");
        } else if tag != "." {
            let name = tag.split_whitespace().last().expect("a tag names something");
            let helper = tag.split_whitespace().next().filter(|helper| *helper != name);
            let known = ["optionalString", "optionalValue", "convertBoolean", "getPrisonName"];
            assert!(helper.is_none_or(|helper| known.contains(&helper)), "{tag}");
            found.insert(path(&sections, name));
        }
    }
    assert_eq!(sections, Vec::<&str>::new(), "every section is closed");
    found
}

/// Keys that mean nothing to a reader: links between records, and what is always null or said twice.
const NOT_SHOWN: &[&str] = &[
    "id",
    "referral_id",
    "referal_id",
    "superseded_by_appointment_id",
    "future_session_plans",
    "appointment_delivery_type.first_address_line",
];

#[test]
fn the_template_shows_every_key_of_the_export_and_no_other() {
    let mut exported = BTreeSet::new();
    paths(&content(), "", &mut exported);
    let shown = template_paths();
    let unknown: Vec<_> = shown.difference(&exported).collect();
    assert!(unknown.is_empty(), "the export has no {unknown:?}");
    let is_shown =
        |path: &&String| shown.contains(*path) || NOT_SHOWN.iter().any(|end| path.ends_with(&format!(".{end}")));
    let hidden: Vec<_> = exported.iter().filter(|path| !is_shown(path)).collect();
    assert!(hidden.is_empty(), "the template does not show {hidden:?}");
}

/// The keys of the contract, by where they stand.
const KEYS: &[(&str, &str)] = &[
    ("", "crn referral draft_referral"),
    (
        "referral",
        "referral_number created_at has_additional_responsibilities service_user_crn sent_at end_requested_at \
         concluded_at draft_supplementary_risk_updated_at withdrawal_comments status assigned_at accessibility_needs \
         additional_needs_information when_unavailable end_requested_comments interpreting_language \
         needs_interpreter relevant_sentence_end_date appointment action_plans contract end_of_service_report \
         cancellation_reason case_notes probation_practitioner_details referral_details referal_location \
         service_provider_name",
    ),
    (
        "referral.appointment",
        "id duration_minutes created_at attendance_submitted_at notifyppof_attendance_behaviour \
         attendance_behaviour_submitted_at appointment_feedback_submitted_at superseded superseded_by_appointment_id \
         session_feedback_submitted_at session_feedback_submitted_by did_session_happen late future_session_plans \
         rescheduled_reasons session_summary session_response session_concerns late_reason future_session_plan \
         attended additional_attendance_information attendance_behaviour attendance_failure_information \
         no_attendance_information no_session_reason_type no_session_reason_pop_acceptable \
         no_session_reason_pop_unacceptable no_session_reason_logistics session_behaviour \
         appointment_delivery_address appointment_delivery_type",
    ),
    (
        "referral.appointment.appointment_delivery_address",
        "first_address_line second_address_line town_or_city postcode",
    ),
    (
        "referral.appointment.appointment_delivery_type",
        "appointment_delivery_type nps_office_name appointment_session_type first_address_line",
    ),
    ("referral.action_plans", "number_of_sessions created_at approved_by action_plan_activities"),
    ("referral.action_plans.action_plan_activities", "description createdAt"),
    ("referral.contract", "nps_region_id pcc_region_id referral_start_date referral_end_date"),
    (
        "referral.end_of_service_report",
        "end_of_service_outcomes created_at submitted_at further_information submitted_by referral_id",
    ),
    (
        "referral.end_of_service_report.end_of_service_outcomes",
        "progression_comments additional_task_comments acheivement_level",
    ),
    ("referral.case_notes", "subject body sent_at"),
    ("referral.probation_practitioner_details", "name pdu probation_office role_job_title establishment"),
    (
        "referral.referral_details",
        "created_at reason_for_change completion_deadline further_information maximum_enforceable_days \
         reason_for_referral reason_for_referral_before_allocation reason_for_referral_further_information",
    ),
    (
        "referral.referal_location",
        "referal_id type prison_id nomis_prison_id referral_releasing_12_weeks expected_probation_office \
         expected_probation_office_unknown_reason",
    ),
    (
        "draft_referral",
        "created_at accessibility_needs additional_needs_information when_unavailable interpreting_language \
         needs_interpreter has_additional_responsibilities draft_supplementary_risk \
         draft_supplementary_risk_updated_at person_current_location_type person_expected_release_date \
         person_expected_release_date_missing_reason referral_releasing_12_weeks role_job_title service_user_crn \
         expected_probation_office expected_probation_office_unknown_reason contract",
    ),
];

#[test]
fn every_key_of_the_contract_is_exported() {
    let mut exported = BTreeSet::new();
    paths(&content(), "", &mut exported);
    for (at, keys) in KEYS {
        for key in keys.split_whitespace() {
            let path = if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
            assert!(exported.contains(&path), "{path} is missing");
        }
    }
}

#[test]
fn texts_that_are_never_null_are_empty_without_an_answer() {
    let mut export = export();
    export.held.drafts = vec![samples::empty_draft()];
    let draft = serde_json::to_value(SarData::from(&export)).expect("exports serialise")["content"]["draft_referral"]
        [0]
    .clone();
    assert_eq!((&draft["accessibility_needs"], &draft["needs_interpreter"]), (&"".into(), &false.into()));
    assert_eq!((&draft["draft_supplementary_risk"], &draft["oasys_risk_information"]), (&Value::Null, &Value::Null));
}

#[test]
fn days_of_the_query_may_be_blank_and_are_named_when_they_are_none() {
    let read = |query: &str| Params::parse(query).expect("readable").day("toDate");
    assert_eq!(read("toDate="), Ok(None));
    assert_eq!(read("toDate=2031-02-03"), Ok(Some(jiff::civil::date(2031, 2, 3))));
    assert!(read("toDate=yesterday").is_err());
}
