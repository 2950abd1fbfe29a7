//! The columns of the case lists: their headings, what they sort by, and what stands in their cells.

use app::dashboard::{DashboardRow, Direction, SortKey};
use domain::referral::LocationType;
use serde::Serialize;

use crate::routes::{self, Href};
use crate::text::{Columns, TEXT, fill};
use crate::{name, when};

/// A column.
pub(super) struct Column {
    pub(super) text: &'static str,
    pub(super) sort: Option<SortKey>,
    pub(super) cell: fn(&DashboardRow) -> Cell,
}

/// What stands in a cell.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Cell {
    text: String,
    /// Where the text leads.
    href: Option<Href>,
    /// What a screen reader says besides, where many cells have the same text.
    hidden: Option<String>,
    /// A second line.
    second: Option<String>,
    /// Whether it names its row.
    is_header: bool,
}

/// A heading of the table.
#[derive(Debug, Serialize)]
pub(crate) struct Heading {
    text: &'static str,
    /// `ascending`, `descending` or `none`; absent when one cannot sort by it.
    sorted: Option<&'static str>,
    /// Sorts by it; once more, the other way round.
    href: Option<Href>,
}

const TEXTS: Columns = Columns::ENGLISH;

const DATE_SENT: Column = Column { text: TEXTS.date_sent, sort: Some(SortKey::SentAt), cell: sent };
const DATE_RECEIVED: Column = Column { text: TEXTS.date_received, sort: Some(SortKey::SentAt), cell: sent };
const REFERENCE: Column = Column { text: TEXTS.reference, sort: Some(SortKey::Reference), cell: reference };
const PERSON: Column = Column { text: TEXTS.person, sort: Some(SortKey::Surname), cell: person };
const PERSON_AND_CRN: Column = Column { text: TEXTS.person, sort: Some(SortKey::Surname), cell: person_and_crn };
const SERVICE: Column = Column { text: TEXTS.service, sort: Some(SortKey::InterventionTitle), cell: service };
const PROVIDER_NAME: Column = Column { text: TEXTS.provider, sort: Some(SortKey::ProviderName), cell: provider };
const CASEWORKER: Column = Column { text: TEXTS.caseworker, sort: Some(SortKey::AssigneeUsername), cell: caseworker };
const RELEASE: Column = Column { text: TEXTS.release, sort: Some(SortKey::ExpectedReleaseDate), cell: release };
const LOCATION: Column = Column { text: TEXTS.location, sort: None, cell: location };
const VIEW: Column = Column { text: TEXTS.action, sort: None, cell: view };

pub(super) const PRACTITIONER: &[Column] = &[PERSON, REFERENCE, DATE_SENT, SERVICE, PROVIDER_NAME, CASEWORKER, VIEW];
pub(super) const PRACTITIONER_UNASSIGNED: &[Column] = &[PERSON, REFERENCE, DATE_SENT, SERVICE, PROVIDER_NAME, VIEW];
pub(super) const PROVIDER: &[Column] = &[PERSON_AND_CRN, REFERENCE, SERVICE, CASEWORKER, DATE_RECEIVED];
pub(super) const PROVIDER_MINE: &[Column] = &[PERSON_AND_CRN, REFERENCE, SERVICE, DATE_RECEIVED];
pub(super) const PROVIDER_UNASSIGNED: &[Column] =
    &[PERSON_AND_CRN, RELEASE, LOCATION, REFERENCE, SERVICE, DATE_RECEIVED];

impl Column {
    /// The heading, given how the list is sorted and how a link to another order is made.
    pub(super) fn heading(
        &self,
        current: (SortKey, Direction),
        href: impl Fn((SortKey, Direction)) -> Href,
    ) -> Heading {
        let Some(key) = self.sort else { return Heading { text: self.text, sorted: None, href: None } };
        let (sorted, next) = match current {
            (by, Direction::Ascending) if by == key => ("ascending", Direction::Descending),
            (by, Direction::Descending) if by == key => ("descending", Direction::Ascending),
            _ => ("none", Direction::Ascending),
        };
        Heading { text: self.text, sorted: Some(sorted), href: Some(href((key, next))) }
    }
}

/// How a field is named in the query.
pub(super) fn field(key: SortKey) -> &'static str {
    match key {
        SortKey::SentAt => "date-sent",
        SortKey::Reference => "reference",
        SortKey::Surname => "surname",
        SortKey::InterventionTitle => "service",
        SortKey::ProviderName => "provider",
        SortKey::AssigneeUsername => "caseworker",
        SortKey::ExpectedReleaseDate => "expected-release-date",
    }
}

/// How a direction is named in the query.
pub(super) fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "ascending",
        Direction::Descending => "descending",
    }
}

/// Reads a direction.
pub(super) fn direction(text: &str) -> Option<Direction> {
    [Direction::Ascending, Direction::Descending].into_iter().find(|direction| direction_name(*direction) == text)
}

fn text(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), ..Cell::default() }
}

fn named(row: &DashboardRow) -> String {
    let full = name::full(row.first_name.as_deref(), row.last_name.as_deref());
    full.unwrap_or_else(|| TEXT.columns.name_unknown.to_owned())
}

