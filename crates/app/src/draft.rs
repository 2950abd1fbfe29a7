//! Drafts: begun, answered, and sent.

use domain::access::{Check, Operation};
use domain::draft::{DraftPatch, DraftState, Handover, NewReferralIds, RedactedRisk, RiskToHandOver};
use domain::effect::Action;
use domain::{
    ComplexityLevelId, Crn, DesiredOutcomeId, DraftReferral, Fact, InterventionId, ReferralDetailsId, ReferralId,
    ReferralReference, Refused, ServiceCategoryId, SupplementaryRiskId, SupplierAssessmentId,
};
use jiff::{SignedDuration, Timestamp};
use upstream::arn::{HandOver, NewSupplementaryRisk, RiskText};

use crate::appointment::wait_for_first_attempt;
use crate::change::record;
use crate::referral::{Seen, Subject, seen};
use crate::{DependencyError, Error, OpCtx};

/// How often a reference number is drawn before giving up; a clash is about one in a hundred thousand.
const DRAWS: usize = 10;

/// Begins a draft for a person that the caller may see.
pub async fn create(ctx: &OpCtx, crn: Crn, intervention: InterventionId) -> Result<DraftReferral, Error> {
    ctx.admit(Operation::CreateDraftReferral)?;
    ctx.may_see_case(&crn).await?;
    let id = ReferralId(ctx.made_id());
    if ctx.is_repetition() {
        let draft = present(ctx, id).await?;
        ctx.shows_draft(&draft);
        return Ok(draft);
    }
    let mut work = ctx.begin().await?;
    let Some(intervention) = store::catalogue::find_intervention(&mut work, intervention).await? else {
        return Err(Error::Bad("the intervention does not exist".to_owned()));
    };
    let draft = DraftReferral::begin(id, crn, intervention, &ctx.actor(), ctx.now);
    store::draft::insert(&mut work, &draft).await?;
    work.commit().await?;
    ctx.shows_draft(&draft);
    Ok(draft)
}

/// The caller's own unsent drafts, of people that they may still see.
pub async fn list(ctx: &OpCtx) -> Result<Vec<DraftReferral>, Error> {
    ctx.admit(Operation::ListDraftReferrals)?;
    let mut db = ctx.app.store().connection().await?;
    let drafts = store::draft::list_unsent_by(&mut db, &ctx.actor()).await?;
    drop(db);
    let crns = drafts.iter().map(|draft| draft.crn.clone()).collect();
    let hidden = ctx.hidden_cases(crns).await?;
    Ok(drafts.into_iter().filter(|draft| !hidden.contains(&draft.crn)).collect())
}

/// A draft and how long it stays.
#[derive(Clone, Debug)]
pub struct OwnDraft {
    /// The draft.
    pub draft: DraftReferral,
    /// When it will be deleted unless it is changed; none while it is being sent.
    pub deleted_at: Option<Timestamp>,
    /// Whether that is so soon that its owner is warned.
    pub is_warned: bool,
}

/// The caller's own unsent drafts, as [`list`] answers with them, newest first, each with what becomes of it.
pub async fn list_own(ctx: &OpCtx) -> Result<Vec<OwnDraft>, Error> {
    let retention = ctx.app.settings().draft_retention;
    let own = |draft: DraftReferral| OwnDraft {
        deleted_at: retention.deletion(&draft),
        is_warned: retention.warning(&draft, ctx.now).is_some(),
        draft,
    };
    Ok(list(ctx).await?.into_iter().rev().map(own).collect())
}

/// How long a draft that nobody changes is kept.
pub fn kept_for(ctx: &OpCtx) -> SignedDuration {
    ctx.app.settings().draft_retention.keep
}

/// Reads a draft; it stays readable after it was sent.
pub async fn get(ctx: &OpCtx, id: ReferralId) -> Result<DraftReferral, Error> {
    let draft = authorised(ctx, Operation::GetDraftReferral, id).await?;
    ctx.record_look(Operation::GetDraftReferral, Subject::Draft(id)).await?;
    ctx.shows_draft(&draft);
    Ok(draft)
}

/// Changes answers.
pub async fn patch(ctx: &OpCtx, id: ReferralId, patch: DraftPatch) -> Result<DraftReferral, Error> {
    // The patch is large; boxed, it does not swell every future above.
    Box::pin(change(ctx, Operation::PatchDraftReferral, id, |draft| draft.patch(patch, ctx.now))).await
}

/// Chooses the complexity level of one category.
pub async fn choose_complexity(
    ctx: &OpCtx,
    id: ReferralId,
    category: ServiceCategoryId,
    level: ComplexityLevelId,
) -> Result<DraftReferral, Error> {
    let operation = Operation::SetDraftComplexityLevel;
    authorised(ctx, operation, id).await?;
    let category = known_category(ctx, category).await?;
    change(ctx, operation, id, |draft| draft.choose_complexity(&category, level, ctx.now)).await
}

