//! Authorisation calls: the rules are `domain::access`; this module asks the systems that know.

use domain::access::{Caller, Operation, ProviderScope, Refusal, UserType, admit, may_see_referral, provider_scope};
use domain::catalogue::Contract;
use domain::{Crn, Referral};

use crate::{Error, OpCtx};

/// The message that the existing public client looks for when a provider account is not set up.
const NO_SCOPE: &str = "could not map service provider user to access scope";

/// Whom a positive answer about limited access was given for, and about whom.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CaseKey {
    token_id: String,
    crn: Crn,
}

impl OpCtx {
    /// Whether the caller may perform the operation at all.
    ///
    /// # Errors
    /// [`Error::AccessDenied`] for roles and claims, [`Error::AccessError`] for the wrong kind of user.
    pub fn admit(&self, operation: Operation) -> Result<(), Error> {
        admit(operation, &self.caller).map_err(|refusal| match refusal {
            Refusal::Role => Error::AccessDenied("Access Denied".to_owned()),
            Refusal::Claims(_) => Error::AccessDenied(refusal.to_string()),
            Refusal::UserType(reason) => {
                Error::AccessError { message: "this user cannot do this".to_owned(), errors: vec![reason.to_owned()] }
            }
        })
    }

    /// Whether the caller may see the person: neither excluded nor restricted, and known to Delius.
    ///
    /// # Errors
    /// [`Error::AccessError`] with Delius's own messages; [`Error::Dependency`] when Delius cannot answer.
    pub(crate) async fn may_see_case(&self, crn: &Crn) -> Result<(), Error> {
        let Some(user) = self.caller.user() else { return Err(not_a_person()) };
        let key = CaseKey { token_id: self.token_id.clone(), crn: crn.clone() };
        if self.app.0.open_cases.get(&key, self.now).is_some() {
            return Ok(());
        }
        let delius = &self.app.upstreams().delius;
        let trace = self.trace();
        let crns = [crn.clone()];
        // The access answer fails open for a number that does not exist, so existence is asked as well.
        let (access, details) =
            tokio::join!(delius.case_access(&trace, &user.username, &crns), delius.case_details(&trace, crn));
        let access = access?;
        let known = details?.is_some();
        let open = access.first().is_some_and(upstream::delius::CaseAccess::is_open);
        if open && known {
            self.app.0.open_cases.put(key, (), self.now);
            return Ok(());
        }
        Err(case_refusal(access))
    }

    /// The contracts and providers that a provider user works for.
    ///
    /// # Errors
    /// [`Error::AccessError`] with every reason why there are none.
    pub(crate) async fn provider_scope(&self) -> Result<ProviderScope, Error> {
        let Some(user) = self.caller.user() else { return Err(not_a_person()) };
        let no_scope = |errors| Error::AccessError { message: NO_SCOPE.to_owned(), errors };
        if self.caller.user_type() != Some(UserType::Provider) {
            return Err(no_scope(vec!["the user is not a service provider user".to_owned()]));
        }
        let groups = self.app.upstreams().manage_users.groups(&self.trace(), &user.id).await?;
        let Some(groups) = groups else {
            return Err(no_scope(vec!["the sign-in service does not know this user".to_owned()]));
        };
        let groups: Vec<String> = groups.iter().map(|group| group.code.clone()).collect();
        let mut db = self.app.store().connection().await?;
        let providers = store::catalogue::known_providers(&mut db, &domain::access::provider_ids(&groups)).await?;
        let contracts =
            store::catalogue::contracts_by_reference(&mut db, &domain::access::contract_references(&groups)).await?;
        let scope = provider_scope(&groups, &providers, &contracts).map_err(no_scope)?;
        if !scope.warnings.is_empty() {
            tracing::warn!(actor.id = %user.id, warnings = ?scope.warnings, "login groups were left out of a scope");
        }
        Ok(scope)
    }

    /// Whether the caller may see the referral: practitioners by its person, providers by its contract, machines that
    /// read everything always.
    pub(crate) async fn may_see_referral(&self, crn: &Crn, contract: &Contract) -> Result<(), Error> {
        match (&self.caller, self.caller.user_type()) {
            (Caller::Client { .. }, _) => Ok(()),
            (_, Some(UserType::Practitioner)) => self.may_see_case(crn).await,
            (_, Some(UserType::Provider)) => {
                let scope = self.provider_scope().await?;
                may_see_referral(&scope, contract).map_err(|errors| Error::AccessError {
                    message: "user is not allowed to see this referral".to_owned(),
                    errors,
                })
            }
            (_, None) => Err(not_a_person()),
        }
    }

    /// [`Self::admit`] and [`Self::may_see_referral`], for an operation on a referral.
    pub(crate) async fn authorise(&self, operation: Operation, referral: &Referral) -> Result<(), Error> {
        self.admit(operation)?;
        self.may_see_referral(&referral.crn, &referral.intervention.contract).await
    }
}

/// The refusal of a caller who may not see a person, in Delius's own words where it has any.
pub(crate) fn case_refusal(access: Vec<upstream::delius::CaseAccess>) -> Error {
    let mut errors: Vec<String> = access
        .into_iter()
        .flat_map(|answer| [answer.restriction_message, answer.exclusion_message])
        .flatten()
        .collect();
    if errors.is_empty() {
        errors.push("Delius does not say that you may see this person".to_owned());
    }
    Error::AccessError { message: "user is not allowed to see this person".to_owned(), errors }
}

fn not_a_person() -> Error {
    Error::AccessError {
        message: "this user cannot do this".to_owned(),
        errors: vec!["unsupported user type".to_owned()],
    }
}
