//! Builds the queries whose shape depends on what is asked: the ids of a page, and the totals. Both read
//! `case_list_entry` alone, apart from the catalogue where it decides a practitioner's order.
//!
//! A provider's contracts are read one by one, each from an index that has its entries in the order asked for, and are
//! merged as far as the page reaches. Each branch of the union has an order and a limit of its own, because PostgreSQL
//! merges only then. What a contract decides, title and provider, is the same on all of a branch. Where a page is sought,
//! each part of a branch that an index has in one piece is a branch of its own.

use domain::{Crn, ReferralReference};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::order::{Branch, Order, Reading, Window};
use super::{DashboardFilter, DashboardScope, Direction, SortKey};
use crate::seek::{Part, parts, push_after, push_part};

/// What is listed: whose and which of them.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) scope: &'a DashboardScope,
    pub(super) filter: &'a DashboardFilter,
}

/// The ids that a reading finds, in its order.
pub(super) fn ids(asked: Asked<'_>, reading: &Reading) -> QueryBuilder<Postgres> {
    let Reading { branches, order, window, start, is_backwards: _ } = reading;
    let mut query = QueryBuilder::new("SELECT r.referral_id FROM (");
    match asked.scope {
        DashboardScope::Contracts(_) => {
            let mut between = "";
            for branch in branches {
                let keys = start.as_ref().map(|start| start.keys(order, Some(*branch)));
                for part in keys.as_ref().map_or_else(|| vec![Part::Whole], |keys| parts(keys)) {
                    query.push(between);
                    push_branch(&mut query, asked.filter, *branch, &part, order, *window);
                    between = " UNION ALL ";
                }
            }
            query.push(") r");
        }
        DashboardScope::Practitioner { .. } => {
            query.push("SELECT e.referral_id, e.intervention_id");
            push_columns(&mut query, order, None);
            push_entries_of_practitioner(&mut query, asked);
            query.push(") r");
            for (key, _) in order.keys() {
                query.push(catalogue_join(*key));
            }
            if let Some(start) = start {
                query.push(" WHERE ");
                push_after(&mut query, &start.keys(order, None));
            }
        }
    }
    query.push(" ORDER BY ");
    for (key, direction) in order.keys() {
        match asked.scope {
            DashboardScope::Contracts(_) => query.push("r.").push(column(*key)),
            DashboardScope::Practitioner { .. } => query.push(outer_column(*key)),
        };
        query.push(suffix(*direction)).push(", ");
    }
    query.push("r.referral_id").push(suffix(order.last()));
    query.push(" LIMIT ").push_bind(window.limit).push(" OFFSET ").push_bind(window.offset);
    query
}

/// How many rows there are: for each intervention of a provider's, in their order; for a practitioner one number.
pub(super) fn counts(asked: Asked<'_>, branches: &[Branch]) -> QueryBuilder<Postgres> {
    match asked.scope {
        DashboardScope::Contracts(_) => {
            let interventions: Vec<Uuid> = branches.iter().map(|branch| branch.intervention).collect();
            let mut query = QueryBuilder::new("SELECT c.entries FROM unnest(");
            query
                .push_bind(interventions)
                .push("::uuid[]) WITH ORDINALITY AS s (id, number) CROSS JOIN LATERAL (SELECT count(*) AS entries")
                .push(" FROM case_list_entry e WHERE e.intervention_id = s.id");
            push_filter(&mut query, asked.filter);
            query.push(") c ORDER BY s.number");
            query
        }
        DashboardScope::Practitioner { .. } => {
            let mut query = QueryBuilder::new("SELECT count(*)");
            push_entries_of_practitioner(&mut query, asked);
            query
        }
    }
}

/// The first entries of a part of one intervention's, in order.
fn push_branch(
    query: &mut QueryBuilder<Postgres>,
    filter: &DashboardFilter,
    branch: Branch,
    part: &Part<'_>,
    order: &Order,
    window: Window,
) {
    query.push("(SELECT e.referral_id");
    push_columns(query, order, Some(branch));
    query.push(" FROM case_list_entry e WHERE e.intervention_id = ").push_bind(branch.intervention);
    push_filter(query, filter);
    push_part(query, part);
    query.push(" ORDER BY ");
    for (key, direction) in order.keys().iter().filter(|(key, _)| branch.place(*key).is_none()) {
        query.push("e.").push(column(*key)).push(suffix(*direction)).push(", ");
    }
    query.push("e.referral_id").push(suffix(order.last()));
    query.push(" LIMIT ").push_bind(window.limit.saturating_add(window.offset)).push(")");
}

/// The columns of an order's keys, each after a comma. What the catalogue decides comes from the branch, or else later.
fn push_columns(query: &mut QueryBuilder<Postgres>, order: &Order, branch: Option<Branch>) {
    for (key, _) in order.keys() {
        match (key, branch) {
            (SortKey::InterventionTitle | SortKey::ProviderName, None) => {}
            (key, branch) => match branch.and_then(|branch| branch.place(*key)) {
                Some(place) => {
                    query.push(", ").push_bind(place).push("::bigint AS ").push(column(*key));
                }
                None => {
                    query.push(", e.").push(column(*key));
                }
            },
        }
    }
}

/// The entries of a practitioner's cases, from `FROM` on.
fn push_entries_of_practitioner(query: &mut QueryBuilder<Postgres>, asked: Asked<'_>) {
    if let DashboardScope::Practitioner { user, crns } = asked.scope {
        query
            .push(" FROM case_list_entry e WHERE ((e.created_by_source = ")
            .push_bind(user.source.as_str().to_owned())
            .push(" AND e.created_by_id = ")
            .push_bind(user.id.clone())
            .push(") OR e.service_usercrn = ANY(")
            .push_bind(crns.clone())
            .push("))");
        push_filter(query, asked.filter);
    }
}

fn suffix(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "",
        Direction::Descending => " DESC",
    }
}

/// What the catalogue decides about an entry, for a practitioner's order.
fn catalogue_join(key: SortKey) -> &'static str {
    match key {
        SortKey::SentAt
        | SortKey::Reference
        | SortKey::Surname
        | SortKey::ExpectedReleaseDate
        | SortKey::AssigneeUsername => "",
        SortKey::InterventionTitle => " JOIN intervention title ON title.id = r.intervention_id",
        SortKey::ProviderName => {
            " JOIN (SELECT i.id, p.name FROM intervention i \
             JOIN dynamic_framework_contract c ON c.id = i.dynamic_framework_contract_id \
             JOIN service_provider p ON p.id = c.prime_provider_id) prime ON prime.id = r.intervention_id"
        }
    }
}

/// What a practitioner's entries, joined with the catalogue, are sorted by.
pub(super) fn outer_column(key: SortKey) -> String {
    match key {
        SortKey::InterventionTitle => "title.title".to_owned(),
        SortKey::ProviderName => "prime.name".to_owned(),
        other => format!("r.{}", column(other)),
    }
}

/// The column that holds a key: of an entry, or of a branch for what the catalogue decides.
pub(super) fn column(key: SortKey) -> &'static str {
    match key {
        SortKey::SentAt => "sent_at",
        SortKey::Reference => "reference_number",
        SortKey::Surname => "last_name",
        SortKey::AssigneeUsername => "assigned_to_username",
        SortKey::ExpectedReleaseDate => "expected_release_date",
        SortKey::InterventionTitle => "by_title",
        SortKey::ProviderName => "by_provider",
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
