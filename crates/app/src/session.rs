//! Sessions of people who use the pages: sign-in by authorisation code with PKCE, and what is kept between requests.
//!
//! The browser's cookie is 32 random bytes. The database knows the session by their digest and holds its tokens sealed
//! under a key made from them (HKDF-SHA-256, AES-256-GCM), so that a copy of the database opens nothing. Who the person
//! is and what they may do is decided anew at each request, by [`App::authenticate`].

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::{aead, digest, hkdf};
use runtime::Secret;
use serde::{Deserialize, Serialize};
use store::web_session::WebSessionRow;
use upstream::UpstreamError;
use upstream::auth::{AuthoriseRequest, SignInTokens, code_challenge};
use url::Url;

use crate::{App, AuthenticationError, Correlation, Error, OpCtx};

/// An access token with less life than this is renewed before it is used.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_secs(120);

/// The idle end is not written again until it would move by this much, so that most requests write nothing.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Without a request.
    pub idle: Duration,
    /// Altogether.
    pub longest: Duration,
}

/// A sign-in that has begun.
#[derive(Clone, Debug)]
pub struct SignInStart {
    /// Where the browser is sent.
    pub url: Url,
    /// What must come back with the code.
    pub state: String,
    /// What proves that whoever brings the code is whoever began.
    pub verifier: Secret,
}

/// A sign-in that has succeeded.
#[derive(Debug)]
pub struct SignedIn {
    contents: Contents,
    /// Who signed in.
    pub ctx: OpCtx,
}

/// Why a sign-in did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The sign-in service did not take the code, or cannot be reached.
    #[error("the code could not be exchanged")]
    Exchange(#[source] UpstreamError),
    /// The token that came is not good.
    #[error(transparent)]
    Token(#[from] AuthenticationError),
}

impl SignInError {
    /// Whether the sign-in service or the database is away, so that trying again later helps.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Exchange(error) => error.status().is_none_or(|status| status >= 500),
            Self::Token(error) => *error == AuthenticationError::Unavailable,
        }
    }
}

/// The bytes of a session's cookie: whoever has them is signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey([u8; 32]);

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey(***)")
    }
}

impl SessionKey {
    /// Reads a cookie's value; none when it is not one of ours.
    pub fn from_cookie(value: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok().map(Self)
    }

    /// The cookie's value.
    pub fn to_cookie(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The token that every form of the session carries.
    pub fn csrf_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.derive("form token"))
    }

    fn id(&self) -> [u8; 32] {
        let mut id = [0; 32];
        id.copy_from_slice(digest::digest(&digest::SHA256, &self.0).as_ref());
        id
    }

    fn derive(&self, purpose: &str) -> [u8; 32] {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"interventions web session");
        let mut key = [0; 32];
        salt.extract(&self.0)
            .expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|output| output.fill(&mut key))
            .expect("HKDF-SHA-256 gives 32 bytes");
        key
    }

    fn sealing_key(&self) -> aead::LessSafeKey {
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, &self.derive("contents")).expect("the key has 32 bytes");
        aead::LessSafeKey::new(key)
    }

    /// Nonce, then ciphertext and tag; bound to the row that it stands in.
    fn seal(&self, nonce: [u8; 12], plain: &[u8]) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        self.sealing_key()
            .seal_in_place_append_tag(
                aead::Nonce::assume_unique_for_key(nonce),
                aead::Aad::from(self.id()),
                &mut sealed,
            )
            .expect("session contents are far below the cipher's limit");
        [&nonce[..], &sealed].concat()
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<12>()?;
        let mut text = text.to_vec();
        let aad = aead::Aad::from(self.id());
        let plain =
            self.sealing_key().open_in_place(aead::Nonce::assume_unique_for_key(*nonce), aad, &mut text).ok()?;
        Some(plain.to_vec())
    }
}

/// What is sealed.
#[derive(Clone, Serialize, Deserialize)]
struct Contents {
    access_token: String,
    access_expires_at: Timestamp,
    refresh_token: Option<String>,
    name: Option<String>,
    organisations: Vec<String>,
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contents(***)")
    }
}

impl Contents {
    fn renewed(&self, tokens: &SignInTokens, now: Timestamp) -> Self {
        Self {
            access_token: tokens.access_token.expose().to_owned(),
            access_expires_at: expiry(tokens, now),
            refresh_token: match &tokens.refresh_token {
                Some(token) => Some(token.expose().to_owned()),
                None => self.refresh_token.clone(),
            },
            ..self.clone()
        }
    }
}

fn expiry(tokens: &SignInTokens, now: Timestamp) -> Timestamp {
    let life = SignedDuration::try_from(tokens.expires_in).unwrap_or(SignedDuration::MAX);
    now.saturating_add(life).unwrap_or(Timestamp::MAX)
}

/// A session, as the pages see it.
#[derive(Clone, Debug)]
pub struct Session {
    key: SessionKey,
    contents: Contents,
    sealed: Vec<u8>,
    ends_at: Timestamp,
    idle_until: Timestamp,
}

