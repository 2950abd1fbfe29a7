//! Sent referrals: reading, assigning, ending.

use std::collections::BTreeMap;
use std::ops::Deref;

use domain::access::{Caller, Operation};
use domain::ending::WithdrawalState;
use domain::{ActionPlanId, Crn, DesiredOutcomeId, EndOfServiceReportId, Fact, Referral, ReferralId, Refused, User};
use store::audit::{AuditActor, AuditEntry};

use crate::{Error, OpCtx};

/// Whose record was looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    /// A sent referral and everything of it.
    Referral(ReferralId),
    /// A draft.
    Draft(ReferralId),
}

/// A referral as somebody may see it, with the texts that it refers to.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The referral.
    pub referral: Referral,
    /// The descriptions of the outcomes that its report writes about.
    pub outcomes: BTreeMap<DesiredOutcomeId, String>,
}

impl Deref for Seen {
    type Target = Referral;

    fn deref(&self) -> &Referral {
        &self.referral
    }
}

/// Reads a referral for `operation`, which names what the caller is after. The look is recorded.
pub async fn get(ctx: &OpCtx, operation: Operation, id: ReferralId) -> Result<Seen, Error> {
    ctx.admit(operation)?;
    let mut db = ctx.app.store().connection().await?;
    let referral = store::referral::find(&mut db, id).await?.ok_or_else(|| Error::not_found("referral", id))?;
    drop(db);
    ctx.authorise(operation, &referral).await?;
    ctx.record_look(operation, Subject::Referral(id)).await?;
    seen(ctx, referral).await
}

/// Reads the referral that a plan belongs to.
pub async fn of_plan(ctx: &OpCtx, operation: Operation, id: ActionPlanId) -> Result<Seen, Error> {
    get(ctx, operation, referral_of_plan(ctx, operation, id).await?).await
}

/// Reads the referral that a report belongs to.
pub async fn of_report(ctx: &OpCtx, operation: Operation, id: EndOfServiceReportId) -> Result<Seen, Error> {
    get(ctx, operation, referral_of_report(ctx, operation, id).await?).await
}

pub(crate) async fn referral_of_plan(ctx: &OpCtx, operation: Operation, id: ActionPlanId) -> Result<ReferralId, Error> {
    ctx.admit(operation)?;
    let mut db = ctx.app.store().connection().await?;
    store::referral::find_by_plan(&mut db, id).await?.ok_or_else(|| Error::not_found("action plan", id))
}

pub(crate) async fn referral_of_report(
    ctx: &OpCtx,
    operation: Operation,
    id: EndOfServiceReportId,
) -> Result<ReferralId, Error> {
    ctx.admit(operation)?;
    let mut db = ctx.app.store().connection().await?;
    store::referral::find_by_report(&mut db, id).await?.ok_or_else(|| Error::not_found("end of service report", id))
}

/// Gives the referral to a caseworker, who must be a user that the directory knows and whose groups reach it.
pub async fn assign(ctx: &OpCtx, id: ReferralId, to: User) -> Result<Seen, Error> {
    let before = authorised(ctx, Operation::AssignSentReferral, id).await?;
    if ctx.is_repetition() {
        return seen(ctx, before).await;
    }
    let to = checked_assignee(ctx, to, &before).await?;
    let by = ctx.actor();
    let changed = ctx.change(id, |referral| referral.assign(to, &by, ctx.now)).await?;
    seen(ctx, changed.referral).await
}

/// The assignee as the directory knows them: the request's word for who somebody is, is not taken.
async fn checked_assignee(ctx: &OpCtx, to: User, referral: &Referral) -> Result<User, Error> {
    let refuse = |field: &str| Error::Fields(domain::FieldErrors::one(field, domain::ErrorCode::InvalidValue));
    if to.source != domain::AuthSource::Auth {
        return Err(refuse("assignedTo.authSource"));
    }
    let directory = &ctx.app.upstreams().manage_users;
    let trace = ctx.trace();
    let known = directory.external_user(&trace, &to.username).await?.ok_or_else(|| refuse("assignedTo.username"))?;
    if !known.can_be_assigned() {
        return Err(refuse("assignedTo.username"));
    }
    // The sign-in service has given one person two ids before: the directory's is the one that counts.
    let to = User { id: known.user_id, source: domain::AuthSource::Auth, username: known.username };
    let groups = directory.groups(&trace, &to.id).await?.unwrap_or_default();
    let codes: Vec<String> = groups.iter().map(|group| group.code.clone()).collect();
    let contract = &referral.intervention.contract;
    let reaches = domain::access::contract_references(&codes).contains(&contract.reference)
        && domain::access::provider_ids(&codes).iter().any(|provider| contract.involves(provider));
    if !reaches {
        return Err(refuse("assignedTo"));
    }
    let mut work = ctx.app.store().begin().await?;
    let user = store::user::remember(&mut work, &to).await?;
    work.commit().await?;
    Ok(user)
}

/// Withdraws or closes early: the referral is concluded at once.
pub async fn withdraw(
    ctx: &OpCtx,
    id: ReferralId,
    code: String,
    comments: String,
    state: WithdrawalState,
) -> Result<Seen, Error> {
    authorised(ctx, Operation::WithdrawReferral, id).await?;
    let mut db = ctx.app.store().connection().await?;
    let reasons = store::catalogue::withdrawal_reasons(&mut db).await?;
    drop(db);
    if reasons.iter().all(|reason| reason.code != code) {
        return Err(Error::Bad(format!("{code} is not a withdrawal reason")));
    }
    let by = ctx.actor();
    let decide = |referral: &Referral| referral.withdraw(code, comments, state, &by, ctx.now);
    let changed = ctx.change(id, decide).await?;
    seen(ctx, changed.referral).await
}

