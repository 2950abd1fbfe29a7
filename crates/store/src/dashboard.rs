//! The dashboard: pages of sent referrals. A page's ids come from the narrow `case_list_entry` first; the wide rows are
//! read for those ids only. The total is counted by the same condition, unless the first page itself tells it.
//!
//! The entries are kept by triggers; nothing here writes them.

mod order;
mod provider;
mod query;
mod seek;

use std::collections::{BTreeSet, HashMap};

use domain::catalogue::Provider;
use domain::referral::LocationType;
use domain::{Crn, ReferralId, ReferralReference, User};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use self::order::{Branch, Order, Reading, Window};
pub use self::provider::{ProviderList, ProviderRow, provider_list};
pub use self::seek::Boundary;
use self::seek::Start;
use crate::column::{At, Day, Place, date, instant};
use crate::page::{Page, PageAt};
use crate::user::Users;
use crate::{Db, StoreError};

/// Whose referrals are shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DashboardScope {
    /// Those of these contracts, by reference.
    Contracts(BTreeSet<String>),
    /// Those that the practitioner began, and those of the cases that they manage.
    Practitioner {
        /// The practitioner.
        user: User,
        /// The cases that they manage, as far as could be found out.
        crns: Vec<String>,
    },
}

/// Which of them are shown; all conditions must hold, absent ones do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DashboardFilter {
    /// Concluded with a submitted report, or not.
    pub completed: Option<bool>,
    /// Concluded after a request to end it, before any session was held and without a submitted report, or not.
    pub cancelled: Option<bool>,
    /// Whether nobody is assigned.
    pub unassigned: Option<bool>,
    /// The current assignee, by user id.
    pub assigned_to: Option<String>,
    /// A reference number or a case reference number where it looks like one, else a full name in any case.
    pub search: Option<String>,
    /// Cases that the reader may not know of.
    pub hidden_crns: Vec<String>,
}

/// What a dashboard may be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortKey {
    /// When it was sent.
    SentAt,
    /// The reference number.
    Reference,
    /// The person's surname.
    Surname,
    /// The intervention's title.
    InterventionTitle,
    /// The prime provider's name.
    ProviderName,
    /// The current assignee's username.
    AssigneeUsername,
    /// The expected release date.
    ExpectedReleaseDate,
}

/// Which way. Missing values come last upwards and first downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// One line of a dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardRow {
    /// The referral.
    pub id: ReferralId,
    /// What people call it.
    pub reference: ReferralReference,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Who sent it.
    pub sent_by: User,
    /// The current caseworker.
    pub assigned_to: Option<User>,
    /// The person's case reference number.
    pub crn: Crn,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// The prime provider.
    pub provider: Provider,
    /// The intervention's title.
    pub intervention_title: String,
    /// When it was concluded.
    pub concluded_at: Option<Timestamp>,
    /// Expected release date.
    pub expected_release_date: Option<Date>,
    /// The prison's code for a person in custody; else the first that is known of the practitioner's office, their
    /// delivery unit as corrected, and as in Delius.
    pub location: Option<String>,
    /// Custody or community.
    pub location_type: Option<LocationType>,
    /// Whether release was expected within twelve weeks.
    pub releasing_in_12_weeks: Option<bool>,
}

/// One page. Without sort keys: oldest first; equals come in order of sending, then of ids. Five queries at most.
///
/// What is sent or changed between two of the queries may move a page by a row if it is found by its number.
pub async fn page(
    db: &mut Db,
    scope: &DashboardScope,
    filter: &DashboardFilter,
    sort: &[(SortKey, Direction)],
    at: &PageAt<Boundary>,
) -> Result<Page<DashboardRow>, StoreError> {
    let order = Order::of(sort);
    let (branches, start) = match scope {
        DashboardScope::Contracts(references) => branches(db, references, &order, at.after.as_ref()).await?,
        DashboardScope::Practitioner { .. } => {
            (Vec::new(), at.after.as_ref().and_then(|boundary| Start::of(boundary, &order, Vec::new())))
        }
    };
    if branches.is_empty() && matches!(scope, DashboardScope::Contracts(_)) {
        return Ok(at.page(Vec::new(), 0, false));
    }
    let asked = query::Asked { scope, filter };
    let (found, total, is_followed) = match start {
        Some(start) => sought(db, asked, branches, order, start, at).await?,
        None => numbered(db, asked, branches, order, at).await?,
    };
    let mut rows = rows(db, &found).await?;
    Ok(at.page(found.iter().filter_map(|id| rows.remove(id)).collect(), total, is_followed))
}

