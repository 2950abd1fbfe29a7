//! Why can, or cannot, this user see this referral: the walk of real authorisation, step by step, in plain words.
//!
//! The answers come from the functions that authorise (`crate::access`), asked in the user's name, so that the
//! explanation cannot say something else than the door does.

use domain::access::{Caller, Operation, Role, UserType, admit};
use domain::operator::OperatorAction;
use domain::{AuthSource, ErrorCode, FieldErrors, Referral, ReferralId, User};
use upstream::manage_users::DirectoryUser;

use crate::{Error, OpCtx};

/// The longest username, in characters.
const USERNAME_MAX: usize = 240;
const SEEING: Operation = Operation::GetSentReferral;

/// Whether the user can see the referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes, if their sign-in gives them the role: nobody but the sign-in service knows that.
    WithRole,
    /// No.
    No,
    /// A system that is asked does not answer; until it does, they cannot.
    NotNow,
}

/// One question on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The answer: yes, no, or not to be known here.
    pub holds: Option<bool>,
    /// What was asked.
    pub question: &'static str,
    /// What was found; one sentence each.
    pub found: Vec<String>,
}

/// The whole walk; it ends with the first "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Who.
    pub username: String,
    /// Which referral.
    pub referral: ReferralId,
    /// What it comes to.
    pub verdict: Verdict,
    /// Every step that was taken.
    pub steps: Vec<Step>,
}

/// Explains. The question is recorded as a look at the referral.
///
/// # Errors
/// [`Error::Fields`] for the field `username`; [`Error::NotFound`] for the referral. A system that is down is no error:
/// it is part of the explanation.
pub async fn explain(ctx: &OpCtx, username: &str, id: ReferralId) -> Result<Explanation, Error> {
    ctx.admit_operator(OperatorAction::ExplainAccess)?;
    let username = username.trim().to_uppercase();
    let mut errors = FieldErrors::default();
    errors.require(!username.is_empty(), "username", ErrorCode::CannotBeEmpty);
    errors.limit(Some(&username), "username", USERNAME_MAX);
    errors.into_result().map_err(Error::Fields)?;
    let mut db = ctx.app.store().connection().await?;
    let referral = store::referral::find(&mut db, id).await?.ok_or_else(|| Error::not_found("referral", id))?;
    drop(db);
    ctx.record_operators_looks(OperatorAction::ExplainAccess, "referral", &[id.to_string()]).await?;
    let mut walk = Walk { ctx, referral: &referral, steps: Vec::new() };
    let verdict = walk.go(&username).await;
    Ok(Explanation { username, referral: id, verdict, steps: walk.steps })
}

struct Walk<'a> {
    ctx: &'a OpCtx,
    referral: &'a Referral,
    steps: Vec<Step>,
}

