//! Holds every shape against the contract's names, and the details that names alone do not tell.

use std::collections::BTreeSet;

use app::changelog::ChangeDetails;
use domain::amendment::NeedsSection;
use domain::appointment::{Appointment, AttendanceInput, Booking, BookingRequest, Delivery, DeliveryType};
use domain::case_note::CaseNote;
use domain::catalogue::{ContractArea, Reason};
use domain::ending::{EndReason, WithdrawalState};
use domain::feedback::Attended;
use domain::{CaseNoteId, Crn, ReferralId, User};
use serde::Serialize;
use serde_json::{Value, json};

use crate::action_plan::{self, WirePlan, WirePlanSummary};
use crate::amendment::{DetailsRequest, NeedsRequest, OfficeRequest, PrisonRequest, WireDetails};
use crate::appointment::{AttendanceRequest, SessionFeedbackRequest, WireAppointment};
use crate::body::{Object, read};
use crate::case_note::{self, WireNote};
use crate::catalogue::{WireCancellationReason, WireCategory, WireIntervention, WireWithdrawalReason};
use crate::changelog::{WireChange, WireEntry};
use crate::delivery_session::{WireSession, WireSessionAppointment};
use crate::draft_referral::{PatchRequest, ReferralFields, WireDraft, WireRisk};
use crate::end_of_service_report::{self, WireReport};
use crate::extract::Params;
use crate::page::{Page, PageRequest};
use crate::samples::{
    appointment, category, descriptions, draft, empty_draft, entry, id, instant, logged, plan, practitioner_user,
    provider_user, referral, report, risk, session,
};
use crate::sent_referral::{AssignRequest, WireReferral};
use crate::summary::WireSummary;
use crate::supplier_assessment::WireAssessment;
use crate::wire::{AuthUser, ServiceUser};

