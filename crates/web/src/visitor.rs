//! Who visits: finds the session of a request, keeps it alive, lets its person in, and sends everybody else to sign in
//! and back again. Also makes the pages of a visitor, since only here is known what stands around them.

use std::sync::Arc;

use app::session::{self, Session, SessionKey};
use app::{AuthenticationError, OpCtx};
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use domain::access::{Operation, UserType};
use http::request::Parts;
use http::{Method, StatusCode, header};

use crate::Site;
use crate::cookie;
use crate::exchange::{Exchange, bare};
use crate::frame::Frame;
use crate::template::{View, render};
use crate::text::TEXT;
use crate::trouble::Trouble;

/// A person who is signed in, with the operation's context. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Visitor(Arc<Visit>);

struct Visit {
    ctx: OpCtx,
    session: Session,
    exchange: Exchange,
    side: Option<UserType>,
}

impl Visitor {
    /// The operation's context.
    pub(crate) fn ctx(&self) -> &OpCtx {
        &self.0.ctx
    }

    /// Whose pages the visitor may use; none when no page is open to them.
    pub(crate) fn side(&self) -> Option<UserType> {
        self.0.side
    }

    /// Lets through only those whose pages these are.
    ///
    /// # Errors
    /// ERR-02 with the reason.
    pub(crate) fn must_be(&self, side: UserType) -> Result<(), Trouble> {
        match (self.0.side, side) {
            (None, _) => Err(self.without_pages()),
            (Some(mine), side) if mine == side => Ok(()),
            (_, UserType::Practitioner) => {
                Err(Trouble::wrong_role(TEXT.reasons.practitioner_page, TEXT.reasons.help_side))
            }
            (_, UserType::Provider) => Err(Trouble::wrong_role(TEXT.reasons.provider_page, TEXT.reasons.help_side)),
        }
    }

    /// Lets through only operators; to everybody else there is no such page.
    ///
    /// # Errors
    /// ERR-01.
    pub(crate) fn must_operate(&self) -> Result<(), Trouble> {
        if self.is_operator() { Ok(()) } else { Err(Trouble::NotFound) }
    }

    /// Whether the operators' pages are open to the visitor.
    pub(crate) fn is_operator(&self) -> bool {
        self.0.ctx.is_operator()
    }

    /// Why the visitor has no pages at all.
    pub(crate) fn without_pages(&self) -> Trouble {
        let caller = self.0.ctx.caller();
        Trouble::no_pages(caller.user().map(|user| &user.source), !caller.roles().is_empty())
    }

    /// A page.
    pub(crate) fn page<V: View>(&self, view: &V) -> Result<Response, Trouble> {
        Ok(Html(render(view, &self.frame())?).into_response())
    }

    fn frame(&self) -> Frame {
        let Visit { ctx, session, exchange, side } = &*self.0;
        let username = ctx.caller().user().map_or("", |user| user.username.as_str());
        let frame = Frame::of(session, username, *side, &exchange.correlation.id, &exchange.nonce);
        if ctx.is_operator() { frame.with_operations() } else { frame }
    }
}

/// The pages of the kind of account, provided that a role opens them.
fn pages_of(ctx: &OpCtx) -> Option<UserType> {
    ctx.admit(Operation::ListSentReferralSummaries).ok().and_then(|()| ctx.caller().user_type())
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| bare(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// The layer around every page for which one must be signed in.
pub(crate) async fn enter(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let Some(exchange) = request.extensions().get::<Exchange>().cloned() else {
        return bare(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let visitor = match visit(&site, cookie::session(request.headers()), &exchange).await {
        Ok(Some(visitor)) => visitor,
        Ok(None) => return sign_in_first(&site, &request),
        Err(trouble) => return trouble.into_response(),
    };
    request.extensions_mut().insert(visitor.clone());
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Trouble>() {
        Some(trouble) => trouble.page(&visitor.frame()),
        None => response,
    }
}

async fn visit(site: &Site, key: Option<SessionKey>, exchange: &Exchange) -> Result<Option<Visitor>, Trouble> {
    let Some(key) = key else { return Ok(None) };
    let Some(mut session) = session::find(&site.app, &key).await? else { return Ok(None) };
    session::touch(&site.app, &mut session, site.limits(), &exchange.correlation).await?;
    match session::authenticate(&site.app, &session, exchange.correlation.clone()).await {
        Ok(ctx) => {
            let opens = pages_of(&ctx);
            Ok(Some(Visitor(Arc::new(Visit { ctx, session, exchange: exchange.clone(), side: opens }))))
        }
        Err(unavailable @ AuthenticationError::Unavailable) => Err(unavailable.into()),
        Err(refused) => {
            tracing::info!(reason = %refused, "a session's token is no longer good; it is ended");
            session::end(&site.app, &key).await?;
            Ok(None)
        }
    }
}

/// To the sign-in page, and back to what was asked for; a form that was sent goes back to the home page.
fn sign_in_first(site: &Site, request: &Request) -> Response {
    let asked = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let back = if matches!(*request.method(), Method::GET | Method::HEAD) { asked } else { "/" };
    begin_sign_in(site, request.headers(), back)
}

/// Sends the browser to the sign-in page; afterwards it goes to `back`, if that is a path of ours.
pub(crate) fn begin_sign_in(site: &Site, request: &http::HeaderMap, back: &str) -> Response {
    let start = session::begin(&site.app, &site.sign_in_callback());
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, start.url.as_str().to_owned())]).into_response();
    site.cookies().remember_sign_in(response.headers_mut(), request, &start, back);
    response
}
