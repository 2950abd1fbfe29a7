//! PM-02 and SM-01: what the referral says, in cards. The order of the cards is one for all pages that show them.

mod card;

use app::OpCtx;
use axum::extract::{Path, Query};
use axum::response::Response;
use domain::Referral;
use domain::access::UserType;
use domain::catalogue::ServiceCategory;
use domain::ending::EndState;
use domain::referral::LocationType;
use jiff::Timestamp;
use serde::Serialize;

use self::card::Card;
use super::standing::{Block, block};
use super::{Banner, Part, check, read};
use crate::frame::Section;
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;
use crate::{name, when};

/// G `/probation-practitioner/referrals/{id}/details`.
pub(crate) async fn practitioner(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query<check::Query>,
) -> Result<Response, Trouble> {
    show(&visitor, UserType::Practitioner, &id, &query).await
}

/// G `/service-provider/referrals/{id}/details`.
pub(crate) async fn provider(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query<check::Query>,
) -> Result<Response, Trouble> {
    show(&visitor, UserType::Provider, &id, &query).await
}

async fn show(visitor: &Visitor, side: UserType, id: &str, query: &check::Query) -> Result<Response, Trouble> {
    let referral = read(visitor, side, id).await?;
    let categories = categories(visitor.ctx(), &referral).await?;
    let delius = block(visitor, side, Part::Details, (&referral, query)).await?;
    visitor.page(&DetailsView::of(&referral, &categories, side, delius, visitor.ctx().now()))
}

/// The chosen categories, as many as a contract type has at most: a handful.
async fn categories(ctx: &OpCtx, referral: &Referral) -> Result<Vec<ServiceCategory>, Trouble> {
    let mut categories = Vec::new();
    for id in &referral.selection.service_categories {
        categories.push(app::catalogue::category(ctx, *id).await?);
    }
    categories.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(categories)
}

/// The details page.
#[derive(Debug, Serialize)]
pub(crate) struct DetailsView {
    banner: Banner,
    caseworker: Option<String>,
    /// How Delius stands with it.
    delius: Block,
    cards: Vec<Card>,
}

impl DetailsView {
    fn of(referral: &Referral, categories: &[ServiceCategory], side: UserType, delius: Block, now: Timestamp) -> Self {
        let mut cards = vec![identity(referral, now), location(referral), service(referral, side), reason(referral)];
        cards.extend(categories.iter().map(|chosen| category(referral, chosen)));
        if referral.has_main_point_of_contact == Some(true) {
            cards.push(main_contact(referral));
        } else {
            cards.push(practitioner_card(referral));
        }
        cards.extend([personal(referral), needs(referral)]);
        Self {
            banner: Banner::of(referral, side, Part::Details),
            caseworker: referral.assignee().map(|user| user.username.clone()),
            delius,
            cards,
        }
    }
}

fn identity(referral: &Referral, now: Timestamp) -> Card {
    let text = &TEXT.cards;
    let person = &referral.person;
    let born = person.date_of_birth.map(|date| {
        let age = when::age(date, domain::calendar::day_of(now)).to_string();
        fill(text.born, &[("date", &when::date(date)), ("age", &age)])
    });
    Card::new("identity", text.identity)
        .row(text.first_name, person.first_name.as_deref().map(name::part))
        .row(text.last_name, person.last_name.as_deref().map(name::part))
        .row(text.date_of_birth, born)
        .row(text.crn, Some(referral.crn.as_str().to_owned()))
        .row(text.reference, Some(referral.reference.as_str().to_owned()))
}