fn sent(row: &DashboardRow) -> Cell {
    text(when::short_day(row.sent_at))
}

fn reference(row: &DashboardRow) -> Cell {
    text(row.reference.as_str())
}

fn person(row: &DashboardRow) -> Cell {
    Cell { text: named(row), is_header: true, ..Cell::default() }
}

fn person_and_crn(row: &DashboardRow) -> Cell {
    Cell {
        text: named(row),
        href: Some(routes::SP_DETAILS.href(row.id)),
        second: Some(row.crn.as_str().to_owned()),
        is_header: true,
        hidden: None,
    }
}

fn service(row: &DashboardRow) -> Cell {
    text(&row.intervention_title)
}

fn provider(row: &DashboardRow) -> Cell {
    text(&row.provider.name)
}

fn caseworker(row: &DashboardRow) -> Cell {
    text(row.assigned_to.as_ref().map_or(TEXT.columns.no_caseworker, |user| user.username.as_str()))
}

fn release(row: &DashboardRow) -> Cell {
    match (row.location_type, row.expected_release_date, row.releasing_in_12_weeks) {
        (Some(LocationType::Community), _, _) => text(TEXT.columns.release_community),
        (_, Some(date), _) => text(when::short_date(date)),
        (_, None, Some(false)) => text(TEXT.columns.release_late),
        (_, None, _) => text(TEXT.columns.release_unknown),
    }
}

fn location(row: &DashboardRow) -> Cell {
    text(row.location.as_deref().unwrap_or(TEXT.columns.location_unknown))
}

fn view(row: &DashboardRow) -> Cell {
    Cell {
        text: TEXT.columns.view.to_owned(),
        href: Some(routes::PP_PROGRESS.href(row.id)),
        hidden: Some(fill(TEXT.columns.view_hidden, &[("reference", row.reference.as_str())])),
        ..Cell::default()
    }
}

/// Rows for samples: nearly nothing known, a usual one, and long names.
#[cfg(test)]
pub(super) fn sample_rows() -> Vec<DashboardRow> {
    use domain::catalogue::Provider;
    use domain::{AuthSource, Crn, ReferralId, ReferralReference, User};
    let user = |username: &str| User { id: "1".to_owned(), source: AuthSource::Auth, username: username.to_owned() };
    let usual = DashboardRow {
        id: ReferralId(uuid::Uuid::from_u128(7)),
        reference: ReferralReference("KQ2846AC".to_owned()),
        sent_at: "2026-06-05T09:30:00Z".parse().unwrap(),
        sent_by: user("practitioner"),
        assigned_to: Some(user("PROVIDER_1")),
        crn: Crn("X100001".to_owned()),
        first_name: Some("ALEX".to_owned()),
        last_name: Some("RIVER".to_owned()),
        provider: Provider { id: "HARBOUR_TRUST".to_owned(), name: "Harbour Trust".to_owned() },
        intervention_title: "Accommodation in the North West".to_owned(),
        concluded_at: None,
        expected_release_date: Some(jiff::civil::date(2026, 9, 15)),
        location: Some("Liverpool probation office".to_owned()),
        location_type: Some(LocationType::Custody),
        releasing_in_12_weeks: Some(true),
    };
    let bare = DashboardRow {
        assigned_to: None,
        first_name: None,
        last_name: None,
        expected_release_date: None,
        location: None,
        location_type: None,
        releasing_in_12_weeks: None,
        ..usual.clone()
    };
    let long = DashboardRow {
        first_name: Some("Maximiliana-Theodora".to_owned()),
        last_name: Some("Featherstonehaugh-Cholmondeley <b>O'Neill</b>".to_owned()),
        intervention_title: "Education, training and employment, finance, benefit and debt in Yorkshire and the Humber"
            .to_owned(),
        ..usual.clone()
    };
    vec![bare, usual, long]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_says_how_the_list_is_sorted_and_turns_it_round() {
        let href = |(key, way): (SortKey, Direction)| {
            crate::routes::HOME.href().with(&[("sort", field(key)), ("way", direction_name(way))])
        };
        let heading = PERSON.heading((SortKey::Surname, Direction::Ascending), href);
        assert_eq!(heading.sorted, Some("ascending"));
        assert_eq!(heading.href.unwrap().as_str(), "/?sort=surname&way=descending");
        let other = DATE_SENT.heading((SortKey::Surname, Direction::Ascending), href);
        assert_eq!(other.sorted, Some("none"));
        assert_eq!(other.href.unwrap().as_str(), "/?sort=date-sent&way=ascending");
        assert!(LOCATION.heading((SortKey::Surname, Direction::Ascending), href).href.is_none());
    }

    #[test]
    fn release_cells_say_what_is_known() {
        let rows = sample_rows();
        assert_eq!(release(&rows[0]).text, TEXT.columns.release_unknown);
        assert_eq!(release(&rows[1]).text, "15 Sep 2026");
        let late = DashboardRow { releasing_in_12_weeks: Some(false), ..rows[0].clone() };
        assert_eq!(release(&late).text, TEXT.columns.release_late);
        let community = DashboardRow { location_type: Some(LocationType::Community), ..rows[1].clone() };
        assert_eq!(release(&community).text, TEXT.columns.release_community);
    }
}