/// The keys of each shape of the contract that we answer with.
const KEYS: &[(&str, &str)] = &[
    ("AuthUser", "username authSource userId"),
    (
        "ServiceUser",
        "crn title firstName lastName dateOfBirth gender ethnicity preferredLanguage religionOrBelief \
         disabilities",
    ),
    ("ServiceProvider", "name id"),
    ("NPSRegion", "id name"),
    ("PCCRegion", "id name npsRegion"),
    ("ContractType", "code name"),
    ("ComplexityLevel", "id title description"),
    ("DesiredOutcome", "id description"),
    ("ServiceCategory", "id name complexityLevels desiredOutcomes"),
    ("ContractEligibility", "minimumAge maximumAge allowsFemale allowsMale"),
    (
        "Intervention",
        "id title description npsRegion pccRegions serviceCategories serviceProvider eligibility contractType \
         incomingReferralDistributionEmail",
    ),
    ("CancellationReason", "code description"),
    ("WithdrawalReason", "code description grouping"),
    ("ReferralComplexityLevel", "serviceCategoryId complexityLevelId"),
    ("SelectedDesiredOutcomes", "serviceCategoryId desiredOutcomesIds"),
    (
        "DraftReferral",
        "id createdAt completionDeadline serviceCategoryIds complexityLevels furtherInformation \
         additionalNeedsInformation accessibilityNeeds needsInterpreter interpreterLanguage \
         hasAdditionalResponsibilities whenUnavailable additionalRiskInformation maximumEnforceableDays \
         desiredOutcomes serviceUser serviceProvider relevantSentenceId interventionId contractTypeName \
         personCurrentLocationType alreadyKnowPrisonName personCustodyPrisonId hasExpectedReleaseDate \
         expectedReleaseDate expectedReleaseDateMissingReason ndeliusPPName ndeliusPPEmailAddress ndeliusPDU \
         ndeliusPhoneNumber ndeliusTeamPhoneNumber ppName ppEmailAddress ppPdu ppProbationOffice \
         ppEstablishment ppPhoneNumber ppTeamPhoneNumber hasValidDeliusPPDetails hasMainPointOfContactDetails \
         isReferralReleasingIn12Weeks roleOrJobTitle ppLocationType allocatedCommunityPP reasonForReferral \
         reasonForReferralFurtherInformation expectedProbationOffice expectedProbationOfficeUnKnownReason \
         reasonForReferralCreationBeforeAllocation dynamicFrameworkContractReference",
    ),
    (
        "SentReferralFields",
        "id createdAt completionDeadline serviceCategoryIds complexityLevels furtherInformation \
         additionalNeedsInformation accessibilityNeeds needsInterpreter interpreterLanguage \
         hasAdditionalResponsibilities whenUnavailable maximumEnforceableDays desiredOutcomes serviceUser \
         serviceProvider relevantSentenceId interventionId contractTypeName personCurrentLocationType \
         alreadyKnowPrisonName personCustodyPrisonId hasExpectedReleaseDate expectedReleaseDate \
         expectedReleaseDateMissingReason ndeliusPPName ndeliusPPEmailAddress ndeliusPDU ndeliusPhoneNumber \
         ndeliusTeamPhoneNumber ppName ppEmailAddress ppPdu ppProbationOffice ppEstablishment ppPhoneNumber \
         ppTeamPhoneNumber hasValidDeliusPPDetails hasMainPointOfContactDetails isReferralReleasingIn12Weeks \
         roleOrJobTitle ppLocationType allocatedCommunityPP reasonForReferral \
         reasonForReferralFurtherInformation expectedProbationOffice expectedProbationOfficeUnKnownReason \
         reasonForReferralCreationBeforeAllocation dynamicFrameworkContractReference",
    ),
    (
        "DraftOasysRiskInformation",
        "riskSummaryWhoIsAtRisk riskSummaryNatureOfRisk riskSummaryRiskImminence riskToSelfSuicide \
         riskToSelfSelfHarm riskToSelfHostelSetting riskToSelfVulnerability additionalInformation",
    ),
    (
        "SentReferral",
        "id sentAt sentBy referenceNumber interventionId serviceUserCRN relevantSentenceId assignedTo \
         referral actionPlanId currentActionPlanId approvedActionPlanIds endRequestedAt endRequestedReason \
         endRequestedComments endOfServiceReport concludedAt supplementaryRiskId \
         endOfServiceReportCreationRequired createdBy withdrawalState withdrawalCode withdrawalComments",
    ),
    (
        "SentReferralAfterWithdrawal",
        "id sentAt sentBy referenceNumber interventionId serviceUserCRN relevantSentenceId assignedTo \
         referral actionPlanId currentActionPlanId approvedActionPlanIds endRequestedAt endRequestedReason \
         endRequestedComments endOfServiceReport concludedAt supplementaryRiskId \
         endOfServiceReportCreationRequired createdBy withdrawalState withdrawalCode withdrawalComments",
    ),
    (
        "SentReferralSummary",
        "id sentAt sentBy referenceNumber assignedTo serviceUser serviceProvider interventionTitle \
         concludedAt expectedReleaseDate location locationType isReferralReleasingIn12Weeks",
    ),
    ("Sort", "empty sorted unsorted"),
    ("Pageable", "pageNumber pageSize sort offset paged unpaged"),
    (
        "PageOfSentReferralSummary",
        "content pageable last totalPages totalElements first size number sort numberOfElements empty",
    ),
    (
        "ActionPlan",
        "id referralId numberOfSessions activities createdBy createdAt submittedBy submittedAt approvedBy \
         approvedAt",
    ),
    ("ActionPlanActivity", "id description createdAt"),
    ("ActionPlanSummary", "id approvedAt submittedAt"),
    ("Address", "firstAddressLine secondAddressLine townOrCity county postCode"),
    (
        "AttendanceFeedback",
        "didSessionHappen attended additionalAttendanceInformation attendanceFailureInformation submittedAt \
         submittedBy",
    ),
    (
        "SessionFeedback",
        "late lateReason futureSessionPlans noAttendanceInformation noSessionReasonType \
         noSessionReasonPopAcceptable noSessionReasonPopUnacceptable noSessionReasonLogistics \
         behaviourDescription sessionSummary sessionResponse sessionBehaviour sessionConcerns \
         notifyProbationPractitioner notifyProbationPractitionerOfBehaviour \
         notifyProbationPractitionerOfConcerns",
    ),
    ("AppointmentFeedback", "attendanceFeedback sessionFeedback submitted submittedBy"),
    (
        "Appointment",
        "id appointmentTime durationInMinutes appointmentFeedback appointmentDeliveryType sessionType \
         appointmentDeliveryAddress npsOfficeCode createdAt superseded rescheduleRequestedBy \
         rescheduledReason",
    ),
    (
        "DeliverySession",
        "id sessionNumber appointmentTime durationInMinutes appointmentDeliveryType oldAppointments \
         sessionType npsOfficeCode appointmentDeliveryAddress appointmentFeedback deliusAppointmentId \
         appointmentId",
    ),
    (
        "DeliverySessionAppointment",
        "id sessionNumber appointmentTime durationInMinutes appointmentDeliveryType sessionType npsOfficeCode \
         appointmentDeliveryAddress appointmentFeedback",
    ),
    ("SupplierAssessment", "id appointments currentAppointmentId referralId"),
    ("EndOfServiceReport", "id referralId createdAt createdBy submittedAt submittedBy furtherInformation outcomes"),
    ("EndOfServiceReportOutcome", "desiredOutcome achievementLevel progressionComments additionalTaskComments"),
    ("CaseNote", "id referralId subject body sentBy sentAt"),
    (
        "ReferralDetails",
        "referralId maximumEnforceableDays completionDeadline furtherInformation reasonForChange createdById \
         createdAt reasonForReferral reasonForReferralFurtherInformation prisonEstablishment probationOffice",
    ),
    ("ChangelogEntry", "changelogId referralId topic description changedAt name reasonForChange"),
    ("ChangelogDetails", "changelogId referralId topic oldValue newValue name reasonForChange"),
];

