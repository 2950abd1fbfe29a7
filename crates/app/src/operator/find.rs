//! Looking for referrals by whatever somebody quotes on the telephone or in a log.

use domain::operator::OperatorAction;
use domain::{
    AppointmentId, AppointmentUrn, Crn, EffectId, ErrorCode, FieldErrors, Referral, ReferralId, ReferralReference,
    ReferralUrn,
};
use jiff::Timestamp;
use store::Connection;

use crate::{Error, OpCtx};

/// The longest term, in characters.
const TERM_MAX: usize = 200;
/// How many referrals are shown at most.
const FOUND_MAX: usize = 50;

/// A referral that was found; nothing of the person but their case number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: ReferralId,
    /// What people call it.
    pub reference: ReferralReference,
    /// Whose it is.
    pub crn: Crn,
    /// The contract type's name.
    pub service: String,
    /// The prime provider's name.
    pub provider: String,
    /// The contract's reference.
    pub contract: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it was concluded.
    pub concluded_at: Option<Timestamp>,
}

impl Found {
    pub(super) fn of(referral: &Referral) -> Self {
        let contract = &referral.intervention.contract;
        Self {
            id: referral.id,
            reference: referral.reference.clone(),
            crn: referral.crn.clone(),
            service: contract.contract_type.name.clone(),
            provider: contract.prime_provider.name.clone(),
            contract: contract.reference.clone(),
            sent_at: referral.sent_at,
            concluded_at: referral.conclusion.as_ref().map(|conclusion| conclusion.at),
        }
    }
}

/// Sent referrals by reference number, CRN (one from before a merge too), URN of a referral or an appointment, id of a
/// referral, an appointment or an effect, or correlation id (one that only the audit has too); newest first, none when nothing matches. What was typed and what was found is recorded.
///
/// # Errors
/// [`Error::Fields`] for the field `term`, when it is empty or too long.
pub async fn find(ctx: &OpCtx, term: &str) -> Result<Vec<Found>, Error> {
    ctx.admit_operator(OperatorAction::FindReferral)?;
    let term = term.trim();
    let mut errors = FieldErrors::default();
    errors.require(!term.is_empty(), "term", ErrorCode::CannotBeEmpty);
    errors.limit(Some(term), "term", TERM_MAX);
    errors.into_result().map_err(Error::Fields)?;
    ctx.record(OperatorAction::FindReferral.as_str(), "search", term.to_owned()).await?;
    let mut db = ctx.app.store().connection().await?;
    let ids = matching(&mut db, term).await?;
    let mut found: Vec<Found> = store::referral::find_all(&mut db, &ids).await?.iter().map(Found::of).collect();
    drop(db);
    found.sort_by_key(|one| (std::cmp::Reverse(one.sent_at), one.id));
    let looked_at: Vec<String> = found.iter().map(|one| one.id.to_string()).collect();
    ctx.record_operators_looks(OperatorAction::FindReferral, "referral", &looked_at).await?;
    Ok(found)
}

async fn matching(db: &mut Connection, term: &str) -> Result<Vec<ReferralId>, Error> {
    if let Ok(ReferralUrn(id)) = term.parse() {
        return Ok(vec![id]);
    }
    if let Ok(AppointmentUrn(id)) = term.parse() {
        return Ok(store::referral::find_by_appointment(db, id).await?.into_iter().collect());
    }
    if Crn::looks_like_one(term) {
        let crn = Crn(term.to_ascii_uppercase());
        let mut ids = store::referral::list_by_crn(db, &crn).await?;
        // Whoever quotes the number from before a merge finds what was under it then.
        ids.extend(store::referral::list_by_former_crn(db, &crn).await?);
        ids.reverse();
        ids.truncate(FOUND_MAX);
        return Ok(ids);
    }
    let reference = ReferralReference(term.to_ascii_uppercase());
    if let Some(id) = store::referral::find_by_reference(db, &reference).await? {
        return Ok(vec![id]);
    }
    if let Ok(id) = term.parse::<ReferralId>() {
        if store::referral::find(db, id).await?.is_some() {
            return Ok(vec![id]);
        }
        if let Some(referral) = store::referral::find_by_appointment(db, AppointmentId(id.0)).await? {
            return Ok(vec![referral]);
        }
        if let Some(entry) = store::outbox::get(db, EffectId(id.0)).await? {
            return Ok(vec![entry.referral_id]);
        }
    }
    let limit = i64::try_from(FOUND_MAX).unwrap_or(i64::MAX);
    let mut ids = store::outbox::list_correlated(db, term, limit).await?;
    // Not every request has effects; each is in the audit.
    for id in store::audit::list_correlated(db, term, limit).await? {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.truncate(FOUND_MAX);
    Ok(ids)
}
