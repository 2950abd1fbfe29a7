//! The reference data of Delius that commissioned services meet: contact types, outcomes, statuses, activity types.
//!
//! Owns which codes exist and what each one implies; refuses to own records. Source: the owner's public code and the
//! mapping of contract types published with it.

use std::collections::BTreeMap;

/// The provider every commissioned activity is held under.
pub(crate) const PROVIDER: &str = "CRS";
/// The only team of [`PROVIDER`].
pub(crate) const TEAM: &str = "CRSUAT";
/// The unallocated officer of [`TEAM`].
pub(crate) const OFFICER: &str = "CRSUATU";
/// The office that stands for telephone, video and anywhere that is not an office.
pub(crate) const EXTERNAL_LOCATION: &str = "CRSEXTL";
/// Status of an activity (NSI) in progress.
pub(crate) const IN_PROGRESS: &str = "INPROG";
/// Status of a completed activity (NSI).
pub(crate) const COMPLETED: &str = "COMP";
/// Main category of a rehabilitation activity requirement.
pub(crate) const REHABILITATION_ACTIVITY: &str = "F";
/// Enforcement action: refer to offender manager.
pub(crate) const REFER_TO_MANAGER: &str = "ROM";
/// Days the manager has to answer [`REFER_TO_MANAGER`].
pub(crate) const REFER_TO_MANAGER_DAYS: i64 = 7;
/// Disposal type that the list of convictions hides.
pub(crate) const HIDDEN_DISPOSAL: &str = "326";

/// Contact type codes.
pub(crate) mod contact {
    pub(crate) const DELIVERY_SESSION: &str = "CRSAPT";
    pub(crate) const SUPPLIER_ASSESSMENT: &str = "CRSSAA";
    pub(crate) const NOTE: &str = "CRSNOTE";
    pub(crate) const REFERRED: &str = "NREF";
    pub(crate) const COMMENCED: &str = "NCOM";
    pub(crate) const TERMINATED: &str = "NTER";
    pub(crate) const STATUS_IN_PROGRESS: &str = "C091";
    pub(crate) const STATUS_COMPLETED: &str = "C092";
    pub(crate) const REFER_TO_MANAGER: &str = "AROM";
    pub(crate) const REVIEW_ENFORCEMENT: &str = "ARWS";
    /// A planned office visit, made by a practitioner in Delius itself.
    pub(crate) const OFFICE_VISIT: &str = "COAP";
    /// A home visit, made by a practitioner in Delius itself.
    pub(crate) const HOME_VISIT: &str = "CHVS";

    /// Contact types a person can be expected to attend.
    pub(crate) fn is_attendance(code: &str) -> bool {
        matches!(code, DELIVERY_SESSION | SUPPLIER_ASSESSMENT | OFFICE_VISIT | HOME_VISIT)
    }

    /// Contact types that count under national standards, hence towards failures to comply.
    pub(crate) fn is_national_standards(code: &str) -> bool {
        is_attendance(code)
    }

    /// Appointments that commissioned services make.
    pub(crate) fn is_commissioned(code: &str) -> bool {
        matches!(code, DELIVERY_SESSION | SUPPLIER_ASSESSMENT)
    }
}

/// An outcome of a contact: its code and what it says about attendance and compliance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContactOutcome {
    pub(crate) code: &'static str,
    pub(crate) attended: bool,
    /// Whether the outcome counts as complied, an acceptable absence included.
    pub(crate) complied: bool,
}