fn value(shape: impl Serialize) -> Value {
    serde_json::to_value(shape).expect("shapes serialise")
}

#[track_caller]
fn assert_keys(schema: &str, shape: &Value) {
    let keys = KEYS.iter().find(|(name, _)| *name == schema).map(|(_, keys)| *keys).expect("a known schema");
    let expected: BTreeSet<&str> = keys.split_whitespace().collect();
    let actual: BTreeSet<&str> = shape.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(actual, expected, "{schema}");
}

fn request<T: Object>(body: &Value) -> Result<T, String> {
    read(body.as_object().expect("an object")).map_err(|faults| faults.to_string())
}

fn summary() -> WireSummary {
    let named = |text: &str| Some(text.to_owned());
    WireSummary {
        id: id(10),
        sent_at: instant(),
        sent_by: (&practitioner_user()).into(),
        reference_number: "KQ2846AC".to_owned(),
        assigned_to: Some((&provider_user()).into()),
        service_user: ServiceUser::named(&Crn("X100001".to_owned()), named("Alex"), named("River")),
        service_provider: (&entry().intervention.contract.prime_provider).into(),
        intervention_title: "Accommodation in the north".to_owned(),
        concluded_at: None,
        expected_release_date: None,
        location: None,
        location_type: None,
        is_referral_releasing_in_12_weeks: None,
    }
}