fn location(referral: &Referral) -> Card {
    let text = &TEXT.cards;
    let (place, practitioner) = (&referral.location, &referral.practitioner);
    let card = Card::new("location", text.location);
    match place.location_type {
        Some(LocationType::Custody) => {
            let not_known = |reason: Option<&String>| match reason.filter(|said| !said.trim().is_empty()) {
                Some(reason) => fill(text.release_unknown, &[("reason", reason)]),
                None => text.release_no_reason.to_owned(),
            };
            let release = place
                .expected_release_date
                .map_or_else(|| not_known(place.expected_release_date_missing_reason.as_ref()), when::date);
            let office = place
                .expected_probation_office
                .clone()
                .unwrap_or_else(|| not_known(place.expected_probation_office_unknown_reason.as_ref()));
            card.row(text.where_now, Some(text.custody.to_owned()))
                .row(text.prison, place.prison_id.clone())
                .row(text.release_date, Some(release))
                .row(text.office, Some(office))
        }
        Some(LocationType::Community) => card
            .row(text.where_now, Some(text.community.to_owned()))
            .row(text.release_date, place.expected_release_date.map(when::date))
            .row_if(text.probation_office, practitioner.probation_office.clone())
            .row_if(text.pdu, practitioner.pdu.clone().or_else(|| practitioner.ndelius_pdu.clone())),
        None => card.row(text.where_now, None),
    }
}

fn service(referral: &Referral, side: UserType) -> Card {
    let text = &TEXT.cards;
    let details = referral.details.as_ref();
    let days = details.and_then(|details| details.maximum_enforceable_days).map(|days| days.to_string());
    let dated = match side {
        UserType::Practitioner => text.date_sent,
        UserType::Provider => text.date_received,
    };
    let ended = referral.conclusion.map(|conclusion| when::day(conclusion.at));
    let ended_as = match referral.end_state() {
        Some(EndState::Completed) | None => text.completed_on,
        Some(EndState::Cancelled | EndState::Ended) => text.withdrawn_on,
    };
    Card::new("intervention", text.intervention)
        .row(text.service_type, Some(referral.intervention.title.clone()))
        .row(text.contract_type, Some(referral.intervention.contract.contract_type.name.clone()))
        .row(text.sentence_end, referral.sentence.expected_end.map(when::date))
        .row(text.maximum_days, days)
        .row(dated, Some(when::day(referral.sent_at)))
        .row(text.complete_by, details.and_then(|details| details.completion_deadline).map(when::date))
        .row_if(ended_as, ended)
}

fn reason(referral: &Referral) -> Card {
    let text = &TEXT.cards;
    let details = referral.details.as_ref();
    Card::new("reason", text.reason)
        .row(text.reason, details.and_then(|details| details.reason_for_referral.clone()))
        .row_if(
            text.reason_further,
            details.and_then(|details| details.reason_for_referral_further_information.clone()),
        )
        .row(text.further, details.and_then(|details| details.further_information.clone()))
}

fn category(referral: &Referral, category: &ServiceCategory) -> Card {
    let text = &TEXT.cards;
    let selection = &referral.selection;
    let level = selection
        .complexity_levels
        .get(&category.id)
        .and_then(|chosen| category.complexity_levels.iter().find(|level| level.id == *chosen));
    let outcomes: Vec<String> = selection
        .desired_outcomes
        .get(&category.id)
        .into_iter()
        .flatten()
        .filter_map(|chosen| category.desired_outcomes.iter().find(|outcome| outcome.id == *chosen))
        .map(|outcome| outcome.description.clone())
        .collect();
    Card::new(&format!("category-{}", category.id), &category.name)
        .row(text.complexity, level.map(|level| format!("{}\n{}", level.title, level.description)))
        .list(text.outcomes, &outcomes)
}

fn practitioner_card(referral: &Referral) -> Card {
    let text = &TEXT.cards;
    let known = &referral.practitioner;
    let corrected = |own: &Option<String>, delius: &Option<String>| own.clone().or_else(|| delius.clone());
    let pdu = corrected(&known.pdu, &known.ndelius_pdu).filter(|_| known.probation_office.is_none());
    Card::new("practitioner", text.practitioner)
        .row(text.name, corrected(&known.name, &known.ndelius_name))
        .row(text.email, corrected(&known.email, &known.ndelius_email))
        .row(text.phone, corrected(&known.phone, &known.ndelius_phone))
        .row_if(text.probation_office, known.probation_office.clone())
        .row_if(text.pdu, pdu)
        .row(text.team_phone, corrected(&known.team_phone, &known.ndelius_team_phone))
}