/// The ids of a page, of how many rows, and whether any follow.
type Found = (Vec<Uuid>, i64, bool);

/// A page that begins after a boundary.
async fn sought(
    db: &mut Db,
    asked: query::Asked<'_>,
    branches: Vec<Branch>,
    order: Order,
    start: Start,
    at: &PageAt<Boundary>,
) -> Result<Found, StoreError> {
    let total = counts(db, asked, &branches).await?.iter().sum();
    let size = usize::try_from(at.size).unwrap_or(usize::MAX);
    // One more than the page has tells whether anything follows.
    let mut found = match Reading::sought(branches, order, at.limit() + 1, start) {
        Some(reading) => ids(db, asked, &reading).await?,
        None => Vec::new(),
    };
    let is_followed = found.len() > size;
    found.truncate(size);
    Ok((found, total, is_followed))
}

/// A page that follows from its number alone.
async fn numbered(
    db: &mut Db,
    asked: query::Asked<'_>,
    branches: Vec<Branch>,
    order: Order,
    at: &PageAt<Boundary>,
) -> Result<Found, StoreError> {
    let (limit, offset) = (at.limit(), at.offset());
    let (found, total) = if offset == 0 {
        let found = ids(db, asked, &Reading::first(branches.clone(), order, limit)).await?;
        // A first page that is not full is all there is.
        let all = i64::try_from(found.len()).unwrap_or(limit);
        let total = if all < limit { all } else { counts(db, asked, &branches).await?.iter().sum() };
        (found, total)
    } else {
        let counts = counts(db, asked, &branches).await?;
        let found = match Reading::shortest(branches, &counts, order, Window { limit, offset }) {
            Some(reading) => ids(db, asked, &reading).await?,
            None => Vec::new(),
        };
        (found, counts.iter().sum())
    };
    Ok((found, total, offset.saturating_add(limit) < total))
}

/// What people are referred to under these contracts (by reference), and where a page begins among them: nowhere in
/// particular if the catalogue does not know the boundary's title or provider any more.
async fn branches(
    db: &mut Db,
    references: &BTreeSet<String>,
    order: &Order,
    after: Option<&Boundary>,
) -> Result<(Vec<Branch>, Option<Start>), StoreError> {
    let references: Vec<String> = references.iter().cloned().collect();
    let found = sqlx::query!(
        r#"
        SELECT
            i.id,
            dense_rank() OVER (ORDER BY i.title) AS "by_title!",
            dense_rank() OVER (ORDER BY p.name) AS "by_provider!",
            coalesce(i.title = $2, false) AS "is_title!",
            coalesce(p.name = $3, false) AS "is_provider!"
        FROM dynamic_framework_contract c
        JOIN intervention i ON i.dynamic_framework_contract_id = c.id
        JOIN service_provider p ON p.id = c.prime_provider_id
        WHERE c.contract_reference = ANY($1)
        ORDER BY i.id
        "#,
        &references,
        after.and_then(|boundary| boundary.text(SortKey::InterventionTitle)),
        after.and_then(|boundary| boundary.text(SortKey::ProviderName)),
    )
    .fetch_all(db)
    .await?;
    let mut places = Vec::new();
    for row in &found {
        places.extend(row.is_title.then_some((SortKey::InterventionTitle, row.by_title)));
        places.extend(row.is_provider.then_some((SortKey::ProviderName, row.by_provider)));
    }
    let branches: Vec<Branch> = found
        .into_iter()
        .map(|row| Branch { intervention: row.id, by_title: row.by_title, by_provider: row.by_provider })
        .collect();
    let start = after.and_then(|boundary| Start::of(boundary, order, places));
    let start = start.filter(|start| start.is_placed_among(&branches));
    Ok((branches, start))
}

async fn counts(db: &mut Db, asked: query::Asked<'_>, branches: &[Branch]) -> Result<Vec<i64>, StoreError> {
    Ok(query::counts(asked, branches).build_query_scalar().fetch_all(db).await?)
}