#[test]
fn every_shape_has_exactly_the_keys_of_the_contract() {
    let (referral, descriptions) = (referral(), descriptions());
    let sent = value(WireReferral::read(&referral, &descriptions));
    let withdrawn = value(WireReferral::withdrawn(&referral, &descriptions, WithdrawalState::PostIca));
    let (draft, assessment) = (value(WireDraft::from(&draft())), value(WireAssessment::from(&referral)));
    let session = value(WireSession::from(&session()));
    let (plan_shape, intervention) =
        (value(WirePlan::new(referral.id, &plan())), value(WireIntervention::from(entry())));
    let reason = || Reason { code: "MOV".to_owned(), description: "Moved".to_owned(), grouping: None };
    let appointment_shape = &assessment["appointments"][0];
    let feedback = &appointment_shape["appointmentFeedback"];
    let report_shape = value(WireReport::new(referral.id, &report(), &descriptions));
    let page = value(Page::<WireSummary>::new(
        PageRequest::read(&Params::default(), 50),
        app::pages::Page { rows: vec![summary()], total: 1, pages: 1 },
    ));
    let session_appointment = value(WireSessionAppointment::new(1, &appointment(1, Booking::Unconfirmed)));
    let note = CaseNote {
        id: CaseNoteId(id(40)),
        referral_id: ReferralId(id(10)),
        subject: "Subject".to_owned(),
        body: "Body".to_owned(),
        sent_at: instant(),
        sent_by: practitioner_user(),
    };
    let cases: Vec<(&str, Value)> = vec![
        ("AuthUser", sent["sentBy"].clone()),
        ("ServiceUser", draft["serviceUser"].clone()),
        ("ServiceProvider", draft["serviceProvider"].clone()),
        ("NPSRegion", intervention["npsRegion"].clone()),
        ("PCCRegion", intervention["pccRegions"][0].clone()),
        ("ContractType", intervention["contractType"].clone()),
        ("ComplexityLevel", intervention["serviceCategories"][0]["complexityLevels"][0].clone()),
        ("DesiredOutcome", intervention["serviceCategories"][0]["desiredOutcomes"][0].clone()),
        ("ServiceCategory", value(WireCategory::from(category()))),
        ("ContractEligibility", intervention["eligibility"].clone()),
        ("Intervention", intervention.clone()),
        ("CancellationReason", value(WireCancellationReason::from(reason()))),
        ("WithdrawalReason", value(WireWithdrawalReason::from(reason()))),
        ("ReferralComplexityLevel", draft["complexityLevels"][0].clone()),
        ("SelectedDesiredOutcomes", draft["desiredOutcomes"][0].clone()),
        ("DraftReferral", draft.clone()),
        ("DraftReferral", value(WireDraft::from(&empty_draft()))),
        ("DraftReferral", withdrawn["referral"].clone()),
        ("SentReferralFields", sent["referral"].clone()),
        ("DraftOasysRiskInformation", value(WireRisk::from(risk()))),
        ("SentReferral", sent.clone()),
        ("SentReferralAfterWithdrawal", withdrawn.clone()),
        ("SentReferralSummary", page["content"][0].clone()),
        ("Sort", page["sort"].clone()),
        ("Pageable", page["pageable"].clone()),
        ("PageOfSentReferralSummary", page.clone()),
        ("ActionPlan", plan_shape.clone()),
        ("ActionPlanActivity", plan_shape["activities"][0].clone()),
        ("ActionPlanSummary", value(WirePlanSummary::from(&plan()))),
        ("Address", appointment_shape["appointmentDeliveryAddress"].clone()),
        ("AttendanceFeedback", feedback["attendanceFeedback"].clone()),
        ("SessionFeedback", feedback["sessionFeedback"].clone()),
        ("AppointmentFeedback", feedback.clone()),
        ("Appointment", appointment_shape.clone()),
        ("DeliverySession", session.clone()),
        ("DeliverySessionAppointment", session_appointment),
        ("SupplierAssessment", assessment.clone()),
        ("EndOfServiceReport", report_shape.clone()),
        ("EndOfServiceReportOutcome", report_shape["outcomes"][0].clone()),
        ("CaseNote", value(WireNote::from(note))),
        ("ReferralDetails", value(WireDetails::of(&referral))),
        ("ChangelogEntry", value(WireEntry::from(logged()))),
        ("ChangelogDetails", value(WireChange::from(ChangeDetails { logged: logged(), old: vec![], new: vec![] }))),
    ];
    for (schema, shape) in &cases {
        assert_keys(schema, shape);
    }
    let checked: BTreeSet<&str> = cases.iter().map(|(schema, _)| *schema).collect();
    let listed: BTreeSet<&str> = KEYS.iter().map(|(schema, _)| *schema).collect();
    assert_eq!(checked, listed, "a schema of the table is checked by no shape");
}

#[test]
fn an_empty_draft_says_null_everywhere() {
    let shape = value(WireDraft::from(&empty_draft()));
    let filled: BTreeSet<&str> = shape
        .as_object()
        .expect("an object")
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, _)| key.as_str())
        .collect();
    let always = "id createdAt serviceUser serviceProvider interventionId contractTypeName \
                  dynamicFrameworkContractReference";
    assert_eq!(filled, always.split_whitespace().collect());
}

#[test]
fn date_times_have_as_many_digits_as_they_need() {
    let at = |text: &str| value(text.parse::<jiff::Timestamp>().expect("an instant"));
    assert_eq!(at("2031-02-03T04:05:06.789012Z"), "2031-02-03T04:05:06.789012Z");
    assert_eq!(at("2031-02-03T04:05:06.780Z"), "2031-02-03T04:05:06.78Z");
    assert_eq!(at("2031-02-03T04:05:00+00:00"), "2031-02-03T04:05:00Z");
    assert_eq!(value(WireDraft::from(&draft()))["completionDeadline"], "2031-02-03");
}

