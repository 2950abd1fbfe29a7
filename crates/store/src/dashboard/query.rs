//! Builds the two queries whose shape depends on what is asked: the ids of a page, and the total.

use domain::ReferralReference;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::{DashboardFilter, DashboardScope, Direction, SortKey};

/// The ids of one page, in order.
pub(super) fn ids<'a>(
    scope: &'a DashboardScope,
    filter: &'a DashboardFilter,
    sort: &[(SortKey, Direction)],
    interventions: &'a [Uuid],
    limit: i64,
    offset: i64,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("SELECT r.id FROM referral r");
    let mut joined = Vec::new();
    for (key, _) in sort {
        let join = sort_join(*key);
        if !joined.contains(&join) {
            query.push(join);
            joined.push(join);
        }
    }
    push_condition(&mut query, scope, filter, interventions);
    query.push(" ORDER BY ");
    let oldest_first = [(SortKey::SentAt, Direction::Ascending)];
    for (key, direction) in if sort.is_empty() { &oldest_first[..] } else { sort } {
        query.push(sort_column(*key)).push(match direction {
            Direction::Ascending => ", ",
            Direction::Descending => " DESC, ",
        });
    }
    query.push("r.id LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset);
    query
}

/// How many rows there are on all pages.
pub(super) fn count<'a>(
    scope: &'a DashboardScope,
    filter: &'a DashboardFilter,
    interventions: &'a [Uuid],
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM referral r");
    push_condition(&mut query, scope, filter, interventions);
    query
}

fn sort_join(key: SortKey) -> &'static str {
    match key {
        SortKey::SentAt | SortKey::Reference => "",
        SortKey::Surname => " LEFT JOIN referral_service_user_data u ON u.referral_id = r.id",
        SortKey::InterventionTitle => " JOIN intervention i ON i.id = r.intervention_id",
        SortKey::ProviderName => {
            " JOIN (SELECT i.id, p.name FROM intervention i \
             JOIN dynamic_framework_contract c ON c.id = i.dynamic_framework_contract_id \
             JOIN service_provider p ON p.id = c.prime_provider_id) prime ON prime.id = r.intervention_id"
        }
        SortKey::AssigneeUsername => {
            " LEFT JOIN referral_assignments a ON a.referral_id = r.id AND NOT a.superseded \
             LEFT JOIN auth_user w ON w.auth_source = a.assigned_to_source AND w.id = a.assigned_to_id"
        }
        SortKey::ExpectedReleaseDate => " LEFT JOIN referral_location l ON l.referral_id = r.id",
    }
}

fn sort_column(key: SortKey) -> &'static str {
    match key {
        SortKey::SentAt => "r.sent_at",
        SortKey::Reference => "r.reference_number",
        SortKey::Surname => "u.last_name",
        SortKey::InterventionTitle => "i.title",
        SortKey::ProviderName => "prime.name",
        SortKey::AssigneeUsername => "w.user_name",
        SortKey::ExpectedReleaseDate => "l.expected_release_date",
    }
}

const SUBMITTED_REPORT: &str =
    "EXISTS (SELECT FROM end_of_service_report e WHERE e.referral_id = r.id AND e.submitted_at IS NOT NULL)";

fn push_condition<'a>(
    query: &mut QueryBuilder<Postgres>,
    scope: &'a DashboardScope,
    filter: &'a DashboardFilter,
    interventions: &'a [Uuid],
) {
    let DashboardFilter { completed, cancelled, unassigned, assigned_to, search, hidden_crns } = filter;
    match scope {
        DashboardScope::Contracts(_) => {
            query.push(" WHERE r.intervention_id = ANY(").push_bind(interventions.to_vec()).push(")");
        }
        DashboardScope::Practitioner { user, crns } => {
            query
                .push(" WHERE ((r.created_by_source = ")
                .push_bind(user.source.as_str().to_owned())
                .push(" AND r.created_by_id = ")
                .push_bind(user.id.clone())
                .push(") OR r.service_usercrn = ANY(")
                .push_bind(crns.clone())
                .push("))");
        }
    }
    if let Some(wanted) = completed {
        query.push(if *wanted { " AND " } else { " AND NOT " });
        query.push("(r.concluded_at IS NOT NULL AND ").push(SUBMITTED_REPORT).push(")");
    }
    if let Some(wanted) = cancelled {
        query.push(if *wanted { " AND " } else { " AND NOT " });
        query
            .push("(r.concluded_at IS NOT NULL AND r.end_requested_at IS NOT NULL AND r.status = 'PRE_ICA' AND NOT ")
            .push(SUBMITTED_REPORT)
            .push(")");
    }
    if let Some(wanted) = unassigned {
        query.push(if *wanted { " AND NOT " } else { " AND " });
        query.push("EXISTS (SELECT FROM referral_assignments a WHERE a.referral_id = r.id AND NOT a.superseded)");
    }
    if let Some(id) = assigned_to {
        query
            .push(
                " AND EXISTS (SELECT FROM referral_assignments a \
                 WHERE a.referral_id = r.id AND NOT a.superseded AND a.assigned_to_id = ",
            )
            .push_bind(id.clone())
            .push(")");
    }
    if let Some(text) = search {
        let text = text.trim();
        if ReferralReference::looks_like_one(text) {
            query.push(" AND r.reference_number = ").push_bind(text.to_owned());
        } else {
            query
                .push(
                    " AND r.id IN (SELECT n.referral_id FROM referral_service_user_data n \
                     WHERE lower(coalesce(n.first_name, '') || ' ' || coalesce(n.last_name, '')) = lower(",
                )
                .push_bind(text.to_owned())
                .push("))");
        }
    }
    if !hidden_crns.is_empty() {
        query.push(" AND r.service_usercrn <> ALL(").push_bind(hidden_crns.clone()).push(")");
    }
}