/// Attended and complied.
pub(crate) const ATTC: ContactOutcome = ContactOutcome { code: "ATTC", attended: true, complied: true };
/// Attended, failed to comply.
pub(crate) const AFTC: ContactOutcome = ContactOutcome { code: "AFTC", attended: true, complied: false };
/// Failed to attend.
pub(crate) const AFTA: ContactOutcome = ContactOutcome { code: "AFTA", attended: false, complied: false };
/// Appointment kept; there was an acceptable reason for no session.
pub(crate) const APPK: ContactOutcome = ContactOutcome { code: "APPK", attended: true, complied: true };
/// Sent home: the service could not go ahead.
pub(crate) const ATSS: ContactOutcome = ContactOutcome { code: "ATSS", attended: true, complied: true };
/// Rescheduled at the service's request.
pub(crate) const RSSR: ContactOutcome = ContactOutcome { code: "RSSR", attended: false, complied: true };
/// Rescheduled at the person's request.
pub(crate) const RSOF: ContactOutcome = ContactOutcome { code: "RSOF", attended: false, complied: true };
/// Appointment withdrawn.
pub(crate) const APPW: ContactOutcome = ContactOutcome { code: "APPW", attended: false, complied: true };

/// Every outcome of a contact.
pub(crate) const OUTCOMES: [ContactOutcome; 8] = [ATTC, AFTC, AFTA, APPK, ATSS, RSSR, RSOF, APPW];

/// The outcome of an activity (NSI) for a delivery state of the ended event, with its description; `None` for a state
/// that Delius does not know. Withdrawal codes are mapped to none of the finer outcomes: their table is not public.
pub(crate) fn nsi_outcome(delivery_state: &str) -> Option<&'static str> {
    match delivery_state {
        "CANCELLED" => Some("CRS01"),
        "PREMATURELY_ENDED" => Some("CRS02"),
        "COMPLETED" => Some("CRS03"),
        _ => None,
    }
}

/// What an outcome code of an activity means, in words.
pub(crate) fn nsi_outcome_description(code: &str) -> &'static str {
    match code {
        "CRS01" => "CRS Referral Cancelled",
        "CRS02" => "CRS Referral Prematurely Ended",
        "CRS03" => "CRS Referral Completed",
        _ => "Other outcome",
    }
}

/// What an activity (NSI) type code means, in words.
pub(crate) fn nsi_type_description(code: &str) -> &'static str {
    match code {
        "CRS01" => "CRS Accommodation",
        "CRS02" => "CRS Education, Training and Employment",
        "CRS03" => "CRS Mentoring",
        "CRS04" => "CRS Dependency and Recovery",
        "CRS05" => "CRS Personal Wellbeing",
        "CRS06" => "CRS Women's Services",
        "CRS07" => "CRS Women's Support Services",
        "CRS08" => "CRS Finance, Benefit and Debt",
        _ => "Commissioned service",
    }
}

/// Contract type to activity (NSI) type, as Delius holds it at the start. `FBD-O` is used by contracts and missing here,
/// as it is in the published mapping.
pub(crate) fn nsi_types() -> BTreeMap<String, String> {
    let single = [("ACC", "CRS01"), ("ETE", "CRS02"), ("MTR", "CRS03"), ("DNR", "CRS04"), ("PWB", "CRS05")];
    let women = [("WOS", "CRS06"), ("WSM", "CRS07")];
    let dependency = ["K", "L", "NE", "NEN", "SC", "SW", "SY", "WM", "Y"];
    let finance =
        ["B", "BU", "EM", "L", "M", "NE", "NW", "R", "SA", "SC", "SP", "SW", "TA", "TR", "W", "WI", "WM", "Y"];
    let mut types: BTreeMap<String, String> =
        single.iter().chain(&women).map(|(contract, nsi)| ((*contract).to_owned(), (*nsi).to_owned())).collect();
    types.extend(dependency.iter().map(|suffix| (format!("DNR-{suffix}"), "CRS04".to_owned())));
    types.extend(finance.iter().map(|suffix| (format!("FBD-{suffix}"), "CRS08".to_owned())));
    types
}

/// The external reference of a referral's activity: `urn:hmpps:interventions-referral:{uuid}`, lower case.
pub(crate) fn referral_urn(id: uuid::Uuid) -> String {
    format!("urn:hmpps:interventions-referral:{id}")
}

/// The external reference of an appointment: `urn:hmpps:interventions-appointment:{uuid}`, lower case.
pub(crate) fn appointment_urn(id: uuid::Uuid) -> String {
    format!("urn:hmpps:interventions-appointment:{id}")
}