#[test]
fn a_sent_referral_works_out_what_a_draft_keeps() {
    let mut referral = referral();
    let read = |referral: &domain::Referral| value(ReferralFields::from(referral));
    let shape = read(&referral);
    assert_eq!(shape["alreadyKnowPrisonName"], Value::Null);
    assert_eq!(shape["allocatedCommunityPP"], true);
    assert_eq!(shape["hasValidDeliusPPDetails"], true);
    referral.location.releasing_in_12_weeks = None;
    referral.practitioner.ndelius_name = None;
    let shape = read(&referral);
    assert_eq!(shape["allocatedCommunityPP"], false);
    assert_eq!(shape["hasValidDeliusPPDetails"], false);
}

#[test]
fn withdrawal_states_differ_by_answer() {
    let (referral, descriptions) = (referral(), descriptions());
    assert_eq!(value(WireReferral::read(&referral, &descriptions))["withdrawalState"], "POST_ICA_CLOSE_REFERRAL_EARLY");
    assert_eq!(value(WireReferral::assigned(&referral, &descriptions))["withdrawalState"], "PRE_ICA_WITHDRAWAL");
    let withdrawn = value(WireReferral::withdrawn(&referral, &descriptions, WithdrawalState::PostIca));
    assert_eq!(withdrawn["withdrawalState"], "POST_ICA_WITHDRAWAL");
    assert_eq!(withdrawn["withdrawalCode"], "MOV");
    assert_eq!(withdrawn["endRequestedReason"], Value::Null);
    assert_eq!(withdrawn["endOfServiceReportCreationRequired"], false);
    assert_eq!(withdrawn["referral"]["additionalRiskInformation"], Value::Null);
    let sent = value(WireReferral::sent(&referral, &descriptions));
    assert_eq!(sent["approvedActionPlanIds"], Value::Null);
    assert_eq!(value(WireReferral::read(&referral, &descriptions))["approvedActionPlanIds"], json!([id(20)]));
}

#[test]
fn an_older_cancellation_shows_its_description() {
    let mut referral = referral();
    let request = referral.end_request.as_mut().expect("an end request");
    request.reason = Some(EndReason::Cancellation {
        code: "DIE".to_owned(),
        description: "Service user has died".to_owned(),
        comments: None,
    });
    let shape = value(WireReferral::read(&referral, &descriptions()));
    assert_eq!(shape["endRequestedReason"], "Service user has died");
    assert_eq!((&shape["endRequestedComments"], &shape["withdrawalCode"]), (&Value::Null, &Value::Null));
}

#[test]
fn proposed_and_refused_appointments_are_never_shown() {
    let session = value(WireSession::from(&session()));
    assert_eq!(session["appointmentId"], json!(id(103)));
    assert_eq!(session["deliusAppointmentId"], 8);
    let old: Vec<&Value> =
        session["oldAppointments"].as_array().expect("a list").iter().map(|old| &old["id"]).collect();
    assert_eq!(old, [&json!(id(100)), &json!(id(101))]);
    let assessment = value(WireAssessment::from(&referral()));
    assert_eq!(assessment["appointments"].as_array().map(Vec::len), Some(3));
    assert_eq!(assessment["currentAppointmentId"], json!(id(103)));
}

#[test]
fn an_unscheduled_session_has_an_empty_feedback_object() {
    let mut session = session();
    session.appointments.retain(|appointment| !appointment.booking.is_ours());
    let shape = value(WireSession::from(&session));
    assert_eq!((&shape["appointmentId"], &shape["appointmentTime"]), (&Value::Null, &Value::Null));
    assert_eq!(shape["oldAppointments"], json!([]));
    assert_eq!(shape["appointmentFeedback"]["submitted"], false);
    assert_eq!(shape["appointmentFeedback"]["attendanceFeedback"]["attended"], Value::Null);
}

#[test]
fn a_missing_second_line_is_empty_on_sessions_and_null_on_appointments() {
    let session = value(WireSession::from(&session()));
    assert_eq!(session["appointmentDeliveryAddress"]["secondAddressLine"], "");
    assert_eq!(session["oldAppointments"][0]["appointmentDeliveryAddress"]["secondAddressLine"], Value::Null);
    let office =
        Appointment { delivery: Delivery::ProbationOffice("NTHS".to_owned()), ..appointment(1, Booking::Unconfirmed) };
    let shape = value(WireAppointment::from(&office));
    assert_eq!((&shape["npsOfficeCode"], &shape["appointmentDeliveryAddress"]), (&json!("NTHS"), &Value::Null));
}

