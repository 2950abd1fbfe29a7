//! The cases: who they are, where they are, who manages them, their sentences and the limits on who may see them.

use std::sync::LazyLock;

use jiff::civil::{Date, date};

use super::people::{AWKWARD, CAST, Row};

/// Where the person is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// In the community.
    Community,
    /// In custody.
    Custody(Release),
}

/// Where the person is held and when they may be released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The prison's 3-letter code.
    pub prison_id: &'static str,
    /// The release date as calculated.
    pub release: Date,
    /// The release date once confirmed.
    pub confirmed: Option<Date>,
    /// The conditional release date.
    pub conditional: Date,
}

/// One sentence, with the event (conviction) that it hangs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// The event's id; the product calls it the relevant sentence.
    pub event_id: i64,
    /// The number of the event on the case, from 1.
    pub event_number: u32,
    /// When the person was convicted; missing on one awkward case.
    pub convicted_on: Option<Date>,
    /// When the sentence was passed.
    pub sentenced_on: Date,
    /// The type of sentence.
    pub description: &'static str,
    /// When it is expected to end; missing on one awkward case.
    pub expected_end: Option<Date>,
    /// The main offence: category and subcategory.
    pub offence: (&'static str, &'static str),
    /// Whether it has a rehabilitation activity requirement.
    pub has_rar: bool,
    /// Whether event and sentence are active.
    pub active: bool,
}

/// Who may not see a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// These users may not see it; the text is what they are told, empty on one awkward case.
    Excluded(&'static [&'static str], &'static str),
    /// Only these users may see it; the text is what others are told.
    Restricted(&'static [&'static str], &'static str),
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The case reference number.
    pub crn: String,
    /// The prison number, if the person ever had one.
    pub noms: Option<String>,
    /// First name.
    pub forename: &'static str,
    /// Last name.
    pub surname: &'static str,
    /// Date of birth.
    pub date_of_birth: Date,
    /// Gender.
    pub gender: &'static str,
    /// Ethnicity, preferred language, religion; `None` on one awkward case that has no profile.
    pub profile: Option<(&'static str, &'static str, &'static str)>,
    /// A disability (type, start, notes) where one is recorded.
    pub disability: Option<(&'static str, Date, &'static str)>,
    /// The main address: building number, street, town, county, postcode; `None` for no fixed abode.
    pub address: Option<(String, &'static str, &'static str, &'static str, &'static str)>,
    /// An e-mail address.
    pub email: Option<String>,
    /// A mobile number.
    pub mobile: Option<String>,
    /// Where the person is.
    pub setting: Setting,
    /// The staff code of the community manager; see [`super::officers`].
    pub community_manager: &'static str,
    /// The staff code of the prison manager, when that one is responsible.
    pub prison_manager: Option<&'static str>,
    /// The sentences, by event number.
    pub sentences: Vec<Sentence>,
    /// Who may not see the case.
    pub limits: Vec<Limit>,
    /// The case that this one was merged into; the person is found there only.
    pub merged_into: Option<&'static str>,
    /// Whether the risk service holds an assessment not older than 55 weeks.
    pub has_risk_assessment: bool,
    /// Whether that assessment leaves some answers out.
    pub risk_is_partial: bool,
}

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let cast = CAST.iter().zip(1..).map(|(row, n)| cast_case(row, n));
    let awkward = AWKWARD.iter().zip(1..).map(|(row, n)| awkward_case(row, n));
    cast.chain(awkward).collect()
});

/// Every case, by case reference number.
pub fn cases() -> &'static [Case] {
    &CASES
}

/// The case with that reference number.
pub fn case(crn: &str) -> Option<&'static Case> {
    CASES.iter().find(|case| case.crn == crn)
}

const STREETS: [(&str, &str, &str, &str); 5] = [
    ("Quayside Row", "Harbourside", "Eastern Coast", "ZZ1 1AA"),
    ("Ropewalk Lane", "Harbourside", "Eastern Coast", "ZZ1 2BB"),
    ("Weir Street", "Millbrook", "Western Vale", "ZZ2 3CC"),
    ("Fuller's Yard", "Millbrook", "Western Vale", "ZZ2 4DD"),
    ("Saltern Road", "Saltmarsh", "Eastern Coast", "ZZ3 5EE"),
];
const OFFENCES: [(&str, &str); 4] = [
    ("Theft", "Theft from shops and stalls"),
    ("Criminal damage", "Criminal damage up to 5,000 pounds"),
    ("Public order", "Causing fear of violence"),
    ("Road traffic", "Driving while disqualified"),
];
const PRISONS: [&str; 3] = ["ZSM", "ZHB", "ZMB"];

/// Event ids: 2500000000 and the case's number.
const FIRST_EVENT: i64 = 2_500_000_000;

fn sentence(number: i64, has_rar: bool) -> Sentence {
    Sentence {
        event_id: FIRST_EVENT + number,
        event_number: 1,
        convicted_on: Some(date(2025, 9, 1)),
        sentenced_on: date(2025, 9, 15),
        description: if has_rar { "ORA Community Order" } else { "ORA Suspended Sentence Order" },
        expected_end: Some(date(2031, 9, 14)),
        offence: OFFENCES[usize::try_from(number).unwrap_or_default() % OFFENCES.len()],
        has_rar,
        active: true,
    }
}