/// Replaces the desired outcomes of one category.
pub async fn choose_outcomes(
    ctx: &OpCtx,
    id: ReferralId,
    category: ServiceCategoryId,
    outcomes: Vec<DesiredOutcomeId>,
) -> Result<DraftReferral, Error> {
    let operation = Operation::SetDraftDesiredOutcomes;
    authorised(ctx, operation, id).await?;
    let category = known_category(ctx, category).await?;
    change(ctx, operation, id, |draft| draft.choose_outcomes(&category, &outcomes, ctx.now)).await
}

async fn known_category(ctx: &OpCtx, id: ServiceCategoryId) -> Result<domain::catalogue::ServiceCategory, Error> {
    let mut db = ctx.app.store().connection().await?;
    let category = store::catalogue::find_category(&mut db, id).await?;
    category.ok_or_else(|| Error::Bad(format!("service category {id} does not exist")))
}

/// The redacted risk of a draft; not found until there is one, and once it was sent.
pub async fn redacted_risk(ctx: &OpCtx, id: ReferralId) -> Result<RedactedRisk, Error> {
    let operation = Operation::GetDraftOasysRiskInformation;
    let draft = authorised(ctx, operation, id).await?;
    ctx.record_look(operation, Subject::Draft(id)).await?;
    ctx.shows_draft(&draft);
    let risk = draft.risk.redacted.map(|(risk, _, _)| risk);
    risk.ok_or_else(|| Error::not_found("risk information of draft referral", id))
}

/// Replaces the redacted risk of a draft.
pub async fn redact_risk(ctx: &OpCtx, id: ReferralId, risk: RedactedRisk) -> Result<RedactedRisk, Error> {
    let by = ctx.actor();
    let operation = Operation::SetDraftOasysRiskInformation;
    let draft = change(ctx, operation, id, |draft| draft.redact_risk(risk, &by, ctx.now)).await?;
    let risk = draft.risk.redacted.map(|(risk, _, _)| risk);
    risk.ok_or_else(|| Error::not_found("risk information of draft referral", id))
}

/// Sends a draft. Everything that may be refused is checked first; then the risk is handed over with the user's own
/// token, safe to repeat; then the referral exists and every other system is told. When the risk system fails, the
/// draft stays as it is, marked as being sent, and sending again carries on from there.
///
/// Sending what was sent already changes nothing and answers with the referral: whoever did not hear the first answer
/// asks again.
pub async fn send(ctx: &OpCtx, id: ReferralId) -> Result<Seen, Error> {
    let draft = authorised(ctx, Operation::SendDraftReferral, id).await?;
    if ctx.is_repetition() {
        return seen(ctx, ctx.present(id).await?).await;
    }
    if draft.state == DraftState::Sent {
        return sent_before(ctx, id).await;
    }
    match Box::pin(send_unsent(ctx, &draft)).await {
        // Another request for the same was quicker.
        Err(Error::Conflict(reason)) => sent_before(ctx, id).await.map_err(|_| Error::Conflict(reason)),
        done => done,
    }
}

/// Nothing is changed, but a key that came with the request is known from now on.
async fn sent_before(ctx: &OpCtx, id: ReferralId) -> Result<Seen, Error> {
    let referral = ctx.present(id).await?;
    ctx.begin().await?.commit().await?;
    seen(ctx, referral).await
}

async fn send_unsent(ctx: &OpCtx, draft: &DraftReferral) -> Result<Seen, Error> {
    let id = draft.id;
    let sending = start_sending(ctx, id).await?;
    let expected_sentence_end = expected_sentence_end(ctx, draft).await;
    let supplementary_risk_id = hand_over_risk(ctx, &sending).await?;
    let handover = Handover { supplementary_risk_id, expected_sentence_end };

    let mut work = ctx.begin().await?;
    let before = locked(&mut work, id).await?;
    let ids = NewReferralIds {
        details: ReferralDetailsId(ctx.app.ids().uuid()),
        assessment: SupplierAssessmentId(ctx.app.ids().uuid()),
    };
    let (after, referral) = before.finish_sending(handover, ids, ctx.now)?;
    store::draft::save(&mut work, &before, &after).await?;
    store::referral::insert(&mut work, &referral).await?;
    let changed = record(&ctx.app, &mut work, referral, vec![Fact::Sent], &ctx.cause()).await?;
    work.commit().await?;

    if let Some(start) = changed.intents.iter().find(|intent| intent.action == Action::StartReferral) {
        wait_for_first_attempt(ctx, start.id).await?;
    }
    seen(ctx, changed.referral).await
}

