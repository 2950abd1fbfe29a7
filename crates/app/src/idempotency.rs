//! Requests that may be repeated: whoever gets no answer sends the same request with the same key again, and it is
//! carried out once.
//!
//! A key becomes known in the unit of work of the change that its request makes, so the one is never committed without
//! the other and a crash leaves nothing to clear up. A repetition runs the same use case with the change left out:
//! access is checked again, and what it answers is the present state. Over that goes the first answer, where it was
//! kept. Answers are sealed under a key made from the request's key (HKDF-SHA-256, AES-256-GCM) of which the database
//! holds a digest only (ADR 14).

use domain::{ReferralId, User};
use jiff::{SignedDuration, Timestamp};
use ring::{aead, digest, hkdf};
use runtime::Secret;
use store::UnitOfWork;
use store::idempotency::{CarriedOut, Claimed, KeyOfRequest};
use uuid::Uuid;

use crate::{App, Error, OpCtx};

/// How long a key is known.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What ties an operation to the key of its request.
#[derive(Clone)]
pub(crate) struct Once {
    key: KeyOfRequest,
    fingerprint: [u8; 32],
    resource_id: Uuid,
    is_repetition: bool,
}

/// A request with a key, from somebody who acts for themselves.
pub struct Repeatable {
    text: Secret,
    key: KeyOfRequest,
    fingerprint: [u8; 32],
}

impl std::fmt::Debug for Repeatable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Repeatable(***)")
    }
}

/// How a request with a key goes on.
#[derive(Debug)]
pub enum Begun {
    /// Nothing is known of it: it is to be carried out in this context.
    First(OpCtx),
    /// It was carried out: in this context it changes nothing. The first answer comes with it, where it was kept.
    Repetition(OpCtx, Option<Vec<u8>>),
    /// The key belongs to another request.
    OtherRequest,
}

impl Repeatable {
    /// A request by its key and by what it asks (method, address, body). None for a caller who is no person: machines
    /// change nothing.
    pub fn new(ctx: &OpCtx, key: &str, request: &[&[u8]]) -> Option<Self> {
        let user = ctx.caller.user()?.clone();
        let mut asked = digest::Context::new(&digest::SHA256);
        for part in request {
            asked.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            asked.update(part);
        }
        let key_digest = sha256(digest::digest(&digest::SHA256, key.as_bytes()).as_ref());
        Some(Self {
            text: Secret::new(key),
            key: KeyOfRequest { user, digest: key_digest },
            fingerprint: sha256(asked.finish().as_ref()),
        })
    }

    /// Looks whether it was carried out.
    pub async fn begin(&self, ctx: &OpCtx) -> Result<Begun, Error> {
        let mut db = ctx.app.store().connection().await?;
        let found = store::idempotency::find(&mut db, &self.key, expired(ctx.now)).await?;
        drop(db);
        let Some(CarriedOut { fingerprint, resource_id, answer }) = found else {
            return Ok(Begun::First(self.context(ctx, ctx.app.ids().uuid(), false)));
        };
        if fingerprint != self.fingerprint {
            return Ok(Begun::OtherRequest);
        }
        let answer = answer.and_then(|sealed| self.open(resource_id, &sealed));
        Ok(Begun::Repetition(self.context(ctx, resource_id, true), answer))
    }

    /// Keeps the first answer of a request that was carried out in `ctx`. Nothing is kept when that made no change:
    /// then it may be carried out again.
    pub async fn keep_answer(&self, ctx: &OpCtx, answer: &[u8]) -> Result<(), Error> {
        let Some(once) = &ctx.once else { return Ok(()) };
        let sealed = self.seal(once.resource_id, ctx.app.ids().bytes(), answer);
        let mut work = ctx.app.store().begin().await?;
        store::idempotency::keep_answer(&mut work, &self.key, once.resource_id, &sealed).await?;
        Ok(work.commit().await?)
    }