/// Ends the referral with a reason of the older list.
pub async fn end(ctx: &OpCtx, id: ReferralId, code: String, comments: Option<String>) -> Result<Seen, Error> {
    authorised(ctx, Operation::EndReferralLegacy, id).await?;
    let mut db = ctx.app.store().connection().await?;
    let reasons = store::catalogue::cancellation_reasons(&mut db).await?;
    drop(db);
    let Some(reason) = reasons.into_iter().find(|reason| reason.code == code) else {
        return Err(Error::Bad(format!("{code} is not a cancellation reason")));
    };
    let by = ctx.actor();
    let decide = |referral: &Referral| referral.end(reason.code, reason.description, comments, &by, ctx.now);
    let changed = ctx.change(id, decide).await?;
    seen(ctx, changed.referral).await
}

/// Loads a referral and authorises an operation on it; no transaction stays open while Delius is asked.
pub(crate) async fn authorised(ctx: &OpCtx, operation: Operation, id: ReferralId) -> Result<Referral, Error> {
    ctx.admit(operation)?;
    let mut db = ctx.app.store().connection().await?;
    let referral = store::referral::find(&mut db, id).await?.ok_or_else(|| Error::not_found("referral", id))?;
    drop(db);
    ctx.authorise(operation, &referral).await?;
    Ok(referral)
}

/// Authorises, then changes.
pub(crate) async fn authorised_change(
    ctx: &OpCtx,
    operation: Operation,
    id: ReferralId,
    decide: impl FnOnce(&Referral) -> Result<Vec<Fact>, Refused>,
) -> Result<Seen, Error> {
    authorised(ctx, operation, id).await?;
    let changed = ctx.change(id, decide).await?;
    seen(ctx, changed.referral).await
}

/// What the caller of one referral, or of a part of it, is shown.
pub(crate) async fn seen(ctx: &OpCtx, referral: Referral) -> Result<Seen, Error> {
    ctx.shows(referral.version);
    let outcomes = outcome_texts(ctx, std::slice::from_ref(&referral)).await?;
    Ok(Seen { referral, outcomes })
}

/// [`seen`], for several; the texts of all are read at once and each keeps its own.
pub(crate) async fn seen_all(ctx: &OpCtx, referrals: Vec<Referral>) -> Result<Vec<Seen>, Error> {
    let texts = outcome_texts(ctx, &referrals).await?;
    let seen = |referral: Referral| {
        let text = |id| Some((id, texts.get(&id)?.clone()));
        Seen { outcomes: reported_outcomes(&referral).filter_map(text).collect(), referral }
    };
    Ok(referrals.into_iter().map(seen).collect())
}

fn reported_outcomes(referral: &Referral) -> impl Iterator<Item = DesiredOutcomeId> {
    referral.report.iter().flat_map(|report| &report.outcomes).map(|outcome| outcome.desired_outcome)
}

async fn outcome_texts(ctx: &OpCtx, referrals: &[Referral]) -> Result<BTreeMap<DesiredOutcomeId, String>, Error> {
    let ids: Vec<DesiredOutcomeId> = referrals.iter().flat_map(reported_outcomes).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut db = ctx.app.store().connection().await?;
    Ok(store::catalogue::outcome_descriptions(&mut db, &ids).await?)
}

impl OpCtx {
    /// Records that the caller looked at a person's record.
    pub(crate) async fn record_look(&self, operation: Operation, subject: Subject) -> Result<(), Error> {
        let (kind, id) = match subject {
            Subject::Referral(id) => ("referral", id.to_string()),
            Subject::Draft(id) => ("draft", id.to_string()),
        };
        self.record(operation.as_str(), kind, id).await
    }

    /// Records that the caller asked about a case, whether or not there was anything to see.
    pub(crate) async fn record_case_look(&self, operation: Operation, crn: &Crn) -> Result<(), Error> {
        self.record(operation.as_str(), "case", crn.as_str().to_owned()).await
    }

    /// Records that the caller looked at several referrals at once.
    pub(crate) async fn record_looks(&self, operation: Operation, referrals: &[Referral]) -> Result<(), Error> {
        let ids: Vec<String> = referrals.iter().map(|referral| referral.id.to_string()).collect();
        let entry = self.audit_entry(operation.as_str(), "referral", String::new());
        let mut db = self.app.store().connection().await?;
        Ok(store::audit::record_each(&mut db, &entry, &ids).await?)
    }

    /// Writes an audit entry about the caller.
    pub(crate) async fn record(&self, operation: &str, subject_kind: &str, subject_id: String) -> Result<(), Error> {
        let entry = self.audit_entry(operation, subject_kind, subject_id);
        let mut db = self.app.store().connection().await?;
        store::audit::record(&mut db, &entry).await?;
        Ok(())
    }

    /// What the audit keeps of an act of the caller's.
    pub(crate) fn audit_entry(&self, operation: &str, subject_kind: &str, subject_id: String) -> AuditEntry {
        AuditEntry {
            at: self.now,
            actor: match &self.caller {
                Caller::User { user, .. } => AuditActor::User(user.clone()),
                Caller::Client { client_id, .. } => AuditActor::Client(client_id.clone()),
            },
            operation: operation.to_owned(),
            subject_kind: subject_kind.to_owned(),
            subject_id,
            correlation_id: self.correlation.id.clone(),
        }
    }
}