async fn ids(db: &mut Db, asked: query::Asked<'_>, reading: &Reading) -> Result<Vec<Uuid>, StoreError> {
    let mut ids: Vec<Uuid> = query::ids(asked, reading).build_query_scalar().fetch_all(db).await?;
    if reading.is_backwards {
        ids.reverse();
    }
    Ok(ids)
}

/// The people of a practitioner's referrals, each once: those whose limits on access must be asked before a list is
/// shown.
pub async fn crns(db: &mut Db, user: &User, managed: &[String]) -> Result<BTreeSet<Crn>, StoreError> {
    let crns = sqlx::query_scalar!(
        r#"
        SELECT DISTINCT service_usercrn
        FROM referral
        WHERE (created_by_source = $1 AND created_by_id = $2) OR service_usercrn = ANY($3)
        "#,
        user.source.as_str(),
        user.id,
        managed,
    )
    .fetch_all(db)
    .await?;
    Ok(crns.into_iter().map(Crn).collect())
}

async fn rows(db: &mut Db, ids: &[Uuid]) -> Result<HashMap<Uuid, DashboardRow>, StoreError> {
    let found = sqlx::query!(
        r#"
        SELECT
            r.id AS "id!", r.reference_number AS "reference_number!", r.sent_at AS "sent_at!: At",
            r.sent_by_source AS "sent_by_source!", r.sent_by_id AS "sent_by_id!",
            r.service_usercrn AS "service_usercrn!",
            r.concluded_at AS "concluded_at: At", u.first_name AS "first_name?", u.last_name AS "last_name?",
            p.id AS "provider_id!", p.name AS "provider_name!", i.title AS "title!",
            l.expected_release_date AS "expected_release_date?: Day", l.type AS "location_type?",
            l.prison_id AS "prison_id?", l.referral_releasing_12_weeks AS "releasing_12_weeks?",
            coalesce(nullif(d.probation_office, ''), nullif(d.pdu, ''), nullif(d.ndelius_pdu, '')) AS office,
            a.assigned_to_source AS "assigned_to_source?", a.assigned_to_id AS "assigned_to_id?"
        FROM referral r
        JOIN intervention i ON i.id = r.intervention_id
        JOIN dynamic_framework_contract c ON c.id = i.dynamic_framework_contract_id
        JOIN service_provider p ON p.id = c.prime_provider_id
        LEFT JOIN referral_service_user_data u ON u.referral_id = r.id
        LEFT JOIN referral_location l ON l.referral_id = r.id
        LEFT JOIN probation_practitioner_details d ON d.referral_id = r.id
        LEFT JOIN referral_assignments a ON a.referral_id = r.id AND NOT a.superseded
        WHERE r.id = ANY($1)
        "#,
        ids,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut users = Users::default();
    for row in &found {
        users.want(&row.sent_by_source, &row.sent_by_id);
        users.may_want(row.assigned_to_source.as_ref(), row.assigned_to_id.as_ref());
    }
    users.load(db).await?;
    found
        .into_iter()
        .map(|row| {
            let place = Place { table: "referral_location", id: &row.id };
            let location_type = place.maybe_member("type", row.location_type.as_deref(), LocationType::from_text)?;
            let dashboard_row = DashboardRow {
                id: ReferralId(row.id),
                reference: ReferralReference(row.reference_number),
                sent_at: row.sent_at.to_jiff(),
                sent_by: users.get(&row.sent_by_source, &row.sent_by_id)?,
                assigned_to: match (&row.assigned_to_source, &row.assigned_to_id) {
                    (Some(source), Some(id)) => Some(users.get(source, id)?),
                    _ => None,
                },
                crn: Crn(row.service_usercrn),
                first_name: row.first_name,
                last_name: row.last_name,
                provider: Provider { id: row.provider_id, name: row.provider_name },
                intervention_title: row.title,
                concluded_at: instant(row.concluded_at),
                expected_release_date: date(row.expected_release_date),
                location: match location_type {
                    Some(LocationType::Custody) => row.prison_id,
                    Some(LocationType::Community) | None => row.office,
                },
                location_type,
                releasing_in_12_weeks: row.releasing_12_weeks,
            };
            Ok((row.id, dashboard_row))
        })
        .collect()
}