#[test]
fn attendance_is_lower_case_in_both_directions() {
    for (attended, text) in [(Attended::Yes, "yes"), (Attended::Late, "late"), (Attended::No, "no")] {
        let mut appointment = appointment(1, Booking::Unconfirmed);
        appointment.feedback.attendance.as_mut().expect("attendance").attended = attended;
        let shape = value(WireAppointment::from(&appointment));
        assert_eq!(shape["appointmentFeedback"]["attendanceFeedback"]["attended"], text);
        let read: AttendanceRequest = request(&json!({"attended": text})).expect("readable");
        assert_eq!(read.0, AttendanceInput { attended: Some(attended), did_session_happen: Some(false) });
    }
    let refused = |body| request::<AttendanceRequest>(&body).err();
    assert_eq!(refused(json!({"attended": "YES"})).as_deref(), Some("attended INVALID_VALUE"));
    assert_eq!(refused(json!({})).as_deref(), Some("attended CANNOT_BE_EMPTY"));
}

#[test]
fn the_service_itself_is_shown_as_the_internal_user() {
    assert_eq!(
        value(AuthUser::from(&User::service())),
        json!({
            "username": "hmpps-interventions-service",
            "authSource": "urn:hmpps:interventions",
            "userId": "00000000-0000-0000-0000-000000000000"
        })
    );
}

#[test]
fn a_contract_of_one_pcc_region_shows_no_probation_region() {
    let mut entry = entry();
    if let ContractArea::Nps(_, regions) = entry.area.clone() {
        entry.area = ContractArea::Pcc(regions[0].clone());
    }
    let shape = value(WireIntervention::from(entry));
    assert_eq!((&shape["npsRegion"], &shape["pccRegions"][0]["id"]), (&Value::Null, &json!("cheshire")));
}

#[test]
fn bookings_are_read_with_their_past_feedback() {
    let body = json!({
        "id": "ignored", "appointmentTime": "2031-02-03T04:05:06Z", "durationInMinutes": 60,
        "appointmentDeliveryType": "IN_PERSON_MEETING_OTHER", "sessionType": "GROUP",
        "appointmentDeliveryAddress": {"firstAddressLine": "1 Quay Street", "postCode": "ab1 2cd"},
        "npsOfficeCode": null, "rescheduleRequestedBy": "Service Provider", "rescheduledReason": "ill",
        "attendanceFeedback": {}, "sessionFeedback": {"late": true, "notifyProbationPractitioner": true}
    });
    let booking: BookingRequest = request(&body).expect("readable");
    assert_eq!(booking.delivery_type, DeliveryType::OtherPlace);
    assert_eq!(booking.address.and_then(|address| address.postcode).as_deref(), Some("ab1 2cd"));
    assert_eq!(booking.attendance, Some(AttendanceInput { attended: None, did_session_happen: Some(false) }));
    assert_eq!(
        booking.session_feedback.map(|feedback| (feedback.late, feedback.notify_of_concerns)),
        Some((Some(true), None))
    );
    let missing = request::<BookingRequest>(&json!({"npsOfficeCode": 7, "appointmentDeliveryType": "LETTER"}));
    assert_eq!(
        missing.expect_err("refused"),
        "appointmentTime CANNOT_BE_EMPTY, durationInMinutes CANNOT_BE_EMPTY, appointmentDeliveryType INVALID_VALUE, \
         npsOfficeCode INVALID_FORMAT"
    );
}

#[test]
fn the_older_flag_stands_for_concerns_when_that_is_missing() {
    let read = |body| request::<SessionFeedbackRequest>(&body).expect("readable").0.notify_of_concerns;
    assert_eq!(read(json!({"notifyProbationPractitioner": true})), Some(true));
    let both = json!({"notifyProbationPractitioner": true, "notifyProbationPractitionerOfConcerns": false});
    assert_eq!(read(both), Some(false));
}

#[test]
fn only_an_explicit_no_stops_the_case_note_e_mail() {
    let tells = |send: Value| {
        let body = json!({"referralId": id(10), "subject": "s", "body": "b", "sendEmail": send});
        request::<case_note::CreateRequest>(&body).map(|note| note.tell_practitioner)
    };
    assert_eq!([tells(json!(null)), tells(json!("true")), tells(json!(true))], [Ok(true), Ok(true), Ok(true)]);
    assert_eq!([tells(json!("false")), tells(json!(false))], [Ok(false), Ok(false)]);
    assert_eq!(tells(json!("no")), Err("sendEmail INVALID_VALUE".to_owned()));
}