    fn context(&self, ctx: &OpCtx, resource_id: Uuid, is_repetition: bool) -> OpCtx {
        let once = Once { key: self.key.clone(), fingerprint: self.fingerprint, resource_id, is_repetition };
        OpCtx { once: Some(once), ..ctx.clone() }
    }

    /// The key under which the answer of one row is sealed.
    fn sealing_key(&self, resource_id: Uuid) -> aead::LessSafeKey {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"interventions answer to a repeatable request");
        let User { id, source, username: _ } = &self.key.user;
        let mut key = [0; 32];
        salt.extract(self.text.expose().as_bytes())
            .expand(
                &[source.as_str().as_bytes(), b"\0", id.as_bytes(), b"\0", resource_id.as_bytes()],
                hkdf::HKDF_SHA256,
            )
            .and_then(|output| output.fill(&mut key))
            .expect("HKDF-SHA-256 gives 32 bytes");
        aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, &key).expect("the key has 32 bytes"))
    }

    /// Nonce, then ciphertext and tag; bound to what was asked.
    fn seal(&self, resource_id: Uuid, nonce: [u8; 12], plain: &[u8]) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        self.sealing_key(resource_id)
            .seal_in_place_append_tag(
                aead::Nonce::assume_unique_for_key(nonce),
                aead::Aad::from(self.fingerprint),
                &mut sealed,
            )
            .expect("an answer is far below the cipher's limit");
        [&nonce[..], &sealed].concat()
    }

    fn open(&self, resource_id: Uuid, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<12>()?;
        let mut text = text.to_vec();
        let nonce = aead::Nonce::assume_unique_for_key(*nonce);
        let aad = aead::Aad::from(self.fingerprint);
        let plain = self.sealing_key(resource_id).open_in_place(nonce, aad, &mut text).ok()?;
        Some(plain.to_vec())
    }
}

impl OpCtx {
    /// Whether this operation was carried out before, so that it only answers.
    pub(crate) fn is_repetition(&self) -> bool {
        self.once.as_ref().is_some_and(|once| once.is_repetition)
    }

    /// The id of the one thing that this operation makes; a repetition has the same. Not for a second thing.
    pub(crate) fn made_id(&self) -> Uuid {
        self.once.as_ref().map_or_else(|| self.app.ids().uuid(), |once| once.resource_id)
    }

    /// Begins the unit of work that carries this operation out; with it, its key becomes known.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the same request was carried out meanwhile, or is under way.
    pub(crate) async fn begin(&self) -> Result<UnitOfWork, Error> {
        let mut work = self.app.store().begin().await?;
        let Some(once) = &self.once else { return Ok(work) };
        let claimed = if once.is_repetition {
            Claimed::Known
        } else {
            let times = (self.now, expired(self.now));
            store::idempotency::claim(&mut work, &once.key, &once.fingerprint, once.resource_id, times).await?
        };
        match claimed {
            Claimed::Ours => Ok(work),
            Claimed::Known => Err(Error::Conflict("a request with this Idempotency-Key was carried out".to_owned())),
            Claimed::UnderWay => Err(Error::Conflict(
                "a request with this Idempotency-Key is under way; send it again in a moment".to_owned(),
            )),
        }
    }

    /// The referral that an earlier run of this operation changed, as it is now.
    pub(crate) async fn present(&self, id: ReferralId) -> Result<domain::Referral, Error> {
        let mut db = self.app.store().connection().await?;
        store::referral::find(&mut db, id).await?.ok_or_else(|| Error::not_found("referral", id))
    }
}

/// Forgets keys that are no longer known; how many.
pub async fn forget_expired(app: &App) -> Result<u64, Error> {
    let mut work = app.store().begin().await?;
    let forgotten = store::idempotency::delete_expired(&mut work, expired(app.clock().now())).await?;
    work.commit().await?;
    Ok(forgotten)
}

fn expired(now: Timestamp) -> Timestamp {
    now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().expect("SHA-256 gives 32 bytes")
}