fn main_contact(referral: &Referral) -> Card {
    let text = &TEXT.cards;
    let known = &referral.practitioner;
    let before = referral.details.as_ref().and_then(|details| details.reason_for_referral_before_allocation.clone());
    Card::new("main-contact", text.main_contact)
        .row(text.name, known.name.clone())
        .row(text.role, known.role_or_job_title.clone())
        .row(text.email, known.email.clone())
        .row(text.before_allocation, before)
        .row(text.phone, known.phone.clone())
        .row_if(text.establishment, known.establishment.clone())
        .row_if(text.probation_office, known.probation_office.clone())
}

fn personal(referral: &Referral) -> Card {
    let text = &TEXT.cards;
    let person = &referral.person;
    let card = Card::new("personal-details", text.personal)
        .row(text.gender, person.gender.clone())
        .row(text.ethnicity, person.ethnicity.clone())
        .row(text.language, person.preferred_language.clone());
    let card = match &person.disabilities {
        None => card.row(text.disabilities, None),
        Some(none) if none.is_empty() => card.row(text.disabilities, Some(text.none.to_owned())),
        Some(disabilities) => card.list(text.disabilities, disabilities),
    };
    card.row(text.religion, person.religion_or_belief.clone())
}

fn needs(referral: &Referral) -> Card {
    let text = &TEXT.cards;
    let needs = &referral.needs;
    let yes_or_no = |answer: Option<bool>| answer.map(|yes| if yes { text.yes } else { text.no }.to_owned());
    Card::new("needs", text.needs)
        .row(text.additional_needs, needs.additional_needs_information.clone())
        .row(text.accessibility, needs.accessibility_needs.clone())
        .row(text.interpreter, yes_or_no(needs.needs_interpreter))
        .row_if(text.interpreter_language, needs.interpreter_language.clone())
        .row(text.responsibilities, yes_or_no(needs.has_additional_responsibilities))
        .row_if(text.unavailable, needs.when_unavailable.clone())
}

impl View for DetailsView {
    const TEMPLATE: &'static str = "pages/referral/details.html";

    fn title(&self) -> String {
        TEXT.details.title.to_owned()
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Referrals)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::sample::{at, bare, category, ended, in_custody, under_way};
        let now = at("2026-07-10T12:00:00Z");
        [bare(), under_way(), ended(), in_custody()]
            .iter()
            .flat_map(|referral| {
                [UserType::Practitioner, UserType::Provider].map(|side| {
                    let delius = crate::pages::referral::standing::sample(side, Part::Details, now);
                    Self::of(referral, &[category()], side, delius, now)
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::referral::sample::{at, bare, category, in_custody, under_way};

    fn ids(referral: &Referral) -> Vec<String> {
        let now = at("2026-07-10T12:00:00Z");
        let side = UserType::Provider;
        let delius = crate::pages::referral::standing::sample(side, Part::Details, now);
        let view = DetailsView::of(referral, &[category()], side, delius, now);
        view.cards.iter().map(|card| card.id().to_owned()).collect()
    }

    #[test]
    fn cards_keep_their_order_and_the_main_contact_replaces_the_practitioner() {
        let category = format!("category-{}", category().id);
        let before = ["identity", "location", "intervention", "reason", category.as_str()];
        let after = ["personal-details", "needs"];
        assert_eq!(ids(&under_way()), [&before[..], &["practitioner"], &after].concat());
        assert_eq!(ids(&in_custody()), [&before[..], &["main-contact"], &after].concat());
    }

    #[test]
    fn a_referral_about_which_little_is_known_says_so() {
        let card = serde_json::to_string(&location(&bare())).unwrap();
        assert!(card.contains(TEXT.cards.not_recorded), "{card}");
        let card = serde_json::to_string(&location(&in_custody())).unwrap();
        assert!(card.contains("Not known: waiting for a parole hearing"), "{card}");
    }
}