#[test]
fn a_whole_draft_may_be_sent_back_as_a_patch() {
    let PatchRequest(patch) = request(&value(WireDraft::from(&draft()))).expect("readable");
    let draft = draft();
    assert_eq!(patch.person, Some((draft.crn, draft.person)));
    assert_eq!(patch.location_type, draft.location.location_type);
    assert_eq!(patch.practitioner, draft.practitioner);
    assert_eq!(patch.relevant_sentence_id, draft.relevant_sentence_id);
    assert_eq!(patch.expected_probation_office, draft.location.expected_probation_office);
    let unknown = request::<PatchRequest>(
        &json!({"ppLocationType": "ship", "serviceUser": {}, "personCurrentLocationType": "SEA"}),
    );
    assert_eq!(
        unknown.err().as_deref(),
        Some("serviceUser.crn CANNOT_BE_EMPTY, ppLocationType INVALID_VALUE, personCurrentLocationType INVALID_VALUE")
    );
}

#[test]
fn nested_requests_name_the_path_of_a_fault() {
    let plan = json!({"referralId": id(10), "activities": [{"description": null}]});
    let plan = request::<action_plan::CreateRequest>(&plan).err();
    assert_eq!(plan.as_deref(), Some("activities[0].description CANNOT_BE_EMPTY"));
    let outcome = json!({"outcome": {"desiredOutcomeId": "x", "achievementLevel": "MOSTLY"}});
    let outcome = request::<end_of_service_report::UpdateRequest>(&outcome).err();
    assert_eq!(
        outcome.as_deref(),
        Some("outcome.desiredOutcomeId INVALID_FORMAT, outcome.achievementLevel INVALID_VALUE")
    );
    let assign = request::<AssignRequest>(&json!({"assignedTo": {"username": "PROVIDER_1"}})).err();
    assert_eq!(assign.as_deref(), Some("assignedTo.authSource CANNOT_BE_EMPTY, assignedTo.userId CANNOT_BE_EMPTY"));
}

#[test]
fn amendments_are_read_as_they_are_sent() {
    let DetailsRequest(patch) = request(&json!({
        "reasonForChange": "why",
        "completionDeadline": "2031-02-03",
        "expectedReleaseDate": "2031-02-04",
        "reasonForReferralCreationBeforeAllocation": "early",
    }))
    .expect("a request");
    assert_eq!(patch.completion_deadline.map(|day| day.to_string()).as_deref(), Some("2031-02-03"));
    assert_eq!(patch.reason_for_referral_before_allocation.as_deref(), Some("early"));
    assert_eq!((patch.reason.as_str(), patch.maximum_enforceable_days), ("why", None));

    let body = json!({
        "reasonForChange": "why", "hasAdditionalResponsibilities": true, "whenUnavailable": "Tuesdays",
        "accessibilityNeeds": "a ramp", "needsInterpreter": null, "changesMade": true,
    });
    let section = |name| request::<NeedsRequest>(&body).expect("a request").section(name).map(|(section, _)| section);
    let tuesdays = NeedsSection::Responsibilities(Some(true), Some("Tuesdays".to_owned()));
    assert!(section("additional-responsibilities") == Some(tuesdays));
    assert!(section("accessibility-needs") == Some(NeedsSection::Accessibility(Some("a ramp".to_owned()))));
    assert!(section("identify-needs") == Some(NeedsSection::Additional(None)));
    assert!(section("interpreter-required") == Some(NeedsSection::Interpreter(None, None)));
    assert!(section("Accessibility-Needs").is_none());

    for (quiet, tells) in [(json!(null), true), (json!(false), true), (json!(true), false)] {
        let office: OfficeRequest =
            request(&json!({"probationOffice": "Quay", "preventEmailNotification": quiet})).expect("a request");
        assert_eq!(office.tell_provider, tells);
    }
    assert_eq!(
        request::<PrisonRequest>(&json!({})).err().as_deref(),
        Some(
            "personCustodyPrisonId CANNOT_BE_EMPTY, reasonForChange CANNOT_BE_EMPTY, oldPrisonEstablishment \
             CANNOT_BE_EMPTY, newPrisonEstablishment CANNOT_BE_EMPTY"
        )
    );
}