fn plain_case(row: &Row, crn: String, number: i64) -> Case {
    let (forename, surname, (year, month, day), gender, ethnicity, language, religion) = *row;
    let n = usize::try_from(number).unwrap_or_default();
    let (street, town, county, postcode) = STREETS[n % STREETS.len()];
    Case {
        crn,
        noms: (n % 10 != 7).then(|| format!("G{:04}ZB", 9000 + n)),
        forename,
        surname,
        date_of_birth: date(year, month, day),
        gender,
        profile: Some((ethnicity, language, religion)),
        disability: (n % 6 == 1).then_some(("Hearing difficulties", date(2019, 4, 1), "Uses a hearing aid")),
        address: (!n.is_multiple_of(9)).then(|| (n.to_string(), street, town, county, postcode)),
        email: (n % 3 == 1).then(|| format!("{}.{}@person.example", forename.to_lowercase(), surname.to_lowercase())),
        mobile: (n % 4 != 3).then(|| format!("07700 900{n:03}")),
        setting: Setting::Community,
        community_manager: if n % 2 == 1 { "N91A001" } else { "N91A002" },
        prison_manager: None,
        sentences: vec![sentence(number, !n.is_multiple_of(3))],
        limits: Vec::new(),
        merged_into: None,
        has_risk_assessment: !n.is_multiple_of(5),
        risk_is_partial: n % 5 == 3,
    }
}

fn in_custody(n: usize) -> Setting {
    Setting::Custody(Release {
        prison_id: PRISONS[n % PRISONS.len()],
        release: date(2030, 6, 14),
        confirmed: (n.is_multiple_of(8)).then(|| date(2030, 6, 12)),
        conditional: date(2030, 6, 14),
    })
}

/// A person of the cast: every fourth one is in custody; the second half of the thirties shows the named exceptions.
fn cast_case(row: &Row, number: i64) -> Case {
    let mut case = plain_case(row, format!("X{}", 100_000 + number), number);
    if number % 4 == 0 && number != 40 {
        case.setting = in_custody(usize::try_from(number).unwrap_or_default());
        for sentence in &mut case.sentences {
            sentence.description = "ORA Adult Custody (inc PSS)";
        }
    }
    match number {
        2 => case.sentences.push(Sentence {
            event_id: 2_500_001_002,
            event_number: 2,
            convicted_on: Some(date(2026, 2, 2)),
            sentenced_on: date(2026, 2, 20),
            expected_end: Some(date(2032, 2, 19)),
            offence: OFFENCES[1],
            ..sentence(number, true)
        }),
        38 => case.limits.push(Limit::Restricted(
            &["PRACTITIONER_2"],
            "This is a restricted record. Ask the case's manager for access.",
        )),
        39 => {
            for sentence in &mut case.sentences {
                sentence.active = false;
            }
        }
        40 => case.merged_into = Some("X100001"),
        _ => {}
    }
    case
}

/// One person for each awkward fact that a caller must survive.
fn awkward_case(row: &Row, n: i64) -> Case {
    let mut case = plain_case(row, format!("X{}", 200_000 + n), 100 + n);
    // Only the cast belongs to the two practitioners.
    case.community_manager = "N91HBSU";
    match n {
        1 => case.sentences.clear(),
        2 => case.community_manager = "N91A004",
        4 => {
            case.prison_manager = Some("N91A003");
            case.setting = in_custody(1);
        }
        5 => case.limits.push(Limit::Excluded(&["PRACTITIONER_2"], "You are excluded from viewing this record.")),
        6 => {
            case.limits.push(Limit::Excluded(&["PRACTITIONER_2"], "You are excluded from viewing this record."));
            case.limits.push(Limit::Restricted(&["PRACTITIONER_1"], "This is a restricted record."));
        }
        7 => case.limits.push(Limit::Excluded(&["PRACTITIONER_1", "PRACTITIONER_2"], "")),
        8 => case.sentences[0].expected_end = None,
        9 => case.sentences[0].convicted_on = None,
        10 => {
            case.profile = None;
            case.disability = None;
        }
        _ => {}
    }
    case
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cast_has_the_forty_people_and_their_named_exceptions() {
        assert_eq!(cases().iter().filter(|case| case.crn.starts_with("X1000")).count(), 40);
        assert_eq!(case("X100001").unwrap().sentences[0].event_id, 2_500_000_001);
        let ids: Vec<_> = case("X100002").unwrap().sentences.iter().map(|sentence| sentence.event_id).collect();
        assert_eq!(ids, [2_500_000_002, 2_500_001_002]);
        assert!(matches!(case("X100038").unwrap().limits[..], [Limit::Restricted(..)]));
        assert!(case("X100039").unwrap().sentences.iter().all(|sentence| !sentence.active));
        assert_eq!(case("X100040").unwrap().merged_into, Some("X100001"));
    }

    #[test]
    fn the_two_practitioners_manage_the_cast_between_them() {
        let managed = |code| cases().iter().filter(|case| case.community_manager == code).count();
        assert_eq!((managed("N91A001"), managed("N91A002")), (20, 20));
    }

    #[test]
    fn event_ids_and_prison_numbers_are_each_used_once() {
        let mut events: Vec<_> = cases().iter().flat_map(|case| &case.sentences).map(|s| s.event_id).collect();
        let mut numbers: Vec<_> = cases().iter().filter_map(|case| case.noms.as_ref()).collect();
        let (all_events, all_numbers) = (events.len(), numbers.len());
        events.sort_unstable();
        events.dedup();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!((events.len(), numbers.len()), (all_events, all_numbers));
    }
}