impl Session {
    /// The key, for the cookie and for forms.
    pub fn key(&self) -> &SessionKey {
        &self.key
    }

    /// The person's name as the sign-in service words it, if it said.
    pub fn name(&self) -> Option<&str> {
        self.contents.name.as_deref()
    }

    /// The organisations that a provider user works for, by name.
    pub fn organisations(&self) -> &[String] {
        &self.contents.organisations
    }

    /// When the session ends if no further request comes.
    pub fn ends_at(&self) -> Timestamp {
        self.idle_until.min(self.ends_at)
    }
}

/// Begins a sign-in that comes back to `redirect_uri`.
pub fn begin(app: &App, redirect_uri: &str) -> SignInStart {
    let state = URL_SAFE_NO_PAD.encode(app.ids().bytes::<32>());
    let verifier = Secret::new(URL_SAFE_NO_PAD.encode(app.ids().bytes::<32>()));
    let challenge = code_challenge(&verifier);
    let request = AuthoriseRequest { redirect_uri, state: &state, code_challenge: &challenge };
    let url = app.upstreams().auth.authorise_url(&request);
    SignInStart { url, state, verifier }
}

/// Where the browser ends the sign-in service's own session; it comes back to `redirect_uri`.
pub fn sign_out_url(app: &App, redirect_uri: &str) -> Url {
    app.upstreams().auth.sign_out_url(redirect_uri)
}

/// Turns the code that came back into tokens, and checks them.
pub async fn complete(
    app: &App,
    code: &str,
    verifier: &Secret,
    redirect_uri: &str,
    correlation: Correlation,
) -> Result<SignedIn, SignInError> {
    let trace = correlation.trace();
    let exchanged = app.upstreams().auth.exchange_code(&trace, code, verifier, redirect_uri).await;
    let tokens = exchanged.map_err(SignInError::Exchange)?;
    let ctx = app.authenticate(Some(tokens.access_token.expose()), correlation).await?;
    let contents = Contents {
        access_token: tokens.access_token.expose().to_owned(),
        access_expires_at: expiry(&tokens, ctx.now),
        refresh_token: tokens.refresh_token.as_ref().map(|token| token.expose().to_owned()),
        name: ctx.display_name.clone().or_else(|| tokens.name.clone()),
        organisations: organisations(&ctx).await,
    };
    Ok(SignedIn { contents, ctx })
}

/// The names of the organisations that the caller's groups name; none when they cannot be had, since only the page
/// header shows them.
async fn organisations(ctx: &OpCtx) -> Vec<String> {
    let Some(user) = ctx.caller.user().filter(|user| user.source == domain::AuthSource::Auth) else {
        return Vec::new();
    };
    let groups = match ctx.app.upstreams().manage_users.groups(&ctx.trace(), &user.id).await {
        Ok(groups) => groups.unwrap_or_default(),
        Err(error) => {
            tracing::warn!(outcome = error.outcome(), "the organisations of a user could not be read");
            return Vec::new();
        }
    };
    let codes: Vec<String> = groups.iter().map(|group| group.code.clone()).collect();
    named_providers(ctx, &codes).await.unwrap_or_else(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "the organisations of a user could not be named");
        Vec::new()
    })
}

/// The providers that login groups name, as the contracts of the same groups word them.
async fn named_providers(ctx: &OpCtx, groups: &[String]) -> Result<Vec<String>, Error> {
    let providers = domain::access::provider_ids(groups);
    let mut db = ctx.app.store().connection().await?;
    let references = domain::access::contract_references(groups);
    let contracts = store::catalogue::contracts_by_reference(&mut db, &references).await?;
    let names: BTreeSet<String> = contracts
        .into_iter()
        .flat_map(|contract| contract.subcontractors.into_iter().chain([contract.prime_provider]))
        .filter(|provider| providers.contains(&provider.id))
        .map(|provider| provider.name)
        .collect();
    Ok(names.into_iter().collect())
}

/// Makes a session of a sign-in, under a new key; ended sessions are removed on the way.
pub async fn create(app: &App, signed_in: &SignedIn, limits: Limits) -> Result<Session, Error> {
    let now = app.clock().now();
    let key = SessionKey(app.ids().bytes());
    let sealed = seal(app, &key, &signed_in.contents)?;
    let session = Session {
        contents: signed_in.contents.clone(),
        ends_at: after(now, limits.longest),
        idle_until: after(now, limits.idle),
        key,
        sealed,
    };
    let row = WebSessionRow {
        id: session.key.id(),
        contents: session.sealed.clone(),
        created_at: now,
        ends_at: session.ends_at,
        idle_until: session.idle_until,
    };
    let mut work = app.store().begin().await?;
    store::web_session::delete_ended(&mut work, now).await?;
    store::web_session::insert(&mut work, &row).await?;
    work.commit().await?;
    Ok(session)
}