impl Walk<'_> {
    fn note(&mut self, holds: Option<bool>, question: &'static str, found: Vec<String>) {
        self.steps.push(Step { holds, question, found });
    }

    fn refused(&mut self, question: &'static str, found: Vec<String>) -> Verdict {
        self.note(Some(false), question, found);
        Verdict::No
    }

    /// What an error of real authorisation means.
    fn failed(&mut self, question: &'static str, error: Error) -> Verdict {
        match error {
            Error::AccessError { message, errors } if errors.is_empty() => self.refused(question, vec![message]),
            Error::AccessError { errors, .. } => self.refused(question, errors),
            Error::AccessDenied(message) => self.refused(question, vec![message]),
            other => {
                self.note(None, question, vec![format!("{other}: nobody is let in on a guess")]);
                Verdict::NotNow
            }
        }
    }

    async fn go(&mut self, username: &str) -> Verdict {
        const KNOWN: &str = "Is there such a user?";
        let directory = &self.ctx.app.upstreams().manage_users;
        let known = match directory.user(&self.ctx.trace(), username).await {
            Ok(known) => known,
            Err(error) => return self.failed(KNOWN, error.into()),
        };
        let Some(known) = known else {
            return self.refused(KNOWN, vec!["the user directory knows nobody of this name".to_owned()]);
        };
        let DirectoryUser { username: _, active, name: _, auth_source, user_id } = known;
        let source = AuthSource::from_text(auth_source.as_deref().unwrap_or_default());
        self.note(
            Some(true),
            KNOWN,
            vec![format!("the user directory knows them; they sign in as \"{}\"", source.as_str())],
        );
        if active == Some(false) {
            return self.refused("Can they sign in?", vec!["their account is disabled or locked".to_owned()]);
        }
        if let Some(verdict) = self.account(username, &source).await {
            return verdict;
        }
        let user = User { id: user_id.unwrap_or_default(), source, username: username.to_owned() };
        self.walk_as(user).await
    }

    /// What only the directory of external users says of an account; a verdict when the walk ends here.
    async fn account(&mut self, username: &str, source: &AuthSource) -> Option<Verdict> {
        const USABLE: &str = "Can they sign in?";
        if *source != AuthSource::Auth {
            return None;
        }
        let directory = &self.ctx.app.upstreams().manage_users;
        let account = match directory.external_user(&self.ctx.trace(), username).await {
            Ok(Some(account)) => account,
            Ok(None) => {
                return Some(self.refused(USABLE, vec!["the sign-in service does not know this user".to_owned()]));
            }
            Err(error) => return Some(self.failed(USABLE, error.into())),
        };
        let faults: Vec<String> = [
            (!account.enabled, "their account is disabled"),
            (account.locked, "their account is locked after wrong passwords"),
        ]
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, fault)| fault.to_owned())
        .collect();
        if !faults.is_empty() {
            return Some(self.refused(USABLE, faults));
        }
        let verified = if account.verified { "verified" } else { "not verified, so no e-mail reaches them" };
        self.note(Some(true), USABLE, vec![format!("their account is in use; its e-mail address is {verified}")]);
        None
    }

    async fn walk_as(&mut self, user: User) -> Verdict {
        const KIND: &str = "Is it a kind of user whose pages these are?";
        const ROLE: &str = "Does their sign-in give them a role?";
        let roles = SEEING.rule().roles;
        // The role is in their token alone. With the one of their side, the rest of the walk is the real one.
        let theirs = OpCtx {
            caller: Caller::User { user: user.clone(), roles: roles.iter().copied().collect() },
            token_id: self.ctx.app.ids().uuid().to_string(),
            ..self.ctx.clone()
        };
        if let Err(refusal) = admit(SEEING, &theirs.caller) {
            let found =
                format!("{refusal}: only probation staff (\"delius\") and external users (\"auth\") are supported");
            return self.refused(KIND, vec![found]);
        }
        let side = theirs.caller.user_type();
        let kind = match side {
            Some(UserType::Practitioner) => "a probation practitioner, because they sign in with Delius",
            Some(UserType::Provider) => "provider staff, because they sign in as an external user",
            None => "neither",
        };
        self.note(Some(true), KIND, vec![kind.to_owned()]);
        let wanted: Vec<&str> = roles.iter().copied().filter(|role| *role != Role::ReadAll).map(Role::as_str).collect();
        let found = format!(
            "it must give them one of {}; it is in their token, so only signing in shows it",
            wanted.join(", ")
        );
        self.note(None, ROLE, vec![found]);
        match side {
            Some(UserType::Practitioner) => self.by_case(&theirs).await,
            Some(UserType::Provider) => self.by_contract(&theirs).await,
            None => Verdict::No,
        }
    }

    async fn by_case(&mut self, theirs: &OpCtx) -> Verdict {
        const CASE: &str = "Does Delius let them see the person?";
        if let Err(error) = theirs.may_see_referral(&self.referral.crn, &self.referral.intervention.contract).await {
            return self.failed(CASE, error);
        }
        self.note(
            Some(true),
            CASE,
            vec!["Delius knows the person, and neither excludes nor restricts this user".to_owned()],
        );
        Verdict::WithRole
    }

    async fn by_contract(&mut self, theirs: &OpCtx) -> Verdict {
        const SCOPE: &str = "Do their groups name a provider and a contract?";
        const CONTRACT: &str = "Is the referral's contract among theirs?";
        let contract = &self.referral.intervention.contract;
        let scope = match theirs.provider_scope().await {
            Ok(scope) => scope,
            Err(error) => return self.failed(SCOPE, error),
        };
        let listed = |names: &std::collections::BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
        let mut found = vec![
            format!("providers: {}", listed(&scope.providers)),
            format!("contracts: {}", listed(&scope.contracts)),
        ];
        found.extend(scope.warnings.iter().map(|warning| format!("left out: {warning}")));
        self.note(Some(true), SCOPE, found);
        if let Err(error) = theirs.may_see_referral(&self.referral.crn, contract).await {
            let verdict = self.failed(CONTRACT, error);
            if let Some(step) = self.steps.last_mut() {
                step.found.push(format!("the referral is on contract {}", contract.reference));
            }
            return verdict;
        }
        self.note(Some(true), CONTRACT, vec![format!("the referral is on contract {}", contract.reference)]);
        Verdict::WithRole
    }
}