/// Checks everything and reserves what every attempt must say alike: reference number, time and risk text.
async fn start_sending(ctx: &OpCtx, id: ReferralId) -> Result<DraftReferral, Error> {
    let by = ctx.actor();
    for _ in 0..DRAWS {
        let mut work = ctx.app.store().begin().await?;
        let before = locked(&mut work, id).await?;
        ctx.ensure_draft_expected(&before)?;
        let type_name = &before.intervention.contract.contract_type.name;
        let draw = || ctx.app.ids().with_rng(|rng| ReferralReference::draw(type_name, rng));
        let after = before.start_sending(&by, ctx.now, draw)?;
        if after == before {
            return Ok(after);
        }
        let DraftState::Sending(reservation) = &after.state else { return Ok(after) };
        if !store::draft::reference_is_free(&mut work, &reservation.reference).await? {
            continue;
        }
        match store::draft::save(&mut work, &before, &after).await {
            Ok(()) => {
                work.commit().await?;
                return Ok(after);
            }
            Err(store::StoreError::Conflict { constraint }) if constraint.contains("reference") => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict("no reference number is free; try again".to_owned()))
}

async fn locked(work: &mut store::UnitOfWork, id: ReferralId) -> Result<DraftReferral, Error> {
    store::draft::lock(work, id).await?.ok_or_else(|| Error::not_found("draft referral", id))
}

/// When the sentence is expected to end, as far as Delius can say now; sending never fails for want of it.
async fn expected_sentence_end(ctx: &OpCtx, draft: &DraftReferral) -> Option<jiff::civil::Date> {
    let sentence = draft.relevant_sentence_id?;
    match ctx.app.upstreams().delius.conviction(&ctx.trace(), &draft.crn, sentence).await {
        Ok(conviction) => conviction?.sentence.expected_end_date,
        Err(error) => {
            tracing::warn!(referral.id = %draft.id, outcome = error.outcome(), "the end of a sentence could not be read");
            None
        }
    }
}

/// Hands the risk over under the user's own name. A record with equal content means that an earlier attempt did it.
async fn hand_over_risk(ctx: &OpCtx, draft: &DraftReferral) -> Result<SupplementaryRiskId, Error> {
    let by = ctx.actor();
    let risk = draft.risk_to_hand_over().ok_or_else(|| Error::Bad("there is no risk information".to_owned()))?;
    let (text, created_at) = risk_text(&risk);
    let new = NewSupplementaryRisk {
        referral_id: draft.id,
        crn: draft.crn.clone(),
        created_by_source: by.source.clone(),
        created_at,
        text,
    };
    tracing::debug!(referral.id = %draft.id, actor.id = %by.id, "handing risk over");
    match ctx.app.upstreams().arn.hand_over(&ctx.trace(), &ctx.token, &new).await? {
        HandOver::Stored { id } => Ok(id),
        HandOver::AlreadyStored(record) if record.text.says_the_same_as(&new.text) => Ok(record.id),
        HandOver::AlreadyStored(_) => Err(Error::Dependency(DependencyError {
            system: "The risk system",
            status: Some(409),
            message: "the risk system already holds other risk information for this referral".to_owned(),
            user_message: Some(
                "The risk system already holds different risk information for this referral, which cannot be changed. \
                 Start a new referral, or contact support."
                    .to_owned(),
            ),
        })),
    }
}

fn risk_text(risk: &RiskToHandOver<'_>) -> (RiskText, jiff::Timestamp) {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    match risk {
        RiskToHandOver::Redacted { risk, at, .. } => {
            let redacted = upstream::arn::RedactedRisk {
                who: text(&risk.who_is_at_risk),
                when: text(&risk.risk_imminence),
                nature: text(&risk.nature_of_risk),
                self_harm: text(&risk.self_harm),
                suicide: text(&risk.suicide),
                hostel: text(&risk.hostel_setting),
                vulnerability: text(&risk.vulnerability),
            };
            (RiskText { redacted: Some(redacted), comments: text(&risk.additional_information) }, *at)
        }
        RiskToHandOver::FreeText { text, at } => (RiskText { redacted: None, comments: (*text).to_owned() }, *at),
    }
}

async fn present(ctx: &OpCtx, id: ReferralId) -> Result<DraftReferral, Error> {
    let mut db = ctx.app.store().connection().await?;
    store::draft::find(&mut db, id).await?.ok_or_else(|| Error::not_found("draft referral", id))
}

async fn authorised(ctx: &OpCtx, operation: Operation, id: ReferralId) -> Result<DraftReferral, Error> {
    debug_assert_eq!(operation.rule().check, Check::Case);
    ctx.admit(operation)?;
    let draft = present(ctx, id).await?;
    ctx.may_see_case(&draft.crn).await?;
    Ok(draft)
}

async fn change(
    ctx: &OpCtx,
    operation: Operation,
    id: ReferralId,
    decide: impl FnOnce(&DraftReferral) -> Result<DraftReferral, Refused>,
) -> Result<DraftReferral, Error> {
    authorised(ctx, operation, id).await?;
    let mut work = ctx.app.store().begin().await?;
    let before = locked(&mut work, id).await?;
    ctx.ensure_draft_expected(&before)?;
    let after = decide(&before)?;
    store::draft::save(&mut work, &before, &after).await?;
    let saved = locked(&mut work, id).await?;
    work.commit().await?;
    ctx.shows_draft(&saved);
    Ok(saved)
}
