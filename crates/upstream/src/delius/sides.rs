//! The two adapters beside each other: which one is asked, and the shadow that asks the other one too.
//!
//! Owns the choice for reads and the call of writes by name. Refuses to choose for a write: whoever sends it must know
//! which API an earlier attempt may have reached.

use std::future::Future;
use std::sync::Arc;

use domain::Crn;

use super::adapter::{Adapter, Adapters, Operation};
use super::integration::Integration;
use super::legacy::Legacy;
use super::shadow::{Compare, Shadow};
use super::{CaseAccess, CaseDetails, CaseIdentifiers, Conviction, ManagedCase, ResponsibleOfficer, UserDetails};
use crate::error::{Kind, System, UpstreamError};
use crate::trace::Trace;

pub(super) struct Sides {
    pub(super) integration: Arc<Integration>,
    pub(super) legacy: Option<Arc<Legacy>>,
    pub(super) adapters: Adapters,
    pub(super) shadow: Option<Shadow>,
}

/// One of the two, to be asked.
#[derive(Clone)]
enum Side {
    Integration(Arc<Integration>),
    Legacy(Arc<Legacy>),
}

/// Asks one side or the other by the same name, and lets the shadow do it again with arguments of its own.
macro_rules! ask {
    ($sides:expr, $operation:ident, $trace:ident, $method:ident($($argument:ident),*)) => {
        $sides
            .read(Operation::$operation, |side| {
                let trace = $trace.clone();
                $(let $argument = $argument.to_owned();)*
                async move {
                    match side {
                        Side::Integration(side) => side.$method(&trace, $(&$argument),*).await,
                        Side::Legacy(side) => side.$method(&trace, $(&$argument),*).await,
                    }
                }
            })
            .await
    };
}

impl Sides {
    pub(super) async fn case_details(&self, trace: &Trace, crn: &Crn) -> Result<Option<CaseDetails>, UpstreamError> {
        ask!(self, PersonalDetails, trace, case_details(crn))
    }

    pub(super) async fn identifiers(&self, trace: &Trace, crn: &Crn) -> Result<CaseIdentifiers, UpstreamError> {
        ask!(self, Identifiers, trace, identifiers(crn))
    }

    pub(super) async fn convictions(&self, trace: &Trace, crn: &Crn) -> Result<Option<Vec<Conviction>>, UpstreamError> {
        ask!(self, Convictions, trace, convictions(crn))
    }

    pub(super) async fn conviction(
        &self,
        trace: &Trace,
        crn: &Crn,
        conviction_id: i64,
    ) -> Result<Option<Conviction>, UpstreamError> {
        self.read(Operation::Convictions, |side| {
            let (trace, crn) = (trace.clone(), crn.clone());
            async move {
                match side {
                    Side::Integration(side) => side.conviction(&trace, &crn, conviction_id).await,
                    Side::Legacy(side) => side.conviction(&trace, &crn, conviction_id).await,
                }
            }
        })
        .await
    }

    pub(super) async fn responsible_officer(
        &self,
        trace: &Trace,
        crn: &Crn,
    ) -> Result<Option<ResponsibleOfficer>, UpstreamError> {
        ask!(self, ResponsibleOfficer, trace, responsible_officer(crn))
    }

    pub(super) async fn case_access(
        &self,
        trace: &Trace,
        username: &str,
        crns: &[Crn],
    ) -> Result<Vec<CaseAccess>, UpstreamError> {
        ask!(self, CaseAccess, trace, case_access(username, crns))
    }

    pub(super) async fn managed_cases(&self, trace: &Trace, username: &str) -> Result<Vec<ManagedCase>, UpstreamError> {
        ask!(self, ManagedCases, trace, managed_cases(username))
    }

    pub(super) async fn user_details(
        &self,
        trace: &Trace,
        username: &str,
    ) -> Result<Option<UserDetails>, UpstreamError> {
        ask!(self, UserDetails, trace, user_details(username))
    }

    /// The older API.
    ///
    /// # Errors
    /// It is not configured: nothing was sent.
    pub(super) fn legacy(&self, operation: &'static str) -> Result<&Legacy, UpstreamError> {
        self.legacy.as_deref().ok_or_else(|| not_configured(operation))
    }

    async fn read<T, F, Asking>(&self, operation: Operation, ask: F) -> Result<T, UpstreamError>
    where
        T: Compare + Clone + Send + Sync + 'static,
        F: Fn(Side) -> Asking,
        Asking: Future<Output = Result<T, UpstreamError>> + Send + 'static,
    {
        let integration = Side::Integration(Arc::clone(&self.integration));
        let legacy = self.legacy.as_ref().map(|legacy| Side::Legacy(Arc::clone(legacy)));
        let (asked, other) = match self.adapters.of(operation) {
            Adapter::Integration => (integration, legacy),
            Adapter::Legacy => (legacy.ok_or_else(|| not_configured(operation.name()))?, Some(integration)),
        };
        // Boxed: it is part of the future of nearly every request, and holds both sides' calls.
        let answer = Box::pin(ask(asked)).await?;
        if let (Some(shadow), Some(other)) = (&self.shadow, other) {
            shadow.compare(operation, answer.clone(), ask(other));
        }
        Ok(answer)
    }
}

fn not_configured(operation: &'static str) -> UpstreamError {
    UpstreamError::new(System::CommunityApi, operation, Kind::Unsendable { at: "the older API is not configured" })
}
