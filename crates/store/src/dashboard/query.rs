//! Builds the two queries whose shape depends on what is asked: the ids of a page, and the total. Both read
//! `case_list_entry` alone, apart from catalogue and users where these decide the order.
//!
//! A provider's contracts are walked one by one in a lateral subquery that cannot be pulled up (`OFFSET 0`, or an order
//! and a limit of its own), so that each is a range of one covering index, whatever share of all referrals it is. In
//! order of sending the range is in order already, and no more of it is read than the page reaches.

use domain::{Crn, ReferralReference};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::{DashboardFilter, DashboardScope, Direction, SortKey};

/// What is listed: whose, which of them, and what was referred to (of a provider's contracts).
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) scope: &'a DashboardScope,
    pub(super) filter: &'a DashboardFilter,
    pub(super) interventions: &'a [Uuid],
}

/// What an order is made of, in the names of the outer query.
const SORTED_BY: &str = "e.referral_id, e.intervention_id, e.sent_at, e.reference_number, e.last_name, e.expected_release_date, \
     e.assigned_to_source, e.assigned_to_id";

/// The ids of one page, in order.
pub(super) fn ids(asked: Asked<'_>, sort: &[(SortKey, Direction)], limit: i64, offset: i64) -> QueryBuilder<Postgres> {
    let oldest_first = [(SortKey::SentAt, Direction::Ascending)];
    let sort = if sort.is_empty() { &oldest_first[..] } else { sort };
    let within = match sort {
        [(SortKey::SentAt, direction)] => Within::Sent { direction: *direction, reach: limit.saturating_add(offset) },
        _ => Within::Any,
    };
    let mut query = QueryBuilder::new("SELECT r.referral_id FROM ");
    push_entries(&mut query, asked, SORTED_BY, within);
    let mut joined = vec![""];
    for (key, _) in sort {
        let join = sort_join(*key);
        if !joined.contains(&join) {
            query.push(join);
            joined.push(join);
        }
    }
    query.push(" ORDER BY ");
    for (key, direction) in sort {
        query.push(sort_column(*key)).push(suffix(*direction)).push(", ");
    }
    query.push("r.referral_id");
    if let Within::Sent { direction, .. } = within {
        query.push(suffix(direction));
    }
    query.push(" LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset);
    query
}

/// How many rows there are on all pages.
pub(super) fn count(asked: Asked<'_>) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM ");
    push_entries(&mut query, asked, "", Within::Any);
    query
}

/// How the entries of one contract are read.
#[derive(Clone, Copy)]
enum Within {
    /// In any order, all of them.
    Any,
    /// In order of sending, the first so many.
    Sent { direction: Direction, reach: i64 },
}

/// The entries in scope, as `r`.
fn push_entries(query: &mut QueryBuilder<Postgres>, asked: Asked<'_>, columns: &str, within: Within) {
    match asked.scope {
        DashboardScope::Contracts(_) => {
            query
                .push("unnest(")
                .push_bind(asked.interventions.to_vec())
                .push("::uuid[]) AS s (id) CROSS JOIN LATERAL (SELECT ")
                .push(columns)
                .push(" FROM case_list_entry e WHERE e.intervention_id = s.id");
            push_filter(query, asked.filter);
            match within {
                Within::Any => query.push(" OFFSET 0) r"),
                Within::Sent { direction, reach } => {
                    let direction = suffix(direction);
                    query.push(" ORDER BY e.sent_at").push(direction).push(", e.referral_id").push(direction);
                    query.push(" LIMIT ").push_bind(reach).push(") r")
                }
            };
        }
        DashboardScope::Practitioner { user, crns } => {
            query
                .push("(SELECT ")
                .push(columns)
                .push(" FROM case_list_entry e WHERE ((e.created_by_source = ")
                .push_bind(user.source.as_str().to_owned())
                .push(" AND e.created_by_id = ")
                .push_bind(user.id.clone())
                .push(") OR e.service_usercrn = ANY(")
                .push_bind(crns.clone())
                .push("))");
            push_filter(query, asked.filter);
            query.push(") r");
        }
    }
}

fn suffix(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "",
        Direction::Descending => " DESC",
    }
}

fn sort_join(key: SortKey) -> &'static str {
    match key {
        SortKey::SentAt | SortKey::Reference | SortKey::Surname | SortKey::ExpectedReleaseDate => "",
        SortKey::InterventionTitle => " JOIN intervention i ON i.id = r.intervention_id",
        SortKey::ProviderName => {
            " JOIN (SELECT i.id, p.name FROM intervention i \
             JOIN dynamic_framework_contract c ON c.id = i.dynamic_framework_contract_id \
             JOIN service_provider p ON p.id = c.prime_provider_id) prime ON prime.id = r.intervention_id"
        }
        SortKey::AssigneeUsername => {
            " LEFT JOIN auth_user w ON w.auth_source = r.assigned_to_source AND w.id = r.assigned_to_id"
        }
    }
}

fn sort_column(key: SortKey) -> &'static str {
    match key {
        SortKey::SentAt => "r.sent_at",
        SortKey::Reference => "r.reference_number",
        SortKey::Surname => "r.last_name",
        SortKey::InterventionTitle => "i.title",
        SortKey::ProviderName => "prime.name",
        SortKey::AssigneeUsername => "w.user_name",
        SortKey::ExpectedReleaseDate => "r.expected_release_date",
    }
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &DashboardFilter) {
    let DashboardFilter { completed, cancelled, unassigned, assigned_to, search, hidden_crns } = filter;
    if let Some(wanted) = completed {
        query.push(if *wanted { " AND " } else { " AND NOT " }).push("(e.is_concluded AND e.has_submitted_report)");
    }
    if let Some(wanted) = cancelled {
        query.push(if *wanted { " AND " } else { " AND NOT " });
        query.push("(e.is_ended_before_ica AND NOT e.has_submitted_report)");
    }
    if let Some(wanted) = unassigned {
        query.push(" AND e.assigned_to_id IS ").push(if *wanted { "NULL" } else { "NOT NULL" });
    }
    if let Some(id) = assigned_to {
        query.push(" AND e.assigned_to_id = ").push_bind(id.clone());
    }
    if let Some(text) = search {
        let text = text.trim();
        if ReferralReference::looks_like_one(text) {
            query.push(" AND e.reference_number = ").push_bind(text.to_owned());
        } else if Crn::looks_like_one(text) {
            query.push(" AND e.service_usercrn = ").push_bind(text.to_ascii_uppercase());
        } else {
            query.push(" AND e.full_name = lower(").push_bind(text.to_owned()).push(")");
        }
    }
    if !hidden_crns.is_empty() {
        query.push(" AND e.service_usercrn <> ALL(").push_bind(hidden_crns.clone()).push(")");
    }
}