/// The session of a key, unless it has ended.
pub async fn find(app: &App, key: &SessionKey) -> Result<Option<Session>, Error> {
    let mut db = app.store().connection().await?;
    let row = store::web_session::find(&mut db, &key.id(), app.clock().now()).await?;
    Ok(row.and_then(|row| read(key, row)))
}

/// Keeps a session alive: moves its idle end, and renews its tokens shortly before they expire. A renewal that fails
/// leaves the session as it was: its token is used while it lasts.
pub async fn touch(app: &App, session: &mut Session, limits: Limits, correlation: &Correlation) -> Result<(), Error> {
    let now = app.clock().now();
    let idle_until = after(now, limits.idle);
    if idle_until.duration_since(session.idle_until) >= TOUCH_EVERY {
        let mut db = app.store().connection().await?;
        store::web_session::touch(&mut db, &session.key.id(), idle_until).await?;
        session.idle_until = idle_until;
    }
    if session.contents.access_expires_at.duration_since(now) < RENEW_BEFORE {
        renew(app, session, now, correlation).await?;
    }
    Ok(())
}

async fn renew(app: &App, session: &mut Session, now: Timestamp, correlation: &Correlation) -> Result<(), Error> {
    let Some(token) = session.contents.refresh_token.clone() else { return Ok(()) };
    let trace = correlation.trace();
    match app.upstreams().auth.refresh(&trace, &Secret::new(token)).await {
        Ok(tokens) => {
            let contents = session.contents.renewed(&tokens, now);
            let sealed = seal(app, &session.key, &contents)?;
            let mut db = app.store().connection().await?;
            let id = session.key.id();
            if store::web_session::replace_contents(&mut db, &id, &session.sealed, &sealed).await? {
                session.contents = contents;
                session.sealed = sealed;
            } else {
                drop(db);
                reread(app, session).await?;
            }
        }
        Err(error) => {
            tracing::warn!(outcome = error.outcome(), "a session's token could not be renewed");
            // Another request of the same browser may have renewed it just before.
            reread(app, session).await?;
        }
    }
    Ok(())
}

async fn reread(app: &App, session: &mut Session) -> Result<(), Error> {
    if let Some(newer) = find(app, &session.key).await? {
        *session = newer;
    }
    Ok(())
}

/// Lets the session's person in.
pub async fn authenticate(
    app: &App,
    session: &Session,
    correlation: Correlation,
) -> Result<OpCtx, AuthenticationError> {
    let mut ctx = app.authenticate(Some(&session.contents.access_token), correlation).await?;
    ctx.display_name = ctx.display_name.or_else(|| session.contents.name.clone());
    Ok(ctx)
}

/// Ends a session; nothing happens when it has ended.
pub async fn end(app: &App, key: &SessionKey) -> Result<(), Error> {
    let mut db = app.store().connection().await?;
    store::web_session::delete(&mut db, &key.id()).await?;
    Ok(())
}

fn seal(app: &App, key: &SessionKey, contents: &Contents) -> Result<Vec<u8>, Error> {
    let plain = serde_json::to_vec(contents).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(key.seal(app.ids().bytes(), &plain))
}

/// None for contents that cannot be read, such as those of an older build: the person signs in again.
fn read(key: &SessionKey, row: WebSessionRow) -> Option<Session> {
    let contents = serde_json::from_slice(&key.open(&row.contents)?).ok()?;
    Some(Session { key: key.clone(), contents, sealed: row.contents, ends_at: row.ends_at, idle_until: row.idle_until })
}

fn after(now: Timestamp, span: Duration) -> Timestamp {
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
    now.saturating_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SessionKey {
        SessionKey([byte; 32])
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_cookie_only() {
        let sealed = key(1).seal([7; 12], b"tokens");
        assert!(!sealed.windows(6).any(|window| window == b"tokens"));
        assert_eq!(key(1).open(&sealed).as_deref(), Some(&b"tokens"[..]));
        assert_eq!(key(2).open(&sealed), None);
    }

    #[test]
    fn sealed_contents_that_were_changed_or_cut_do_not_open() {
        let sealed = key(1).seal([7; 12], b"tokens");
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(key(1).open(&changed), None, "byte {place}");
            assert_eq!(key(1).open(&sealed[..place]), None, "cut at {place}");
        }
    }

    #[test]
    fn cookies_read_back_and_foreign_ones_are_refused() {
        assert_eq!(SessionKey::from_cookie(&key(9).to_cookie()), Some(key(9)));
        for foreign in ["", "abc", "not base64!", &"A".repeat(44)] {
            assert_eq!(SessionKey::from_cookie(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn neither_the_row_nor_the_form_token_tells_the_cookie() {
        let key = key(3);
        assert_ne!(key.id(), key.0);
        assert_ne!(key.csrf_token(), key.to_cookie());
        assert_ne!(key.derive("form token"), key.derive("contents"));
        assert_ne!(key.derive("contents"), key.id());
    }
}
